"""The boxes to tick of a flattened return: where they are, what is drawn on them, and what is read there."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from tests.support import printers
from tests.support.changing import changed
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.layout import Label, PlacedBox, Rect, lay_out

BOX, TICKED = "phase_special", "phase_primary"
Draw = Callable[[Canvas, Rect, Rect], None]  # on a page, by the box and its label


def box_and_label(definition: FormDefinition, name: str) -> tuple[Rect, Rect]:
    label: Rect | None = None
    for item in lay_out(definition)[0].items:
        if isinstance(item, PlacedBox) and item.box.name == name:
            assert label
            return item.rect, label
        label = item.rect if isinstance(item, Label) else None
    raise KeyError(name)


def marked(pdf: bytes, definition: FormDefinition, draw: Draw, name: str = BOX) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=printers.A4)
    draw(canvas, *box_and_label(definition, name))
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as drawn:
        return changed(pdf, lambda opened: opened.pages[0].add_overlay(drawn.pages[0]))


def read(pdf: bytes, definition: FormDefinition, name: str = BOX) -> tuple[str, set[tuple[str, str]]]:
    """The answer in a box to tick, and what is asked about any of them."""
    reading = read_return(pdf, definition)
    found = {(problem.field, str(problem.code)) for problem in check(reading, definition).problems}
    return reading.answers[name].text, {(field, code) for field, code in found if field.startswith("phase_")}


def typed_in(pdf: bytes, box: Rect, words: str) -> bytes:
    """Words or a sign in a box, in a font that has neither program nor widths, but says what its letters are."""

    def change(opened: pikepdf.Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        if not words.isascii():
            font.ToUnicode = opened.make_stream(b"1 beginbfchar <41> <%04X> endbfchar" % ord(words))
        page = opened.pages[0]
        name = page.add_resource(font, Name.Font)
        shown = words if words.isascii() else "A"
        page.contents_add(b"q", prepend=True)
        page.contents_add(f"Q q BT {name} 9 Tf {box.x + 1} {box.y + 4} Td ({shown}) Tj ET Q".encode())

    return changed(pdf, change)


def lines(canvas: Canvas, *points: tuple[float, float]) -> None:
    for start, end in pairwise(points):
        canvas.line(*start, *end)


def cross(canvas: Canvas, middle: tuple[float, float], across: float, down: float) -> None:
    x, y = middle
    canvas.line(x - across, y - down, x + across, y + down)
    canvas.line(x - across, y + down, x + across, y - down)


def middle(rect: Rect) -> tuple[float, float]:
    return rect.x + rect.width / 2, rect.y + rect.height / 2


def drawn_picture(size: tuple[int, int], *points: tuple[float, float]) -> ImageReader:
    """A clear picture with a thick line on it."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(picture).line(points, fill=(0, 0, 160, 255), width=max(size) // 12)
    return ImageReader(picture)


def tick_picture() -> ImageReader:
    return drawn_picture((60, 60), (6, 30), (24, 52), (54, 8))
