"""The register: the partnership's member schools, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Never

from thep_forms.checking.record import SCHOOL_NAME, SchoolRecord
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.records import Records, open_for_reading
from thep_forms.register import gias, lists
from thep_forms.register.lists import Read, columns_of, folded
from thep_forms.register.member import MemberSchool, known_address
from thep_forms.register.worksheets import sheets

SHOWN = 10  # mistakes that are told at once
HEADINGS_WITHIN = 20  # rows from the top: a title may stand above the headings


def read_register(path: Path, definitions: Definitions) -> tuple[MemberSchool, ...]:
    """The member schools by DFE number. Raises `SourceError`, `RecordsError`, `TemplateError`.

    `path` is a folder of RECORDS, of which the latest accepted return of each school counts, or a file: a CSV or an
    Excel workbook, known by what is in it. Its columns are those of a list: `dfe_number` and any of `email`, those of
    `schools.csv` and the boxes of contacts (`headteacher_name`); or those of an extract of DfE's register (`gias`).
    They stand in any order, and columns that are not known are left alone. Of a workbook the first sheet that has them
    counts.
    """
    members = _from_records(path, definitions) if path.is_dir() else _from_file(path, definitions(None))
    return tuple(sorted(members, key=lambda member: member.dfe_number))


def _from_records(path: Path, definitions: Definitions) -> list[MemberSchool]:
    latest: dict[str, MemberSchool] = {}
    with open_for_reading(path, definitions) as ledger:
        records = Records(ledger, definitions)
        for one in records.accepted():  # the years in their order
            known = records.record(one)
            email = known_address(known.contacts, definitions(MembershipYear.parse(one.year)))
            latest[one.dfe_number] = MemberSchool(one.dfe_number, known, email)
        register = ledger.register()
        for number in register.keys() - latest.keys():  # of these there is what the last list told
            told = ledger.member(number) or SchoolRecord({SCHOOL_NAME: register[number]})
            email = known_address(told.contacts, definitions(None))
            latest[number] = MemberSchool(number, told, email)
    if not latest:
        raise SourceError(f"{path} holds no accepted return. Give a folder with some, or a list of schools.")
    return list(latest.values())


def _from_file(path: Path, definition: FormDefinition) -> list[MemberSchool]:
    with closing(sheets(path)) as found:
        for sheet in found:
            rows = enumerate(sheet.rows, 1)
            for _, headings in islice(rows, HEADINGS_WITHIN):
                columns = columns_of(headings)
                try:
                    read = gias.reader(columns, definition) or lists.reader(columns, definition)
                except SourceError as error:
                    raise SourceError(f"The list of schools {path} {error}") from error
                if read:
                    members = _Rows(headings, read, is_csv=not sheet.name).members(rows, f"{path}{sheet.told}")
                    return members or _no_school(path, definition)
    dfe = definition.dfe_field.name
    raise SourceError(f"The list of schools {path} has no column {dfe}. Give the column of DfE numbers that name.")


def _no_school(path: Path, definition: FormDefinition) -> Never:
    raise SourceError(
        f"The list of schools {path} has no school of {definition.partnership.local_authority} in it. "
        "Look whether it is the right file."
    )


class _Rows:
    """The rows under the headings, which `read` makes members of."""

    def __init__(self, headings: Sequence[str], read: Read, *, is_csv: bool) -> None:
        self.is_csv = is_csv  # a comma that should have been in quotation marks moves the cells of a row
        self.columns, self.read = columns_of(headings), read
        self.headings = {column: heading.strip() for column, heading in zip(self.columns, headings, strict=True)}
        self.rows: dict[str, list[int]] = {}  # by DFE number, those that it is in
        self.mistakes: list[str] = []

    def members(self, rows: Iterable[tuple[int, Sequence[str]]], where: str) -> list[MemberSchool]:
        """Raises `SourceError`, about the list `where`: for bad rows first, then for schools that are there twice."""
        filled = ((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))
        members = [member for number, cells in filled if (member := self._member(number, cells))]
        twice = [
            f"{school} is in the rows {', '.join(map(str, numbers))}"
            for school, numbers in self.rows.items()
            if len(numbers) > 1
        ]
        if mistakes := self.mistakes or twice:
            more = f", and {len(mistakes) - SHOWN} more" if len(mistakes) > SHOWN else ""
            told = "; ".join(mistakes[:SHOWN])
            raise SourceError(f"The list of schools {where}, {told}{more}. Mend it and run again.")
        return members

    def _member(self, number: int, cells: Sequence[str]) -> MemberSchool | None:
        member, wrong = self.read(dict(zip(self.columns, chain(cells, repeat("")), strict=False)))
        self.mistakes += [
            f"row {number}: {self.headings.get(folded(column), column)} is {what}" for column, what in wrong
        ]
        if member and self.is_csv and any(cell.strip() for cell in cells[len(self.columns) :]):
            self.mistakes.append(f"row {number} has more cells than there are headings")
        if member and member.dfe_number:
            self.rows.setdefault(member.dfe_number, []).append(number)
        return member


__all__ = ["MemberSchool", "read_register"]
