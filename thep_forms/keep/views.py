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
        self.title = known.definition.form.title
        self.tables = known.tables()
        self.texts = {f"{table.name}.csv": table.csv() for table in self.tables}
        package = {
            "profile": "tabular-data-package",
            "name": f"{known.definition.form.id}-records",
            "title": f"{self.title}: records",
            "resources": [table.resource() for table in self.tables],
        }
        self.texts["datapackage.json"] = (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
        self.shown = hashlib.sha256(b"".join(self.texts.values())).hexdigest()

    def stale(self) -> Iterator[str]:
        """The names of those that are not there, or not what the ledger says."""
        for name, data in self.texts.items():
            path = self.records / name
            if not (path.is_file() and path.read_bytes() == data):
                yield name
        path = self.records / WORKBOOK
        if not path.is_file() or self.ledger.written(WORKBOOK) != (_hash(path.read_bytes()), self.shown):
            yield WORKBOOK

    def write(self) -> None:
        """Write these, each whole. Raises `OSError`, `RecordsError`."""
        for name in list(self.stale()):  # the workbook last: on Windows a program that shows it holds it fast
            data = self.texts.get(name) or as_workbook(self.tables, self.title)
            write_private(self.records / name, data)
            if name == WORKBOOK:
                with self.ledger.transaction():
                    self.ledger.note_written(name, _hash(data), self.shown)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
