"""Objects that a file names and does not hold: damage where answers depend on them, and nothing else."""

from __future__ import annotations

import io

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support.changing import EXPECTED, boxes, changed, plain_objects, texts_in
from tests.support.single_box import BOX, HELD, split
from thep_forms.definition import FormDefinition


def with_wrong_generation(pdf: bytes, number: int) -> bytes:
    """The file, whose cross-reference table gives another generation than the object has that it names."""
    offset = pdf.index(b"\n%d 0 obj" % number) + 1
    entry = b"%010d 00000 n" % offset
    assert entry in pdf
    return pdf.replace(entry, b"%010d 00007 n" % offset)


def test_list_of_fields_of_a_form_that_was_flattened_is_no_damage(form: bytes, definition: FormDefinition) -> None:
    """As pypdf leaves it: no field is left, and the list still names them."""
    writer = pypdf.PdfWriter(io.BytesIO(form))
    states = {True: "/Yes", False: "/Off"}
    texts = {name: states[value] if isinstance(value, bool) else value for name, value in answers("2101").items()}
    for page in writer.pages:
        writer.update_page_form_field_values(page, texts, auto_regenerate=False, flatten=True)
    writer.remove_annotations(subtypes="/Widget")
    out = io.BytesIO()
    writer.write(out)
    reading = read_return(out.getvalue(), definition)
    assert (texts_in(reading), reading.damaged) == (EXPECTED, False)


@pytest.mark.parametrize("lost", ["box", "value", "field", "list of fields", "list of boxes", "form"])
def test_object_that_answers_depend_on_and_that_is_not_there_is_damage(
    returned: bytes, definition: FormDefinition, lost: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field, _ = split(pdf, "chair_of_governors_name")
        box, form, page = boxes(pdf)[BOX], pdf.make_indirect(pdf.Root.AcroForm), pdf.pages[0].obj
        pdf.Root.AcroForm = form
        box.V = pdf.make_indirect(String(HELD))
        form.Fields, page.Annots = pdf.make_indirect(form.Fields), pdf.make_indirect(page.Annots)
        pdf.Root.Losable = Dictionary(
            {
                "/box": box,
                "/value": box.V,
                "/field": field,
                "/list of fields": form.Fields,
                "/list of boxes": page.Annots,
                "/form": form,
            }
        )

    out = plain_objects(changed(returned, change))
    with pikepdf.open(out) as pdf:
        number = pdf.Root.Losable[f"/{lost}"].objgen[0]
    whole = out.getvalue()
    assert not read_return(whole, definition).damaged
    assert read_return(with_wrong_generation(whole, number), definition).damaged


@pytest.mark.parametrize("thing", [Dictionary(Type=Name.StructElem, K=3), Dictionary(S=Name.Lbl, K=3)])
def test_something_else_in_the_place_of_a_field_is_damage(
    returned: bytes, definition: FormDefinition, thing: pikepdf.Object
) -> None:
    """As where a table of objects names a wrong one."""

    def change(pdf: pikepdf.Pdf) -> None:
        place = [str(box.T) for box in pdf.Root.AcroForm.Fields].index(BOX)
        pdf.Root.AcroForm.Fields[place] = pdf.make_indirect(thing)
        listed = pdf.pages[0].obj.Annots
        pdf.pages[0].obj.Annots = Array([box for box in listed if box.T != BOX])

    assert read_return(changed(returned, change), definition).damaged
