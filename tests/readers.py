"""Loads and draws once what each process that reads a file would load and draw for itself.

The process that forks these imports this module. `conftest.py` starts it where many tests run.
"""

from __future__ import annotations

import gc

from tests.photographs import jpeg
from tests.printers import by_qpdf
from tests.remake_samples import answers
from tests.viewer import draw, type_into
from thep_forms.definition import Definitions, MembershipYear, shipped
from thep_forms.generate import generate
from thep_forms.office.examine import Examiner


def load() -> None:
    """Read one file of each kind."""
    definitions = Definitions.of_today()
    form = generate(definitions(MembershipYear.parse("2026-27")))
    examiner = Examiner(definitions)
    examiner.examine(shipped("samples") / "returns" / "Summer fair.pdf")
    for number in ("2101", ""):  # filled in and blank: their pages are compared with those of the form
        returned = type_into(form, answers("2101")) if number else form
        examiner.examine(returned)
        examiner.examine(by_qpdf(returned))
    examiner.examine(jpeg(draw(form, 0, scale=150 / 72).convert("L")))


load()
gc.freeze()  # no process that is forked searches this for garbage
