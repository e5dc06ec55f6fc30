"""The records as tables: their columns, and the rows of all of them in one pass over the ledger."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from thep_forms.checking.formula import csv_cell, exact
from thep_forms.deciding import Arrival, Decision, Verdict
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.reading import FileKind, ReadFrom
from thep_forms.records.names import TableName
from thep_forms.records.records import History, KnownContact, Records
from thep_forms.records.returned import Returned

Row = Sequence[str]  # a cell for each column
Columns = Mapping[str, str]  # the name and the title of each column, in order
_PIECE = 500  # rows
_LONGEST_CELL = 2**31 - 1  # characters; the default of csv.reader is 131,072
_RETURN = {"return_id": "Return"}
_YEAR = {"membership_year": "Membership year"}
_SOURCE = {"source": "Where it came from"}
_ROLE = {"role": "Role"}
_FIELD = {"field": "Field"}
_LABEL = {"label": "Label on the form"}
_FATE = {"verdict": "Verdict", "read_from": "Read from", "problems": "Problems"}
_PROBLEM = {"severity": "Severity", "code": "Code", "message": "Message", "value": "What was typed"}
_CHANGE = {"before": "What was known", "after": "What the return says"}
_DECISION = {
    "decision_id": "Decision",
    "at": "When it was taken",
    "who": "Who took it",
    "action": "What was decided",
}
_DECIDED = {
    "before": "What was there before",
    "after": "What is there now",
    "why": "Why",
    "undone_by": "Decision that undid it",
}
_VALUE = {
    "raw": "As it was typed",
    "value": "Normal form",
    "read_from": "Read from",
    "confidence": "How sure the reading of a picture is, from 0 to 1",
    "corrected": "What a person put in its place",
}


class Rows(Protocol):
    """Rows whose number is known in advance, and which can be read several times."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Row]: ...


class Table(Struct, frozen=True):
    """A table: its name, its columns with what they hold, its rows in their order."""

    name: str
    columns: Columns
    rows: Rows

    def csv(self) -> Iterator[bytes]:
        """The table as CSV, piece by piece; see `CsvText`."""
        text = CsvText(self.columns)
        for row in self.rows:
            text.add(row)
            if text.rows == _PIECE:
                yield text.take()
        yield text.take()


class CsvText:
    """Rows as CSV: UTF-8, RFC 4180, a header row; no cell acts as a formula. It is taken piece by piece."""

    def __init__(self, columns: Columns) -> None:
        self._lines: list[str] = []
        self._writer = csv.writer(_Lines(self._lines.append))
        self._writer.writerow(columns)
        self.rows = 0  # since the last piece was taken

    def add(self, row: Row) -> None:
        """Add a row."""
        self._writer.writerow(map(csv_cell, row))
        self.rows += 1

    def take(self) -> bytes:
        """What was added since, the header first."""
        piece = "".join(self._lines).encode()
        self._lines.clear()
        self.rows = 0
        return piece


class _Lines(Struct, frozen=True):
    """What `csv.writer` writes to."""

    write: Callable[[str], object]


class CsvRows:
    """The rows of a CSV that was written here, with the exact values. `count` is how many there are."""

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count = path, count

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                rows = [[exact(cell) for cell in row] for row in csv.reader(file)]
        finally:
            csv.field_size_limit(before)
        return iter(rows[1:])


def columns(records: Records) -> dict[TableName, Columns]:
    """The columns of every table."""
    dfe = {"dfe_number": records.definition.dfe_field.label}
    name = {"school_name": records.definition.school_name.label}
    school = {**_YEAR, **dfe, **name}
    return {
        TableName.SCHOOLS: {**_YEAR, **dfe, **_school_columns(records), **_RETURN},
        TableName.CONTACTS: {**school, **_ROLE, "position": "Position", **_part_columns(records), **_RETURN},
        TableName.RETURNS: {**_RETURN, **_SOURCE, "received_at": "Date of the message it came in", **school, **_FATE},
        TableName.PROBLEMS: {**_RETURN, **_SOURCE, **dfe, **name, **_FIELD, **_LABEL, **_PROBLEM},
        TableName.CHANGES: {**school, **_ROLE, **_FIELD, **_CHANGE},
        TableName.DECISIONS: {**_DECISION, **_RETURN, **school, **_FIELD, **_DECIDED},
        TableName.VALUES: {**_RETURN, **_FIELD, **_LABEL, **_VALUE},
    }


def _labels(definition: FormDefinition) -> dict[str, str]:
    """The labels of the fields in the form's order, with the columns of postcodes, without the DfE number."""
    labels = {}
    for field in definition.fields:
        if field is not definition.dfe_field:
            labels[field.name] = field.label
            if field.postcode_column:
                labels[field.postcode_column] = "Postcode"
    return labels


def _school_columns(records: Records) -> Columns:
    """The fields of the latest year's form, then the fields that only another year's form has."""
    earlier = [_labels(definition) for definition in _definitions(records)]
    return _with_earlier(_labels(records.definition), earlier)


def _part_columns(records: Records) -> Columns:
    """The columns of a person's parts, in the same order."""
    earlier = [{part.name: part.label for part in definition.parts} for definition in _definitions(records)]
    return _with_earlier({part.name: part.label for part in records.definition.parts}, earlier)


def _definitions(records: Records) -> list[FormDefinition]:
    """The definitions of the years with accepted returns."""
    return [records.definitions(MembershipYear.parse(year)) for year in records.judgements.years]


def _with_earlier(latest: Columns, earlier: Sequence[Columns]) -> Columns:
    all_labels: dict[str, str] = {}
    for labels in earlier:
        all_labels |= labels
    only_earlier = sorted(all_labels.keys() - latest.keys() - _RETURN.keys())
    return {**latest, **{name: all_labels[name] for name in only_earlier}}


class Sweep:
    """The rows of all tables, return by return. Ask for those of returns of one school in the order of their years."""

    def __init__(self, records: Records) -> None:
        self._records, self._history = records, History(records)
        self._fields, self._parts = list(_school_columns(records)), list(_part_columns(records))

    def rows(self, entry: Returned) -> Iterator[tuple[TableName, Row]]:
        """The rows of a return, in their order in each table."""
        records = self._records
        for arrival in sorted(entry.arrivals, key=lambda arrival: arrival.source):
            yield TableName.RETURNS, _return_row(records, entry, arrival)
        yield from _problem_rows(records, entry)
        yield from _value_rows(records, entry)
        if entry.verdict is Verdict.ACCEPTED:
            record = records.record(entry)
            cells = [record.school.get(name, "") for name in self._fields]
            yield TableName.SCHOOLS, (entry.year, entry.dfe_number, *cells, entry.return_id)
            yield from _contact_rows(entry, records.contacts(entry, record), self._parts)
            for change in self._history.changes(entry, record):
                row = (*_school_cells(entry), change.role, change.field, change.before, change.after)
                yield TableName.CHANGES, row

    def decisions(self) -> Iterator[Row]:
        """The rows of decisions, which are of no return."""
        return (_decision_row(decision) for decision in self._records.decisions())


def sweep(records: Records) -> Iterator[tuple[TableName, Row]]:
    """The rows of all tables in one pass: by membership year, DfE number, return and source; decisions come last."""
    of_returns = Sweep(records)
    for entry in records.returns():
        yield from of_returns.rows(entry)
    for row in of_returns.decisions():
        yield TableName.DECISIONS, row


def _school_cells(entry: Returned) -> Row:
    return entry.year, entry.dfe_number, entry.school_name


def _number_and_name(records: Records, entry: Returned, arrival: Arrival) -> tuple[str, str]:
    """The school that the return names, or else the one that sent it that way."""
    if number := records.school_by_sender(entry, arrival):
        return number, records.correspondents.name_of(number)
    listed = records.registers.members(entry.year_collected)
    return entry.dfe_number, entry.school_name or listed.get(entry.dfe_number, "")


def _return_row(records: Records, entry: Returned, arrival: Arrival) -> Row:
    return (
        entry.return_id,
        arrival.source,
        arrival.received_at.isoformat() if arrival.received_at else "",
        entry.year,
        *_number_and_name(records, entry, arrival),
        entry.verdict_of(arrival),
        _read_from(entry),
        "" if arrival.source in entry.apart else ";".join(entry.codes),
    )


def _read_from(entry: Returned) -> str:
    if entry.entry.kind == FileKind.SCAN:
        return ReadFrom.SCAN
    return (entry.entry.read_from or ReadFrom.FIELDS) if entry.entry.kind == FileKind.FORM else ""


def _problem_rows(records: Records, entry: Returned) -> Iterator[tuple[TableName, Row]]:
    problems = records.problems(entry)
    number, name = _number_and_name(records, entry, entry.arrivals[0]) if problems else ("", "")
    for problem in problems:
        yield (
            TableName.PROBLEMS,
            (
                entry.return_id,
                entry.source,
                number,
                name,
                problem.field,
                problem.label,
                problem.severity,
                problem.code,
                problem.message,
                problem.value,
            ),
        )


def _value_rows(records: Records, entry: Returned) -> Iterator[tuple[TableName, Row]]:
    for answer in records.answers(entry):
        row = (
            entry.return_id,
            answer.field,
            answer.label,
            answer.raw,
            answer.value,
            answer.read_from,
            "" if answer.confidence is None else f"{answer.confidence:.2f}",
            answer.corrected,
        )
        yield TableName.VALUES, row


def _contact_rows(
    entry: Returned, contacts: Iterable[KnownContact], parts: Sequence[str]
) -> Iterator[tuple[TableName, Row]]:
    for known in contacts:
        contact = known.contact
        cells = [contact.parts.get(part, "") for part in parts]
        row = (*_school_cells(entry), contact.role, str(contact.position), *cells, known.return_id)
        yield TableName.CONTACTS, row


def _decision_row(decision: Decision) -> Row:
    return (str(decision.number), *decision.cells)
