"""A table of schools: the rows under the headings of a sheet, made members one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from thep_forms.checking.characters import normal_text
from thep_forms.definition import FormDefinition
from thep_forms.register import gias, lists
from thep_forms.register.lists import Mistake, RowReader, columns_of, folded
from thep_forms.register.member import MemberSchool
from thep_forms.register.worksheets import Row

_TOTALS = ("total", "totals", "subtotal", "sub", "grand", "sum", "count", "average")  # first words of a totals row


def table_under(headings: Sequence[str], definition: FormDefinition, *, is_csv: bool) -> Table | None:
    """The table under these headings; None if they are not those of a list or of an extract.

    Raises `SourceError` where a column is missing or there twice.
    """
    columns = columns_of(headings, definition)
    extract = gias.reader(columns, definition)
    read = extract or lists.reader(columns, definition)
    if read is None:
        return None
    return Table(columns, headings, read, definition, is_csv=is_csv, is_extract=extract is not None)


class Table:
    """The rows under the headings, which `read` makes members of, and what was passed over.

    `hidden`, `struck`, `totals` and `mended` are numbers of rows. Hidden rows, struck-through rows and rows of totals
    are not used. Mended rows had bytes of another encoding.
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
        self.mistakes: list[str] = []
        self.hidden: list[int] = []
        self.struck: list[int] = []
        self.totals: list[int] = []
        self.mended: list[int] = []
        identifying = (definition.dfe_field.name, definition.school_name.name)
        self._identifying = {at for at, column in enumerate(columns) if column in identifying}

    def members(self, rows: Iterable[Row]) -> Iterator[MemberSchool]:
        """The members in the rows. The lists of this table grow with what is wrong or passed over."""
        for row in rows:
            if not any(cell.strip() for cell in row.cells):
                continue
            if row.is_hidden:
                self.hidden.append(row.number)
            elif self._identifying & row.struck:
                self.struck.append(row.number)
            elif member := self._member(row):
                yield member

    def schools_twice(self) -> list[str]:
        """A mistake for each school that stands in several rows."""
        found: list[str] = []
        for school, numbers in self.rows.items():
            if len(numbers) > 1:
                found.append(f"{school} is in the rows {', '.join(map(str, numbers))}")
        return found

    def _member(self, row: Row) -> MemberSchool | None:
        member, mistakes = self.read(dict(zip(self.columns, chain(row.cells, repeat("")), strict=False)))
        if member and not member.dfe_number and _is_of_totals(row.cells):
            self.totals.append(row.number)
            return None
        self._note_mistakes(row, member, mistakes)
        if member and row.is_mended:
            self.mended.append(row.number)
        if member and member.dfe_number:
            self.rows.setdefault(member.dfe_number, []).append(row.number)
        return member

    def _note_mistakes(self, row: Row, member: MemberSchool | None, mistakes: Sequence[Mistake]) -> None:
        for column, complaint in mistakes:
            self.mistakes.append(f"row {row.number}: {self.headings.get(folded(column), column)} is {complaint}")
        if member and self.is_csv and any(cell.strip() for cell in row.cells[len(self.columns) :]):
            self.mistakes.append(f"row {row.number} has more cells than there are headings")


def _is_of_totals(cells: Sequence[str]) -> bool:
    """Whether the first words of the row are those of a totals row, such as `Total schools: 42`."""
    words = next((folded(cell) for cell in cells if any(char.isalpha() for char in cell)), "")
    return words.partition("_")[0] in _TOTALS
