"""The printed lines of words on a page without boxes, and the gaps between their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import PRINT, BlankPage, DotArea

LOWEST = 8  # dots: what is lower is no line of words
SMALL_LETTERS = 0.4  # of the ink in the fullest row of a line: rows between the top and the foot of small letters
AROUND_CODE = 14  # dots
_PAGES = 16  # that are kept in memory
NARROWEST, WIDEST = 8, 20  # dots of a gap between words; what is wider is beside a number, or a point of a list


class Gap(Struct, frozen=True):
    """Paper between two words, from a column of dots to the one after its last."""

    left: int
    right: int


class TextLine(Struct, frozen=True):
    """A line of words. `letters` are the rows of its small letters, from the first to the one after the last."""

    area: DotArea
    letters: tuple[int, int]
    gaps: tuple[Gap, ...]


@lru_cache(maxsize=_PAGES)
def lines_of_words(page: BlankPage) -> tuple[TextLine, ...]:
    """The lines on a page from its top."""
    return tuple(_lines(page))


def _lines(page: BlankPage) -> Iterator[TextLine]:
    dark: NDArray[np.bool_] = np.asarray(page.picture < PRINT)
    code = page.code.grown(AROUND_CODE, AROUND_CODE)
    dark[code.top : code.bottom, code.left : code.right] = False
    for top, bottom in _runs(np.asarray(dark.any(axis=1))):
        if bottom - top < LOWEST:
            continue
        line = dark[top:bottom]
        columns = np.flatnonzero(line.any(axis=0))
        amounts = line.sum(axis=1)
        rows = np.flatnonzero(amounts >= SMALL_LETTERS * amounts.max())
        blank = _runs(~np.asarray(line.any(axis=0))[columns[0] : columns[-1]])
        gaps = (Gap(int(columns[0]) + left, int(columns[0]) + right) for left, right in blank)
        yield TextLine(
            DotArea(int(columns[0]), top, int(columns[-1]) + 1, bottom),
            (top + int(rows[0]), top + int(rows[-1]) + 1),
            tuple(gap for gap in gaps if NARROWEST <= gap.right - gap.left <= WIDEST),
        )


def pieces(lines: Iterable[TextLine], longest: int) -> Iterator[DotArea]:
    """The lines in pieces of about that many dots; without lines that are far shorter, which may be like any other."""
    for line in lines:
        left, right = line.area.left, line.area.right
        if right - left < longest / 2:
            continue
        count = max(round((right - left) / longest), 1)
        edges = [left + (right - left) * number // count for number in range(count + 1)]
        for start, end in pairwise(edges):
            yield DotArea(start, line.area.top, end, line.area.bottom)


def _runs(is_in: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of what is true: the first of each, and the one after its last."""
    changes = np.flatnonzero(np.diff(np.concatenate(([False], is_in, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in changes.reshape(-1, 2)]
