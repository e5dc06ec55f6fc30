"""Check that RECORDS are complete and unchanged."""

from __future__ import annotations

import csv
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.errors import UnsoundError
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, Records, Views, last_copy, return_id_of
from thep_forms.records.database import Checks
from thep_forms.records.later import MOMENT
from thep_forms.records.ledger_errors import OutdatedError
from thep_forms.records.names import ARCHIVE, LAST_COPY, LEDGER, TableName, hash_in_name, leftovers
from thep_forms.records.opening import bring_up_to_date
from thep_forms.records.results import is_outdated
from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.work import Failure, Limits, Workers

AGAIN = "Run ingest again to rewrite it."
ASK = "Put back a copy of it, or ingest the form again."
FOLLOWS = "The desk writes it when nobody has decided anything for a moment. Run verify again then."
MOVE_IT = f"Move it out of {ARCHIVE}. If it is a return, ingest it then."
RUN_OR_RESTORE = "If a run was cut off, run it again. If not, run thep-forms restore, which reads the file."
OLDER = (
    f"{TableName.DECISIONS.file} lists decisions that {LEDGER} does not know, so the ledger is older than the tables. "
    f"Put back the latest {LEDGER} and {LAST_COPY}. Without them, run thep-forms restore, which lists what is lost."
)
OUTDATED = (
    "The records were made by another version of this program, or with other templates. Run ingest again, which "
    "brings them up to date."
)
_SECONDS_TO_FOLLOW = MOMENT + 3.0  # after a decision, until a desk that is open has begun to write the workbook
_SECONDS_TO_COPY = 1.0  # that a run takes at most to make the copy of the ledger, once it has let go of it


def faults(folder: Path, definitions: Definitions, *, deep: bool = False) -> Iterator[str]:
    """The faults of the records, a sentence each. Raises `RecordsError`.

    A `deep` check also reads every archived PDF again, which takes as long as reading it did when it came in. Changes
    nothing, except that it migrates a ledger of an earlier version first.
    """
    try:
        with _opened(folder, definitions) as ledger:
            if ledger_faults := list(ledger.faults()):
                yield from ledger_faults
                return
            yield from _copy_faults(folder)
            yield from _archive_faults(folder, ledger)
        yield from _table_faults(folder, definitions)
        with _opened(folder, definitions) as ledger:
            if deep:
                yield from _reading_faults(folder, ledger, definitions)
            left = [] if _soon(lambda: not leftovers(folder)) else leftovers(folder)
            for path in left:
                yield f"{path.relative_to(folder).as_posix()} is left of a run that was cut off. Run ingest again."
    except UnsoundError as error:
        yield str(error)


def _copy_faults(folder: Path) -> Iterator[str]:
    """What is wrong with the last copy of a ledger that is whole. It is the same, byte for byte."""
    if not (folder / LAST_COPY).is_file():
        yield f"{LAST_COPY} is missing. Run thep-forms restore, which makes it again."
        return
    if not _soon(lambda: last_copy.is_same(folder)):
        yield f"{LAST_COPY} is not the same as {LEDGER}. Run thep-forms restore, which makes it again."


def _soon(is_so: Callable[[], bool]) -> bool:
    """Whether it is so, now or once a run that has just let go of the ledger has made the copy of it."""
    ends_at = time.monotonic() + _SECONDS_TO_COPY
    while not (found := is_so()) and time.monotonic() < ends_at:
        time.sleep(_SECONDS_TO_COPY / 10)
    return found


def _opened(folder: Path, definitions: Definitions) -> Ledger:
    try:
        return Ledger.existing(folder, unchanged=True, checks=Checks.NONE)
    except OutdatedError:
        bring_up_to_date(folder, definitions)
        return Ledger.existing(folder, unchanged=True, checks=Checks.NONE)


def column_of(folder: Path, table: TableName, column: str) -> list[str]:
    """The values of a column of a table as it is on the disk; none where it cannot be read."""
    try:
        with (folder / table.file).open(encoding="utf-8", newline="") as file:
            return [row[column] for row in csv.DictReader(file) if row.get(column)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _table_faults(folder: Path, definitions: Definitions) -> Iterator[str]:
    """What is wrong with the tables. A desk that is open writes some a moment after a decision: wait for them."""
    ends_at = time.monotonic() + _SECONDS_TO_FOLLOW
    while True:
        with _opened(folder, definitions) as ledger:  # which nobody can write to meanwhile
            if is_outdated(ledger, definitions):
                yield OUTDATED
                return
            records = Records(ledger, definitions)
            may_follow = _was_just_decided(records)
            found = list(_faults_of_tables(folder, records, may_follow=may_follow))
        if not found or not may_follow or time.monotonic() > ends_at:
            yield from found
            return
        time.sleep(_SECONDS_TO_FOLLOW / 10)


def _was_just_decided(records: Records) -> bool:
    """Whether a desk that is open may have yet to write what follows the latest decision."""
    times = [decision.at for decision in records.decisions() if decision.at]
    age = datetime.now(UTC) - datetime.fromisoformat(times[-1]) if times else None
    return age is not None and 0 <= age.total_seconds() < _SECONDS_TO_FOLLOW


def _faults_of_tables(folder: Path, records: Records, *, may_follow: bool) -> Iterator[str]:
    known = {str(decision.number) for decision in records.decisions()}
    if not known.issuperset(column_of(folder, TableName.DECISIONS, "decision_id")):
        yield OLDER
        return
    for name in Views(folder, records).stale():
        if not (folder / name).is_file():
            yield f"{name} is missing. {AGAIN}"
        elif may_follow:
            yield f"{name} does not show the latest decisions yet. {FOLLOWS}"
        else:
            yield (
                f"{name} is not what the ledger says: it was changed after it was written, "
                f"or a run was cut off. {AGAIN}"
            )


def _archive_faults(folder: Path, ledger: Ledger) -> Iterator[str]:
    kept, there = set(ledger.files().values()), archived_files(folder)
    hashes = {hash_in_name(name) for name in there}
    for sha256 in sorted(kept - hashes):
        yield f"The file {ARCHIVE}/{sha256} is missing. {ASK}"
    for name in unknown_files(folder, ledger):
        if is_named_by_content(there[name]):
            yield f"{ARCHIVE}/{name} is not known to the ledger. {RUN_OR_RESTORE}"
        else:
            yield f"{ARCHIVE}/{name} is not known to the ledger. {MOVE_IT}"
    for name in sorted(there):
        if hash_in_name(name) in kept and not is_named_by_content(there[name]):
            yield f"{ARCHIVE}/{name} was changed: it does not match its name. Delete it. {ASK}"


def _reading_faults(folder: Path, ledger: Ledger, definitions: Definitions) -> Iterator[str]:
    """The returns whose PDF reads otherwise today than the ledger says.

    A file that took too much time or memory has no reading, and is not tried again. What was read from pictures is not
    compared.
    """
    from thep_forms.office.arrivals.examine import Examiner  # slow to import

    files_by_return, archive = ledger.files(), archived_files(folder)
    was_read = {sha256 for return_id, sha256 in files_by_return.items() if ledger.own_reading(return_id)}
    files = [(name, os.fsencode(archive[name])) for name in sorted(archive) if hash_in_name(name) in was_read]
    for name, answer in Workers(Examiner(definitions), Limits()).map(files):
        sha256 = Path(name).stem
        known = [ledger.own_reading(return_id) for return_id in ledger.return_ids(sha256)]
        if isinstance(answer, Failure):
            continue  # it may have been read within higher limits
        now = [found.reading for found in Examiner.returns(answer)]
        if any(reading.kind is FileKind.LOCKED for reading in now):
            continue  # it may have been read with a password
        if any(reading and reading.kind is FileKind.SCAN and reading.answers for reading in known):
            continue  # computers differ in what they see in a picture, and a person compares it
        if now != [reading for reading in known if reading]:
            yield (
                f"{ARCHIVE}/{name} is read otherwise today than when it came in as {return_id_of(sha256)}. "
                "Compare its answers in values.csv with its pages."
            )


def unknown_files(folder: Path, ledger: Ledger) -> list[str]:
    """The names of the archived files that the ledger does not list."""
    kept = set(ledger.files().values())
    return sorted(name for name in archived_files(folder) if hash_in_name(name) not in kept)


def archived_files(folder: Path) -> dict[str, Path]:
    """The files in the archive by name, except half-written ones."""
    half_written = set(leftovers(folder))
    return {path.name: path for path in (folder / ARCHIVE).glob("*") if path not in half_written}


def is_named_by_content(path: Path) -> bool:
    """Whether it is a file whose name is the hash of its content."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        found = file_type(file.read(HEAD))
        file.seek(0)
        return path.name == f"{hashlib.file_digest(file, 'sha256').hexdigest()}.{found}"
