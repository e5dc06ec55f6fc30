"""Where the form lies on a page: printing may have scaled, shifted, cropped or turned it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.layout import LABEL_INSET, Label, PageLayout, PlacedBox, Rect, Style
from thep_forms.reading.form_pages import folded
from thep_forms.reading.once import once_for_each
from thep_forms.reading.print.page_content import Area, PageContent, Run
from thep_forms.reading.print.printed_lines import lines_of, words_of

FEWEST = 3  # labels that have to be found
SPREAD = 60.0  # points, at least, between two labels that a scale is worked out from
TOLERANCE = 4.0  # points that a label may be off
NEAR = 14.0  # points of the form's page around the beginning of a label, where only its own words may stand
MOST = 0.7  # of the labels that stand once have to be in place, or boxes are not where we reckon that they are
LEAST, MOST_APART = 0.5, 0.2  # of all labels on the page: somebody may have typed the form anew, in another layout


Point = tuple[float, float]
WordsAt = Mapping[str, Sequence[Point]]  # where each line of words begins, by its folded words
LabelsAt = tuple[tuple[str, tuple[Point, ...]], ...]  # the same of those lines that are the form's labels


class Placement(Struct, frozen=True):
    """Where a page of the form lies on a page of the file.

    Its points, counted from its upper left corner, are multiplied by the scale, and the shift is added. `height` is the
    height of the form's page, `labels` how many of its labels are where they should be.
    """

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float
    height: float
    labels: int = 0

    def point(self, x: float, y: float) -> Point:
        """A point of the form's page on the page of the file."""
        return x * self.scale_x + self.shift_x, (self.height - y) * self.scale_y + self.shift_y

    def area(self, rect: Rect) -> Area:
        """A rectangle of the form's page on the page of the file."""
        return Area(
            rect.x * self.scale_x + self.shift_x,
            (self.height - rect.top) * self.scale_y + self.shift_y,
            rect.right * self.scale_x + self.shift_x,
            (self.height - rect.y) * self.scale_y + self.shift_y,
        )


@lru_cache(maxsize=2048)
def folded_label(words: str) -> str:
    """The folded words of a label of the form, which each of its pages is asked for."""
    return folded(words)


def phrases(layout: PageLayout) -> dict[str, Label]:
    """The labels that stand once on the form's page, by their folded words. Each begins at the left of its place."""
    labels = [label for label in layout.labels if label.style is not Style.POINTER]
    counted = Counter(folded_label(label.words) for label in labels)
    return {folded_label(label.words): label for label in labels if counted[folded_label(label.words)] == 1}


def words_at(content: PageContent) -> WordsAt:
    """Where each line of words begins on the page, by its folded words: its left edge and its middle."""
    found: dict[str, list[Point]] = {}
    for run in content.runs:
        for words, point in _words_of_run(run):
            found.setdefault(words, []).append(point)
    return found


@once_for_each
def _words_of_run(run: Run) -> list[tuple[str, Point]]:
    """The lines of a run, as folded words, and where each begins."""
    found: list[tuple[str, Point]] = []
    for line in lines_of(run):
        middles = [(letter.area.top + letter.area.bottom) / 2 for letter in line]
        found.append((folded(words_of(line)), (line[0].area.x, median(middles))))
    return found


def labels_at(found: WordsAt, layout: PageLayout) -> LabelsAt:
    """The form's labels among the words of a page."""
    labels = dict.fromkeys(folded_label(label.words) for label in layout.labels)
    return tuple((words, tuple(found[words])) for words in labels if words in found)


def find_placement(found: WordsAt, layout: PageLayout, height: float) -> Placement | None:
    """Where the form's page, `height` points high, lies on the page, by its printed labels; None if they do not say.

    `found` are the words of the page, or those of them that are labels of the form.
    """
    pairs = _labels_found(found, layout, height)
    if len(pairs) < FEWEST:
        return None
    across = [(ours[0], theirs[0]) for ours, theirs in pairs]
    down = [(ours[1], theirs[1]) for ours, theirs in pairs]
    scale_x = _scale(across) or _scale(down) or 1.0
    scale_y = _scale(down) or scale_x
    if min(scale_x, scale_y) <= 0:  # a mirror image
        return None
    placement = Placement(scale_x, scale_y, _shift(across, scale_x), _shift(down, scale_y), height)
    in_place = sum(1 for ours, theirs in pairs if _is_in_place(placement, ours, theirs))
    if in_place < MOST * len(pairs):
        return None
    standing = [label for label in layout.labels if _stands_in_place(label, found, placement)]
    if not _is_like_ours(found, layout, placement, standing):
        return None
    return replace(placement, labels=len(standing))


def _labels_found(found: WordsAt, layout: PageLayout, height: float) -> list[tuple[Point, Point]]:
    """Where each label that stands once on either page begins on the form's page, and on the page of the file."""
    pairs: list[tuple[Point, Point]] = []
    for words, label in phrases(layout).items():
        points = found.get(words, ())
        if len(points) == 1:
            pairs.append(((label.rect.x + LABEL_INSET, height - label.middle), points[0]))
    return pairs


def _stands_in_place(label: Label, found: WordsAt, placement: Placement) -> bool:
    """Whether the words of a label are where they should be; they may stand on the page several times."""
    x, y = placement.point(label.rect.x + LABEL_INSET, label.middle)
    points = found.get(folded_label(label.words), ())
    return any(abs(x - left) <= TOLERANCE and abs(y - middle) <= TOLERANCE for left, middle in points)


def _is_like_ours(found: WordsAt, layout: PageLayout, placement: Placement, in_place: Sequence[Label]) -> bool:
    """Whether half of the labels on the page are in place, and few are elsewhere.

    A label that has another in its place is not counted as elsewhere: `relabelled` sees it.
    """
    labels = [label for label in layout.labels if folded_label(label.words) in found]
    places = _places_of_labels(found, layout)
    apart = [label for label in labels if label not in in_place and not _is_replaced(label, places, placement)]
    return len(in_place) >= LEAST * len(labels) and len(apart) <= MOST_APART * len(labels)


def _is_in_place(placement: Placement, ours: Point, theirs: Point) -> bool:
    x = ours[0] * placement.scale_x + placement.shift_x
    y = ours[1] * placement.scale_y + placement.shift_y
    return abs(x - theirs[0]) <= TOLERANCE and abs(y - theirs[1]) <= TOLERANCE


def relabelled(found: WordsAt, layout: PageLayout, placement: Placement) -> set[str]:
    """The boxes that have another box's label beside or above them: the page is of another layout of the form."""
    places = _places_of_labels(found, layout)
    boxes: set[str] = set()
    for group in layout.groups:
        heading = group.heading and _is_replaced(group.heading, places, placement)
        beside: Label | None = None
        for item in group.items:
            if isinstance(item, Label) and item.style is Style.LABEL:
                beside = item
            elif isinstance(item, PlacedBox):
                if heading or (beside and _is_replaced(beside, places, placement)):
                    boxes.add(item.box.name)
                beside = None
    return boxes


def _places_of_labels(found: WordsAt, layout: PageLayout) -> list[tuple[float, float, str]]:
    """The middle, the left edge and the folded words of all labels on the page, from the top."""
    labels = {folded_label(label.words) for label in layout.labels}
    return sorted((y, x, words) for words in labels & found.keys() for x, y in found[words])


def _is_replaced(label: Label, places: Sequence[tuple[float, float, str]], placement: Placement) -> bool:
    """Whether the words of another label are where those of this one should be.

    `places` are those of all labels.
    """
    x, y = placement.point(label.rect.x + LABEL_INSET, label.middle)
    far_x, far_y = NEAR * placement.scale_x, NEAR * placement.scale_y
    level = places[bisect_left(places, (y - far_y,)) : bisect_right(places, (y + far_y, math.inf))]
    near = [words for _, left, words in level if abs(x - left) <= far_x]
    own = folded_label(label.words) if near else ""
    return any(words != own for words in near)


def _scale(pairs: Sequence[tuple[float, float]]) -> float:
    """The median over pairs that lie apart, so that a label found in the wrong place does no harm; 0 without a pair."""
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in combinations(pairs, 2) if abs(c - a) >= SPREAD]
    return median(slopes) if slopes else 0.0


def _shift(pairs: Sequence[tuple[float, float]], scale: float) -> float:
    return median(theirs - scale * ours for ours, theirs in pairs)
