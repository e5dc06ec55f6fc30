"""All that is wrong in a list, collected over its sheets, so that one message can say it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from thep_forms.errors import SourceError
from thep_forms.register.member import MemberSchool
from thep_forms.register.notes import rows_in_words
from thep_forms.register.table import Table
from thep_forms.register.worksheets import Worksheet

MISTAKES_AT_ONCE = 10  # that a message lists


class ListMistakesError(SourceError):
    """A list has mistakes in its rows. `mistakes` are all of them, a line each."""

    def __init__(self, message: str, mistakes: Sequence[str]) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


class Mistakes:
    """Collects the mistakes of a list."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the list."""
        self._start = f"The list of schools {path}"
        self._tables: list[tuple[Table, Worksheet]] = []
        self._differences: list[str] = []

    def note(self, table: Table, sheet: Worksheet) -> None:
        """Note a table that has been read."""
        self._tables.append((table, sheet))

    def note_difference(self, member: MemberSchool, sheet: Worksheet) -> None:
        """Note a school of which a sheet says something else than one before."""
        where = f"last in “{sheet.name}”"
        self._differences.append(f"{member.dfe_number} is in several sheets with different content, {where}")

    def require_none(self) -> None:
        """Raises `ListMistakesError` for mistakes, or `SourceError` for nothing but formulas without results."""
        wrong = [(table, sheet) for table, sheet in self._tables if any(_of_table(table))]
        formulas = [(table, sheet) for table, sheet in self._tables if table.uncalculated]
        if len(formulas) == 1 and not wrong and not self._differences:
            table, sheet = formulas[0]
            raise SourceError(
                f"{self._start}{sheet.in_message}, has formulas that were never calculated: "
                f"{', '.join(_at_headings(table.uncalculated))}. "
                "Open it in Excel or LibreOffice, save it there, and give it again."
            )
        lines = [*self._of_tables(), *self._differences]
        if lines:
            raise ListMistakesError(self._message(lines), lines)

    def _of_tables(self) -> Iterator[str]:
        """The mistakes of all tables, with the sheet where there are several."""
        for table, sheet in self._tables:
            start = f"{sheet.in_message.removeprefix(', ')}, " if len(self._tables) > 1 else ""
            for line in (*_of_table(table), *_of_formulas(table)):
                yield f"{start}{line}"

    def _message(self, lines: Sequence[str]) -> str:
        more = f", and {len(lines) - MISTAKES_AT_ONCE} more" if len(lines) > MISTAKES_AT_ONCE else ""
        sheet = self._tables[0][1].in_message if len(self._tables) == 1 else ""
        listed = "; ".join(lines[:MISTAKES_AT_ONCE])
        return f"{self._start}{sheet}, {listed}{more}. Correct it and give it again."


def _of_table(table: Table) -> Iterator[str]:
    yield from table.mistakes
    yield from table.schools_twice()


def _of_formulas(table: Table) -> Iterator[str]:
    for where in _at_headings(table.uncalculated):
        yield f"{where} has a formula that was never calculated: open and save the list in Excel or LibreOffice"


def _at_headings(rows: Mapping[str, Sequence[int]]) -> Iterator[str]:
    for heading, numbers in rows.items():
        yield f"“{heading}” in {rows_in_words(numbers)}"
