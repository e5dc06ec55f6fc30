"""Plans the position of everything on a form: from the definition to page layouts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import count

from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.model import Cell, Field, Kind, Row, Section
from thep_forms.errors import LayoutError
from thep_forms.layout.baseline import PADDING, baseline, leading
from thep_forms.layout.fit import least_line, verify
from thep_forms.layout.metrics import text_width
from thep_forms.layout.model import (
    AVERAGE_GLYPH,
    LABEL_END,
    LABEL_INSET,
    MM,
    TEXT_INSET,
    Item,
    Label,
    Measure,
    PageLayout,
    PlacedBox,
    PlacedText,
    Rect,
    Style,
    body_of,
    text_area,
)

SECTION_HEADING = 12 * MM  # above the blocks of a continuation page
SCHOOL_LINE = 10 * MM  # above the blocks of a continuation page, for the school's name
SCHOOL_LABEL = 0.62  # of the width of that line, at most, for the words before the name
POINTER = 0.45  # of the width of a heading, for what points to the continuation page
PADDED = 0.4  # of `TEXT_INSET`, above and below a text in a row
BLOCKS_IN_ROW = 2  # on a continuation page
BOX_INSET = 1.5  # points, between a ruled line and the box
TICK = 5.5 * MM  # the side of a square to tick
TICK_INSET = 0.5  # points, between the lines of that square and the box
AFTER_CAPTION = 1.5 * MM  # between the words of a caption and its square
RULE_DOWN = 5.2  # points, from the base of the school's name to the line below it
AFTER_PREFIX = 0.7  # type sizes, between a printed prefix and the box


def lay_out(definition: FormDefinition, more: int | None = None) -> tuple[PageLayout, ...]:
    """The pages of the form; `more` is how many blocks the continuation has instead of what the definition says.

    Raises `LayoutError` where a box leaves its page, overlaps another box or is too small for what it must show.
    """
    layouts: list[PageLayout] = []
    blocks = 0
    for section in definition.file.section:
        if section.more:
            blocks += section.count if more is None else more
    planner = _Planner(definition, is_continued=blocks > 0)
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

    def __init__(self, definition: FormDefinition, *, is_continued: bool) -> None:
        self.definition, self.measures, self.is_continued = definition, definition.file.page, is_continued
        self.heading = self.measures.heading * MM
        self.block_size = self.measures.block_size or self.measures.entry_size
        self.body = body_of(self.measures)
        self.line = Measure("page.line", self.measures.line)
        self.positions = {role.name: count(1) for role in definition.roles}
        self.roles = {role.name: role for role in definition.roles}
        self.fields = {asked.name: (f"field[{n}]", asked) for n, asked in enumerate(definition.fields, 1)}
        self.parts = {part.name: f"part[{n}]" for n, part in enumerate(definition.parts, 1)}
        self.lines = self._line_heights()

    def _line_heights(self) -> dict[str, float]:
        """The height of the row of each part, in points.

        Rows of several lines get what these lines need, as far as rows of one line can do with less than the average.
        """
        usual, least = self.line.value * MM, least_line(2 * BOX_INSET) * MM
        parts = self.definition.parts
        several = [part for part in parts if part.lines > 1]
        if not several or len(several) == len(parts) or usual <= least:
            return {part.name: usual for part in parts}
        singles, spare = len(parts) - len(several), (usual - least) * len(parts)
        heights: dict[str, float] = {}
        for part in several:
            needed = part.lines * leading(self.block_size) + PADDING / 2 + 2 * BOX_INSET
            heights[part.name] = min(max(needed, usual), least + spare / len(several))
        left = (usual * len(parts) - sum(heights.values())) / singles
        return {part.name: heights.get(part.name, left) for part in parts}

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
        above = self.body.height - text_area(self.measures).height
        head = SECTION_HEADING if section.text else 0.0
        school = SCHOOL_LINE if section.school_line else 0.0
        cell = Cell(block=section.more)
        full = Row(cells=(cell,) * BLOCKS_IN_ROW)
        rows_in_page = max(int((self.body.height - above - head - school) // self.height(full)), 1)
        for start in range(0, blocks, rows_in_page * BLOCKS_IN_ROW):
            page = _Page(self, PageLayout(key, depth=3 if section.text else 2), section.heading)
            page.down = above
            if section.text:
                page.add_head(section.text, head)
            if section.school_line:
                page.add_school_line(section.school_line, school)
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
        bar = 0.0 if row.heading and not row.block_heading else self.heading
        return max(fixed, bar + sum(self.lines.values()))


class _Page:
    """A page while rows are added to it. `heading` replaces the role's heading on its blocks, unless it is empty."""

    def __init__(self, planner: _Planner, layout: PageLayout, heading: str = "") -> None:
        self.planner, self.layout, self.heading = planner, layout, heading
        self.is_headed = False  # the row that is being added has a heading
        self.has_lines = False  # the same row has a box of several lines
        self.down = 0.0  # points from the top of the body to where the next row starts

    def add_head(self, text: str, height: float) -> None:
        """A text above the rows."""
        self.layout.group().items.append(PlacedText(text, self.planner.body.slice_y(self.down, height)))
        self.down += height

    def add_school_line(self, words: str, height: float) -> None:
        """A line to write the school's name on; a school's copy has it there."""
        line = self.planner.body.slice_y(self.down, height)
        width = text_width(words, self.planner.measures.text_size) + LABEL_END + 1
        if width > SCHOOL_LABEL * line.width:
            raise LayoutError(f"The words “{words}” leave no room for the school's name. Shorten school_line.")
        label = line.slice_x(0, width + LABEL_INSET)
        free = line.slice_x(width + LABEL_INSET, line.width - width - LABEL_INSET)
        base = baseline(free, self.planner.measures.entry_size, wraps=False)
        self.layout.group().items.append(Label(words, label, Style.ASIDE, tinted=False, baseline=base))
        self.layout.cells.append(Rect(free.x, base - RULE_DOWN, free.width, 0))
        self.layout.school = free
        self.down += height

    def add_rows(self, rows: Sequence[Row]) -> None:
        """The rows, one below the other."""
        for number, row in enumerate(rows, 1):
            self.is_headed = bool(row.heading)
            fields = [self.planner.fields[cell.field][1] for cell in row.cells if cell.field]
            self.has_lines = any(asked.lines > 1 for asked in fields)
            if row.heading:
                self._start_group(self._heading_of_row(row), self.planner.body.slice_y(self.down, self.planner.heading))
                self._add_pointer(row.pointer, self.planner.body.slice_y(self.down, self.planner.heading))
                self.down += self.planner.heading
            height = self.planner.height(row)
            self._add_cells(f"{self.layout.section}.row[{number}]", row, self.planner.body.slice_y(self.down, height))
            self.down += height
            self.layout.lines += len(self.planner.parts) if _has_block(row) else 0

    def _heading_of_row(self, row: Row) -> str:
        """The heading of the row, marked if one of its boxes has to be ticked."""
        required = False
        for cell in row.cells:
            asked = self.planner.fields[cell.field][1] if cell.field else None
            required = required or bool(asked and asked.kind is Kind.TICKS and self.planner.definition.requires(asked))
        return self.planner.definition.marked(row.heading, required=required)

    def _start_group(self, heading: str, bar: Rect, *, is_part: bool = False) -> None:
        self.layout.cells.append(bar)
        self.layout.group(Label(heading, bar, Style.HEADING)).is_part = is_part

    def _add_pointer(self, words: str, bar: Rect) -> None:
        """Words in a heading that lead to the continuation page, if there is one."""
        if words and self.planner.is_continued:
            half = bar.slice_x(bar.width * (1 - POINTER), bar.width * POINTER)
            self.layout.groups[-1].items.append(Label(words, half, Style.POINTER, tinted=False))

    @property
    def _items(self) -> list[Item]:
        """Where the items of the row go."""
        return self.layout.groups[-1].items if self.is_headed else self.layout.group().items

    def _add_cells(self, key: str, row: Row, rect: Rect) -> None:
        fixed = sum(cell.width or 0 for cell in row.cells)
        free = sum(not cell.width for cell in row.cells)
        x = 0.0
        for number, cell in enumerate(row.cells, 1):
            share = rect.slice_x(x, rect.width * (cell.width or (1 - fixed) / free))
            x += share.width
            if cell.block:
                self._add_block(cell.block, share, row)
            else:
                self._add_cell(f"{key}.cells[{number}]", cell, share, Measure(f"{key}.height", rect.height / MM))

    def _add_cell(self, key: str, cell: Cell, rect: Rect, height: Measure) -> None:
        if cell.text:
            if cell.ruled:
                self.layout.cells.append(rect)
            across = TEXT_INSET if cell.ruled else 0.0
            inset = PADDED * TEXT_INSET
            room = rect.slice_x(across, rect.width - 2 * across).slice_y(inset, rect.height - 2 * inset)
            self._items.append(PlacedText(cell.text, room, height, inset))
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
        width, line, size = label.value * MM, self.planner.line.value * MM, self.planner.measures.entry_size
        room, wraps = rect.slice_x(width, rect.width - width), asked.lines > 1
        if not wraps and room.height > line:
            room, height = self._one_line(room, line), self.planner.line
        base = baseline(room.inset(BOX_INSET), size, wraps=wraps)
        self._items.append(self._label_of(boxes[0], rect.slice_x(0, width), label, base))
        if asked.kind is Kind.DFE_NUMBER:
            room = self._after_prefix(room, base)
        self._items.append(PlacedBox(boxes[0], room.inset(BOX_INSET), size, label, height, f"{key}.shows"))

    def _one_line(self, room: Rect, height: float) -> Rect:
        """The part of a room that a box of one line takes: level with a box of several lines, or in the middle."""
        if not self.has_lines:
            return room.slice_y((room.height - height) / 2, height)
        size, height = self.planner.measures.entry_size, min(height, least_line(2 * BOX_INSET) * MM)
        top = room.slice_y(0, height)
        down = baseline(top.inset(BOX_INSET), size, wraps=False) - baseline(room.inset(BOX_INSET), size, wraps=True)
        return room.slice_y(max(down, 0.0), height)

    def _label_of(self, box: Box, rect: Rect, width: Measure, base: float) -> Label:
        words = self.planner.definition.marked(box.caption, required=box.required)
        return Label(words, rect, Style.LABEL, width=width, baseline=base)

    def _after_prefix(self, room: Rect, base: float) -> Rect:
        """Print the authority's prefix of DfE numbers; what is left of the room."""
        prefix = self.planner.definition.partnership.dfe_prefix
        width = (len(prefix) * AVERAGE_GLYPH + AFTER_PREFIX) * self.planner.measures.entry_size
        self._items.append(Label(prefix, room.slice_x(0, width), Style.PREFIX, tinted=False, baseline=base))
        return room.slice_x(width, room.width - width)

    def _add_ticks(self, boxes: Sequence[Box], rect: Rect) -> None:
        """Squares to tick, each close behind its caption, and apart from the next one by an equal share of the row."""
        items = self._items
        size = self.planner.measures.text_size
        captions = [LABEL_INSET + text_width(box.caption, size) + AFTER_CAPTION for box in boxes]
        spare = (rect.width - sum(captions) - TICK * len(boxes)) / len(boxes)
        x = 0.0
        for box, width in zip(boxes, captions, strict=True):
            items.append(Label(box.caption, rect.slice_x(x, width), Style.LABEL, tinted=False))
            square = Rect(rect.x + x + width, rect.y + (rect.height - TICK) / 2, TICK, TICK)
            self.layout.cells.append(square)
            items.append(PlacedBox(box, square.inset(TICK_INSET), self.planner.measures.entry_size))
            x += width + TICK + spare

    # --- blocks -------------------------------------------------------------------------------------------------

    def _add_block(self, role: str, rect: Rect, row: Row) -> None:
        """Add the next block of the role, under its own bar or under the bar of its row."""
        planner = self.planner
        block = planner.definition.block(planner.roles[role], next(planner.positions[role]))
        down = 0.0
        if not row.heading or row.block_heading:
            words = row.block_heading or self.heading
            heading = words.replace("{position}", str(block.position)) or block.label
            self._start_group(heading, rect.slice_y(0, planner.heading), is_part=bool(row.heading))
            down = planner.heading
        items, label, size = self.layout.groups[-1].items, self._usual_label, planner.block_size
        for part, box in block.boxes.items():
            line = planner.lines[part]
            cell = rect.slice_y(down, line)
            room = cell.slice_x(label.value * MM, cell.width - label.value * MM).inset(BOX_INSET)
            self.layout.cells.append(cell)
            base = baseline(room, size, wraps=box.lines > 1)
            items.append(self._label_of(box, cell.slice_x(0, label.value * MM), label, base))
            items.append(PlacedBox(box, room, size, label, planner.line, f"{planner.parts[part]}.shows"))
            down += line


def _has_block(row: Row) -> bool:
    return any(cell.block for cell in row.cells)
