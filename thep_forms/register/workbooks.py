"""An Excel workbook (.xlsx, ECMA-376): its sheets row by row, with what a person sees in their cells."""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.errors import SourceError
from thep_forms.register.number_formats import shown
from thep_forms.register.sheet_marks import MergedCells, SheetMarks, read_marks
from thep_forms.register.worksheets import Row, Worksheet

LARGEST = 100_000_000  # bytes of a workbook, unpacked


def read(path: Path, file: BinaryIO) -> Iterator[Worksheet]:
    """The sheets of the workbook. Raises `SourceError`."""
    from openpyxl import load_workbook  # it takes a while

    with _guarded(path):
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > LARGEST:
            raise SourceError(f"The list of schools {path} is too large for a workbook. Save its sheet as CSV.")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False, rich_text=True)
    with closing(book):
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write them wrong, and rows would be missing
            is_hidden = sheet.sheet_state != "visible"
            marks = SheetMarks() if is_hidden else _marks(path, sheet)
            yield Worksheet(sheet.title, _rows(path, sheet.iter_rows(), marks), is_hidden)


def _marks(path: Path, sheet: Any) -> SheetMarks:
    from openpyxl.packaging.relationship import get_dependents, get_rels_path

    archive, book = sheet.parent._archive, sheet.parent  # there is no public way to the sheet's XML
    with _guarded(path):
        links = get_rels_path(sheet._worksheet_path)
        relationships = get_dependents(archive, links) if links in archive.namelist() else []
        targets = {relation.Id: relation.Target or "" for relation in relationships}
        with sheet._get_source() as source:
            return read_marks(source, targets, has_to_be_calculated=bool(book.calculation.fullCalcOnLoad))


def _rows(path: Path, rows: Iterator[Sequence[Any]], marks: SheetMarks) -> Iterator[Row]:
    merged = _MergedRows(marks.merged)
    for number in count(1):
        with _guarded(path):
            cells = next(rows, None)
            if cells is None:
                return
            row = merged.filled(_row(number, cells, marks))
        yield row


def _row(number: int, cells: Sequence[Any], marks: SheetMarks) -> Row:
    texts: list[str] = []
    struck: set[int] = set()
    partly_struck: set[int] = set()
    for at, cell in enumerate(cells):
        text, left_out = _text(cell)
        if (number, at + 1) in marks.unstruck:
            text, left_out = marks.unstruck[number, at + 1].strip(), True
        texts.append(text)
        if cell.value is not None and (cell.font.strike or (left_out and not text)):
            struck.add(at)
        elif left_out:
            partly_struck.add(at)
    return Row(
        number,
        texts,
        number in marks.hidden_rows,
        frozenset(struck),
        partly_struck=frozenset(partly_struck),
        uncalculated=frozenset(at for at in range(len(cells)) if (number, at + 1) in marks.uncalculated),
        links={at: marks.links[number, at + 1] for at in range(len(cells)) if (number, at + 1) in marks.links},
    )


def _text(cell: Any) -> tuple[str, bool]:
    """A cell as it is shown, and whether struck-through words were left out.

    A spreadsheet takes 4242 for a number, may keep it as 4242.0, and may show 42 as 0042.
    """
    from openpyxl.cell.rich_text import CellRichText

    value = cell.value
    if isinstance(value, CellRichText):
        kept = [str(run) for run in value if not _is_struck(run)]
        return "".join(kept).strip() if len(kept) < len(value) else str(value), len(kept) < len(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return shown(value, cell.number_format or ""), False
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat(), False
    return "" if value is None else str(value), False


def _is_struck(run: Any) -> bool:
    font = getattr(run, "font", None)
    return bool(font and font.strike)


class _Carried(Struct, frozen=True):
    """The first cell of merged ones, which counts for the rows below it too."""

    last_row: int
    text: str
    is_struck: bool


class _MergedRows:
    """Fills the cells that were merged with the one above them. Rows are given in their order."""

    def __init__(self, merged: Sequence[MergedCells]) -> None:
        self._by_first_row: dict[int, list[MergedCells]] = {}
        for block in merged:
            self._by_first_row.setdefault(block.first_row, []).append(block)
        self._carried: dict[int, _Carried] = {}  # by index of the cell
        self._spans: dict[int, tuple[int, int]] = {}  # by index: the last row, and the last index

    def filled(self, row: Row) -> Row:
        """The row with what was merged. A row that is else empty stays so."""
        if not self._by_first_row:
            return row
        self._carried = {at: cell for at, cell in self._carried.items() if cell.last_row >= row.number}
        self._spans = {at: (last_row, last) for at, (last_row, last) in self._spans.items() if last_row >= row.number}
        cells, struck = list(row.cells), set(row.struck)
        if any(cell.strip() for cell in cells):
            for at, cell in self._carried.items():
                cells += [""] * (at + 1 - len(cells))
                cells[at] = cell.text
                struck |= {at} if cell.is_struck else set()
        for block in self._by_first_row.get(row.number, ()):
            self._begin(block, row)
        spans = {at: last for at, (_, last) in self._spans.items()}
        return replace(row, cells=cells, struck=frozenset(struck), spans=spans)

    def _begin(self, block: MergedCells, row: Row) -> None:
        at = block.first_column - 1
        if block.last_column > block.first_column:
            self._spans[at] = block.last_row, block.last_column - 1
        if block.last_row > block.first_row and at < len(row.cells):
            self._carried[at] = _Carried(block.last_row, row.cells[at], at in row.struck)


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
