"""Marks in the heading above the boxes to tick of a flattened return, which miss their box."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.support.tick_boxes import BOX, Draw, cross, lines, marked, read
from thep_forms.definition import FormDefinition
from thep_forms.layout import Rect


def cross_above_the_box(canvas: Canvas, box: Rect, _: Rect) -> None:
    cross(canvas, (box.x + 7, box.top + 15), 5, 5)


def tick_above_the_label(canvas: Canvas, box: Rect, _: Rect) -> None:
    path = canvas.beginPath()
    path.moveTo(box.x - 30, box.top + 14)
    path.lineTo(box.x - 26, box.top + 9)
    path.lineTo(box.x - 17, box.top + 21)
    canvas.drawPath(path)


def tick_of_two_lines(canvas: Canvas, box: Rect, _: Rect) -> None:
    lines(canvas, (box.x + 2, box.top + 14), (box.x + 5, box.top + 9), (box.x + 12, box.top + 20))


def line_under_the_heading(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.line(box.x - 40, box.top + 8, box.right, box.top + 8)


def name_struck_out_above(canvas: Canvas, box: Rect, _: Rect) -> None:
    canvas.line(box.x, box.top + 38, box.right + 60, box.top + 46)


@pytest.mark.parametrize("mark", [cross_above_the_box, tick_above_the_label, tick_of_two_lines])
def test_mark_in_the_heading_above_a_box_is_asked_about(flat: bytes, definition: FormDefinition, mark: Draw) -> None:
    assert read(marked(flat, definition, mark), definition) == ("", {(BOX, "value_unreadable")})


@pytest.mark.parametrize("drawn", [line_under_the_heading, name_struck_out_above])
def test_line_under_the_heading_or_above_it_asks_nothing(flat: bytes, definition: FormDefinition, drawn: Draw) -> None:
    assert read(marked(flat, definition, drawn), definition) == ("", set())
