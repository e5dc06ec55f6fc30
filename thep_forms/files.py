"""Files that only their owner may read, written whole or not at all.

POSIX modes are set where they exist; on Windows a new file takes the folder's access list, so RECORDS belongs in a
folder of the user's own.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

# As mkstemp names what is written here; other hidden files are somebody else's.
_HALF_WRITTEN = re.compile(r"\.([0-9a-f]{64}\.pdf|[a-z]+\.csv|datapackage\.json|records\.xlsx)\.\w{8}", re.ASCII)
_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # how systems say that they make no folder last
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
CHUNK = 2**20  # bytes


def private_folder(path: Path) -> Path:
    """The folder, made if need be, and closed to others."""
    if not path.is_dir():
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        sync_folder(path.parent)
    path.chmod(PRIVATE_FOLDER)
    return path


def write_private(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Write `data` to a file beside `path` and put it in its place in one step. Raises `OSError`.

    Unless it is `lasting`, its place may be lost with the power until the folder is settled.
    """
    _write(path, [data], PRIVATE_FILE)
    if lasting:
        sync_folder(path.parent)


def write_unsynced(path: Path, data: bytes) -> None:
    """As `write_private`, but until `sync_files` a loss of power may leave anything in its place."""
    _write(path, [data], PRIVATE_FILE, synced=False)


def write_whole(path: Path, data: bytes) -> None:
    """As `write_private`, what is nobody's secret: a blank form has the modes that any new file has."""
    mask = os.umask(0)
    os.umask(mask)
    _write(path, [data], 0o666 & ~mask)
    sync_folder(path.parent)


def renew_private(path: Path, pieces: Iterable[bytes]) -> None:
    """As `write_private`, pieces that are too many to be held at once, unless the file holds just these.

    Its place may be lost with the power until the folder is settled.
    """
    pieces = iter(pieces)
    unlike = _unlike(path, pieces) if path.is_file() else pieces
    if unlike is not None:
        _write(path, unlike, PRIVATE_FILE)


def holds(path: Path, pieces: Iterable[bytes]) -> bool:
    """Whether the file holds just these. The pieces after the first that it does not hold are left."""
    return path.is_file() and _unlike(path, iter(pieces)) is None


def _unlike(path: Path, pieces: Iterator[bytes]) -> Iterator[bytes] | None:
    """All of the pieces once more, if the file holds something else; those that it holds come out of it."""
    length = 0
    with path.open("rb") as file:
        for piece in pieces:
            if file.read(len(piece)) != piece:
                return chain(_beginning(path, length), [piece], pieces)
            length += len(piece)
        return _beginning(path, length) if file.read(1) else None


def _beginning(path: Path, length: int) -> Iterator[bytes]:
    """The first bytes of the file, which were there a moment ago. Raises `OSError` where they are no longer."""
    with path.open("rb") as file:
        while length:
            piece = file.read(min(length, CHUNK))
            if not piece:
                raise OSError(errno.EBUSY, "It was changed while it was compared", str(path))
            yield piece
            length -= len(piece)


def _write(path: Path, pieces: Iterable[bytes], mode: int, *, synced: bool = True) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # which is private
    except OSError as error:
        error.filename = str(path)  # nobody knows the other name
        raise
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            if synced:
                file.flush()
                os.fsync(file.fileno())
            elif hasattr(os, "posix_fadvise"):
                file.flush()
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # Linux begins to write, and goes on
        if mode != PRIVATE_FILE:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make the folder's entries last through a loss of power, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(handle)


def sync_files(paths: Sequence[Path]) -> None:
    """Make files that were written loosely, and their names, last through a loss of power. Raises `OSError`.

    Together they take a fraction of the time that they take one by one, between other work.
    """
    for path in paths:
        handle = os.open(path, os.O_RDWR)  # Windows makes nothing last that is opened for reading
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def half_written(folder: Path) -> list[Path]:
    """What a run that was killed left half-written in the folder."""
    return sorted(path for path in folder.glob(".*") if _HALF_WRITTEN.fullmatch(path.name))
