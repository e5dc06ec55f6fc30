"""Files that hold several forms."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import count

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from tests.remake_samples import answers, own_copy
from tests.support.changing import EXPECTED, Change, boxes, changed, on_no_page, renamed, texts_in, unlisted
from tests.support.printers import by_qpdf, joined
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.reading import Note, ReadFrom
from thep_forms.reading.read import read_file


def test_forms_joined_with_renamed_fields_are_two_returns(form: bytes, definition: FormDefinition) -> None:
    first, second = type_into(form, answers("2101")), type_into(form, answers("3204"))
    both = joined(first, changed(second, renamed("{}_1".format)))
    assert [reading.answers["dfe_number"].text for reading in read_file(both, lambda _: definition)] == ["2101", "3204"]


@pytest.mark.parametrize("first", ["", "2101"], ids=["after a blank form", "after a filled form"])
@pytest.mark.parametrize("is_copy", [False, True], ids=["typed", "the school’s own copy"])
def test_forms_joined_with_fields_of_meaningless_names_are_returns_of_their_own(
    form: bytes, definition: FormDefinition, is_copy: bool, first: str
) -> None:
    """PDFBox calls a field whose name is taken `dummyFieldName` and a number."""
    number = count(1)

    def made(school: str) -> bytes:
        return own_copy(school, answers(school)) if is_copy else type_into(form, answers(school))

    def joined_by_pdfbox(school: str) -> bytes:
        return changed(made(school), renamed(lambda _: f"dummyFieldName{next(number)}"))

    both = joined(made(first) if first else form, joined_by_pdfbox("3204"), joined_by_pdfbox("4242"))
    readings = read_file(both, lambda _: definition)
    assert [reading.text_of("dfe_number") for reading in readings] == [first, "3204", "4242"]
    for reading, school in zip(readings, (first, "3204", "4242"), strict=True):
        told = {name: "yes" if told is True else told for name, told in answers(school).items()} if school else {}
        assert texts_in(reading) == told


def test_copies_of_which_only_the_first_pages_are_flattened_are_one_return_each(definition: FormDefinition) -> None:
    schools = {number: answers(number, senior_leader_5_name=f"Ann {number}") for number in ("2101", "4242")}
    parts: list[tuple[bytes, tuple[int, ...]]] = []
    for number, told in schools.items():
        copy = own_copy(number, told)
        parts += [(by_qpdf(copy), (0, 1, 2)), (copy, (3,))]
    readings = read_file(joined(*parts), lambda _: definition)
    assert [reading.pages_missing for reading in readings] == [(), ()]
    for reading, told in zip(readings, schools.values(), strict=True):
        assert texts_in(reading) == {name: "yes" if text is True else text for name, text in told.items()}


def test_form_of_others_that_was_joined_to_ours_stays_a_field_that_we_do_not_know(
    returned: bytes, definition: FormDefinition
) -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number in range(6):
        canvas.drawString(72, 700 - 30 * number, f"Allergy {number}")
        canvas.acroForm.textfield(name=f"allergy{number}", value="Nuts", x=200, y=690 - 30 * number)
    canvas.save()
    (reading,) = read_file(joined(returned, out.getvalue()), lambda _: definition)
    assert texts_in(reading) == EXPECTED | {f"allergy{number}": "Nuts" for number in range(6)}


@pytest.mark.parametrize("flatten", [bytes, by_qpdf], ids=["with fields", "flattened"])
@pytest.mark.parametrize("page", range(8))
def test_note_belongs_to_the_form_on_whose_pages_it_lies(
    form: bytes, definition: FormDefinition, flatten: Callable[[bytes], bytes], page: int
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        rect = Array([40, 800, 240, 820])
        made = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=rect, Contents=String("We moved"))
        pdf.pages[page].obj.Annots = Array([*pdf.pages[page].obj.get("/Annots", []), pdf.make_indirect(made)])

    both = joined(*(flatten(type_into(form, answers(number))) for number in ("2101", "4242")))
    readings = read_file(changed(both, change), lambda _: definition)
    note = Note("We moved", page)
    assert [reading.notes for reading in readings] == [(note,) if page < 4 else (), (note,) if page >= 4 else ()]


def test_field_twice_on_a_form_is_one_return(returned: bytes, definition: FormDefinition) -> None:
    def twice(pdf: pikepdf.Pdf) -> None:
        second = pdf.make_indirect(Dictionary(boxes(pdf)["school_name"]))
        second.V = String("Another School")
        pdf.pages[3].obj.Annots.append(second)

    answer = read_return(changed(returned, twice), definition).answers["school_name"]
    assert {answer.text, *answer.others} == {EXPECTED["school_name"], "Another School"}


@pytest.mark.parametrize("how", [on_no_page, unlisted])
def test_forms_of_which_one_is_on_no_page_are_two_returns(form: bytes, definition: FormDefinition, how: Change) -> None:
    first, second = changed(type_into(form, answers("2101")), how), type_into(form, answers("3204"))
    for other in (second, by_qpdf(second)):

        def appended(pdf: pikepdf.Pdf, other: bytes = other) -> None:
            with pikepdf.open(io.BytesIO(other)) as more:
                pdf.pages.extend(more.pages)
            pdf.Root.AcroForm.Fields.extend(box for page in pdf.pages for box in page.obj.get("/Annots", []))

        readings = read_file(changed(first, appended), lambda _: definition)
        assert [reading.answers["dfe_number"].text for reading in readings] == ["2101", "3204"]


def test_printed_form_joined_to_a_form_with_fields_is_another_return(form: bytes, definition: FormDefinition) -> None:
    both = joined(type_into(form, answers("2101")), by_qpdf(type_into(form, answers("3204"))))
    readings = read_file(both, lambda _: definition)
    assert [reading.answers["dfe_number"].text for reading in readings] == ["2101", "3204"]
    assert readings[1].answers["dfe_number"].read_from is ReadFrom.PAGE_TEXT
