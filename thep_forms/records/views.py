"""The files of RECORDS that are written from the ledger: the CSVs, what they are, and the workbook."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from thep_forms.files import holds, renew_private, sync_folder, write_private
from thep_forms.records.ledger import Ledger
from thep_forms.records.records import Records
from thep_forms.records.tables import tables

WORKBOOK = "records.xlsx"


class Views:
    """Those of one folder, as they should be.

    A workbook takes long to write, so the ledger notes which tables the last one shows, and its hash.
    """

    def __init__(self, records: Path, ledger: Ledger, known: Records) -> None:
        self.records, self.ledger = records, ledger
        self.definition, self.tables = known.definition, tables(known)

    def stale(self) -> Iterator[str]:
        """The names of those that are not there, or not what the ledger says."""
        shown = hashlib.sha256()
        for name, pieces in self._texts():
            text = _noted(pieces, shown)
            if not holds(self.records / name, text):
                yield name
            deque(text, maxlen=0)  # the hash is of all of it
        if not self._is_workbook_of(shown.hexdigest()):
            yield WORKBOOK

    def write(self) -> None:
        """Write these, each whole. Raises `OSError`, `RecordsError`."""
        shown = hashlib.sha256()
        for name, pieces in self._texts():
            renew_private(self.records / name, _noted(pieces, shown))
        # The workbook is the last: on Windows a program that shows it holds it fast.
        if not self._is_workbook_of(shown.hexdigest()):
            from thep_forms.records.workbook import as_workbook  # takes a while to be there

            whole = as_workbook(self.tables, self.definition.form.title)
            write_private(self.records / WORKBOOK, whole, lasting=False)
            with self.ledger.transaction():
                self.ledger.note_written(WORKBOOK, hashlib.sha256(whole).hexdigest(), shown.hexdigest())
        sync_folder(self.records)

    def _is_workbook_of(self, shown: str) -> bool:
        """Whether the workbook is as it was written, of texts with that hash."""
        path = self.records / WORKBOOK
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return self.ledger.written(WORKBOOK) == (hashlib.file_digest(file, "sha256").hexdigest(), shown)

    def _texts(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """The files but for the workbook, in pieces."""
        for table in self.tables:
            yield f"{table.name}.csv", table.csv()
        package = {
            "profile": "tabular-data-package",
            "name": f"{self.definition.identifier}-records",
            "title": f"{self.definition.form.title}: records",
            "resources": [table.resource() for table in self.tables],
        }
        yield "datapackage.json", [msgspec.json.format(msgspec.json.encode(package), indent=2) + b"\n"]


def _noted(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    """The pieces, as they pass by the digest."""
    for piece in pieces:
        digest.update(piece)
        yield piece
