"""Whether boxes are where the form has them: the lines around each say so.

A form that is laid out a little otherwise has the same labels, and they may lie where ours do. What stands in its boxes
is then cut off, and lines beside them look like writing.
"""

from __future__ import annotations

import cv2
import numpy as np

from thep_forms.reading.paper.printed import PRINT, BlankPage, DotArea, Mask, Picture
from thep_forms.reading.paper.writing import AROUND_PRINT

LINE = 230  # of 255: a thin line or letter in a blurred picture is no darker
OUTSIDE, INSIDE = 6, 4  # dots on either side of the edge of a box, where its lines are
LEAST_PRINT = 20  # dots of a line: fewer say nothing
LEAST_SHARE = 0.6  # of the dots of a line that have to be there
LEAST_LINES = 0.5  # of the lines around a box: a coarse fax may lose some of those that lie
_EDGE = OUTSIDE + INSIDE
_INSIDE = slice(_EDGE, -_EDGE)  # without the corners
_LYING = ((slice(None, _EDGE), _INSIDE), (slice(-_EDGE, None), _INSIDE))  # the strips above and below a box
_UPRIGHT = ((_INSIDE, slice(None, _EDGE)), (_INSIDE, slice(-_EDGE, None)))  # those on its left and right


def displaced_boxes(page: Picture, printed: BlankPage, end: int) -> frozenset[str]:
    """The names of the boxes above the row `end` whose lines are not where they are printed."""
    dark = np.where(page < LINE, 255, 0).astype(np.uint8)
    near: Mask = cv2.dilate(dark, np.ones((AROUND_PRINT, AROUND_PRINT), np.uint8))
    displaced: set[str] = set()
    for placed in printed.boxes:
        area = printed.area(placed.rect)
        if area.bottom <= end and not _has_its_lines(near, printed, area):
            displaced.add(placed.box.name)
    return frozenset(displaced)


def _has_its_lines(near: Mask, printed: BlankPage, area: DotArea) -> bool:
    """Whether all upright lines around a box are there, and enough of all its lines."""
    around = area.grown(OUTSIDE, OUTSIDE)
    lines, dark = around.within(printed.picture) < PRINT, around.within(near) > 0
    found: list[bool] = []
    for side in (*_UPRIGHT, *_LYING):
        count = int(np.count_nonzero(lines[side]))
        is_there = int(np.count_nonzero(lines[side] & dark[side])) >= LEAST_SHARE * count
        if count >= LEAST_PRINT:
            if not is_there and side in _UPRIGHT:
                return False
            found.append(is_there)
    return sum(found) >= LEAST_LINES * len(found)
