"""The SQLite file of a RECORDS folder. One run at a time opens it; SQLite errors become plain messages."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from enum import Enum, auto
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from thep_forms.errors import RecordsError, UnsoundError
from thep_forms.files import moved_into_place
from thep_forms.records import checksums, last_copy, last_run, migrations, raw_bytes, soundness
from thep_forms.records.last_copy import Identity
from thep_forms.records.last_run import NO_RULES, LastRun, Noted, WorkedOut
from thep_forms.records.ledger_errors import (
    CUT_OFF,
    FOREIGN,
    NEWER,
    NO_RECORDS,
    NOT_OURS,
    OLD,
    ROLLED_BACK,
    TOO_OLD,
    OutdatedError,
    errors_in_words,
)
from thep_forms.records.ledger_files import make_file, require_ledger, require_new
from thep_forms.records.migrations import VERSION
from thep_forms.records.names import JOURNAL, LAST_COPY, LEDGER, ledger_copy, read_only
from thep_forms.records.soundness import DAMAGED

PATIENCE = 5.0  # seconds to wait for another run
_GOOD_FOR = 24 * 60 * 60  # seconds for which a check of all rows counts, if this program alone has changed the bytes


class Checks(Enum):
    """What is checked of a ledger before anything is built on it.

    `USUAL`: every row, unless these are the very bytes that the last run left, and their rows were checked within a
    day. `EVERY_ROW`: every row in any case. `MADE`: nothing, as this program has made the checks, and nothing else has
    changed the file since. `NONE`: nothing, as whoever asks looks for damage.
    """

    USUAL = auto()
    EVERY_ROW = auto()
    MADE = auto()
    NONE = auto()


class Database:
    """The SQLite file of a RECORDS folder, locked against other processes until it is closed.

    Creates the file if it is missing. Migrates a ledger of an earlier version after keeping a copy of it. Raises
    `RecordsError` if the file is not a ledger, is of a later version, or is in use, `UnsoundError` if it is not whole.
    """

    def __init__(
        self,
        records: Path,
        *,
        unchanged: bool = False,
        in_memory: bool = False,
        checks: Checks = Checks.USUAL,
        patience: float = PATIENCE,
    ) -> None:
        """With `unchanged`, open the file for reading only and lock it against writers; see `OutdatedError`.

        With `in_memory`, work on a copy in memory and write nothing back; `patience` is how many seconds to wait for
        another run before it is made.
        """
        self._path = records / LEDGER
        self._checks = checks
        self.last_run: LastRun | None = None  # what the last run knew, if this is the very ledger that it left
        self.block_hashes: Sequence[bytes] = ()  # of the file when it was opened, if they were worked out (`raw_bytes`)
        self.checked_at = 0  # when its rows were checked one by one, in seconds since 1970
        self._is_ours = self._notes_changes = False  # locked against other processes
        self._changes_before = 0  # that the connection had made when the transaction began
        self.worked_out: WorkedOut | None = None  # what the last run worked out, if it counts
        self._noted = (NO_RULES, b"", 0)
        self._uses_file = False
        with errors_in_words():
            self._connection = self._connected(unchanged=unchanged, in_memory=in_memory)
            try:
                raw_bytes.begin_use(self._path)
                self._uses_file = True
                checksums.add_function(self._connection)
                if unchanged:
                    self._look()
                elif in_memory:
                    self._copy(patience)
                    self._let_go_of_file()
                else:
                    self._lock()
                if not unchanged:
                    self._notes_changes = self.last_run is not None or checks is Checks.MADE
                    checksums.keep_up_to_date(self._connection, notes_changes=self._notes_changes)
            except BaseException as error:
                self._close()
                if isinstance(error, UnicodeDecodeError):  # SQLite quotes a damaged name
                    raise UnsoundError(DAMAGED) from error
                raise

    def _connected(self, *, unchanged: bool, in_memory: bool) -> sqlite3.Connection:
        connect = partial(sqlite3.connect, isolation_level=None, factory=checksums.LedgerConnection)
        if in_memory:
            # Several threads may ask, one at a time: whoever keeps it sees to that.
            return connect(":memory:", check_same_thread=False)
        if unchanged:
            return connect(read_only(self._path), uri=True, timeout=PATIENCE)
        make_file(self._path)
        return connect(self._path, timeout=PATIENCE)

    @classmethod
    def existing(
        cls,
        records: Path,
        *,
        unchanged: bool = False,
        in_memory: bool = False,
        checks: Checks = Checks.USUAL,
        patience: float = PATIENCE,
    ) -> Self:
        """The ledger of records that exist. Raises `RecordsError` if there are none."""
        require_ledger(records)
        if not (records / LEDGER).is_file():
            raise RecordsError(NO_RECORDS.format(records=records))
        return cls(
            records,
            unchanged=unchanged,
            in_memory=in_memory,
            checks=checks,
            patience=patience,
        )

    def _look(self) -> None:
        """Start a read transaction, so that all reads see the same state."""
        self._connection.execute("BEGIN")
        if self._version() != VERSION:
            raise OutdatedError(OLD)
        self._compare_with_last_run()
        self._require_soundness()

    def _copy(self, patience: float) -> None:
        """Copy the file into memory, and migrate the copy."""
        with closing(sqlite3.connect(read_only(self._path), uri=True, timeout=patience)) as source:
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_master").fetchone()  # `backup` would wait for ever for another run
            self._compare_with_last_run()
            source.backup(self._connection)
        version = self._version()
        self._require_soundness(version)
        if version != VERSION:
            self._migrate(version)

    def _lock(self) -> None:
        """Lock the file against other processes, and create or migrate its tables."""
        self._connection.execute("PRAGMA synchronous=FULL")
        # Deleted data leaves no trace in the file, in the journal of a killed run, or in temporary files.
        self._connection.execute("PRAGMA secure_delete=ON")
        self._connection.execute("PRAGMA journal_mode=TRUNCATE")
        self._connection.execute("PRAGMA temp_store=MEMORY")
        # The system releases the lock when the process ends.
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.execute("BEGIN EXCLUSIVE")
        self._is_ours = True
        if not self._is_empty():
            version = self._version()
            self._connection.execute("COMMIT")  # the lock stays
            self._compare_with_last_run()
            self._require_soundness(version)
            if version != VERSION:
                self._keep_copy(version)
                self._migrate(version)
        else:
            require_new(self._path.parent)
            migrations.create(self._connection)
            self._connection.execute("COMMIT")

    def _is_empty(self) -> bool:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return not version and not tables

    def _version(self) -> int:
        """The version that wrote the file. Raises `RecordsError` if this program cannot migrate it."""
        if self._is_empty():
            raise UnsoundError(CUT_OFF)
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            raise UnsoundError(NOT_OURS)
        if version > VERSION:
            raise RecordsError(NEWER)
        if version < migrations.FIRST:
            raise RecordsError(TOO_OLD)
        return version

    def _keep_copy(self, version: int) -> None:
        """Keep a copy of the ledger as that version wrote it: complete, or not at all. Raises `OSError`.

        SQLite makes the copy: to open the file a second time would give up the lock (POSIX, fcntl).
        """
        target = ledger_copy(self._path.parent, version)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # which is private
        os.close(handle)
        try:
            with closing(sqlite3.connect(name, isolation_level=None)) as copy:
                copy.execute("PRAGMA journal_mode=OFF")
                self._connection.backup(copy)
            moved_into_place(Path(name), target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _migrate(self, version: int) -> None:
        """Take it to this version, in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        migrations.migrate(self._connection, version)
        self._connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        self._close()
        with errors_in_words():
            if isinstance(error, sqlite3.DatabaseError):
                raise error

    def _close(self) -> None:
        with suppress(sqlite3.Error):
            self._undo()
            if self._is_ours and not self._has_journal():  # SQLite deletes it only without an exclusive lock
                self._connection.execute("PRAGMA locking_mode=NORMAL")
                self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()
        self._let_go_of_file()

    def _has_journal(self) -> bool:
        """Whether a change could not even be taken back, as on a full disk: the next run needs the journal for that."""
        journal = self._path.with_name(self._path.name + JOURNAL)
        return journal.exists() and journal.stat().st_size > 0

    def _let_go_of_file(self) -> None:
        """Note that this connection no longer uses the file, or never did, as it works on a copy."""
        if self._uses_file:
            self._uses_file = False
            raw_bytes.end_use(self._path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes made inside, or none. Raises `RecordsError` if the ledger cannot be written."""
        with errors_in_words():
            try:
                self._begin()
                yield
                self._commit()
            except BaseException:
                self._undo()
                raise

    def commit(self) -> None:
        """Commit the changes so far and start the next transaction."""
        self._commit()
        self._begin()

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._changes_before = self._connection.total_changes

    def _commit(self) -> None:
        if self._connection.total_changes != self._changes_before:
            self._connection.execute("UPDATE identity SET changes=changes+1")
        self._connection.execute("COMMIT")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def compact(self) -> None:
        """Rewrite the file, so that deleted data is gone from it."""
        with errors_in_words():
            self._connection.execute("VACUUM")
            self._connection.execute("UPDATE identity SET changes=changes+1")

    def faults(self, version: int = VERSION) -> Iterator[str]:
        """What is wrong with the file, a sentence each. `version` is the one that wrote it."""
        with errors_in_words():
            yield from soundness.faults(self._connection)
            yield from self._faults_by_copy(version)

    def _faults_by_copy(self, version: int) -> Iterator[str]:
        """What is wrong with the file by its last copy."""
        copy = last_copy.identity_of(self._path.parent / LAST_COPY)
        if version < checksums.FIRST_WITH_CHECKSUMS or not copy:
            return
        own = last_copy.identity(self._connection)
        if own.records_id != copy.records_id:
            yield FOREIGN
        elif own.changes < copy.changes:
            yield ROLLED_BACK

    def _require_soundness(self, version: int = VERSION) -> None:
        """Raises `UnsoundError` with the first fault. Nothing is written to a ledger that has one, or built on it."""
        if self._checks in (Checks.MADE, Checks.NONE):
            return
        if version != VERSION:
            self.last_run = None
        now = int(time.time())
        is_checked = self.last_run is not None and 0 <= now - self.last_run.checked_at < _GOOD_FOR
        for fault in self._faults_by_copy(version) if is_checked else self.faults(version):
            raise UnsoundError(fault)
        self.checked_at = self.last_run.checked_at if self.last_run and is_checked else now

    def identity(self) -> Identity:
        """Whose records these are, and how often they were changed."""
        return last_copy.identity(self._connection)

    def note_changed(self, rows: Mapping[str, Iterable[tuple[str, ...]]]) -> None:
        """Note rows that were changed earlier, by their table, as `changed_rows` gives them."""
        checksums.note_changed(self._connection, rows)

    def forget_changes(self) -> None:
        """Note from now on which rows are changed."""
        checksums.forget_changes(self._connection)

    def take_rows(self, source: Database, rows: Mapping[str, Iterable[tuple[str, ...]]]) -> None:
        """Make these rows, by their table, what they are in another ledger."""
        with errors_in_words():
            self._connection.execute("BEGIN")  # the identity is that of the other ledger, too
            checksums.take_rows(self._connection, source._connection, rows)
            self._connection.execute("COMMIT")

    def note_worked_out(self, rules: bytes, worked_out: WorkedOut | None, content: bytes) -> None:
        """Note what was worked out of the ledger as it is now, by these rules, for the next run."""
        self.worked_out = worked_out
        if self._notes_changes:
            checksums.forget_changes(self._connection)
        self._noted = (rules, content, self._connection.total_changes)

    def noted(self) -> Noted:
        """What `note_worked_out` noted; nothing if the ledger has changed since."""
        rules, content, changes = self._noted
        is_of_now = changes == self._connection.total_changes and not self._connection.in_transaction
        return Noted(self.identity(), rules, content) if is_of_now else Noted(self.identity())

    def _compare_with_last_run(self) -> None:
        """Set `last_run`, if the bytes of the locked file are those that the last run left."""
        found = last_run.load(self._path.parent) if self._checks is Checks.USUAL else None
        if found:
            self.block_hashes = raw_bytes.block_hashes(self._path)
            if raw_bytes.hash_of(self.block_hashes) == found.ledger:
                self.last_run = found

    def changed_rows(self) -> dict[str, list[tuple[str, ...]]]:
        """The keys of the rows that were changed since the last run, by their table. There must have been one."""
        return checksums.changed_rows(self._connection) if self._notes_changes else {}
