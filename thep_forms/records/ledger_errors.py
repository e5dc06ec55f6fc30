"""What can go wrong with the ledger of a RECORDS folder: SQLite's errors become plain messages."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.records.names import LAST_COPY, LEDGER
from thep_forms.records.soundness import DAMAGED, RESTORE

_BUSY = "Another run is at work on these records. Wait until it has ended, and try again."
_FULL = "The disk is full. Nothing is half-written. Make room and try again."
CUT_OFF = "A run on these records was cut off. Run ingest again, which completes it."
NO_RECORDS = "{records} holds no records. Give the folder that ingest wrote to."
NOT_OURS = f"{LEDGER} is not a ledger of this program. Choose another folder, or run thep-forms restore."
LOST = f"{LEDGER} in {{records}} is {{state}}, but other files of these records are there. {RESTORE}"
ROLLED_BACK = f"{LEDGER} is older than {LAST_COPY}, so something has put an old one in its place. {RESTORE}"
FOREIGN = (
    f"{LEDGER} is the ledger of other records than {LAST_COPY}. Put the right one back, or run thep-forms restore."
)
_SHUT = f"{LEDGER} cannot be opened or written. See that you may write to its folder, and try again."
TOO_OLD = f"{LEDGER} is of an older version of this program. Ingest the PDFs that lie beside it into a new folder."
OLD = f"{LEDGER} is of an earlier version of this program. Run a command that may write to its folder."
NEWER = f"{LEDGER} is of a newer version of this program. Install that one."


class OutdatedError(RecordsError):
    """A ledger of an earlier version, opened for reading only. Opening it for writing migrates it."""


class CutOffError(UnsoundError):
    """A ledger that a run left in the middle of a transaction. Opening it for writing rolls the transaction back."""


class BusyError(RecordsError):
    """Another run uses the ledger."""


class ReadOnlyError(RecordsError):
    """A ledger that cannot be written to."""


def is_read_only(error: OSError) -> bool:
    """Whether the system says that a file or its folder cannot be written to."""
    return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)


def _in_words(error: sqlite3.DatabaseError) -> RecordsError:
    """The error with a message that says what is wrong and what to do."""
    code = error.sqlite_errorcode
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return CutOffError(CUT_OFF)
    match code & 0xFF:  # the rest are details
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return BusyError(_BUSY)
        case sqlite3.SQLITE_FULL:
            return RecordsError(_FULL)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return ReadOnlyError(_SHUT)
        case sqlite3.SQLITE_CORRUPT:
            return UnsoundError(DAMAGED)
        case sqlite3.SQLITE_NOTADB:
            return UnsoundError(NOT_OURS)
    return RecordsError(f"The ledger cannot be used: {error}. Make room and try again.")


@contextmanager
def errors_in_words() -> Iterator[None]:
    """SQLite's complaints as `RecordsError`; its `ProgrammingError` and the like are ours, not the user's."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
            raise
        raise _in_words(error) from error
