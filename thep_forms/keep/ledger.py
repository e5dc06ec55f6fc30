"""The ledger: one SQLite file that holds what came in, what it said and what was decided about it.

It holds facts only; verdicts that depend on other returns are worked out when they are asked for.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import quote

import msgspec

from thep_forms.check.record import Checked, CheckedValue, Known, Problem
from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.keep.facts import Arrival, Entry, Sent, SentKind, SentState, known_of, return_id_of
from thep_forms.keep.files import PRIVATE_FILE, private_folder

T = TypeVar("T")

LEDGER = "ledger.sqlite"
VERSION = 6
PATIENCE = 5.0  # seconds that another run is waited for
_SCHEMA = """
CREATE TABLE arrival (
    source TEXT, return_id TEXT, received_at TEXT, aside INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source, return_id)
) WITHOUT ROWID;
CREATE TABLE return (
    return_id TEXT PRIMARY KEY, outcome TEXT NOT NULL, reason TEXT NOT NULL, modified TEXT,
    membership_year TEXT NOT NULL, dfe_number TEXT NOT NULL, copy_of TEXT NOT NULL, blank INTEGER NOT NULL,
    codes TEXT NOT NULL, errors TEXT NOT NULL, read_from TEXT NOT NULL, content BLOB NOT NULL,
    sha256 TEXT NOT NULL, archived INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE said (
    return_id TEXT PRIMARY KEY, known BLOB NOT NULL, problems BLOB NOT NULL, answers BLOB NOT NULL
);
CREATE TABLE unread (source TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE preference (winner TEXT, loser TEXT, PRIMARY KEY (winner, loser)) WITHOUT ROWID;
CREATE TABLE register (dfe_number TEXT PRIMARY KEY, known BLOB) WITHOUT ROWID;
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
    """An empty file for a ledger, unless there is one."""
    records, is_there = path.parent, path.exists()
    if is_there or not records.exists() or not any(records.iterdir()):
        private_folder(records)  # a folder with other things in it keeps its modes: what we put there is private
    if is_there:
        path.chmod(PRIVATE_FILE)  # it may be a copy that was put back
    else:
        path.touch(mode=PRIVATE_FILE)


def _to_be_looked_at(path: Path) -> str:
    """How SQLite is told to open a file that it must not write to, on a share of Windows too (file:////server/…)."""
    whole = path.resolve().as_posix()
    return f"file://{'' if whole.startswith('/') else '/'}{quote(os.fsencode(whole), safe='/:')}?mode=ro"


class Ledger:
    """The ledger of a RECORDS folder, made if it is not there; nobody else can use it until it is closed.

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
    def existing(cls, records: Path, *, unchanged: bool = False) -> Ledger:
        """The ledger of records that are there. Raises `RecordsError`."""
        if not (records / LEDGER).is_file():
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

    def __enter__(self) -> Ledger:
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

    def outcome(self, return_id: str) -> str | None:
        """What came of a return, or None if it is not known."""
        found = self._connection.execute("SELECT outcome FROM return WHERE return_id=?", (return_id,)).fetchone()
        return found[0] if found else None

    def return_ids(self, sha256: str) -> list[str]:
        """The returns in the file of that hash, in their order in it."""
        found = self._connection.execute(
            "SELECT return_id FROM return WHERE return_id=? OR return_id GLOB ?",
            (return_id_of(sha256), f"{return_id_of(sha256)}-*"),
        )
        return sorted((return_id for (return_id,) in found), key=lambda one: (len(one), one))

    def add(self, entry: Entry, sha256: str, checked: Checked | None, *, archived: bool) -> None:
        """Note a return in the file of that hash, in the place of what was known of it.

        `archived`: the file is kept, as that of every PDF is.
        """
        modified = entry.modified.isoformat() if entry.modified else None
        row = (entry.return_id, entry.outcome, entry.reason, modified, *msgspec.structs.astuple(entry)[4:])
        marks = ",".join("?" * (len(row) + 2))
        self._connection.execute(f"INSERT OR REPLACE INTO return VALUES ({marks})", (*row, sha256, archived))  # noqa: S608
        self._connection.execute("DELETE FROM said WHERE return_id=?", (entry.return_id,))
        if checked:
            said = map(msgspec.json.encode, (known_of(checked), checked.problems, checked.values))
            self._connection.execute("INSERT INTO said VALUES (?,?,?,?)", (entry.return_id, *said))

    def arrived(self, arrival: Arrival) -> None:
        """Note the arrival; the same file by the same way is the same arrival."""
        received = arrival.received_at.isoformat() if arrival.received_at else None
        row = (arrival.source, arrival.return_id, received, arrival.aside)
        self._connection.execute("INSERT OR IGNORE INTO arrival VALUES (?,?,?,?)", row)
        self._connection.execute("DELETE FROM unread WHERE source=?", (arrival.source,))

    def add_unread(self, source: str, reason: str) -> bool:
        """Note what could not be opened, unless it was opened at another time; whether it is new."""
        if self._connection.execute("SELECT 1 FROM arrival WHERE source=?", (source,)).fetchone():
            return False
        return self._connection.execute("INSERT OR IGNORE INTO unread VALUES (?,?)", (source, reason)).rowcount > 0

    def unread(self) -> list[tuple[str, str]]:
        """What could not be opened: the way it came, and why."""
        return self._connection.execute("SELECT source, reason FROM unread ORDER BY source").fetchall()

    def prefer(self, winner: str, losers: Iterable[str]) -> None:
        """Note that `winner` counts over `losers`, whatever was noted before."""
        for loser in losers:
            self._connection.execute("DELETE FROM preference WHERE winner=? AND loser=?", (loser, winner))
            self._connection.execute("INSERT OR IGNORE INTO preference VALUES (?,?)", (winner, loser))

    def set_register(self, members: Mapping[str, Known]) -> None:
        """The member schools by DFE number, and what is known of each, instead of those known before."""
        self._connection.execute("DELETE FROM register")
        rows = ((number, msgspec.json.encode(known) if known != Known() else None) for number, known in members.items())
        self._connection.executemany("INSERT INTO register VALUES (?,?)", rows)

    def forget_known(self, numbers: Iterable[str]) -> None:
        """Dispose of what is known of these members but their numbers."""
        self._connection.executemany("UPDATE register SET known=NULL WHERE dfe_number=?", ((one,) for one in numbers))

    def note_sent(self, sent: Sent) -> None:
        """Note a message, in the place of what was known of the same one."""
        row = (sent.year, sent.dfe_number, sent.at.isoformat(), sent.kind, sent.state, sent.addresses, sent.message_id)
        self._connection.execute("INSERT OR REPLACE INTO sent VALUES (?,?,?,?,?,?,?)", row)

    def forget_sent(self, messages: Iterable[Sent]) -> None:
        """Dispose of what is known of the messages."""
        keys = ((one.year, one.dfe_number, one.at.isoformat()) for one in messages)
        self._connection.executemany("DELETE FROM sent WHERE membership_year=? AND dfe_number=? AND at=?", keys)

    def sent(self) -> list[Sent]:
        """Every message to a school, by year, school and time."""
        query = "SELECT membership_year, dfe_number, at, kind, state, addresses, message_id FROM sent ORDER BY 1, 2, 3"
        return [
            Sent(year, number, datetime.fromisoformat(at), SentKind(kind), SentState(state), addresses, message_id)
            for year, number, at, kind, state, addresses, message_id in self._connection.execute(query)
        ]

    def arrivals(self) -> Iterator[Arrival]:
        """Every arrival, in an order that depends on nothing but what they are."""
        query = "SELECT source, return_id, received_at, aside FROM arrival ORDER BY return_id, source"
        for source, return_id, received, aside in self._connection.execute(query):
            date = datetime.fromisoformat(received) if received else None
            yield Arrival(source, sys.intern(return_id), date, bool(aside))

    def answers(self) -> Iterator[tuple[str, tuple[CheckedValue, ...]]]:
        """All values of every form, by the id of its return."""
        query = "SELECT return_id, answers FROM said ORDER BY return_id"
        for return_id, answers in self._connection.execute(query):
            yield return_id, msgspec.json.decode(answers, type=tuple[CheckedValue, ...])

    def known(self, return_id: str) -> Known:
        """What a return says of its school; nothing where it is no form."""
        return self._said("known", return_id, Known) or Known()

    def problems(self, return_id: str) -> tuple[Problem, ...]:
        """The problems that a return has by itself."""
        return self._said("problems", return_id, tuple[Problem, ...]) or ()

    def _said(self, column: str, return_id: str, shape: type[T]) -> T | None:
        query = f"SELECT {column} FROM said WHERE return_id=?"  # noqa: S608 - ours, not anybody's words
        row = self._connection.execute(query, (return_id,)).fetchone()
        return msgspec.json.decode(row[0], type=shape) if row else None

    def entries(self) -> Iterator[Entry]:
        """Every return, by its id."""
        again = sys.intern  # most words are the same ones again and again
        query = (
            "SELECT return_id, outcome, reason, modified, membership_year, dfe_number, copy_of, blank, codes, errors, "
            "read_from, content FROM return ORDER BY return_id"
        )
        for row in self._connection.execute(query):
            return_id, outcome, reason, modified, year, number, copy_of, blank, codes, errors, read_from, content = row
            date = datetime.fromisoformat(modified) if modified else None
            facts = (again(return_id), again(outcome), reason, date, again(year), number, copy_of, bool(blank))
            yield Entry(*facts, again(codes), again(errors), again(read_from), content)

    def files(self) -> dict[str, str]:
        """The hashes of the PDFs that are kept, by the ids of the returns in them."""
        return dict(self._connection.execute("SELECT return_id, sha256 FROM return WHERE archived ORDER BY return_id"))

    def forget(self, return_ids: Iterable[str], files: Iterable[str]) -> None:
        """Dispose of the returns, and of what is known of them; `files` are the hashes of those no longer kept."""
        for return_id in return_ids:
            for table in ("return", "said"):
                self._connection.execute(f"DELETE FROM {table} WHERE return_id=?", (return_id,))  # noqa: S608
            self._connection.execute("DELETE FROM arrival WHERE return_id=?", (return_id,))
            self._connection.execute("DELETE FROM preference WHERE ? IN (winner, loser)", (return_id,))
        for sha256 in files:
            self._connection.execute("UPDATE return SET archived=0 WHERE sha256=?", (sha256,))

    def compact(self) -> None:
        """Write the file anew, without anything that was in it once."""
        with _telling():
            self._connection.execute("VACUUM")

    def fault(self) -> str:
        """What is wrong with the file; empty if nothing is. SQLite's own words may quote it, and say little else."""
        with _telling():
            (told,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        return "" if told == "ok" else _DAMAGED

    def note_written(self, name: str, sha256: str, shown: str) -> None:
        """Note the hash of a file that was written from the ledger, and of the tables that it shows."""
        self._connection.execute("INSERT OR REPLACE INTO written VALUES (?,?,?)", (name, sha256, shown))

    def written(self, name: str) -> tuple[str, str] | None:
        """What was noted of the file."""
        query = "SELECT sha256, shown FROM written WHERE name=?"
        found: tuple[str, str] | None = self._connection.execute(query, (name,)).fetchone()
        return found

    def preferences(self) -> set[tuple[str, str]]:
        return set(self._connection.execute("SELECT winner, loser FROM preference"))

    def register(self) -> dict[str, Known | None]:
        """What is known of each member school; None where that is nothing but its number."""
        rows = self._connection.execute("SELECT dfe_number, known FROM register ORDER BY 1")
        return {number: known and msgspec.json.decode(known, type=Known) for number, known in rows}
