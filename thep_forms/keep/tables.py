"""The records as tables: views of the ledger, the same whatever the order in which returns came."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from operator import itemgetter

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.check.formula import neutralised
from thep_forms.check.problems import problem
from thep_forms.check.record import Checked, Known, Problem
from thep_forms.check.settle import Candidate, Settled, Verdict, settle
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import ProblemCode
from thep_forms.definition.year import MembershipYear
from thep_forms.keep.changes import Change, changes
from thep_forms.keep.ledger import Arrival, Entry, Ledger, return_id_of
from thep_forms.read.reading import Outcome, ReadFrom

Row = Mapping[str, str]
_LAST = datetime.max.replace(tzinfo=UTC)


class Table(Struct, frozen=True):
    """A CSV: its name without the ending, its columns with what they hold, its rows in their order.

    The rows can be gone through several times.
    """

    name: str
    columns: Mapping[str, str]
    rows: Iterable[Row]

    def csv(self) -> bytes:
        """UTF-8, RFC 4180, a header row; no cell acts as a formula."""
        data = io.BytesIO()
        with io.TextIOWrapper(data, "utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(self.columns)
            writer.writerows([neutralised(row.get(column, "")) for column in self.columns] for row in self.rows)
            text.flush()
            return data.getvalue()

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


class Again(Struct, frozen=True):
    """Rows that are made anew each time that they are gone through: all of them at once take a lot of memory."""

    make: Callable[[], Iterable[Row]]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.make())


class Returned(Struct, frozen=True):
    """A return with its verdict. `problems` are its own and those that other returns or the register give it."""

    entry: Entry
    arrivals: tuple[Arrival, ...]  # the one that counts first
    verdict: Verdict
    problems: tuple[Problem, ...]

    @property
    def aside(self) -> bool:
        """Whether it never came but as a decoration of messages: nobody is asked about it."""
        return self.verdict is Verdict.NOT_A_FORM and all(arrival.aside for arrival in self.arrivals)

    @property
    def dfe_number(self) -> str:
        return self.entry.checked.dfe_number if self.entry.checked else ""

    @property
    def school(self) -> str:
        """The DFE number that was typed; where none can be read, that of the school that the copy was made for."""
        return self.dfe_number or (self.entry.checked.copy_of if self.entry.checked else "")

    @property
    def year(self) -> str:
        checked = self.entry.checked
        return str(checked.year) if checked and checked.year else ""


class Records:
    """Everything that the ledger knows, with verdicts. It is open as long as rows are asked for."""

    def __init__(self, ledger: Ledger, definition: Callable[[MembershipYear | None], FormDefinition]) -> None:
        """`definition` gives that of a year, or of any where there is none."""
        self._ledger, self._register = ledger, ledger.register()
        self._arrivals: dict[str, list[Arrival]] = {}
        for arrival in ledger.arrivals():
            self._arrivals.setdefault(arrival.return_id, []).append(arrival)
        for arrivals in self._arrivals.values():
            arrivals.sort(key=lambda one: (one.received_at or _LAST, one.source))
        self._entries = list(ledger.entries())
        for source, reason in ledger.unread():
            self._add_unread(source, reason)
        self._preferences = ledger.preferences()
        # The columns are those of the latest year's form: they depend on the returns, not on the day.
        years = (one.checked.year for one in self._entries if one.checked and one.checked.acceptable)
        self.definition = definition(max(filter(None, years), default=None))

    def _add_unread(self, source: str, reason: str) -> None:
        """What has no bytes is known by the way that it came."""
        return_id = return_id_of(hashlib.sha256(source.encode()).hexdigest())
        self._entries.append(Entry(return_id, "", Outcome.UNREADABLE, reason))
        self._arrivals[return_id] = [Arrival(source, return_id)]

    @cached_property
    def settled(self) -> Settled:
        return settle(filter(None, map(self._candidate, self._entries)), self._preferences)

    def _candidate(self, entry: Entry) -> Candidate | None:
        """The return as one that can be accepted, or None if it cannot."""
        checked = entry.checked
        if not checked or not checked.year or not checked.acceptable or self._is_stranger(checked.dfe_number):
            return None
        said = msgspec.json.encode((checked.school, checked.contacts))
        received = self._arrivals[entry.return_id][0].received_at
        school = (str(checked.year), checked.dfe_number)
        return Candidate(entry.return_id, school, hashlib.sha256(said).hexdigest(), received or entry.modified)

    def _is_stranger(self, dfe_number: str) -> bool:
        return bool(dfe_number and self._register and dfe_number not in self._register)

    @cached_property
    def returns(self) -> list[Returned]:
        """Every return, by its id."""
        return [self._returned(entry) for entry in self._entries]

    def _returned(self, entry: Entry) -> Returned:
        arrivals = tuple(self._arrivals[entry.return_id])
        checked = entry.checked
        if not checked:
            outcome = Outcome.UNREADABLE if entry.outcome == Outcome.FAILED else entry.outcome
            plain = Returned(entry, arrivals, Verdict(outcome), ())
            found = problem(self.definition, ProblemCode(outcome), value=entry.reason)
            return plain if plain.aside else replace(plain, problems=(found,))
        if checked.blank:
            return Returned(entry, arrivals, Verdict.BLANK, (problem(self.definition, ProblemCode.BLANK),))
        verdict = self.settled.verdicts.get(entry.return_id, Verdict.NEEDS_ATTENTION)
        return Returned(entry, arrivals, verdict, (*checked.problems, *self._from_others(entry)))

    def _from_others(self, entry: Entry) -> Iterator[Problem]:
        checked, dfe = entry.checked, self.definition.dfe_field
        if checked and self._is_stranger(checked.dfe_number):
            yield problem(self.definition, ProblemCode.DFE_UNKNOWN, dfe.name, dfe.label, checked.dfe_number)
        if checked and entry.return_id in self.settled.conflicts:
            yield problem(self.definition, ProblemCode.RETURN_CONFLICT, year=checked.year)

    def rivals(self, return_id: str) -> list[str] | None:
        """The other acceptable returns of the same school and year; None if it is not acceptable itself."""
        schools = {one.entry.return_id: (one.year, one.dfe_number) for one in self.returns}
        if return_id not in self.settled.verdicts:
            return None
        return [other for other in self.settled.verdicts if other != return_id and schools[other] == schools[return_id]]

    def tables(self) -> tuple[Table, ...]:
        return (
            self._schools(),
            self._contacts(),
            self._returns(),
            self._problems(),
            self._values(),
            self._changes(),
        )

    @cached_property
    def _accepted(self) -> list[tuple[Returned, Checked]]:
        """One return a year and school, in their order."""
        found = [
            (one, one.entry.checked) for one in self.returns if one.entry.checked and one.verdict is Verdict.ACCEPTED
        ]
        return sorted(found, key=lambda pair: (pair[0].year, pair[0].dfe_number))

    def _schools(self) -> Table:
        columns = {"membership_year": "Membership year", "dfe_number": self.definition.dfe_field.label}
        for asked in self.definition.fields:
            if asked is not self.definition.dfe_field:
                columns[asked.name] = asked.label
                columns |= {asked.postcode_column: "Postcode"} if asked.postcode_column else {}
        rows = Again(
            lambda: (
                {
                    "membership_year": one.year,
                    "dfe_number": one.dfe_number,
                    **checked.school,
                    "return_id": one.entry.return_id,
                }
                for one, checked in self._accepted
            )
        )
        return Table("schools", columns | _extra(columns, rows) | {"return_id": "Return"}, rows)

    def _contacts(self) -> Table:
        first = {"membership_year": "Membership year", "dfe_number": self.definition.dfe_field.label}
        columns = first | {"role": "Role", "position": "Position"}
        columns |= {part.name: part.label for part in self.definition.parts}
        rows = Again(
            lambda: (
                {
                    "membership_year": one.year,
                    "dfe_number": one.dfe_number,
                    "role": contact.role,
                    "position": str(contact.position),
                    **contact.parts,
                    "return_id": one.entry.return_id,
                }
                for one, checked in self._accepted
                for contact in checked.contacts
            )
        )
        return Table("contacts", columns | _extra(columns, rows) | {"return_id": "Return"}, rows)

    def _returns(self) -> Table:
        columns = {
            "return_id": "Return",
            "source": "Where it came from",
            "received_at": "Date of the message it came in",
            "membership_year": "Membership year",
            "dfe_number": self.definition.dfe_field.label,
            "verdict": "Verdict",
            "read_from": "Read from",
            "problems": "Problems",
        }
        rows = (
            _row(
                columns,
                one.entry.return_id,
                arrival.source,
                arrival.received_at.isoformat() if arrival.received_at else "",
                one.year,
                one.dfe_number,
                Verdict.DUPLICATE if n else one.verdict,
                _read_from(one.entry),
                ";".join(dict.fromkeys(found.code for found in one.problems)),
            )
            for one in self.returns
            for n, arrival in enumerate(one.arrivals)
        )
        return Table("returns", columns, sorted(rows, key=itemgetter("source", "return_id")))

    def _problems(self) -> Table:
        columns = {
            "return_id": "Return",
            "source": "Where it came from",
            "dfe_number": self.definition.dfe_field.label,
            "field": "Field",
            "label": "Label on the form",
            "severity": "Severity",
            "code": "Code",
            "message": "Message",
            "value": "What was typed",
        }
        rows = (
            _row(
                columns,
                one.entry.return_id,
                one.arrivals[0].source,
                one.dfe_number,
                found.field,
                found.label,
                found.severity,
                found.code,
                found.message,
                found.value,
            )
            for one in self.returns
            for found in one.problems
        )
        return Table("problems", columns, sorted(rows, key=itemgetter("source", "return_id")))

    def _values(self) -> Table:
        columns = {
            "return_id": "Return",
            "field": "Field",
            "label": "Label on the form",
            "raw": "As it was typed",
            "value": "Normal form",
            "read_from": "Read from",
        }
        rows = Again(
            lambda: (
                _row(columns, return_id, value.field, value.label, value.raw, value.value, value.read_from)
                for return_id, values in self._ledger.answers()
                for value in values
            )
        )
        return Table("values", columns, rows)

    def _changes(self) -> Table:
        columns = {
            "membership_year": "Membership year",
            "dfe_number": self.definition.dfe_field.label,
            "role": "Role",
            "field": "Field",
            "before": "What was known",
            "after": "What the return says",
        }
        rows = [
            _row(columns, one.year, one.dfe_number, found.role, found.field, found.before, found.after)
            for one, found in self.changes()
        ]
        return Table("changes", columns, rows)

    def changes(self) -> Iterator[tuple[Returned, Change]]:
        """What the accepted returns say differently from what was known of their schools before."""
        for one, before, after in self._compared():
            for found in changes(before, after, self.definition):
                yield one, found

    def _compared(self) -> Iterator[tuple[Returned, Known, Known]]:
        """Each accepted return, what was known of its school before, and what it says.

        That is what its last accepted return of an earlier year said; where there is none, what the register says, if
        the return is of the latest year.
        """
        latest = max((one.year for one, _ in self._accepted), default="")
        said: dict[str, Known] = {}
        for one, checked in self._accepted:  # the years in their order
            after = Known(checked.school, checked.contacts, whole=True)
            before = said.get(one.dfe_number) or (self._register.get(one.dfe_number) if one.year == latest else None)
            if before:
                yield one, before, after
            said[one.dfe_number] = after


def _row(columns: Iterable[str], *cells: str) -> dict[str, str]:
    return dict(zip(columns, cells, strict=True))


def _read_from(entry: Entry) -> str:
    if entry.outcome == Outcome.SCAN:
        return ReadFrom.SCAN
    if entry.outcome != Outcome.FORM or not entry.checked:
        return ""
    return entry.checked.values[0].read_from if entry.checked.values else "fields"


def _extra(columns: Mapping[str, str], rows: Iterable[Row]) -> dict[str, str]:
    """Columns that only another year's form had."""
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: name for name in sorted(names) if name not in columns and name != "return_id"}
