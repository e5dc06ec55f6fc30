"""Notes and drawings that people laid over a form with a markup tool."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import read_return
from tests.support import printers
from tests.support.changing import EXPECTED, Change, annotated, boxes, changed, place, texts_of
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.reading import Doubt, Note

DRAWING = Note("", 0)


def note(name: str, text: str, *, shift: float = 0) -> Change:
    """A free text laid over a box."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y, right, top = (float(edge) for edge in boxes(pdf)[name].Rect)
        rect = Array([x + 2, y + 3 + shift, right - 30, top + 1 + shift])
        pdf.pages[0].obj.Annots.append(
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=rect, Contents=String(text)))
        )

    return change


def test_note_on_an_empty_box_is_its_answer(form: bytes, definition: FormDefinition) -> None:
    pdf = changed(changed(form, note("headteacher_name", "Jo Bloggs")), note("phase_ap", "X"))
    assert texts_of(pdf, definition) == {"headteacher_name": "Jo Bloggs", "phase_ap": "yes"}


def mark(kind: str, name: str, *, grown: float = -2, **entries: object) -> Change:
    """Something drawn on a box, with room around it if it is grown."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y, right, top = (float(edge) for edge in boxes(pdf)[name].Rect)
        rect = Array([x - grown, y - grown, right + grown, top + grown])
        drawn = Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=rect, **entries)
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(drawn))

    return change


@pytest.mark.parametrize(
    "kind", ["/Circle", "/Highlight", "/Ink", "/Line", "/PolyLine", "/Polygon", "/Square", "/Stamp"]
)
def test_drawing_on_a_tick_box_ticks_it_and_is_queried(returned: bytes, definition: FormDefinition, kind: str) -> None:
    reading = read_return(changed(returned, mark(kind, "phase_ap", grown=5 if kind == "/Circle" else -2)), definition)
    assert reading.answers["phase_ap"].text == "yes"
    asked = {(problem.code, problem.field) for problem in check(reading, definition).problems}
    assert ("read_from_page", "phase_ap") in asked


def test_frame_around_half_the_form_ticks_nothing(returned: bytes, definition: FormDefinition) -> None:
    assert texts_of(changed(returned, mark("/Square", "phase_ap", grown=80)), definition) == EXPECTED


@pytest.mark.parametrize("text", ["No", "n/a"])
def test_note_that_says_no_on_a_tick_box_ticks_nothing(returned: bytes, definition: FormDefinition, text: str) -> None:
    reading = read_return(changed(returned, note("phase_ap", text)), definition)
    assert not reading.answers["phase_ap"].text
    assert (reading.notes, check(reading, definition).acceptable) == ((Note(text, 0),), True)


@pytest.mark.parametrize("state", ["/Off", "/OFF", "/No", "/false"])
def test_tick_box_whose_state_says_no_is_not_ticked(returned: bytes, definition: FormDefinition, state: str) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V = boxes(pdf)["phase_ap"].AS = Name(state)

    assert texts_of(changed(returned, change), definition) == EXPECTED


@pytest.mark.parametrize("kind", ["/Highlight", "/StrikeOut", "/Caret", "/Square"])
def test_comment_on_an_answer_is_another_answer(returned: bytes, definition: FormDefinition, kind: str) -> None:
    pdf = changed(returned, mark(kind, "main_contact_name", Contents=String("Jo Bloggs")))
    assert read_return(pdf, definition).answers["main_contact_name"].others == ("Jo Bloggs",)


def test_form_with_a_drawing_is_not_blank(form: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(form, mark("/Ink", "main_contact_name")), definition)
    checked = check(reading, definition)
    assert not checked.blank
    assert ("value_unreadable", "main_contact_name") in {(problem.code, problem.field) for problem in checked.problems}
    assert "nothing was entered" not in next(
        problem.message for problem in checked.problems if problem.field == "main_contact_name"
    )
    assert not checked.acceptable


def ink(name: str, *strokes: list[float]) -> Change:
    """Written with a pen: strokes of points, counted from the lower left corner of a box."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y = (float(edge) for edge in list(boxes(pdf)[name].Rect)[:2])
        moved = [Array([at + (y if odd % 2 else x) for odd, at in enumerate(stroke)]) for stroke in strokes]
        across, down = [at for s in moved for at in list(s)[0::2]], [at for s in moved for at in list(s)[1::2]]
        edges = Array([min(across), min(down), max(across), max(down)])
        drawn = Dictionary(Type=Name.Annot, Subtype=Name.Ink, Rect=edges, InkList=Array(moved))
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(drawn))

    return change


WORD = ([3.0, 3, 8, 14, 13, 4], [16.0, 4, 18, 11, 21, 5], [24.0, 4, 27, 10, 30, 4])  # three letters


@pytest.mark.parametrize("flattened", [bytes, printers.by_qpdf, printers.by_pdfium])
def test_word_written_with_a_pen_in_an_empty_box_is_unreadable(
    returned: bytes, definition: FormDefinition, flattened: Callable[[bytes], bytes]
) -> None:
    """As iPads and Edge keep it: strokes, with or without an appearance, on a form with fields or a flattened one."""
    written = changed(returned, ink("headteacher_name", *WORD))
    reading = read_return(flattened(written), definition)
    if flattened is not printers.by_pdfium:  # which leaves out what has no appearance
        assert reading.answers["headteacher_name"].doubts == {Doubt.UNREADABLE}
        assert not reading.notes


def test_ink_over_several_boxes_is_at_each_of_them(form: bytes, definition: FormDefinition) -> None:
    """One annotation may hold all that was written on a page."""

    def change(pdf: pikepdf.Pdf) -> None:
        for name in ("headteacher_name", "chair_of_governors_name"):
            ink(name, *WORD)(pdf)
        first, second = pdf.pages[0].obj.Annots[-2:]
        edges = [*zip(first.Rect, second.Rect, strict=True)]
        first.Rect = Array([*map(min, edges[:2]), *map(max, edges[2:])])
        first.InkList.extend(second.InkList)
        del pdf.pages[0].obj.Annots[-1]

    reading = read_return(changed(form, change), definition)
    assert {name for name, answer in reading.answers.items() if answer.says_something} == {
        "headteacher_name",
        "chair_of_governors_name",
    }


def test_ink_over_an_answer_is_queried_at_its_box(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, ink("main_contact_name", *WORD)), definition)
    assert reading.answers["main_contact_name"].text == EXPECTED["main_contact_name"]
    assert reading.notes == (Note("", 0, "main_contact_name"),)
    asked = {(problem.code, problem.field) for problem in check(reading, definition).problems}
    assert ("field_unknown", "main_contact_name") in asked


def test_stroke_of_a_pen_over_a_printed_answer_is_queried_at_its_box(
    returned: bytes, definition: FormDefinition
) -> None:
    flat = printers.by_qpdf(returned)
    with pikepdf.open(io.BytesIO(returned)) as pdf:
        x, y = (float(edge) for edge in list(boxes(pdf)["main_contact_name"].Rect)[:2])
    pen = f"2 w {x + 5} {y + 3} m {x + 15} {y + 16} {x + 25} {y} {x + 45} {y + 12} c S"
    reading = read_return(printers.drawn_on(flat, pen), definition)
    assert Note("", 0, "main_contact_name") in reading.notes


def on_each_page(words: str) -> Change:
    """A stamp, or the line of a signing service, at the top of each page."""

    def change(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            edges = Array([200, 815, 400, 835])
            stamp = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=edges)
            if words:
                stamp.Contents = String(words)
            page.obj.Annots = Array([*page.obj.get("/Annots", ()), pdf.make_indirect(stamp)])

    return change


@pytest.mark.parametrize("words", ["RECEIVED", ""])
def test_stamp_on_each_page_is_noted_once(returned: bytes, definition: FormDefinition, words: str) -> None:
    assert read_return(changed(returned, on_each_page(words)), definition).notes == (Note(words, 0),)


@pytest.mark.parametrize("flattened", [bytes, printers.by_qpdf])
def test_line_of_a_signing_service_on_each_page_is_noted_once(
    returned: bytes, definition: FormDefinition, flattened: Callable[[bytes], bytes]
) -> None:
    signed = flattened(returned)
    for number in range(4):
        signed = printers.typed_on(signed, 30, 825, f"Envelope ID: 7D-1 Page {number + 1} of 4", 7, page=number)
    (note,) = read_return(signed, definition).notes if flattened is bytes else (Note("Envelope ID: 7D-1"),)
    assert note.text.startswith("Envelope ID: 7D-1")


@pytest.mark.parametrize("kind", ["/StrikeOut", "/Line", "/PolyLine"])
@pytest.mark.parametrize("height", [0, 12])
def test_answer_struck_out_with_a_markup_tool_is_queried(
    returned: bytes, definition: FormDefinition, kind: str, height: float
) -> None:
    def struck(pdf: pikepdf.Pdf) -> None:
        mark(kind, "main_contact_name")(pdf)
        drawn = pdf.pages[0].obj.Annots[-1]
        x, y, right, _ = (float(edge) for edge in drawn.Rect)
        drawn.Rect = Array([x, y, right, y + height])

    checked = check(read_return(changed(returned, struck), definition), definition)
    assert ("field_unknown", "main_contact_name") in {(problem.code, problem.field) for problem in checked.problems}


@pytest.mark.parametrize("kind", ["/Highlight", "/Underline", "/Squiggly"])
def test_answer_marked_without_words_is_not_queried(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert texts_of(changed(returned, mark(kind, "main_contact_name")), definition) == EXPECTED


@pytest.mark.parametrize("name", ["phase_ap", "headteacher_name"])
def test_empty_box_struck_out_is_not_queried(returned: bytes, definition: FormDefinition, name: str) -> None:
    assert texts_of(changed(returned, mark("/StrikeOut", name)), definition) == EXPECTED


def test_note_on_an_answer_is_another_answer(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("main_contact_name", "Jo Bloggs")), definition)
    answer = reading.answers["main_contact_name"]
    assert (answer.text, answer.others) == (EXPECTED["main_contact_name"], ("Jo Bloggs",))
    assert "value_conflict" in {problem.code for problem in check(reading, definition).problems}


def test_note_beside_the_boxes_is_kept_and_queried(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("senior_leader_1_telephone", "Call me", shift=-60)), definition)
    checked = check(reading, definition)
    assert ("field_unknown", "Call me") in {(problem.code, problem.value) for problem in checked.problems}
    assert checked.acceptable


def noted(pdf: bytes, definition: FormDefinition) -> list[str]:
    return [
        problem.value
        for problem in check(read_return(pdf, definition), definition).problems
        if problem.code == "field_unknown"
    ]


@pytest.mark.parametrize("kind", ["/FreeText", "/Watermark", "/Redact", "/Typewriter"])
def test_annotation_with_an_appearance_alone_is_a_drawing(
    returned: bytes, definition: FormDefinition, kind: str
) -> None:
    assert read_return(changed(returned, annotated(kind, shown=True)), definition).notes == (DRAWING,)
    assert noted(changed(returned, annotated(kind)), definition) == []


@pytest.mark.parametrize("kind", ["/Link", "/Popup", "/Text", "/FileAttachment", "/Screen", "/PrinterMark"])
def test_annotation_that_nobody_writes_with_is_no_note(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, shown=True)), definition) == []


@pytest.mark.parametrize("kind", ["/FreeText", "/FileAttachment", "/Watermark", "/Redact", "/Typewriter"])
@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("key", ["Contents", "RC", "OverlayText"])
def test_words_in_any_entry_of_an_annotation_are_a_note(
    returned: bytes, definition: FormDefinition, kind: str, placed: bool, key: str
) -> None:
    words = String("We moved")
    assert noted(changed(returned, annotated(kind, placed=placed, **{key: words})), definition) == ["We moved"]


@pytest.mark.parametrize("kind", ["/Link", "/Popup"])
def test_link_or_popup_with_words_is_no_note(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, Contents=String("We moved"))), definition) == []


def test_rich_text_in_a_stream_is_a_note(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        rich = pdf.make_stream(b'<?xml version="1.0"?><body><p>We <b>moved</b></p></body>')
        annotated("/FreeText", RC=rich)(pdf)

    assert noted(changed(returned, change), definition) == ["We moved"]


def test_note_and_field_called_note_are_both_kept(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field = Dictionary(T=String("note_2"), FT=Name.Tx, V=String("Please also mail the clerk"))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))
        annotated("/FreeText", Contents=String("We moved"))(pdf)

    assert {*noted(changed(returned, change), definition)} == {"We moved", "Please also mail the clerk"}


def typed_note(text: str, x: float, y: float, page: int = 0) -> Change:
    """A free text of one line that shows, whose lower left corner is at that point."""

    def change(pdf: pikepdf.Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        drawn = pdf.make_stream(f"BT /F 10 Tf 2 4 Td ({text}) Tj ET".encode())
        drawn.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 150, 14]),
            Resources=Dictionary(Font=Dictionary(F=font)),
        )
        free = Dictionary(
            Type=Name.Annot,
            Subtype=Name.FreeText,
            Rect=Array([x, y, x + 150, y + 14]),
            Contents=String(text),
            AP=Dictionary(N=drawn),
        )
        annotations = pdf.pages[page].obj.get("/Annots", Array())
        pdf.pages[page].obj.Annots = Array([*annotations, pdf.make_indirect(free)])

    return change


def printed(pdf: bytes) -> bytes:
    """The form without its boxes, but with the notes that lie on it."""

    def without_boxes(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.Annots = Array([note for note in page.obj.get("/Annots", []) if note.Subtype == "/FreeText"])
        del pdf.Root["/AcroForm"]

    return changed(pdf, without_boxes)


def test_note_on_a_box_of_a_printed_form_is_its_answer(form: bytes, definition: FormDefinition) -> None:
    rect = place(definition, "headteacher_name")
    marked = changed(form, typed_note("Jo Bloggs", rect.x + 2, rect.y + 3))
    assert texts_of(printed(marked), definition) == {"headteacher_name": "Jo Bloggs"}


@pytest.mark.parametrize(("page", "x", "y"), [(0, 200, 822), (0, 2, 500), (1, 200, 400), (3, 200, 3)])
def test_note_in_a_margin_or_on_a_page_without_boxes_of_a_printed_form_is_kept_and_queried(
    returned: bytes, definition: FormDefinition, page: int, x: float, y: float
) -> None:
    noted_on = changed(printers.by_cairo(returned), typed_note("We leave in July", x, y, page))
    assert read_return(noted_on, definition).notes == (Note("We leave in July", page),)


@pytest.mark.parametrize("printed", [printers.by_qpdf, printers.by_pdfium, printers.by_cairo])
@pytest.mark.parametrize(("page", "x", "y"), [(0, 200, 815), (0, 8, 500), (3, 200, 20)])
def test_words_in_the_margin_of_one_page_of_a_printed_form_are_kept_and_queried(
    returned: bytes, definition: FormDefinition, printed: Callable[[bytes], bytes], page: int, x: float, y: float
) -> None:
    typed_on = printers.typed_on(printed(returned), x, y, "We leave in July", 8, page)
    for number in (0, 3):  # those with boxes
        typed_on = printers.typed_on(typed_on, 20, 830, f"5/4/26, 10:1{number} AM  Membership Form", 7, number)
        typed_on = printers.typed_on(typed_on, 540, 8, f"{number + 1}/4", 7, number)
    reading = read_return(typed_on, definition)
    assert reading.notes == (Note("We leave in July", page),)
    assert {(problem.code, problem.value) for problem in check(reading, definition).problems} >= {
        ("field_unknown", "We leave in July")
    }
