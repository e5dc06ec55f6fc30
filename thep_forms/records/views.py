"""The files of RECORDS that the program writes from the ledger: CSVs, data package and workbook."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from thep_forms.files import ComparedFile, RenewedFile, holds, renew_private, sync_folder, write_private
from thep_forms.records.names import PACKAGE, WORKBOOK, TableName
from thep_forms.records.records import Records
from thep_forms.records.tables import Columns, CsvRows, CsvText, Table, columns, sweep


class _Output(Protocol):
    def write(self, piece: bytes) -> object: ...


class _Swept(Struct, frozen=True):
    """The result of one pass: the number of rows in each table, and a hash of all tables together."""

    counts: Mapping[str, int]
    shown: str


class Views:
    """Compares the files of one folder with the ledger, and writes them.

    A workbook takes long to write, so the ledger notes its hash and the hash of the tables that it shows.
    """

    def __init__(self, folder: Path, records: Records) -> None:
        self.folder, self.records = folder, records
        self.columns = columns(records)

    def stale(self) -> Iterator[str]:
        """The names of the files that are missing or differ from the ledger. Writes nothing."""
        with ExitStack() as stack:
            files = {name: stack.enter_context(ComparedFile(self.folder / name.file)) for name in TableName}
            swept = self._sweep(files)
            yield from [name.file for name, file in files.items() if not file.is_same()]
        if not holds(self.folder / PACKAGE, [self._package()]):
            yield PACKAGE
        if not self._is_workbook_of(swept.shown):
            yield WORKBOOK

    def write(self, *, with_workbook: bool = True) -> None:
        """Write each file that is missing or differs from the ledger. Raises `OSError`, `RecordsError`."""
        with ExitStack() as stack:
            files = {name: stack.enter_context(RenewedFile(self.folder / name.file)) for name in TableName}
            swept = self._sweep(files)
        renew_private(self.folder / PACKAGE, [self._package()])
        # The workbook comes last: on Windows, a program that shows it prevents its replacement.
        if with_workbook and not self._is_workbook_of(swept.shown):
            self._write_workbook(swept)
        sync_folder(self.folder)

    def _sweep(self, files: Mapping[TableName, _Output]) -> _Swept:
        """Go through the ledger once, and write the rows of every table to its file."""
        digests = {name: hashlib.sha256() for name in TableName}
        texts = {name: CsvText(self.columns[name], _Noting(files[name], digests[name])) for name in TableName}
        counts: Counter[str] = Counter()
        for name, row in sweep(self.records):
            texts[name].add(row)
            counts[name] += 1
        for text in texts.values():
            text.end()
        together = "".join(digest.hexdigest() for digest in digests.values())
        return _Swept(counts, hashlib.sha256(together.encode() + self._package()).hexdigest())

    def _write_workbook(self, swept: _Swept) -> None:
        from thep_forms.records.workbook import as_workbook  # slow to import

        tables = [
            Table(name, self.columns[name], CsvRows(self.folder / name.file, swept.counts[name])) for name in TableName
        ]
        whole = as_workbook(tables, self.records.definition.form.title)
        write_private(self.folder / WORKBOOK, whole, lasting=False)
        with self.records.ledger.transaction():
            self.records.ledger.note_written(WORKBOOK, hashlib.sha256(whole).hexdigest(), swept.shown)

    def _is_workbook_of(self, shown: str) -> bool:
        """Whether nobody has changed the workbook and it shows the tables with that hash."""
        path = self.folder / WORKBOOK
        if not path.is_file():
            return False
        with path.open("rb") as file:
            noted = (hashlib.file_digest(file, "sha256").hexdigest(), shown)
        return self.records.ledger.written(WORKBOOK) == noted

    def _package(self) -> bytes:
        """The data package: what each table is and what its columns hold (Frictionless Data, Table Schema)."""
        definition = self.records.definition
        package = {
            "profile": "tabular-data-package",
            "name": f"{definition.identifier}-records",
            "title": f"{definition.form.title}: records",
            "resources": [_resource(name, self.columns[name]) for name in TableName],
        }
        return msgspec.json.format(msgspec.json.encode(package), indent=2) + b"\n"


class _Noting:
    """Writes pieces to a file, and notes them in a digest."""

    def __init__(self, file: _Output, digest: hashlib._Hash) -> None:
        self.file, self.digest = file, digest

    def __call__(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.file.write(piece)


def _resource(name: TableName, table_columns: Columns) -> dict[str, object]:
    """A table's entry in the data package. In its schema every column is a string."""
    return {
        "name": name,
        "path": name.file,
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {
            "fields": [{"name": column, "type": "string", "title": title} for column, title in table_columns.items()],
            "missingValues": [""],
        },
    }
