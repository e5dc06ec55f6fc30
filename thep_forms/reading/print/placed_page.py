"""A page of the form where it lies on a page of a file: its boxes, and what the form itself prints."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import MM, Label, PageLayout, PlacedBox, PlacedText, Rect, body_of, lay_out
from thep_forms.reading.form_pages import folded
from thep_forms.reading.print.page_content import Area
from thep_forms.reading.print.placement import (
    LabelsAt,
    Placement,
    WordsAt,
    find_placement,
    folded_label,
    labels_at,
    relabelled,
)

MOST_BLOCKS = 80  # on continuation pages that are looked for
ENDS = 12  # letters at either end of a line by which it is known as one of the form's texts


class OwnWords(Struct, frozen=True):
    """Folded words that the form prints in an area. `ends` is how many letters at either end tell a line, if not all.

    A line of a text may begin or end otherwise on forms that were made before a name, a date or an address changed.
    """

    words: str
    area: Area
    ends: int | None = None

    def has(self, line: str) -> bool:
        """Whether a line is one of these words, as far as its beginning or its end tells."""
        if self.ends is None:
            return line in self.words
        return line[: self.ends] in self.words or line[-self.ends :] in self.words


class PlacedPage:
    """A page of the form on a page of a file. Areas are on the page of the file.

    `boxes` are its boxes and their areas, `cells` those of boxes to tick with their labels. `words` is what the form
    prints. `school` is where the page names its school, if it does. `body` is what lies between its heading and its
    foot. `relabelled` are the boxes that have another's label.
    """

    def __init__(self, layout: PageLayout, placement: Placement, definition: FormDefinition, labels: LabelsAt) -> None:
        """`labels` are those on the page of the file."""
        self.layout, self.placement = layout, placement
        self.boxes: list[tuple[PlacedBox, Area]] = [(placed, placement.area(placed.rect)) for placed in layout.boxes]
        self.cells = {name: placement.area(rect) for name, rect in _cells(layout).items()}
        self.words = [OwnWords(folded_label(label.words), placement.area(label.rect)) for label in layout.labels]
        for item in layout.items:
            if isinstance(item, PlacedText):
                text = folded(definition.words_of_text(item.name))
                self.words.append(OwnWords(text, placement.area(item.rect), ENDS))
        self.school = placement.area(layout.school) if layout.school else None
        self.body = placement.area(body_of(definition.file.page))
        self.relabelled = relabelled(dict(labels), layout, placement)


def _cells(layout: PageLayout) -> dict[str, Rect]:
    """The boxes to tick, each with its label before it and with some space after it, as high as its row."""
    cells: dict[str, Rect] = {}
    label: Label | None = None
    for item in layout.items:
        if isinstance(item, PlacedBox) and item.box.kind is Kind.TICKS:
            box = item.rect
            row = label.rect if label else box
            cells[item.box.name] = Rect(row.x, row.y, box.right + box.width - row.x, row.height)
        label = item if isinstance(item, Label) else None
    return cells


class Layouts:
    """A form's pages with boxes, with as many blocks as anyone uses."""

    def __init__(self, definition: FormDefinition) -> None:
        self.pages = [layout for layout in lay_out(definition, MOST_BLOCKS) if layout.boxes]
        self._definition = definition
        # A program prints the labels of many files in the same places. Then the page lies there in the same way.
        self._placed = lru_cache(maxsize=16)(self._placed_by)

    @property
    def words(self) -> Mapping[str, str]:
        """The words of all of the form's longer texts, which take time to load."""
        return self._definition.words

    def placed(self, words: WordsAt, number: int) -> PlacedPage | None:
        """The page of that index where it lies on a page of a file, whose words these are; None if they do not say."""
        if number < len(self.pages):
            return self._placed(number, labels_at(words, self.pages[number]))
        return None

    def _placed_by(self, number: int, labels: LabelsAt) -> PlacedPage | None:
        layout = self.pages[number]
        placement = find_placement(dict(labels), layout, self._definition.file.page.height * MM)
        return PlacedPage(layout, placement, self._definition, labels) if placement else None
