"""A whole ledger, made of the last copy and of what is sound in a damaged one."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.files import moved_into_place, sync_folder, write_private
from thep_forms.interruption import uninterrupted
from thep_forms.reading import Reading
from thep_forms.records import checksums, last_copy, migrations, soundness
from thep_forms.records.checksums import Damage
from thep_forms.records.last_copy import Identity
from thep_forms.records.ledger_errors import errors_in_words
from thep_forms.records.model import ENTERED
from thep_forms.records.names import ARCHIVE, JOURNAL, LAST_COPY, LEDGER, damaged_ledger, hash_in_name, read_only

_IDENTITY = "identity"  # the table of its name
LATER_PAGE = "later_page"
ID = 16  # hex digits of a file's hash in the id of its first return


class Restored(Struct, frozen=True):
    """What a ledger was made of.

    `put_aside` is the name of the damaged ledger, empty where there was none. `copied_at` is when the last copy was
    made, None where there was none that is whole. `incomplete` are the tables of which rows may be lacking.
    """

    put_aside: str
    copied_at: datetime | None
    incomplete: frozenset[str]


def restore_ledger(records: Path) -> Restored:
    """Put a whole ledger in the place of a damaged one, which is kept. Raises `RecordsError`, `OSError`.

    Rows of the damaged ledger that match their checksums are newer than those of the copy, so they count. Ctrl-C waits
    until all is done: it must not pass for damage.
    """
    with uninterrupted():
        return _restore(records)


def _restore(records: Path) -> Restored:
    ledger, copy = records / LEDGER, records / LAST_COPY
    last_copy.complete(records)
    has_copy = copy.is_file() and not list(_faults(copy))
    copied_at = datetime.fromtimestamp(copy.stat().st_mtime, UTC) if has_copy else None
    with errors_in_words(), _new_ledger(records, copy if has_copy else None) as new:
        with closing(_connected(new)) as connection:
            if _version(ledger) == migrations.VERSION:
                _bring_up_to_date(
                    connection
                )  # a run may have been cut off before it renewed a copy of an earlier version
            incomplete = _fill(connection, ledger, is_copy=has_copy)
        put_aside = _put_aside(ledger)
        if not has_copy:
            _put_aside(copy)
            copy.unlink(missing_ok=True)
        moved_into_place(new, ledger)
    return Restored(put_aside, copied_at, incomplete)


@contextmanager
def _new_ledger(records: Path, copy: Path | None) -> Iterator[Path]:
    """A ledger under a temporary name: the copy, or a new one."""
    handle, name = tempfile.mkstemp(prefix=f".{LEDGER}.", dir=records)  # which is private
    os.close(handle)
    path = Path(name)
    try:
        if copy:
            shutil.copyfile(copy, path)
        else:
            with closing(_connected(path)) as connection:
                connection.execute("BEGIN")
                migrations.create(connection)
                connection.execute("COMMIT")
        yield path
    finally:
        path.unlink(missing_ok=True)


def _connected(new: Path) -> sqlite3.Connection:
    """A connection to a new ledger. Nobody needs half of it, so no journal of it is left on the disk."""
    connection = sqlite3.connect(new, isolation_level=None)
    checksums.add_function(connection)
    connection.execute("PRAGMA journal_mode=MEMORY")
    return connection


def _bring_up_to_date(new: sqlite3.Connection) -> None:
    """Migrate the new ledger, if it is of an earlier version."""
    (version,) = new.execute("PRAGMA user_version").fetchone()
    if version < migrations.VERSION:
        new.execute("BEGIN IMMEDIATE")
        migrations.migrate(new, version)
        new.execute("COMMIT")


def _version(ledger: Path) -> int:
    """The version that wrote a damaged ledger; 0 where nobody can tell."""
    if not ledger.is_file():
        return 0
    try:
        with closing(sqlite3.connect(read_only(ledger), uri=True)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            return int(version)
    except Damage as error:
        if soundness.is_busy(error):
            raise
        return 0


def _faults(path: Path) -> Iterator[str]:
    """What is wrong with a copy by itself."""
    try:
        with closing(sqlite3.connect(read_only(path), uri=True)) as connection:
            checksums.add_function(connection)
            last_copy.identity(connection)
            yield from soundness.faults(connection)
    except Damage:
        yield soundness.DAMAGED


def _fill(new: sqlite3.Connection, damaged: Path, *, is_copy: bool) -> frozenset[str]:
    """Put the sound rows of the damaged ledger into the new one. The tables that may lack rows."""
    tables = [table for table in checksums.tables(new) if table != _IDENTITY]
    if not damaged.is_file() or not damaged.stat().st_size:
        return frozenset(tables)
    with closing(sqlite3.connect(read_only(damaged), uri=True, isolation_level=None)) as old:
        checksums.add_function(old)
        before, now = _identity(old, new), last_copy.identity(new)
        if is_copy and before and before.records_id == now.records_id and before.changes <= now.changes:
            return frozenset()  # the copy lacks nothing
        if not before or (is_copy and before.records_id != now.records_id):
            return frozenset(tables)
        checksums.keep_up_to_date(new)
        new.execute("BEGIN IMMEDIATE")
        incomplete = frozenset(table for table in tables if not _take_rows(old, new, table))
        _mend(new, damaged.parent, incomplete)
        new.execute(f"UPDATE {_IDENTITY} SET changes=?", (before.changes + 1,))  # noqa: S608 - a name of the schema
        new.execute("COMMIT")
    return incomplete


def _identity(old: sqlite3.Connection, new: sqlite3.Connection) -> Identity | None:
    """The identity of a damaged ledger; None where it cannot be read, or where its tables are not those of the new."""
    (version_of_new,) = new.execute("PRAGMA user_version").fetchone()
    try:
        (version,) = old.execute("PRAGMA user_version").fetchone()
        return last_copy.identity(old) if version == version_of_new else None
    except Damage as error:
        if soundness.is_busy(error):
            raise
        return None


def _take_rows(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    """Take the sound rows of a table. If all are sound, they replace those of the new ledger. Whether all are."""
    try:
        is_whole = checksums.faults_in(old, table) == 0
    except Damage:
        is_whole = False
    if is_whole:
        new.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of the schema
    for order in ("ASC", "DESC"):  # from both ends, up to where the table is damaged
        for row in _up_to_damage(checksums.sound_rows(old, table, order)):
            places = ",".join("?" * len(row))
            new.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", row)  # noqa: S608 - as above
        if is_whole:
            break
    return is_whole


def _up_to_damage(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """The rows that come before one that cannot be read."""
    with suppress(*Damage):  # of the old ledger alone: what is done with a row is not suppressed
        while (row := next(rows, None)) is not None:
            yield row


def _mend(new: sqlite3.Connection, records: Path, incomplete: frozenset[str]) -> None:
    """Make the tables of a ledger that was put together agree. `incomplete` are those of which rows may be lacking.

    What can be worked out from the other tables and the archive is made again. What belongs to no entry is deleted, and
    so are entries of which nothing is known, or not how they came: their files are read again.
    """
    archived = {sha256[:ID]: sha256 for path in (records / ARCHIVE).glob("*") if (sha256 := hash_in_name(path.name))}
    if "entry" in incomplete:
        _make_entries(new, archived)
    new.execute("DELETE FROM entry WHERE return_id NOT IN (SELECT return_id FROM arrival)")
    for table in ("arrival", "reading", "result", "result_detail"):
        new.execute(f"DELETE FROM {table} WHERE return_id NOT IN (SELECT return_id FROM entry)")  # noqa: S608 - as above
    if LATER_PAGE in checksums.tables(new):  # versions before 14 had none
        new.execute(
            f"DELETE FROM {LATER_PAGE} WHERE return_id NOT IN (SELECT return_id FROM entry) "  # noqa: S608 - as above
            "OR first NOT IN (SELECT return_id FROM entry)"
        )
    new.execute("DELETE FROM unopened WHERE source IN (SELECT source FROM arrival)")
    new.execute(
        "DELETE FROM entry WHERE return_id NOT IN (SELECT return_id FROM result) "
        "AND return_id NOT IN (SELECT return_id FROM reading)"
    )
    new.execute("DELETE FROM file WHERE sha256 NOT IN (SELECT sha256 FROM entry)")
    unlisted = "SELECT DISTINCT sha256 FROM entry WHERE sha256 NOT IN (SELECT sha256 FROM file)"
    for (sha256,) in new.execute(unlisted).fetchall():
        new.execute("INSERT INTO file VALUES (?,?)", (sha256, sha256[:ID] in archived))
    if incomplete & {"result", "result_detail", LATER_PAGE}:  # all that was read is checked again
        new.execute("UPDATE result SET made_from='' WHERE return_id IN (SELECT return_id FROM reading)")


def _make_entries(new: sqlite3.Connection, archived: Mapping[str, str]) -> None:
    """Make lacking entries of their readings. `archived` are the hashes of the archive by their first `ID` digits."""
    lacking = "SELECT return_id, reading FROM reading WHERE return_id NOT IN (SELECT return_id FROM entry)"
    for return_id, blob in new.execute(lacking).fetchall():
        if return_id.startswith(ENTERED):  # the office entered it, and it has no file
            sha256 = hashlib.sha256(return_id.encode()).hexdigest()
        else:
            sha256 = archived.get(return_id[:ID], "")
        if sha256:
            reading = msgspec.json.decode(blob, type=Reading)
            facts = (return_id, sha256, reading.kind, reading.reason, reading.modified and reading.modified.isoformat())
            new.execute("INSERT INTO entry (return_id, sha256, kind, reason, modified) VALUES (?,?,?,?,?)", facts)


def _put_aside(ledger: Path) -> str:
    """Keep a damaged ledger, and the journal that belongs to it, under other names. The name of the ledger."""
    if not ledger.is_file() or not ledger.stat().st_size:
        return ""
    target = damaged_ledger(ledger.parent)
    write_private(target, ledger.read_bytes())
    journal = ledger.with_name(ledger.name + JOURNAL)
    if journal.exists():
        journal.replace(target.with_name(target.name + JOURNAL))
        sync_folder(ledger.parent)
    return target.name
