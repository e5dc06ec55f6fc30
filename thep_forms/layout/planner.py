"""Plans the position of everything on a form: from the definition to page layouts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import count

from thep_forms.definition.form import Block, Box, FormDefinition
from thep_forms.definition.model import Cell, Field, Kind, Row, Section
from thep_forms.errors import LayoutError
from thep_forms.layout.fit import verify
from thep_forms.layout.metrics import text_width
from thep_forms.layout.model import (
    AVERAGE_GLYPH,
    LABEL_INSET,
    MM,
    TEXT_INSET,
    Label,
    Measure,
    PageLayout,
    PlacedBox,
    PlacedText,
    Rect,
    Style,
    body_of,
)

HEADING = 8 * MM  # the bar above a block
SECTION_HEADING = 1.5 * HEADING  # above the blocks of a continuation page
BLOCKS_IN_ROW = 2  # on a continuation page
BOX_INSET = 1.5  # points, between a ruled line and the box
TICK = 5.5 * MM  # the side of a square to tick
TICK_INSET = 0.5  # points, between the lines of that square and the box
AFTER_CAPTION = 1.5 * MM  # between the words of a caption and its square
AFTER_PREFIX = 1.2  # type sizes, between a printed prefix and the box


def lay_out(definition: FormDefinition, more: int | None = None) -> tuple[PageLayout, ...]:
    """The pages of the form; `more` is how many blocks the continuation has instead of what the definition says.

    Raises `LayoutError` where a box leaves its page, overlaps another box or is too small for what it must show.
    """
    planner = _Planner(definition)
    layouts: list[PageLayout] = []
    for number, section in enumerate(definition.file.section, 1):
        layouts += planner.pages(f"section[{number}]", section, more)
    for layout in layouts:
        verify(layout, definition.file.page, 2 * BOX_INSET)
    return tuple(layouts)


def require_boxes(names: Iterable[str], boxes: Container[str]) -> None:
    """Raises `LayoutError` for the first of the names that none of the form's boxes has."""
    for name in names:
        if name not in boxes:
            raise LayoutError(f"The form has no box {name}. Give its continuation page more blocks.")


class _Planner:
    """Lays out the sections one after the other; the positions of a role that repeats are counted through them all."""

    def __init__(self, definition: FormDefinition) -> None:
        self.definition, self.measures = definition, definition.file.page
        self.body = body_of(self.measures)
        self.line = Measure("page.line", self.measures.line)
        self.positions = {role.name: count(1) for role in definition.roles}
        self.roles = {role.name: role for role in definition.roles}
        self.fields = {asked.name: (f"field[{n}]", asked) for n, asked in enumerate(definition.fields, 1)}
        self.parts = {part.name: f"part[{n}]" for n, part in enumerate(definition.parts, 1)}

    def pages(self, key: str, section: Section, more: int | None) -> Iterator[PageLayout]:
        """The pages of the section with that key."""
        if section.more:
            yield from self._continuation(key, section, section.count if more is None else more)
        elif section.text:
            yield PageLayout(key, flow=section.text)
        else:
            page = _Page(self, PageLayout(key))
            page.add_rows(section.row)
            yield page.layout

    def _continuation(self, key: str, section: Section, blocks: int) -> Iterator[PageLayout]:
        """Pages of blocks, as many rows of them as a page holds."""
        head = SECTION_HEADING if section.text else 0.0
        cell = Cell(block=section.more)
        full = Row(cells=(cell,) * BLOCKS_IN_ROW)
        rows_in_page = max(int((self.body.height - head) // self.height(full)), 1)
        for start in range(0, blocks, rows_in_page * BLOCKS_IN_ROW):
            page = _Page(self, PageLayout(key, depth=3 if section.text else 2), section.heading)
            if section.text:
                page.add_head(section.text, head)
            rows, rest = divmod(min(blocks - start, rows_in_page * BLOCKS_IN_ROW), BLOCKS_IN_ROW)
            page.add_rows([full] * rows)
            if rest:
                page.add_rows([Row(cells=(*(cell,) * rest, *(Cell(),) * (BLOCKS_IN_ROW - rest)))])
            yield page.layout

    def height(self, row: Row) -> float:
        """The height of a row without its heading, in points."""
        fixed = (row.height or 0) * MM
        if not _has_block(row):
            return fixed
        bar = 0.0 if row.heading else HEADING
        return max(fixed, bar + len(self.definition.parts) * self.line.value * MM)


class _Page:
    """A page while rows are added to it. `heading` replaces the role's heading on its blocks, unless it is empty."""

    def __init__(self, planner: _Planner, layout: PageLayout, heading: str = "") -> None:
        self.planner, self.layout, self.heading = planner, layout, heading
        self.down = 0.0  # points from the top of the body to where the next row starts

    def add_head(self, text: str, height: float) -> None:
        """A text above the rows."""
        self.layout.group().items.append(PlacedText(text, self.planner.body.slice_y(self.down, height)))
        self.down += height

    def add_rows(self, rows: Sequence[Row]) -> None:
        """The rows, one below the other."""
        for number, row in enumerate(rows, 1):
            if row.heading:
                self._start_group(row.heading, self.planner.body.slice_y(self.down, HEADING))
                self.down += HEADING
            height = self.planner.height(row)
            self._add_cells(f"{self.layout.section}.row[{number}]", row, self.planner.body.slice_y(self.down, height))
            self.down += height
            self.layout.lines += len(self.planner.parts) if _has_block(row) else 0

    def _start_group(self, heading: str, bar: Rect) -> None:
        self.layout.cells.append(bar)
        self.layout.group(Label(heading, bar, Style.HEADING))

    def _add_cells(self, key: str, row: Row, rect: Rect) -> None:
        fixed = sum(cell.width or 0 for cell in row.cells)
        free = sum(not cell.width for cell in row.cells)
        x = 0.0
        for number, cell in enumerate(row.cells, 1):
            share = rect.slice_x(x, rect.width * (cell.width or (1 - fixed) / free))
            x += share.width
            if cell.block:
                self._add_block(cell.block, share, has_bar=not row.heading)
            else:
                self._add_cell(f"{key}.cells[{number}]", cell, share, Measure(f"{key}.height", rect.height / MM))

    def _add_cell(self, key: str, cell: Cell, rect: Rect, height: Measure) -> None:
        if cell.text:
            self.layout.cells.append(rect)
            self.layout.group().items.append(PlacedText(cell.text, rect.inset(TEXT_INSET), height))
        elif cell.field:
            self.layout.cells.append(rect)
            self._add_field(*self.planner.fields[cell.field], rect, self._label(key, cell), height)

    def _label(self, key: str, cell: Cell) -> Measure:
        """The width of the label of a field."""
        return Measure(f"{key}.label", cell.label) if cell.label else self._usual_label

    @property
    def _usual_label(self) -> Measure:
        return Measure("page.label", self.planner.measures.label)

    # --- fields -------------------------------------------------------------------------------------------------

    def _add_field(self, key: str, asked: Field, rect: Rect, label: Measure, height: Measure) -> None:
        boxes = self.planner.definition.boxes_of_field(asked)
        if asked.kind is Kind.TICKS:
            self._add_ticks(boxes, rect)
            return
        items, width = self.layout.group().items, label.value * MM
        items.append(Label(asked.label, rect.slice_x(0, width), Style.LABEL, width=label))
        room = rect.slice_x(width, rect.width - width)
        line = self.planner.line.value * MM
        if asked.lines == 1 and room.height > line:
            room, height = room.slice_y((room.height - line) / 2, line), self.planner.line
        if asked.kind is Kind.DFE_NUMBER:
            room = self._after_prefix(room)
        items.append(PlacedBox(boxes[0], room.inset(BOX_INSET), label, height, f"{key}.shows"))

    def _after_prefix(self, room: Rect) -> Rect:
        """Print the authority's prefix of DfE numbers; what is left of the room."""
        prefix = self.planner.definition.partnership.dfe_prefix
        width = (len(prefix) * AVERAGE_GLYPH + AFTER_PREFIX) * self.planner.measures.entry_size
        self.layout.group().items.append(Label(prefix, room.slice_x(0, width), Style.PREFIX, tinted=False))
        return room.slice_x(width, room.width - width)

    def _add_ticks(self, boxes: Sequence[Box], rect: Rect) -> None:
        """Squares to tick, each close behind its caption, and apart from the next one by an equal share of the row."""
        items = self.layout.group().items
        size = self.planner.measures.text_size
        captions = [LABEL_INSET + text_width(box.caption, size) + AFTER_CAPTION for box in boxes]
        spare = (rect.width - sum(captions) - TICK * len(boxes)) / len(boxes)
        x = 0.0
        for box, width in zip(boxes, captions, strict=True):
            items.append(Label(box.caption, rect.slice_x(x, width), Style.LABEL, tinted=False))
            square = Rect(rect.x + x + width, rect.y + (rect.height - TICK) / 2, TICK, TICK)
            self.layout.cells.append(square)
            items.append(PlacedBox(box, square.inset(TICK_INSET)))
            x += width + TICK + spare

    # --- blocks -------------------------------------------------------------------------------------------------

    def _add_block(self, role: str, rect: Rect, *, has_bar: bool) -> None:
        """Add the next block of the role, under its own bar or under the bar of its row."""
        planner = self.planner
        block = planner.definition.block(planner.roles[role], next(planner.positions[role]))
        down = 0.0
        if has_bar:
            self._start_group(self._heading_of(block), rect.slice_y(0, HEADING))
            down = HEADING
        items, label, line = self.layout.groups[-1].items, self._usual_label, planner.line.value * MM
        for number, (part, box) in enumerate(block.boxes.items()):
            cell = rect.slice_y(down + number * line, line)
            room = cell.slice_x(label.value * MM, cell.width - label.value * MM)
            self.layout.cells.append(cell)
            items.append(Label(box.caption, cell.slice_x(0, label.value * MM), Style.LABEL, width=label))
            items.append(PlacedBox(box, room.inset(BOX_INSET), label, planner.line, f"{planner.parts[part]}.shows"))

    def _heading_of(self, block: Block) -> str:
        return self.heading.replace("{position}", str(block.position)) or block.label


def _has_block(row: Row) -> bool:
    return any(cell.block for cell in row.cells)
