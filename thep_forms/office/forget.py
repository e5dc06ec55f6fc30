"""Dispose of a school's data, or of old years', for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.normalise import dfe_number
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.office.verify import archived_files, kept_files
from thep_forms.records import Ledger, Records, Returned, Sent, Views, dispose, open_for_writing
from thep_forms.records.names import ledger_copies, tidy


class Disposal(Struct, frozen=True):
    """What is to be disposed of: returns, the PDFs that they are in, and other schools' returns in those PDFs.

    `names` are those of the schools of all these, by return, as each gives it. `messages` is what was noted of e-mails
    to the schools; `members` are those of which the register list has more than the number and the name.
    `ledger_copies` are the names of ledgers that were put aside as an earlier version wrote them.
    """

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    names: Mapping[str, str]
    unplaced: int  # returns that may be meant, but nobody knows their school or year: they stay
    unknown: int  # files in the archive that the ledger does not know, so nobody knows whose they are: they stay
    messages: tuple[Sent, ...] = ()
    members: tuple[str, ...] = ()
    ledger_copies: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to dispose of."""
        return not (self.returns or self.messages or self.members)


def forget(
    folder: Path,
    definitions: Definitions,
    school: str | None,
    before: MembershipYear | None,
    confirmed: Callable[[Disposal], bool],
) -> Disposal | None:
    """Dispose of a school's returns, or of those of years before `before`, or of both at once, if `confirmed` says so.

    What is noted of e-mails to the schools goes, too, and so do copies of the ledger that an earlier version wrote.
    The returns leave the archive while the ledger still knows of them, then the ledger, then the tables: a run that is
    cut off is finished by the next. Where nothing is left to be disposed of, nobody is asked. Raises `RecordsError`.
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
        ledger.forget_member_records(disposal.members)
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
        if not _may_be_meant(entry, number, before):
            continue
        if _is_placed(entry, number, before):
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
        unknown=len(archived_files(folder).keys() - kept_files(ledger)),
        messages=tuple(sent for sent in ledger.sent() if _is_message_meant(sent, number, before)),
        # A register list does not say its year, so what it says is as old as the oldest.
        members=tuple(member for member in ledger.members_with_record() if number in (None, member)),
    )
    return disposal if disposal.is_empty else _with_ledger_copies(disposal, folder)


def _with_ledger_copies(disposal: Disposal, folder: Path) -> Disposal:
    """With the ledgers that were put aside, which hold what is to be disposed of."""
    return replace(disposal, ledger_copies=tuple(path.name for path in ledger_copies(folder)))


def _may_be_meant(entry: Returned, number: str | None, before: MembershipYear | None) -> bool:
    is_school = number is None or entry.school in ("", number)
    return is_school and (before is None or entry.year < str(before))


def _is_placed(entry: Returned, number: str | None, before: MembershipYear | None) -> bool:
    """Whether its school and its year are known, as far as they are asked for."""
    return bool((number is None or entry.school) and (before is None or entry.year))


def _is_message_meant(sent: Sent, number: str | None, before: MembershipYear | None) -> bool:
    return number in (None, sent.dfe_number) and (before is None or sent.year < str(before))
