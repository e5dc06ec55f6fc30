"""The folder of the files as they came, each under its hash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thep_forms.files import HalfWritten, private_folder, sync_files, sync_folder, write_private, write_unsynced
from thep_forms.records.names import ARCHIVE, archived
from thep_forms.sources.file_types import HEAD, FileType, file_type


class Archive:
    """The folder of the files as they came. Adding the first file creates it.

    A file that is waiting has a temporary name, which `tidy` deletes after a run that was cut off.
    """

    def __init__(self, records: Path) -> None:
        self.records = records
        self._is_ready = False
        self._unsynced: list[Path] = []
        self._waiting: dict[str, HalfWritten] = {}

    def add(self, sha256: str, data: bytes) -> Path:
        """Keep a file. A loss of power may still lose it until `sync` was called. Raises `OSError`."""
        path = self._path(sha256, data)
        if path.exists():  # the ledger may name it, so it must never be missing
            write_private(path, data, lasting=False)
        else:
            write_unsynced(path, data)
        self._unsynced.append(path)
        return path

    def add_waiting(self, sha256: str, data: bytes) -> Path:
        """Write a file of which nobody knows yet whether it is to be kept. Raises `OSError`."""
        waiting = HalfWritten(self._path(sha256, data))
        waiting.write(data)
        waiting.flush()
        self._waiting[sha256] = waiting
        return waiting.temporary

    def keep_or_delete(self, sha256: str, *, keep: bool) -> bool:
        """Keep a waiting file as `add` does, or delete it; whether the archive has it now. Raises `OSError`.

        Any other file stays as it is.
        """
        waiting = self._waiting.pop(sha256, None)
        if waiting and not keep:
            waiting.discard()
            waiting.path.unlink(missing_ok=True)  # it may have been kept because reading it failed
            return False
        if waiting:
            waiting.finish(synced=False)
            self._unsynced.append(waiting.path)
        return True

    def discard_waiting(self) -> None:
        """Delete all waiting files."""
        for waiting in self._waiting.values():
            waiting.discard()
        self._waiting.clear()

    def sync(self) -> None:
        """Write the added files to disk, so that a loss of power cannot lose them. Raises `OSError`."""
        sync_files(self._unsynced)
        self._unsynced.clear()

    def find(self, sha256: str) -> Path | None:
        """The path of the file with that hash; None where it is not kept."""
        paths = (archived(self.records, sha256, known) for known in FileType)
        return next((path for path in paths if path.is_file()), None)

    def __contains__(self, sha256: str) -> bool:
        return self.find(sha256) is not None

    def _path(self, sha256: str, data: bytes) -> Path:
        if not self._is_ready:
            private_folder(self.records / ARCHIVE)
            self._is_ready = True
        return archived(self.records, sha256, file_type(data[:HEAD]) or FileType.PDF)


def dispose(records: Path, hashes: Iterable[str]) -> None:
    """Delete the files of those hashes. Raises `OSError`."""
    for sha256 in hashes:
        for known in FileType:
            archived(records, sha256, known).unlink(missing_ok=True)
    if (records / ARCHIVE).is_dir():
        sync_folder(records / ARCHIVE)
