"""Files that only their owner may read, written whole or not at all.

POSIX modes are set where they exist; on Windows a new file takes the folder's access list, so RECORDS belongs in a
folder of the user's own.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path

# As mkstemp names what is written here; other hidden files are somebody else's.
_HALF_WRITTEN = re.compile(r"\.([0-9a-f]{64}\.pdf|[a-z]+\.csv|datapackage\.json|records\.xlsx)\.\w{8}", re.ASCII)
_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # how systems say that they make no folder last
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def private_folder(path: Path) -> Path:
    """The folder, made if need be, and closed to others."""
    if not path.is_dir():
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        settle(path.parent)
    path.chmod(PRIVATE_FOLDER)
    return path


def write_private(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Write `data` to a file beside `path` and put it in its place in one step. Raises `OSError`.

    Unless it is `lasting`, its place may be lost with the power until the folder is settled.
    """
    _write(path, data, PRIVATE_FILE)
    if lasting:
        settle(path.parent)


def write_whole(path: Path, data: bytes) -> None:
    """The same, for what is nobody's secret: a blank form has the modes that any new file has."""
    mask = os.umask(0)
    os.umask(mask)
    _write(path, data, 0o666 & ~mask)
    settle(path.parent)


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


def settle(folder: Path) -> None:
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


def half_written(folder: Path) -> list[Path]:
    """What a run that was killed left half-written in the folder."""
    return sorted(path for path in folder.glob(".*") if _HALF_WRITTEN.fullmatch(path.name))
