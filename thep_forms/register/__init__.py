"""The register: the partnership's member schools, and what is known of each."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Never

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.records import ListedSchool, Records, open_for_reading
from thep_forms.register.combining import combined
from thep_forms.register.headings import find_headings
from thep_forms.register.list_files import sheets
from thep_forms.register.member import MemberSchool, known_address
from thep_forms.register.mistakes import ListMistakesError, Mistakes
from thep_forms.register.notes import ReadingNotes
from thep_forms.register.of_year import members_of_year
from thep_forms.register.table import Table, table_under
from thep_forms.register.worksheets import Row, Worksheet

_OTHER_NAMES = 3  # that a message proposes for a column

# One line for each thing that the user should know of a list that was read. The command line prints them.
NOTES = logging.getLogger(__name__)
NOTES.addHandler(logging.NullHandler())


def read_register(path: Path, definitions: Definitions, year: MembershipYear | None = None) -> tuple[MemberSchool, ...]:
    """The member schools of a year, or else of the default year, by DfE number.

    Raises `SourceError`, `RecordsError`, `TemplateError`. `path` is a folder of RECORDS, for which `members_of_year`
    says what counts, or a file. A file is a CSV or an Excel workbook; its content tells which. It is a register list or
    an extract of DfE's register (`gias`). The columns of a list are the DfE number and any of `email`, those of
    `schools.csv` and the boxes of contacts. Columns stand in any order. Unknown columns are left alone. Every visible
    sheet with such columns counts, without its hidden and struck-through rows. The logger `NOTES` gets a line for what
    was used, and for what was not.
    """
    if not path.exists():
        raise SourceError(f"The list of schools {path} cannot be read: it does not exist. Check its name and folder.")
    year = year or definitions.default_year
    members = _from_records(path, definitions, year) if path.is_dir() else _from_file(path, definitions(year))
    return tuple(sorted(members, key=lambda member: member.dfe_number))


def as_listed(members: Iterable[MemberSchool], definition: FormDefinition) -> list[ListedSchool]:
    """The schools as the ledger keeps them, by DfE number. An address that is that of a person is not kept twice."""
    listed: list[ListedSchool] = []
    for member in members:
        is_of_person = member.email == known_address(member.record.contacts, definition)
        listed.append(ListedSchool(member.dfe_number, member.name, "" if is_of_person else member.email, member.record))
    return listed


def _from_records(path: Path, definitions: Definitions, year: MembershipYear) -> Sequence[MemberSchool]:
    with open_for_reading(path, definitions) as ledger:
        members = members_of_year(Records(ledger, definitions), year)
    if not members:
        raise SourceError(f"{path} holds no accepted return. Give a folder with some, or a list of schools.")
    return members


def _from_file(path: Path, definition: FormDefinition) -> list[MemberSchool]:
    members: dict[str, MemberSchool] = {}
    tables: list[Table] = []
    mistakes = Mistakes(path)
    notes = ReadingNotes(path)
    with closing(sheets(path)) as found:
        for sheet in found:
            if sheet.is_hidden:
                notes.hidden_sheets.append(sheet.name)
                continue
            table, rows = _table(sheet, definition, path)
            if table is None:
                continue
            tables.append(table)
            for member in _differing(members, table.members(rows), definition):
                mistakes.note_difference(member, sheet)
            notes.add(table, sheet)
            mistakes.note(table, sheet)
            if not sheet.name:
                break  # a CSV that was read with its delimiter
    mistakes.require_none()
    if not tables:
        raise SourceError(_no_column(path, definition, notes.hidden_sheets))
    if not members:
        _no_school(path, definition)
    for line in notes.lines(definition):
        NOTES.warning(line)
    return list(members.values())


def _table(sheet: Worksheet, definition: FormDefinition, path: Path) -> tuple[Table | None, Iterator[Row]]:
    """The table of a sheet and the rows under its headings; None where none of its first rows are headings."""
    try:
        found = find_headings(sheet.rows, definition)
        table = table_under(found.cells, definition, is_csv=not sheet.name) if found else None
    except SourceError as error:
        raise SourceError(f"The list of schools {path} {error}") from error
    return table, found.rows if found else sheet.rows


def _differing(
    members: dict[str, MemberSchool], of_sheet: Iterable[MemberSchool], definition: FormDefinition
) -> Iterator[MemberSchool]:
    """Adds the members of a sheet to those of others, and gives those of which two sheets differ.

    Of a school that stands twice in one sheet the first row counts: the table has the mistake. It has it also of a
    member without a number.
    """
    of_other_sheets = set(members)
    for member in of_sheet:
        known = members.get(member.dfe_number)
        both = combined(known, member, definition) if known else member
        if both and member.dfe_number:
            members[member.dfe_number] = both
        elif member.dfe_number in of_other_sheets:
            yield member


def _no_column(path: Path, definition: FormDefinition, hidden_sheets: Iterable[str]) -> str:
    dfe = definition.dfe_field
    names = (dfe.label, *(name.replace("_", " ") for name in dfe.also[:_OTHER_NAMES]))
    called = f"It may also be called {', '.join(f'“{name}”' for name in names)}."
    hidden = "".join(f" Its sheet “{name}” is hidden and was not read." for name in hidden_sheets)
    start = f"The list of schools {path} has no column {dfe.name}. Give the column of DfE numbers that name."
    return f"{start} {called}{hidden}"


def _no_school(path: Path, definition: FormDefinition) -> Never:
    raise SourceError(
        f"The list of schools {path} has no school of {definition.partnership.local_authority} in it. "
        "Check that it is the right file."
    )


__all__ = ["NOTES", "ListMistakesError", "MemberSchool", "as_listed", "members_of_year", "read_register"]
