"""Whether something was written outside of the boxes of a page: in its margin, over its words, across all of it."""

from __future__ import annotations

from collections.abc import Iterator, Set

import cv2
import numpy as np

from thep_forms.reading.paper.frames import LINE
from thep_forms.reading.paper.printed import PRINT, BlankPage, DotArea, Mask, Picture
from thep_forms.reading.paper.struck_lines import has_struck_lines
from thep_forms.reading.paper.text_lines import lines_of_words
from thep_forms.reading.paper.traces import without_displaced, without_holes, without_lines, without_staples
from thep_forms.reading.paper.writing import INK, unprinted

AROUND_PRINT = 11  # dots: how wide a printed line is taken for
AROUND_TEXT = 9  # dots around a printed text that its letters may take
AROUND_BOX = 14  # dots around a box that an answer may take
EDGE = 50  # dots: what reaches so near to the edge of the page is its shadow, or the table
ACROSS = 400  # dots across and down: a stroke so long is drawn across the page, and may reach its edge
THIN = 12  # dots: how thick such a stroke is at most
SMALLEST = 12  # dots across or down: what is smaller is dirt
MOSTLY = 0.8  # of such a stroke is away from the edges: the edge of a curved page is not
THINNEST = 3  # dots: a stroke that is thinner all along is none of a pen
NEAR = 7  # dots: as wide is the ink taken for in which a printed word is looked for
OFF_FOOT = 24  # dots that the foot of a curved page may be off
LIKE_NAME = 0.45  # how like the name must be, from -1 to 1: others are 0.35, and this one is 0.55 in a poor picture
LEAST_NAME = 0.3  # of the ink of the name: less may be a page that ends above its foot
LEAST_OUTSIDE = 80  # dots of ink: less is nothing


def is_written_outside(page: Picture, printed: BlankPage, displaced: Set[str] = frozenset()) -> bool:
    """Whether there is writing on the straightened page where nobody is asked to write.

    Beside `displaced` boxes, the print is elsewhere, too: nothing in their rows counts. Of a page with another name of
    the partnership nobody can tell, as its print is not known.
    """
    if _names_another(page, printed):
        return False
    height, width = printed.picture.shape
    ink = unprinted(page, printed, DotArea(0, 0, width, height), AROUND_PRINT)
    for area in printed.worded_otherwise:
        _wipe_words(area.grown(AROUND_TEXT, AROUND_TEXT).within(ink))
    for area in (*_to_be_filled(printed), *_rows_of(printed, displaced)):
        area.grown(AROUND_BOX, AROUND_BOX).within(ink)[:] = 0
    if _is_written(ink):
        dark = np.where(page < INK, 255, 0).astype(np.uint8)
        written = without_displaced(ink, *_missing(page, printed))
        if _is_written(without_staples(without_holes(without_lines(written), dark))):
            return True
    return not printed.layout and has_struck_lines(page, lines_of_words(printed))


def _names_another(page: Picture, printed: BlankPage) -> bool:
    """Whether the first words at the foot of the page, which name the partnership, are others than the form's."""
    area = printed.name
    around = area.grown(OFF_FOOT, OFF_FOOT).within(page)
    is_there = np.count_nonzero(around < INK) >= LEAST_NAME * np.count_nonzero(area.within(printed.picture) < INK)
    likeness = cv2.matchTemplate(around, area.within(printed.picture), cv2.TM_CCOEFF_NORMED)
    return bool(is_there and likeness.max() < LIKE_NAME)


def _missing(page: Picture, printed: BlankPage) -> tuple[Mask, Mask]:
    """The print of the page that is neither in its place nor next to it, and all that is on the page."""
    shown = np.where(page < LINE, 255, 0).astype(np.uint8)
    near = cv2.dilate(shown, np.ones((NEAR, NEAR), np.uint8))
    return np.where((printed.picture < PRINT) & (near == 0), 255, 0).astype(np.uint8), shown


def _is_written(ink: Mask) -> bool:
    """Whether ink is more than dirt, and more than what reaches the page from its edge."""
    height, width = ink.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high, dots = stats.T
    reaches_edge = (np.minimum(left, top) < EDGE) | (left + wide > width - EDGE) | (top + high > height - EDGE)
    is_across = (np.minimum(wide, high) >= ACROSS) & (dots <= THIN * np.maximum(wide, high))
    is_across[0] = False  # the paper
    if is_across.any():
        inside = np.bincount(labels[EDGE:-EDGE, EDGE:-EDGE].ravel(), minlength=len(dots))
        is_across &= inside >= MOSTLY * dots
    is_stroke = (np.maximum(wide, high) >= SMALLEST) & (np.minimum(wide, high) >= THINNEST)
    counts = is_stroke & (~reaches_edge | is_across)
    counts[0] = False
    return int(dots[counts].sum()) >= LEAST_OUTSIDE


def _rows_of(printed: BlankPage, names: Set[str]) -> Iterator[DotArea]:
    """The rows with the boxes of those names, from the first box of the page to its last."""
    boxes = {placed.box.name: printed.area(placed.rect) for placed in printed.boxes}
    for name in names:
        left, right = min(box.left for box in boxes.values()), max(box.right for box in boxes.values())
        yield DotArea(left, boxes[name].top, right, boxes[name].bottom)


def _wipe_words(ink: Mask) -> None:
    """Take off what is in an area and does not reach beyond it: it is printed there in this copy."""
    height, width = ink.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high, _ = stats.T
    is_inside = (np.minimum(left, top) > 0) & (left + wide < width) & (top + high < height)
    ink[is_inside[labels]] = 0


def _to_be_filled(printed: BlankPage) -> Iterator[DotArea]:
    """The boxes, the code and the lines for the school's name, which differ from one copy to the next."""
    yield from (printed.area(placed.rect) for placed in printed.boxes)
    yield from (printed.code, printed.school)
    if printed.layout and printed.layout.school:
        yield printed.area(printed.layout.school)
