"""The file of a ledger in its folder: a new one is made, and one that is gone or empty is missed."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.files import PRIVATE_FILE, private_folder
from thep_forms.records.ledger_errors import LOST
from thep_forms.records.names import ARCHIVE, LAST_COPY, LEDGER, WRITTEN


def make_file(path: Path) -> None:
    """Make an empty file for a ledger, unless there is one. Raises `RecordsError` where one is missing."""
    records, is_there = path.parent, path.exists()
    require_ledger(records)
    if not is_there and (theirs := [name for name in WRITTEN if (records / name).exists()]):
        raise RecordsError(
            f"{records} holds a file {theirs[0]} that is not ours. Choose another folder for the records."
        )
    if is_there or not records.exists() or not any(records.iterdir()):
        private_folder(records)  # a folder with other things in it keeps its modes: what we put there is private
    if not is_there:
        path.touch(mode=PRIVATE_FILE)
    elif S_IMODE(path.stat().st_mode) != PRIVATE_FILE:
        path.chmod(PRIVATE_FILE)  # it may be a copy that was put back


def require_ledger(records: Path) -> None:
    """Raises `UnsoundError` if the records had a ledger, and it is gone or empty."""
    ledger = records / LEDGER
    if not ledger.exists():
        if _has_been_written(records):
            raise UnsoundError(LOST.format(records=records, state="gone"))
    elif not ledger.stat().st_size:
        require_new(records)


def require_new(records: Path) -> None:
    """Raises `UnsoundError` if an empty ledger is not that of new records, since other files of them are there."""
    if _has_been_written(records) or any((records / name).exists() for name in WRITTEN):
        raise UnsoundError(LOST.format(records=records, state="empty"))


def _has_been_written(records: Path) -> bool:
    """Whether a ledger must have been there. Tables alone may be those of another program."""
    return (records / LAST_COPY).exists() or any((records / ARCHIVE).glob("*"))
