# ruff: noqa: S608 - its queries are built of the schema's own names alone
"""Checksums of the ledger's rows: they show a row that anything but this program changed, added or deleted.

The table `checksum` has one for each row of every other table. Triggers of the connection keep it up to date, so a
program that writes to the ledger without them leaves a row that does not match. docs/ledger.md says how they are made.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from thep_forms.interruption import uninterrupted

FIRST_WITH_CHECKSUMS = 9  # the version of the ledger
# What reading a damaged file raises: the second where SQLite quotes a name in it that is no text.
Damage = (sqlite3.DatabaseError, UnicodeDecodeError)
_SIZE = 8  # bytes
TABLE = "checksum"
Rows = Mapping[str, Iterable[tuple[str, ...]]]  # the keys of rows by their table
_TABLES = f"SELECT name FROM sqlite_master WHERE type='table' AND name != '{TABLE}' AND name NOT LIKE 'sqlite_%'"
_BETWEEN = 31  # the character between the parts of a key
_SEPARATOR = f"char({_BETWEEN})"
_CHANGED = "changed_row"  # a temporary table: no trigger may name its schema


def row_checksum(*values: object) -> bytes:
    """The checksum of a row: 8 bytes of BLAKE2b of its values, as a MessagePack array."""
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=_SIZE).digest()


class _Table(Struct, frozen=True):
    """A table, its columns, and those of its primary key in their order in it."""

    name: str
    columns: tuple[str, ...]
    primary_key: tuple[str, ...]

    def key(self, row: str = "") -> str:
        """SQL for the primary key of a row as one text. `row` may be `NEW.` or `OLD.`."""
        parts = (f"CAST({row or self.name + '.'}{column} AS TEXT)" for column in self.primary_key)
        return f" || {_SEPARATOR} || ".join(parts)

    def checksum(self, row: str = "") -> str:
        """SQL for the checksum of a row."""
        return f"row_checksum({', '.join(f'{row}{column}' for column in self.columns)})"

    def checked(self, row: str = "") -> str:
        """SQL for a row of the table of checksums: the table, the key and the checksum of one of its rows."""
        return f"('{self.name}', {self.key(row)}, {self.checksum(row)})"


class LedgerConnection(sqlite3.Connection):
    """A connection on which Ctrl-C waits until a statement is over.

    SQLite would report an exception that `row_checksum` raises as an error of the ledger.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run a statement, up to its first row."""
        with uninterrupted():
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """Run a statement for each of the parameters."""
        with uninterrupted():
            return super().executemany(sql, parameters)


def add_function(connection: sqlite3.Connection) -> None:
    """Let SQL of this connection call `row_checksum`."""
    connection.create_function("row_checksum", -1, row_checksum, deterministic=True)


def keep_up_to_date(connection: sqlite3.Connection, *, notes_changes: bool = False) -> None:
    """Let every change that this connection makes change the checksum too. The file itself keeps no trigger.

    With `notes_changes`, `changed_rows` tells which rows were changed.
    """
    connection.executescript(_triggers(tuple(_table(connection, name) for name in tables(connection)), notes_changes))


@lru_cache  # every opening asks for it, and all but migrations for the same
def _triggers(found: tuple[_Table, ...], notes_changes: bool) -> str:
    """The SQL of the triggers, and of the table that they note changes in."""
    noted = f"CREATE TEMP TABLE {_CHANGED} (table_name TEXT, row_key TEXT, PRIMARY KEY (table_name, row_key));"
    steps = [noted] if notes_changes else []
    for table in found:
        old, new = table.key("OLD."), table.key("NEW.")
        remove = f"DELETE FROM {TABLE} WHERE table_name='{table.name}' AND row_key={old};"
        add = f"INSERT OR REPLACE INTO {TABLE} VALUES {table.checked('NEW.')};"
        if notes_changes:
            remove += f"INSERT OR IGNORE INTO {_CHANGED} VALUES ('{table.name}', {old});"
            add += f"INSERT OR IGNORE INTO {_CHANGED} VALUES ('{table.name}', {new});"
        for event, acts in (("INSERT", add), ("UPDATE", remove + add), ("DELETE", remove)):
            named = f"checksum_{event}_{table.name} AFTER {event} ON main.{table.name}"
            steps.append(f"CREATE TEMP TRIGGER {named} BEGIN {acts} END;")
    return "".join(steps)


def changed_rows(connection: sqlite3.Connection) -> dict[str, list[tuple[str, ...]]]:
    """The keys of the rows that were changed, added or deleted since `forget_changes`, by their table."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for table, key in connection.execute(f"SELECT table_name, row_key FROM {_CHANGED}"):
        found.setdefault(table, []).append(tuple(key.split(chr(_BETWEEN))))
    return found


def forget_changes(connection: sqlite3.Connection) -> None:
    """Note from now on which rows are changed."""
    connection.execute(f"DELETE FROM {_CHANGED}")


def note_changed(connection: sqlite3.Connection, rows: Rows) -> None:
    """Note rows that were changed earlier, by their table."""
    for table, keys in rows.items():
        named = [(table, chr(_BETWEEN).join(key)) for key in keys]
        connection.executemany(f"INSERT OR IGNORE INTO {_CHANGED} VALUES (?,?)", named)


def take_rows(target: sqlite3.Connection, source: sqlite3.Connection, rows: Rows) -> None:
    """Make these rows of the target, by table, what they are in the source. The caller has begun a transaction."""
    for table, keys in rows.items():
        where = " AND ".join(f"{name}=?" for name in _table(source, table).primary_key)
        for key in keys:
            target.execute(f"DELETE FROM {table} WHERE {where}", key)
            for row in source.execute(f"SELECT * FROM {table} WHERE {where}", key):
                target.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)


def make_all(connection: sqlite3.Connection) -> None:
    """Make the checksum of every row. The caller has begun a transaction."""
    connection.execute(f"DELETE FROM {TABLE}")
    for name in tables(connection):
        columns = _table(connection, name).checked()[1:-1]
        connection.execute(f"INSERT INTO {TABLE} SELECT {columns} FROM {name}")


def faults_in(connection: sqlite3.Connection, table: str) -> int:
    """The number of rows of the table that do not match their checksum, have none, or are gone.

    Raises `sqlite3.DatabaseError`.
    """
    described = _table(connection, table)
    key = described.key()
    changed = (
        f"SELECT count(*) FROM {table} LEFT JOIN {TABLE} ON table_name='{table}' AND row_key={key} "
        f"WHERE value IS NOT {described.checksum()}"
    )
    gone = f"SELECT count(*) FROM {TABLE} WHERE table_name='{table}' AND row_key NOT IN (SELECT {key} FROM {table})"
    return sum(int(connection.execute(query).fetchone()[0]) for query in (changed, gone))


def strays(connection: sqlite3.Connection) -> int:
    """The number of checksums that belong to no table. Raises `sqlite3.DatabaseError`."""
    query = f"SELECT count(*) FROM {TABLE} WHERE table_name NOT IN ({_TABLES})"
    return int(connection.execute(query).fetchone()[0])


def sound_rows(connection: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[object, ...]]:
    """The rows that match their checksums, by their primary key, `ASC` or `DESC`. Raises `sqlite3.DatabaseError`."""
    described = _table(connection, table)
    query = (
        f"SELECT {table}.* FROM {table} JOIN {TABLE} ON table_name='{table}' AND row_key={described.key()} "
        f"WHERE value IS {described.checksum()} ORDER BY {table}.{described.primary_key[0]} {order}"
    )
    yield from connection.execute(query)


def tables(connection: sqlite3.Connection) -> list[str]:
    """The names of the tables whose rows have checksums."""
    return [name for (name,) in connection.execute(f"{_TABLES} ORDER BY name")]


def _table(connection: sqlite3.Connection, name: str) -> _Table:
    columns = list(connection.execute(f"PRAGMA table_info({name})"))
    in_key = sorted((place, column) for _, column, _, _, _, place in columns if place)
    return _Table(name, tuple(column for _, column, *_ in columns), tuple(column for _, column in in_key))
