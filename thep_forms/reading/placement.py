"""Where the form lies on a page: it may have been scaled, shifted, cropped or turned on its way through a printer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from itertools import combinations
from statistics import median

from msgspec import Struct

from thep_forms.layout import LABEL_INSET, Label, PageLayout, PlacedBox, Rect, Style
from thep_forms.reading.page_content import Area, PageContent, lines_of, words_of

FEWEST = 3  # labels that have to be found
SPREAD = 60.0  # points between two labels that a scale is worked out from
TOLERANCE = 4.0  # points that a label may be off
NEAR = 9.0  # points from where a label should begin, that only its own words may stand in
MOST = 0.7  # of the labels, that have to be in place: else boxes are not where they are reckoned to be


class Placement(Struct, frozen=True):
    """A sheet's place on a page: its points, counted from its upper left corner, times `scale` plus the shift."""

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float
    height: float  # of the sheet

    def area(self, rect: Rect) -> Area:
        """A rectangle of the sheet on the page."""
        return Area(
            rect.x * self.scale_x + self.shift_x,
            (self.height - rect.top) * self.scale_y + self.shift_y,
            rect.right * self.scale_x + self.shift_x,
            (self.height - rect.y) * self.scale_y + self.shift_y,
        )


def folded(text: str) -> str:
    """Words without regard to spaces and case."""
    return "".join(text.split()).casefold()


def phrases(sheet: PageLayout) -> dict[str, Rect]:
    """The labels that stand once on the sheet, by their folded words."""
    counted = Counter(folded(label.words) for label in sheet.labels)
    return {folded(label.words): label.rect for label in sheet.labels if counted[folded(label.words)] == 1}


def words_at(ink: PageContent) -> dict[str, list[tuple[float, float]]]:
    """Where each line of words begins that stands on the page, by its folded words: its left edge and its middle."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for run in ink.runs:
        for line in lines_of(run):
            x, y = line[0].area.x, median(letter.area.middle[1] for letter in line)
            seen.setdefault(folded(words_of(line)), []).append((x, y))
    return seen


def find_placement(ink: PageContent, sheet: PageLayout, height: float) -> Placement | None:
    """Where the sheet, `height` points high, lies on the page, by its printed labels; None where nobody can tell."""
    seen = words_at(ink)
    found = [
        ((rect.x + LABEL_INSET, height - (rect.y + rect.height / 2)), seen[words][0])
        for words, rect in phrases(sheet).items()
        if len(seen.get(words, ())) == 1
    ]
    if len(found) < FEWEST:
        return None
    across = [(ours[0], theirs[0]) for ours, theirs in found]
    down = [(ours[1], theirs[1]) for ours, theirs in found]
    scale_x = _scale(across) or _scale(down) or 1.0
    scale_y = _scale(down) or scale_x
    if min(scale_x, scale_y) <= 0:  # a mirror image
        return None
    shift_x, shift_y = _shift(across, scale_x), _shift(down, scale_y)
    near = [
        ours
        for ours, (x, y) in found
        if abs(ours[0] * scale_x + shift_x - x) <= TOLERANCE and abs(ours[1] * scale_y + shift_y - y) <= TOLERANCE
    ]
    return Placement(scale_x, scale_y, shift_x, shift_y, height) if len(near) >= MOST * len(found) else None


def relabelled(ink: PageContent, sheet: PageLayout, placement: Placement) -> set[str]:
    """The boxes beside which, or above which, another label of the form stands than theirs: of another layout."""
    seen = words_at(ink)
    known = {folded(label.words) for label in sheet.labels}
    found: set[str] = set()
    for group in sheet.groups:
        heading = group.heading and _stands_elsewise(group.heading, seen, known, placement)
        beside: Label | None = None
        for item in group.items:
            if isinstance(item, Label) and item.style is Style.LABEL:
                beside = item
            elif isinstance(item, PlacedBox):
                if heading or (beside and _stands_elsewise(beside, seen, known, placement)):
                    found.add(item.box.name)
                beside = None
    return found


def _stands_elsewise(
    label: Label, seen: Mapping[str, list[tuple[float, float]]], known: Set[str], placement: Placement
) -> bool:
    """Whether the words of another label are where those of this one should be."""
    area = placement.area(label.rect)
    x, y = area.x + LABEL_INSET * placement.scale_x, area.middle[1]
    return any(
        abs(x - at) <= NEAR and abs(y - level) <= NEAR
        for words in known - {folded(label.words)}
        for at, level in seen.get(words, ())
    )


def _scale(pairs: Sequence[tuple[float, float]]) -> float:
    """The median over pairs that lie apart, so that a label found in the wrong place does no harm; 0 without any."""
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in combinations(pairs, 2) if abs(c - a) >= SPREAD]
    return median(slopes) if slopes else 0.0


def _shift(pairs: Sequence[tuple[float, float]], scale: float) -> float:
    return median(theirs - scale * ours for ours, theirs in pairs)
