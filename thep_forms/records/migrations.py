"""The tables of the ledger, and how a ledger of an earlier version becomes one of this version.

Migrations are numbered and go forward only. Each is one small function from the version before it to its own. A
released migration never changes. So it uses no class of the program, only SQL and plain JSON. After the last one,
each row gets its checksum.
A new ledger is made by the first one's tables and every migration after it. docs/ledger.md describes the format.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from thep_forms.records import checksums

FIRST = 7  # the earliest version that can be migrated
_TABLES_OF_8 = """
CREATE TABLE file (sha256 TEXT PRIMARY KEY, is_kept INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
    return_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, modified TEXT
) WITHOUT ROWID;
CREATE TABLE reading (return_id TEXT PRIMARY KEY, reading BLOB NOT NULL);
CREATE TABLE arrival (
    source TEXT, return_id TEXT, received_at TEXT, is_decoration INTEGER NOT NULL, carried_by TEXT NOT NULL,
    PRIMARY KEY (source, return_id)
) WITHOUT ROWID;
CREATE INDEX arrival_return ON arrival (return_id, source);
CREATE TABLE unopened (
    source TEXT PRIMARY KEY, reason TEXT NOT NULL, received_at TEXT, carried_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE decision (
    decision_id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
    return_id TEXT NOT NULL, membership_year TEXT NOT NULL, dfe_number TEXT NOT NULL, school_name TEXT NOT NULL,
    field TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, why TEXT NOT NULL, undone_by TEXT NOT NULL
);
CREATE TABLE register (dfe_number TEXT PRIMARY KEY, school_name TEXT NOT NULL, record BLOB) WITHOUT ROWID;
CREATE TABLE message (
    membership_year TEXT, dfe_number TEXT, at TEXT, kind TEXT NOT NULL, state TEXT NOT NULL, addresses TEXT NOT NULL,
    message_id TEXT NOT NULL, PRIMARY KEY (membership_year, dfe_number, at)
) WITHOUT ROWID;
CREATE TABLE result (
    return_id TEXT PRIMARY KEY, made_from TEXT NOT NULL, membership_year TEXT NOT NULL, dfe_number TEXT NOT NULL,
    copy_of TEXT NOT NULL, school_name TEXT NOT NULL, is_blank INTEGER NOT NULL, problem_codes TEXT NOT NULL,
    error_codes TEXT NOT NULL, read_from TEXT NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX result_school ON result (membership_year, dfe_number, return_id);
CREATE TABLE result_detail (
    return_id TEXT PRIMARY KEY, record BLOB NOT NULL, problems BLOB NOT NULL, answers BLOB NOT NULL
);
CREATE TABLE written (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, shown TEXT NOT NULL) WITHOUT ROWID;
"""


def to_version_8(ledger: sqlite3.Connection) -> None:
    """Facts and results apart: files, entries, readings (of which there are none yet), decisions, results."""
    for table in ("arrival", "return", "said", "unread", "preference", "register", "written", "sent"):
        ledger.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    ledger.execute("DROP INDEX arrival_return")
    ledger.execute("DROP INDEX return_school")
    _create(ledger, _TABLES_OF_8)
    ledger.execute("INSERT INTO file SELECT sha256, max(archived) FROM old_return GROUP BY sha256")
    ledger.execute("INSERT INTO entry SELECT return_id, sha256, outcome, reason, modified FROM old_return")
    ledger.execute("INSERT INTO arrival SELECT source, return_id, received_at, aside, '[]' FROM old_arrival")
    ledger.execute("INSERT INTO unopened SELECT source, reason, received_at, '[]' FROM old_unread")
    ledger.execute("INSERT INTO message SELECT * FROM old_sent")
    ledger.execute("INSERT INTO written SELECT * FROM old_written")
    ledger.execute(
        "INSERT INTO result SELECT return_id, 'version 7', membership_year, dfe_number, copy_of, '', blank, codes, "
        "errors, read_from, content FROM old_return"
    )
    for return_id, known, problems, answers in ledger.execute(
        "SELECT return_id, known, problems, answers FROM old_said"
    ):
        record = _with_complete(known)
        ledger.execute("INSERT INTO result_detail VALUES (?,?,?,?)", (return_id, _blob(record), problems, answers))
        name = record["school"].get("school_name", "")
        ledger.execute("UPDATE result SET school_name=? WHERE return_id=?", (name, return_id))
    for number, name, known in ledger.execute("SELECT dfe_number, name, known FROM old_register"):
        blob = _blob(_with_complete(known)) if known else None
        ledger.execute("INSERT INTO register VALUES (?,?,?)", (number, name, blob))
    ledger.execute(
        "INSERT INTO decision SELECT NULL, '', '', 'prefer', winner, membership_year, dfe_number, school_name, '', "
        "group_concat(loser, ';'), winner, '', '' "
        "FROM (SELECT winner, loser FROM old_preference ORDER BY winner, loser) "
        "JOIN result ON return_id = winner GROUP BY winner ORDER BY winner"
    )
    for table in ("arrival", "return", "said", "unread", "preference", "register", "written", "sent"):
        ledger.execute(f"DROP TABLE old_{table}")


_CHECKSUMS_OF_9 = """
CREATE TABLE checksum (
    table_name TEXT, row_key TEXT, value BLOB NOT NULL, PRIMARY KEY (table_name, row_key)
) WITHOUT ROWID;
CREATE TABLE identity (records_id TEXT PRIMARY KEY, changes INTEGER NOT NULL) WITHOUT ROWID;
"""
_REGISTER_OF_9 = """
CREATE TABLE register (
    membership_year TEXT, dfe_number TEXT, school_name TEXT NOT NULL, email TEXT NOT NULL, record BLOB,
    PRIMARY KEY (membership_year, dfe_number)
) WITHOUT ROWID;
"""


def to_version_9(ledger: sqlite3.Connection) -> None:
    """A register for each year, which year the office collected when a return came, and a checksum of each row.

    The register of version 8 said no year: it becomes that of the latest year that was sent or returned. Nobody noted
    which year was collected when earlier returns came.
    """
    ledger.execute("ALTER TABLE arrival ADD COLUMN year_given TEXT NOT NULL DEFAULT ''")
    ledger.execute("ALTER TABLE arrival ADD COLUMN latest_year TEXT DEFAULT ''")
    ledger.execute("ALTER TABLE register RENAME TO old_register")
    _create(ledger, _REGISTER_OF_9)
    ledger.execute(
        "INSERT INTO register SELECT ?, dfe_number, school_name, '', record FROM old_register", (_latest_year(ledger),)
    )
    ledger.execute("DROP TABLE old_register")
    _create(ledger, _CHECKSUMS_OF_9)
    ledger.execute("INSERT INTO identity VALUES (lower(hex(randomblob(8))), 0)")


_FORGOTTEN_OF_10 = """
CREATE TABLE forgotten (sha256 TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID
"""


def to_version_10(ledger: sqlite3.Connection) -> None:
    """Decisions of more kinds than `prefer`, when the program took in a return, and which files are forgotten."""
    ledger.execute("ALTER TABLE arrival ADD COLUMN noted_at TEXT NOT NULL DEFAULT ''")
    _create(ledger, _FORGOTTEN_OF_10)


_TABLES_OF_11 = """
CREATE TABLE message_text (sha256 TEXT PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mailbox (address TEXT PRIMARY KEY, uid_validity INTEGER NOT NULL, seen TEXT NOT NULL) WITHOUT ROWID
"""


def to_version_11(ledger: sqlite3.Connection) -> None:
    """What people wrote in the messages that brought returns. How far mailboxes were read has a table of its own.

    Version 10 noted that in the table `written`, whose other rows are files.
    """
    for table in ("arrival", "unopened"):
        ledger.execute(f"ALTER TABLE {table} ADD COLUMN texts TEXT NOT NULL DEFAULT ''")
    _create(ledger, _TABLES_OF_11)
    for address, shown in ledger.execute("SELECT name, shown FROM written WHERE name LIKE 'imap%'").fetchall():
        note = json.loads(shown)
        ledger.execute("INSERT INTO mailbox VALUES (?,?,?)", (address, note["uid_validity"], note["seen"]))
    ledger.execute("DELETE FROM written WHERE name LIKE 'imap%'")


_REFUSED_OF_12 = """
CREATE TABLE refused_address (
    membership_year TEXT, dfe_number TEXT, address TEXT, at TEXT NOT NULL, reply TEXT NOT NULL,
    PRIMARY KEY (membership_year, dfe_number, address)
) WITHOUT ROWID
"""


def to_version_12(ledger: sqlite3.Connection) -> None:
    """Which addresses of schools the mail server refused when a message was sent, and in what words."""
    _create(ledger, _REFUSED_OF_12)


def to_version_13(ledger: sqlite3.Connection) -> None:
    """Which returns are pages of another one that came in files of their own. Version 12 put none together."""
    ledger.execute("ALTER TABLE entry ADD COLUMN page_of TEXT NOT NULL DEFAULT ''")


_LATER_PAGE_OF_14 = """
CREATE TABLE later_page (
    return_id TEXT PRIMARY KEY, first TEXT NOT NULL, is_apart INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX later_page_first ON later_page (first)
"""


def to_version_14(ledger: sqlite3.Connection) -> None:
    """Pages of one form have a table of their own, and each file keeps its own reading.

    Version 13 kept, for a first page with later pages, what was read of all of them. Such a reading stays as it is.
    """
    _create(ledger, _LATER_PAGE_OF_14)
    ledger.execute("INSERT INTO later_page SELECT return_id, page_of, 0 FROM entry WHERE page_of != ''")
    ledger.execute("ALTER TABLE entry DROP COLUMN page_of")


def to_version_15(ledger: sqlite3.Connection) -> None:
    """What a return says in each section of the form. Results of earlier versions are made anew, and get it then."""
    ledger.execute("ALTER TABLE result ADD COLUMN section_contents BLOB NOT NULL DEFAULT x''")


def _latest_year(ledger: sqlite3.Connection) -> str:
    """The latest year that was sent or returned; without any, the current membership year."""
    (year,) = ledger.execute(
        "SELECT max(membership_year) FROM (SELECT membership_year FROM message UNION ALL "
        "SELECT membership_year FROM result WHERE NOT is_blank)"
    ).fetchone()
    if year:
        return str(year)
    (start,) = ledger.execute("SELECT CAST(strftime('%Y', 'now', '-3 months') AS INTEGER)").fetchone()
    return f"{start}-{(start + 1) % 100:02}"


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    8: to_version_8,
    9: to_version_9,
    10: to_version_10,
    11: to_version_11,
    12: to_version_12,
    13: to_version_13,
    14: to_version_14,
    15: to_version_15,
}
VERSION = max(MIGRATIONS)


def create(ledger: sqlite3.Connection) -> None:
    """Make the tables of this version in an empty file. The caller has begun a transaction."""
    _create(ledger, _TABLES_OF_8)
    migrate(ledger, 8)


def migrate(ledger: sqlite3.Connection, version: int) -> None:
    """Take a ledger of that version to this one. The caller has begun a transaction."""
    for number in range(version + 1, VERSION + 1):
        MIGRATIONS[number](ledger)
    checksums.make_all(ledger)
    ledger.execute(f"PRAGMA user_version={VERSION}")


def _create(ledger: sqlite3.Connection, tables: str) -> None:
    """One statement after the other: `executescript` would end the transaction."""
    for statement in tables.split(";"):
        ledger.execute(statement)


def _with_complete(known: bytes) -> dict[str, Any]:
    """A record as version 8 writes it: its key `whole` became `complete`."""
    record: dict[str, Any] = json.loads(known)
    record["complete"] = record.pop("whole")
    return record


def _blob(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
