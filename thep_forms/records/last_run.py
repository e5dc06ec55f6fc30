"""What the last run that wrote knew of the ledger, so that the next one need not work it out again.

It is a cache beside the ledger. It counts only for the very ledger that it was made of, which it names by the hash of
all its bytes. So it also says that the ledger is whole: a run had checked it, and changed it itself since. What was
worked out counts only for the same program and templates. A cache that is damaged, old or missing costs time alone.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.files import write_unsynced
from thep_forms.records.last_copy import Identity
from thep_forms.records.names import LAST_RUN, TableName
from thep_forms.records.returned import Returned

MOST_RETURNS = 100_000  # more would take too much memory at once
_FORMAT = b"thep-forms last run 1\n"
_HASH = 32  # bytes
NO_RULES = bytes(_HASH)
_HEAD = struct.Struct(f">{_HASH}sQ{_HASH}s")  # the hash of the ledger, when it was checked, the rules


class WrittenTable(Struct, frozen=True, array_like=True):
    """A CSV as it was written: its length and CRC-32, the length of its header, and its number of rows.

    For each return, in their order, `lengths` has the bytes of its rows and `counts` their number, as 32-bit numbers
    of the machine. Of a table that is not about returns, both are empty.
    """

    size: int
    crc: int
    header: int
    rows: int
    lengths: bytes = b""
    counts: bytes = b""

    def arrays(self) -> tuple[array[int], array[int]]:
        """`lengths` and `counts` as numbers."""
        return array("I", self.lengths), array("I", self.counts)


class WorkedOut(Struct, frozen=True, array_like=True):
    """What a run worked out of the ledger, and the tables that it wrote.

    `returns` are all by id, in their order. `latest_year`, `years` and `began` are those of `Judgements`. `columns` is
    a digest of the columns of the tables. `told` is what `Correspondents` noted.
    """

    returns: dict[str, Returned]
    latest_year: str
    years: tuple[str, ...]
    began: dict[str, datetime]
    columns: str
    tables: Mapping[TableName, WrittenTable]
    told: bytes = b""


class LastRun(Struct, frozen=True):
    """The cache. `ledger` is the hash of the ledger that it was made of, `rules` that of the program and templates.

    `checked_at` is when the rows of the ledger were last checked one by one, in seconds since 1970. `content` is a
    `WorkedOut` as MessagePack; empty where a run only checked the ledger, or there are too many returns.
    """

    ledger: bytes
    checked_at: int
    rules: bytes = NO_RULES
    content: bytes | memoryview = b""  # a copy of that many bytes takes a while

    def worked_out(self, rules: bytes) -> WorkedOut | None:
        """What was worked out; None where that was by other rules."""
        if rules != self.rules or not self.content:
            return None
        return msgspec.msgpack.decode(self.content, type=WorkedOut)


class Noted(Struct, frozen=True):
    """What a run knows at its end: the ledger as it left it, and the `rules` and the `content` of a `LastRun`."""

    ledger: Identity
    rules: bytes = NO_RULES
    content: bytes = b""


def load(records: Path) -> LastRun | None:
    """The cache beside a ledger; None where it is missing or damaged."""
    try:
        whole = memoryview((records / LAST_RUN).read_bytes())
    except OSError:
        return None
    start = len(_FORMAT) + _HASH
    rest = whole[start:]
    if len(rest) < _HEAD.size or whole[:start] != _FORMAT + hashlib.sha256(rest).digest():
        return None
    ledger, checked_at, rules = _HEAD.unpack_from(rest)
    return LastRun(ledger, checked_at, rules, rest[_HEAD.size :])


def save(records: Path, last_run: LastRun) -> None:
    """Write the cache. A loss of power may leave anything in its place, which is noticed. Raises `OSError`."""
    head = _HEAD.pack(last_run.ledger, last_run.checked_at, last_run.rules)
    hashed = hashlib.sha256(head)
    hashed.update(last_run.content)
    write_unsynced(records / LAST_RUN, _FORMAT, hashed.digest(), head, last_run.content)
