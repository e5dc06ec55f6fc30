"""A box of a returned form: what it holds, and what is asked about it."""

from __future__ import annotations

import pikepdf
from pikepdf import Array, Dictionary

from tests.conftest import read_return
from tests.support.changing import EXPECTED, boxes
from thep_forms.checking.checker import check
from thep_forms.checking.record import Problem
from thep_forms.definition import FormDefinition

BOX = "business_manager_name"
HELD = EXPECTED[BOX]


def asked(pdf: bytes, definition: FormDefinition, box: str = BOX) -> list[Problem]:
    """What is asked about the answer in a box."""
    found = check(read_return(pdf, definition), definition).problems
    return [problem for problem in found if problem.field == box]


def split(pdf: pikepdf.Pdf, name: str) -> tuple[pikepdf.Object, pikepdf.Object]:
    """Make the field and the widget of a box two objects, as some programs do."""
    widget = boxes(pdf)[name]
    kept = {key: widget[key] for key in ("/T", "/FT", "/V") if key in widget}
    for key in kept:
        del widget[key]
    field = pdf.make_indirect(Dictionary({**kept, "/Kids": Array([widget])}))
    widget.Parent = field
    others = [other for other in pdf.Root.AcroForm.Fields if other.objgen != widget.objgen]
    pdf.Root.AcroForm.Fields = Array([*others, field])
    return field, widget
