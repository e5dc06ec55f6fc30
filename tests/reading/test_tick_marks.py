"""Marks that people draw round, over and beside the boxes to tick of a flattened return: a tick, or a question."""

from __future__ import annotations

import math
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support import printers
from tests.support.changing import changed
from tests.support.tick_boxes import (
    BOX,
    TICKED,
    Draw,
    box_and_label,
    cross,
    drawn_picture,
    lines,
    marked,
    middle,
    read,
    tick_picture,
    typed_in,
)
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect, lay_out

# --- round a box or its label -----------------------------------------------------------------------------------------


def ring_round_both(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.ellipse(label.x - 2, box.y - 6, box.right + 4, box.top + 6)


def ring_round_the_label(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.ellipse(label.x, box.y - 1, box.x - 2, box.top + 1)


def large_ring_round_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.circle(*middle(box), 20)


def ring_by_hand(canvas: Canvas, box: Rect, label: Rect) -> None:
    path = canvas.beginPath()
    x, y, width = (label.x + box.right) / 2, middle(box)[1], (box.right - label.x) / 2 + 4
    path.moveTo(x + width, y)
    for number in range(1, 42):
        path.lineTo(x + width * math.cos(number / 6.5), y + 13 * math.sin(number / 6.5))
    canvas.drawPath(path)


def picture_of_a_ring(canvas: Canvas, box: Rect, label: Rect) -> None:
    ring = [(100 + 90 * math.cos(number / 6), 40 + 34 * math.sin(number / 6)) for number in range(39)]
    across = box.right - label.x + 8
    canvas.drawImage(drawn_picture((200, 80), *ring), label.x - 4, box.y - 6, across, box.height + 12, mask="auto")


def curve_whose_ends_are_level(canvas: Canvas, box: Rect, label: Rect) -> None:
    y = middle(box)[1]
    canvas.bezier(label.x, y, label.x, y + 17, box.right, y + 17, box.right + 3, y)


def rectangle_round_both(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.rect(label.x - 3, box.y - 5, box.right - label.x + 6, box.height + 10)


def rectangle_by_hand(canvas: Canvas, box: Rect, label: Rect) -> None:
    path = canvas.beginPath()
    path.moveTo(label.x - 3, box.y - 5)
    path.lineTo(box.right + 3, box.y - 5.5)
    path.lineTo(box.right + 3.4, box.top + 5)
    path.lineTo(label.x - 3.3, box.top + 5.2)
    path.lineTo(label.x - 3, box.y - 5)
    canvas.drawPath(path)


def rectangle_of_four_lines(canvas: Canvas, box: Rect, label: Rect) -> None:
    left, right, bottom, top = label.x - 3, box.right + 3, box.y - 4, box.top + 4
    canvas.line(left - 1, bottom, right, bottom)
    canvas.line(right, bottom, right, top + 1)
    canvas.line(right + 1, top, left, top)
    canvas.line(left, top, left, bottom - 1)


RINGS = [
    rectangle_of_four_lines,
    curve_whose_ends_are_level,
    rectangle_round_both,
    rectangle_by_hand,
    ring_round_both,
    ring_round_the_label,
    large_ring_round_the_box,
    ring_by_hand,
    picture_of_a_ring,
]


@pytest.mark.parametrize("ring", RINGS)
def test_ring_round_a_box_or_its_label_is_asked_about(flat: bytes, definition: FormDefinition, ring: Draw) -> None:
    assert read(marked(flat, definition, ring), definition) == ("", {(BOX, "value_unreadable")})


def ring_of_short_lines(canvas: Canvas, middle: tuple[float, float], across: float, down: float) -> None:
    """As some programs draw ink: each line by itself."""
    x, y = middle
    points = [(x + across * math.cos(turn / 7), y + down * math.sin(turn / 7)) for turn in range(46)]
    lines(canvas, *points)


def ring_of_lines_round_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    ring_of_short_lines(canvas, middle(box), 13, 12)


def ring_of_lines_round_both(canvas: Canvas, box: Rect, label: Rect) -> None:
    across = (box.right - label.x) / 2
    ring_of_short_lines(canvas, (label.x + across, middle(box)[1]), across + 4, 12)


def ring_close_to_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.circle(*middle(box), 13)


@pytest.mark.parametrize("ring", [ring_of_lines_round_the_box, ring_of_lines_round_both, ring_close_to_the_box])
def test_ring_close_to_a_box_is_asked_about(flat: bytes, definition: FormDefinition, ring: Draw) -> None:
    assert read(marked(flat, definition, ring), definition) == ("yes", {(BOX, "value_unreadable")})


def ring_in_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.circle(*middle(box), 5)


def tick_of_short_lines(canvas: Canvas, box: Rect, _: Rect) -> None:
    x, y = middle(box)
    down = [(x - 7 + number, y + 2 - 1.4 * number) for number in range(6)]
    up = [(x - 2 + number, y - 5 + 1.5 * number) for number in range(11)]
    lines(canvas, *down, *up)


def tick_in_the_corner(canvas: Canvas, box: Rect, _: Rect) -> None:
    lines(canvas, (box.right - 5, box.top - 2), (box.right - 2, box.top - 5), (box.right + 5, box.top + 5))


def cross_of_short_lines(canvas: Canvas, box: Rect, _: Rect) -> None:
    x, y = middle(box)
    lines(canvas, *[(x + step, y + step) for step in range(-11, 12)])
    lines(canvas, *[(x + step, y - step) for step in range(-11, 12)])


def two_curves(canvas: Canvas, box: Rect, _: Rect) -> None:
    """A cross by hand, of two strokes."""
    canvas.bezier(box.x, box.y, box.x + 6, box.y + 2, box.right - 4, box.top - 6, box.right, box.top)
    canvas.bezier(box.right, box.y, box.right - 2, box.y + 6, box.x + 2, box.top - 6, box.x, box.top)


def scribble_of_the_size_of_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    path = canvas.beginPath()
    path.moveTo(box.x + 1, box.y + 2)
    for number in range(1, 9):
        path.lineTo(box.x + 1 + 1.5 * number, box.top - 1 if number % 2 else box.y + 1)
    canvas.drawPath(path)


@pytest.mark.parametrize(
    "mark",
    [
        two_curves,
        scribble_of_the_size_of_the_box,
        ring_in_the_box,
        tick_of_short_lines,
        tick_in_the_corner,
        cross_of_short_lines,
    ],
)
def test_mark_in_a_box_ticks_it(flat: bytes, definition: FormDefinition, mark: Draw) -> None:
    assert read(marked(flat, definition, mark), definition) == ("yes", set())


@pytest.mark.parametrize("printed", [printers.turned, printers.drawn_sideways, printers.shifted, printers.askew])
def test_ring_on_a_page_that_was_printed_again_is_asked_about(
    flat: bytes, definition: FormDefinition, printed: Callable[[bytes], bytes]
) -> None:
    ringed = printed(marked(flat, definition, ring_round_both))
    assert read(ringed, definition) == ("", {(BOX, "value_unreadable")})


# --- over a box -------------------------------------------------------------------------------------------------------


def wide_cross(canvas: Canvas, box: Rect, _: Rect) -> None:
    cross(canvas, middle(box), 30, 10)


def high_cross(canvas: Canvas, box: Rect, _: Rect) -> None:
    cross(canvas, middle(box), 40, 40)


def large_tick(canvas: Canvas, box: Rect, _: Rect) -> None:
    path = canvas.beginPath()
    x, y = middle(box)
    path.moveTo(x - 4, y)
    path.lineTo(x, y - 5)
    path.lineTo(x + 45, y + 35)
    canvas.drawPath(path)


def tick_after_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    lines(canvas, (box.right + 6, box.y + 7), (box.right + 9, box.y + 2), (box.right + 15, box.top))


def cross_in_the_row_above_its_words(canvas: Canvas, box: Rect, _: Rect) -> None:
    cross(canvas, (box.x - 14, box.top + 2), 5, 5)


def cross_in_the_row_below_its_words(canvas: Canvas, box: Rect, _: Rect) -> None:
    cross(canvas, (box.x - 14, box.y - 2), 5, 5)


def large_picture_of_a_tick(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.drawImage(tick_picture(), box.x - 12, box.y - 12, box.width + 24, box.height + 24, mask="auto")


def huge_picture_of_a_tick(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.drawImage(tick_picture(), box.x - 25, box.y - 25, box.width + 50, box.height + 50, mask="auto")


def layer_of_ink(canvas: Canvas, box: Rect, _: Rect) -> None:
    """A picture of a strip of the page, which is clear but for a tick."""
    x, y = 2 * box.x, 150.0
    ink = drawn_picture((1190, 300), (x + 3, y), (x + 12, y + 11), (x + 30, y - 19))
    canvas.drawImage(ink, 0, middle(box)[1] - 75, 595, 150, mask="auto")


@pytest.mark.parametrize(
    "mark",
    [
        wide_cross,
        high_cross,
        large_tick,
        tick_after_the_box,
        cross_in_the_row_above_its_words,
        cross_in_the_row_below_its_words,
        large_picture_of_a_tick,
        huge_picture_of_a_tick,
        layer_of_ink,
    ],
)
def test_mark_far_larger_than_its_box_or_beside_it_is_asked_about(
    flat: bytes, definition: FormDefinition, mark: Draw
) -> None:
    assert read(marked(flat, definition, mark), definition) == ("", {(BOX, "value_unreadable")})


def test_cross_over_two_boxes_is_asked_about_at_both(flat: bytes, definition: FormDefinition) -> None:
    def draw(canvas: Canvas, box: Rect, _: Rect) -> None:
        following, _label = box_and_label(definition, "phase_ap")
        canvas.line(box.x, box.y, following.right, following.top)
        canvas.line(box.x, box.top, following.right, following.y)

    asked = read(marked(flat, definition, draw), definition)[1]
    assert asked == {(BOX, "value_unreadable"), ("phase_ap", "value_unreadable")}


@pytest.mark.parametrize("sign", ["✔", "→", "×"])
def test_sign_typed_over_a_label_is_asked_about(flat: bytes, definition: FormDefinition, sign: str) -> None:
    _, label = box_and_label(definition, BOX)
    over = Rect(label.x + 12, label.y + 5, label.width, label.height)
    assert read(typed_in(flat, over, sign), definition) == ("", {(BOX, "value_unreadable")})


def test_mark_in_a_pattern_is_asked_about(flat: bytes, definition: FormDefinition) -> None:
    box, _ = box_and_label(definition, BOX)

    def fill(pdf: pikepdf.Pdf) -> None:
        cell = pdf.make_stream(f"2 w {box.x} {box.y} m {box.right} {box.top} l S".encode())
        cell.PatternType, cell.PaintType, cell.TilingType = 1, 1, 1
        cell.BBox, cell.XStep, cell.YStep, cell.Resources = Array([0, 0, 600, 850]), 600, 850, Dictionary()
        page = pdf.pages[0]
        name = page.add_resource(cell, Name.Pattern)
        page.contents_add(b"q", prepend=True)
        area = f"{box.x} {box.y} {box.width} {box.height}"
        page.contents_add(f"Q q /Pattern cs {name} scn {area} re f Q".encode())

    assert read(changed(flat, fill), definition) == ("", {(BOX, "value_unreadable")})


@pytest.mark.parametrize("grown", [0, 5])
def test_picture_of_a_tick_ticks_its_box(flat: bytes, definition: FormDefinition, grown: float) -> None:
    def draw(canvas: Canvas, box: Rect, _: Rect) -> None:
        side = box.width + 2 * grown
        canvas.drawImage(tick_picture(), box.x - grown, box.y - grown, side, side, mask="auto")

    assert read(marked(flat, definition, draw), definition) == ("yes", set())


# --- what does not tick -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", [(0, 0, 0, 0), (255, 255, 255, 255)], ids=["clear", "white"])
@pytest.mark.parametrize("name", [BOX, TICKED])
def test_picture_that_shows_nothing_is_no_tick(
    ticked: bytes, definition: FormDefinition, colour: tuple[int, ...], name: str
) -> None:
    def draw(canvas: Canvas, box: Rect, _: Rect) -> None:
        picture = ImageReader(Image.new("RGBA", (9, 9), colour))
        canvas.drawImage(picture, box.x - 1, box.y - 1, box.width + 2, box.height + 2, mask="auto")

    text, asked = read(marked(ticked, definition, draw, name), definition, name)
    if name == TICKED and not colour[3]:
        assert (text, asked) == ("yes", set())
    else:
        assert (text, asked) == ("", {(name, "value_covered")})


def strike(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.line(box.x - 15, middle(box)[1], box.right + 15, middle(box)[1])


def scribble(canvas: Canvas, box: Rect, _: Rect) -> None:
    path = canvas.beginPath()
    x, y = middle(box)
    path.moveTo(x - 22, y)
    for number in range(1, 22):
        path.lineTo(x - 22 + 2 * number, y + (9 if number % 2 else -9))
    canvas.drawPath(path)


def struck_label(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.line(label.x + 2, middle(box)[1], box.x - 6, middle(box)[1])


@pytest.mark.parametrize("mark", [strike, struck_label, scribble, scribble_of_the_size_of_the_box, wide_cross])
def test_tick_that_is_crossed_out_is_asked_about(ticked: bytes, definition: FormDefinition, mark: Draw) -> None:
    crossed = marked(ticked, definition, mark, TICKED)
    assert read(crossed, definition, TICKED) == ("yes", {(TICKED, "value_unreadable")})


def whited_out(canvas: Canvas, box: Rect, label: Rect) -> None:
    canvas.setFillGray(1)
    canvas.rect(label.x, box.y - 1, box.x - 1 - label.x, box.height + 2, stroke=0, fill=1)


def whited_out_and_written_again(canvas: Canvas, box: Rect, label: Rect) -> None:
    whited_out(canvas, box, label)
    canvas.setFillGray(0)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(label.x + 3, box.y + 4, "Infant")


@pytest.mark.parametrize("mark", [whited_out, whited_out_and_written_again])
def test_tick_beside_a_label_that_is_whited_out_is_asked_about(
    ticked: bytes, definition: FormDefinition, mark: Draw
) -> None:
    assert read(marked(ticked, definition, mark, TICKED), definition, TICKED) == (
        "yes",
        {(TICKED, "value_unreadable")},
    )


@pytest.mark.parametrize("mark", [whited_out, whited_out_and_written_again])
def test_label_that_is_whited_out_beside_an_empty_box_asks_nothing(
    ticked: bytes, definition: FormDefinition, mark: Draw
) -> None:
    assert read(marked(ticked, definition, mark), definition, TICKED) == ("yes", set())


def test_boxes_to_tick_that_all_look_ticked_are_asked_about(flat: bytes, definition: FormDefinition) -> None:
    phases = [placed.box.name for placed in lay_out(definition)[0].boxes if placed.box.name.startswith("phase_")]

    def crosses(canvas: Canvas, *_: Rect) -> None:
        for name in phases:
            box, _ = box_and_label(definition, name)
            cross(canvas, middle(box), 4, 4)

    assert read(marked(flat, definition, crosses), definition) == (
        "yes",
        {(name, "value_unreadable") for name in phases},
    )


def test_dot_of_two_curves_ticks_its_box(flat: bytes, definition: FormDefinition) -> None:
    def dot(canvas: Canvas, box: Rect, _: Rect) -> None:
        x, bottom, top, wide = box.x + box.width / 2, box.y + 3, box.top - 3, box.width / 2 - 2
        path = canvas.beginPath()
        path.moveTo(x, top)
        path.curveTo(x + wide, top, x + wide, bottom, x, bottom)
        path.curveTo(x - wide, bottom, x - wide, top, x, top)
        canvas.drawPath(path, stroke=0, fill=1)

    assert read(marked(flat, definition, dot), definition) == ("yes", set())
