"""Notes that were laid over a form with a markup tool."""

from __future__ import annotations

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.changing import EXPECTED, Change, boxes, changed, told
from tests.conftest import read_return
from thep_forms.checking import check
from thep_forms.definition import FormDefinition


def note(name: str, text: str, *, shift: float = 0) -> Change:
    """A free text laid over a box."""

    def change(pdf: pikepdf.Pdf) -> None:
        x, y, right, top = (float(edge) for edge in boxes(pdf)[name].Rect)
        rect = Array([x + 2, y + 3 + shift, right - 30, top + 1 + shift])
        pdf.pages[0].obj.Annots.append(
            pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=rect, Contents=String(text)))
        )

    return change


def test_a_note_on_an_empty_box_is_its_answer(form: bytes, definition: FormDefinition) -> None:
    pdf = changed(changed(form, note("headteacher_name", "Jo Bloggs")), note("phase_ap", "X"))
    assert told(pdf, definition) == {"headteacher_name": "Jo Bloggs", "phase_ap": "yes"}


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
def test_whatever_is_drawn_on_a_box_to_tick_ticks_it_and_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str
) -> None:
    reading = read_return(changed(returned, mark(kind, "phase_ap", grown=5 if kind == "/Circle" else -2)), definition)
    assert reading.values["phase_ap"].text == "yes"
    asked = {(one.code, one.field) for one in check(reading, definition).problems}
    assert ("read_from_page", "phase_ap") in asked


def test_a_frame_around_half_the_form_ticks_nothing(returned: bytes, definition: FormDefinition) -> None:
    assert told(changed(returned, mark("/Square", "phase_ap", grown=80)), definition) == EXPECTED


@pytest.mark.parametrize("text", ["No", "n/a"])
def test_a_note_that_says_no_ticks_nothing(returned: bytes, definition: FormDefinition, text: str) -> None:
    reading = read_return(changed(returned, note("phase_ap", text)), definition)
    assert not reading.values["phase_ap"].text
    assert (reading.values["note_1"].text, check(reading, definition).acceptable) == (text, True)


@pytest.mark.parametrize("state", ["/Off", "/OFF", "/No", "/false"])
def test_a_box_whose_state_says_no_is_not_ticked(returned: bytes, definition: FormDefinition, state: str) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_ap"].V = boxes(pdf)["phase_ap"].AS = Name(state)

    assert told(changed(returned, change), definition) == EXPECTED


@pytest.mark.parametrize("kind", ["/Highlight", "/StrikeOut", "/Caret", "/Square"])
def test_a_comment_on_an_answer_is_a_second_one(returned: bytes, definition: FormDefinition, kind: str) -> None:
    pdf = changed(returned, mark(kind, "main_contact_name", Contents=String("Jo Bloggs")))
    assert read_return(pdf, definition).values["main_contact_name"].other == "Jo Bloggs"


def test_a_form_that_was_written_on_by_hand_is_not_blank(form: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(form, mark("/Ink", "main_contact_name")), definition)
    checked = check(reading, definition)
    assert not checked.blank
    assert ("field_unknown", "✎") in {(one.code, one.value) for one in checked.problems}
    assert not checked.acceptable


@pytest.mark.parametrize("kind", ["/StrikeOut", "/Line", "/PolyLine"])
@pytest.mark.parametrize("height", [0, 12])
def test_an_answer_that_was_struck_out_with_a_markup_tool_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str, height: float
) -> None:
    def struck(pdf: pikepdf.Pdf) -> None:
        mark(kind, "main_contact_name")(pdf)
        drawn = pdf.pages[0].obj.Annots[-1]
        x, y, right, _ = (float(edge) for edge in drawn.Rect)
        drawn.Rect = Array([x, y, right, y + height])

    checked = check(read_return(changed(returned, struck), definition), definition)
    assert ("field_unknown", "✎") in {(one.code, one.value) for one in checked.problems}


@pytest.mark.parametrize("kind", ["/Highlight", "/Underline", "/Squiggly"])
def test_an_answer_that_was_marked_only_is_not(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert told(changed(returned, mark(kind, "main_contact_name")), definition) == EXPECTED


@pytest.mark.parametrize("name", ["phase_ap", "headteacher_name"])
def test_to_strike_out_an_empty_box_says_nothing(returned: bytes, definition: FormDefinition, name: str) -> None:
    assert told(changed(returned, mark("/StrikeOut", name)), definition) == EXPECTED


def test_a_note_on_an_answer_is_a_second_one(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("main_contact_name", "Jo Bloggs")), definition)
    raw = reading.values["main_contact_name"]
    assert (raw.text, raw.other) == (EXPECTED["main_contact_name"], "Jo Bloggs")
    assert "value_conflict" in {one.code for one in check(reading, definition).problems}


def test_a_note_elsewhere_is_kept_and_asked_about(returned: bytes, definition: FormDefinition) -> None:
    reading = read_return(changed(returned, note("senior_leader_1_telephone", "Call me", shift=-60)), definition)
    checked = check(reading, definition)
    assert ("field_unknown", "Call me") in {(one.code, one.value) for one in checked.problems}
    assert checked.acceptable


def annotated(kind: str, *, placed: bool = True, shown: bool = False, **entries: object) -> Change:
    """An annotation of any kind above the form's boxes."""

    def change(pdf: pikepdf.Pdf) -> None:
        made = Dictionary(Type=Name.Annot, Subtype=Name(kind), **entries)
        if placed:
            made.Rect = Array([40, 800, 240, 820])
        if shown:
            made.AP = Dictionary(N=pdf.make_stream(b"0 0 200 20 re f", Subtype=Name.Form, BBox=Array([0, 0, 200, 20])))
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(made))

    return change


def noted(pdf: bytes, definition: FormDefinition) -> list[str]:
    return [
        one.value for one in check(read_return(pdf, definition), definition).problems if one.code == "field_unknown"
    ]


@pytest.mark.parametrize("kind", ["/FreeText", "/Watermark", "/Redact", "/Typewriter"])
def test_what_has_no_words_and_is_seen_on_the_page_is_asked_about(
    returned: bytes, definition: FormDefinition, kind: str
) -> None:
    assert noted(changed(returned, annotated(kind, shown=True)), definition) == ["✎"]
    assert noted(changed(returned, annotated(kind)), definition) == []


@pytest.mark.parametrize("kind", ["/Link", "/Popup", "/Text", "/FileAttachment", "/Screen", "/PrinterMark"])
def test_what_is_seen_and_is_nobody_s_words_is_not(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, shown=True)), definition) == []


@pytest.mark.parametrize("kind", ["/FreeText", "/FileAttachment", "/Watermark", "/Redact", "/Typewriter"])
@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("key", ["Contents", "RC", "OverlayText"])
def test_words_are_a_note_wherever_a_program_put_them(
    returned: bytes, definition: FormDefinition, kind: str, placed: bool, key: str
) -> None:
    words = String("We moved")
    assert noted(changed(returned, annotated(kind, placed=placed, **{key: words})), definition) == ["We moved"]


@pytest.mark.parametrize("kind", ["/Link", "/Popup"])
def test_what_only_points_elsewhere_is_no_note(returned: bytes, definition: FormDefinition, kind: str) -> None:
    assert noted(changed(returned, annotated(kind, Contents=String("We moved"))), definition) == []


def test_rich_words_in_a_stream_are_a_note(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        rich = pdf.make_stream(b'<?xml version="1.0"?><body><p>We <b>moved</b></p></body>')
        annotated("/FreeText", RC=rich)(pdf)

    assert noted(changed(returned, change), definition) == ["We moved"]


def test_a_note_gives_way_to_a_field_of_the_same_name(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field = Dictionary(T=String("note_2"), FT=Name.Tx, V=String("Please also mail the clerk"))
        pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))
        annotated("/FreeText", Contents=String("We moved"))(pdf)

    assert {*noted(changed(returned, change), definition)} == {"We moved", "Please also mail the clerk"}


def test_a_note_on_a_printed_form_is_an_answer(form: bytes, definition: FormDefinition) -> None:
    def drawn(pdf: pikepdf.Pdf) -> None:
        note("headteacher_name", "Jo Bloggs")(pdf)
        mark = pdf.pages[0].obj.Annots[-1]
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        width, height = (float(mark.Rect[n + 2]) - float(mark.Rect[n]) for n in (0, 1))
        mark.AP = Dictionary(N=pdf.make_stream(b"BT /F 10 Tf 2 7 Td (Jo Bloggs) Tj ET"))
        mark.AP.N.stream_dict = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, width, height]),
            Resources=Dictionary(Font=Dictionary(F=font)),
        )

    marked = changed(form, drawn)

    def without_boxes(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.Annots = Array([one for one in page.obj.get("/Annots", []) if one.Subtype == "/FreeText"])
        del pdf.Root["/AcroForm"]

    assert told(changed(marked, without_boxes), definition) == {"headteacher_name": "Jo Bloggs"}
