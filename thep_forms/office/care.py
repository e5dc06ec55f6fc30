"""Care for the records: prove that they are whole, and dispose of what must not be kept any longer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from thep_forms.checking.normalise import dfe_number
from thep_forms.checking.record import SCHOOL_NAME
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.records import ARCHIVE, Ledger, Records, Returned, Sent, Views, dispose, leftovers, tidy

Definitions = Callable[[MembershipYear | None], FormDefinition]

AGAIN = "Run ingest again to write it anew."
ASK = "Put back a copy of it, or ingest the form again."


def faults(records: Path, definitions: Definitions) -> Iterator[str]:
    """What is wrong with the records, a sentence each; nothing is changed. Raises `RecordsError`."""
    try:
        with Ledger.existing(records, unchanged=True) as ledger:
            if fault := ledger.fault():
                yield fault
                return
            known = Records(ledger, definitions)
            yield from _archive_faults(records, ledger)
            yield from _table_faults(records, Views(records, ledger, known))
            for path in leftovers(records):
                yield f"{path.relative_to(records).as_posix()} is left of a run that was cut off. Run ingest again."
    except UnsoundError as error:
        yield str(error)


def _table_faults(records: Path, views: Views) -> Iterator[str]:
    for name in views.stale():
        if not (records / name).is_file():
            yield f"{name} is missing. {AGAIN}"
        else:
            yield (
                f"{name} is not what the ledger says: it was changed after it was written, "
                f"or a run was cut off, or had other templates. {AGAIN}"
            )


def _archive_faults(records: Path, ledger: Ledger) -> Iterator[str]:
    kept, there = _kept(ledger), _archived(records)
    for name in sorted(kept - there.keys()):
        yield f"{ARCHIVE}/{name} is missing. {ASK}"
    for name in sorted(there.keys() - kept):
        yield f"{ARCHIVE}/{name} is not known to the ledger. Ingest it, or delete it."
    for name in sorted(kept & there.keys()):
        if not there[name].is_file() or _name_by_content(there[name]) != name:
            yield f"{ARCHIVE}/{name} was changed: it does not match its name. Delete it. {ASK}"


def _kept(ledger: Ledger) -> set[str]:
    """The names of the PDFs that the ledger says are kept."""
    return {f"{sha256}.pdf" for sha256 in ledger.files().values()}


def _archived(records: Path) -> dict[str, Path]:
    """What is in the archive, by name, whatever it is."""
    half_written = set(leftovers(records))
    return {path.name: path for path in (records / ARCHIVE).glob("*") if path not in half_written}


def _name_by_content(path: Path) -> str:
    with path.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}.pdf"


class Disposal(Struct, frozen=True):
    """What is to be disposed of: returns, the PDFs that they are in, and other schools' returns in those PDFs.

    `names` are those of the schools of all these, by return, as each says it.
    `messages` is what was noted of e-mails to the schools; `members` are those of whom a list told more than the
    number.
    """

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    names: Mapping[str, str]
    unplaced: int  # returns that may be meant, but nobody knows their school or year: they stay
    unknown: int  # files in the archive that the ledger does not know, so nobody knows whose they are: they stay
    messages: tuple[Sent, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.returns or self.messages or self.members)


def forget(
    records: Path,
    definitions: Definitions,
    school: str | None,
    before: MembershipYear | None,
    confirmed: Callable[[Disposal], bool],
) -> Disposal | None:
    """Dispose of a school's returns, or of those of years before `before`, or of both at once, if `confirmed` says so.

    What is noted of e-mails to the schools goes, too. The returns leave the archive while the ledger still knows of
    them, then the ledger, then the tables: a run that is cut off is finished by the next. Where nothing is left to be
    disposed of, nobody is asked. Raises `RecordsError`.
    """
    number = _school(school, definitions(None)) if school else None
    with Ledger.existing(records) as ledger:
        disposal = _disposal(records, Records(ledger, definitions), ledger, number, before)
        if not confirmed(disposal):
            return None
        tidy(records)
        dispose(records, disposal.files)
        with ledger.transaction():
            ledger.forget((one.return_id for one in disposal.returns), disposal.files)
            ledger.forget_sent(disposal.messages)
            ledger.forget_known(disposal.members)
        ledger.compact()
        Views(records, ledger, Records(ledger, definitions)).write()
    return disposal


def _school(text: str, definition: FormDefinition) -> str:
    number = dfe_number(text, definition.partnership.dfe_prefix)
    if not number.value:
        raise RecordsError(f"{text} is not a DfE number. Give it like {definition.partnership.dfe_prefix}1234.")
    return number.value


def _disposal(
    records: Path, known: Records, ledger: Ledger, number: str | None, before: MembershipYear | None
) -> Disposal:
    def may_be_meant(one: Returned) -> bool:
        is_school = number is None or one.school in ("", number)
        return is_school and (before is None or one.year < str(before))

    def is_known(one: Returned) -> bool:
        return bool((number is None or one.school) and (before is None or one.year))

    meant = [one for one in known.returns() if may_be_meant(one)]
    returns = tuple(one for one in meant if is_known(one))
    kept, return_ids = ledger.files(), {one.return_id for one in returns}
    files = {kept[return_id] for return_id in return_ids if return_id in kept}
    shared = tuple(
        one for one in known.returns() if kept.get(one.return_id) in files and one.return_id not in return_ids
    )
    names = {one.return_id: known.known(one).school.get(SCHOOL_NAME, "") for one in (*returns, *shared)}
    unknown = len(_archived(records).keys() - _kept(ledger))
    messages = tuple(
        one for one in ledger.sent() if number in (None, one.dfe_number) and (before is None or one.year < str(before))
    )
    # A list says nothing of its year, so what it told is as old as the oldest.
    members = tuple(one for one in ledger.told_of() if number in (None, one))
    return Disposal(returns, tuple(sorted(files)), shared, names, len(meant) - len(returns), unknown, messages, members)
