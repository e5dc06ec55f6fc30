"""The letters of a printed page by where they stand: in a box, or beside the boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct, field

from thep_forms.definition.model import Kind
from thep_forms.layout import PlacedBox
from thep_forms.reading.form_pages import folded
from thep_forms.reading.once import once_for_each
from thep_forms.reading.print.box_contents import SLACK
from thep_forms.reading.print.page_content import Area, PageContent, PrintedLetter, Run
from thep_forms.reading.print.placed_page import OwnWords, PlacedPage
from thep_forms.reading.print.tick_marks import TICK_SLACK

LEFT = 7.0  # points that an answer may begin to the left of its box, if it was typed without regard to the boxes
LONGEST_TICK = 3  # letters
EDGE = 0.3  # of the type size, from the middle of a letter to the edge of its box
LEVEL = 0.1  # of the type size: lines of one text differ less in their distance, and its letters in their size

BoxAreas = Sequence[tuple[PlacedBox, Area]]


class SortedRuns(Struct):
    """The letters of a page: by the box that they stand in, and those beside the boxes that the form does not print.

    Of these, the ones outside of the form's body are `in_margins`. `between` are the boxes across whose edge letters
    lie, which may be another box's. `going_on` are the boxes below which their texts go on.
    """

    in_boxes: dict[str, list[PrintedLetter]]
    between: set[str] = field(default_factory=set)
    going_on: set[str] = field(default_factory=set)
    beside: list[PrintedLetter] = field(default_factory=list)
    in_margins: list[PrintedLetter] = field(default_factory=list)


def sorted_runs(content: PageContent, page: PlacedPage, counts_in_margin: Callable[[Run], bool]) -> SortedRuns:
    """The runs by where they stand. A text that is too long belongs to the box that it starts in.

    What of it does not show is left out. `counts_in_margin` says whether a run outside of the form's body is kept.
    """
    runs = SortedRuns({placed.box.name: [] for placed, _ in page.boxes})
    text: _Text | None = None
    for run in content.runs:
        if text and text.goes_on_in(run):
            text.below.append(run)
            continue
        box, is_own = _box_of(run, page)
        if not box or text is None or text.name != box[0].box.name:
            _sort_below(text, runs, page, counts_in_margin)
            text = _Text(box[0].box.name, box[1]) if box else None
        if text:
            text.within.append(run)
        _sort(run, box, runs, page, counts_in_margin, is_own=is_own)
    _sort_below(text, runs, page, counts_in_margin)
    return runs


class _Text(Struct):
    """The runs of a box that were drawn one after another, and those that go on below the box."""

    name: str
    area: Area
    within: list[Run] = field(default_factory=list)
    below: list[Run] = field(default_factory=list)

    def goes_on_in(self, run: Run) -> bool:
        """Whether a run below the box is the next line of its text: with the same left edge, distance and size."""
        y = run[0].area.middle[1]
        if y <= self.area.bottom or len(self.within) < 2:
            return False
        first, size = self.within[0][0], run[0].size
        if abs(first.size - size) > LEVEL * size:
            return False
        lines = _heights([*self.within, *self.below], size)
        if len(lines) < 2:
            return False
        if self.below and abs(y - lines[-1]) <= LEVEL * size:
            return True
        is_next = abs((y - lines[-1]) - (lines[-1] - lines[-2])) <= LEVEL * size
        return is_next and abs(run[0].area.x - first.area.x) <= SLACK


def _heights(runs: Sequence[Run], size: float) -> list[float]:
    """The middles of the lines that the runs are on, in the order in which they were drawn."""
    middles = [run[0].area.middle[1] for run in runs]
    return middles[:1] + [following for last, following in pairwise(middles) if abs(following - last) > LEVEL * size]


def _sort_below(
    text: _Text | None, runs: SortedRuns, page: PlacedPage, counts_in_margin: Callable[[Run], bool]
) -> None:
    """Where a text goes on below its box, leave that out if any of it does not show: then its box cuts it off."""
    if not text or not text.below:
        return
    runs.going_on.add(text.name)
    if not any(letter.is_covered for run in text.below for letter in run):
        for run in text.below:
            box, is_own = _box_of(run, page)
            _sort(run, box, runs, page, counts_in_margin, is_own=is_own)


def _sort(
    run: Run,
    box: tuple[PlacedBox, Area] | None,
    runs: SortedRuns,
    page: PlacedPage,
    counts_in_margin: Callable[[Run], bool],
    *,
    is_own: bool,
) -> None:
    """Sort a run into its box, or beside the boxes."""
    if box:
        placed, area = box
        runs.in_boxes[placed.box.name] += run
        if _is_between(run, area, page.boxes):
            runs.between.add(placed.box.name)
    elif not is_own and (page.body.holds(*_start(run)) or counts_in_margin(run)):
        place = runs.beside if page.body.holds(*_start(run)) else runs.in_margins
        place += [letter for letter in run if not letter.is_covered]


@once_for_each
def _box_of(run: Run, page: PlacedPage) -> tuple[tuple[PlacedBox, Area] | None, bool]:
    """The box that a run begins in; if it is in none, whether it is the form's own."""
    x, y = _start(run)
    box = _box_at(x, y, page.boxes, run)
    if box:
        return box, False
    if _is_printed(run, page.words) or (page.school is not None and page.school.holds(x, y)):
        return None, True
    return _box_at(x + LEFT, y, page.boxes, run), False


def _start(run: Run) -> tuple[float, float]:
    """A point in its first letter."""
    return run[0].area.x + min(run[0].area.width, run[0].size) / 2, run[0].area.middle[1]


def _box_at(x: float, y: float, boxes: BoxAreas, run: Run) -> tuple[PlacedBox, Area] | None:
    """The box that the point is in, or the nearest of those that it is hardly outside of."""
    near: list[tuple[PlacedBox, Area]] = []
    for placed, area in boxes:
        if area.top - y <= TICK_SLACK and y - area.bottom <= TICK_SLACK and area.holds(x, y, _slack(placed, run)):
            near.append((placed, area))
    return min(near, key=lambda found: _outside(found[1], x, y), default=None)


def _outside(area: Area, x: float, y: float) -> float:
    """How far a point is outside of an area; 0 inside."""
    return max(area.x - x, x - area.right, area.top - y, y - area.bottom, 0.0)


def _slack(placed: PlacedBox, run: Run) -> float:
    """How far outside of the box the run may begin: a cross beside a check box is meant for it."""
    return TICK_SLACK if placed.box.kind is Kind.TICKS and len(run) <= LONGEST_TICK else SLACK


def _is_printed(run: Run, printed: Sequence[OwnWords]) -> bool:
    """Whether it is some of the form's own words, in their place."""
    x, y = run[0].area.middle
    level = [own for own in printed if own.area.top - SLACK <= y <= own.area.bottom + SLACK]
    here = [own for own in level if own.area.holds(x, y, SLACK)]
    return any(own.has(_folded_run(run)) for own in here)


@once_for_each
def _folded_run(run: Run) -> str:
    return folded("".join([letter.text for letter in run]))


def _is_between(run: Run, area: Area, boxes: BoxAreas) -> bool:
    """Whether it lies across the upper or the lower edge of its box, beyond which is another box."""
    x, y = run[0].area.middle
    nearer = area.top if y - area.top < area.bottom - y else area.bottom
    beyond = nearer + math.copysign(run[0].size / 2, nearer - y)
    if abs(nearer - y) >= EDGE * run[0].size:
        return False
    return any(other.holds(x, beyond) for _, other in boxes if other != area)
