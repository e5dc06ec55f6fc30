"""Answers under something that hides them: a black or white box, a picture, a mark for redaction."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import Change, area, boxes, changed, place
from tests.support.printers import FLATTENED
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.checking.record import Checked
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect
from thep_forms.reading import Doubt

SCHOOL = answers("2101")
EMAIL = "main_contact_email"
NAME = "chair_of_governors_name"
HIDDEN = str(SCHOOL[EMAIL])


@pytest.fixture(scope="module")
def typed(form: bytes) -> bytes:
    return type_into(form, SCHOOL)


def assert_covered(checked: Checked) -> None:
    assert [problem.field for problem in checked.problems if problem.code == "value_covered"] == [EMAIL]
    assert {problem.code for problem in checked.problems if problem.field == EMAIL} <= {
        "value_covered",
        "read_from_page",
    }
    assert HIDDEN not in repr(checked)
    assert not checked.acceptable


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    problems = check(read_return(pdf, definition), definition).problems
    return {(problem.field, problem.code) for problem in problems if problem.code != "read_from_page"}


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize("colour", ["0 g", "1 g", "1 1 0 rg", "0 0 0 1 k"])
def test_answer_under_a_filled_box_on_a_flattened_page_is_covered(
    typed: bytes, definition: FormDefinition, flattened: str, colour: str
) -> None:
    pdf = printers.drawn_on(FLATTENED[flattened](typed), f"{colour} {area(place(definition, EMAIL))} f")
    assert_covered(check(read_return(pdf, definition), definition))


@pytest.mark.parametrize("printed", [printers.shifted, printers.turned, printers.drawn_sideways, printers.cropped])
def test_answer_under_a_box_on_a_page_that_was_printed_again_is_covered(
    typed: bytes, definition: FormDefinition, printed: Callable[[bytes], bytes]
) -> None:
    pdf = printers.drawn_on(printers.by_qpdf(typed), f"0 g {area(place(definition, EMAIL))} f")
    assert_covered(check(read_return(printed(pdf), definition), definition))


def test_answer_under_a_thick_line_is_covered(typed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, EMAIL)
    middle = rect.y + rect.height / 2
    line = f"{rect.height} w {rect.x} {middle} m {rect.right} {middle} l S"
    assert_covered(check(read_return(printers.drawn_on(printers.by_qpdf(typed), line), definition), definition))


@pytest.mark.parametrize("shown", [Image.new("RGB", (20, 5), "grey"), Image.effect_noise((60, 15), 90).convert("RGB")])
def test_answer_under_a_picture_is_covered(typed: bytes, definition: FormDefinition, shown: Image.Image) -> None:
    rect = place(definition, EMAIL)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=printers.A4)
    canvas.drawImage(ImageReader(shown), rect.x, rect.y, rect.width, rect.height)
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as picture, pikepdf.open(io.BytesIO(printers.by_qpdf(typed))) as pdf:
        pdf.pages[0].add_overlay(picture.pages[0])
        covered = io.BytesIO()
        pdf.save(covered)
    assert_covered(check(read_return(covered.getvalue(), definition), definition))


def test_part_of_an_answer_under_a_box_is_not_kept(typed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, EMAIL)
    half = f"0 g {rect.x + 40} {rect.y} {rect.width - 40} {rect.height} re f"
    reading = read_return(printers.drawn_on(printers.by_qpdf(typed), half), definition)
    answer = reading.answers[EMAIL]
    assert Doubt.COVERED in answer.doubts
    assert HIDDEN.startswith(answer.text)
    assert len(answer.text) < len(HIDDEN) - 3
    assert (EMAIL, "value_covered") in {
        (problem.field, problem.code) for problem in check(reading, definition).problems
    }


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize(("half", "down"), [("upper", 1.5), ("lower", 2.8)])  # points from the middle of the box
def test_answer_whose_upper_or_lower_half_is_under_a_box_is_covered(
    typed: bytes, definition: FormDefinition, flattened: str, half: str, down: float
) -> None:
    rect = place(definition, NAME)
    middle = rect.y + rect.height / 2 - down
    bottom, top = (middle, rect.top - 1) if half == "upper" else (rect.y + 1, middle)
    white = f"1 g {rect.x + 1} {bottom} 120 {top - bottom} re f"
    pdf = printers.drawn_on(FLATTENED[flattened](typed), white)
    assert str(SCHOOL[NAME]) not in repr(read_return(pdf, definition))
    assert asked(pdf, definition) == {(NAME, "value_covered")}


@pytest.mark.parametrize("up", [0, 14])  # points from the lower edge of the box
def test_box_that_only_touches_an_answer_from_above_or_below_covers_nothing(
    typed: bytes, definition: FormDefinition, up: float
) -> None:
    rect = place(definition, NAME)
    touching = f"1 g {rect.x + 1} {rect.y + up} 120 5 re f"
    pdf = printers.drawn_on(printers.by_qpdf(typed), touching)
    assert asked(pdf, definition) == asked(printers.by_qpdf(typed), definition)


def test_words_typed_over_a_white_box_are_shown_without_what_is_below(typed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, EMAIL)
    white = printers.drawn_on(printers.by_qpdf(typed), f"1 g {area(rect)} f")
    reading = read_return(printers.typed_on(white, rect.x + 2, rect.y + 4, "new@cedar.example"), definition)
    assert reading.answers[EMAIL].text == "new@cedar.example"
    assert_covered(check(reading, definition))


def test_words_beside_the_boxes_under_a_box_are_not_kept(typed: bytes, definition: FormDefinition) -> None:
    noted = printers.typed_on(printers.by_qpdf(typed), 300, 40, "Not for publication")
    assert "Not for publication" not in repr(
        read_return(printers.drawn_on(noted, "0 g 290 30 200 30 re f"), definition)
    )


def test_answer_under_a_highlight_is_not_covered(typed: bytes, definition: FormDefinition) -> None:
    flat = printers.by_qpdf(typed)
    with pikepdf.open(io.BytesIO(flat)) as pdf:
        page = pdf.pages[0]
        page.contents_add(b"q", prepend=True)
        page.contents_add(f"Q q /Highlight gs 1 1 0 rg {area(place(definition, EMAIL))} f Q".encode())
        page.Resources.ExtGState = Dictionary(Highlight=Dictionary(BM=Name.Multiply))
        out = io.BytesIO()
        pdf.save(out)
    assert asked(out.getvalue(), definition) == asked(flat, definition)
    assert read_return(out.getvalue(), definition).answers[EMAIL].text == HIDDEN


def test_white_ground_drawn_before_each_value_covers_nothing(typed: bytes, definition: FormDefinition) -> None:
    """As viewers draw boxes that have a colour of their own."""

    def with_ground(pdf: pikepdf.Pdf) -> None:
        for box in boxes(pdf).values():
            appearance = box.AP.N if "/AP" in box else None
            if isinstance(appearance, pikepdf.Stream):
                ground = " ".join(str(edge) for edge in appearance.BBox)
                appearance.write(f"q 1 g {ground} re f Q\n".encode() + appearance.read_bytes())

    flat = printers.by_qpdf(changed(typed, with_ground))
    assert asked(flat, definition) == asked(printers.by_qpdf(typed), definition)


# --- Annotations ----------------------------------------------------------------------------------------------------


def annotation(kind: str, rect: Rect, **entries: object) -> Change:
    def change(pdf: pikepdf.Pdf) -> None:
        edges = Array([rect.x, rect.y, rect.right, rect.top])
        drawn = pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=edges, **entries))
        page = pdf.pages[0].obj
        page.Annots = Array([*page.get("/Annots", ()), drawn])

    return change


@pytest.mark.parametrize("flattened", [bytes, *FLATTENED.values()])
def test_answer_under_a_mark_for_redaction_is_covered(
    typed: bytes, definition: FormDefinition, flattened: Callable[[bytes], bytes]
) -> None:
    pdf = changed(flattened(typed), annotation("/Redact", place(definition, EMAIL)))
    assert_covered(check(read_return(pdf, definition), definition))


def test_answer_in_a_field_under_a_filled_shape_is_covered(typed: bytes, definition: FormDefinition) -> None:
    pdf = changed(typed, annotation("/Square", place(definition, EMAIL), IC=Array([0, 0, 0])))
    assert_covered(check(read_return(pdf, definition), definition))


@pytest.mark.parametrize("entries", [{"CA": 0.4, "IC": Array([1, 1, 0])}, {"IC": Array()}, {}])
def test_answer_in_a_field_under_a_shape_that_lets_it_show_is_kept(
    typed: bytes, definition: FormDefinition, entries: dict[str, object]
) -> None:
    pdf = changed(typed, annotation("/Square", place(definition, EMAIL), **entries))
    assert read_return(pdf, definition).answers[EMAIL].text == HIDDEN


def test_mark_for_redaction_beside_the_boxes_asks_nothing(typed: bytes, definition: FormDefinition) -> None:
    pdf = changed(typed, annotation("/Redact", Rect(300, 10, 40, 10)))
    assert asked(pdf, definition) == asked(typed, definition)
