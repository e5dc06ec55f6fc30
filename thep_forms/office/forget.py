"""Permanently delete the data of a school, or of old years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.normalise import dfe_number
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.office.replies import MessageYears
from thep_forms.office.verify import unknown_files
from thep_forms.records import Ledger, Records, Returned, Sent, Views, dispose, open_for_writing
from thep_forms.records.names import is_damaged_ledger, ledger_copies, tidy


class Origin(Struct, frozen=True):
    """The school and the year that a return belongs to, each empty where nobody can tell.

    What came without a form belongs to the school whose known address sent it, and to the latest year for which it may
    count.
    """

    dfe_number: str
    school_name: str
    year: str


class Disposal(Struct, frozen=True):
    """The data to delete: returns, the PDFs that hold them, and returns of other schools in the same PDFs.

    `origins` maps the id of each return to its school and year. `messages` are notes of e-mails to the schools.
    `members` are schools of which the register list of a year holds more than number and name: the year, and the
    number. `ledger_copies` are the names of the copies that migrations kept of earlier ledgers, and `damaged_ledgers`
    those of the ledgers that `restore` put aside, both with their journals.
    """

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    origins: Mapping[str, Origin]
    unplaced: int  # returns that may be meant, but their school or year is unknown: they stay
    unknown: int  # archived files that the ledger does not list, so their school is unknown: they stay
    messages: tuple[Sent, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    ledger_copies: tuple[str, ...] = ()
    damaged_ledgers: tuple[str, ...] = ()

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
        for name in (*disposal.ledger_copies, *disposal.damaged_ledgers):
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
    find_origin = _Origins(records)
    origins: dict[str, Origin] = {}
    returns: list[Returned] = []
    unplaced = 0
    for entry in records.returns():
        origin = find_origin.of(entry)
        if not _may_be_meant(origin, number, before):
            continue
        if _is_placed(origin, number, before):
            returns.append(entry)
            origins[entry.return_id] = origin
        else:
            unplaced += 1
    kept, return_ids = ledger.files(), {entry.return_id for entry in returns}
    files = {kept[return_id] for return_id in return_ids if return_id in kept}
    shared = [
        entry for entry in records.returns() if kept.get(entry.return_id) in files and entry.return_id not in return_ids
    ]
    origins.update((entry.return_id, find_origin.of(entry)) for entry in shared)
    disposal = Disposal(
        returns=tuple(returns),
        files=tuple(sorted(files)),
        shared=tuple(shared),
        origins=origins,
        unplaced=unplaced,
        unknown=len(unknown_files(folder, ledger)),
        messages=tuple(sent for sent in ledger.sent() if _is_message_meant(sent, number, before)),
        members=tuple(member for member in ledger.members_with_details() if _is_member_meant(*member, number, before)),
    )
    return disposal if disposal.is_empty else _with_ledger_copies(disposal, folder)


def _with_ledger_copies(disposal: Disposal, folder: Path) -> Disposal:
    """The disposal with the copies of earlier ledgers and the damaged ledgers, which hold the same data."""
    copies: list[str] = []
    damaged: list[str] = []
    for path in ledger_copies(folder):
        (damaged if is_damaged_ledger(path.name) else copies).append(path.name)
    return replace(disposal, ledger_copies=tuple(copies), damaged_ledgers=tuple(damaged))


class _Origins:
    """Finds out to which school and year each return belongs."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._years = MessageYears(records.ledger.sent())

    def of(self, entry: Returned) -> Origin:
        senders = {self._records.school_by_sender(entry, arrival) for arrival in entry.arrivals}
        year = entry.year or self._latest_year(entry)
        if entry.school or len(senders) > 1:
            return Origin(entry.school, entry.school_name, year)
        number = senders.pop()
        return Origin(number, self._records.correspondents.name_of(number) if number else entry.school_name, year)

    def _latest_year(self, entry: Returned) -> str:
        """The latest year for which a file without a form may count; empty if one of its arrivals tells none."""
        latest = ""
        for arrival in entry.arrivals:
            number = self._records.school_by_sender(entry, arrival)
            if not number or not arrival.received_at:
                return ""
            latest = max(latest, *self._years.years(number, arrival.received_at))
        return latest


def _may_be_meant(origin: Origin, number: str | None, before: MembershipYear | None) -> bool:
    is_school = number is None or origin.dfe_number in ("", number)
    return is_school and (before is None or origin.year < str(before))


def _is_placed(origin: Origin, number: str | None, before: MembershipYear | None) -> bool:
    """Whether the school and the year that the user named are known for a return."""
    return bool((number is None or origin.dfe_number) and (before is None or origin.year))


def _is_member_meant(year: str, member: str, number: str | None, before: MembershipYear | None) -> bool:
    return number in (None, member) and (before is None or year < str(before))


def _is_message_meant(sent: Sent, number: str | None, before: MembershipYear | None) -> bool:
    return number in (None, sent.dfe_number) and (before is None or sent.year < str(before))
