"""The register: the partnership's member schools, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from thep_forms.check.settle import Verdict
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.keep import Ledger, Records
from thep_forms.register import gias, lists
from thep_forms.register.lists import Cells, Read, folded
from thep_forms.register.member import Member, known_address
from thep_forms.register.sheets import Sheet, sheets

Definitions = Callable[[MembershipYear | None], FormDefinition]

SHOWN = 10  # mistakes that are told at once
HEADINGS_WITHIN = 20  # rows from the top: a title may stand above the headings


def read_register(path: Path, definitions: Definitions) -> tuple[Member, ...]:
    """The member schools by DFE number. Raises `SourceError`, `RecordsError`, `TemplateError`.

    `path` is a folder of RECORDS, of which the latest accepted return of each school counts, or a file: a CSV or an
    Excel workbook, known by what is in it. Its columns are those of a list: `dfe_number` and any of `email`, those of
    `schools.csv` and the boxes of contacts (`headteacher_name`); or those of an extract of DfE's register (`gias`). They
    stand in any order, and columns that are not known are left alone. Of a workbook the first sheet that has them counts.
    """
    members = _from_records(path, definitions) if path.is_dir() else _from_file(path, definitions(None))
    return tuple(sorted(members, key=lambda member: member.dfe_number))


def _from_records(path: Path, definitions: Definitions) -> list[Member]:
    latest: dict[str, Member] = {}
    with Ledger.existing(path) as ledger:
        for one in sorted(Records(ledger, definitions).returns, key=lambda one: one.year):
            if one.verdict is Verdict.ACCEPTED and one.entry.checked:
                checked = one.entry.checked
                email = known_address(checked.contacts, definitions(checked.year))
                latest[one.dfe_number] = Member(one.dfe_number, checked.school, checked.contacts, email, whole=True)
    if not latest:
        raise SourceError(f"{path} holds no accepted return. Give a folder with some, or a list of schools.")
    return list(latest.values())


def _from_file(path: Path, definition: FormDefinition) -> list[Member]:
    column = definition.dfe_field.name
    with closing(sheets(path)) as found:
        for sheet in found:
            rows = enumerate(sheet.rows, 1)
            for _, headings in islice(rows, HEADINGS_WITHIN):
                columns = [folded(heading) for heading in headings]
                if read := _reader(columns, definition, where):
                    ...
    raise SourceError(f"The list of schools {path} has no column {column}. Give the column of DfE numbers that name.")
