"""The files of RECORDS that are written from the ledger: the CSVs, what they are, and the workbook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from thep_forms.keep.files import write_private
from thep_forms.keep.ledger import Ledger
from thep_forms.keep.tables import Records
from thep_forms.keep.workbook import WORKBOOK, as_workbook


class Views:
    """Those of one folder, as they should be.

    A workbook takes long to write, so the ledger notes which tables the last one shows, and its hash.
    """

    def __init__(self, records: Path, ledger: Ledger, known: Records) -> None:
        self.records, self.ledger = records, ledger
        self.form, self.tables = known.definition.form, known.tables()

    def stale(self) -> Iterator[str]:
        """The names of those that are not there, or not what the ledger says."""
        for name, _, _ in self._stale():
            yield name

    def write(self) -> None:
        """Write these, each whole. Raises `OSError`, `RecordsError`."""
        for name, data, shown in self._stale():
            whole = as_workbook(self.tables, self.form.title) if data is None else data
            write_private(self.records / name, whole)
            if name == WORKBOOK:
                with self.ledger.transaction():
                    self.ledger.note_written(name, _hash(whole), shown)

    def _stale(self) -> Iterator[tuple[str, bytes | None, str]]:
        """These by name, with what they should hold; of the workbook what it should show, as a hash of the others."""
        shown = hashlib.sha256()
        for name, data in self._texts():  # one at a time: they are large
            shown.update(data)
            path = self.records / name
            if not (path.is_file() and path.read_bytes() == data):
                yield name, data, ""
        path = self.records / WORKBOOK  # the last: on Windows a program that shows it holds it fast
        if not path.is_file() or self.ledger.written(WORKBOOK) != (_hash(path.read_bytes()), shown.hexdigest()):
            yield WORKBOOK, None, shown.hexdigest()

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        for table in self.tables:
            yield f"{table.name}.csv", table.csv()
        package = {
            "profile": "tabular-data-package",
            "name": f"{self.form.id}-records",
            "title": f"{self.form.title}: records",
            "resources": [table.resource() for table in self.tables],
        }
        yield "datapackage.json", (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
