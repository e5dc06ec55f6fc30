"""The files of RECORDS that the program writes from the ledger: CSVs, data package and workbook."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from thep_forms.files import ComparedFile, RenewedFile, holds, renew_private, sync_folder, write_private
from thep_forms.records.last_run import MOST_RETURNS, WorkedOut, WrittenTable
from thep_forms.records.names import PACKAGE, WORKBOOK, TableName
from thep_forms.records.records import Records
from thep_forms.records.results import rules_of
from thep_forms.records.splicing import RowsOfReturn, splice, steps_to
from thep_forms.records.tables import Columns, CsvRows, CsvText, Sweep, Table, columns

Tables = Mapping[TableName, WrittenTable]


class _Output(Protocol):
    def write(self, piece: bytes) -> object: ...


_OF_RETURNS = [name for name in TableName if name is not TableName.DECISIONS]
_PIECE = 2**16  # bytes that are written at once


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
            tables = self._swept(files)
            yield from [name.file for name, file in files.items() if not file.is_same()]
        if not holds(self.folder / PACKAGE, [self._package()]):
            yield PACKAGE
        if not self._is_workbook_of(self._shown(tables)):
            yield WORKBOOK

    def write(self, *, with_workbook: bool = True) -> None:
        """Write each file that is missing or differs from the ledger. Raises `OSError`, `RecordsError`."""
        returns: dict[str, msgspec.Raw] = {}
        tables = self._spliced()
        if not tables:
            with ExitStack() as stack:
                files = {name: stack.enter_context(RenewedFile(self.folder / name.file)) for name in TableName}
                tables = self._swept(files, returns)
        renew_private(self.folder / PACKAGE, [self._package()])
        # The workbook comes last: on Windows, a program that shows it prevents its replacement.
        shown = self._shown(tables)
        if with_workbook and not self._is_workbook_of(shown):
            self._write_workbook(tables, shown)
        sync_folder(self.folder)
        self._note(tables, returns)

    def _swept(self, files: Mapping[TableName, _Output], returns: dict[str, msgspec.Raw] | None = None) -> Tables:
        """Go through the ledger once, and write the rows of every table to its file.

        Each return that is gone through is added to `returns`, as the next run will find it.
        """
        texts = {name: CsvText(self.columns[name]) for name in TableName}
        parts = {name: _Part(texts[name], files[name]) for name in TableName}
        sweep, encoder = Sweep(self.records), msgspec.msgpack.Encoder()
        for entry in self.records.returns():
            for name, row in sweep.rows(entry):
                texts[name].add(row)
            for name in _OF_RETURNS:
                parts[name].end_return()
            if returns is not None and len(returns) <= MOST_RETURNS:
                returns[entry.return_id] = msgspec.Raw(encoder.encode(entry))
        for row in sweep.decisions():
            texts[TableName.DECISIONS].add(row)
        return {name: part.end() for name, part in parts.items()}

    def _spliced(self) -> Tables | None:
        """Write the tables with other rows for what has changed since the last run. None if that cannot be done."""
        renewed = self.records.renewed
        if not renewed or renewed.before.columns != self._digest():
            return None
        again = {*renewed.reached, *self._without_school()} if renewed.reached else set()
        now = list(renewed.returns)
        steps = steps_to(list(renewed.before.returns), now, again)
        texts = {name: CsvText(self.columns[name]) for name in TableName}
        sweep = Sweep(self.records)
        pieces: dict[TableName, dict[str, RowsOfReturn]] = {name: {} for name in TableName}
        for text in texts.values():
            text.take()  # the header stays
        for return_id in (step for step in steps if isinstance(step, str)):
            for name, row in sweep.rows(renewed.returns[return_id]):
                texts[name].add(row)
            for name, text in texts.items():
                pieces[name][return_id] = RowsOfReturn(rows=text.rows, text=text.take())
        tables: dict[TableName, WrittenTable] = {}
        for name in _OF_RETURNS:
            table = splice(self.folder / name.file, renewed.before.tables[name], steps, pieces[name])
            if not table:
                return None
            tables[name] = table
        with RenewedFile(self.folder / TableName.DECISIONS.file) as file:
            part = _Part(CsvText(self.columns[TableName.DECISIONS]), file)
            for row in sweep.decisions():
                part.text.add(row)
            tables[TableName.DECISIONS] = part.end()
        return tables

    def _without_school(self) -> Iterator[str]:
        """The returns whose school the addresses of others tell."""
        for entry in self.records.returns():
            if not entry.school and any(arrival.carried_by for arrival in entry.arrivals):
                yield entry.return_id

    def _note(self, tables: Tables, returns: Mapping[str, msgspec.Raw]) -> None:
        """Note what was worked out and written, for the next run."""
        records, renewed = self.records, self.records.renewed
        judgements, worked_out, content = records.judgements, None, b""
        told = records.correspondents.noted()
        about = (judgements.latest_year, judgements.years, dict(judgements.began), self._digest(), tables, told)
        if renewed and not returns:
            worked_out = WorkedOut(dict(renewed.returns), *about)
            records.renewed = replace(renewed, before=worked_out, reached=frozenset())
            content = msgspec.msgpack.encode(worked_out)
        elif len(returns) <= MOST_RETURNS:
            content = msgspec.msgpack.encode((returns, *about))
        records.ledger.note_worked_out(rules_of(records.definitions), worked_out, content)

    def _digest(self) -> str:
        """What tells other columns."""
        return hashlib.sha256(self._package()).hexdigest()

    def _shown(self, tables: Tables) -> str:
        """What tells other tables, for the workbook."""
        found = "".join(f"{name} {tables[name].size} {tables[name].crc}\n" for name in TableName)
        return hashlib.sha256(found.encode() + self._package()).hexdigest()

    def _write_workbook(self, tables: Tables, shown: str) -> None:
        from thep_forms.records.workbook import as_workbook  # slow to import

        sheets = [
            Table(name, self.columns[name], CsvRows(self.folder / name.file, tables[name].rows)) for name in TableName
        ]
        whole = as_workbook(sheets, self.records.definition.form.title)
        write_private(self.folder / WORKBOOK, whole, lasting=False)
        with self.records.ledger.transaction():
            self.records.ledger.note_written(WORKBOOK, hashlib.sha256(whole).hexdigest(), shown)

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


class _Part:
    """Writes the CSV of a table to a file, and notes how much each return has of it."""

    def __init__(self, text: CsvText, file: _Output) -> None:
        self.text, self._file = text, file
        self._lengths, self._counts = array("I"), array("I")
        self._waiting: list[bytes] = []
        self._size = self._waiting_size = self._crc = self._rows = 0
        self._header = self._take()

    def end_return(self) -> None:
        """Note that the rows of the next return follow."""
        self._counts.append(self.text.rows)
        self._lengths.append(self._take())

    def end(self) -> WrittenTable:
        """Write what is left, and tell what was written."""
        self._take()
        self._write()
        lengths, counts = self._lengths.tobytes(), self._counts.tobytes()
        return WrittenTable(self._size, self._crc, self._header, self._rows, lengths, counts)

    def _take(self) -> int:
        """Take what was added to the text; its length."""
        self._rows += self.text.rows
        piece = self.text.take()
        self._waiting.append(piece)
        self._waiting_size += len(piece)
        if self._waiting_size > _PIECE:
            self._write()
        return len(piece)

    def _write(self) -> None:
        whole = b"".join(self._waiting)
        self._crc = zlib.crc32(whole, self._crc)
        self._size += len(whole)
        self._file.write(whole)
        self._waiting, self._waiting_size = [], 0


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
