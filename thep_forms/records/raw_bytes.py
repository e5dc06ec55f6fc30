"""The bytes of a ledger that this process may have locked.

On POSIX systems, to close a file gives up every lock that the process has on it, whoever holds it (fcntl). So a file
that was opened to be read byte by byte is closed only when no connection of this process uses that ledger any more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from threading import Lock

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


def hash_of(path: Path) -> bytes:
    """The SHA-256 hash of all bytes of the ledger. Whoever asks has locked it. Raises `OSError`."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").digest()
