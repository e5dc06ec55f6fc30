"""The rows of a file as text: of a CSV, as spreadsheets and registers write it, or of an Excel workbook."""

from __future__ import annotations

import codecs
import csv
import re
import warnings
import zipfile
from collections.abc import Generator, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from xml.parsers import expat

from msgspec import Struct

from thep_forms.errors import SourceError
from thep_forms.register.other_files import ZIP, other_kind

DELIMITERS = ",;\t"  # Excel writes ; where a comma is the decimal sign, and TAB as "Unicode text"
LARGEST = 100_000_000  # bytes of a workbook, unpacked
_HEAD = 1024  # bytes that tell what kind of file it is
_CHUNK = 1 << 20  # bytes that are decoded at once
_END = "\0the end of the list\0"  # a line after the last one, which no cell may swallow
_FOREIGN = re.compile("[\udc80-\udcff]+")  # how Python hands over bytes that are not of the encoding
_LETTERS = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]+")  # beyond ASCII


class Row(Struct, frozen=True):
    """A row of a sheet: its number, as a person sees it, and its cells as text.

    `is_hidden`: it is hidden or filtered away. `struck` are the indices of the cells that are struck through.
    `is_mended`: it holds bytes that are not of the file's encoding, which were taken for Windows' own.
    """

    number: int
    cells: list[str]
    is_hidden: bool = False
    struck: frozenset[int] = frozenset()
    is_mended: bool = False


class Worksheet(Struct, frozen=True):
    """The rows of a sheet, with its blank rows. The sheet of a CSV has no name. A hidden one is not to be read."""

    name: str
    rows: Iterator[Row]
    is_hidden: bool = False

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
            magic = file.read(_HEAD)
            file.seek(0)
            if reason := other_kind(magic, file):
                raise SourceError(f"The list of schools {path} is {reason}")
            yield from _workbook(path, file) if magic.startswith(ZIP) else _csv(path)
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error


def _csv(path: Path) -> Iterator[Worksheet]:
    encoding = _encoding(path)
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    for delimiter in DELIMITERS:
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            yield Worksheet("", _numbered(_lines(path, file, delimiter)))


def _numbered(lines: Iterator[list[str]]) -> Iterator[Row]:
    """The rows, in which bytes that are not of the file's encoding are taken for those of cp1252."""
    for number, cells in enumerate(lines, 1):
        mended = [_FOREIGN.sub(_as_cp1252, cell) for cell in cells]
        yield Row(number, mended, is_mended=mended != cells)


def _as_cp1252(foreign: re.Match[str]) -> str:
    return foreign[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        letters, foreign = 0, 0
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        while chunk := file.read(_CHUNK):
            text = decoder.decode(chunk)
            foreign += len(_FOREIGN.findall(text))
            letters += len(_LETTERS.findall(text))
    # A single byte of another encoding, as in a row that was pasted in, does not make all names cp1252.
    return "cp1252" if foreign > letters else "utf-8-sig"


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
            hidden = frozenset[int]() if sheet.sheet_state != "visible" else _hidden_rows(path, sheet)
            yield Worksheet(sheet.title, _rows(path, sheet.iter_rows(), hidden), sheet.sheet_state != "visible")


def _rows(path: Path, rows: Iterator[Sequence[Any]], hidden: Set[int]) -> Iterator[Row]:
    for number in count(1):
        with _guarded(path):
            cells = next(rows, None)
            if cells is None:
                return
            struck = frozenset(at for at, cell in enumerate(cells) if cell.value is not None and cell.font.strike)
            row = Row(number, [_text(cell.value) for cell in cells], number in hidden, struck)
        yield row


def _hidden_rows(path: Path, sheet: Any) -> frozenset[int]:
    """The numbers of the rows that are hidden or filtered away. Reading row by row, openpyxl does not tell them."""
    hidden: set[int] = set()
    last = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal last
        if tag.rpartition(":")[2] == "row":
            last = int(attributes.get("r", last + 1))
            if attributes.get("hidden") in ("1", "true"):
                hidden.add(last)

    with _guarded(path), sheet._get_source() as source:  # there is no public way to the sheet's XML
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.ParseFile(source)
    return frozenset(hidden)


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
