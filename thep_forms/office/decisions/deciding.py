"""What all decisions of persons have in common: finding the return, noting who said what, and what came of it."""

from __future__ import annotations

import difflib
import getpass
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking import Problem
from thep_forms.checking.normalise import dfe_number
from thep_forms.checking.school_names import SchoolNames
from thep_forms.deciding import Action, Decision, Verdict, in_force
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, Severity
from thep_forms.errors import DecisionError, Remedy
from thep_forms.office.arrivals.join_pages import join_pages
from thep_forms.office.words import all_in_short
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, Records, Returned, Views, open_for_writing
from thep_forms.records.kept import kept_records
from thep_forms.records.model import ENTERED
from thep_forms.records.results import renew_results

_SAME_PERSON = 0.7  # how alike (0 to 1) two names of one person are at least


class Decided(Struct, frozen=True):
    """What came of a decision: its numbers, and the return that it is about as it is now.

    `problems` are those that the return has left, errors first; `left` says them in a few words. `superseded_by` is the
    return that counts in its place, if one does.
    `notes` are sentences that say what the person should know. A note on a school has no return.
    """

    numbers: tuple[int, ...]
    dfe_number: str
    school_name: str
    returned: Returned | None = None
    problems: tuple[Problem, ...] = ()
    superseded_by: str = ""
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_entered(self) -> bool:
        """Whether the office entered the return."""
        return bool(self.returned and self.returned.return_id.startswith(ENTERED))

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of the return."""
        return self.returned.verdict if self.returned else None


class Desk:
    """Opened RECORDS in which a person decides. Whatever was decided counts when `decided` gives it back."""

    def __init__(
        self, folder: Path, ledger: Ledger, definitions: Definitions, who: str, *, tables_follow: bool
    ) -> None:
        """With `tables_follow`, the tables need not be written at once: they are as soon as nobody decides."""
        self._folder, self.ledger, self.definitions = folder, ledger, definitions
        self.tables_follow = tables_follow
        self._who = who or user()
        self._at = datetime.now(UTC)
        self.records = Records(ledger, definitions)

    @property
    def at(self) -> datetime:
        """When the person decides."""
        return self._at

    def returned(self, return_id: str) -> Returned:
        """The return with that id. Raises `DecisionError` if there is none, or it is read with another one."""
        entry = self.return_or_page(return_id)
        if entry.first_page:
            raise _of_form(entry)
        return entry

    def return_or_page(self, return_id: str) -> Returned:
        """The return with that id, which may be a page that can be taken off its form. Raises `DecisionError`."""
        wanted = return_id.strip()
        entry = self.records.find(wanted)
        if not entry:
            raise DecisionError(f"There is no return {wanted}.", Remedy.NAME_RETURN)
        if entry.first_page and not self.ledger.can_be_taken_off(wanted):
            raise _of_form(entry)
        return entry

    def definition_of(self, returned: Returned) -> FormDefinition:
        """The definition of the form of a return."""
        return self.definitions(MembershipYear.parse(returned.year) if returned.year else None)

    def decision(self, action: Action, returned: Returned | None = None, **about: str) -> Decision:
        """A decision about a return. `about` are further entries of `Decision`."""
        decision = Decision(0, action, "", at=self._at.isoformat(timespec="seconds"), who=self._who)
        if returned:
            number, name = self.records.school_of(returned)
            decision = replace(
                decision,
                return_id=returned.return_id,
                year=returned.year_collected,
                dfe_number=number,
                school_name=name,
            )
        return replace(decision, **about)

    def name_of(self, number: str) -> str | None:
        """The name of the school with that DfE number, empty where nobody knows it; None if nobody knows the school."""
        by_year = self.records.registers.by_year
        for year in sorted(by_year, reverse=True):
            if number in by_year[year]:
                return by_year[year][number]
        names = [entry.school_name for entry in self.records.returns() if entry.school == number]
        return names[-1] if names else None

    def take(self, decisions: Sequence[Decision]) -> tuple[int, ...]:
        """Note the decisions, and work out again what they change. Gives their numbers."""
        with self.ledger.transaction():
            numbers = tuple(self.ledger.add_decision(decision) for decision in decisions)
            self.part_pages({decision.return_id for decision in decisions})
        self.work_out_again()
        return numbers

    def part_pages(self, return_ids: Collection[str]) -> None:
        """Make each page of a form a return of its own of which a person says whose it is, and no other one.

        Which pages go together is worked out anew where returns came about which something was decided or undone.
        """
        pictures = [return_id for return_id in return_ids if self.ledger.kind(return_id) == FileKind.SCAN]
        if not pictures:
            return
        said = in_force(self.ledger.decisions())
        for page in filter(None, map(self.ledger.later_page, pictures)):
            is_apart = said.is_assigned(page.return_id)
            if is_apart and not page.is_apart:
                self.ledger.take_off(page)
            elif page.is_apart and not is_apart:
                self.ledger.put_back(page)
        join_pages(self.ledger, pictures, self.definitions)

    def work_out_again(self) -> None:
        """Check what was corrected, and decide about every return anew."""
        renew_results(self.ledger, self.definitions)
        self.records = Records(self.ledger, self.definitions)

    def decided(self, numbers: Sequence[int], return_id: str) -> Decided:
        """Write the tables, and say what came of decisions about a return."""
        self.write_tables()
        entry = self.return_or_page(return_id)
        returned = self.returned(entry.first_page) if entry.first_page else entry
        number, name = self.records.school_of(returned)
        problems = () if returned.verdict is Verdict.SUPERSEDED else self.records.problems(returned)
        problems = tuple(sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR))
        left = tuple(all_in_short(problems, self.records.definition.problems))
        return Decided(tuple(numbers), number, name, returned, problems, self._superseded_by(returned), left=left)

    def write_tables(self) -> None:
        """Write the tables as the ledger has them now. Where RECORDS are kept in memory, the workbook follows.

        So do the tables of many returns.
        """
        kept = kept_records(self._folder)
        if not self.tables_follow:
            Views(self._folder, self.records).write(with_workbook=kept is None)
        if kept:
            kept.later.ask(self.definitions)

    def _superseded_by(self, returned: Returned) -> str:
        if returned.verdict is not Verdict.SUPERSEDED:
            return ""
        for entry in self.records.accepted():
            if (entry.year, entry.dfe_number) == (returned.year_collected, returned.school):
                return entry.return_id
        return ""


@contextmanager
def open_desk(folder: Path, definitions: Definitions, who: str) -> Iterator[Desk]:
    """RECORDS in which a person decides: `who`, or the system's user where that is empty.

    Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    with ExitStack() as stack:
        kept = kept_records(folder)
        known = stack.enter_context(kept.deciding(definitions)) if kept else None
        ledger = known or stack.enter_context(open_for_writing(folder, definitions))
        desk = Desk(folder, ledger, definitions, who, tables_follow=known is not None)
        yield desk
        if kept and known:
            kept.take(known, desk.records)


def _of_form(page: Returned) -> DecisionError:
    return DecisionError(f"{page.return_id} is a page of the form {page.first_page}. Decide about that one.")


def require_number(typed: str, definition: FormDefinition) -> str:
    """The DfE number that a person typed, in its normal form. Raises `DecisionError` if it is none."""
    prefix = definition.partnership.dfe_prefix
    number = dfe_number(typed, prefix).value
    if not number:
        raise DecisionError(f"{typed} is not a DfE number. Give it like {prefix}1234.")
    return number


def require_read(returned: Returned) -> None:
    """Raises `DecisionError` for a picture of which no answers were read."""
    if returned.entry.kind == FileKind.SCAN and not returned.entry.has_answers:
        raise DecisionError("This is a picture, of which no answers were read. Type them in.", Remedy.ENTER)


def require_year(year: MembershipYear, definitions: Definitions) -> None:
    """Raises `DecisionError` for a year that nobody collects yet: one after the next."""
    last = definitions.default_year.start + 1
    if year.start > last:
        raise DecisionError(
            f"{year} is too far ahead: {MembershipYear(last)} is the latest that can be. "
            "Check the year, and the clock of this computer."
        )


def require_own_name(number: str, name: str, members: Mapping[str, str]) -> None:
    """Raises `DecisionError` if the name of a school is that of another member than the one with the number."""
    names = SchoolNames({member: known for member, known in members.items() if known})
    if other := names.another(number, name):
        raise DecisionError(
            f"{number} is {members.get(number) or 'another school'} in the list, and “{name}” is {other}. "
            "Check the name and the number. If it is that school's form all the same, say whose it is.",
            Remedy.ASSIGN,
        )


def is_another_person(before: str, after: str) -> bool:
    """Whether a name is that of another person, rather than another spelling of the same."""
    alike = difflib.SequenceMatcher(None, before.casefold(), after.casefold()).ratio()
    return bool(before and after) and alike < _SAME_PERSON


def user() -> str:
    """The name of the system's user; empty where the system has none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
