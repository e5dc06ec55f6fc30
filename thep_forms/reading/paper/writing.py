"""The lines of writing in a box, each cropped close to its ink."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.layout import PlacedBox
from thep_forms.reading.paper.printed import Area, Picture, PrintedPage

Mask = NDArray[np.uint8]  # 255 where something is, else 0

INK = 185  # of 255: what is darker is ink; paper is 255
PRINT = 200  # the same of what is printed, around which nothing counts
AROUND_PRINT = 7  # dots: how wide a printed line is taken for, as it may be a little off
DUST = 12  # dots of ink: a smaller spot is none of the writing, unless it is near more
LEAST_INK = 40  # dots in a box: less is none
BESIDE, BELOW = 2, 5  # dots around a box that writing may take
PADDING = 7  # dots of paper around a crop
LOWEST_LINE = 10  # dots: a lower line of ink is part of the next, such as the dots of letters
GAP = 1  # rows of dots from one with ink to the next: more are between two lines


class Line(Struct, frozen=True):
    """A line of writing: its crop, and where that is on the straightened page."""

    crop: Picture
    area: Area


def ink_of(page: Picture, printed: PrintedPage, area: Area) -> Mask:
    """What was written in a part of the page: its ink, but for what is printed there."""
    ink = np.where(area.within(page) < INK, 255, 0).astype(np.uint8)
    print_mask = np.where(area.within(printed.picture) < PRINT, 255, 0).astype(np.uint8)
    ink[cv2.dilate(print_mask, np.ones((AROUND_PRINT, AROUND_PRINT), np.uint8)) > 0] = 0
    return _without_dust(ink)


def _without_dust(ink: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = np.zeros(count, np.uint8)
    keep[1:] = np.where(stats[1:, cv2.CC_STAT_AREA] >= DUST, 255, 0)
    kept: Mask = keep[labels]
    return kept


def lines_in(page: Picture, printed: PrintedPage, placed: PlacedBox) -> list[Line]:
    """The lines of writing in a box, from its top; none where it is empty."""
    area = printed.area(placed.rect).grown(BESIDE, BELOW)
    ink = ink_of(page, printed, area)
    if int(np.count_nonzero(ink)) < LEAST_INK:
        return []
    clean = np.where(cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 0, area.within(page), 255).astype(np.uint8)
    lines: list[Line] = []
    for top, bottom in _rows(ink, placed.box.lines):
        part = ink[top:bottom]
        columns = np.flatnonzero(part.any(axis=0))
        if len(columns):
            left, right = int(columns[0]), int(columns[-1]) + 1
            crop = np.pad(clean[top:bottom, left:right], PADDING, constant_values=255)
            lines.append(Line(crop, Area(area.left + left, area.top + top, area.left + right, area.top + bottom)))
    return lines


def _rows(ink: Mask, most: int) -> Sequence[tuple[int, int]]:
    """The first row of each line of writing, and the row after its last."""
    filled = np.flatnonzero(np.count_nonzero(ink, axis=1))
    if not len(filled):
        return []
    parts = np.split(filled, np.flatnonzero(np.diff(filled) > GAP) + 1)
    rows = [(int(part[0]), int(part[-1]) + 1) for part in parts]
    if most == 1:
        return [(rows[0][0], rows[-1][1])]
    return _joined(rows)


def _joined(rows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The rows, where those that are too low for a line go with the next, or with the last before it."""
    lines: list[tuple[int, int]] = []
    waiting: int | None = None
    for top, bottom in rows:
        top, waiting = (top if waiting is None else waiting), None
        if bottom - top < LOWEST_LINE:
            waiting = top
        else:
            lines.append((top, bottom))
    if waiting is not None:
        end = rows[-1][1]
        lines[-1:] = [(lines[-1][0], end)] if lines else [(waiting, end)]
    return lines
