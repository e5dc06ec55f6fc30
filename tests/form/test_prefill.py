"""A school's own copy: prefilled answers in the boxes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from tests.conftest import AWKWARD, read_return
from tests.support.viewer import draw, strays, type_into, typed
from thep_forms.definition import FormDefinition
from thep_forms.definition.identity import digest_of, school_in, years_in
from thep_forms.errors import LayoutError
from thep_forms.generate import Master
from thep_forms.layout import lay_out

SCALE = 2


@pytest.fixture(scope="module")
def master(definition: FormDefinition) -> Master:
    return Master(definition)


def fields(pdf: bytes) -> Iterator[pikepdf.Object]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        yield from opened.Root.AcroForm.Fields


def appearances(pdf: bytes) -> dict[str, str]:
    """The content of each text box's appearance stream."""
    return {
        str(field.T): field.AP.N.read_bytes().decode("ascii")
        for field in fields(pdf)
        if "/DA" in field and "/AP" in field
    }


def text_of(value: str | bool) -> str:
    return value if isinstance(value, str) else "Yes"


def test_copy_holds_every_value_exactly(master: Master) -> None:
    held = typed(master.copy(AWKWARD))
    assert {name: held[name].replace("\r", "\n") for name in AWKWARD} == {
        name: text_of(value) for name, value in AWKWARD.items()
    }


def test_copy_that_comes_back_unchanged_gives_every_value_back(master: Master, definition: FormDefinition) -> None:
    values = read_return(master.copy(AWKWARD), definition).answers
    assert {name: values[name].text for name in AWKWARD} == {
        name: value if isinstance(value, str) else "yes" for name, value in AWKWARD.items()
    }


def test_copy_without_answers_is_the_blank_form(master: Master, form: bytes) -> None:
    assert master.copy() == master.copy({}) == master.copy({"main_contact_name": ""}) == form


def test_same_answers_give_the_same_bytes_after_other_copies(master: Master, definition: FormDefinition) -> None:
    first = master.copy(AWKWARD, "211/4242")
    master.copy({"school_name": "Another"}, "211/2101")
    assert master.copy(AWKWARD, "211/4242") == first == Master(definition).copy(AWKWARD, "211/4242")


def test_copy_is_small(master: Master) -> None:
    assert len(master.copy()) < 150_000
    assert len(master.copy(AWKWARD)) < 200_000


def test_every_box_of_a_copy_can_be_changed(master: Master) -> None:
    copy = master.copy(AWKWARD)
    assert not any(int(field.get("/Ff", 0)) & 1 for field in fields(copy) if field.T != "form_id")
    changed = typed(type_into(copy, {"headteacher_name": "Jo Bloggs", "phase_nursery": False}))
    assert changed["headteacher_name"] == "Jo Bloggs"
    assert changed["phase_nursery"] == "Off"
    assert changed["main_contact_name"] == AWKWARD["main_contact_name"]


def test_hidden_field_of_a_copy_has_the_school_the_year_and_a_digest_of_its_answers(
    master: Master, definition: FormDefinition
) -> None:
    copy = master.copy(AWKWARD, "211/4242")
    assert typed(copy)["form_id"] == f"thep-membership 2026-27 r1 211/4242 {digest_of(AWKWARD)}"
    assert school_in(typed(copy)["form_id"]) == "211/4242"
    assert years_in(typed(copy)["form_id"], "") == (definition.year,)


def test_value_for_a_box_that_the_form_lacks_is_refused_by_name(master: Master) -> None:
    with pytest.raises(LayoutError, match="senior_leader_11_name"):
        master.copy({"senior_leader_11_name": "Jo Bloggs"})


# --- How it looks -------------------------------------------------------------------------------------------------


def test_every_glyph_has_a_unicode_value_and_none_is_missing_from_its_font(master: Master) -> None:
    with pikepdf.open(io.BytesIO(master.copy(AWKWARD))) as opened:
        for field in opened.Root.AcroForm.Fields:
            if "/DA" not in field or "/AP" not in field:
                continue
            stream, font = field.AP.N, ""
            for instruction in pikepdf.parse_content_stream(stream):
                match str(instruction.operator), list(instruction.operands):
                    case "Tf", [name, _]:
                        font = stream.Resources.Font[str(name)]
                        mapped = set(re.findall(rb"<(\w{4})> <", font.ToUnicode.read_bytes()))
                    case (("Tj" | "TJ"), [shown]):
                        parts = shown if isinstance(shown, pikepdf.Array) else [shown]
                        data = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                        glyphs = {data[n : n + 2].hex().upper().encode() for n in range(0, len(data), 2)}
                        assert b"0000" not in glyphs
                        assert glyphs <= mapped


def test_answers_are_drawn_inside_their_boxes_alone(master: Master, definition: FormDefinition) -> None:
    blank, filled = master.copy(), master.copy(AWKWARD)
    (sheet, *_) = lay_out(definition)
    before, after = draw(blank, 0, SCALE).convert("L"), draw(filled, 0, SCALE).convert("L")
    changed = ImageChops.difference(before, after).point(lambda grey: 255 if grey > 60 else 0)
    for placed in sheet.boxes:
        rect = placed.rect
        edges = (rect.x, after.height / SCALE - rect.top, rect.right, after.height / SCALE - rect.y)
        area = tuple(round(edge * SCALE) for edge in edges)
        inside = changed.crop(area).getbbox()
        assert bool(inside) == (placed.box.name in AWKWARD), placed.box.name
        changed.paste(0, area)
    assert changed.getbbox() is None


def test_copy_looks_as_if_its_answers_had_been_typed(master: Master) -> None:
    values = {
        "school_name": "Cedar Primary School with a name that is so long that its end goes to the next line",
        "registered_address": "Underwood Road\nWhitechapel\nLondon",
        "main_contact_name": "Jo Bloggs",
        "phase_primary": True,
    }
    ours = draw(master.copy(values), 0, SCALE).convert("L")
    theirs = draw(type_into(master.copy(), values), 0, SCALE).convert("L")
    assert strays(ours, theirs, SCALE) == 0


def test_long_text_gets_smaller_type_down_to_the_smallest(master: Master) -> None:
    sizes = {}
    for letters in (10, 40, 200):
        value = "m" * letters
        drawn = appearances(master.copy({"main_contact_name": value, "registered_address": value * 8}))
        for name in ("main_contact_name", "registered_address"):
            (size,) = set(re.findall(r"/Entry ([\d.]+) Tf", drawn[name]))
            sizes[name, letters] = float(size)
    assert (sizes["main_contact_name", 10], sizes["registered_address", 10]) == (11, 12)
    assert sizes["main_contact_name", 200] == sizes["registered_address", 200] == 9
    assert sizes["main_contact_name", 40] == 9


def test_text_typed_into_a_copy_has_the_size_of_the_text_that_was_there(master: Master) -> None:
    copy = master.copy({"main_contact_name": "m" * 200})
    styles = {str(field.T): str(field.DA) for field in fields(copy) if "/DA" in field}
    assert styles["main_contact_name"] == "/Entry 9 Tf 0 g"
    assert styles["headteacher_name"] == "/Entry 11 Tf 0 g"


def test_character_that_no_font_has_is_drawn_as_its_code_point(master: Master) -> None:
    drawn = appearances(master.copy({"main_contact_name": "李 Lee"}))["main_contact_name"]
    spelt = appearances(master.copy({"main_contact_name": "[U+674E] Lee"}))["main_contact_name"]
    (glyphs,) = re.findall(r"<(\w+)> Tj", spelt)
    assert "/ActualText <FEFF674E>" in drawn
    assert re.findall(r"<(\w+)> Tj", drawn) == [glyphs[:32], glyphs[32:]]


def test_accent_is_drawn_above_its_letter_at_any_height(master: Master) -> None:
    assert " Ts " in appearances(master.copy({"main_contact_name": "Ẹ̀"}))["main_contact_name"]


def test_right_to_left_scripts_are_drawn_from_right_to_left(master: Master) -> None:
    drawn = appearances(master.copy({"main_contact_name": "علي Ahmed"}))["main_contact_name"]
    assert drawn.index("Entry 11") < drawn.index("/ActualText <FEFF")  # Ahmed is left of it


@pytest.mark.parametrize("name", ["שרה כהן", "Ḥayyim בֶּן־דָּוִד", "ראובן (Reuven) לוי"])
def test_hebrew_name_shows_on_a_copy(master: Master, name: str) -> None:
    pdf = master.copy({"main_contact_name": name})
    drawn = appearances(pdf)["main_contact_name"]
    assert re.search("/ActualText <FEFF[^>]*05D", drawn)
    empty, shown = draw(master.copy(), 0, scale=SCALE), draw(pdf, 0, scale=SCALE)
    (rect,) = [field.Rect for field in fields(pdf) if field.T == "main_contact_name"]
    left, low, right, high = (float(edge) * SCALE for edge in rect)
    area = (int(left), int(shown.height - high), int(right), int(shown.height - low))
    assert ImageChops.difference(empty.crop(area), shown.crop(area)).getbbox()


@settings(max_examples=150)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60), lines=st.integers(0, 8))
def test_any_text_can_be_filled_in(master: Master, text: str, lines: int) -> None:
    address = "\n".join([text] * lines)
    with pikepdf.open(io.BytesIO(master.copy({"main_contact_name": text, "registered_address": address}))) as opened:
        values = {str(field.T): str(field.get("/V", "")) for field in opened.Root.AcroForm.Fields}
    assert values["main_contact_name"] == text
    assert values["registered_address"] == address
