"""The register: the partnership's member schools, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Never

from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.records import Records, open_for_reading
from thep_forms.register import gias, lists
from thep_forms.register.lists import RowReader, columns_of, folded
from thep_forms.register.member import MemberSchool
from thep_forms.register.worksheets import sheets

MISTAKES_AT_ONCE = 10  # that a message lists
HEADINGS_WITHIN = 20  # rows from the top: a title may stand above the headings


def read_register(path: Path, definitions: Definitions) -> tuple[MemberSchool, ...]:
    """The member schools by DfE number. Raises `SourceError`, `RecordsError`, `TemplateError`.

    `path` is a folder of RECORDS, of which the latest accepted return of each school counts, or a file: a CSV or an
    Excel workbook, known by what is in it. The file's columns are those of a register list: that of the DfE number and
    any of `email`, those of `schools.csv` and the boxes of contacts; or they are those of an extract of DfE's register
    (`gias`). They stand in any order, and columns that are not known are left alone. Of a workbook the first sheet that
    has such columns counts.
    """
    members = _from_records(path, definitions) if path.is_dir() else _from_file(path, definitions(None))
    return tuple(sorted(members, key=lambda member: member.dfe_number))


def _from_records(path: Path, definitions: Definitions) -> list[MemberSchool]:
    latest: dict[str, MemberSchool] = {}
    with open_for_reading(path, definitions) as ledger:
        records = Records(ledger, definitions)
        for returned in records.accepted():  # the years in their order
            definition = definitions(MembershipYear.parse(returned.year))
            latest[returned.dfe_number] = MemberSchool.of(returned.dfe_number, records.record(returned), definition)
        register, definition = ledger.register(), definitions(None)
        for number in register.keys() - latest.keys():  # of these the last list has all that is known
            record = ledger.member(number) or SchoolRecord({definition.school_name.name: register[number]})
            latest[number] = MemberSchool.of(number, record, definition)
    if not latest:
        raise SourceError(f"{path} holds no accepted return. Give a folder with some, or a list of schools.")
    return list(latest.values())


def _from_file(path: Path, definition: FormDefinition) -> list[MemberSchool]:
    with closing(sheets(path)) as found:
        for sheet in found:
            rows = enumerate(sheet.rows, 1)
            for _, headings in islice(rows, HEADINGS_WITHIN):
                columns = columns_of(headings, definition)
                read = _reader(columns, definition, path)
                if read:
                    table = _Rows(columns, headings, read, is_csv=not sheet.name)
                    return table.members(rows, f"{path}{sheet.in_message}") or _no_school(path, definition)
    dfe = definition.dfe_field.name
    raise SourceError(f"The list of schools {path} has no column {dfe}. Give the column of DfE numbers that name.")


def _reader(columns: Sequence[str], definition: FormDefinition, path: Path) -> RowReader | None:
    """How to read the rows under these columns; None if they are not the headings of a list."""
    try:
        return gias.reader(columns, definition) or lists.reader(columns, definition)
    except SourceError as error:
        raise SourceError(f"The list of schools {path} {error}") from error


def _no_school(path: Path, definition: FormDefinition) -> Never:
    raise SourceError(
        f"The list of schools {path} has no school of {definition.partnership.local_authority} in it. "
        "Check that it is the right file."
    )


class _Rows:
    """The rows under the headings, which `read` makes members of."""

    def __init__(self, columns: Sequence[str], headings: Sequence[str], read: RowReader, *, is_csv: bool) -> None:
        self.columns, self.read = columns, read
        self.is_csv = is_csv  # a comma that should have been in quotation marks moves the cells of a row
        self.headings = {column: heading.strip() for column, heading in zip(columns, headings, strict=True)}
        self.rows: dict[str, list[int]] = {}  # the numbers of the rows of each school, by its DfE number
        self.mistakes: list[str] = []

    def members(self, rows: Iterable[tuple[int, Sequence[str]]], file: str) -> list[MemberSchool]:
        """The members in the rows of that file.

        Raises `SourceError` for rows with mistakes; where there are none, for schools that are there twice.
        """
        members: list[MemberSchool] = []
        for number, cells in rows:
            is_filled = any(cell.strip() for cell in cells)
            member = self._member(number, cells) if is_filled else None
            if member:
                members.append(member)
        if mistakes := self.mistakes or self._twice():
            more = f", and {len(mistakes) - MISTAKES_AT_ONCE} more" if len(mistakes) > MISTAKES_AT_ONCE else ""
            listed = "; ".join(mistakes[:MISTAKES_AT_ONCE])
            raise SourceError(f"The list of schools {file}, {listed}{more}. Correct it and run again.")
        return members

    def _twice(self) -> list[str]:
        found: list[str] = []
        for school, numbers in self.rows.items():
            if len(numbers) > 1:
                found.append(f"{school} is in the rows {', '.join(map(str, numbers))}")
        return found

    def _member(self, number: int, cells: Sequence[str]) -> MemberSchool | None:
        member, mistakes = self.read(dict(zip(self.columns, chain(cells, repeat("")), strict=False)))
        for column, complaint in mistakes:
            self.mistakes.append(f"row {number}: {self.headings.get(folded(column), column)} is {complaint}")
        if member and self.is_csv and any(cell.strip() for cell in cells[len(self.columns) :]):
            self.mistakes.append(f"row {number} has more cells than there are headings")
        if member and member.dfe_number:
            self.rows.setdefault(member.dfe_number, []).append(number)
        return member


__all__ = ["MemberSchool", "read_register"]
