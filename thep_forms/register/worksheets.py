"""The rows of a file as text: of a CSV, as spreadsheets and registers write it, or of an Excel workbook."""

from __future__ import annotations

import codecs
import csv
import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO

from msgspec import Struct

from thep_forms.errors import SourceError

DELIMITERS = ",;\t"  # Excel writes ; where a comma is the decimal sign, and TAB as "Unicode text"
LARGEST = 100_000_000  # bytes of a workbook, unpacked
_CHUNK = 1 << 20  # bytes that are decoded at once
_END = "\0the end of the list\0"  # a line after the last one, which no cell may swallow
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"


class Worksheet(Struct, frozen=True):
    """The rows of a sheet, with its blank rows, so that their numbers are those that a person sees.

    The sheet of a CSV has no name.
    """

    name: str
    rows: Iterator[list[str]]

    @property
    def in_message(self) -> str:
        """What a message says after the name of the file."""
        return f", sheet “{self.name}”" if self.name else ""


def sheets(path: Path) -> Generator[Worksheet, None, None]:
    """The sheets of a workbook, or a CSV as it reads with each delimiter that it may have.

    A CSV is UTF-8 or UTF-16, as its byte order mark says, UTF-8 without a mark, or cp1252. Rows are read as they are
    asked for, and those of one sheet at a time: the next sheet ends them. Raises `SourceError`, while reading too.
    """
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"The list of schools {path} is not a plain file. Save it as one first.")
        with path.open("rb") as file:
            magic = file.read(4)
            if magic == _OLE:
                raise SourceError(
                    f"The list of schools {path} is a workbook of an old kind, or one with a password. "
                    "Save it in Excel as .xlsx without a password, or as CSV."
                )
            yield from _workbook(path, file) if magic.startswith(_ZIP) else _csv(path)
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error


def _csv(path: Path) -> Iterator[Worksheet]:
    encoding = _encoding(path)
    for delimiter in DELIMITERS:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            yield Worksheet("", _lines(path, file, delimiter))


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _lines(path: Path, file: TextIO, delimiter: str) -> Iterator[list[str]]:
    endless = f"The list of schools {path} has a cell that does not end. Look for a lone quotation mark."
    try:
        for row in csv.reader(chain(file, [_END]), delimiter=delimiter):
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):  # the cell has swallowed all schools after it
                raise SourceError(endless)
            yield row
    except csv.Error as error:  # the cell is longer than csv takes
        raise SourceError(endless) from error


def _workbook(path: Path, file: BinaryIO) -> Iterator[Worksheet]:
    from openpyxl import load_workbook

    with _guarded(path):
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > LARGEST:
            raise SourceError(f"The list of schools {path} is too large for a workbook. Save its sheet as CSV.")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    with closing(book):
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write them wrong, and rows would be missing
            yield Worksheet(sheet.title, _rows(path, sheet.iter_rows(values_only=True)))


def _rows(path: Path, rows: Iterator[tuple[object, ...]]) -> Iterator[list[str]]:
    while True:
        with _guarded(path):
            row = next(rows, None)
            if row is None:
                return
            cells = [_text(value) for value in row]
        yield cells


def _text(value: object) -> str:
    """A cell as it was typed: a spreadsheet takes 4242 for a number, and may keep it as 4242.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turns whatever openpyxl raises for a damaged workbook into `SourceError`, and hides its warnings about styles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SourceError:
        raise
    except Exception as error:  # openpyxl documents no exceptions
        raise SourceError(
            f"The list of schools {path} is no Excel workbook that can be read. "
            "Save it in Excel as .xlsx or as CSV; a zip has to be unpacked first."
        ) from error
