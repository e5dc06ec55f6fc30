"""What stands on a printed page and is not quite where, or what, an answer is: it is read or queried."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Stream
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import changed, place, texts_in
from tests.support.printers import FLATTENED
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.layout import PlacedText, Rect, lay_out
from thep_forms.reading import Doubt, FileKind, ReadFrom, Reading

SCHOOL = answers("2101")
HEAD, NAME = "headteacher_name", "Ann Lee"


@pytest.fixture(scope="module")
def printed(form: bytes) -> bytes:
    return printers.by_pdfium(type_into(form, {**SCHOOL, HEAD: NAME}))


@pytest.fixture(scope="module")
def blank(form: bytes) -> bytes:
    return printers.by_qpdf(form)


def asked(reading: Reading, definition: FormDefinition) -> set[tuple[str, str]]:
    return {
        (problem.field, problem.code)
        for problem in check(reading, definition).problems
        if problem.code != "read_from_page"
    }


def test_printed_answer_alone_is_not_queried(printed: bytes, definition: FormDefinition) -> None:
    reading = read_return(printed, definition)
    assert reading.answers[HEAD].text == NAME
    assert asked(reading, definition) == set()


@pytest.mark.parametrize("flattened", FLATTENED)
@pytest.mark.parametrize(
    "name", ["“Quoted” — Dash … Œuvre ½ ²", "Mrs. F. A. Van-der-Waals AVATAR", "Ill Lilly Illingworth-Millll", "fi ffi"]
)
def test_printed_names_that_are_set_closely_are_not_queried(
    form: bytes, definition: FormDefinition, flattened: str, name: str
) -> None:
    address = "a_b__c@cedar.example"
    typed = type_into(form, {**SCHOOL, "chair_of_governors_name": name, "chair_of_governors_email": address})
    reading = read_return(FLATTENED[flattened](typed), definition)
    assert reading.answers["chair_of_governors_name"].text == name
    assert asked(reading, definition) == set()


# --- Over an answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dx", "dy", "size"), [(20, -4, 24), (15, 2, 10.5), (150, 4, 10.5)])
def test_stamp_over_an_answer_makes_it_unreadable(
    printed: bytes, definition: FormDefinition, dx: float, dy: float, size: float
) -> None:
    rect = place(definition, HEAD)
    stamped = printers.typed_on(printed, rect.x + dx, rect.y + dy, "RECEIVED", size)
    assert (HEAD, "value_unreadable") in asked(read_return(stamped, definition), definition)


def test_line_through_an_answer_makes_it_unreadable(printed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    middle = rect.y + rect.height / 2
    struck = printers.drawn_on(printed, f"1 w {rect.x + 2} {middle} m {rect.x + 45} {middle} l S")
    assert asked(read_return(struck, definition), definition) == {(HEAD, "value_unreadable")}


@pytest.mark.parametrize(("start", "end"), [(2, -2), (-2, 2)], ids=["down", "up"])
def test_line_from_corner_to_corner_of_an_answer_makes_it_unreadable(
    printed: bytes, definition: FormDefinition, start: float, end: float
) -> None:
    """As of a cross over it that a tool for straight lines drew."""
    rect = place(definition, HEAD)
    middle, reach = rect.y + rect.height / 2, rect.height / 2
    start, end = middle + start / 2 * reach, middle + end / 2 * reach
    struck = printers.drawn_on(printed, f"1 w {rect.x + 2} {start} m {rect.x + 45} {end} l S")
    assert asked(read_return(struck, definition), definition) == {(HEAD, "value_unreadable")}


def pieces(rect: Rect, length: float, step: float, up: float = 0, width: float = 55) -> str:
    """Short lines one after another through an answer; `up` is how much each of them rises, or falls."""
    middle = rect.y + rect.height / 2
    drawn: list[str] = []
    for number in range(int(width / step)):
        x, rise = rect.x + 2 + number * step, up if number % 2 else -up
        drawn.append(f"{x} {middle - rise / 2} m {x + length} {middle + rise / 2} l S")
    return "1 w " + " ".join(drawn)


def upright(rect: Rect, step: float, count: int) -> str:
    """Upright lines one beside another, the first at the left edge of a box."""
    xs = [rect.x + number * step for number in range(count)]
    return "1 w " + " ".join(f"{x} {rect.y + 2} m {x} {rect.top - 2} l S" for x in xs)


STRUCK: dict[str, Callable[[Rect], str]] = {
    "a dashed line of pieces": lambda rect: pieces(rect, 3, 5),
    "a wavy line of pieces": lambda rect: pieces(rect, 2, 2, 2),
    "a zigzag line of pieces": lambda rect: pieces(rect, 5, 5, 6),
    "hatching": lambda rect: pieces(rect, 4, 5, 9),
    "upright hatching": lambda rect: upright(rect, 4, 11),
    "small fillings": lambda rect: " ".join(
        f"{rect.x + 2 + 5 * number} {rect.y + rect.height / 2 - 0.5} 3 1 re f" for number in range(9)
    ),
    "a line through one word of two": lambda rect: pieces(rect, 18, 18, width=18),
    "a line through several boxes": lambda rect: (
        f"1 w {rect.x - 60} {rect.y - 40} m {rect.x + 100} {rect.top + 24.7} l S"
    ),
}


@pytest.mark.parametrize("how", STRUCK)
def test_answer_struck_out_by_pieces_or_in_part_is_unreadable(
    printed: bytes, definition: FormDefinition, how: str
) -> None:
    struck = printers.drawn_on(printed, STRUCK[how](place(definition, HEAD)))
    assert (HEAD, "value_unreadable") in asked(read_return(struck, definition), definition)


def test_upright_lines_of_a_table_strike_nothing_out(printed: bytes, definition: FormDefinition) -> None:
    ruled = printers.drawn_on(printed, upright(place(definition, HEAD), 17, 2))
    assert asked(read_return(ruled, definition), definition) == set()


def curve_round(x: float, y: float, across: float, down: float) -> str:
    """A closed line round a point."""
    sides = [(0, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]
    points = [(x + across * right, y + down * up) for right, up in sides]
    corners = [(x + across * right * 0.8, y + down * up * 0.8) for right, up in [(1, -1), (1, 1), (-1, 1), (-1, -1)]]
    curves = [f"{a} {b} {c} {d} y" for (a, b), (c, d) in zip(corners, points[1:], strict=True)]
    return f"{points[0][0]} {points[0][1]} m {' '.join(curves)} s"


BESIDE: dict[str, Callable[[float, float], str]] = {  # by where the box begins, and its middle
    "a ring round it": lambda x, y: "1 w " + curve_round(x + 22, y, 26, 9),
    "a tick after it": lambda x, y: f"1 w {x + 90} {y} m {x + 94} {y - 5} l {x + 103} {y + 7} l S",
    "a Z over it": lambda x, y: (
        f"1 w {x - 5} {y + 12} m {x + 150} {y + 12} l {x - 5} {y - 12} l {x + 150} {y - 12} l S"
    ),
    "a slanted line after it": lambda x, y: f"1 w {x + 90} {y - 6} m {x + 99} {y + 6} l S",
}


@pytest.mark.parametrize("what", BESIDE)
def test_mark_round_or_beside_an_answer_is_queried_at_its_box(
    printed: bytes, definition: FormDefinition, what: str
) -> None:
    rect = place(definition, HEAD)
    marked = printers.drawn_on(printed, BESIDE[what](rect.x, rect.y + rect.height / 2))
    reading = read_return(marked, definition)
    assert reading.answers[HEAD].text == NAME
    assert asked(reading, definition) == {(HEAD, "field_unknown")}


def with_picture(pdf: bytes, rect: Rect, picture: Image.Image) -> bytes:
    """With a picture over the name in a box."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=printers.A4)
    canvas.drawImage(ImageReader(picture), rect.x + 1, rect.y + 4, 50, 12, mask="auto")
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as drawn:
        return changed(pdf, lambda opened: opened.pages[0].add_overlay(drawn.pages[0]))


@pytest.mark.parametrize("printed_again", [bytes, printers.turned, printers.drawn_sideways])
def test_picture_of_a_line_through_an_answer_is_queried_at_its_box(
    printed: bytes, definition: FormDefinition, printed_again: Callable[[bytes], bytes]
) -> None:
    picture = Image.new("RGBA", (200, 48), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(0, 24), (50, 18), (100, 30), (200, 22)], fill=(200, 0, 0, 255), width=5)
    struck = printed_again(with_picture(printed, place(definition, HEAD), picture))
    assert asked(read_return(struck, definition), definition) == {(HEAD, "field_unknown")}


def test_picture_of_a_highlight_over_an_answer_is_not_queried(printed: bytes, definition: FormDefinition) -> None:
    highlighted = with_picture(printed, place(definition, HEAD), Image.new("RGBA", (50, 12), (255, 255, 0, 90)))
    assert asked(read_return(highlighted, definition), definition) == set()


@pytest.mark.parametrize("dy", [-6, 8])
def test_dotted_line_below_or_above_an_answer_is_not_queried(
    printed: bytes, definition: FormDefinition, dy: float
) -> None:
    rect = place(definition, HEAD)
    dotted = pieces(Rect(rect.x, rect.y + dy, rect.width, rect.height), 1, 2)
    assert asked(read_return(printers.drawn_on(printed, dotted), definition), definition) == set()


def test_lines_between_the_letters_of_an_answer_are_not_queried(printed: bytes, definition: FormDefinition) -> None:
    """As of a box that is ruled for one letter each."""
    rect = place(definition, HEAD)
    ruled = " ".join(f"0.5 w {rect.x + 9 * n} {rect.y} m {rect.x + 9 * n} {rect.top} l S" for n in range(1, 12))
    assert asked(read_return(printers.drawn_on(printed, ruled), definition), definition) == set()


def test_slanted_line_that_does_not_show_is_not_queried(printed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    unseen = f"1 G 0.3 w {rect.x + 2} {rect.y + 2} m {rect.x + 45} {rect.top - 2} l S"
    assert asked(read_return(printers.drawn_on(printed, unseen), definition), definition) == set()


def test_line_below_an_answer_is_not_queried(printed: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    below = rect.y + rect.height / 2 - 5
    underlined = printers.drawn_on(printed, f"0.5 w {rect.x + 2} {below} m {rect.x + 45} {below} l S")
    assert asked(read_return(underlined, definition), definition) == set()


def test_answer_drawn_twice_to_look_bold_is_one(blank: bytes, definition: FormDefinition) -> None:
    rect = place(definition, HEAD)
    bold = blank
    for shift in (0, 0.4, 0.8, 1.2):
        bold = printers.typed_on(bold, rect.x + 3 + shift, rect.y + 4, "Millie Bell")
    value = read_return(bold, definition).answers[HEAD]
    assert (value.text, value.doubts) == ("Millie Bell", frozenset())


# --- Beside its box -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dx", [-5, -1, 3, 20])
def test_answer_a_little_to_the_left_of_its_box_is_read(blank: bytes, definition: FormDefinition, dx: float) -> None:
    rect = place(definition, HEAD)
    reading = read_return(printers.typed_on(blank, rect.x + dx, rect.y + 4, NAME), definition)
    assert texts_in(reading) == {HEAD: NAME}


@pytest.mark.parametrize("dy", range(-12, 13, 2))
def test_answer_between_two_boxes_is_unreadable(blank: bytes, definition: FormDefinition, dy: int) -> None:
    """Nobody can tell whether the person meant the upper or the lower one."""
    rect = place(definition, HEAD)
    reading = read_return(printers.typed_on(blank, rect.x + 3, rect.y + 4 + dy, NAME), definition)
    ((name, answer),) = [(name, answer) for name, answer in reading.answers.items() if answer.text]
    is_doubtful = Doubt.UNREADABLE in answer.doubts
    assert answer.text == NAME
    assert is_doubtful or name == HEAD or abs(dy) > 10
    assert not (is_doubtful and abs(dy) < 4)


def test_words_on_the_form_s_own_words_are_queried(blank: bytes, definition: FormDefinition) -> None:
    text = next(item.rect for item in lay_out(definition)[0].items if isinstance(item, PlacedText))
    noted = printers.typed_on(blank, text.x + 200, text.y + 1, "see our website")
    found = check(read_return(noted, definition), definition).problems
    assert ("field_unknown", "see our website") in {(problem.code, problem.value) for problem in found}


# --- Pages on pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "across", "down"), [((0, 1, 2, 3), 2, 2), ((3, 0, 1, 2), 2, 1)])
def test_pages_of_the_form_on_one_sheet_of_paper_are_read(
    form: bytes, definition: FormDefinition, order: tuple[int, ...], across: int, down: int
) -> None:
    values = {**SCHOOL, "senior_leader_5_name": "Bo Grey"}
    flat = printers.pages_of(printers.by_qpdf(type_into(form, values)), *order)
    reading = read_return(printers.on_sheets(flat, across, down), definition)
    assert texts_in(reading) == {name: "yes" if value is True else value for name, value in values.items()}


def test_scan_with_words_guessed_by_a_program_is_a_scan(printed: bytes, definition: FormDefinition) -> None:
    reading = read_return(printers.recognised(printed), definition)
    assert reading.kind is FileKind.SCAN
    assert reading.form_id == definition.form_id
    assert {answer.read_from for answer in reading.answers.values()} == {ReadFrom.SCAN}


# --- Damage -------------------------------------------------------------------------------------------------------


def spoilt(pdf: bytes, which: Callable[[Stream], bool]) -> bytes:
    """With streams that can no longer be decoded, as on a bad disk."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for stream in [each for each in opened.objects if isinstance(each, Stream) and which(each)]:
            packed = bytearray(zlib.compress(stream.read_bytes()))
            packed[2::50] = bytes(255 - byte for byte in packed[2::50])
            stream.write(bytes(packed), filter=pikepdf.Name.FlateDecode)
        opened.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


@pytest.fixture(scope="module")
def flat(form: bytes) -> bytes:
    return printers.by_qpdf(type_into(form, SCHOOL))


def test_printed_answer_in_a_damaged_stream_makes_the_file_damaged(flat: bytes, definition: FormDefinition) -> None:
    with pikepdf.open(io.BytesIO(flat)) as pdf:
        drawn = [each.read_bytes() for each in pdf.objects if isinstance(each, Stream) and "/BBox" in each]
    address = max((content for content in drawn if b"BT" in content), key=len)  # the codes are longer
    reading = read_return(spoilt(flat, lambda stream: stream.read_bytes() == address), definition)
    assert not reading.answers["registered_address"].text
    assert asked(reading, definition) == {("", "file_damaged"), ("registered_address", "address_missing")}


def test_font_of_printed_answers_that_is_damaged_makes_the_file_damaged(
    flat: bytes, definition: FormDefinition
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(flat)) as pdf:
        for font in (each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/BaseFont" in each):
            font["/Spoilt"] = pikepdf.Name("/abcd")
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert not read_return(out.getvalue(), definition).damaged
    reading = read_return(out.getvalue().replace(b"/Spoilt /abcd", b"/Spoilt abcde"), definition)
    assert (reading.text_of("school_name"), reading.damaged) == (SCHOOL["school_name"], True)


@pytest.mark.parametrize("key", ["/BBox", "/Filter"])
def test_printed_form_with_all_streams_damaged_is_unreadable(flat: bytes, definition: FormDefinition, key: str) -> None:
    """Those with a /BBox are its answers; /Filter is on all."""
    reading = read_return(spoilt(flat, lambda stream: key in stream and "/Length1" not in stream), definition)
    assert reading.kind is FileKind.UNREADABLE
    assert "damaged" in reading.reason


def test_printed_form_with_damaged_streams_and_its_hidden_field_is_unreadable(
    form: bytes, flat: bytes, definition: FormDefinition
) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(flat)) as pdf, pikepdf.open(io.BytesIO(form)) as live:
        hidden = next(box for box in live.Root.AcroForm.Fields if box.T == "form_id")
        del hidden["/P"]
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.copy_foreign(hidden)]))
        pdf.save(out)
    kept = out.getvalue()
    assert read_return(kept, definition).form_id == definition.form_id
    broken = spoilt(kept, lambda stream: "/BBox" in stream)
    assert read_return(broken, definition).kind is FileKind.UNREADABLE


def test_form_with_fields_that_qpdf_gives_up_on_is_unreadable(form: bytes, definition: FormDefinition) -> None:
    """Such as those with numbers in them that are no numbers."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(type_into(form, SCHOOL))) as pdf:
        for box in pdf.Root.AcroForm.Fields:
            box.Rect[0] = pikepdf.Object.parse(b"7" * 17)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    broken = out.getvalue().replace(b"7" * 17, b"7" * 30)
    assert read_return(broken, definition).kind is FileKind.UNREADABLE


@pytest.mark.parametrize(("producer", "are_asked_about"), [("Skia/PDF m131", True), ("cairo 1.18.4", False)])
def test_names_in_a_print_that_may_lack_letters_are_asked_about(
    printed: bytes, definition: FormDefinition, producer: str, are_asked_about: bool
) -> None:
    """Chromium leaves out letters beyond Latin-1 when it prints a form, without a gap."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        pdf.docinfo["/Producer"] = producer
        pdf.save(out)
    reading = read_return(out.getvalue(), definition)
    assert reading.answers[HEAD].text == NAME
    names = {name for name, answer in reading.answers.items() if name.endswith("_name") and answer.text}
    people = {(name, "value_damaged") for name in names - {"school_name"}}
    assert asked(reading, definition) == (people if are_asked_about else set())
