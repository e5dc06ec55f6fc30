"""Files that only their owner may read, written whole or not at all.

POSIX modes are set where they exist; on Windows a new file takes the folder's access list, so RECORDS belongs in a
folder of the user's own.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_HALF_WRITTEN = re.compile(r"\..+\.(csv|json|pdf)\.\w{8}", re.ASCII)  # as mkstemp names it
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def private_folder(path: Path) -> Path:
    """The folder, made if need be, and closed to others."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to a file beside `path` and put it in its place in one step. Raises `OSError`."""
    _write(path, data, PRIVATE_FILE)


def write_whole(path: Path, data: bytes) -> None:
    """The same, for what is nobody's secret: a blank form has the modes that any new file has."""
    mask = os.umask(0)
    os.umask(mask)
    _write(path, data, 0o666 & ~mask)


def _write(path: Path, data: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make the folder's entries last through a loss of power, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_away(folder: Path) -> None:
    """Delete what a run that was killed left half-written in the folder."""
    for path in folder.glob(".*") if folder.is_dir() else ():
        if _HALF_WRITTEN.fullmatch(path.name):
            path.unlink(missing_ok=True)
