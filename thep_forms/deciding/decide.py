"""What became of every return, worked out from entries, arrivals, decisions and the register.

The order in which these are given never matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.school_names import SchoolNames
from thep_forms.deciding.beside import blanks_beside_forms, is_blank_or_empty, nameless_beside_forms, names_no_school
from thep_forms.deciding.came_in import CameIn, assigned, told_apart
from thep_forms.deciding.collecting import EarlierYear, earlier_years
from thep_forms.deciding.decisions import InForce, in_force
from thep_forms.deciding.model import Arrival, Decision, Entry, Judgement, Verdict, school_of
from thep_forms.deciding.order import Candidate, is_later, winner
from thep_forms.deciding.registers import Members, Registers
from thep_forms.deciding.same_answers import has_more_beside, is_part_of, says_no_more
from thep_forms.deciding.senders import messages_by_return
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import NOT_READ, ReadFrom


class Judgements(Struct, frozen=True):
    """The judgement of each return by its id.

    `latest_year` is the latest membership year of a form that has no error, `latest_accepted` that of an accepted
    return; empty where there is none. `years` are those of accepted returns. `began` says from when each year was
    collected.
    """

    by_return: Mapping[str, Judgement]
    latest_year: str
    years: tuple[str, ...]
    began: Mapping[str, datetime] = {}

    def with_others(self, others: Mapping[str, Judgement]) -> Judgements:
        """The judgements, with those of files that no school sent, and of those that are dealt with."""
        return replace(self, by_return={**self.by_return, **others}) if others else self

    @property
    def latest_accepted(self) -> str:
        """The latest membership year of an accepted return."""
        return self.years[-1] if self.years else ""


def decide(
    entries: Iterable[Entry],
    arrivals: Iterable[Arrival],
    decisions: Iterable[Decision],
    registers: Registers,
    own_addresses: Collection[str] = (),
    forms_sent: Mapping[str, datetime] | None = None,
) -> Judgements:
    """Judge every entry, by the register of its year.

    `own_addresses` are the partnership's e-mail addresses, in lower case. `forms_sent` says for each year when the
    first form of it was sent or drafted. Our own messages among the arrivals may show that it was earlier.
    """
    decided = in_force(decisions)
    came_in = told_apart(entries, arrivals, decided, own_addresses, forms_sent)
    return judge(came_in, came_in.began, decided, registers, own_addresses)


def judge(
    came_in: CameIn,
    began: Mapping[str, datetime],
    decided: InForce,
    registers: Registers,
    own_addresses: Collection[str],
) -> Judgements:
    """Judge what came in, or a part of it that no other return bears on (`related`). `began` is that of all."""
    returns, from_schools = came_in.returns, came_in.from_schools
    earlier = earlier_years(returns, from_schools, began)
    earlier = {return_id: year for return_id, year in earlier.items() if not decided.year_of(return_id)}
    is_asked = any(is_blank_or_empty(entry) or names_no_school(entry) for entry in returns)
    messages = messages_by_return(from_schools, own_addresses) if is_asked else {}
    decider = _Decider(returns, came_in.dates, came_in.decorations, decided, registers, earlier, messages)
    judgements = decider.judgements().with_others(came_in.others)
    later_pages = {
        page.return_id: Judgement(Verdict.SUPERSEDED, school=school_of(first, judgements.by_return[first.return_id]))
        for page, first in came_in.later_pages
    }
    return replace(judgements.with_others(later_pages), began=began)


class _Decider:
    """Works out in turn: whose name was typed, which returns count, which give way, and each judgement."""

    def __init__(
        self,
        entries: Sequence[Entry],
        dates: Mapping[str, datetime],
        decorations: set[str],
        decided: InForce,
        registers: Registers,
        earlier: Mapping[str, EarlierYear],
        messages: Mapping[str, Set[str]],
    ) -> None:
        self.entries, self.dates, self.decorations = entries, dates, decorations
        self.decided, self.registers, self.messages = decided, registers, messages
        self.preferred = decided.preferred
        self.collected = {
            return_id: year.collected for return_id, year in earlier.items() if not year.came_in_time
        }  # returns of an earlier year than the one that was collected
        self.came_again = {return_id: year.collected for return_id, year in earlier.items() if year.came_in_time}
        self.names: dict[str, SchoolNames] = {}  # by the year of the list
        self.misnamed: dict[str, str] = {}  # returns whose name is not their number's: whose it is, or ""
        self.repeated: set[str] = set()  # forms without fields that say just what the school said in an earlier year
        self.superseded: set[str] = set()
        self.conflicts: set[str] = set()
        self.shared: dict[Judgement, Judgement] = {}

    def judgements(self) -> Judgements:
        """Judge every entry."""
        self._compare_names()
        latest_year = max((entry.year for entry in self.entries if entry.acceptable), default="")
        self._choose_by_year()
        self._let_faulty_ones_give_way()
        self._let_unchanged_copies_give_way()
        self.superseded |= blanks_beside_forms(self.entries, self._school, self.messages)
        self._let_settled_ones_give_way()
        by_return: dict[str, Judgement] = {}
        years: set[str] = set()
        for entry in self.entries:
            judgement = assigned(self._judgement(entry), entry, self.decided)
            by_return[entry.return_id] = self.shared.setdefault(judgement, judgement)
            if judgement.verdict is Verdict.ACCEPTED:
                years.add(entry.year)
        return Judgements(by_return, latest_year, tuple(sorted(years)))

    # --- whose return it is --------------------------------------------------------------------------------------

    def _compare_names(self) -> None:
        """Note which names are not those of the member with the number. A school may correct its name on its copy."""
        for entry in self.entries:
            if not entry.is_filled_in or self.decided.school_of(entry.return_id):
                continue
            names = self._names(entry)
            if not names.names:
                continue
            other = names.another(entry.dfe_number, entry.school_name)
            is_own_copy = entry.copy_of == entry.dfe_number
            if other or (not is_own_copy and names.is_strange(entry.dfe_number, entry.school_name)):
                self.misnamed[entry.return_id] = other or ""

    def _year(self, entry: Entry) -> str:
        """The year in whose collection a return came."""
        return self.collected.get(entry.return_id) or entry.year

    def _members(self, entry: Entry) -> Members:
        """The members of the year in whose collection a return came."""
        return self.registers.members(self._year(entry))

    def _names(self, entry: Entry) -> SchoolNames:
        """The names of these members."""
        listed_in = self.registers.year_of_list(self._year(entry))
        if listed_in not in self.names:
            named = {number: name for number, name in sorted(self._members(entry).items()) if name}
            self.names[listed_in] = SchoolNames(named)
        return self.names[listed_in]

    def _namesake(self, entry: Entry) -> str:
        """The number of the member whose name was typed with another number, or with none."""
        return self.misnamed.get(entry.return_id, "")

    def _is_stranger(self, entry: Entry) -> bool:
        """Whether the number is no member's."""
        members = self._members(entry)
        return bool(entry.dfe_number and members and entry.dfe_number not in members)

    def _is_as_listed(self, entry: Entry) -> bool:
        """Whether the register has a name for the number, and the name that was typed may be that one."""
        return entry.dfe_number in self._names(entry).names and entry.return_id not in self.misnamed

    def _can_count(self, entry: Entry) -> bool:
        is_of_member = not self._is_stranger(entry) and not self._namesake(entry)
        is_answer = entry.return_id not in self.collected and entry.return_id not in self.repeated
        return entry.acceptable and is_of_member and is_answer

    def _is_unchanged(self, entry: Entry) -> bool:
        return entry.is_unchanged or entry.return_id in self.repeated

    def _school(self, entry: Entry) -> str:
        """The number of the school that it belongs to. In a return with errors the number may be one of them."""
        if self._can_count(entry):
            return entry.dfe_number
        if namesake := self._namesake(entry):
            return namesake
        if not entry.dfe_number or self._is_stranger(entry):
            return entry.copy_of
        if self._is_as_listed(entry) or entry.copy_of in ("", entry.dfe_number):
            return entry.dfe_number
        return ""

    # --- which return counts -------------------------------------------------------------------------------------

    def _choose_by_year(self) -> None:
        """Choose which return of each school and year counts, the earliest year first.

        A copy that was printed, or flattened, has lost the field by which it is known as unchanged. Of a picture, not
        all may be read. It is known by its answers, which are those of the latest accepted return of an earlier year.
        """
        latest: dict[str, bytes] = {}  # the content of that return, by school
        for (_, number), group in groupby(self.entries, key=lambda entry: (entry.year, entry.dfe_number)):
            entries = list(group)
            for entry in entries:
                is_copy_on_paper = entry.read_from == ReadFrom.SCAN and bool(entry.copy_of)
                is_print = entry.read_from == ReadFrom.PAGE_TEXT or is_copy_on_paper
                is_confirmed = self.decided.confirms(entry.return_id, ProblemCode.COPY_UNCHANGED)
                if is_print and not is_confirmed and entry.content and entry.content == latest.get(number):
                    self.repeated.add(entry.return_id)
            candidates = [entry for entry in entries if self._can_count(entry)]
            self._choose(candidates)
            for entry in candidates:
                if self._is_accepted(entry):
                    latest[number] = entry.content

    def _date(self, entry: Entry) -> datetime | None:
        """That of the message that brought it, else that which the file gives."""
        return self.dates.get(entry.return_id) or entry.modified

    def _choose(self, group: Sequence[Entry]) -> None:
        """Which of the returns of one school and year counts.

        Dates put them in order only if all of them are surely of the same school. If nothing does, one that says only
        a part of what another one says gives way to it.
        """
        if len(group) < 2:
            return
        are_one_schools = len({self._doubt(entry) for entry in group}) == 1
        candidates: list[Candidate] = []
        for entry in group:
            dated = self._date(entry) if are_one_schools else None
            is_whole = ProblemCode.PAGES_MISSING not in entry.codes.split(";")
            candidates.append(Candidate(entry.return_id, entry.content, dated, has_more_beside(entry), is_whole))
        found = winner(candidates, self.preferred)
        parts = {entry.return_id for entry in group if not found and self._is_part_of_one(entry, group)}
        if parts:
            self.superseded |= parts
            self._choose([entry for entry in group if entry.return_id not in parts])
            return
        if not found:
            self.conflicts.update(entry.return_id for entry in group)
            return
        self.superseded.update(entry.return_id for entry in group if entry.return_id != found.return_id)

    def _is_part_of_one(self, entry: Entry, forms: Iterable[Entry]) -> bool:
        """Whether it says only a part of what one of the forms says, and no person put it in the place of others."""
        is_preferred = any(return_id == entry.return_id for return_id, _ in self.preferred)
        return not is_preferred and any(is_part_of(entry, form, self.decided) for form in forms)

    def _doubt(self, entry: Entry) -> tuple[str, bool]:
        """Why it may be another school's than the number says: the copy that was used, and the name."""
        if self.decided.school_of(entry.return_id):
            return "", False
        is_own = self._is_as_listed(entry) or entry.copy_of == entry.dfe_number
        return "" if is_own else entry.copy_of, entry.return_id in self.misnamed

    def _let_faulty_ones_give_way(self) -> None:
        """A return with errors is superseded by the accepted one of its school and year, if that is a later one.

        So is a picture, or a page, that says the same as the accepted one, whenever it came: there is nothing to
        confirm. One that names no school has to come in the same message.

        The year of a form of an earlier year is here the one that was collected.
        """
        faulty = [entry for entry in self.entries if entry.is_filled_in and not self._can_count(entry)]
        schools = {(self._year(entry), self._school(entry)) for entry in faulty}
        accepted: dict[tuple[str, str], Entry] = {}
        for entry in self.entries:
            if (entry.year, entry.dfe_number) in schools and self._is_accepted(entry):
                accepted[entry.year, entry.dfe_number] = entry
        for entry in faulty:
            later = accepted.get((self._year(entry), self._school(entry)))
            if later and self._is_mended_by(entry, later):
                self.superseded.add(entry.return_id)
        if nameless := list(filter(names_no_school, faulty)):
            forms = filter(self._is_accepted, self.entries)
            self.superseded |= nameless_beside_forms(nameless, forms, self.messages, self.decided)

    def _let_unchanged_copies_give_way(self) -> None:
        """A copy that came back untouched is superseded by any changed return of its school and year."""
        filled_in = [entry for entry in self.entries if entry.is_filled_in]
        of_their_year = [entry for entry in filled_in if entry.return_id not in self.collected]
        changed = {(entry.year, self._school(entry)) for entry in of_their_year if not self._is_unchanged(entry)}
        for entry in filled_in:
            if (
                self._is_unchanged(entry)
                and self._school(entry)
                and (self._year(entry), self._school(entry)) in changed
            ):
                self.superseded.add(entry.return_id)

    def _let_settled_ones_give_way(self) -> None:
        """What a person put another return in the place of is superseded, if that other one can count.

        It may be a file without answers that can be read.
        """
        by_id = {entry.return_id: entry for entry in self.entries}
        for return_id, settled in self.preferred:
            better, entry = by_id.get(return_id), by_id.get(settled)
            is_open = return_id in self.conflicts
            if better and entry and self._can_count(better) and not is_open and not self._can_count(entry):
                self.superseded.add(settled)

    def _is_accepted(self, entry: Entry) -> bool:
        is_open = entry.return_id in self.conflicts or entry.return_id in self.superseded
        return self._can_count(entry) and not is_open

    def _is_mended_by(self, faulty: Entry, accepted: Entry) -> bool:
        is_preferred = (accepted.return_id, faulty.return_id) in self.preferred
        is_later_one = is_later(self._date(accepted), self._date(faulty))
        return is_preferred or is_later_one or says_no_more(faulty, accepted, self.decided)

    # --- what became of it ---------------------------------------------------------------------------------------

    def _judgement(self, entry: Entry) -> Judgement:
        verdict = self._verdict(entry)
        if not entry.is_filled_in:
            is_decoration = entry.return_id in self.decorations
            needs_nobody = is_decoration or verdict is Verdict.SUPERSEDED
            codes = () if needs_nobody else (ProblemCode(verdict),)
            return Judgement(verdict, codes, is_decoration=is_decoration)
        return Judgement(
            verdict,
            tuple(self._codes(entry)),
            self._school(entry),
            self._namesake(entry),
            can_count=self._can_count(entry),
            collected=self.collected.get(entry.return_id, ""),
            came_again_in=self.came_again.get(entry.return_id, ""),
        )

    def _verdict(self, entry: Entry) -> Verdict:
        if entry.return_id in self.superseded:
            return Verdict.SUPERSEDED
        if entry.kind in NOT_READ:
            return Verdict.UNREADABLE
        if not entry.is_form:
            return Verdict(entry.kind)
        if entry.blank:
            return Verdict.BLANK
        return Verdict.ACCEPTED if self._is_accepted(entry) else Verdict.NEEDS_ATTENTION

    def _codes(self, entry: Entry) -> list[ProblemCode]:
        """The codes of the problems that the register and other returns give it."""
        codes = []
        if entry.return_id in self.collected:
            codes.append(ProblemCode.YEAR_EARLIER)
        if entry.return_id in self.repeated:
            codes.append(ProblemCode.COPY_UNCHANGED)
        if self._is_stranger(entry):
            codes.append(ProblemCode.DFE_UNKNOWN)
        if self._namesake(entry) and entry.dfe_number in self._members(entry):
            codes.append(ProblemCode.DFE_OTHER_SCHOOL)
        is_strange = entry.return_id in self.misnamed and not self._namesake(entry)
        if is_strange and not self.decided.confirms(entry.return_id, ProblemCode.NAME_UNLIKELY, entry.school_name):
            codes.append(ProblemCode.NAME_UNLIKELY)
        if entry.return_id in self.conflicts:
            codes.append(ProblemCode.RETURN_CONFLICT)
        return codes
