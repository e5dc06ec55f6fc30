"""Files that only their owner may read, written whole or not at all.

Sets POSIX modes where they exist. On Windows a new file takes the folder's access list, so RECORDS belongs in a folder
that only the user can open.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

_TEMPORARY = re.compile(r"\.(.+)\.\w{8}", re.ASCII | re.DOTALL)  # as mkstemp names what is written here
_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # errors of systems that cannot sync a folder
DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no quotas
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
CHUNK = 2**20  # bytes


def private_folder(path: Path) -> Path:
    """Create the folder if it is missing, and close it to other users."""
    if not path.is_dir():
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        sync_folder(path.parent)
    path.chmod(PRIVATE_FOLDER)
    return path


def write_private(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Write `data` to a file beside `path` and put it in its place in one step. Raises `OSError`.

    Unless it is `lasting`, a loss of power may undo that until `sync_folder` was called.
    """
    _write(path, (data,), PRIVATE_FILE)
    if lasting:
        sync_folder(path.parent)


def write_unsynced(path: Path, *pieces: bytes | memoryview) -> None:
    """Write the pieces as `write_private`, but until `sync_files` a loss of power may leave anything in their place."""
    _write(path, pieces, PRIVATE_FILE, synced=False)


def write_whole(path: Path, data: bytes) -> None:
    """Like `write_private` for a file that is not secret, such as a blank form: it has the usual modes."""
    mask = os.umask(0)
    os.umask(mask)
    _write(path, (data,), 0o666 & ~mask)
    sync_folder(path.parent)


def renew_private(path: Path, pieces: Iterable[bytes]) -> None:
    """Like `write_private` for many pieces, which need not be in memory at once. An equal file stays as it is.

    A loss of power may undo that until `sync_folder` was called.
    """
    with RenewedFile(path) as file:
        for piece in pieces:
            file.write(piece)


def holds(path: Path, pieces: Iterable[bytes]) -> bool:
    """Whether the pieces are the whole content of the file."""
    with ComparedFile(path) as file:
        for piece in pieces:
            file.write(piece)
        return file.is_same()


class ComparedFile:
    """Compares a file with the pieces written to this object. Never changes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.length = 0  # bytes that the file holds just as they were written
        self._file = path.open("rb") if path.is_file() else None
        self._is_same = self._file is not None

    def write(self, piece: bytes) -> None:
        """Compare the next piece."""
        if not self._is_same or self._file is None:
            return
        if self._file.read(len(piece)) == piece:
            self.length += len(piece)
        else:
            self._is_same = False

    def is_same(self) -> bool:
        """Whether the file equals the pieces written so far."""
        if self._is_same and self._file is not None and self._file.read(1):
            self._is_same = False
        return self._is_same

    def is_same_so_far(self) -> bool:
        """Whether the file begins with the pieces written so far."""
        return self._is_same

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


class RenewedFile:
    """A file that only its owner can read, written piece by piece and moved to its path in one step.

    A file that holds just these pieces is left alone. An error in the `with` block leaves the old file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._old = ComparedFile(path)
        self._new: HalfWritten | None = None

    def write(self, piece: bytes) -> None:
        """Write the next piece. Raises `OSError`."""
        if not self._new:
            before = self._old.length
            self._old.write(piece)
            if self._old.is_same_so_far():
                return
            self._begin(before)
        if self._new:
            self._new.write(piece)

    def _begin(self, length: int) -> None:
        """Begin a new file with the bytes that are equal in the old file."""
        self._new = HalfWritten(self.path, PRIVATE_FILE)
        for piece in _beginning(self.path, length):
            self._new.write(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and not self._new and not self._old.is_same():
                self._begin(self._old.length)
        except BaseException:
            self._discard()
            raise
        finally:
            self._old.__exit__()  # Windows replaces no file that is open
        if kind is not None:
            self._discard()
        elif self._new:
            self._new.finish()

    def _discard(self) -> None:
        if self._new:
            self._new.discard()


def _beginning(path: Path, length: int) -> Iterator[bytes]:
    """The first bytes of the file, which were there a moment ago. Raises `OSError` where they are no longer."""
    if not length:
        return
    with path.open("rb") as file:
        while length:
            piece = file.read(min(length, CHUNK))
            if not piece:
                raise OSError(errno.EBUSY, "It was changed while it was compared", str(path))
            yield piece
            length -= len(piece)


class HalfWritten:
    """A hidden file beside `path`. `finish` moves it to `path`, `discard` deletes it. Raises `OSError`."""

    def __init__(self, path: Path, mode: int = PRIVATE_FILE) -> None:
        """Create it. `mode` is that of the file at `path` in the end."""
        self.path, self.mode = path, mode
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # which is private
        except OSError as error:
            error.filename = str(path)  # the user does not know the temporary name
            raise
        self.temporary = Path(name)
        self.file = os.fdopen(handle, "wb")

    def write(self, piece: bytes | memoryview) -> None:
        """Write to the temporary file. Deletes it and raises `OSError` if that fails."""
        with self._discarded_on_error():
            self.file.write(piece)

    def flush(self) -> None:
        """Let other processes read what was written. Deletes the temporary file and raises `OSError` if that fails."""
        with self._discarded_on_error():
            self.file.flush()

    def finish(self, *, synced: bool = True) -> None:
        """Move the temporary file to `path`. Deletes it and raises `OSError` if that fails."""
        with self._discarded_on_error():
            self.file.flush()
            if synced:
                os.fsync(self.file.fileno())
            elif hasattr(os, "posix_fadvise"):
                # Linux starts to write to disk without waiting for the end.
                os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            self.file.close()
            if self.mode != PRIVATE_FILE:
                self.temporary.chmod(self.mode)
            self.temporary.replace(self.path)

    def discard(self) -> None:
        """Delete the temporary file."""
        with suppress(OSError):  # closing the file writes the rest, which a full disk refuses again
            self.file.close()
        self.temporary.unlink(missing_ok=True)

    @contextmanager
    def _discarded_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.discard()
            raise


def _write(path: Path, pieces: Iterable[bytes | memoryview], mode: int, *, synced: bool = True) -> None:
    file = HalfWritten(path, mode)
    for piece in pieces:
        file.write(piece)
    file.finish(synced=synced)


def sync_folder(folder: Path) -> None:
    """Write the entries of the folder to disk where the system can, so that they survive a loss of power."""
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
    """Write files of `write_unsynced`, and their names, to disk. Raises `OSError`.

    Syncing many files together takes a fraction of the time of syncing each alone.
    """
    for path in paths:
        handle = os.open(path, os.O_RDWR)  # Windows syncs no file that is open for reading only
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for folder in {path.parent for path in paths}:
        sync_folder(folder)


def half_written(folder: Path, is_ours: Callable[[str], bool]) -> list[Path]:
    """The half-written files in the folder whose final names `is_ours` accepts. A killed run leaves them."""
    if not folder.is_dir():
        return []
    paths = []
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _TEMPORARY.fullmatch(entry.name)
            if match and is_ours(match[1]):
                paths.append(folder / entry.name)
    return sorted(paths)


def moved_into_place(temporary: Path, path: Path) -> None:
    """Write a complete file to disk, then move it to `path` in one step. Raises `OSError`."""
    sync_files([temporary])
    temporary.replace(path)
    sync_folder(path.parent)


def is_same_folder(one: Path, other: Path) -> bool:
    """Whether both paths lead to the same folder."""
    return one.exists() and other.exists() and one.samefile(other)
