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
class Found:
    """A file that came in. `source` is the way to it from the SOURCE given; `data` is None where it cannot be read."""

    source: str
    data: bytes | None
    reason: str = ""
    received_at: datetime | None = None


def collect(sources: Sequence[Path], leave_out: Path | None = None) -> tuple[Path, ...]:
    """The paths of all files in `sources`, folders searched in depth, in a stable order; `leave_out` is not entered.

    Raises `SourceError` for a source that does not exist.
    """
    for source in sources:
        if not os.path.lexists(source):
            raise SourceError(f"There is no file or folder {source}. Check the name.")
    hidden = leave_out.resolve() if leave_out else None
    return tuple(path for source in sources for path in _walk(source, hidden))


def _walk(source: Path, hidden: Path | None) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    for folder, folders, files in os.walk(source):  # links to folders are not followed, so there are no loops
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if (here / name).resolve() != hidden)
        yield from (here / name for name in sorted(files + links))


def fetch(path: Path, within: Path) -> Found:
    """The file's bytes; a file that cannot be read is told of, not raised. `within` is the SOURCE that led to it."""
    way = path.relative_to(within.parent if within.name else within)
    source = way.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Found(source, None, "This is not a file but a folder's link, a pipe or a device.")
        if status.st_size > LARGEST:
            return Found(source, None, f"This file has over {LARGEST // 2**20} MB, far more than a form.")
        return Found(source, path.read_bytes())
    except OSError as error:
        return Found(source, None, f"This file cannot be opened: {error.strerror}.")
