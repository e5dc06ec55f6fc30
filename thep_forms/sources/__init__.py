"""Where returns come from: files and folders on the disk, and the files in zips, e-mails and mail folders.

`find_files` lists what is on the disk, and `open_file` yields every file in one of these. What is in a PDF is not
known here. To add a kind of container, see `containers`. All limits are in `limits`. `transfer` opens containers in a
process of its own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from thep_forms.errors import SourceError
from thep_forms.sources.limits import LARGEST_FILE
from thep_forms.sources.model import ReceivedFile, SourceFile

_PDF_START = b"%PDF-"

TOO_MUCH_MEMORY = "This file takes too much memory to open. Send a smaller one."
_LINK_TO_FOLDER = "This is a shortcut to other files. The office has to give what it leads to."
_SHUT_FOLDER = "This cannot be opened. The office has to be allowed to read it."
_NOT_A_FILE = "This is no ordinary file, so the office has to give another one."


def find_files(sources: Sequence[Path], leave_out: Path | None = None) -> tuple[SourceFile, ...]:
    """All files in `sources`, with those in folders at any depth, in a stable order. `leave_out` is not searched.

    A folder that cannot be searched is listed too, so that `open_file` can say so. Links to folders are not followed.
    Raises `SourceError` for a source that does not exist, and where a source is `leave_out` itself.
    """
    for source in sources:
        if not os.path.lexists(source):
            raise SourceError(f"There is no file or folder {source}. Check the name.")
    hidden = leave_out.resolve() if leave_out else None
    for source in sources:
        if source.resolve() == hidden:
            raise SourceError(f"{source} is where the records go, too. Choose another folder for them.")
    return tuple(_source_file(path, source) for source in sources for path in _walk(source, hidden))


def _walk(source: Path, hidden: Path | None) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    errors: list[OSError] = []
    for folder, folders, files in os.walk(source, onerror=errors.append):  # follows no links, so it has no loops
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if (here / name).resolve() != hidden)
        for name in sorted(files + links):
            yield here / name
    for error in errors:
        yield Path(error.filename)


def _source_file(path: Path, source: Path) -> SourceFile:
    """The file, whose `source` begins with the name of the source that it is in."""
    from_source = path.relative_to(source.parent if source.name else source)
    return SourceFile(str(path), len(str(path)) - len(str(from_source)))


Unpack = Callable[[SourceFile, BinaryIO], Iterator[ReceivedFile]]


def open_file(file: SourceFile, unpack: Unpack | None = None) -> Generator[ReceivedFile]:
    """The file, or every file in it if it is a container, in order.

    A file that cannot be read comes with its reason, and nothing is raised. `unpack` yields the files in anything but
    a PDF, as `containers.opener.unpack` does, which is called without it.
    """
    path = file.path
    try:
        if file.note and file.note.reason:
            yield ReceivedFile(file, reason=file.note.reason, received_at=file.note.received_at)
        elif reason := _why_unreadable(path):
            yield ReceivedFile(file, reason=reason)
        elif (data := _pdf(path)) is not None:
            yield ReceivedFile(file, data=data)
        else:
            from thep_forms.sources.containers import opener  # imported only if needed: it takes a while

            with path.open("rb") as opened:
                yield from (unpack or opener.unpack)(file, opened)
    except OSError as error:
        yield ReceivedFile(file, reason=f"This file cannot be opened: {error.strerror}. Check the file.")
    except MemoryError:
        yield ReceivedFile(file, reason=TOO_MUCH_MEMORY)


def _pdf(path: Path) -> bytes | None:
    """All bytes of a PDF, which nearly every file is; None of any other file, and of one that is far too large."""
    with path.open("rb", buffering=0) as file:
        start = file.read(len(_PDF_START))
        if start != _PDF_START or os.fstat(file.fileno()).st_size > LARGEST_FILE:
            return None
        file.seek(0)
        return file.readall()


def _why_unreadable(path: Path) -> str:
    """Why there is nothing to read at the path; empty for an ordinary file. Raises `OSError` where nothing is there."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return _LINK_TO_FOLDER if path.is_symlink() else _SHUT_FOLDER
    return "" if stat.S_ISREG(mode) else _NOT_A_FILE


__all__ = ["ReceivedFile", "SourceFile", "find_files", "open_file"]
