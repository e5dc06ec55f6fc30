"""The folder of the PDFs as they came, each under its hash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thep_forms.files import private_folder, sync_files, sync_folder, write_private, write_unsynced
from thep_forms.records.names import ARCHIVE, archived


class Archive:
    """The folder of the PDFs as they came. Adding the first PDF creates it."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self._is_ready = False
        self._unsynced: list[Path] = []

    def add(self, sha256: str, data: bytes) -> Path:
        """Keep a PDF. A loss of power may still lose it until `sync` was called. Raises `OSError`."""
        if not self._is_ready:
            private_folder(self.records / ARCHIVE)
            self._is_ready = True
        path = archived(self.records, sha256)
        if path.exists():  # the ledger may name it, so it must never be missing
            write_private(path, data, lasting=False)
        else:
            write_unsynced(path, data)
        self._unsynced.append(path)
        return path

    def sync(self) -> None:
        """Write the added PDFs to disk, so that a loss of power cannot lose them. Raises `OSError`."""
        sync_files(self._unsynced)
        self._unsynced.clear()

    def __contains__(self, sha256: str) -> bool:
        return archived(self.records, sha256).is_file()


def dispose(records: Path, hashes: Iterable[str]) -> None:
    """Delete the PDFs of those hashes. Raises `OSError`."""
    for sha256 in hashes:
        archived(records, sha256).unlink(missing_ok=True)
    if (records / ARCHIVE).is_dir():
        sync_folder(records / ARCHIVE)
