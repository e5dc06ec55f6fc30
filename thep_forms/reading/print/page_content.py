"""What is drawn on a page, as runs of letters and as strokes, turned so that it reads from left to right.

Lengths are points from the upper left corner of the page as it is read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter
from statistics import median_low

from msgspec import Struct

from thep_forms.reading.drawn.model import (
    LINE,
    PICTURE,
    DrawnLetter,
    DrawnPage,
    DrawnPart,
    DrawnStroke,
    Edges,
    Point,
    edges_of,
)
from thep_forms.reading.drawn.page_picture import PagePicture
from thep_forms.reading.once import once_for_each
from thep_forms.reading.print.letter_widths import unreadable_by_widths
from thep_forms.reading.print.sight import Sight, Turn
from thep_forms.reading.print.stroke_shapes import (
    THIN,
    ends_of,
    is_frame,
    is_outline,
    is_pen,
    is_ring,
    is_scribble,
    is_tint,
)
from thep_forms.reading.print.unseen import Unseen
from thep_forms.reading.strings import LIGATURES, REPLACEMENT

APART = 0.75  # of the type size: letters that are farther apart are not of one run
BACK = 0.5  # of the type size, that a letter may begin before the end of the last one in its run
LEAST_SKEW = math.radians(0.02)  # less does not move a letter off its line
ACROSS = math.radians(8)  # against most letters: a letter that rises more runs across the page
LONGEST_SIGN = 3  # letters
SAME_LINE = 0.45  # of the type size: letters on one line differ less in height
_UNNAMED = re.compile(r"\(cid:\d+\)")  # what pdfminer writes for a letter that it cannot tell


class Area(Struct, frozen=True, gc=False):
    """A rectangle on the page."""

    x: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """The point in its middle."""
        return (self.x + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.x

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def holds(self, x: float, y: float, slack: float = 0) -> bool:
        """Whether a point lies in it, or outside by no more than the slack."""
        return self.x - slack <= x <= self.right + slack and self.top - slack <= y <= self.bottom + slack

    def meets(self, other: Area) -> bool:
        """Whether another area has a point in common with it."""
        is_level = self.top <= other.bottom and other.top <= self.bottom
        return is_level and self.x <= other.right and other.x <= self.right


class PrintedLetter(Struct, gc=False):
    """A letter with the marks that stand on it. U+FFFD is a letter that the file does not name.

    `is_covered`: it does not show, such as under something that was drawn over it, or in white.
    """

    text: str
    area: Area
    size: float
    is_covered: bool = False


class Stroke(Struct, frozen=True, gc=False):
    """A line, a curve, a filling or a picture. `frames`: it looks like the frame of a box, or like its ground.

    `is_pen`: it looks like a stroke of a pen. `is_covered`: it does not show. `is_tint`: it is a filling in a light
    colour, such as a highlight. `ends` are those of a straight line that is neither level nor upright. `is_ring`: it is
    a closed line that is no frame. `is_outline`: it is a rectangle that is not filled. `is_scribble`: it is a stroke of
    a pen that goes to and fro.
    """

    area: Area
    frames: bool
    is_pen: bool = False
    is_covered: bool = False
    is_tint: bool = False
    ends: tuple[Point, Point] | None = None
    is_ring: bool = False
    is_picture: bool = False
    is_outline: bool = False
    is_scribble: bool = False

    @property
    def is_slanted(self) -> bool:
        """Whether it is a straight line that is neither level nor upright."""
        return self.ends is not None


class Run(tuple[PrintedLetter, ...]):
    """Letters that were drawn one after another and stand side by side."""


class PageContent(Struct, frozen=True, dict=True):
    """All that is drawn: letters in the order in which they were drawn, and strokes.

    `hides_most`: most of the letters do not show; `hides_some`: some do not. `sight` is None where nobody looked at the
    page.
    """

    runs: Sequence[Run]
    strokes: Sequence[Stroke]
    hides_most: bool = False
    sight: Sight | None = None
    hides_some: bool = False

    @cached_property
    def pens(self) -> list[Stroke]:
        """The strokes that look like those of a pen."""
        return [stroke for stroke in self.strokes if stroke.is_pen]

    @cached_property
    def by_hand(self) -> list[Stroke]:
        """The strokes that a person may have drawn: those of a pen, rings, and slanted lines that show."""
        drawn = [stroke for stroke in self.strokes if stroke.is_pen or (stroke.is_ring and not stroke.is_covered)]
        return drawn + self.slants

    @cached_property
    def pictures(self) -> list[Stroke]:
        """The pictures that show."""
        return [stroke for stroke in self.strokes if stroke.is_picture and not stroke.is_covered]

    @cached_property
    def signs(self) -> list[PrintedLetter]:
        """The letters alone, or nearly so, that are signs such as a tick or an arrow."""
        short = [run for run in self.runs if len(run) <= LONGEST_SIGN]
        return [letter for run in short for letter in run if _is_sign(letter.text) and not letter.is_covered]

    @cached_property
    def slants(self) -> list[Stroke]:
        """The slanted lines that show."""
        return [stroke for stroke in self.strokes if stroke.ends and not stroke.is_covered]

    def strokes_between(self, top: float, bottom: float) -> list[Stroke]:
        """The strokes whose middles are between two heights."""
        heights = self._heights
        first, after = bisect_left(heights, top, key=itemgetter(0)), bisect_right(heights, bottom, key=itemgetter(0))
        return [stroke for _, stroke in heights[first:after]]

    @cached_property
    def _heights(self) -> list[tuple[float, Stroke]]:
        return sorted(((stroke.area.middle[1], stroke) for stroke in self.strokes), key=itemgetter(0))


def content_of_page(
    drawn: DrawnPage, unreadable: frozenset[str], unseen: Unseen, picture: PagePicture | None
) -> PageContent:
    """What is drawn on a page, turned. `unreadable` are the fonts that do not say their letters, by their names."""
    ways = Counter[Point]()
    for part in drawn.parts:
        ways.update(_ways(part))
    askew = _askew(ways)
    turn = _turn(ways, drawn.size, askew)
    across = {way for way in ways if abs(_rise(way) - askew) > ACROSS}
    fonts = unreadable_by_widths(drawn.parts, unreadable)
    hidden = {id(drawn.letters[index]) for index in unseen.letters}
    hidden |= {id(drawn.strokes[index]) for index in unseen.strokes}
    runs: list[Run] = []
    strokes: list[Stroke] = []
    for part in drawn.parts:
        is_plain = not (turn or hidden) and across.isdisjoint(_ways(part)) and fonts.isdisjoint(_fonts(part))
        content = _plain_content(part) if is_plain else _content(part, turn, across, fonts, hidden)
        _add_runs(content.runs, runs)
        strokes += content.strokes
    sight = Sight(drawn, picture, turn) if picture else None
    return PageContent(runs, strokes, unseen.is_most, sight, bool(unseen.letters))


@once_for_each
def _ways(part: DrawnPart) -> Counter[Point]:
    """The directions of the letters of a part, and how many have each."""
    return Counter([letter.direction for letter in part.letters])


@once_for_each
def _fonts(part: DrawnPart) -> set[str]:
    """The names of the fonts of a part."""
    return {letter.font for letter in part.letters}


@once_for_each
def _plain_content(part: DrawnPart) -> PageContent:
    """What is drawn in a part where that depends on nothing else: it is upright and level, shows and is legible."""
    return _content(part, None, (), (), ())


def _content(
    part: DrawnPart,
    turn: Turn | None,
    across: Collection[Point],
    unreadable: Collection[str],
    hidden: Collection[int],
) -> PageContent:
    """What is drawn in a part, turned, but for letters that run across. `hidden` is what does not show, by `id`."""
    upright = [letter for letter in part.letters if letter.direction not in across] if across else part.letters
    strokes: list[Stroke] = []
    for thing, _ in part.strokes:
        area = _area(thing, turn)
        has_pen = is_pen(thing)
        ends = ends_of(thing, turn) if thing.kind == LINE and min(area.width, area.height) >= THIN else None
        strokes.append(
            Stroke(
                area,
                is_frame(thing),
                has_pen,
                id(thing) in hidden,
                is_tint(thing),
                ends,
                is_ring(thing),
                thing.kind == PICTURE,
                is_outline(thing),
                has_pen and is_scribble(thing),
            )
        )
    return PageContent([*_runs(_letters(upright, turn, unreadable, hidden))], strokes)


def _add_runs(more: Sequence[Run], runs: list[Run]) -> None:
    """Add the runs of a part, whose first may go on with the last of the part before."""
    if runs and more and _follows(runs[-1][-1], more[0][0]):
        first, *more = more
        runs[-1] = Run((*runs[-1], *first))
    runs += more


# --- which way up -----------------------------------------------------------------------------------------------------


def _turn(ways: Mapping[Point, int], size: Point, askew: float) -> Turn | None:
    """How to turn a page of that size so that most of its letters, which rise by `askew`, stand upright and level.

    `ways` are the directions of its letters, and how many have each. None: they stand so already.
    """
    quarters = _quarter_turn(ways, size)
    if abs(askew) < LEAST_SKEW:
        return quarters

    def turn(x: float, top: float, right: float, bottom: float) -> Edges:
        edges = quarters(x, top, right, bottom) if quarters else (x, top, right, bottom)
        return _levelled(*edges, askew)

    return turn


def _askew(ways: Mapping[Point, int]) -> float:
    """By which angle most letters rise from the nearest of left, right, up and down; radians.

    Letters that rise otherwise run across the page, such as a watermark's.
    """
    rises: list[float] = []
    for way, count in ways.items():
        rises += [_rise(way)] * count
    return median_low(rises or [0.0])


def _rise(way: Point) -> float:
    """By which angle letters of that direction rise from the nearest of these."""
    quarter = math.pi / 2
    return (math.atan2(way[1], way[0]) + quarter / 2) % quarter - quarter / 2


def _levelled(x: float, top: float, right: float, bottom: float, askew: float) -> tuple[float, float, float, float]:
    """The edges of something that rose by that angle, once it lies level: its middle turned, and its own size."""
    cos, sin = math.cos(askew), math.sin(askew)
    across, down = (x + right) / 2, (top + bottom) / 2
    middle_x, middle_y = across * cos - down * sin, across * sin + down * cos
    own = cos * cos - sin * sin
    width = max(((right - x) * cos - (bottom - top) * abs(sin)) / own, 0.0)
    height = max(((bottom - top) * cos - (right - x) * abs(sin)) / own, 0.0)
    return middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2


def _quarter_turn(ways: Mapping[Point, int], size: Point) -> Turn | None:
    """How to turn the page by quarters so that most letters read from left to right; None if they do."""
    counts = Counter[str]()
    for way, count in ways.items():
        counts[_way(*way)] += count
    width, height = size
    turns: dict[str, Turn] = {
        "left": lambda x, top, right, bottom: (width - right, height - bottom, width - x, height - top),
        "up": lambda x, top, right, bottom: (height - bottom, x, height - top, right),
        "down": lambda x, top, right, bottom: (top, width - right, bottom, width - x),
    }
    return turns.get(counts.most_common(1)[0][0]) if counts else None


def _way(a: float, b: float) -> str:
    """The way in which a letter reads, by the first two numbers of its matrix."""
    if a > abs(b):
        return "right"
    if -a > abs(b):
        return "left"
    return "up" if b > 0 else "down"


# --- letters ----------------------------------------------------------------------------------------------------------


def _area(thing: DrawnLetter | DrawnStroke, turn: Turn | None) -> Area:
    if turn:
        return Area(*turn(*edges_of(thing)))
    return Area(thing.x0, thing.top, thing.x1, thing.bottom)


def _letters(
    chars: Iterable[DrawnLetter], turn: Turn | None, unreadable: Collection[str], hidden: Collection[int]
) -> list[PrintedLetter]:
    """The letters, each with the marks that were drawn on it. `hidden` are those that do not show, by their `id`."""
    letters: list[PrintedLetter] = []
    for char in chars:
        text, is_mark = (REPLACEMENT, False) if char.font in unreadable else _letter(char.text)
        if is_mark and letters:
            letters[-1].text += text
            continue
        area = _area(char, turn)
        letters.append(PrintedLetter(text, area, max(area.bottom - area.top, 1.0), id(char) in hidden))
    return letters


@lru_cache(maxsize=4096)
def _letter(drawn: str) -> tuple[str, bool]:
    """The text of a letter, U+FFFD where the file does not name it; and whether it is a mark on another one."""
    text = drawn.translate(LIGATURES)
    if _UNNAMED.search(text) or unicodedata.category(text[:1] or "\0") in ("Cc", "Co", "Cn"):
        return REPLACEMENT, False
    return text, all(map(unicodedata.combining, text))


def _is_sign(text: str) -> bool:
    return text != REPLACEMENT and unicodedata.category(text[:1] or "\0") in ("So", "Sm")


def _runs(letters: Iterable[PrintedLetter]) -> Iterator[Run]:
    """Letters that were drawn one after another and stand side by side."""
    run: list[PrintedLetter] = []
    for letter in letters:
        if run and not _follows(run[-1], letter):
            yield Run(run)
            run = []
        run.append(letter)
    if run:
        yield Run(run)


def _follows(letter: PrintedLetter, following: PrintedLetter) -> bool:
    area, next_area, size = letter.area, following.area, letter.size
    if not -BACK * size <= next_area.x - area.right <= APART * size:
        return False
    return abs((area.top + area.bottom) / 2 - (next_area.top + next_area.bottom) / 2) <= SAME_LINE * size
