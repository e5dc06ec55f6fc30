"""The RECORDS folder: the ledger, every PDF as it came, and the tables written from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thep_forms.files import half_written, private_folder, sync_files, sync_folder, write_private, write_unsynced
from thep_forms.records.database import ARCHIVE
from thep_forms.records.ledger import Ledger
from thep_forms.records.model import Arrival, Entry, Sent, SentKind, SentState, entry_of, return_id_of
from thep_forms.records.records import Records, Returned
from thep_forms.records.views import Views


class Archive:
    """The folder of the PDFs as they came, each under its hash; made with the first."""

    def __init__(self, records: Path) -> None:
        self.folder = records / ARCHIVE
        self._is_ready = False
        self._unsettled: list[Path] = []

    def add(self, sha256: str, data: bytes) -> Path:
        """Keep a PDF. It is there for good when `sync_folder` has been called. Raises `OSError`."""
        if not self._is_ready:
            private_folder(self.folder)
            self._is_ready = True
        path = self._path(sha256)
        if path.exists():  # the ledger may name it, so that it must be there whatever happens
            write_private(path, data, lasting=False)
        else:
            write_unsynced(path, data)
        self._unsettled.append(path)
        return path

    def sync(self) -> None:
        """Make what was added last through a loss of power. Raises `OSError`."""
        sync_files(self._unsettled)
        self._unsettled.clear()

    def __contains__(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.pdf"


def dispose(records: Path, hashes: Iterable[str]) -> None:
    """Keep the PDFs of those hashes no longer."""
    for sha256 in hashes:
        (records / ARCHIVE / f"{sha256}.pdf").unlink(missing_ok=True)
    if (records / ARCHIVE).is_dir():
        sync_folder(records / ARCHIVE)


def leftovers(records: Path) -> list[Path]:
    """What a run that was killed left half-written."""
    return [*half_written(records), *half_written(records / ARCHIVE)]


def tidy(records: Path) -> None:
    """Clear that away. Only for whoever has the ledger."""
    for path in leftovers(records):
        path.unlink(missing_ok=True)


__all__ = [
    "ARCHIVE",
    "Archive",
    "Arrival",
    "Entry",
    "Ledger",
    "Records",
    "Returned",
    "Sent",
    "SentKind",
    "SentState",
    "Views",
    "dispose",
    "entry_of",
    "leftovers",
    "return_id_of",
    "tidy",
]
