"""Strokes through printed lines of words: what is left of them is between the words, as print hides the rest.

Words that lie a little off leave as much paper between them as before. So a gap counts only if there is no paper left
at all, wherever near its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import Picture
from thep_forms.reading.paper.text_lines import Gap, TextLine

OFF = 6  # dots that words may be off
PAPER = 4  # columns beside each other without ink: less is no gap
BELOW = 9  # dots below the small letters, where a stroke may underline them
DARKEST = 5  # per cent of a line: what is half as dark as that is ink
LEAST_CONTRAST = 40  # of 255, of the ink: less is no print
FEWEST_CROSSED = 2  # gaps in a row: dirt may fill one


def has_struck_lines(page: Picture, lines: Iterable[TextLine]) -> bool:
    """Whether a stroke goes through words of a line, or below them."""
    return any(_longest_run(_crossed(page, line)) >= FEWEST_CROSSED for line in lines)


def _crossed(page: Picture, line: TextLine) -> Iterator[bool]:
    """Of each gap between the words of a line, whether a stroke crosses it."""
    top, bottom = line.letters
    shown = page[top - 2 : bottom + BELOW, line.area.left : line.area.right]
    darkest = float(np.percentile(shown[::2, ::4], DARKEST)) if shown.size else 255.0
    if darkest > 255 - LEAST_CONTRAST:
        return
    has_ink: NDArray[np.bool_] = np.asarray((shown < (darkest + 255) / 2).any(axis=0))
    for gap in line.gaps:
        yield _is_crossed(has_ink, Gap(gap.left - line.area.left, gap.right - line.area.left))


def _is_crossed(has_ink: NDArray[np.bool_], gap: Gap) -> bool:
    """Whether there is no paper of the width of a gap near it."""
    near = has_ink[max(gap.left - OFF, 0) : gap.right + OFF]
    least = min(PAPER, gap.right - gap.left - 1)
    blank = np.convolve(~near, np.ones(least, int), mode="valid")
    return bool(near.size) and int(blank.max(initial=0)) < least


def _longest_run(crossed: Iterable[bool]) -> int:
    longest = run = 0
    for each in crossed:
        run = run + 1 if each else 0
        longest = max(longest, run)
    return longest
