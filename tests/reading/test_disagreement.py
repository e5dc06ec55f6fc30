"""Values that a file gives in two ways are asked about: none is chosen silently."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.conftest import AWKWARD, ingest, read_return, rows
from tests.support.changing import EXPECTED, boxes, changed, texts_in
from tests.support.single_box import BOX, HELD, asked, split
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.generate import master_of

TICK = "phase_ap"  # not ticked in what the school returns


# --- A widget and its field -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_field", "of_widget", "text", "other"),
    [("Jo", "Ann", "Ann", "Jo"), ("", "Ann", "Ann", "no answer"), ("Jo", "", "Jo", "no answer")],
)
def test_widget_and_field_that_hold_different_texts_are_a_conflict(
    returned: bytes, definition: FormDefinition, of_field: str, of_widget: str, text: str, other: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field, widget = split(pdf, BOX)
        field.V, widget.V = String(of_field), String(of_widget)
        del widget["/AP"]

    (problem,) = asked(changed(returned, change), definition)
    assert (problem.code, problem.value) == ("value_conflict", text)
    assert f"“{text}” and “{other}”" in problem.message


@pytest.mark.parametrize(("of_field", "of_widget"), [("/Yes", "/Off"), ("/Off", "/Yes")])
def test_tick_box_and_its_field_that_differ_are_a_conflict(
    returned: bytes, definition: FormDefinition, of_field: str, of_widget: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field, widget = split(pdf, TICK)
        field.V, widget.AS = Name(of_field), Name(of_widget)

    assert [problem.code for problem in asked(changed(returned, change), definition, TICK)] == ["value_conflict"]


@pytest.mark.parametrize(("value", "state"), [(String("Yes"), Name.Off), (String(""), Name.Yes), (1, Name.Off)])
def test_tick_box_with_a_value_that_is_no_name_and_another_state_is_a_conflict(
    returned: bytes, definition: FormDefinition, value: pikepdf.Object, state: Name
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[TICK].V, boxes(pdf)[TICK].AS = value, state

    assert [problem.code for problem in asked(changed(returned, change), definition, TICK)] == ["value_conflict"]


@pytest.mark.parametrize("value", [String("Yes"), 1])
def test_tick_box_with_a_value_that_is_no_name_and_the_same_state_is_not_asked_about(
    returned: bytes, definition: FormDefinition, value: pikepdf.Object
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)["phase_primary"].V = value  # its state says that it is ticked

    assert asked(changed(returned, change), definition, "phase_primary") == []


def test_tick_box_that_is_ticked_by_its_value_and_has_no_state_is_a_conflict(
    returned: bytes, definition: FormDefinition
) -> None:
    """Viewers draw no tick."""

    def change(pdf: pikepdf.Pdf) -> None:
        del boxes(pdf)["phase_primary"]["/AS"]

    found = asked(changed(returned, change), definition, "phase_primary")
    assert [problem.code for problem in found] == ["value_conflict"]


def test_text_in_a_second_field_of_the_name_of_a_tick_box_is_asked_about(
    returned: bytes, definition: FormDefinition
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].T = String(TICK)

    assert [problem.code for problem in asked(changed(returned, change), definition, TICK)] == ["value_uncertain"]


@pytest.mark.parametrize("parts", [("/V",), ("/V", "/T"), ("/V", "/T", "/FT")])
def test_field_that_the_list_names_without_its_parent_has_what_the_parent_holds(
    returned: bytes, definition: FormDefinition, parts: tuple[str, ...]
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        box.Parent = pdf.make_indirect(Dictionary({**{key: box[key] for key in parts}, "/Kids": Array([box])}))
        for key in parts:
            del box[key]

    assert texts_in(read_return(changed(returned, change), definition)) == EXPECTED


def test_widget_that_holds_what_its_field_holds_is_not_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        field, widget = split(pdf, BOX)
        widget.V = field.V

    assert asked(changed(returned, change), definition) == []


# --- What a box holds and what it shows -----------------------------------------------------------------------------

SIMPLE = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)


def drawn(pdf: pikepdf.Pdf, name: str, content: bytes, font: Dictionary = SIMPLE) -> None:
    box = boxes(pdf)[name]
    bounds = Array([0, 0, box.Rect[2] - box.Rect[0], box.Rect[3] - box.Rect[1]])
    resources = Dictionary(Font=Dictionary(Helv=font))
    box.AP = Dictionary(N=pdf.make_stream(content, Subtype=Name.Form, BBox=bounds, Resources=resources))


OTHERWISE = {
    "as Acrobat draws": b"/Tx BMC q BT /Helv 9 Tf 0 g 2 6 Td (Ann Lee) Tj ET Q EMC",
    "without marks": b"BT /Helv 9 Tf 2 6 Td (Ann Lee) Tj ET",
    "with kerning": b"/Tx BMC BT /Helv 9 Tf 2 6 Td [(An) 20 (n L) -10 (ee)] TJ ET EMC",
    "in hex": b"/Tx BMC BT /Helv 9 Tf 2 6 Td <416E6E204C6565> Tj ET EMC",
    "with escapes": b"/Tx BMC BT /Helv 9 Tf 2 6 Td (\\101nn\\040L\\\nee) Tj ET EMC",
    "in a font that is not there": b"/Tx BMC BT /None 9 Tf 2 6 Td (Ann Lee) Tj ET EMC",
    "in other words": b"/Tx BMC /Span <</ActualText (Ann Lee)>> BDC BT /Helv 9 Tf (Jo Lindqvist) Tj ET EMC EMC",
}


@pytest.mark.parametrize("way", OTHERWISE)
def test_box_that_shows_another_text_is_a_query_with_both(
    returned: bytes, definition: FormDefinition, way: str
) -> None:
    pdf = changed(returned, lambda pdf: drawn(pdf, BOX, OTHERWISE[way]))
    (problem,) = asked(pdf, definition)
    assert (problem.code, problem.severity, problem.value) == ("value_shown_differently", "query", HELD)
    assert f"“{HELD}”" in problem.message
    assert "“Ann Lee”" in problem.message


def test_box_drawn_in_the_forms_own_font_that_shows_another_text_is_a_query(
    returned: bytes, definition: FormDefinition
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String("Ann Lee")

    (problem,) = asked(changed(returned, change), definition)
    assert (problem.code, problem.value) == ("value_shown_differently", "Ann Lee")
    assert f"“{HELD}”" in problem.message


def test_emptied_box_that_still_shows_its_answer_stays_empty_and_is_a_query(
    returned: bytes, definition: FormDefinition
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String("")

    pdf = changed(returned, change)
    assert read_return(pdf, definition).answers[BOX].text == ""
    assert "value_shown_differently" in {problem.code for problem in asked(pdf, definition)}


def test_emptied_box_that_still_shows_its_answer_is_asked_about_in_the_table_of_problems(
    returned: bytes, tmp_path: Path
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String("")

    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "return.pdf").write_bytes(changed(returned, change))
    ingest(tmp_path / "records", [tmp_path / "inbox"])
    found = {(row["field"], row["code"]) for row in rows(tmp_path / "records" / "problems.csv")}
    assert (BOX, "value_shown_differently") in found


def test_box_that_viewers_draw_anew_is_not_compared(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String("Ann Lee")
        pdf.Root.AcroForm.NeedAppearances = True

    assert asked(changed(returned, change), definition) == []


LETTERS = Dictionary(  # whose codes nobody can name
    Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Other, Encoding=Name("/Identity-H"), DescendantFonts=Array([])
)
SHOWS_IT = {
    "nothing": (b"/Tx BMC EMC", SIMPLE),
    "in pieces": (b"/Tx BMC BT /Helv 9 Tf (J) Tj 5 0 Td (o) Tj 9 0 Td (Lindqvist) Tj ET EMC", SIMPLE),
    "in unknown letters": (b"/Tx BMC BT /Helv 9 Tf <00410042> Tj ET EMC", LETTERS),
    "as a password": (b"/Tx BMC BT /Helv 9 Tf (************) Tj ET EMC", SIMPLE),
    "with a line of a form inside": (b"/Tx BMC q /Frm Do Q BT /Helv 9 Tf (vist) Tj ET EMC", SIMPLE),
    "by its name for a font that takes two bytes": (b"/Tx BMC BT /Helv 9 Tf (Jo Lindqvist) Tj ET EMC", LETTERS),
}


@pytest.mark.parametrize("way", SHOWS_IT)
def test_box_that_may_show_its_answer_is_not_asked_about(returned: bytes, definition: FormDefinition, way: str) -> None:
    assert asked(changed(returned, lambda pdf: drawn(pdf, BOX, *SHOWS_IT[way])), definition) == []


OTHER_SCRIPTS = {"none of its letters": "李小龙", "some of its letters": "李小龙 Lee"}


@pytest.mark.parametrize("held", OTHER_SCRIPTS.values(), ids=OTHER_SCRIPTS)
def test_answer_in_another_script_of_which_its_box_shows_another_text_is_a_query(
    returned: bytes, definition: FormDefinition, held: str
) -> None:
    """Also after a box in the form's own font, whose letters are known by then."""

    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String(held)
        drawn(pdf, BOX, b"/Tx BMC BT /Helv 9 Tf (" + held[4:].encode() + b") Tj (John Smith) Tj ET EMC")

    assert [problem.code for problem in asked(changed(returned, change), definition)] == ["value_shown_differently"]


def test_long_text_in_another_font_is_looked_at_closely(returned: bytes, definition: FormDefinition) -> None:
    """Its codes are none of ASCII, as those of a viewer's own font, but they are more than the answer has letters."""
    shown = "Jo Lindqvist"
    codes = range(0x80, 0x80 + len(shown))

    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String("李小")
        rows = b" ".join(b"<%02X> <%04X>" % (code, ord(char)) for code, char in zip(codes, shown, strict=True))
        table = pdf.make_stream(b"%d beginbfchar %s endbfchar" % (len(shown), rows))
        drawn(
            pdf,
            BOX,
            b"BT /Helv 9 Tf <" + bytes(codes).hex().encode() + b"> Tj ET",
            Dictionary({**SIMPLE, "/ToUnicode": table}),
        )

    assert [problem.code for problem in asked(changed(returned, change), definition)] == ["value_shown_differently"]


def test_what_a_box_shows_does_not_depend_on_the_fonts_of_other_files(form: bytes, definition: FormDefinition) -> None:
    """A font in one file says that its codes are the letters of an answer; another file has other letters for them."""

    def claiming(name: str) -> bytes:
        codes = b" ".join(b"<%04X> <%04X>" % (code, ord(char)) for code, char in enumerate(name, 1))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Any, Encoding=Name("/Identity-H"))

        def change(pdf: pikepdf.Pdf) -> None:
            font.ToUnicode = pdf.make_stream(b"%d beginbfchar %s endbfchar" % (len(name), codes))
            shown = b"".join(b"%04X" % code for code in range(1, len(name) + 1))
            drawn(pdf, BOX, b"/Tx BMC BT /Helv 9 Tf <" + shown + b"> Tj ET EMC", font)

        return changed(type_into(form, {BOX: "Ann Lee"}), change)

    believed, other = claiming("Ann Lee"), claiming("Jo Bell")
    assert asked(believed, definition) == []
    assert [problem.code for problem in asked(other, definition)] == ["value_shown_differently"]


@pytest.mark.parametrize("name", [name for name, value in AWKWARD.items() if isinstance(value, str)])
def test_awkward_answer_that_is_typed_alone_shows_what_it_is(
    form: bytes, definition: FormDefinition, name: str
) -> None:
    """No other box has shown by then what the letters of the form's own font are."""
    problems = asked(type_into(form, {name: AWKWARD[name]}), definition, name)
    assert "value_shown_differently" not in {problem.code for problem in problems}


@pytest.mark.parametrize("start", [0, 18], ids=["its beginning", "its end"])
def test_box_that_shows_a_part_of_a_long_answer_is_not_asked_about(
    returned: bytes, definition: FormDefinition, start: int
) -> None:
    long = "Jo Lindqvist-Wetherington of the Long Barn"

    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = String(long)
        part = long[start : start + 24].encode()
        drawn(pdf, BOX, b"/Tx BMC BT /Helv 9 Tf (" + part + b") Tj ET EMC")

    assert asked(changed(returned, change), definition) == []


def test_box_that_shows_a_short_part_of_its_answer_is_a_query(returned: bytes, definition: FormDefinition) -> None:
    pdf = changed(returned, lambda pdf: drawn(pdf, BOX, b"/Tx BMC BT /Helv 9 Tf (Jo) Tj ET EMC"))
    assert [problem.code for problem in asked(pdf, definition)] == ["value_shown_differently"]


@pytest.mark.parametrize("made", ["typed in Chrome", "filled in by us"])
def test_awkward_answers_show_what_they_are(form: bytes, definition: FormDefinition, made: str) -> None:
    pdf = type_into(form, AWKWARD) if made == "typed in Chrome" else master_of(definition).copy(AWKWARD)
    problems = check(read_return(pdf, definition), definition).problems
    assert "value_shown_differently" not in {problem.code for problem in problems}


# --- Rich text, states and kinds ------------------------------------------------------------------------------------


def test_answer_in_formatted_text_alone_is_kept_and_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        box.RV = String("<body><p>Ann Lee</p></body>")
        del box["/V"], box["/AP"]

    (problem,) = asked(changed(returned, change), definition)
    assert (problem.code, problem.value) == ("value_uncertain", "Ann Lee")


@pytest.mark.parametrize("keys", ["V", "AS", "V and AS"])
def test_tick_in_a_state_that_the_box_does_not_have_is_a_conflict(
    returned: bytes, definition: FormDefinition, keys: str
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for key in ("V", "AS"):
            boxes(pdf)[TICK][f"/{key}"] = Name.Foo if key in keys.split() else Name.Off

    pdf = changed(returned, change)
    assert [problem.code for problem in asked(pdf, definition, TICK)] == ["value_conflict"]


def test_text_box_turned_into_a_button_keeps_its_text_and_is_asked_about(
    returned: bytes, definition: FormDefinition
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].FT = Name.Btn

    (problem,) = asked(changed(returned, change), definition)
    assert (problem.code, problem.value) == ("value_uncertain", HELD)


def test_value_that_is_a_dictionary_is_unreadable(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        boxes(pdf)[BOX].V = pdf.pages[0].obj

    assert [problem.code for problem in asked(changed(returned, change), definition)] == ["value_unreadable"]


@pytest.mark.parametrize("kind", [None, Name("/Text")])
def test_text_in_a_field_of_no_known_kind_is_kept_and_asked_about(
    returned: bytes, definition: FormDefinition, kind: pikepdf.Name | None
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        del boxes(pdf)[BOX]["/FT"]
        if kind:
            boxes(pdf)[BOX].FT = kind

    (problem,) = asked(changed(returned, change), definition)
    assert (problem.code, problem.value) == ("value_uncertain", HELD)


def test_tick_in_a_field_of_no_known_kind_is_kept_and_asked_about(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[TICK]
        box.FT, box.V, box.AS = Name("/Xx"), Name.Yes, Name.Yes

    pdf = changed(returned, change)
    assert [problem.code for problem in asked(pdf, definition, TICK)] == ["value_uncertain"]
    record = check(read_return(pdf, definition), definition).record
    assert record
    assert "ap" in record.school["phases"].split(";")


def test_text_box_turned_into_a_tick_is_unreadable(returned: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[BOX]
        box.FT, box.V, box.AS = Name.Btn, Name.Yes, Name.Yes

    assert [problem.code for problem in asked(changed(returned, change), definition)] == ["value_unreadable"]


@pytest.mark.parametrize("value", [Name.Yes, String("Yes"), String("X")], ids=["name", "text", "cross"])
def test_tick_box_turned_into_text_is_ticked_and_asked_about(
    returned: bytes, definition: FormDefinition, value: pikepdf.Object
) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        box = boxes(pdf)[TICK]
        box.FT, box.V = Name.Tx, value
        del box["/AP"]

    pdf = changed(returned, change)
    assert [problem.code for problem in asked(pdf, definition, TICK)] == ["value_uncertain"]
    record = check(read_return(pdf, definition), definition).record
    assert record
    assert "ap" in record.school["phases"].split(";")
