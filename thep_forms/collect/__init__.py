"""Where returns come from: files and folders. What is in a PDF is not known here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from thep_forms.errors import SourceError

LARGEST = 200 * 2**20  # bytes of one file; a filled form has under a quarter of a megabyte


@dataclass(frozen=True)
class Place:
    """Where something lies that came in. `source` is the way to it, from the SOURCE that was given; it is UTF-8."""

    path: Path
    source: str


@dataclass(frozen=True)
class Found:
    """What came in. `data` is None where it cannot be read; `reason` then says why."""

    source: str
    data: bytes | None
    reason: str = ""
    received_at: datetime | None = None


def collect(sources: Sequence[Path], leave_out: Path | None = None) -> tuple[Place, ...]:
    """All files in `sources`, folders searched in depth, in a stable order; the folder `leave_out` is not entered.

    A folder that cannot be searched is a place too, so that it is told of. Raises `SourceError` for a source that does
    not exist.
    """
    for source in sources:
        if not os.path.lexists(source):
            raise SourceError(f"There is no file or folder {source}. Check the name.")
    hidden = leave_out.resolve() if leave_out else None
    return tuple(Place(path, _way(path, source)) for source in sources for path in _walk(source, hidden))


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


def _way(path: Path, source: Path) -> str:
    way = path.relative_to(source.parent if source.name else source)
    return way.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def fetch(place: Place) -> Found:
    """The bytes of a file; what cannot be read is told of, not raised."""
    try:
        status = place.path.stat()
        if stat.S_ISDIR(status.st_mode):
            link = place.path.is_symlink()
            reason = "This is a link to a folder: give the folder itself." if link else "This folder cannot be opened."
            return Found(place.source, None, reason)
        if not stat.S_ISREG(status.st_mode):
            return Found(place.source, None, "This is not a file but a pipe or a device.")
        if status.st_size > LARGEST:
            return Found(place.source, None, f"This file has over {LARGEST // 2**20} MB, far more than a form.")
        return Found(place.source, place.path.read_bytes())
    except OSError as error:
        return Found(place.source, None, f"This file cannot be opened: {error.strerror}.")


__all__ = ["Found", "Place", "collect", "fetch"]
