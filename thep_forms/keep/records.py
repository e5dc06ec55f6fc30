"""The records: everything that the ledger knows, with verdicts, the same whatever the order in which returns came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from heapq import merge
from itertools import chain, groupby

from msgspec import Struct

from thep_forms.check.names import Names
from thep_forms.check.problems import problem
from thep_forms.check.record import SCHOOL_NAME, CheckedValue, Known, Problem
from thep_forms.check.settle import Candidate, Verdict, winner
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.definition.year import MembershipYear
from thep_forms.keep.changes import Change, changes
from thep_forms.keep.facts import Arrival, Entry
from thep_forms.keep.ledger import Ledger, Order
from thep_forms.read.reading import Outcome

KEPT = 64  # returns whose arrivals are at hand
_LAST = datetime.max.replace(tzinfo=UTC)


class Returned(Struct, frozen=True, gc=False):
    """A return with its verdict. `given` are the codes of problems that others give it.

    `namesake` is the number of the school whose name was typed, where the number that was typed is another's.
    """

    entry: Entry
    arrivals: tuple[Arrival, ...]  # the one that counts first
    verdict: Verdict
    given: tuple[ProblemCode, ...] = ()
    namesake: str = ""

    @property
    def return_id(self) -> str:
        return self.entry.return_id

    @property
    def source(self) -> str:
        """The way it came first."""
        return self.arrivals[0].source

    @property
    def aside(self) -> bool:
        """Whether it never came but as a decoration of messages: nobody is asked about it."""
        return self.verdict is Verdict.NOT_A_FORM and all(arrival.aside for arrival in self.arrivals)

    @property
    def dfe_number(self) -> str:
        return self.entry.dfe_number

    @property
    def school(self) -> str:
        """Whose it is: the DFE number that was typed, unless the name is another school's.

        Where no number can be read it is that of the school that the copy was made for.
        """
        return self.namesake or self.entry.dfe_number or self.entry.copy_of

    @property
    def year(self) -> str:
        return self.entry.year

    @property
    def dated(self) -> datetime | None:
        """When it was sent, as far as that is known."""
        return _date(self.entry, self.arrivals)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its problems, each once."""
        own = self.entry.codes.split(";") if self.entry.codes else ()
        return tuple(dict.fromkeys((*own, *self.given)))


def _date(entry: Entry, arrivals: Sequence[Arrival]) -> datetime | None:
    """That of the message that brought it, else that which the file gives."""
    return arrivals[0].received_at or entry.modified


class Records:
    """Everything that the ledger knows, with verdicts. It has to be open.

    However many returns there are, they are gone through one by one: at hand are only the ids of those that give way.
    """

    def __init__(self, ledger: Ledger, definition: Callable[[MembershipYear | None], FormDefinition]) -> None:
        """`definition` gives that of a year, or of any where there is none."""
        self._ledger, self._members = ledger, ledger.members()
        self._preferences = ledger.preferences()
        self._superseded: set[str] = set()
        self._conflicts: set[str] = set()
        self._arrivals = lru_cache(KEPT)(self._in_order)  # one that came a thousand times is asked for as often
        self._names = Names(ledger.names())
        self._misnamed = dict(self._not_as_listed()) if self._names.names else {}
        latest = ""
        for (year, _), group in groupby(ledger.entries(), key=lambda one: (one.year, one.dfe_number)):
            acceptable = [one for one in group if one.acceptable]
            latest = year if acceptable else latest
            self._settle([one for one in acceptable if self._is_able(one)])
        self._superseded.update(one.return_id for one in ledger.entries() if self._gave_way(one))
        # The columns are those of the latest year's form: they depend on the returns, not on the day.
        self.definition = definition(MembershipYear.parse(latest) if latest else None)

    def _not_as_listed(self) -> Iterator[tuple[str, str]]:
        """The ids of returns whose name is not that of the member with their number, and the number of the one whose
        it is, or nothing.

        A school that corrects its name on its own copy is believed.
        """
        for one in self._ledger.entries():
            if one.is_form and not one.blank:
                name = self._ledger.known(one.return_id).school.get(SCHOOL_NAME, "")
                other = self._names.another(one.dfe_number, name)
                if other or (one.copy_of != one.dfe_number and self._names.is_strange(one.dfe_number, name)):
                    yield one.return_id, other or ""

    def _namesake(self, entry: Entry) -> str:
        """The number of the member whose name was typed with another number, or with none."""
        return self._misnamed.get(entry.return_id, "")

    def _is_able(self, entry: Entry) -> bool:
        """Whether it can count: nothing in it has to be mended, and it is the return of a member."""
        return entry.acceptable and not self._is_stranger(entry) and not self._namesake(entry)

    def _doubt(self, entry: Entry) -> tuple[str, bool]:
        """Why it may be another school's than the one whose number was typed: the copy that was used, and the name."""
        copy_of = "" if entry.copy_of == entry.dfe_number else entry.copy_of
        return copy_of, entry.return_id in self._misnamed

    def _settle(self, group: Sequence[Entry]) -> None:
        """Which of the returns of one school and year counts.

        Nobody can put those in order that may be of different schools.
        """
        if len(group) > 1:
            is_one_schools = len(set(map(self._doubt, group))) == 1
            dates = (self._dated(one) if is_one_schools else None for one in group)
            candidates = [Candidate(one.return_id, one.content, date) for one, date in zip(group, dates, strict=True)]
            found = winner(candidates, self._preferences)
            others = (one.return_id for one in group if not found or one.return_id != found.return_id)
            (self._superseded if found else self._conflicts).update(others)

    def _dated(self, entry: Entry) -> datetime | None:
        return _date(entry, self._arrivals(entry.return_id))

    def _gave_way(self, entry: Entry) -> bool:
        """Whether it had to be mended, and its school has sent one later that counts."""
        if not entry.is_form or entry.blank or self._is_able(entry):
            return False
        returned = self._ledger.entries_of(entry.year, self._school(entry))
        return any(self._verdict(one) is Verdict.ACCEPTED and self._counts_over(one, entry) for one in returned)

    def _school(self, entry: Entry) -> str:
        """Whose it is, of one that has to be mended: a number may be just what that is. Empty if nobody knows."""
        number, copy_of = entry.dfe_number, entry.copy_of
        if other := self._namesake(entry):
            return other
        if not number or self._is_stranger(entry):
            return copy_of
        is_named = number in self._names.names and entry.return_id not in self._misnamed
        return number if is_named or copy_of in ("", number) else ""

    def _counts_over(self, one: Entry, faulty: Entry) -> bool:
        dated, before = self._dated(one), self._dated(faulty)
        return bool(dated and before and dated > before) or (one.return_id, faulty.return_id) in self._preferences

    def _in_order(self, return_id: str) -> tuple[Arrival, ...]:
        """How a return came; what counts first: the first message, else the first way."""
        return tuple(sorted(self._ledger.arrivals(return_id), key=lambda one: (one.received_at or _LAST, one.source)))

    def _is_stranger(self, entry: Entry) -> bool:
        return bool(entry.dfe_number and self._members and entry.dfe_number not in self._members)

    def returns(self, order: Order = Order.RETURN) -> Iterator[Returned]:
        """Every return once; what could not be opened comes last, but in the order of sources."""
        return (one for one, arrival in self.arrivals(order) if arrival == one.arrivals[0])

    def arrivals(self, order: Order) -> Iterator[tuple[Returned, Arrival]]:
        """Every arrival, with its return."""
        came, unread = self._came(order), self._unread()
        if order is Order.SOURCE:
            return merge(came, unread, key=lambda each: (each[1].source, each[1].return_id))
        return chain(came, unread)

    def _came(self, order: Order) -> Iterator[tuple[Returned, Arrival]]:
        for entry, arrival, count in self._ledger.came(order):
            arrivals = (arrival,) if count == 1 else self._arrivals(entry.return_id)
            yield self._returned(entry, arrivals), arrival

    def _unread(self) -> Iterator[tuple[Returned, Arrival]]:
        for arrival, reason in self._ledger.unread():
            yield self._returned(Entry(arrival.return_id, Outcome.UNREADABLE, reason), (arrival,)), arrival

    def _returned(self, entry: Entry, arrivals: tuple[Arrival, ...]) -> Returned:
        if not entry.is_form:
            outcome = Outcome.UNREADABLE if entry.outcome == Outcome.FAILED else entry.outcome
            plain = Returned(entry, arrivals, Verdict(outcome))
            return plain if plain.aside else Returned(entry, arrivals, plain.verdict, (ProblemCode(outcome),))
        if entry.blank:
            return Returned(entry, arrivals, Verdict.BLANK, (ProblemCode.BLANK,))
        given = {
            ProblemCode.DFE_UNKNOWN: self._is_stranger(entry),
            ProblemCode.DFE_OTHER_SCHOOL: bool(self._namesake(entry)) and entry.dfe_number in self._members,
            ProblemCode.NAME_UNLIKELY: entry.return_id in self._misnamed and not self._namesake(entry),
            ProblemCode.RETURN_CONFLICT: entry.return_id in self._conflicts,
        }
        codes = tuple(code for code, is_so in given.items() if is_so)
        return Returned(entry, arrivals, self._verdict(entry), codes, self._namesake(entry))

    def _verdict(self, entry: Entry) -> Verdict:
        if entry.return_id in self._superseded:
            return Verdict.SUPERSEDED
        is_settled = self._is_able(entry) and entry.return_id not in self._conflicts
        return Verdict.ACCEPTED if is_settled else Verdict.NEEDS_ATTENTION

    def rivals(self, return_id: str) -> list[str] | None:
        """The other returns of the same school and year; None if it is not acceptable itself."""
        this = next((one for one in self._ledger.entries() if one.return_id == return_id), None)
        if not this or not self._is_able(this):
            return None
        others = (one for one in self._ledger.entries() if one.year == this.year and one.return_id != return_id)
        return [
            one.return_id
            for one in others
            if (one.dfe_number if self._is_able(one) else self._school(one)) == this.dfe_number
        ]

    # --- what a return says --------------------------------------------------------------------------------------

    def known(self, one: Returned) -> Known:
        """What the return says of its school."""
        return self._ledger.known(one.return_id)

    def problems(self, one: Returned) -> tuple[Problem, ...]:
        """Its own problems, and those that the register and other returns give it."""
        own = self._ledger.problems(one.return_id) if one.entry.codes else ()
        return (*own, *(self._given(code, one.entry) for code in one.given))

    def _given(self, code: ProblemCode, entry: Entry) -> Problem:
        dfe, number, names = self.definition.dfe_field, entry.dfe_number, self._names.names
        if code is ProblemCode.DFE_UNKNOWN:
            return problem(self.definition, code, dfe.name, dfe.label, number)
        if code is ProblemCode.DFE_OTHER_SCHOOL:
            other = self._namesake(entry)
            words = {"name": names.get(number) or number, "other": names[other], "theirs": other}
            return problem(self.definition, code, dfe.name, dfe.label, number, **words)
        if code is ProblemCode.NAME_UNLIKELY:
            label = next((asked.label for asked in self.definition.fields if asked.name == SCHOOL_NAME), "")
            typed = self._ledger.known(entry.return_id).school[SCHOOL_NAME]
            return problem(self.definition, code, SCHOOL_NAME, label, typed, number=number, name=names[number])
        return problem(self.definition, code, value=entry.reason, year=entry.year)

    def errors(self, one: Returned) -> tuple[str, ...]:
        """The codes of those of its problems that have to be mended."""
        own = one.entry.errors.split(";") if one.entry.errors else ()
        given = (code for code in one.given if self.definition.problems[code].severity is Severity.ERROR)
        return tuple(dict.fromkeys((*own, *given)))

    def answers(self) -> Iterator[tuple[str, tuple[CheckedValue, ...]]]:
        """All values of every form, by the id of its return."""
        return self._ledger.answers()

    # --- what counts ---------------------------------------------------------------------------------------------

    def accepted(self) -> Iterator[Returned]:
        """One return a year and school, in their order."""
        return (one for one in self.returns(Order.SCHOOL) if one.verdict is Verdict.ACCEPTED)

    def changes(self) -> Iterator[tuple[Returned, Change]]:
        """What the accepted returns say differently from what was known of their schools before."""
        for one, before in self._compared():
            for found in changes(before, self.known(one), self.definition):
                yield one, found

    def _compared(self) -> Iterator[tuple[Returned, Known]]:
        """Each accepted return of whose school something was known before.

        That is what its last accepted return of an earlier year said; where there is none, what the register says, if
        the return is of the latest year.
        """
        latest = max((one.year for one in self.accepted()), default="")
        earlier: dict[str, str] = {}  # the ids of these returns, by school
        for one in self.accepted():  # the years in their order
            if one.dfe_number in earlier:
                yield one, self._ledger.known(earlier[one.dfe_number])
            elif one.year == latest and (before := self._ledger.member(one.dfe_number)):
                yield one, before
            if one.year != latest:
                earlier[one.dfe_number] = one.return_id
