"""The records: everything that the ledger knows, with verdicts, the same whatever the order in which returns came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain

from msgspec import Struct

from thep_forms.checking.problems import problem
from thep_forms.checking.record import SCHOOL_NAME, CheckedValue, Problem, SchoolRecord
from thep_forms.deciding.verdicts import Verdicts, dated
from thep_forms.deciding.winner import Verdict
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.definition.year import MembershipYear
from thep_forms.reading.model import FileKind
from thep_forms.records.changes import Change, changes
from thep_forms.records.ledger import Ledger, Order
from thep_forms.records.model import Arrival, Entry


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
        return dated(self.entry, self.arrivals)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its problems, each once."""
        own = self.entry.codes.split(";") if self.entry.codes else ()
        return tuple(dict.fromkeys((*own, *self.given)))


class Records:
    """Everything that the ledger knows, with verdicts. It has to be open.

    However many returns there are, they are gone through one by one.
    """

    def __init__(self, ledger: Ledger, definition: Callable[[MembershipYear | None], FormDefinition]) -> None:
        """`definition` gives that of a year, or of any where there is none."""
        self._ledger, self._verdicts = ledger, Verdicts(ledger)
        latest = self._verdicts.latest
        # The columns are those of the latest year's form: they depend on the returns, not on the day.
        self.definition = definition(MembershipYear.parse(latest) if latest else None)

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
            arrivals = (arrival,) if count == 1 else self._verdicts.arrivals(entry.return_id)
            yield self._returned(entry, arrivals), arrival

    def _unread(self) -> Iterator[tuple[Returned, Arrival]]:
        for arrival, reason in self._ledger.unread():
            yield self._returned(Entry(arrival.return_id, FileKind.UNREADABLE, reason), (arrival,)), arrival

    def _returned(self, entry: Entry, arrivals: tuple[Arrival, ...]) -> Returned:
        verdicts = self._verdicts
        one = Returned(entry, arrivals, verdicts.of(entry), verdicts.given(entry), verdicts.namesake(entry))
        return Returned(entry, arrivals, one.verdict) if one.aside else one

    def rivals(self, return_id: str) -> list[str] | None:
        """The other returns of the same school and year; None if it is not acceptable itself."""
        return self._verdicts.rivals(return_id)

    # --- what a return says --------------------------------------------------------------------------------------

    def known(self, one: Returned) -> SchoolRecord:
        """What the return says of its school."""
        return self._ledger.known(one.return_id)

    def problems(self, one: Returned) -> tuple[Problem, ...]:
        """Its own problems, and those that the register and other returns give it."""
        own = self._ledger.problems(one.return_id) if one.entry.codes else ()
        return (*own, *(self._given(code, one.entry) for code in one.given))

    def _given(self, code: ProblemCode, entry: Entry) -> Problem:
        dfe, number, names = self.definition.dfe_field, entry.dfe_number, self._verdicts.names.names
        if code is ProblemCode.DFE_UNKNOWN:
            return problem(self.definition, code, dfe.name, dfe.label, number)
        if code is ProblemCode.DFE_OTHER_SCHOOL:
            other = self._verdicts.namesake(entry)
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

    def _compared(self) -> Iterator[tuple[Returned, SchoolRecord]]:
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
