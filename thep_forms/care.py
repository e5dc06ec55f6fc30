"""Care for the records: prove that they are whole, and dispose of what must not be kept any longer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from thep_forms.check.normalise import dfe_number
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.keep import ARCHIVE, Ledger, Records, dispose, export, tidy, views
from thep_forms.keep.tables import Returned

Definitions = Callable[[MembershipYear | None], FormDefinition]

AGAIN = "Run ingest again to write it anew."


def faults(records: Path, definitions: Definitions) -> Iterator[str]:
    """What is wrong with the records, a sentence each; nothing is changed. Raises `RecordsError`."""
    with Ledger.existing(records) as ledger:
        if fault := ledger.fault():
            yield f"ledger.sqlite is damaged ({fault}). Put back a copy of it, or ingest everything again elsewhere."
            return
        known = Records(ledger, definitions)
        yield from _archive_faults(records, known)
        for name, data in views(known).items():
            path = records / name
            if not path.is_file():
                yield f"{name} is missing. {AGAIN}"
            elif path.read_bytes() != data:
                yield f"{name} is not what the ledger says: it was changed after it was written. {AGAIN}"


def _archive_faults(records: Path, known: Records) -> Iterator[str]:
    kept = {one.entry.sha256 for one in known.returns if one.entry.archived}
    there = {path.stem: path for path in (records / ARCHIVE).glob("*") if not path.name.startswith(".")}
    for sha256 in sorted(kept - there.keys()):
        yield f"{ARCHIVE}/{sha256}.pdf is missing. Put back a copy of it, or ask the school for the form again."
    for name in sorted(there.keys() - kept):
        yield f"{ARCHIVE}/{there[name].name} is not known to the ledger. Ingest it, or delete it."
    for sha256 in sorted(kept & there.keys()):
        with there[sha256].open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                yield f"{ARCHIVE}/{sha256}.pdf was changed: it does not match its name. Put back a copy of it."


@dataclass(frozen=True)
class Disposal:
    """What is to be disposed of: returns, the PDFs that they are in, and other schools' returns in those PDFs."""

    returns: tuple[Returned, ...]
    files: tuple[str, ...]
    shared: tuple[Returned, ...]
    unplaced: int  # returns whose school or year nobody knows: they stay


def forget(
    records: Path,
    definitions: Definitions,
    school: str | None,
    before: MembershipYear | None,
    confirmed: Callable[[Disposal], bool],
) -> Disposal | None:
    """Dispose of a school's returns, or of those of years before `before`, or of both at once, if `confirmed` says so.

    They leave the archive first, then the ledger, then the tables: a run that is cut off is finished by the next.
    Raises `RecordsError`.
    """
    number = _school(school, definitions(None)) if school else None
    with Ledger.existing(records) as ledger:
        disposal = _disposal(Records(ledger, definitions), number, before)
        if not confirmed(disposal):
            return None
        tidy(records)
        for sha256 in disposal.files:
            dispose(records, sha256)
        with ledger.transaction():
            ledger.forget((one.entry.return_id for one in disposal.returns), disposal.files)
        ledger.compact()
        export(records, Records(ledger, definitions))
    return disposal


def _school(text: str, definition: FormDefinition) -> str:
    number = dfe_number(text, definition.partnership.dfe_prefix)
    if not number.value:
        raise RecordsError(f"{text} is not a DfE number. Give it like {definition.partnership.dfe_prefix}1234.")
    return number.value


def _disposal(known: Records, number: str | None, before: MembershipYear | None) -> Disposal:
    def is_meant(one: Returned) -> bool:
        return (number is None or one.dfe_number == number) and (
            before is None or bool(one.year and one.year < str(before))
        )

    returns = tuple(one for one in known.returns if is_meant(one))
    files = {one.entry.sha256 for one in returns if one.entry.archived}
    others = [one for one in known.returns if not is_meant(one)]
    shared = tuple(one for one in others if one.entry.sha256 in files)
    unplaced = sum(not (one.dfe_number if before is None else one.year) for one in others)
    return Disposal(returns, tuple(sorted(files)), shared, unplaced)
