"""Where everything of a form stands: a definition to rectangles, in points from the lower left corner of the page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from enum import Enum, auto
from itertools import count

from msgspec import Struct, field

from thep_forms.definition.form import Block, Box, FormDefinition
from thep_forms.definition.model import Cell, Field, Kind, PageMeasures, Row, Section
from thep_forms.errors import LayoutError

MM = 72 / 25.4
HEADING = 8 * MM  # the bar above a block
TICK = 5.5 * MM
SLACK = 0.01  # points, for rounding
LABEL_INSET = 2 * MM  # from the edge of a label's rectangle to its words
INSET = 1.5  # between a ruled line and the widget
LEAST_LINE = 7 * MM  # room to write in by hand
AVERAGE_GLYPH = 0.55  # of the type size; what `shows` is reckoned with


class Rect(Struct, frozen=True):
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def top(self) -> float:
        return self.y + self.height

    def inset(self, by: float) -> Rect:
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def slice_x(self, start: float, width: float) -> Rect:
        return Rect(self.x + start, self.y, width, self.height)

    def slice_y(self, start: float, height: float) -> Rect:
        """A part of it, `start` points below its top."""
        return Rect(self.x, self.top - start - height, self.width, height)

    def overlaps(self, other: Rect) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.top and other.y < self.top


class Style(Enum):
    LABEL = auto()  # beside a box
    HEADING = auto()  # above a block
    PREFIX = auto()  # printed before what is typed


class Label(Struct, frozen=True):
    words: str
    rect: Rect
    style: Style
    tinted: bool = True


class PlacedText(Struct, frozen=True):
    name: str
    rect: Rect


class PlacedBox(Struct, frozen=True):
    box: Box
    rect: Rect


Item = Label | PlacedText | PlacedBox


class Group(Struct):
    """What belongs together under a heading, or under none, in reading order: each label before its box."""

    heading: Label | None = None
    items: list[Item] = field(default_factory=list)


class PageLayout(Struct):
    """One page: the ruled cells, and the printed words and the boxes in reading order.

    `flow` names a text that fills pages instead; `depth` is the level of its groups' headings.
    """

    groups: list[Group] = field(default_factory=list)
    cells: list[Rect] = field(default_factory=list)
    flow: str | None = None
    depth: int = 2

    def group(self, heading: Label | None = None) -> Group:
        """A new group; without a heading, the last one if it has none either."""
        if heading or not self.groups or self.groups[-1].heading:
            self.groups.append(Group(heading))
        return self.groups[-1]

    @property
    def items(self) -> list[Item]:
        return [item for group in self.groups for item in (*filter(None, [group.heading]), *group.items)]

    @property
    def labels(self) -> list[Label]:
        return [item for item in self.items if isinstance(item, Label)]

    @property
    def boxes(self) -> list[PlacedBox]:
        """In tab order."""
        return [item for item in self.items if isinstance(item, PlacedBox)]


def body_of(page: PageMeasures) -> Rect:
    """The part of a page between its heading and its footer."""
    return Rect(
        page.margin * MM,
        page.bottom * MM,
        (page.width - 2 * page.margin) * MM,
        (page.height - page.body - page.bottom) * MM,
    )


def lay_out(definition: FormDefinition, more: int | None = None) -> tuple[PageLayout, ...]:
    """The sheets of the form; `more` is how many blocks the continuation has instead of what the definition says.

    Raises `LayoutError` where a box leaves its page, overlaps another or is too small for what it must show.
    """
    planner = _Planner(definition)
    sheets = [sheet for section in definition.file.section for sheet in planner.section(section, more)]
    for sheet in sheets:
        _verify(definition, sheet)
    return tuple(sheets)


def require_boxes(names: Iterable[str], boxes: Container[str]) -> None:
    """Raises `LayoutError` for the first of the names that none of the form's boxes has."""
    for name in names:
        if name not in boxes:
            raise LayoutError(f"The form has no box {name}. Give its continuation page more blocks.")


class _Planner:
    def __init__(self, definition: FormDefinition) -> None:
        page = definition.file.page
        self.definition, self.page = definition, page
        self.area = body_of(page)
        self.line = page.line * MM
        self.positions = {role.name: count(1) for role in definition.roles}
        self.roles = {role.name: role for role in definition.roles}
        self.fields = {asked.name: asked for asked in definition.fields}

    def section(self, section: Section, more: int | None) -> Iterator[PageLayout]:
        if section.more:
            yield from self._continuation(section, section.count if more is None else more)
        elif section.text:
            yield PageLayout(flow=section.text)
        else:
            yield self._rows(PageLayout(), section.row, 0)

    def _continuation(self, section: Section, blocks: int) -> Iterator[PageLayout]:
        """Pages of blocks, two in a row, as many rows as the page holds."""
        head = HEADING * 1.5 if section.text else 0.0
        cell = Cell(block=section.more)
        row = Row(cells=(cell, cell))
        a_page = 2 * max(int((self.area.height - head) // self._height(row)), 1)
        for start in range(0, blocks, a_page):
            sheet = PageLayout(depth=3 if section.text else 2)
            if section.text:
                sheet.group().items.append(PlacedText(section.text, self.area.slice_y(0, head)))
            here = min(blocks - start, a_page)
            rows = [row] * (here // 2) + [Row(cells=(cell, Cell()))] * (here % 2)
            yield self._rows(sheet, rows, head, section.heading)

    def _height(self, row: Row) -> float:
        block = len(self.definition.parts) * self.line + (0 if row.heading else HEADING)
        return max((row.height or 0) * MM, block if any(cell.block for cell in row.cells) else 0)

    def _rows(self, sheet: PageLayout, rows: Sequence[Row], down: float, heading: str = "") -> PageLayout:
        for row in rows:
            if row.heading:
                bar = self.area.slice_y(down, HEADING)
                sheet.cells.append(bar)
                sheet.group(Label(row.heading, bar, Style.HEADING))
                down += HEADING
            height = self._height(row)
            self._cells(sheet, row, self.area.slice_y(down, height), heading)
            down += height
        return sheet

    def _cells(self, sheet: PageLayout, row: Row, rect: Rect, heading: str) -> None:
        given = sum(cell.width or 0 for cell in row.cells)
        rest = [cell for cell in row.cells if not cell.width]
        x = 0.0
        for cell in row.cells:
            width = rect.width * (cell.width or (1 - given) / len(rest))
            self._cell(sheet, cell, rect.slice_x(x, width), heading, bare=bool(row.heading))
            x += width

    def _cell(self, sheet: PageLayout, cell: Cell, rect: Rect, heading: str, *, bare: bool) -> None:
        if cell.text:
            sheet.cells.append(rect)
            sheet.group().items.append(PlacedText(cell.text, rect.inset(2 * MM)))
        elif cell.field:
            sheet.cells.append(rect)
            self._field(sheet, self.fields[cell.field], rect, (cell.label or self.page.label) * MM)
        elif cell.block:
            block = self.definition.block(self.roles[cell.block], next(self.positions[cell.block]))
            self._block(
                sheet, block, rect, heading.replace("{position}", str(block.position)) or block.label, bare=bare
            )

    def _field(self, sheet: PageLayout, asked: Field, rect: Rect, label: float) -> None:
        boxes, group = self.definition.boxes_of_field(asked), sheet.group()
        if asked.kind is Kind.TICKS:
            self._ticks(sheet, boxes, rect)
            return
        group.items.append(Label(asked.label, rect.slice_x(0, label), Style.LABEL))
        room = rect.slice_x(label, rect.width - label)
        if asked.lines == 1 and room.height > self.line:
            room = room.slice_y((room.height - self.line) / 2, self.line)
        if asked.kind is Kind.DFE_NUMBER:
            prefix = self.definition.partnership.dfe_prefix
            width = (len(prefix) * AVERAGE_GLYPH + 1.2) * self.page.entry_size
            group.items.append(Label(prefix, room.slice_x(0, width), Style.PREFIX, tinted=False))
            room = room.slice_x(width, room.width - width)
        group.items.append(PlacedBox(boxes[0], room.inset(INSET)))

    def _ticks(self, sheet: PageLayout, boxes: Sequence[Box], rect: Rect) -> None:
        group = sheet.group()
        fixed = TICK + 6 * MM
        spare = rect.width - fixed * len(boxes)
        letters = sum(len(box.caption) for box in boxes)
        x = 0.0
        for box in boxes:
            width = fixed + spare * len(box.caption) / letters
            share = rect.slice_x(x, width)
            x += width
            square = Rect(share.right - TICK - 1.5 * MM, share.y + (share.height - TICK) / 2, TICK, TICK)
            group.items.append(Label(box.caption, share.slice_x(0, square.x - share.x), Style.LABEL, tinted=False))
            sheet.cells.append(square)
            group.items.append(PlacedBox(box, square.inset(0.5)))

    def _block(self, sheet: PageLayout, block: Block, rect: Rect, heading: str, *, bare: bool) -> None:
        down = 0.0
        if bare:
            group = sheet.groups[-1]
        else:
            bar = rect.slice_y(0, HEADING)
            sheet.cells.append(bar)
            group = sheet.group(Label(heading, bar, Style.HEADING))
            down = HEADING
        label = self.page.label * MM
        for n, box in enumerate(block.boxes.values()):
            line = rect.slice_y(down + n * self.line, self.line)
            sheet.cells.append(line)
            group.items.append(Label(box.caption, line.slice_x(0, label), Style.LABEL))
            group.items.append(PlacedBox(box, line.slice_x(label, line.width - label).inset(INSET)))


def _name(item: Item) -> str:
    match item:
        case Label():
            return f"The label “{item.words}”"
        case PlacedText():
            return f"The text {item.name}"
        case PlacedBox():
            return f"The box {item.box.name}"


def _verify(definition: FormDefinition, sheet: PageLayout) -> None:
    page = definition.file.page
    left, right = page.margin * MM, (page.width - page.margin) * MM
    for item in sheet.items:
        if item.rect.x < left - SLACK or item.rect.right > right + SLACK or item.rect.y < page.bottom * MM - SLACK:
            raise LayoutError(f"{_name(item)} leaves its page. Make the rows above it lower, or start another section.")
    for n, placed in enumerate(sheet.boxes):
        name, rect = placed.box.name, placed.rect
        for other in sheet.boxes[:n]:
            if rect.overlaps(other.rect):
                raise LayoutError(f"The boxes {name} and {other.box.name} overlap. Give their cells more room.")
        needed = placed.box.shows * AVERAGE_GLYPH * page.entry_size
        if placed.box.kind is not Kind.TICKS and rect.width < needed:
            raise LayoutError(
                f"The box {name} is {rect.width / MM:.0f} mm wide; to show {placed.box.shows} characters it needs "
                f"{needed / MM:.0f} mm. Give its cell more width, or its label less."
            )
        if placed.box.kind is not Kind.TICKS and rect.height < LEAST_LINE:
            raise LayoutError(f"The box {name} is {rect.height / MM:.1f} mm high; to write in it needs 7 mm.")
