"""The parts of a laid-out page: rectangles with labels, texts and boxes, in points from its lower left corner."""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct, field

from thep_forms.definition.form import Box
from thep_forms.definition.model import PageMeasures

MM = 72 / 25.4  # points
LABEL_INSET = 2 * MM  # the distance from the edge of a label's rectangle to its words.
LABEL_END = 0.5 * MM  # the least distance from the words to the other edge.
TEXT_INSET = 2 * MM  # the distance from the edges of a cell to the text in it.
TEXT_TOP = 30 * MM  # the least distance from the top of the page to a running text, which is no running head.
HALF_LINE = 3.4  # points: the distance from the base of a label to its middle.
AVERAGE_GLYPH = 0.55  # type sizes: the width of a letter, from which `shows` follows.


class Rect(Struct, frozen=True):
    """A rectangle on the page, in points. `x` and `y` are the coordinates of its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right edge."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """The y of its upper edge."""
        return self.y + self.height

    def inset(self, by: float) -> Rect:
        """The rectangle without a margin of that many points."""
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def slice_x(self, start: float, width: float) -> Rect:
        """A part of it, `start` points right of its left edge."""
        return Rect(self.x + start, self.y, width, self.height)

    def slice_y(self, start: float, height: float) -> Rect:
        """A part of it, `start` points below its top."""
        return Rect(self.x, self.top - start - height, self.width, height)

    def overlaps(self, other: Rect) -> bool:
        """Whether the two have more than an edge in common."""
        return self.x < other.right and other.x < self.right and self.y < other.top and other.y < self.top


class Measure(Struct, frozen=True):
    """A length that `membership-form.toml` gives: its key there, such as `page.line`, and its value in mm."""

    key: str
    value: float


class Style(Enum):
    """The look of a label, by its purpose."""

    LABEL = auto()  # beside a box
    HEADING = auto()  # above a block
    PREFIX = auto()  # printed before what is typed
    POINTER = auto()  # in a heading, at its right end
    ASIDE = auto()  # before what is written outside of the boxes


class Label(Struct, frozen=True):
    """Printed words of the ruled table. `width` is the measure that decides how wide they may be, if one does.

    `baseline` is the line that their first line stands on; without it they are in the middle of their rectangle.
    """

    words: str
    rect: Rect
    style: Style
    tinted: bool = True
    width: Measure | None = None
    baseline: float | None = None

    @property
    def middle(self) -> float:
        """The y of the middle of its first line, in points."""
        return self.rect.y + self.rect.height / 2 if self.baseline is None else self.baseline + HALF_LINE


class PlacedText(Struct, frozen=True):
    """A longer text, by the name of its template. `height` is the measure of the row that it stands in, if it does.

    `inset` is the space above and below it in that row, in points.
    """

    name: str
    rect: Rect
    height: Measure | None = None
    inset: float = 0.0


class PlacedBox(Struct, frozen=True):
    """A box. `size` is the size of what is typed in it, in points.

    `label` is the width of the label before it, `height` what decides how high the box is. `shows` is the key for how
    many characters it shows. A box to tick has none of the three.
    """

    box: Box
    rect: Rect
    size: float
    label: Measure | None = None
    height: Measure | None = None
    shows: str = ""


Item = Label | PlacedText | PlacedBox


class Group(Struct):
    """Items that belong together, with or without a heading, in reading order: each label before its box.

    `is_part`: it belongs to the headed group before it, and its heading is one level lower.
    """

    heading: Label | None = None
    is_part: bool = False
    items: list[Item] = field(default_factory=list)


class PageLayout(Struct):
    """One page of the form: the ruled cells, and the printed words and the boxes in reading order.

    `school` is where the page names its school, if it does. `flow` names a text that fills pages instead. `depth` is
    the level of the groups' headings. `section` is the key of the section that the page is of, `lines` how many lines
    of blocks stand one below the other.
    """

    section: str = ""
    groups: list[Group] = field(default_factory=list)
    cells: list[Rect] = field(default_factory=list)
    school: Rect | None = None
    flow: str | None = None
    depth: int = 2
    lines: int = 0

    def group(self, heading: Label | None = None) -> Group:
        """A new group; without a heading, the last one if it has none either."""
        if heading or not self.groups or self.groups[-1].heading:
            self.groups.append(Group(heading))
        return self.groups[-1]

    @property
    def items(self) -> list[Item]:
        """All items of the page, in reading order."""
        found: list[Item] = []
        for group in self.groups:
            if group.heading:
                found.append(group.heading)
            found += group.items
        return found

    @property
    def labels(self) -> list[Label]:
        """The printed words, in reading order."""
        return [item for item in self.items if isinstance(item, Label)]

    @property
    def boxes(self) -> list[PlacedBox]:
        """The boxes, in tab order."""
        return [item for item in self.items if isinstance(item, PlacedBox)]


def text_area(page: PageMeasures) -> Rect:
    """The part of the body where a running text, or the heading of a continuation page, may stand."""
    body = body_of(page)
    above = max(TEXT_TOP - page.body * MM, 0.0)
    return body.slice_y(above, body.height - above)


def body_of(page: PageMeasures) -> Rect:
    """The part of a page between its heading and its footer."""
    return Rect(
        page.margin * MM,
        page.bottom * MM,
        (page.width - 2 * page.margin) * MM,
        (page.height - page.body - page.bottom) * MM,
    )
