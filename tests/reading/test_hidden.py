"""What is in a flattened page and does not show on it: white, transparent, clipped and tiny letters, layers, covers."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from tests.remake_samples import answers
from tests.support import printers
from tests.support.changing import area, changed, place
from tests.support.viewer import type_into
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect, lay_out

CHAIR = "chair_of_governors_name"
GHOST = "Ghost Name"


def names_of_people(definition: FormDefinition) -> list[str]:
    return [placed.box.name for placed in lay_out(definition)[0].boxes if placed.box.name.endswith("_name")][1:]


@pytest.fixture(scope="module")
def without_chair(form: bytes) -> bytes:
    return printers.by_qpdf(type_into(form, answers("2101", chair_of_governors_name="")))


@pytest.fixture(scope="module")
def flat(form: bytes) -> bytes:
    return printers.by_qpdf(type_into(form, answers("2101")))


def test_narrow_letters_in_small_type_show(form: bytes, definition: FormDefinition) -> None:
    names = dict.fromkeys(names_of_people(definition), "Dr. Ngozi Okonkwo MBE")
    flattened = printers.by_pdfium(type_into(form, answers("2101", **names)))
    for tenth in range(10):
        steps = (lambda made: made.scale(0.5), lambda made, shift=tenth / 10: made.translate(148 + shift, 421))
        reading = read_return(printers.placed(flattened, printers.A4, *steps), definition)
        assert {name: reading.answers[name].text for name in names} == names
        assert {doubt for name in names for doubt in reading.answers[name].doubts} == set()


def drawn_with(pdf: bytes, operators: str) -> bytes:
    """The first page with something drawn over it, with resources to draw it with."""

    def change(opened: pikepdf.Pdf) -> None:
        page = opened.pages[0]
        layer = opened.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
        opened.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        black = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0]), C1=Array([0]), N=1)
        resources = page.obj.Resources
        resources.Font = Dictionary({**resources.get("/Font", {}), "/Typed": _font(opened)})
        resources.Properties = Dictionary(Draft=layer)
        resources.ExtGState = Dictionary(Clear=Dictionary(ca=0, CA=0))
        resources.Shading = Dictionary(
            Black=Dictionary(
                ShadingType=2,
                ColorSpace=Name.DeviceGray,
                Coords=Array([0, 0, 600, 0]),
                Extend=Array([True, True]),
                Function=black,
            )
        )
        resources.Pattern = Dictionary(Hatch=_hatch(opened))
        page.contents_add(b"q", prepend=True)
        page.contents_add(f"Q q {operators} Q".encode())

    return changed(pdf, change)


def _font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))


def _hatch(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Lines on a white ground."""
    hatch = pdf.make_stream(b"1 g 0 0 4 4 re f 0 G 1 w 0 0 m 4 4 l S")
    hatch.PatternType, hatch.PaintType, hatch.TilingType = 1, 1, 1
    hatch.BBox, hatch.XStep, hatch.YStep, hatch.Resources = Array([0, 0, 4, 4]), 4, 4, Dictionary()
    return hatch


def words_at(rect: Rect, size: float = 9, before: str = "", words: str = GHOST) -> str:
    return f"{before} BT /Typed {size} Tf {rect.x + 3} {rect.y + 5} Td ({words}) Tj ET"


def asked(pdf: bytes, definition: FormDefinition) -> set[tuple[str, str]]:
    problems = check(read_return(pdf, definition), definition).problems
    return {(problem.field, str(problem.code)) for problem in problems if problem.code != "read_from_page"}


HIDDEN = {
    "white": "1 g",
    "nearly white": "0.99 g",
    "not drawn": "3 Tr",
    "transparent": "/Clear gs",
    "clipped away": "0 0 1 1 re W n",
    "clipped by an empty path": "0 0 0 0 re W n",
    "on a layer that is off": "/OC /Draft BDC",
}


@pytest.mark.parametrize("how", HIDDEN)
def test_words_that_do_not_show_are_no_answer(without_chair: bytes, definition: FormDefinition, how: str) -> None:
    end = " EMC" if "BDC" in HIDDEN[how] else ""
    pdf = drawn_with(without_chair, words_at(place(definition, CHAIR), before=HIDDEN[how]) + end)
    reading = read_return(pdf, definition)
    assert "Ghost" not in repr(reading)
    assert (CHAIR, "value_covered") in asked(pdf, definition)


def test_words_too_small_to_be_read_are_no_answer(without_chair: bytes, definition: FormDefinition) -> None:
    pdf = drawn_with(without_chair, words_at(place(definition, CHAIR), size=0.5))
    assert "Ghost" not in repr(read_return(pdf, definition))
    assert (CHAIR, "value_covered") in asked(pdf, definition)


def test_end_of_an_answer_that_is_clipped_away_is_not_kept(without_chair: bytes, definition: FormDefinition) -> None:
    rect = place(definition, CHAIR)
    pdf = drawn_with(without_chair, words_at(rect, before=f"{rect.x} {rect.y} 30 {rect.height} re W n"))
    answer = read_return(pdf, definition).answers[CHAIR]
    assert answer.text in ("Ghost", "Ghost N")
    assert (CHAIR, "value_covered") in asked(pdf, definition)


@pytest.mark.parametrize(("shown", "hidden"), [("Ann Lee", "s"), ("Ann ", "Lee"), ("Ann Le", "igh")])
def test_end_of_an_answer_in_white_is_not_kept(
    without_chair: bytes, definition: FormDefinition, shown: str, hidden: str
) -> None:
    rect = place(definition, CHAIR)
    words = f"BT /Typed 9 Tf {rect.x + 3} {rect.y + 5} Td ({shown}) Tj 1 g ({hidden}) Tj ET"
    pdf = drawn_with(without_chair, words)
    assert read_return(pdf, definition).answers[CHAIR].text == shown.strip()
    assert asked(pdf, definition) == {(CHAIR, "value_covered")}


@pytest.mark.parametrize("before", ["", "0.6 g", "0 0 1 rg", "2 Tr 0.1 w", "q Q", "0 0 600 800 re W n"])
def test_words_that_show_are_the_answer(without_chair: bytes, definition: FormDefinition, before: str) -> None:
    pdf = drawn_with(without_chair, words_at(place(definition, CHAIR), before=before))
    assert read_return(pdf, definition).answers[CHAIR].text == GHOST
    assert asked(pdf, definition) == set()


COVERS = {
    "a shading": "{area} W n /Black sh",
    "a hatching": "/Pattern cs /Hatch scn {area} f",
    "lines side by side": "0 G 1.9 w {lines}",
}


@pytest.mark.parametrize("how", COVERS)
def test_answer_under_a_cover_of_any_kind_is_covered(flat: bytes, definition: FormDefinition, how: str) -> None:
    rect = place(definition, CHAIR)
    rows = [rect.y + 1.8 * number for number in range(int(rect.height / 1.8))]
    lines = " ".join(f"{rect.x} {row} m {rect.right} {row} l S" for row in rows)
    pdf = drawn_with(flat, COVERS[how].format(area=area(rect), lines=lines))
    assert str(answers("2101")[CHAIR]) not in repr(read_return(pdf, definition))
    assert asked(pdf, definition) == {(CHAIR, "value_covered")}


@pytest.mark.parametrize("before", ["/OC /Draft BDC 0 g", "/Clear gs 0 g", "1 1 0 0 re W n 0 g"])
def test_answer_under_a_cover_that_does_not_show_is_kept(flat: bytes, definition: FormDefinition, before: str) -> None:
    end = " EMC" if "BDC" in before else ""
    pdf = drawn_with(flat, f"{before} {area(place(definition, CHAIR))} f{end}")
    assert read_return(pdf, definition).answers[CHAIR].text == answers("2101")[CHAIR]
    assert asked(pdf, definition) == set()


def test_watermark_over_an_answer_asks_nothing(flat: bytes, definition: FormDefinition) -> None:
    rect = place(definition, CHAIR)
    mark = f"0.8 g BT /Typed 90 Tf {rect.x - 10} {rect.y - 20} Td (COPY) Tj ET"
    assert (CHAIR, "value_covered") not in asked(drawn_with(flat, mark), definition)


def test_pale_emblem_over_a_letter_of_an_answer_asks_nothing(flat: bytes, definition: FormDefinition) -> None:
    """It hides the G of “Chair of Governors”."""
    emblem = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(emblem).ellipse([20, 20, 180, 180], outline=(220, 220, 240, 255), width=10)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=printers.A4)
    canvas.drawImage(ImageReader(emblem), 150, 300, 300, 300, mask="auto")
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as drawn:
        marked = changed(flat, lambda opened: opened.pages[0].add_overlay(drawn.pages[0]))
    assert asked(marked, definition) == asked(flat, definition)


# --- The whole page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["/Clear gs", "0 0 1 1 re W n", "/OC /Draft BDC"])
def test_answers_on_a_page_that_does_not_show_are_kept_and_asked_about(
    flat: bytes, definition: FormDefinition, before: str
) -> None:
    def hide(opened: pikepdf.Pdf) -> None:
        page = opened.pages[0]
        page.contents_coalesce()
        end = b" EMC" if "BDC" in before else b""
        page.Contents.write(b"q " + before.encode() + b" q " + page.Contents.read_bytes() + b" Q" + end + b" Q")

    unseen = changed(drawn_with(flat, ""), hide)
    reading = read_return(unseen, definition)
    assert {name: reading.text_of(name) for name in reading.answers} == {
        name: answer.text for name, answer in read_return(flat, definition).answers.items()
    }
    answered = {name for name, answer in reading.answers.items() if answer.says_something}
    assert {(name, "value_uncertain") for name in answered} <= asked(unseen, definition)


# --- Ticks ------------------------------------------------------------------------------------------------------------


def cross(rect: Rect) -> str:
    return f"{rect.x} {rect.y} m {rect.right} {rect.top} l S {rect.x} {rect.top} m {rect.right} {rect.y} l S"


def test_tick_under_a_white_box_is_covered(flat: bytes, definition: FormDefinition) -> None:
    rect = place(definition, "phase_primary")
    cover = f"1 g {rect.x - 1} {rect.y - 1} {rect.width + 2} {rect.height + 2} re f"
    pdf = drawn_with(flat, cover)
    assert read_return(pdf, definition).answers["phase_primary"].text == ""
    assert asked(pdf, definition) == {("phase_primary", "value_covered")}


@pytest.mark.parametrize("before", ["1 G", "/Clear gs 0 G", "0 0 1 1 re W n"])
def test_tick_that_does_not_show_is_no_tick(flat: bytes, definition: FormDefinition, before: str) -> None:
    pdf = drawn_with(flat, f"{before} 1 w {cross(place(definition, 'phase_nursery'))}")
    assert read_return(pdf, definition).answers["phase_nursery"].text == ""
    assert asked(pdf, definition) == {("phase_nursery", "value_covered")}


def test_tick_that_shows_is_one(flat: bytes, definition: FormDefinition) -> None:
    pdf = drawn_with(flat, f"0 0 1 RG 1 w {cross(place(definition, 'phase_nursery'))}")
    assert read_return(pdf, definition).answers["phase_nursery"].text == "yes"


# --- What is no hidden answer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("printed", [printers.recognised, printers.scanned])
def test_letters_behind_a_scan_are_a_scan_as_before(
    flat: bytes, definition: FormDefinition, printed: Callable[[bytes], bytes]
) -> None:
    assert read_return(printed(flat), definition).kind == "scan"


def test_page_of_another_unit_is_read_as_before(flat: bytes, definition: FormDefinition) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj.UserUnit = 2

    with pikepdf.open(io.BytesIO(flat)) as pdf:
        assert len(pdf.pages) > 1
    assert asked(changed(flat, change), definition) == asked(flat, definition)
