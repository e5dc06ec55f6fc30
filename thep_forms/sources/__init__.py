"""Where returns come from: files, folders, and what lies in zips and e-mails. What is in a PDF is not known here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from thep_forms.errors import SourceError
from thep_forms.sources.model import LARGEST, ReceivedFile

PDF = b"%PDF-"


class SourceFile(Struct, frozen=True, gc=False):
    """Where something lies that came in. What stands before `start` in its path is not of the way to it.

    It has no `Path`, which would take several times as much memory.
    """

    name: str
    start: int

    @property
    def path(self) -> Path:
        return Path(self.name)

    @property
    def source(self) -> str:
        """The way to it, from the SOURCE that was given; it is UTF-8."""
        way = Path(self.name[self.start :]).as_posix()
        return way.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def find_files(sources: Sequence[Path], leave_out: Path | None = None) -> tuple[SourceFile, ...]:
    """All files in `sources`, folders searched in depth, in a stable order; the folder `leave_out` is not entered.

    A folder that cannot be searched is a place too, so that it is told of. Raises `SourceError` for a source that does
    not exist, and for one that is left out itself.
    """
    for source in sources:
        if not os.path.lexists(source):
            raise SourceError(f"There is no file or folder {source}. Check the name.")
    hidden = leave_out.resolve() if leave_out else None
    for source in sources:
        if source.resolve() == hidden:
            raise SourceError(f"{source} is where the records go, too. Choose another folder for them.")
    return tuple(_place(path, source) for source in sources for path in _walk(source, hidden))


def _walk(source: Path, hidden: Path | None) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    shut: list[OSError] = []
    for folder, folders, files in os.walk(source, onerror=shut.append):  # does not follow links, so there are no loops
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if (here / name).resolve() != hidden)
        yield from (here / name for name in sorted(files + links))
    yield from (Path(error.filename) for error in shut)


def _place(path: Path, source: Path) -> SourceFile:
    way = path.relative_to(source.parent if source.name else source)
    return SourceFile(str(path), len(str(path)) - len(str(way)))


def open_file(place: SourceFile) -> Iterator[ReceivedFile]:
    """The file, or every file inside of one that holds others, in order; what cannot be read is told of, not raised."""
    path, source = place.path, place.source
    try:
        if reason := _unreadable(path):
            yield ReceivedFile(source, None, reason)
        elif (data := _plain(path)) is not None:
            yield ReceivedFile(source, data)
        else:
            from thep_forms.sources.containers import unpack  # e-mails and zips take a while to be there

            with path.open("rb") as file:
                yield from unpack(source, file)
    except OSError as error:
        yield ReceivedFile(source, None, f"This file cannot be opened: {error.strerror}.")
    except MemoryError:
        yield ReceivedFile(source, None, "This file takes too much memory to be opened.")


def _plain(path: Path) -> bytes | None:
    """All of a PDF, as nearly every file is one; None of what may hold others, and of what is far too large."""
    with path.open("rb", buffering=0) as file:
        head = file.read(len(PDF))
        if head != PDF or os.fstat(file.fileno()).st_size > LARGEST:
            return None
        file.seek(0)
        return file.readall()


def _unreadable(path: Path) -> str:
    """Why there are no bytes to be read; empty where there are."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return (
            "This is a link to a folder: give the folder itself."
            if path.is_symlink()
            else "This folder cannot be opened."
        )
    return "" if stat.S_ISREG(mode) else "This is not a file but a pipe or a device."


__all__ = ["ReceivedFile", "SourceFile", "find_files", "open_file"]
