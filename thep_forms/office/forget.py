"""Permanently delete the data of a school, or of old years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.normalise import dfe_number
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.office.verify import unknown_files
from thep_forms.records import Ledger, Records, Returned, Sent, Views, dispose, open_for_writing
from thep_forms.records.names import ledger_copies, tidy


class Disposal(Struct, frozen=True):
    """The data to delete: returns, the PDFs that hold them, and returns of other schools in the same PDFs.

    `names` maps the id of each return to the name of its school, as the return gives it. `messages` are notes of
    e-mails to the schools. `members` are schools of which the register list of a year holds more than number and name:
    the year, and the number. `ledger_copies` are the names of the copies that migrations kept of earlier ledgers.
    """

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    names: Mapping[str, str]
    unplaced: int  # returns that may be meant, but their school or year is unknown: they stay
    unknown: int  # archived files that the ledger does not list, so their school is unknown: they stay
    messages: tuple[Sent, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    ledger_copies: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.returns or self.messages or self.members)


def forget(
    folder: Path,
    definitions: Definitions,
    school: str | None,
    before: MembershipYear | None,
    confirmed: Callable[[Disposal], bool],
) -> Disposal | None:
    """Delete the returns of `school`, or of years before `before`, or those that match both, if `confirmed` agrees.

    Also deletes notes of e-mails to the schools, and copies of the ledger from earlier versions of the program.
    Deletes from the archive first, then from the ledger, then from the tables. So the next run can finish a run
    that was cut off. Calls `confirmed` with an empty `Disposal` too, and then writes the tables again. Raises
    `RecordsError`.
    """
    number = _school(school, definitions()) if school else None
    with open_for_writing(folder, definitions) as ledger:
        disposal = _disposal(folder, Records(ledger, definitions), number, before)
        if not confirmed(disposal):
            return None
        tidy(folder)
        for name in disposal.ledger_copies:
            (folder / name).unlink(missing_ok=True)
        dispose(folder, disposal.files)
        _forget_in_ledger(ledger, disposal)
        Views(folder, Records(ledger, definitions)).write()
    return disposal


def _forget_in_ledger(ledger: Ledger, disposal: Disposal) -> None:
    with ledger.transaction():
        ledger.forget([entry.return_id for entry in disposal.returns], disposal.files)
        ledger.forget_sent(disposal.messages)
        ledger.forget_member_details(disposal.members)
    ledger.compact()


def _school(text: str, definition: FormDefinition) -> str:
    number = dfe_number(text, definition.partnership.dfe_prefix)
    if not number.value:
        raise RecordsError(f"{text} is not a DfE number. Give it like {definition.partnership.dfe_prefix}1234.")
    return number.value


def _disposal(folder: Path, records: Records, number: str | None, before: MembershipYear | None) -> Disposal:
    ledger = records.ledger
    returns: list[Returned] = []
    unplaced = 0
    for entry in records.returns():
        school = _school_of(entry, records)
        if not _may_be_meant(entry, school, number, before):
            continue
        if _is_placed(entry, school, number, before):
            returns.append(entry)
        else:
            unplaced += 1
    kept, return_ids = ledger.files(), {entry.return_id for entry in returns}
    files = {kept[return_id] for return_id in return_ids if return_id in kept}
    shared = [
        entry for entry in records.returns() if kept.get(entry.return_id) in files and entry.return_id not in return_ids
    ]
    disposal = Disposal(
        returns=tuple(returns),
        files=tuple(sorted(files)),
        shared=tuple(shared),
        names={entry.return_id: entry.school_name for entry in (*returns, *shared)},
        unplaced=unplaced,
        unknown=len(unknown_files(folder, ledger)),
        messages=tuple(sent for sent in ledger.sent() if _is_message_meant(sent, number, before)),
        members=tuple(member for member in ledger.members_with_details() if _is_member_meant(*member, number, before)),
    )
    return disposal if disposal.is_empty else _with_ledger_copies(disposal, folder)


def _with_ledger_copies(disposal: Disposal, folder: Path) -> Disposal:
    """The disposal with the copies of earlier ledgers, which hold the same data."""
    return replace(disposal, ledger_copies=tuple(path.name for path in ledger_copies(folder)))


def _school_of(entry: Returned, records: Records) -> str:
    """The school that the return names, or else the one whose known address sent it; empty where nobody can tell."""
    schools = {records.school_by_sender(entry, arrival) for arrival in entry.arrivals}
    return entry.school or (schools.pop() if len(schools) == 1 else "")


def _may_be_meant(entry: Returned, school: str, number: str | None, before: MembershipYear | None) -> bool:
    is_school = number is None or school in ("", number)
    return is_school and (before is None or entry.year < str(before))


def _is_placed(entry: Returned, school: str, number: str | None, before: MembershipYear | None) -> bool:
    """Whether the school and the year that the user named are known for the entry."""
    return bool((number is None or school) and (before is None or entry.year))


def _is_member_meant(year: str, member: str, number: str | None, before: MembershipYear | None) -> bool:
    return number in (None, member) and (before is None or year < str(before))


def _is_message_meant(sent: Sent, number: str | None, before: MembershipYear | None) -> bool:
    return number in (None, sent.dfe_number) and (before is None or sent.year < str(before))
