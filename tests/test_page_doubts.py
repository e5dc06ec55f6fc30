"""What stands on a printed page and is not quite where or what an answer is: read if it can be, asked about if not."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Stream

from tests import printers
from tests.conftest import read_return
from tests.printers import FLATTENED
from tests.remake_samples import answers
from tests.viewer import type_into
from thep_forms.checking import check
from thep_forms.definition import FormDefinition
from thep_forms.layout import PlacedText, Rect, lay_out
from thep_forms.reading import FileKind, Reading

SCHOOL = answers("2101")
HEAD, NAME = "headteacher_name", "Ann Lee"


@pytest.fixture(scope="module")
def printed(form: bytes) -> bytes:
    return printers.by_pdfium(type_into(form, {**SCHOOL, HEAD: NAME}))


@pytest.fixture(scope="module")
def blank(form: bytes) -> bytes:
    return printers.by_qpdf(form)


def place(definition: FormDefinition, name: str) -> Rect:
    return next(placed.rect for placed in lay_out(definition)[0].boxes if placed.box.name == name)


def asked(reading: Reading, definition: FormDefinition) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in check(reading, definition).problems if one.code != "read_from_page"}


def test_the_print_alone_raises_no_question(printed: bytes, definition: FormDefinition) -> None:
    reading = read_return(printed, definition)
    assert reading.values[HEAD].text == NAME
    assert asked(reading, definition) == set()


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize(
    "name", ["“Quoted” — Dash … Œuvre ½ ²", "Mrs. F. A. Van-der-Waals AVATAR", "Ill Lilly Illingworth-Millll", "fi ffi"]
)
def test_ordinary_names_raise_none_however_they_are_set(
    form: bytes, definition: FormDefinition, flattened: str, name: str
) -> None:
    address = "a_b__c@cedar.example"
    typed = type_into(form, {**SCHOOL, "chair_of_governors_name": name, "chair_of_governors_email": address})
    reading = read_return(FLATTENED[flattened](typed), definition)
    assert reading.values["chair_of_governors_name"].text == name
    assert asked(reading, definition) == set()


# --- Over an answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dx", "dy", "size"), [(20, -4, 24), (15, 2, 10.5), (150, 4, 10.5)])
def test_a_stamp_over_an_answer_is_asked_about(
    printed: bytes, definition: FormDefinition, dx: float, dy: float, size: float
) -> None:
    rect = place(definition, HEAD)
    stamped = printers.typed_on(printed, rect.x + dx, rect.y + dy, "RECEIVED", size)
    assert (HEAD, "value_unreadable") in asked(read_return(stamped, definition), definition)


def test_an_answer_with_a_line_through_it_is_asked_about(printed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    middle = rect.y + rect.height / 2
    struck = printers.drawn_on(printed, f"1 w {rect.x + 2} {middle} m {rect.x + 45} {middle} l S")
    assert asked(read_return(struck, definition), definition) == {(HEAD, "value_unreadable")}


def test_an_answer_with_a_line_below_it_is_not(printed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    below = rect.y + rect.height / 2 - 5
    underlined = printers.drawn_on(printed, f"0.5 w {rect.x + 2} {below} m {rect.x + 45} {below} l S")
    assert asked(read_return(underlined, definition), definition) == set()


def test_an_answer_that_was_drawn_twice_to_look_bold_is_one(blank: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    bold = blank
    for shift in (0, 0.4, 0.8, 1.2):
        bold = printers.typed_on(bold, rect.x + 3 + shift, rect.y + 4, "Millie Bell")
    value = read_return(bold, definition).values[HEAD]
    assert (value.text, value.doubtful) == ("Millie Bell", False)


# --- Beside its box -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dx", [-5, -1, 3, 20])
def test_an_answer_may_begin_a_little_to_the_left(blank: bytes, definition: FormDefinition, dx: float) -> None:
    rect = place(definition, HEAD)
    reading = read_return(printers.typed_on(blank, rect.x + dx, rect.y + 4, NAME), definition)
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == {HEAD: NAME}


@pytest.mark.parametrize("dy", range(-12, 13, 2))
def test_an_answer_between_two_boxes_is_asked_about(blank: bytes, definition: FormDefinition, dy: int) -> None:
    """Nobody can tell whether the person meant the upper or the lower one."""
    rect = place(definition, HEAD)
    reading = read_return(printers.typed_on(blank, rect.x + 3, rect.y + 4 + dy, NAME), definition)
    ((name, value),) = [(name, raw) for name, raw in reading.values.items() if raw.text]
    assert value.text == NAME
    assert value.doubtful or name == HEAD or abs(dy) > 10
    assert not (value.doubtful and abs(dy) < 4)


def test_a_remark_on_the_form_s_own_words_is_asked_about(blank: bytes, definition: FormDefinition) -> None:
    text = next(item.rect for item in lay_out(definition)[0].items if isinstance(item, PlacedText))
    noted = printers.typed_on(blank, text.x + 200, text.y + 1, "see our website")
    found = check(read_return(noted, definition), definition).problems
    assert ("field_unknown", "see our website") in {(one.code, one.value) for one in found}


# --- Pages on pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "across", "down"), [((0, 1, 2, 3), 2, 2), ((3, 0, 1, 2), 2, 1)])
def test_every_page_of_the_form_on_a_sheet_of_paper_is_read(
    form: bytes, definition: FormDefinition, order: tuple[int, ...], across: int, down: int
) -> None:
    values = {**SCHOOL, "senior_leader_5_name": "Bo Grey"}
    flat = printers.pages_of(printers.by_qpdf(type_into(form, values)), *order)
    reading = read_return(printers.on_sheets(flat, across, down), definition)
    assert {name: raw.text for name, raw in reading.values.items() if raw.text} == {
        name: "yes" if value is True else value for name, value in values.items()
    }


def test_the_words_that_a_program_guessed_from_a_scan_are_not_believed(
    printed: bytes, definition: FormDefinition
) -> None:
    reading = read_return(printers.recognised(printed), definition)
    assert reading.outcome is FileKind.SCAN
    assert reading.form_id == definition.form_id
    assert not reading.values


# --- Damage -------------------------------------------------------------------------------------------------------


def spoilt(pdf: bytes, which: Callable[[Stream], bool]) -> bytes:
    """With streams that can no longer be decoded, as on a bad disk."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for stream in [one for one in opened.objects if isinstance(one, Stream) and which(one)]:
            packed = bytearray(zlib.compress(stream.read_bytes()))
            packed[2::50] = bytes(255 - byte for byte in packed[2::50])
            stream.write(bytes(packed), filter=pikepdf.Name.FlateDecode)
        opened.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


@pytest.fixture(scope="module")
def flat(form: bytes) -> bytes:
    return printers.by_qpdf(type_into(form, SCHOOL))


def test_an_answer_that_is_lost_with_its_stream_is_not_an_empty_one(flat: bytes, definition: FormDefinition) -> None:
    with pikepdf.open(io.BytesIO(flat)) as pdf:
        drawn = [one.read_bytes() for one in pdf.objects if isinstance(one, Stream) and "/BBox" in one]
    address = max((content for content in drawn if b"BT" in content), key=len)  # the codes are longer
    reading = read_return(spoilt(flat, lambda stream: stream.read_bytes() == address), definition)
    assert not reading.values["registered_address"].text
    assert asked(reading, definition) == {("", "file_damaged"), ("registered_address", "address_missing")}


@pytest.mark.parametrize("key", ["/BBox", "/Filter"])
def test_a_printed_form_whose_answers_or_pages_are_lost_is_neither_blank_nor_none(
    flat: bytes, definition: FormDefinition, key: str
) -> None:
    """Those with a /BBox are its answers; /Filter is on all."""
    reading = read_return(spoilt(flat, lambda stream: key in stream and "/Length1" not in stream), definition)
    assert reading.outcome is FileKind.UNREADABLE
    assert "damaged" in reading.reason


def test_nor_is_one_that_kept_its_hidden_field(form: bytes, flat: bytes, definition: FormDefinition) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(flat)) as pdf, pikepdf.open(io.BytesIO(form)) as live:
        hidden = next(box for box in live.Root.AcroForm.Fields if box.T == "form_id")
        del hidden["/P"]
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.copy_foreign(hidden)]))
        pdf.save(out)
    kept = out.getvalue()
    assert read_return(kept, definition).form_id == definition.form_id
    broken = spoilt(kept, lambda stream: "/BBox" in stream)
    assert read_return(broken, definition).outcome is FileKind.UNREADABLE


def test_boxes_that_qpdf_gave_up_on_are_not_empty_ones(form: bytes, definition: FormDefinition) -> None:
    """Such as those with numbers in them that are no numbers."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(type_into(form, SCHOOL))) as pdf:
        for box in pdf.Root.AcroForm.Fields:
            box.Rect[0] = pikepdf.Object.parse(b"7" * 17)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    broken = out.getvalue().replace(b"7" * 17, b"7" * 30)
    assert read_return(broken, definition).outcome is FileKind.UNREADABLE
