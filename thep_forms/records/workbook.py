"""`records.xlsx`: the tables as a workbook in which every cell is text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from thep_forms.checking.characters import without_controls
from thep_forms.checking.formula import is_formula
from thep_forms.definition.model import Severity
from thep_forms.records.tables import Row, Table

LONGEST = 32_767  # UTF-16 units that Excel takes in a cell
CUT = "… (cut off here: a cell of a workbook holds no more; the CSV of this table has it all)"
MOST_CELLS = 30_000  # of all sheets, as some 150 returns give: more take longer to write than to read the returns
TOO_LONG = "This table has {count} rows, more than this workbook is good for. They are all in {name}.csv."
_WIDEST, _NARROWEST, _LOOKED_AT = 60, 10, 1000  # characters of a column; the rows that tell how wide it is
_LINE, _HIGHEST = 15, 405  # points: a line of text, the highest row
_MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - the bytes depend on the tables alone

# When somebody edits the cell, Excel takes a text that starts so for a formula, or for its own mark of text.
_QUOTED = frozenset("'=+-@\t\r\n＝＋－＠")
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")

# The fill of a row by its severity. Black text on each has a contrast of at least 15 : 1.
_HEADER_FILL = "#DDE5E8"
_FILLS = {"": "", Severity.ERROR: "#F9D9D4", Severity.QUERY: "#FFF0C2"}


def as_workbook(tables: Iterable[Table], title: str) -> bytes:
    """The tables as a workbook with a sheet each; the same tables give the same bytes.

    The values are exact, without the apostrophes of a CSV, but have no control characters. A value that is too long for
    a cell is cut off and marked.
    A table that is too long for the workbook is only in its CSV.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:  # otherwise it writes temporary files
        book.set_properties({"title": title, "created": _MADE})
        header = book.add_format({"bold": True, "num_format": "@", "bg_color": _HEADER_FILL})
        styles, left = _Styles(book), MOST_CELLS
        for table in tables:
            sheet = book.add_worksheet(table.name)
            cells = len(table.rows) * len(table.columns)
            if cells > left:
                sheet.write_string(0, 0, TOO_LONG.format(count=len(table.rows), name=table.name))
            else:
                _write(sheet, list(table.columns), list(table.rows), header, styles)
                left -= cells
    return file.getvalue()


class _Styles(dict[tuple[str, bool, bool], Format]):
    """The format of a cell of text by its row's severity, whether it is wrapped, and whether Excel is to quote it."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        super().__init__()
        for severity, fill in _FILLS.items():
            for wrapped in (False, True):
                for quoted in (False, True):
                    style = {"num_format": "@", "valign": "top", "text_wrap": wrapped, "quote_prefix": quoted}
                    self[severity, wrapped, quoted] = book.add_format(style | ({"bg_color": fill} if fill else {}))


def _write(sheet: Worksheet, names: Sequence[str], rows: Sequence[Row], header: Format, styles: _Styles) -> None:
    wrapped: list[bool] = []
    for column, name in enumerate(names):
        width = max(len(name), *(len(row[column]) for row in rows[:_LOOKED_AT]), _NARROWEST)
        wrapped.append(width > _WIDEST)
        sheet.set_column(column, column, min(width, _WIDEST) + 3, styles["", wrapped[column], False])
        sheet.write_string(0, column, name, header)
    severities = names.index("severity") if "severity" in names else None
    for number, row in enumerate(rows, 1):
        if lines := max(map(_lines, compress(row, wrapped)), default=0):
            sheet.set_row(number, min(lines * _LINE, _HIGHEST))
        severity = row[severities] if severities is not None and row[severities] in _FILLS else ""
        for column, value in enumerate(map(without_controls, row)):
            is_quoted = value[:1] in _QUOTED or is_formula(value)
            style = styles[severity, wrapped[column], is_quoted]
            if value:
                sheet.write_string(number, column, value if _is_plain(value) else _fitting(value), style)
            else:
                sheet.write_blank(number, column, None, style)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(names) - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # else a green corner is on each
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _lines(text: str) -> int:
    """The number of lines of a text in a cell of the widest column that wraps it."""
    return sum(max(1, -(-len(line) // _WIDEST)) for line in text.splitlines())


def _is_plain(text: str) -> bool:
    """Whether a cell can hold it just so, as nearly always."""
    return text.isascii() and len(text) <= LONGEST


def _fitting(text: str) -> str:
    """The text, cut off if a cell cannot hold it, and without what no XML can hold."""
    text = _NO_XML.sub("\ufffd", text)
    if len(text) <= LONGEST // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - len(CUT))].decode("utf-16-le", "ignore") + CUT
