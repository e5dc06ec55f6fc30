"""The copy of the ledger beside it, made at the end of each run that changed it: what `restore` brings back."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from thep_forms.files import CHUNK, HalfWritten, sync_folder
from thep_forms.records import raw_bytes
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


def renew(records: Path) -> bytes:
    """Copy the ledger, unless the copy is up to date, and give its hash. Raises `OSError`, `sqlite3.DatabaseError`.

    Byte for byte, so that a comparison shows any damage to either of the two.
    """
    ledger, copy = records / LEDGER, records / LAST_COPY
    with closing(sqlite3.connect(read_only(ledger), uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")  # nobody writes until this is over
        if identity(connection) == identity_of(copy):
            return raw_bytes.hash_of(ledger)
        hashed = hashlib.sha256()
        with raw_bytes.opened(ledger) as source:
            target = HalfWritten(copy)
            while piece := source.read(CHUNK):
                hashed.update(piece)
                target.write(piece)
            target.finish()
    sync_folder(records)
    return hashed.digest()
