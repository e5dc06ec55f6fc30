"""The copy of the ledger beside it, made at the end of each run that changed it: what `restore` brings back.

It is the same byte for byte, so that a comparison shows any damage to either of the two. A decision about one of many
returns changes few blocks of a ledger, and only these are written to the copy. They are written to a file of their own
first. So a run may be cut off at any moment: `complete` makes the copy whole.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from io import BytesIO, FileIO
from itertools import zip_longest
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.files import CHUNK, HalfWritten, sync_folder, write_private
from thep_forms.records import raw_bytes
from thep_forms.records.checksums import Damage
from thep_forms.records.names import COPY_CHANGES, LAST_COPY, LEDGER, read_only

_MOST_CHANGED = 256  # blocks; with more, or a quarter of all, the copy is written whole


class Identity(Struct, frozen=True):
    """Whose records a ledger is of, and how often it was changed."""

    records_id: str
    changes: int


class _Changes(Struct, frozen=True, array_like=True):
    """What the copy is to become: its size in bytes, and the blocks that change, by their number."""

    size: int
    blocks: Mapping[int, bytes]


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


def is_same(records: Path) -> bool:
    """Whether the copy is the ledger, byte for byte. Whoever asks has locked the ledger. Raises `OSError`."""
    with raw_bytes.opened(records / LEDGER) as ledger, FileIO(records / LAST_COPY) as copy:
        return all(block == other for block, other in zip_longest(raw_bytes.blocks(ledger), raw_bytes.blocks(copy)))


def renew(
    records: Path, known: Sequence[bytes] = (), note: Callable[[Identity, bytes], object] = lambda *_: None
) -> None:
    """Make the copy the same as the ledger, byte for byte.

    `known` are the hashes of the blocks of the ledger when the run began. A block that is the same as in the copy has
    not changed since. `note` is called with what the ledger is now and with its hash (`raw_bytes`). The ledger is still
    locked then, so that no other run takes a file which is being written for a leftover. Raises `OSError`,
    `sqlite3.DatabaseError`.
    """
    ledger, copy = records / LEDGER, records / LAST_COPY
    with closing(sqlite3.connect(read_only(ledger), uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        now = identity(connection)  # from here on the ledger is locked: nobody writes until this is over
        with raw_bytes.opened(ledger) as source:
            hashes, changed = _compared(source, copy, known)
            if not copy.is_file() or len(changed) > min(_MOST_CHANGED, len(hashes) // 4):
                (records / COPY_CHANGES).unlink(missing_ok=True)
                _copy_whole(source, copy)
            elif changed or copy.stat().st_size != source.tell():
                changes = _Changes(source.tell(), changed)
                write_private(records / COPY_CHANGES, msgspec.msgpack.encode(changes))
                complete(records)
            note(now, raw_bytes.hash_of(hashes))


def complete(records: Path) -> None:
    """Write to the copy what a run that was cut off has left to be written. Raises `OSError`."""
    left = records / COPY_CHANGES
    if not left.is_file():
        return
    changes = msgspec.msgpack.decode(left.read_bytes(), type=_Changes)
    with suppress(FileNotFoundError), (records / LAST_COPY).open("r+b") as copy:
        for place, block in changes.blocks.items():
            copy.seek(place * raw_bytes.BLOCK)
            copy.write(block)
        copy.truncate(changes.size)
        copy.flush()
        os.fsync(copy.fileno())
    left.unlink(missing_ok=True)


def _compared(source: FileIO, copy: Path, known: Sequence[bytes]) -> tuple[list[bytes], dict[int, bytes]]:
    """The hash of each block of the ledger, and the blocks in which the copy differs, by their number.

    The rest is left out where these are too many.
    """
    hashes: list[bytes] = []
    changed: dict[int, bytes] = {}
    with FileIO(copy) if copy.is_file() else BytesIO() as old:
        for place, block in enumerate(raw_bytes.blocks(source)):
            is_same = old.read(raw_bytes.BLOCK) == block
            if not is_same and len(changed) <= _MOST_CHANGED:
                changed[place] = block
            is_known = is_same and place < len(known)
            hashes.append(known[place] if is_known else hashlib.sha256(block).digest())
    return hashes, changed


def _copy_whole(source: FileIO, copy: Path) -> None:
    """Write the whole copy anew."""
    source.seek(0)
    target = HalfWritten(copy)
    while piece := source.read(CHUNK):
        target.write(piece)
    target.finish()
    sync_folder(copy.parent)
