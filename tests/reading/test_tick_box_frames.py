"""What programs draw round and in the boxes to tick of a flattened return, and on its pages: none of it is a mark."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support import printers
from tests.support.tick_boxes import (
    BOX,
    TICKED,
    Draw,
    box_and_label,
    lines,
    marked,
    read,
    tick_picture,
)
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.layout import Rect, lay_out


def bevelled_frame(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.setStrokeGray(0.5)
    lines(canvas, (box.x + 0.5, box.y), (box.x + 0.5, box.top - 0.5), (box.right, box.top - 0.5))


def raised_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    """As programs draw a button, below its tick: grey, and darker at two sides."""
    canvas.setFillGray(0.9)
    canvas.rect(box.x, box.y, box.width, box.height, stroke=0, fill=1)
    canvas.setFillGray(0.5)
    path = canvas.beginPath()
    path.moveTo(box.x, box.y)
    path.lineTo(box.right, box.y)
    path.lineTo(box.right, box.top)
    path.lineTo(box.right - 2, box.top - 2)
    path.lineTo(box.right - 2, box.y + 2)
    path.lineTo(box.x + 2, box.y + 2)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setStrokeGray(0)
    canvas.rect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1)


def frame_in_the_frame(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.setLineWidth(0.75)
    canvas.rect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3)


def page_border(canvas: Canvas, *_: Rect) -> None:
    canvas.rect(10, 10, 575, 821)


def rounded_border_of_the_row(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.roundRect(36, box.y - 4, 523, box.height + 8, 4)


def rounded_frame_of_the_cell(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.roundRect(label.x, box.y - 4, box.right - label.x + 8, box.height + 8, 4)


def rounded_frame_of_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.roundRect(box.x - 1, box.y - 1, box.width + 2, box.height + 2, 3)


def shadow(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.setFillGray(0.6)
    canvas.rect(box.x + 1, box.y - 1.5, box.width + 1, 1.5, stroke=0, fill=1)
    canvas.rect(box.right, box.y - 1.5, 1.5, box.height, stroke=0, fill=1)


def lines_of_a_table(canvas: Canvas, box: Rect, label: Rect) -> None:
    for x in (label.x - 2, box.right + 6):
        canvas.line(x, box.y - 6, x, box.top + 6)
    for y in (box.y - 4, box.top + 4):
        canvas.line(34, y, 561, y)


def cells_of_a_table(canvas: Canvas, *_: Rect) -> None:
    definition = load_definition("2026-27")
    for name in (placed.box.name for placed in lay_out(definition)[0].boxes if placed.box.name.startswith("phase_")):
        box, label = box_and_label(definition, name)
        canvas.rect(label.x, box.y - 4, box.right + 5 - label.x, box.height + 8)


def underline(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.line(label.x + 3, box.y + 2, box.x - 6, box.y + 2)


def highlight(canvas: Canvas, box: Rect, label: Rect) -> None:
    """As programs draw it: with round ends."""
    canvas.setFillColorRGB(1, 1, 0, alpha=0.4)
    path = canvas.beginPath()
    path.moveTo(label.x, box.y)
    path.curveTo(label.x - 3, box.y + 4, label.x - 3, box.top - 4, label.x, box.top)
    path.lineTo(box.right, box.top)
    path.curveTo(box.right + 3, box.top - 4, box.right + 3, box.y + 4, box.right, box.y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def watermark(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.setFillColorRGB(1, 0.3, 0.3)
    canvas.setFont("Helvetica", 80)
    canvas.drawString(box.x - 60, box.y - 20, "DRAFT")


def pale_emblem(canvas: Canvas, box: Rect, _: Rect) -> None:
    emblem = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(emblem).ellipse([5, 5, 195, 195], outline=(210, 210, 235, 255), width=30)
    canvas.drawImage(ImageReader(emblem), box.x - 150, box.y - 150, 300, 300, mask="auto")


def logo(canvas: Canvas, *_: Rect) -> None:
    canvas.drawImage(tick_picture(), 500, 785, 40, 40, mask="auto")


HONEST = [
    *(
        bevelled_frame,
        frame_in_the_frame,
        page_border,
        rounded_border_of_the_row,
        rounded_frame_of_the_cell,
        rounded_frame_of_the_box,
        shadow,
    ),
    *(lines_of_a_table, cells_of_a_table, underline, highlight, watermark, pale_emblem, logo),
]


@pytest.mark.parametrize("name", ["phase_nursery", "phase_primary", "phase_secondary", "phase_other"])
def test_raised_box_is_not_ticked(flat: bytes, definition: FormDefinition, name: str) -> None:
    assert read(marked(flat, definition, raised_box, name), definition, name) == ("", set())


@pytest.mark.parametrize("decoration", HONEST)
@pytest.mark.parametrize("name", [BOX, TICKED])
def test_decoration_near_a_box_to_tick_asks_nothing(
    ticked: bytes, definition: FormDefinition, decoration: Draw, name: str
) -> None:
    decorated = marked(ticked, definition, decoration, name)
    assert read(decorated, definition, name) == ("yes" if name == TICKED else "", set())


def test_words_of_another_layout_in_the_place_of_a_box_are_no_mark(flat: bytes, definition: FormDefinition) -> None:
    box, _ = box_and_label(definition, BOX)
    moved = printers.typed_on(flat, box.x - 40, box.y + 4, "Special School Year 9", 9)
    assert read(moved, definition)[1] == set()


@pytest.mark.parametrize("off", [-6, 6])
def test_frame_of_a_box_that_is_a_little_off_is_no_mark(flat: bytes, definition: FormDefinition, off: float) -> None:
    """As on a form of another layout."""

    def draw(canvas: Canvas, box: Rect, _: Rect) -> None:
        canvas.setFillGray(1)
        canvas.rect(box.x - 10, box.y - 2, box.width + 20, box.height + 4, stroke=0, fill=1)
        canvas.rect(box.x + off, box.y, box.width, box.height)

    assert read(marked(flat, definition, draw), definition) == ("", set())
