"""The SQLite file of a RECORDS folder: opened by one run alone, written in transactions, its complaints in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.files import PRIVATE_FILE, private_folder

LEDGER = "ledger.sqlite"
ARCHIVE = "returns"  # the folder of the PDFs
WRITTEN = ("schools.csv", "contacts.csv", "returns.csv", "problems.csv", "changes.csv", "values.csv", "records.xlsx")
VERSION = 7
PATIENCE = 5.0  # seconds that another run is waited for
_SCHEMA = """
CREATE TABLE arrival (
    source TEXT, return_id TEXT, received_at TEXT, aside INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source, return_id)
) WITHOUT ROWID;
CREATE INDEX arrival_return ON arrival (return_id);
CREATE TABLE return (
    return_id TEXT PRIMARY KEY, outcome TEXT NOT NULL, reason TEXT NOT NULL, modified TEXT,
    membership_year TEXT NOT NULL, dfe_number TEXT NOT NULL, copy_of TEXT NOT NULL, blank INTEGER NOT NULL,
    codes TEXT NOT NULL, errors TEXT NOT NULL, read_from TEXT NOT NULL, content BLOB NOT NULL,
    sha256 TEXT NOT NULL, archived INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX return_school ON return (membership_year, dfe_number);
CREATE TABLE said (
    return_id TEXT PRIMARY KEY, known BLOB NOT NULL, problems BLOB NOT NULL, answers BLOB NOT NULL
);
CREATE TABLE unread (source TEXT PRIMARY KEY, reason TEXT NOT NULL, received_at TEXT) WITHOUT ROWID;
CREATE TABLE preference (winner TEXT, loser TEXT, PRIMARY KEY (winner, loser)) WITHOUT ROWID;
CREATE TABLE register (dfe_number TEXT PRIMARY KEY, name TEXT NOT NULL, known BLOB) WITHOUT ROWID;
CREATE TABLE written (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, shown TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sent (
    membership_year TEXT, dfe_number TEXT, at TEXT, kind TEXT NOT NULL, state TEXT NOT NULL, addresses TEXT NOT NULL,
    message_id TEXT NOT NULL, PRIMARY KEY (membership_year, dfe_number, at)
) WITHOUT ROWID;
"""


_BUSY = "Another run is at work on these records. Wait until it has ended, and run again."
_FULL = "The disk is full. Nothing is half-written: make room, and run again."
_DAMAGED = f"{LEDGER} is damaged. Put back a copy of it, or ingest everything again elsewhere."
_CUT_OFF = "A run on these records was cut off. Run ingest again, which completes it."
_NOT_OURS = f"{LEDGER} is not a ledger of this program. Choose another folder, or put back a copy of it."
_LOST = f"holds returns, but {LEDGER} is gone. Put back a copy of it, or ingest these PDFs into another folder."
_SHUT = f"{LEDGER} cannot be opened or written. See that you may write to its folder, and run again."
_OLDER = f"{LEDGER} is of an older version of this program. Ingest the PDFs that lie beside it into a new folder."
_NEWER = f"{LEDGER} is of a newer version of this program. Install that one."


def _told(error: sqlite3.DatabaseError) -> RecordsError:
    """What SQLite complains of, and what to do."""
    code = error.sqlite_errorcode
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return UnsoundError(_CUT_OFF)
    match code & 0xFF:  # the rest tells details
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return RecordsError(_BUSY)
        case sqlite3.SQLITE_FULL:
            return RecordsError(_FULL)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return RecordsError(_SHUT)
        case sqlite3.SQLITE_CORRUPT:
            return UnsoundError(_DAMAGED)
        case sqlite3.SQLITE_NOTADB:
            return UnsoundError(_NOT_OURS)
    return RecordsError(f"The ledger cannot be used: {error}. Nothing is half-written: make room, and run again.")


@contextmanager
def _telling() -> Iterator[None]:
    """SQLite's complaints as `RecordsError`; its `ProgrammingError` and the like are ours, not the user's."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
            raise
        raise _told(error) from error


def _make(path: Path) -> None:
    """An empty file for a ledger, unless there is one. Raises `RecordsError` where there must have been one."""
    records, is_there = path.parent, path.exists()
    if not is_there and _has_returns(records):
        raise RecordsError(f"{records / ARCHIVE} {_LOST}")
    if not is_there and (theirs := [name for name in WRITTEN if (records / name).exists()]):
        raise RecordsError(
            f"{records} holds a file {theirs[0]} that is not ours. Choose another folder for the records."
        )
    if is_there or not records.exists() or not any(records.iterdir()):
        private_folder(records)  # a folder with other things in it keeps its modes: what we put there is private
    if is_there:
        path.chmod(PRIVATE_FILE)  # it may be a copy that was put back
    else:
        path.touch(mode=PRIVATE_FILE)


def _has_returns(records: Path) -> bool:
    return any((records / ARCHIVE).glob("*.pdf"))


def _to_be_looked_at(path: Path) -> str:
    """How SQLite is told to open a file that it must not write to, on a share of Windows too (file:////server/…)."""
    whole = path.resolve().as_posix()
    return f"file://{'' if whole.startswith('/') else '/'}{quote(os.fsencode(whole), safe='/:')}?mode=ro"


class Database:
    """The file of a RECORDS folder, made if it is not there; nobody else can use it until it is closed.

    With `unchanged` it is only looked at, and nobody can write to it meanwhile. Raises `RecordsError` for a file that
    is none, and for one that is in use.
    """

    def __init__(self, records: Path, *, unchanged: bool = False) -> None:
        path = records / LEDGER
        if not unchanged:
            _make(path)
        self._unchanged, self._is_ours = unchanged, False
        where = _to_be_looked_at(path) if unchanged else path
        with _telling():
            self._connection = sqlite3.connect(where, uri=unchanged, timeout=PATIENCE, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._close()
                raise

    @classmethod
    def existing(cls, records: Path, *, unchanged: bool = False) -> Self:
        """The ledger of records that are there. Raises `RecordsError`."""
        if not (records / LEDGER).is_file():
            if _has_returns(records):
                raise RecordsError(f"{records / ARCHIVE} {_LOST}")
            raise RecordsError(f"{records} holds no records. Give the folder that ingest wrote to.")
        return cls(records, unchanged=unchanged)

    def _prepare(self) -> None:
        if self._unchanged:
            self._connection.execute("BEGIN")  # from the first look on, so that all that is seen is of one moment
        else:
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA secure_delete=ON")  # what is forgotten leaves no trace in the file,
            self._connection.execute("PRAGMA journal_mode=TRUNCATE")  # in its journal, though a run is killed,
            self._connection.execute("PRAGMA temp_store=MEMORY")  # or elsewhere on the disk
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # the system lets go when the process ends
            self._connection.execute("BEGIN EXCLUSIVE")
            self._is_ours = True
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and (tables or self._unchanged):
            raise UnsoundError(_NOT_OURS if tables else _CUT_OFF)
        if version not in (0, VERSION):
            raise RecordsError(_OLDER if version < VERSION else _NEWER)
        if version == 0:
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={VERSION}")
        if not self._unchanged:
            self._connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        self._close()
        with _telling():
            if isinstance(error, sqlite3.DatabaseError):
                raise error

    def _close(self) -> None:
        with suppress(sqlite3.Error):
            self._undo()
            if self._is_ours:  # delete the journal, which SQLite does only for one that others may use
                self._connection.execute("PRAGMA locking_mode=NORMAL")
                self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside. Raises `RecordsError` if the ledger cannot be written."""
        with _telling():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def commit(self) -> None:
        """Keep what was written so far, and go on with the transaction."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def compact(self) -> None:
        """Write the file anew, without anything that was in it once."""
        with _telling():
            self._connection.execute("VACUUM")

    def fault(self) -> str:
        """What is wrong with the file; empty if nothing is. SQLite's own words may quote it, and say little else."""
        with _telling():
            (told,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        return "" if told == "ok" else _DAMAGED
