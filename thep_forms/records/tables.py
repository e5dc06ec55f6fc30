"""The records as tables, row by row: all rows at once would take a lot of memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from thep_forms.checking.formula import neutralised
from thep_forms.deciding.winner import Verdict
from thep_forms.reading.model import FileKind, ReadFrom
from thep_forms.records.ledger import Order
from thep_forms.records.records import Records, Returned

Row = Sequence[str]  # a cell for each column
_CHUNK = 2**16  # characters
_RETURN = {"return_id": "Return"}


class Table(Struct, frozen=True):
    """A CSV: its name without the ending, its columns with what they hold, its rows in their order.

    The rows can be gone through several times.
    """

    name: str
    columns: Mapping[str, str]
    rows: Iterable[Row]

    def csv(self) -> Iterator[bytes]:
        """UTF-8, RFC 4180, a header row; no cell acts as a formula. It comes piece by piece."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow(map(neutralised, row))
            if text.tell() > _CHUNK:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        yield text.getvalue().encode()

    def resource(self) -> dict[str, object]:
        """Its entry in the data package: a Table Schema in which every column is a string."""
        return {
            "name": self.name,
            "path": f"{self.name}.csv",
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "schema": {
                "fields": [
                    {"name": column, "type": "string", "title": title} for column, title in self.columns.items()
                ],
                "missingValues": [""],
            },
        }


class Rows(Struct, frozen=True):
    """Rows that are made anew each time that they are gone through."""

    make: Callable[[], Iterable[Row]]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.make())


def tables(known: Records) -> tuple[Table, ...]:
    """All of them, the most asked for first. What they need of each return is fetched while their rows are made."""
    return (_schools(known), _contacts(known), _returns(known), _problems(known), _changes(known), _values(known))


def _schools(known: Records) -> Table:
    dfe = known.definition.dfe_field
    columns = {"membership_year": "Membership year", "dfe_number": dfe.label}
    for asked in known.definition.fields:
        if asked is not dfe:
            columns[asked.name] = asked.label
            columns |= {asked.postcode_column: "Postcode"} if asked.postcode_column else {}

    columns |= _others(columns, (known.known(one).school for one in known.accepted()))
    asked_of = list(columns)[2:]

    def rows() -> Iterator[Row]:
        for one in known.accepted():
            school = known.known(one).school
            yield one.year, one.dfe_number, *(school.get(name, "") for name in asked_of), one.return_id

    return Table("schools", {**columns, **_RETURN}, Rows(rows))


def _contacts(known: Records) -> Table:
    columns = {"membership_year": "Membership year", "dfe_number": known.definition.dfe_field.label}
    columns |= {"role": "Role", "position": "Position"}
    columns |= {part.name: part.label for part in known.definition.parts}
    columns |= _others(columns, (held.parts for one in known.accepted() for held in known.known(one).contacts))
    parts = list(columns)[4:]

    def rows() -> Iterator[Row]:
        for one in known.accepted():
            for held in known.known(one).contacts:
                place, said = (held.role, str(held.position)), (held.parts.get(part, "") for part in parts)
                yield one.year, one.dfe_number, *place, *said, one.return_id

    return Table("contacts", {**columns, **_RETURN}, Rows(rows))


def _returns(known: Records) -> Table:
    columns = {
        "return_id": "Return",
        "source": "Where it came from",
        "received_at": "Date of the message it came in",
        "membership_year": "Membership year",
        "dfe_number": known.definition.dfe_field.label,
        "verdict": "Verdict",
        "read_from": "Read from",
        "problems": "Problems",
    }

    def rows() -> Iterator[Row]:
        for one, arrival in known.arrivals(Order.SOURCE):
            yield (
                one.return_id,
                arrival.source,
                arrival.received_at.isoformat() if arrival.received_at else "",
                one.year,
                one.dfe_number,
                one.verdict if arrival == one.arrivals[0] else Verdict.DUPLICATE,
                _read_from(one),
                ";".join(one.codes),
            )

    return Table("returns", columns, Rows(rows))


def _problems(known: Records) -> Table:
    columns = {
        "return_id": "Return",
        "source": "Where it came from",
        "dfe_number": known.definition.dfe_field.label,
        "field": "Field",
        "label": "Label on the form",
        "severity": "Severity",
        "code": "Code",
        "message": "Message",
        "value": "What was typed",
    }

    def rows() -> Iterator[Row]:
        for one in known.returns(Order.SOURCE):
            for found in known.problems(one):
                about = (found.field, found.label, found.severity, found.code, found.message, found.value)
                yield one.return_id, one.source, one.dfe_number, *about

    return Table("problems", columns, Rows(rows))


def _values(known: Records) -> Table:
    columns = {
        "return_id": "Return",
        "field": "Field",
        "label": "Label on the form",
        "raw": "As it was typed",
        "value": "Normal form",
        "read_from": "Read from",
    }

    def rows() -> Iterator[Row]:
        for return_id, answers in known.answers():
            for one in answers:
                yield return_id, one.field, one.label, one.raw, one.value, one.read_from

    return Table("values", columns, Rows(rows))


def _changes(known: Records) -> Table:
    columns = {
        "membership_year": "Membership year",
        "dfe_number": known.definition.dfe_field.label,
        "role": "Role",
        "field": "Field",
        "before": "What was known",
        "after": "What the return says",
    }

    def rows() -> Iterator[Row]:
        for one, found in known.changes():
            yield one.year, one.dfe_number, found.role, found.field, found.before, found.after

    return Table("changes", columns, Rows(rows))


def _read_from(one: Returned) -> str:
    if one.entry.outcome == FileKind.SCAN:
        return ReadFrom.SCAN
    return (one.entry.read_from or ReadFrom.FIELDS) if one.entry.outcome == FileKind.FORM else ""


def _others(columns: Mapping[str, str], said: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Columns that only another year's form had."""
    names = set(chain.from_iterable(said))
    return {name: name for name in sorted(names - columns.keys() - _RETURN.keys())}
