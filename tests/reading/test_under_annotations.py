"""Answers in fields that something was laid over: what hides them holds the form up, and nothing else does."""

from __future__ import annotations

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support.changing import Change, boxes, changed, place
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect
from thep_forms.reading import Reading

CHAIR = "chair_of_governors_name"
SCHOOL = answers("2101", chair_of_governors_name="Xenia Yardley")
HIDDEN = str(SCHOOL[CHAIR])
BLACK, WHITE = "0 g", "1 g"


@pytest.fixture(scope="module")
def typed(form: bytes) -> bytes:
    return type_into(form, SCHOOL)


@pytest.fixture(scope="module")
def chair(definition: FormDefinition) -> Rect:
    return place(definition, CHAIR)


def edges(rect: Rect) -> Array:
    return Array([rect.x, rect.y, rect.right, rect.top])


def corners(rect: Rect) -> Array:
    return Array([rect.x, rect.top, rect.right, rect.top, rect.x, rect.y, rect.right, rect.y])


def annotated(kind: str, rect: Rect, drawn: str = "", *, first: bool = False, **entries: object) -> Change:
    """An annotation with an appearance of those operators, in a box of its size; without one if there are none."""

    def change(pdf: pikepdf.Pdf) -> None:
        annotation = Dictionary(**{"Rect": edges(rect), "F": 4, **entries}, Type=Name.Annot, Subtype=Name(kind))
        if drawn:
            form = pdf.make_stream(drawn.encode())
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, rect.width, rect.height])
            form.Resources = Dictionary(
                ExtGState=Dictionary(Clear=Dictionary(ca=0.4), Blend=Dictionary(BM=Name.Multiply))
            )
            annotation.AP = Dictionary(N=form)
        page = pdf.pages[0].obj
        new = pdf.make_indirect(annotation)
        page.Annots = Array([new, *page.Annots] if first else [*page.Annots, new])

    return change


def filled(rect: Rect, colour: str) -> str:
    return f"{colour} 0 0 {rect.width} {rect.height} re f"


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    return asked_of(read_return(pdf, definition), definition)


def asked_of(reading: Reading, definition: FormDefinition) -> set[tuple[str, str]]:
    problems = check(reading, definition).problems
    return {(problem.field, str(problem.code)) for problem in problems if problem.code != "read_from_page"}


def assert_hidden(pdf: bytes, definition: FormDefinition) -> None:
    reading = read_return(pdf, definition)
    assert HIDDEN not in repr(reading)
    assert asked_of(reading, definition) == {(CHAIR, "value_covered")}


@pytest.mark.parametrize("colour", [BLACK, WHITE, "1 1 0 rg"])
@pytest.mark.parametrize("kind", ["/Stamp", "/Highlight", "/Watermark", "/FreeText", "/Square", "/Ink", "/Widget"])
def test_answer_under_an_annotation_that_lets_nothing_through_is_covered(
    typed: bytes, definition: FormDefinition, chair: Rect, kind: str, colour: str
) -> None:
    assert_hidden(changed(typed, annotated(kind, chair, filled(chair, colour))), definition)


def test_answer_under_a_button_is_covered(typed: bytes, definition: FormDefinition, chair: Rect) -> None:
    button = annotated("/Widget", chair, filled(chair, BLACK), FT=Name.Btn, Ff=1 << 16, T=String("print"))
    assert_hidden(changed(typed, button), definition)


@pytest.mark.parametrize("entries", [{"IC": Array([1, 1, 1])}, {"IC": Array([0])}])
def test_answer_under_a_filled_shape_without_an_appearance_is_covered(
    typed: bytes, definition: FormDefinition, chair: Rect, entries: dict[str, object]
) -> None:
    assert_hidden(changed(typed, annotated("/Square", chair, **entries)), definition)


def test_answer_under_an_empty_text_with_a_ground_is_covered(
    typed: bytes, definition: FormDefinition, chair: Rect
) -> None:
    assert_hidden(changed(typed, annotated("/FreeText", chair, Contents=String(" "), C=Array([1, 1, 1]))), definition)


def test_answer_under_a_thick_stroke_of_a_pen_is_covered(typed: bytes, definition: FormDefinition, chair: Rect) -> None:
    middle = chair.y + chair.height / 2
    stroke = Array([Array([chair.x, middle, chair.right, middle])])
    pdf = changed(typed, annotated("/Ink", chair, filled(chair, "0 0 1 rg"), InkList=stroke))
    assert_hidden(pdf, definition)


def test_answer_that_is_marked_for_redaction_away_from_the_mark_s_rectangle_is_covered(
    typed: bytes, definition: FormDefinition, chair: Rect
) -> None:
    mark = annotated("/Redact", Rect(10, 10, 2, 2), QuadPoints=corners(chair))
    assert_hidden(changed(typed, mark), definition)


def test_box_that_no_program_has_drawn_is_covered_too(typed: bytes, definition: FormDefinition, chair: Rect) -> None:
    def undrawn(pdf: pikepdf.Pdf) -> None:
        del boxes(pdf)[CHAIR]["/AP"]

    assert_hidden(changed(changed(typed, undrawn), annotated("/Stamp", chair, filled(chair, WHITE))), definition)


def test_words_over_a_white_ground_replace_what_is_below(typed: bytes, definition: FormDefinition, chair: Rect) -> None:
    drawn = f"{filled(chair, WHITE)} 0 g 10 5 30 3 re f"
    pdf = changed(typed, annotated("/FreeText", chair, drawn, Contents=String("Zoe Brown")))
    assert read_return(pdf, definition).answers[CHAIR].text == "Zoe Brown"
    assert_hidden(pdf, definition)


def test_tick_under_a_white_stamp_is_covered(typed: bytes, definition: FormDefinition) -> None:
    box = place(definition, "phase_primary")
    around = Rect(box.x - 2, box.y - 2, box.width + 4, box.height + 4)
    pdf = changed(typed, annotated("/Watermark", around, filled(around, WHITE)))
    assert asked(pdf, definition) == {("phase_primary", "value_covered")}


# --- What hides nothing -----------------------------------------------------------------------------------------------

SHOWING: dict[str, tuple[str, str, dict[str, object]]] = {
    "a highlight that multiplies": ("/Highlight", "/Blend gs 1 1 0 rg 0 0 500 50 re f", {}),
    "a translucent stamp": ("/Square", "/Clear gs 1 g 0 0 500 50 re f", {}),
    "a frame": ("/Square", "0 0 1 RG 1 w 1 1 100 10 re S", {}),
    "a hidden shape": ("/Square", "0 g 0 0 500 50 re f", {"F": 2}),
    "a shape that is only printed": ("/Square", "0 g 0 0 500 50 re f", {"F": 36}),
    "a hidden shape without an appearance": ("/Square", "", {"F": 2, "IC": Array([0])}),
    "a hidden mark for redaction": ("/Redact", "", {"F": 2}),
    "a hidden stamp": ("/Stamp", "0 g 0 0 500 50 re f", {"F": 2}),
    "a link": ("/Link", "0 g 0 0 500 50 re f", {}),
    "a line below it": ("/Underline", "1 0 0 RG 1 w 0 1 m 500 1 l S", {}),
    "a button that draws nothing": ("/Widget", "q Q", {"FT": Name.Btn, "Ff": 1 << 16, "T": String("print")}),
    "a field for a signature": ("/Widget", "", {"FT": Name.Sig, "T": String("signature")}),
}


@pytest.mark.parametrize("what", SHOWING)
def test_answer_that_shows_is_not_asked_about(typed: bytes, definition: FormDefinition, chair: Rect, what: str) -> None:
    kind, drawn, entries = SHOWING[what]
    reading = read_return(changed(typed, annotated(kind, chair, drawn, **entries)), definition)
    assert reading.answers[CHAIR].text == HIDDEN
    assert asked_of(reading, definition) == set()


def test_shape_below_the_box_hides_nothing(typed: bytes, definition: FormDefinition, chair: Rect) -> None:
    pdf = changed(typed, annotated("/Square", chair, filled(chair, "1 1 0 rg"), first=True))
    assert asked(pdf, definition) == set()


def test_icon_of_a_note_over_a_part_of_an_answer_is_a_note(
    typed: bytes, definition: FormDefinition, chair: Rect
) -> None:
    icon = Rect(chair.x + 5, chair.y, 16, chair.height)
    pdf = changed(typed, annotated("/Text", icon, filled(icon, "1 1 0 rg"), Contents=String("New since May")))
    reading = read_return(pdf, definition)
    assert reading.answers[CHAIR].text == HIDDEN
    assert "value_covered" not in {code for _, code in asked_of(reading, definition)}


def test_stamp_beside_the_answers_is_a_drawing(typed: bytes, definition: FormDefinition) -> None:
    beside = Rect(300, 10, 40, 10)
    pdf = changed(typed, annotated("/Stamp", beside, filled(beside, BLACK)))
    assert asked(pdf, definition) == {("", "field_unknown")}


def test_answer_on_a_page_that_its_parent_turns_is_covered_too(
    typed: bytes, definition: FormDefinition, chair: Rect
) -> None:
    def turned(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.Parent.Rotate = 90

    pdf = changed(typed, annotated("/Stamp", chair, filled(chair, WHITE)))
    assert_hidden(changed(pdf, turned), definition)
    assert asked(changed(typed, turned), definition) == set()


def test_words_in_a_colour_over_the_next_box_hide_nothing_there(
    typed: bytes, definition: FormDefinition, chair: Rect
) -> None:
    """Some programs put the colour of the words where the colour of the ground belongs."""
    over = Rect(chair.x, chair.y - 15, chair.width, 25)
    pdf = changed(typed, annotated("/FreeText", over, Contents=String("Zoe Brown"), C=Array([1, 0, 0])))
    assert "value_covered" not in {code for _, code in asked(pdf, definition)}
