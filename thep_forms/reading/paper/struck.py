"""What was crossed out in a box: words with a line through them, or under a scribble."""

from __future__ import annotations

import math

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import Mask

LONGEST_STROKE = 80  # dots, a centimetre: a longer straight stroke is none of a letter
STEEPEST = math.tan(math.radians(20))  # of a line through words
GAP = 5  # dots that a line may be broken to be looked at
TREMBLING = 3  # dots: how far a line by hand strays
THROUGH = (0.2, 0.8)  # where in the height of words a line goes that crosses them out: else it is above or below them
SCRIBBLED = 0.55  # of its extent is ink: letters, joined or not, have less
LEAST_SCRIBBLE = (56, 24)  # dots: the width and the height of a scribble, at least
MOSTLY = 0.4  # of a stroke: so much of it is crossed out, and it belongs to that whole
NEXT_TO = 4  # dots of ink beside what is crossed out that still belong to it


Point = tuple[int, int]


class Columns(Struct, frozen=True):
    """A part of a line of writing, from a column of dots to the one after its last."""

    left: int
    right: int


def crossed_out(ink: Mask) -> Columns | None:
    """The part of a line of writing that is crossed out; None where nothing is."""
    parts = [*_lines_through(ink), *_scribbles(ink)]
    if not parts:
        return None
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    first, last = left, right
    for start, _, width, _, _ in stats[1:count].tolist():
        if min(start + width, right) - max(start, left) >= MOSTLY * width:
            first, last = min(first, start), max(last, start + width)
    return Columns(max(first - NEXT_TO, 0), min(last + NEXT_TO, ink.shape[1]))


def _lines_through(ink: Mask) -> list[Columns]:
    """Long strokes that go through words."""
    found = cv2.HoughLinesP(ink, 1, np.pi / 180, 60, minLineLength=LONGEST_STROKE, maxLineGap=GAP)
    if found is None:
        return []
    near = cv2.dilate(ink, np.ones((TREMBLING, 1), np.uint8)) > 0
    parts: list[Columns] = []
    for x1, y1, x2, y2 in found.reshape(-1, 4).tolist():
        if abs(y2 - y1) > STEEPEST * abs(x2 - x1):
            continue
        ends = sorted(((x1, y1), (x2, y2)))
        stroke = _unbroken(near, ends[0], ends[1])
        if stroke and _goes_through_words(ink, stroke, (y1 + y2) / 2):
            parts.append(stroke)
    return parts


def _unbroken(near: NDArray[np.bool_], start: Point, end: Point) -> Columns | None:
    """The longest part of a line that has ink all along; None if that is no longer than the stroke of a letter."""
    columns = np.arange(start[0], end[0] + 1)
    rows = np.rint(np.interp(columns, (start[0], end[0]), (start[1], end[1]))).astype(int)
    blank = np.flatnonzero(~near[rows, columns])
    bounds = np.concatenate(([-1], blank, [len(columns)]))
    longest = int(np.argmax(np.diff(bounds)))
    left, right = start[0] + int(bounds[longest]) + 1, start[0] + int(bounds[longest + 1])
    return Columns(left, right) if right - left >= LONGEST_STROKE else None


def _goes_through_words(ink: Mask, stroke: Columns, row: float) -> bool:
    """Whether there is writing above the stroke as well as below it."""
    rows = np.flatnonzero(ink[:, stroke.left : stroke.right].any(axis=1))
    height = max(int(rows[-1] - rows[0]), 1)
    share = float(row - rows[0]) / height
    return THROUGH[0] < share < THROUGH[1]


def _scribbles(ink: Mask) -> list[Columns]:
    """Strokes in all directions, so close that hardly any paper is seen between them."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts: list[Columns] = []
    for left, _, width, height, area in stats[1:count].tolist():
        if width >= LEAST_SCRIBBLE[0] and height >= LEAST_SCRIBBLE[1] and area >= SCRIBBLED * width * height:
            parts.append(Columns(left, left + width))
    return parts
