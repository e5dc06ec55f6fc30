"""A table of schools: the rows under the headings of a sheet, made members one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, repeat

from thep_forms.checking.characters import normal_text
from thep_forms.definition import FormDefinition
from thep_forms.register import gias, lists
from thep_forms.register.columns import EMAIL, columns_of, used_columns
from thep_forms.register.folding import folded
from thep_forms.register.lists import Mistake, RowReader
from thep_forms.register.member import MemberSchool
from thep_forms.register.option_columns import columns_of_options, says_nothing
from thep_forms.register.worksheets import Row

_FEWEST_LETTERS = 4  # of a heading within the table, or of a note below it
_COUNTS = ("number_of_", "no_of_")
_TOTALS = ("total", "totals", "subtotal", "sub", "grand", "sum", "count", "average")  # first words of a totals row


def table_under(headings: Sequence[str], definition: FormDefinition, *, is_csv: bool) -> Table | None:
    """The table under these headings; None if they are not those of a list or of an extract.

    Raises `SourceError` where a column of an extract is missing.
    """
    plain = [folded(heading) for heading in headings]
    if extract := gias.reader(plain, definition):
        return Table(plain, headings, extract, definition, is_csv=is_csv, is_extract=True)
    columns = columns_of(headings, definition)
    read = lists.reader(columns, definition)
    return Table(columns, headings, read, definition, is_csv=is_csv, is_extract=False) if read else None


class Table:
    """The rows under the headings, which `read` makes members of, and what was passed over.

    `hidden`, `struck`, `totals`, `captions`, `mended` and `linked` are numbers of rows. Hidden rows, struck-through
    rows, rows of totals and those with nothing but a heading or a note are not used. Mended rows had bytes of another
    encoding. In linked ones an e-mail address stood in a link alone. Three are rows by their heading. In
    `struck_cells`, the cell or words in it are struck through and not used. In `uncalculated`, it has a formula and no
    result. In `merged_across`, it was merged with used ones to its right. In `said_nothing` are columns that may say
    the answer of a field, and the rows in which they do not, and no other column does.
    """

    def __init__(
        self,
        columns: Sequence[str],
        headings: Sequence[str],
        read: RowReader,
        definition: FormDefinition,
        *,
        is_csv: bool,
        is_extract: bool,
    ) -> None:
        self.columns, self.read = columns, read
        self.is_csv = is_csv  # a comma that should have been in quotation marks moves the cells of a row
        self.is_extract = is_extract
        self.headings = {column: normal_text(heading) for column, heading in zip(columns, headings, strict=True)}
        self.rows: dict[str, list[int]] = {}  # the numbers of the rows of each school, by its DfE number
        self.mistakes = [] if is_extract else lists.columns_twice(columns, definition)
        self.hidden: list[int] = []
        self.struck: list[int] = []
        self.totals: list[int] = []
        self.captions: list[int] = []
        self.mended: list[int] = []
        self.linked: list[int] = []
        self.struck_cells: dict[str, list[int]] = {}
        self.uncalculated: dict[str, list[int]] = {}
        self.merged_across: dict[str, list[int]] = {}
        self.said_nothing: dict[tuple[str, str], list[int]] = {}  # rows by the heading and the label of the field
        self._options = {} if is_extract else columns_of_options(columns, definition)
        self._labels = {field.name: field.label for field in definition.fields}
        self._perhaps = () if is_extract else tuple(field for field in definition.fields if field.perhaps)
        self._number, self._name = definition.dfe_field.name, definition.school_name.name
        self._identifying = self._places({self._number, self._name})
        self._used = self._places(used_columns(columns, definition))
        self._columns_of_links = _columns_of_links(columns, definition)

    def _places(self, names: Set[str]) -> set[int]:
        return {at for at, column in enumerate(self.columns) if column in names}

    def members(self, rows: Iterable[Row]) -> Iterator[MemberSchool]:
        """The members in the rows. The lists of this table grow with what is wrong or passed over."""
        for row in rows:
            if not any(cell.strip() for cell in row.cells) and not row.uncalculated & self._places({self._number}):
                continue
            if row.is_hidden:
                self.hidden.append(row.number)
            elif self._identifying & row.struck:
                self.struck.append(row.number)
            elif row.uncalculated & self._used:
                self._note_uncalculated(row)
            elif member := self._member(row):
                yield member

    def _note(self, noted: dict[str, list[int]], places: Iterable[int], row: Row) -> None:
        """Note the row at the headings of the cells."""
        for at in sorted(places):
            noted.setdefault(self.headings[self.columns[at]], []).append(row.number)

    def _note_uncalculated(self, row: Row) -> None:
        """Note the formulas without results, and what is wrong in the other cells of the row."""
        self._note(self.uncalculated, row.uncalculated & self._used, row)
        unknown = {self.columns[at] for at in row.uncalculated & self._used}
        member, mistakes = self.read(self._cells(row))
        if not _is_of_totals(row.cells):
            self._note_mistakes(row, member, [mistake for mistake in mistakes if mistake[0] not in unknown])

    def schools_twice(self) -> list[str]:
        """A mistake for each school that stands in several rows."""
        found: list[str] = []
        for school, numbers in self.rows.items():
            if len(numbers) > 1:
                found.append(f"{school} is in the rows {', '.join(map(str, numbers))}: keep one of them")
        return found

    def _member(self, row: Row) -> MemberSchool | None:
        member, mistakes = self.read(self._cells(row))
        if member and not member.dfe_number and _is_of_totals(row.cells):
            self.totals.append(row.number)
            return None
        if member and not member.dfe_number and self._is_caption(row.cells):
            self.captions.append(row.number)
            return None
        self._note_mistakes(row, member, mistakes)
        if member:
            self._note_what_says_nothing(row, member)
        if member and row.is_mended:
            self.mended.append(row.number)
        if member and member.dfe_number:
            self.rows.setdefault(member.dfe_number, []).append(row.number)
        return member

    def _note_what_says_nothing(self, row: Row, member: MemberSchool) -> None:
        """Note the cells that may say the answer of a field, and do not."""
        for field in self._perhaps:
            if field.name not in member.record.school:
                for at in self._filled_places(row, field.perhaps):
                    self._note_nothing(at, field.label, row)
        for name, options in self._options.items():
            if not self._filled_places(row, [name]):
                for at in self._filled_places(row, options):
                    if says_nothing(row.cells[at]):
                        self._note_nothing(at, self._labels[name], row)

    def _filled_places(self, row: Row, columns: Iterable[str]) -> list[int]:
        """The places of the cells under these columns that have anything in them."""
        return [at for at in sorted(self._places(set(columns))) if at < len(row.cells) and row.cells[at].strip()]

    def _note_nothing(self, place: int, label: str, row: Row) -> None:
        """Note that a cell does not say what it was looked at for."""
        self.said_nothing.setdefault((self.headings[self.columns[place]], label), []).append(row.number)

    def _is_caption(self, cells: Sequence[str]) -> bool:
        """Whether the row has nothing but words in one cell, which are no school's name."""
        filled = {self.columns[at]: cell for at, cell in enumerate(cells[: len(self.columns)]) if cell.strip()}
        words = "".join(filled.values())
        if len(filled) != 1 or self._name in filled or words.startswith("#") or "@" in words:
            return False
        letters = sum(map(str.isalpha, words))
        return letters >= _FEWEST_LETTERS and letters > sum(map(str.isdigit, words))

    def _cells(self, row: Row) -> dict[str, str]:
        """The cells by column, without those that are struck through, and with the addresses behind links."""
        cells = dict(zip(self.columns, chain(row.cells, repeat("")), strict=False))
        for at in row.struck & self._used:
            cells[self.columns[at]] = ""
        self._note(self.struck_cells, (row.struck | row.partly_struck) & self._used, row)
        self._note(self.merged_across, self._merged_across(row), row)
        for at, address in row.links.items():
            column = self.columns[at] if at < len(self.columns) and at not in row.struck else ""
            target = self._columns_of_links.get(column, "")
            found = cells.get(target, "")
            if target and "@" not in found and (target == column or not found.strip()):
                cells[target] = address
                self.linked.append(row.number)
        return cells

    def _merged_across(self, row: Row) -> Iterator[int]:
        """The filled cells that were merged with used ones to their right."""
        for at, last in row.spans.items():
            used = [place for place in self._used if at <= place <= last]
            if len(used) > 1 and at < len(row.cells) and row.cells[at].strip():
                yield used[0]

    def _note_mistakes(self, row: Row, member: MemberSchool | None, mistakes: Sequence[Mistake]) -> None:
        for column, complaint in mistakes:
            self.mistakes.append(f"row {row.number}: {self.headings.get(folded(column), column)} is {complaint}")
        if member and self.is_csv and any(cell.strip() for cell in row.cells[len(self.columns) :]):
            self.mistakes.append(f"row {row.number} has more cells than there are headings")


def _columns_of_links(columns: Iterable[str], definition: FormDefinition) -> Mapping[str, str]:
    """The column that takes the address behind a cell, by the column of the cell: one of addresses, or of names."""
    found = {EMAIL: EMAIL, definition.school_name.name: EMAIL}
    name, email = definition.person_name.name, definition.person_email.name
    for block in definition.blocks(columns):
        if email in block.boxes:
            target = block.boxes[email].name
            found |= {block.boxes[part].name: target for part in (name, email) if part in block.boxes}
    return found


def _is_of_totals(cells: Sequence[str]) -> bool:
    """Whether the first words of the row are those of a totals row, such as `Total schools: 42`."""
    words = next((folded(cell) for cell in cells if any(char.isalpha() for char in cell)), "")
    return words.partition("_")[0] in _TOTALS or words.startswith(_COUNTS)
