"""The records: everything that the ledger knows, with verdicts, the same whatever the order in which returns came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.problems import problem
from thep_forms.checking.record import CheckedValue, Contact, Problem, SchoolRecord
from thep_forms.deciding import (
    LONG_AGO,
    Arrival,
    Decision,
    Entry,
    Judgements,
    Verdict,
    as_they_stand,
    decide,
    numbers_before,
    undeliverable_addresses,
)
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, ProblemCode, Severity
from thep_forms.records.addresses import Correspondents
from thep_forms.records.changes import Change, changes
from thep_forms.records.ledger import Ledger
from thep_forms.records.once import WorkedOutOnce
from thep_forms.records.renewing import renewed
from thep_forms.records.returned import Returned, place_of, returned, split_codes


class KnownContact(Struct, frozen=True):
    """A person in a role, and the return that told of them."""

    contact: Contact
    return_id: str


class Records(WorkedOutOnce):
    """Everything that an open ledger knows, with verdicts.

    Returns are gone through one by one: in memory are only the judgements, unless `keep_returns` was called, or what an
    earlier run worked out counts.
    """

    def __init__(self, ledger: Ledger, definitions: Definitions) -> None:
        """Decide about every return, by what the ledger knows now.

        `renewed` is set where an earlier run had decided, so that only what has changed since was decided again.
        """
        super().__init__()
        self.ledger, self.definitions = ledger, definitions
        self.registers = ledger.registers()
        self.own_addresses = definitions().partnership.own_addresses
        self.renewed = renewed(ledger, self.registers, self.own_addresses)
        self._returns = self.renewed.returns if self.renewed else None
        self.judgements = self.renewed.judgements if self.renewed else self._decided()
        told, reached = (self.renewed.before.told, self.renewed.reached) if self.renewed else (b"", ())
        self.correspondents = Correspondents(
            ledger, self.judgements.by_return, self.registers, self.own_addresses, told, reached
        )
        # The columns are those of the latest year's form: they depend on the returns, not on the day.
        latest = self.judgements.latest_year
        self.definition: FormDefinition = definitions(MembershipYear.parse(latest) if latest else None)

    def _decided(self) -> Judgements:
        unopened = list(self.ledger.unopened())
        return decide(
            chain(self.ledger.entries(), (entry for entry, _ in unopened)),
            chain(self.ledger.arrivals(), (arrival for _, arrivals in unopened for arrival in arrivals)),
            self.ledger.decisions(),
            self.registers,
            self.own_addresses,
            self.ledger.first_forms_sent(),
        )

    @cached_property
    def latest_year(self) -> str:
        """The latest membership year that was sent, returned or collected; empty if there is none."""
        return self.ledger.latest_year()

    @cached_property
    def _numbers_before(self) -> dict[str, str]:
        return numbers_before(self.ledger.decisions())

    # --- returns -------------------------------------------------------------------------------------------------

    def keep_returns(self, before: Records | None = None, reached: Collection[str] = ()) -> None:
        """Keep all returns in memory, for a program that asks for them often: some 2 kB each.

        `before` are the records of the same program until a change, which can only reach the returns `reached`.
        """
        self._returns = {entry.return_id: entry for entry in self.returns()}
        last = before if before and before.definition is self.definition else None
        self._keep(last, reached)
        if last:
            self.correspondents = last.correspondents
            self.correspondents.renew(self.judgements.by_return, reached)

    def find(self, return_id: str) -> Returned | None:
        """The return with that id; None if there is none."""
        if self._returns is not None:
            return self._returns.get(return_id)
        return next((entry for entry in self.returns() if entry.return_id == return_id), None)

    def returns(self) -> Iterator[Returned]:
        """Every return once, by membership year, DfE number and id."""
        return iter(self._returns.values()) if self._returns is not None else self._all_returns()

    def _all_returns(self) -> Iterator[Returned]:
        found = merge(self.ledger.returns(), self.ledger.unopened(), key=lambda each: place_of(each[0]))
        for entry, arrivals in found:
            yield returned(entry, arrivals, self.judgements.by_return[entry.return_id], self.own_addresses)

    def arrivals(self) -> Iterator[tuple[Returned, Arrival]]:
        """Every arrival with its return: the returns in their order, the arrivals of each by source."""
        for entry in self.returns():
            for arrival in sorted(entry.arrivals, key=lambda arrival: arrival.source):
                yield entry, arrival

    def later_pages(self) -> dict[str, list[Returned]]:
        """The returns that are read with the first page of their form, by the id of the return that has it."""
        return self.once(Records.later_pages, self._later_pages)

    def _later_pages(self) -> dict[str, list[Returned]]:
        found: dict[str, list[Returned]] = {}
        for entry in self.returns():
            if entry.first_page:
                found.setdefault(entry.first_page, []).append(entry)
        return found

    def school_of(self, entry: Returned) -> tuple[str, str]:
        """The DfE number and the name of the school that a return belongs to, as far as anybody knows."""
        number = entry.school or self.school_by_sender(entry, entry.arrivals[0])
        listed = self.registers.members(entry.year_collected).get(number)
        return number, listed or entry.school_name or self.correspondents.name_of(number)

    def school_by_sender(self, entry: Returned, arrival: Arrival) -> str:
        """The DfE number of the school whose known address sent the return that way; empty where nobody can tell.

        Only a return that does not say whose it is belongs to its sender. Nobody guesses a number for a filled-in form.
        A person may have said it.
        """
        if entry.judgement.assigned_school and not entry.entry.is_filled_in:
            return entry.judgement.assigned_school
        return "" if entry.school or entry.entry.is_filled_in else self.correspondents.school_of(arrival)

    def undeliverable_addresses(self) -> dict[str, datetime | None]:
        """The addresses to which mail bounced, in lower case, and when it did last."""
        if self._returns is not None:
            return undeliverable_addresses(way for entry in self._returns.values() for way in entry.arrivals)
        unopened = (arrival for _, arrivals in self.ledger.unopened() for arrival in arrivals)
        return undeliverable_addresses(chain(self.ledger.arrivals(), unopened))

    def accepted(self) -> Iterator[Returned]:
        """The return that counts for each year and school, in that order."""
        return (entry for entry in self.returns() if entry.verdict is Verdict.ACCEPTED)

    def decisions(self) -> list[Decision]:
        """What persons decided, in their order. Only a decision that no longer counts names the one that undid it."""
        return as_they_stand(self.ledger.decisions())

    def numbers_of(self, number: str) -> list[str]:
        """The DfE numbers of a school: this one, and those that it had before as persons noted it, the last one first.

        A number that comes again ends the list.
        """
        numbers = [number]
        while (number := self._numbers_before.get(number, "")) and number not in numbers:
            numbers.append(number)
        return numbers

    def number_now(self, number: str, year: str) -> str:
        """The DfE number under which a school of this number is in the list of a year; empty if it has no other."""
        listed = self.registers.members(year)
        return next((each for each in listed if number in self.numbers_of(each)[1:]), "")

    # --- what a return says --------------------------------------------------------------------------------------

    def record(self, entry: Returned) -> SchoolRecord:
        """The checked answers of the return; nothing where it is no form."""
        return self.ledger.record(entry.return_id)

    def contacts(self, entry: Returned, record: SchoolRecord) -> list[KnownContact]:
        """The people of an accepted return, whose record this is, in the form's order.

        Those on pages that did not come back are the last known ones, of an earlier return of the school.
        """
        return self._with_last_known(entry, record)[0]

    def whole_record(self, entry: Returned) -> SchoolRecord:
        """The record of an accepted return, with the last known people of pages that did not come back."""
        record = self.record(entry)
        contacts, unknown = self._with_last_known(entry, record)
        return replace(record, contacts=tuple(known.contact for known in contacts), unknown=unknown)

    def _with_last_known(
        self, entry: Returned, record: SchoolRecord
    ) -> tuple[list[KnownContact], Mapping[str, tuple[int, ...]]]:
        """The people of a return and the last known ones, and the roles that are still `unknown`."""
        contacts = [KnownContact(contact, entry.return_id) for contact in record.contacts]
        if not record.unknown:
            return contacts, {}
        name, unknown = self.definition.person_name.name, record
        for return_id in self._earlier_returns(entry):
            earlier = self.ledger.record(return_id)
            contacts += _last_known(unknown, earlier, contacts, return_id, name)
            unknown = _still_unknown(unknown, earlier)
            if not unknown.unknown:
                break
        order = [role.name for role in self.definition.roles]
        contacts.sort(key=lambda known: (_index(order, known.contact.role), known.contact.position))
        return contacts, unknown.unknown

    def _earlier_returns(self, entry: Returned) -> list[str]:
        """The returns without errors that the school sent before, the last one first."""
        dated: list[tuple[str, datetime, str]] = []
        for other in self.ledger.entries_of_school(entry.dfe_number):
            judgement = self.judgements.by_return[other.return_id]
            is_of_year = other.year == entry.year and judgement.verdict is Verdict.SUPERSEDED
            is_earlier = other.year < entry.year and judgement.verdict is Verdict.ACCEPTED
            if judgement.can_count and (is_of_year or is_earlier):
                dated.append((other.year, self._date(other), other.return_id))
        return [return_id for _, _, return_id in sorted(dated, reverse=True)]

    def _date(self, entry: Entry) -> datetime:
        received = [arrival.received_at for arrival in self.ledger.arrivals_of(entry.return_id) if arrival.received_at]
        return min(received, default=entry.modified or LONG_AGO)

    def answers(self, entry: Returned) -> tuple[CheckedValue, ...]:
        """Every answer of the return as it was typed, beside its normal form."""
        return self.ledger.answers(entry.return_id) if entry.entry.is_filled_in else ()

    def problems(self, entry: Returned) -> tuple[Problem, ...]:
        """Its own problems, and those that the register and other returns give it."""
        if entry.asks_nothing:
            return ()
        own = self.ledger.problems(entry.return_id) if entry.entry.codes else ()
        return (*own, *(self._problem(code, entry) for code in entry.judgement.codes))

    def _problem(self, code: ProblemCode, entry: Returned) -> Problem:
        """A problem that the register or other returns give it, or what the file is."""
        dfe, number = self.definition.dfe_field, entry.dfe_number
        if code is ProblemCode.YEAR_EARLIER:
            return self.year_earlier(entry, entry.judgement.collected)
        names = self.registers.members(entry.year_collected)
        if code is ProblemCode.DFE_UNKNOWN:
            return problem(self.definition, code, dfe.name, dfe.label, number)
        if code is ProblemCode.DFE_OTHER_SCHOOL:
            other = entry.judgement.namesake
            words = {"name": names[number] or number, "other": names[other], "theirs": other}
            return problem(self.definition, code, dfe.name, dfe.label, number, **words)
        if code is ProblemCode.NAME_UNLIKELY:
            field, words = self.definition.school_name, {"number": number, "name": names[number]}
            return problem(self.definition, code, field.name, field.label, entry.school_name, **words)
        return problem(self.definition, code, value=entry.entry.reason, year=entry.year)

    def year_earlier(self, entry: Returned, collected: str) -> Problem:
        """The problem that it is of an earlier year than the one collected."""
        return problem(self.definition, ProblemCode.YEAR_EARLIER, value=entry.year, year=collected)

    def problems_to_mend(self, entry: Returned) -> tuple[Problem, ...]:
        """The problems of a return that its school can mend. On a form of an earlier year, nothing else is to mend."""
        if entry.judgement.collected:
            return (self.year_earlier(entry, entry.judgement.collected),)
        return self.problems(entry)

    def errors(self, entry: Returned) -> tuple[str, ...]:
        """The codes of those of its problems that must be fixed."""
        problems = self.definition.problems
        codes = [code for code in entry.judgement.codes if problems[code].severity is Severity.ERROR]
        return tuple(dict.fromkeys((*split_codes(entry.entry.errors), *codes)))

    # --- what is new ---------------------------------------------------------------------------------------------

    def changes(self) -> Iterator[tuple[Returned, Change]]:
        """What the accepted returns say differently from what was known of their schools before."""
        history = History(self)
        for entry in self.accepted():
            for change in history.changes(entry, self.record(entry)):
                yield entry, change


class History:
    """What was known of each school before. It is asked about accepted returns in the order of their years."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.latest_year = records.judgements.latest_accepted
        self._earlier: dict[str, Returned] = {}  # by school, its last accepted return of an earlier year

    def changes(self, entry: Returned, record: SchoolRecord) -> list[Change]:
        """What the record of an accepted return says differently; nothing where nothing was known."""
        before = self._before(entry)
        if entry.year != self.latest_year:
            self._earlier[entry.dfe_number] = entry
        return list(changes(before, record, self.records.definition)) if before else []

    def _before(self, entry: Returned) -> SchoolRecord | None:
        """What the school's last accepted return of an earlier year said.

        Where there is none, it is what the register list of the year says, or else the nearest earlier list.
        """
        ledger = self.records.ledger
        if earlier := self._earlier.get(entry.dfe_number):
            return self.records.whole_record(earlier)
        year = self.records.registers.year_of_list(entry.year)
        listed = ledger.listed_school(year, entry.dfe_number) if year <= entry.year else None
        return listed.record if listed and listed.record != SchoolRecord() else None


def _last_known(
    record: SchoolRecord, earlier: SchoolRecord, contacts: Iterable[KnownContact], return_id: str, name: str
) -> list[KnownContact]:
    """The people of an earlier return in blocks that `record` does not know. Nobody is listed twice in a role.

    `name` is the part that is the name of a person.
    """
    listed = {(known.contact.role, known.contact.parts.get(name)) for known in contacts}
    found: list[KnownContact] = []
    for contact in earlier.contacts:
        is_listed = (contact.role, contact.parts.get(name)) in listed
        if record.is_unknown(contact.role, contact.position) and not is_listed:
            found.append(KnownContact(contact, return_id))
    return found


def _still_unknown(record: SchoolRecord, earlier: SchoolRecord) -> SchoolRecord:
    """What is known of neither: the positions that came are those of both."""
    unknown: dict[str, tuple[int, ...]] = {}
    for role, positions in record.unknown.items():
        if role in earlier.unknown:
            unknown[role] = (*positions, *earlier.unknown[role])
    return SchoolRecord(unknown=unknown)


def _index(order: Sequence[str], role: str) -> int:
    """Where a role stands on the form; those of earlier years' forms alone come last."""
    return order.index(role) if role in order else len(order)
