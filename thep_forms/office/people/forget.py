"""Permanently delete the data of a school, of old years, or of what nobody can place.

What is deleted is noted by hashes, so that `ingest` does not take the same file or message in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.deciding import Action, Assigned, Decision
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.files import sync_folder
from thep_forms.office.arrivals.join_pages import join_pages, pictures_beside
from thep_forms.office.decisions.deciding import require_number
from thep_forms.office.people.origins import Origin, Origins, Recognition
from thep_forms.office.verify import unknown_files
from thep_forms.records import Ledger, Records, RefusedAddress, Returned, Sent, Views, dispose, open_for_writing
from thep_forms.records.names import ARCHIVE, is_damaged_ledger, ledger_copies, tidy
from thep_forms.records.results import renew_results


class Disposal(Struct, frozen=True):
    """The data to delete: returns, the PDFs that hold them, and returns of other schools in the same PDFs.

    `origins` maps the id of each return to its school and year. `messages` are notes of e-mails to the schools,
    `refused` those of addresses that the mail server refused.
    `members` are schools in the register list of a year, by year and number. They go from the lists altogether if the
    data of one school is deleted; else their numbers and names stay. `decisions` are those about no return that goes.
    `unlisted` are names of archived files that the ledger does not list. `schools` has the names of the schools of
    messages, members and decisions by their numbers.
    `ledger_copies` are the names of the copies that migrations kept of earlier ledgers, and `damaged_ledgers`
    those of the ledgers that `restore` put aside, both with their journals.
    """

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    origins: Mapping[str, Origin]
    hashes: tuple[str, ...]  # by which what is deleted is known when it comes again
    unplaced: int  # returns that may be meant, but their school or year is unknown: they stay
    unknown: int  # archived files that the ledger does not list, so their school is unknown: they stay
    messages: tuple[Sent, ...] = ()
    refused: tuple[RefusedAddress, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()
    unlisted: tuple[str, ...] = ()
    schools: Mapping[str, str] = {}
    ledger_copies: tuple[str, ...] = ()
    damaged_ledgers: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.returns or self.messages or self.refused or self.members or self.decisions or self.unlisted)


class Selection(Struct, frozen=True):
    """What a person chose to delete: the data of a school, of the years before one, or of both.

    `is_strays`: what nobody can place, as its school or its year is unknown.
    """

    number: str | None = None
    before: MembershipYear | None = None
    is_strays: bool = False

    def may_mean(self, origin: Origin) -> bool:
        """Whether a return of that school and year, either of which may be unknown, is chosen."""
        if self.is_strays:
            return not (origin.dfe_number and origin.year)
        is_school = self.number is None or origin.dfe_number in ("", self.number)
        return is_school and (self.before is None or origin.year < str(self.before))

    def is_certain(self, origin: Origin) -> bool:
        """Whether the school and the year that the person chose are known for a return."""
        if self.is_strays:
            return True
        return bool((self.number is None or origin.dfe_number) and (self.before is None or origin.year))

    def means(self, number: str, year: str) -> bool:
        """Whether that school is chosen in that year. What is of no year is of none before another."""
        if self.is_strays:
            return False
        return self.number in (None, number) and (self.before is None or "" < year < str(self.before))


def forget(
    folder: Path,
    definitions: Definitions,
    school: str | None,
    before: MembershipYear | None,
    confirmed: Callable[[Disposal], bool],
    *,
    strays: bool = False,
) -> Disposal | None:
    """Delete the returns of `school`, or of years before `before`, or those that match both, if `confirmed` agrees.

    `strays` deletes what nobody can place instead. Also deletes notes of e-mails to the schools, and decisions about
    them. With `school`, its entries in the lists go. So do copies of the ledger from earlier versions of the program.
    Deletes from the archive first, then from the ledger, then from the tables. So the next run can finish a run
    that was cut off. Calls `confirmed` with an empty `Disposal` too, and then writes the tables again. Raises
    `DecisionError` if `school` is no DfE number, `RecordsError`.
    """
    number = require_number(school, definitions()) if school else None
    selection = Selection(number, before, strays)
    with open_for_writing(folder, definitions) as ledger:
        disposal = _disposal(folder, Records(ledger, definitions), selection)
        if not confirmed(disposal):
            return None
        tidy(folder)
        delete_ledgers(folder, (*disposal.ledger_copies, *disposal.damaged_ledgers))
        _delete_unlisted(folder, disposal.unlisted)
        dispose(folder, disposal.files)
        _forget_in_ledger(ledger, disposal, selection, definitions)
        renew_results(ledger, definitions)  # of pictures that what is gone helped to read
        Views(folder, Records(ledger, definitions)).write()
    return disposal


def delete_ledgers(folder: Path, names: Iterable[str]) -> None:
    """Delete copies of the ledger, which hold the same data. Raises `OSError`."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _delete_unlisted(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / ARCHIVE / name).unlink(missing_ok=True)
    if (folder / ARCHIVE).is_dir():
        sync_folder(folder / ARCHIVE)


def _forget_in_ledger(ledger: Ledger, disposal: Disposal, selection: Selection, definitions: Definitions) -> None:
    return_ids = [entry.return_id for entry in disposal.returns]
    with ledger.transaction():
        beside = pictures_beside(ledger, return_ids, definitions)
        ledger.note_forgotten(disposal.hashes)
        ledger.forget(return_ids, disposal.files)
        ledger.forget_sent(disposal.messages)
        ledger.forget_refused(disposal.refused)
        if selection.number:
            ledger.forget_members(disposal.members)
        else:
            ledger.forget_member_details(disposal.members)
        for decision in disposal.decisions:
            _forget_decision(ledger, decision)
        join_pages(ledger, beside, definitions)
    ledger.compact()


def _forget_decision(ledger: Ledger, decision: Decision) -> None:
    """Delete a decision about a school. One about a return that stays only loses what it says of the school."""
    is_its_school = decision.action is Action.ASSIGN and decision.field == Assigned.SCHOOL
    if not decision.return_id or (is_its_school and decision.undone_by):
        ledger.forget_decisions([decision.number])
    elif is_its_school:
        ledger.replace_decision(replace(decision, dfe_number="", school_name="", before=""))
    else:
        ledger.replace_decision(replace(decision, dfe_number="", school_name=""))


def _disposal(folder: Path, records: Records, selection: Selection) -> Disposal:
    ledger, recognition = records.ledger, Recognition(records)
    find_origin = Origins(records)
    origins: dict[str, Origin] = {}
    returns: list[Returned] = []
    hashes: list[str] = []
    unplaced = 0
    for entry in records.returns():
        origin = find_origin.of(entry)
        if not selection.may_mean(origin):
            continue
        if selection.is_certain(origin):
            returns.append(entry)
            hashes += recognition.hashes_of(entry)
            origins[entry.return_id] = origin
        else:
            unplaced += 1
    kept, return_ids = ledger.files(), {entry.return_id for entry in returns}
    files = {kept[return_id] for return_id in return_ids if return_id in kept}
    shared = [
        entry for entry in records.returns() if kept.get(entry.return_id) in files and entry.return_id not in return_ids
    ]
    origins.update((entry.return_id, find_origin.of(entry)) for entry in shared)
    unknown = unknown_files(folder, ledger)
    disposal = Disposal(
        returns=tuple(returns),
        files=tuple(sorted(files)),
        shared=tuple(shared),
        origins=origins,
        hashes=tuple(hashes),
        unplaced=unplaced,
        unknown=0 if selection.is_strays else len(unknown),
        messages=tuple(sent for sent in ledger.sent() if selection.means(sent.dfe_number, sent.year)),
        refused=tuple(each for each in ledger.refused() if selection.means(each.dfe_number, each.year)),
        members=tuple(_members(ledger, selection)),
        decisions=tuple(_decisions(records, selection, return_ids)),
        unlisted=tuple(unknown) if selection.is_strays else (),
    )
    if disposal.is_empty:
        return disposal
    copies, damaged = ledgers_beside(folder)
    return replace(disposal, schools=_schools(disposal, records), ledger_copies=copies, damaged_ledgers=damaged)


def _schools(disposal: Disposal, records: Records) -> dict[str, str]:
    """The names of the schools of messages, members and decisions, by number."""
    numbers = (
        {sent.dfe_number for sent in disposal.messages}
        | {each.dfe_number for each in disposal.refused}
        | {number for _, number in disposal.members}
    )
    numbers |= {decision.dfe_number for decision in disposal.decisions} - {""}
    return {number: name_of_school(records, number) for number in sorted(numbers)}


def name_of_school(records: Records, number: str) -> str:
    """The name of the school with that number: that of the latest list that has it, or else of its latest return."""
    by_year = records.registers.by_year
    for year in sorted(by_year, reverse=True):
        if by_year[year].get(number):
            return by_year[year][number]
    names = [entry.school_name for entry in records.ledger.entries_of_school(number) if entry.school_name]
    return names[-1] if names else ""


def _members(ledger: Ledger, selection: Selection) -> Iterator[tuple[str, str]]:
    """The entries of lists that go, or lose their details, by year and number."""
    for year, number in ledger.members() if selection.number else ledger.members_with_details():
        if selection.means(number, year):
            yield year, number


def _decisions(records: Records, selection: Selection, return_ids: set[str]) -> Iterator[Decision]:
    """The decisions about the school, but for those that go with their returns."""
    if not selection.number:
        return
    for decision in records.decisions():
        is_about_it = selection.means(decision.dfe_number, decision.year)
        if decision.action is Action.ASSIGN and decision.field == Assigned.SCHOOL:
            is_about_it |= any(selection.means(number, decision.year) for number in (decision.before, decision.after))
        if is_about_it and decision.return_id not in return_ids:
            yield decision


def ledgers_beside(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the ledgers that migrations kept, and of the damaged ones that `restore` put aside."""
    copies: list[str] = []
    damaged: list[str] = []
    for path in ledger_copies(folder):
        (damaged if is_damaged_ledger(path.name) else copies).append(path.name)
    return tuple(copies), tuple(damaged)
