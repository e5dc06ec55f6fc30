"""Whether a ledger is whole: by SQLite's own check, and by the checksum of each row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from thep_forms.records.checksums import FIRST_WITH_CHECKSUMS, Damage, faults_in, strays, tables
from thep_forms.records.names import LEDGER

RESTORE = "Run thep-forms restore, which brings back what is sound."
DAMAGED = f"{LEDGER} is damaged: it cannot be read whole. {RESTORE}"
_CHANGED = "{ledger} is damaged: something other than this program changed {what} ({count}). {restore}"
# The tables, and what the rows of each tell, as a person would say it.
_WHAT = {
    "file": "which files came in",
    "entry": "which returns came in",
    "reading": "what the returns say",
    "arrival": "how the returns came in",
    "unopened": "what could not be opened",
    "decision": "what was decided",
    "register": "the list of schools",
    "message": "which messages were sent",
    "result": "the checked returns",
    "result_detail": "the checked answers",
    "written": "what it notes of the workbook",
    "identity": "whose records these are",
    "forgotten": "which files were forgotten",
    "message_text": "what the messages say",
    "mailbox": "how far the mailboxes were read",
    "refused_address": "which addresses were refused",
    "later_page": "which files have pages of one form",
}
# The version of the ledger that brought a table; the others are older.
_TABLES_SINCE = {"forgotten": 10, "message_text": 11, "mailbox": 11, "refused_address": 12, "later_page": 14}


def faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the ledger, a sentence each. They quote neither SQLite nor the ledger.

    A ledger of a version that had no checksums is checked by SQLite alone.
    """
    try:
        (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        has_checksums = version >= FIRST_WITH_CHECKSUMS
        if answer != "ok" or (has_checksums and set(tables(connection)) != _tables_of(version)):
            yield DAMAGED
            return
        counts = _counts(connection) if has_checksums else {}
    except Damage as error:
        if is_busy(error):
            raise
        yield DAMAGED
        return
    for table, count in counts.items():
        places = "1 place" if count == 1 else f"{count} places"
        what = _WHAT.get(table, "what it notes")
        yield _CHANGED.format(ledger=LEDGER, what=what, count=places, restore=RESTORE)


def is_busy(error: Exception) -> bool:
    """Whether another program uses the file, so that the error says nothing about damage."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _tables_of(version: int) -> set[str]:
    """The tables of a ledger of that version, but for that of the checksums."""
    return {table for table in _WHAT if _TABLES_SINCE.get(table, 0) <= version}


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """The number of faulty rows by their table, of tables that have any."""
    counts = {table: faults_in(connection, table) for table in tables(connection)}
    counts[""] = strays(connection)
    return {table: count for table, count in counts.items() if count}
