"""Which returns count: the facts of the ledger, the list of members and what was preferred, put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

from thep_forms.checking.record import SCHOOL_NAME
from thep_forms.checking.school_names import SchoolNames
from thep_forms.deciding.winner import Candidate, Verdict, winner
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import FileKind
from thep_forms.records.ledger import Ledger
from thep_forms.records.model import Arrival, Entry

KEPT = 64  # returns whose arrivals are at hand
_LAST = datetime.max.replace(tzinfo=UTC)


def dated(entry: Entry, arrivals: Sequence[Arrival]) -> datetime | None:
    """That of the message that brought it, else that which the file gives."""
    return arrivals[0].received_at or entry.modified


class Verdicts:
    """The verdict of every return in a ledger, which has to be open.

    However many returns there are, at hand are only the ids of those that give way, or are not as the list has them.
    `latest` is the membership year of the latest return that could be accepted, empty if there is none.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._members = ledger, ledger.members()
        self._preferences = ledger.preferences()
        self._superseded: set[str] = set()
        self._conflicts: set[str] = set()
        self.arrivals = lru_cache(KEPT)(self._in_order)  # one that came a thousand times is asked for as often
        self.names = SchoolNames(ledger.names())
        self._misnamed = dict(self._not_as_listed()) if self.names.names else {}
        self.latest = ""
        for (year, _), group in groupby(ledger.entries(), key=lambda one: (one.year, one.dfe_number)):
            acceptable = [one for one in group if one.acceptable]
            self.latest = year if acceptable else self.latest
            self._settle([one for one in acceptable if self._is_able(one)])
        self._superseded.update(one.return_id for one in ledger.entries() if self._gave_way(one))

    def of(self, entry: Entry) -> Verdict:
        """What became of a return; that it is also a duplicate, its arrivals tell."""
        if not entry.is_form:
            return Verdict(FileKind.UNREADABLE if entry.outcome == FileKind.FAILED else entry.outcome)
        if entry.blank:
            return Verdict.BLANK
        if entry.return_id in self._superseded:
            return Verdict.SUPERSEDED
        is_settled = self._is_able(entry) and entry.return_id not in self._conflicts
        return Verdict.ACCEPTED if is_settled else Verdict.NEEDS_ATTENTION

    def given(self, entry: Entry) -> tuple[ProblemCode, ...]:
        """The codes of the problems that it has as a whole, by the list of members, and by other returns."""
        if not entry.is_form or entry.blank:
            return (ProblemCode(self.of(entry)),)
        given = {
            ProblemCode.DFE_UNKNOWN: self._is_stranger(entry),
            ProblemCode.DFE_OTHER_SCHOOL: bool(self.namesake(entry)) and entry.dfe_number in self._members,
            ProblemCode.NAME_UNLIKELY: entry.return_id in self._misnamed and not self.namesake(entry),
            ProblemCode.RETURN_CONFLICT: entry.return_id in self._conflicts,
        }
        return tuple(code for code, is_so in given.items() if is_so)

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

    def _not_as_listed(self) -> Iterator[tuple[str, str]]:
        """The ids of returns whose name is not that of the member with their number, and the number of the one whose
        it is, or nothing.

        A school that corrects its name on its own copy is believed.
        """
        for one in self._ledger.entries():
            if one.is_form and not one.blank:
                name = self._ledger.known(one.return_id).school.get(SCHOOL_NAME, "")
                other = self.names.another(one.dfe_number, name)
                if other or (one.copy_of != one.dfe_number and self.names.is_strange(one.dfe_number, name)):
                    yield one.return_id, other or ""

    def _is_as_listed(self, entry: Entry) -> bool:
        """Whether the list has a name for the number that was typed, and it may be the one that was."""
        return entry.dfe_number in self.names.names and entry.return_id not in self._misnamed

    def namesake(self, entry: Entry) -> str:
        """The number of the member whose name was typed with another number, or with none."""
        return self._misnamed.get(entry.return_id, "")

    def _is_able(self, entry: Entry) -> bool:
        """Whether it can count: nothing in it has to be mended, and it is the return of a member."""
        return entry.acceptable and not self._is_stranger(entry) and not self.namesake(entry)

    def _doubt(self, entry: Entry) -> tuple[str, bool]:
        """Why it may be another school's than the one whose number was typed: the copy that was used, and the name."""
        is_own = self._is_as_listed(entry) or entry.copy_of == entry.dfe_number
        return "" if is_own else entry.copy_of, entry.return_id in self._misnamed

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
        return dated(entry, self.arrivals(entry.return_id))

    def _gave_way(self, entry: Entry) -> bool:
        """Whether it had to be mended, and its school has sent one later that counts."""
        if not entry.is_form or entry.blank or self._is_able(entry):
            return False
        returned = self._ledger.entries_of(entry.year, self._school(entry))
        return any(self.of(one) is Verdict.ACCEPTED and self._counts_over(one, entry) for one in returned)

    def _school(self, entry: Entry) -> str:
        """Whose it is, of one that has to be mended: a number may be just what that is. Empty if nobody knows."""
        number, copy_of = entry.dfe_number, entry.copy_of
        if other := self.namesake(entry):
            return other
        if not number or self._is_stranger(entry):
            return copy_of
        return number if self._is_as_listed(entry) or copy_of in ("", number) else ""

    def _counts_over(self, one: Entry, faulty: Entry) -> bool:
        dated, before = self._dated(one), self._dated(faulty)
        return bool(dated and before and dated > before) or (one.return_id, faulty.return_id) in self._preferences

    def _is_stranger(self, entry: Entry) -> bool:
        return bool(entry.dfe_number and self._members and entry.dfe_number not in self._members)

    def _in_order(self, return_id: str) -> tuple[Arrival, ...]:
        """How a return came; what counts first: the first message, else the first way."""
        return tuple(sorted(self._ledger.arrivals(return_id), key=lambda one: (one.received_at or _LAST, one.source)))
