"""The copy of the ledger beside it, made at the end of each run that changed it: what `restore` brings back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from msgspec import Struct

from thep_forms.files import CHUNK, renew_private, sync_folder
from thep_forms.records.checksums import Damage
from thep_forms.records.names import LAST_COPY, LEDGER, read_only


class Identity(Struct, frozen=True):
    """Whose records a ledger is of, and how often it was changed."""

    records_id: str
    changes: int


def identity(connection: sqlite3.Connection) -> Identity:
    """The identity of a ledger. Raises `sqlite3.DatabaseError`."""
    found = connection.execute("SELECT records_id, changes FROM identity").fetchone()
    return Identity(*found) if found else Identity("", 0)


def identity_of(path: Path) -> Identity | None:
    """The identity of the ledger or the copy at a path; None where it is missing or damaged."""
    try:
        with closing(sqlite3.connect(read_only(path), uri=True)) as connection:
            return identity(connection)
    except Damage:
        return None


def renew(records: Path) -> None:
    """Copy the ledger, unless the copy is up to date. Raises `OSError`, `sqlite3.DatabaseError`.

    Byte for byte, so that a comparison shows any damage to either of the two.
    """
    ledger, copy = records / LEDGER, records / LAST_COPY
    with closing(sqlite3.connect(read_only(ledger), uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        if identity(connection) == identity_of(copy):
            return
        # Nobody writes until this is over. To close a file that was opened twice gives up its lock (POSIX, fcntl).
        with ledger.open("rb") as source:
            renew_private(copy, iter(partial(source.read, CHUNK), b""))
    sync_folder(records)
