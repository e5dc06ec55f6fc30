"""Whether something was written outside of the boxes of a page: in its margin, over its words, across all of it."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from thep_forms.reading.paper.printed import BlankPage, DotArea, Picture
from thep_forms.reading.paper.writing import DUST, unprinted

AROUND_PRINT = 11  # dots: how wide a printed line is taken for
AROUND_BOX = 14  # dots around a box that an answer may take
EDGE = 50  # dots: what reaches so near to the edge of the page is its shadow, or the table
LEAST_OUTSIDE = 80  # dots of ink: less is nothing


def is_written_outside(page: Picture, printed: BlankPage) -> bool:
    """Whether there is writing on the straightened page where nobody is asked to write."""
    height, width = printed.picture.shape
    ink = unprinted(page, printed, DotArea(0, 0, width, height), AROUND_PRINT)
    for area in _to_be_filled(printed):
        area.grown(AROUND_BOX, AROUND_BOX).within(ink)[:] = 0
    _, _, strokes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high, dots = strokes[1:].T  # without the paper
    reaches_edge = (np.minimum(left, top) < EDGE) | (left + wide > width - EDGE) | (top + high > height - EDGE)
    return int(dots[(dots >= DUST) & ~reaches_edge].sum()) >= LEAST_OUTSIDE


def _to_be_filled(printed: BlankPage) -> Iterator[DotArea]:
    """The boxes, the code and the lines for the school's name, which differ from one copy to the next."""
    yield from (printed.area(placed.rect) for placed in printed.boxes)
    yield from (printed.code, printed.school)
    if printed.layout and printed.layout.school:
        yield printed.area(printed.layout.school)
