"""The records: everything that the ledger knows, with verdicts, the same whatever the order in which returns came."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import compress, groupby

from msgspec import Struct

from thep_forms.check.problems import problem
from thep_forms.check.record import CheckedValue, Known, Problem
from thep_forms.check.settle import Candidate, Verdict, settle
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.definition.year import MembershipYear
from thep_forms.keep.changes import Change, changes
from thep_forms.keep.facts import Arrival, Entry, return_id_of
from thep_forms.keep.ledger import Ledger
from thep_forms.read.reading import Outcome

_LAST = datetime.max.replace(tzinfo=UTC)
_OTHERS = (ProblemCode.DFE_UNKNOWN, ProblemCode.RETURN_CONFLICT)  # problems that the register and other returns give


class Returned(Struct, frozen=True, gc=False):
    """A return with its verdict. `given` are the codes of problems that others give it."""

    entry: Entry
    arrivals: tuple[Arrival, ...]  # the one that counts first
    verdict: Verdict
    given: tuple[ProblemCode, ...] = ()

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
        """The DFE number that was typed; where none can be read, that of the school that the copy was made for."""
        return self.entry.dfe_number or self.entry.copy_of

    @property
    def year(self) -> str:
        return self.entry.year

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its problems, each once."""
        own = self.entry.codes.split(";") if self.entry.codes else ()
        return tuple(dict.fromkeys((*own, *self.given)))


class Records:
    """Everything that the ledger knows, with verdicts. It has to be open for what a return said.

    Only what says which return counts is at hand; the rest is fetched for each return, for all together are large.
    """

    def __init__(self, ledger: Ledger, definition: Callable[[MembershipYear | None], FormDefinition]) -> None:
        """`definition` gives that of a year, or of any where there is none."""
        self._ledger, self._register = ledger, ledger.register()
        arrivals = _arrivals(ledger)
        entries = list(ledger.entries())
        for source, reason in ledger.unread():
            entry = _unread(source, reason)
            entries.append(entry)
            arrivals[entry.return_id] = (Arrival(source, entry.return_id),)
        # The columns are those of the latest year's form: they depend on the returns, not on the day.
        latest = max((one.year for one in entries if one.acceptable), default="")
        self.definition = definition(MembershipYear.parse(latest) if latest else None)
        candidates = (self._candidate(one, arrivals[one.return_id][0]) for one in entries)
        self._settled = settle(filter(None, candidates), ledger.preferences())
        self.returns = tuple(self._returned(one, arrivals[one.return_id]) for one in entries)

    def _candidate(self, entry: Entry, arrival: Arrival) -> Candidate | None:
        """The return as one that can be accepted, or None if it cannot."""
        if not entry.acceptable or self._is_stranger(entry.dfe_number):
            return None
        school = (entry.year, entry.dfe_number)
        return Candidate(entry.return_id, school, entry.content, arrival.received_at or entry.modified)

    def _is_stranger(self, dfe_number: str) -> bool:
        return bool(dfe_number and self._register and dfe_number not in self._register)

    def _returned(self, entry: Entry, arrivals: tuple[Arrival, ...]) -> Returned:
        if not entry.is_form:
            outcome = Outcome.UNREADABLE if entry.outcome == Outcome.FAILED else entry.outcome
            plain = Returned(entry, arrivals, Verdict(outcome))
            return plain if plain.aside else Returned(entry, arrivals, plain.verdict, (ProblemCode(outcome),))
        if entry.blank:
            return Returned(entry, arrivals, Verdict.BLANK, (ProblemCode.BLANK,))
        verdict = self._settled.verdicts.get(entry.return_id, Verdict.NEEDS_ATTENTION)
        is_given = (self._is_stranger(entry.dfe_number), entry.return_id in self._settled.conflicts)
        return Returned(entry, arrivals, verdict, tuple(compress(_OTHERS, is_given)))

    def rivals(self, return_id: str) -> list[str] | None:
        """The other acceptable returns of the same school and year; None if it is not acceptable itself."""
        verdicts = self._settled.verdicts
        schools = {one.return_id: (one.year, one.dfe_number) for one in self.returns if one.return_id in verdicts}
        if return_id not in schools:
            return None
        return [other for other in verdicts if other != return_id and schools[other] == schools[return_id]]

    # --- what a return says --------------------------------------------------------------------------------------

    def known(self, one: Returned) -> Known:
        """What the return says of its school."""
        return self._ledger.known(one.return_id)

    def problems(self, one: Returned) -> tuple[Problem, ...]:
        """Its own problems, and those that the register and other returns give it."""
        own = self._ledger.problems(one.return_id) if one.entry.codes else ()
        return (*own, *(self._given(code, one.entry) for code in one.given))

    def _given(self, code: ProblemCode, entry: Entry) -> Problem:
        if code is ProblemCode.DFE_UNKNOWN:
            dfe = self.definition.dfe_field
            return problem(self.definition, code, dfe.name, dfe.label, entry.dfe_number)
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

    def accepted(self) -> list[Returned]:
        """One return a year and school, in their order."""
        found = (one for one in self.returns if one.verdict is Verdict.ACCEPTED)
        return sorted(found, key=lambda one: (one.year, one.dfe_number))

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
        accepted = self.accepted()
        latest = max((one.year for one in accepted), default="")
        last: dict[str, Returned] = {}
        for one in accepted:  # the years in their order
            earlier = last.get(one.dfe_number)
            before = self.known(earlier) if earlier else None
            if not before and one.year == latest:
                before = self._register.get(one.dfe_number)
            if before:
                yield one, before
            last[one.dfe_number] = one


def _arrivals(ledger: Ledger) -> dict[str, tuple[Arrival, ...]]:
    """How each return came, by its id; what counts first: the first message, else the first way."""

    def order(one: Arrival) -> tuple[datetime, str]:
        return one.received_at or _LAST, one.source

    by_return = groupby(ledger.arrivals(), key=lambda one: one.return_id)  # that is their order
    return {return_id: tuple(sorted(those, key=order)) for return_id, those in by_return}


def _unread(source: str, reason: str) -> Entry:
    """What has no bytes is known by the way that it came."""
    return Entry(return_id_of(hashlib.sha256(source.encode()).hexdigest()), Outcome.UNREADABLE, reason)
