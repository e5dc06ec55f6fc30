"""Which squares are ticked: by a tick, a cross, a filled square, or a mark that strays out of it.

A mark that looks scratched out, and a ring around a label, are doubtful: a person is asked what is meant.
"""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct

from thep_forms.definition.model import TICKED
from thep_forms.layout import Label, PlacedBox
from thep_forms.reading.model import Answer, Doubt, ReadFrom
from thep_forms.reading.paper.printed import PRINT, SCALE, BlankPage, Mask, Picture
from thep_forms.reading.paper.writing import ink_of

AROUND = round(5 * SCALE)  # dots around a square in which a mark may stray
AROUND_LINES = 5  # dots: how wide the lines of a square are taken for, so that what strays over them is seen
MARKED = 0.03  # of a square: so much ink and more is a mark
NOTHING = 0.01  # less is none; what is between the two may be either
HEAVY = 0.3  # a tick or a cross covers less: this is a filled square, or a mark that was scratched out
STRAY = 0.003  # of a square: ink of a heavy mark outside of it, which who fills a square leaves blank
SECTORS = 24  # around a label
RINGED = 0.6  # of these sectors have ink
LEAST_IN_SECTOR = 3  # dots


class Mark(Struct, frozen=True):
    """What is in and around a square: the shares of it that are ink. `is_ringed`: its label has a ring around it."""

    inside: float
    around: float
    is_ringed: bool = False


def mark_in(page: Picture, printed: BlankPage, placed: PlacedBox, label: Label | None) -> Mark:
    """The ink in a square, around it, and around the label before it."""
    wide = printed.area(placed.rect).grown(AROUND, AROUND)
    ink = ink_of(page, printed, wide, AROUND_LINES)
    inner = ink[AROUND:-AROUND, AROUND:-AROUND]
    inside, whole = int(np.count_nonzero(inner)), int(np.count_nonzero(ink))
    size = max(inner.size, 1)
    is_ringed = label is not None and _is_ringed(page, printed, label)
    return Mark(inside / size, (whole - inside) / size, is_ringed)


def answer_of(mark: Mark, page: int) -> Answer:
    """Whether the square is ticked."""
    if mark.inside >= HEAVY and mark.around >= STRAY:
        return Answer("", ReadFrom.SCAN, frozenset({Doubt.STRUCK_OUT}), (TICKED,), page, confidence=0.5)
    if mark.inside >= MARKED:
        sure = 0.9 if mark.inside >= HEAVY else 1.0
        return Answer(TICKED, ReadFrom.SCAN, page=page, confidence=sure)
    if mark.is_ringed:
        return Answer(TICKED, ReadFrom.SCAN, frozenset({Doubt.STRUCK_OUT}), ("",), page, confidence=0.5)
    if mark.inside >= NOTHING:
        return unclear(page)
    return Answer("", ReadFrom.SCAN, page=page, confidence=1.0)


def unclear(page: int) -> Answer:
    """The answer where nobody can say for certain whether the square is ticked."""
    return Answer("", ReadFrom.SCAN, frozenset({Doubt.UNREADABLE}), page=page, confidence=0.5)


def _is_ringed(page: Picture, printed: BlankPage, label: Label) -> bool:
    """Whether there is ink nearly all the way around the words of a label."""
    area = printed.area(label.rect)
    words = _extent(np.where(area.within(printed.picture) < PRINT, 255, 0).astype(np.uint8))
    if words is None:
        return False
    left, top, right, bottom = words
    rows, columns = np.nonzero(ink_of(page, printed, area))
    across = (columns - (left + right) / 2) / max((right - left) / 2, 1)
    down = (rows - (top + bottom) / 2) / max((bottom - top) / 2, 1)
    is_outside = across**2 + down**2 > 1
    angles = np.arctan2(down[is_outside], across[is_outside])
    sectors = ((angles + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    filled = np.bincount(sectors, minlength=SECTORS) >= LEAST_IN_SECTOR
    return bool(filled.mean() >= RINGED)


def _extent(mask: Mask) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is in a mask, without the lines of a frame at its edges."""
    inner = mask.copy()
    edge = round(2 * SCALE)
    for side in (inner[:edge], inner[-edge:], inner[:, :edge], inner[:, -edge:]):
        side[:] = 0
    if not inner.any():
        return None
    left, top, width, height = cv2.boundingRect(inner)
    return left, top, left + width, top + height
