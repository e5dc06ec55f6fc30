"""The bytes of a ledger that this process may have locked.

On POSIX systems, to close a file gives up every lock that the process has on it, whoever holds it (fcntl). So a file
that was opened to be read byte by byte is closed only when no connection of this process uses that ledger any more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from threading import Lock

BLOCK = 2**16  # bytes
_lock = Lock()
_users: dict[str, int] = {}  # connections by the path of their ledger
_left_open: dict[str, list[FileIO]] = {}


def begin_use(path: Path) -> None:
    """Note that a connection to the ledger is about to be opened."""
    with _lock:
        name = os.path.realpath(path)
        _users[name] = _users.get(name, 0) + 1


def end_use(path: Path) -> None:
    """Note that a connection to the ledger was closed."""
    with _lock:
        name = os.path.realpath(path)
        _users[name] -= 1
        if not _users[name]:
            del _users[name]
            for file in _left_open.pop(name, ()):
                file.close()


@contextmanager
def opened(path: Path) -> Iterator[FileIO]:
    """The ledger, to be read. Raises `OSError`."""
    name = os.path.realpath(path)
    file = FileIO(path)
    try:
        yield file
    finally:
        with _lock:
            if os.name == "posix" and name in _users:
                _left_open.setdefault(name, []).append(file)
            else:
                file.close()


def blocks(file: FileIO) -> Iterator[bytes]:
    """The bytes of a file in blocks, from where it stands."""
    while block := file.read(BLOCK):
        yield block


def block_hashes(path: Path) -> list[bytes]:
    """The SHA-256 hash of each block of the ledger. Whoever asks has locked it. Raises `OSError`."""
    with opened(path) as file:
        return [hashlib.sha256(block).digest() for block in blocks(file)]


def hash_of(hashes: Iterable[bytes]) -> bytes:
    """The hash of a whole ledger, by those of its blocks."""
    return hashlib.sha256(b"".join(hashes)).digest()
