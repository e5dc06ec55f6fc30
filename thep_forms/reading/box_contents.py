"""What stands in a box of a printed page: its answer, and whether anyone can be sure of that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from thep_forms.definition.model import Kind
from thep_forms.layout import PlacedBox
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.page_content import Area, PageContent, PrintedLetter, lines_of, overlap, words_of
from thep_forms.reading.strings import REPLACEMENT

SLACK = 2.0  # points that a letter may be outside of its box
TICK_SLACK = 5.0  # the same, of something that ticks the box
LARGEST_MARK, LEAST_MARK = 2.5, 0.2  # times the height of its box
FRAME = 0.85  # of a side of its box: what looks like a frame is none if it is smaller
FARTHEST = 3.0  # times the type size, between two letters of an answer
MOST_SIZES = 1.25  # times the smallest of its letters
LEADING = 0.75  # of the type size, from one line to the next
STRUCK = 0.2  # of the type size, from the middle of an answer to a line through it
_SPELT = re.compile(r"\[U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})\]")  # as `generate.entry` draws what no font of ours has


def answer(placed: PlacedBox, area: Area, letters: list[PrintedLetter], ink: PageContent) -> Answer:
    """What the box says; `letters` are those that begin in its area."""
    if placed.box.kind is Kind.TICKS:
        inked = any(letter.text.strip() for letter in letters) or _is_drawn_on(area, ink, TICK_SLACK)
        return Answer("yes" if inked else "", read_from=ReadFrom.PAGE_TEXT)
    if not letters and _is_drawn_on(area, ink, 0):  # by hand, or as a picture
        return Answer(REPLACEMENT, read_from=ReadFrom.PAGE_TEXT, doubtful=True)
    lines = [line for line in lines_of(letters) if any(letter.text.strip() for letter in line)]
    text = _SPELT.sub(lambda match: chr(int(match[1], 16)), _joined(lines, area)) if lines else ""
    shuffled = any(_is_shuffled(char) for char in text)
    cut = bool(lines) and _is_cut(lines[-1], area, placed.box.lines > 1)
    mute = any(char == REPLACEMENT or _is_dingbat(char) for char in text)
    doubtful = mute or _is_mixed(lines, wraps=placed.box.lines > 1) or any(_is_struck(line, ink) for line in lines)
    return Answer(text, damaged=shuffled, read_from=ReadFrom.PAGE_TEXT, doubtful=doubtful, cut=cut)


def _is_mixed(lines: Sequence[Sequence[PrintedLetter]], *, wraps: bool) -> bool:
    """Whether letters are not set as an answer is, as where something else was printed over it.

    They are of several sizes, far apart, over each other, or on two lines where there is room for one.
    """
    sizes = [letter.size for line in lines for letter in line if letter.text.strip()]
    apart = (other.area.x - one.area.right - FARTHEST * one.size for line in lines for one, other in pairwise(line))
    several = max(sizes, default=1) > MOST_SIZES * min(sizes, default=1)
    leading = (
        other[0].area.middle[1] - one[0].area.middle[1] - LEADING * one[0].size for one, other in pairwise(lines)
    )
    crowded = min(leading, default=0) < 0 if wraps else len(lines) > 1
    return several or crowded or max(apart, default=0) > 0 or any(map(overlap, lines))


def _is_struck(line: Sequence[PrintedLetter], ink: PageContent) -> bool:
    """Whether a line is drawn through most of it; a rule below it is none."""
    size, middle, width = line[0].size, line[0].area.middle[1], line[-1].area.right - line[0].area.x
    through = (
        stroke.area for stroke in ink.strokes if stroke.area.height < size / 2 and stroke.area.width >= width / 2
    )
    return any(
        abs(area.middle[1] - middle) <= STRUCK * size and line[0].area.x <= area.middle[0] <= line[-1].area.right
        for area in through
    )


def _is_dingbat(char: str) -> bool:
    """Whether it is a sign that glyphs called a1, a2, … are taken for, as printer drivers call any glyphs."""
    return 0x2700 <= ord(char) <= 0x27BF


def _is_cut(line: Sequence[PrintedLetter], area: Area, wraps: bool) -> bool:
    """Whether the text goes up to the edge of its box or beyond, where some programs leave out what does not show."""
    last = line[-1]
    if wraps:
        return last.area.bottom > area.bottom
    return last.area.right > area.right - 2 * SLACK - 0.3 * last.size  # a space, and what boxes are clipped to


def _is_shuffled(char: str) -> bool:
    """Whether it is of a script, from Devanagari to Khmer, whose letters are not drawn in the order of reading."""
    return 0x900 <= ord(char) <= 0x17FF and not 0x10A0 <= ord(char) <= 0x16FF


def _joined(lines: Sequence[Sequence[PrintedLetter]], area: Area) -> str:
    """The lines as they were typed: where the next word would not have fitted, a line was broken by the viewer."""
    text = words_of(lines[0]).strip()
    for line, following in pairwise(lines):
        words = words_of(following).strip()
        first = following[: len(words.partition(" ")[0])]
        needed = first[-1].area.right - first[0].area.x + following[0].size * 0.25
        wrapped = line[-1].area.right + needed > area.right - 2 * SLACK
        text += (" " if wrapped else "\n") + words
    return text


def _is_drawn_on(box: Area, ink: PageContent, slack: float) -> bool:
    """Whether there is a mark on the box, neither its frame nor a speck; it may be of many strokes."""
    marks = [
        stroke.area
        for stroke in ink.strokes
        if box.holds(*stroke.area.middle, slack)
        and stroke.area.height <= LARGEST_MARK * box.height
        and stroke.area.width <= max(LARGEST_MARK * box.height, box.width)
        and not (stroke.frames and max(stroke.area.width / box.width, stroke.area.height / box.height) >= FRAME)
    ]
    if not marks:
        return False
    width = max(mark.right for mark in marks) - min(mark.x for mark in marks)
    height = max(mark.bottom for mark in marks) - min(mark.top for mark in marks)
    return max(width, height) >= LEAST_MARK * box.height
