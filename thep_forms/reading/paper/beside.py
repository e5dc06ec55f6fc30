"""Which squares have a mark beside them: over the words, at the square's edge, or in the space before the next words.

People who tick in a hurry miss the square. Nobody can say for certain what they meant, so a person is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, groupby, pairwise

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.layout import Label, PlacedBox
from thep_forms.layout.model import LABEL_INSET
from thep_forms.reading.paper.printed import SCALE, BlankPage, DotArea, Picture
from thep_forms.reading.paper.ticks import AROUND_LINES, MARKED
from thep_forms.reading.paper.writing import ink_of

LEAST_BESIDE = 20  # dots of ink beside a square: less is none
BEYOND = round(14 * SCALE)  # dots around a row of squares, in which is seen what belongs to other rows
OF_ROW = 0.2  # of a stroke: less in the row belongs to writing below it, or above
BROKEN = 9  # dots that the parts of a stroke are apart at most where it crosses a printed line

Strokes = NDArray[np.int32]  # the number of the stroke that each dot is of; 0 is paper


class Option(Struct, frozen=True):
    """A square, and the words before it."""

    label: Label
    square: PlacedBox


def marked_beside(
    page: Picture, printed: BlankPage, options: Sequence[Option], marked: Collection[str]
) -> frozenset[str]:
    """The names of the squares that have a mark beside them, but are not `marked` themselves.

    Strokes that begin in a marked square may end anywhere, and count for no other. A mark halfway between two options
    counts for both.
    """
    rows = groupby(options, lambda option: option.label.rect.y)
    return frozenset(chain.from_iterable(_in_row(page, printed, list(row), marked) for _, row in rows))


def _in_row(page: Picture, printed: BlankPage, options: Sequence[Option], marked: Collection[str]) -> Iterator[str]:
    """The names of those in a row."""
    labels = [printed.area(option.label.rect) for option in options]
    squares = [printed.area(option.square.rect) for option in options]
    row = DotArea(labels[0].left, labels[0].top, squares[-1].right, labels[0].bottom)
    around = row.grown(min(BEYOND, row.left), min(BEYOND, row.top))
    strokes = _strokes(page, printed, around)
    for option, square in zip(options, squares, strict=True):
        if option.square.box.name in marked:
            strokes[np.isin(strokes, _strokes_in(_part(strokes, around, square)))] = 0
    in_row = _part(strokes, around, DotArea(around.left, row.top, around.right, row.bottom))
    whole, inside = (np.bincount(part.ravel(), minlength=strokes.max() + 1) for part in (strokes, in_row))
    is_of_row = inside > OF_ROW * whole
    is_of_row[0] = False
    ends = _ends(labels, squares, around)
    for option, (left, right) in zip(options, pairwise(ends), strict=True):
        ink = is_of_row[in_row[:, left - around.left : right - around.left]]
        if option.square.box.name not in marked and np.count_nonzero(ink) >= LEAST_BESIDE:
            yield option.square.box.name


def _strokes(page: Picture, printed: BlankPage, area: DotArea) -> Strokes:
    """The strokes of a pen in a part of the page. Those that a printed line breaks are one."""
    ink = ink_of(page, printed, area, AROUND_LINES)
    _, joined = cv2.connectedComponents(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((BROKEN, BROKEN), np.uint8)))
    return np.where(ink > 0, joined, 0).astype(np.int32)


def _strokes_in(square: Strokes) -> NDArray[np.int64]:
    """The numbers of the strokes that mark a square."""
    counts = np.bincount(square.ravel())
    counts[0] = 0
    return np.flatnonzero(counts >= MARKED / 2 * square.size)


def _part(strokes: Strokes, area: DotArea, part: DotArea) -> Strokes:
    """A part of the strokes that lie in an area."""
    return strokes[part.top - area.top : part.bottom - area.top, part.left - area.left : part.right - area.left]


def _ends(labels: Sequence[DotArea], squares: Sequence[DotArea], around: DotArea) -> list[int]:
    """Where each option begins, in dots from the left of the page, and where the last one ends.

    Each begins halfway between the square before it and its own words.
    """
    inset = round(LABEL_INSET * SCALE)
    between = [(square.right + label.left + inset) // 2 for square, label in zip(squares[:-1], labels[1:], strict=True)]
    return [around.left, *between, around.right]
