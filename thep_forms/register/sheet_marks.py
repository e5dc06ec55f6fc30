"""What openpyxl does not tell of a sheet that it reads row by row, from the sheet's own XML (ECMA-376, 18.3.1).

These are hidden rows, merged cells, links, struck-through words in texts that stand in the cell itself, and formulas
that no program has calculated. Such a formula has no result, or a 0 in a workbook that asks to be calculated when it is
opened, as XlsxWriter makes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from urllib.parse import unquote
from xml.parsers import expat

from msgspec import Struct, field
from openpyxl.utils import coordinate_to_tuple, range_boundaries

_MAIL_LINK = re.compile(r"mailto:([^?]+)", re.IGNORECASE)
_LINK_FORMULA = re.compile(r'^\s*HYPERLINK\(\s*"(mailto:[^"]+)"', re.IGNORECASE)
_OF_TEXT = ("str", "s", "inlineStr", "b", "e")  # types of cells whose empty result is a result
_YES = ("1", "true")
_ZERO = re.compile(r"0(?:\.0+)?\Z")

Cell = tuple[int, int]  # row and column, from 1 on


class MergedCells(Struct, frozen=True):
    """A block of cells that were merged: its first and last rows and columns, from 1 on."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class SheetMarks(Struct):
    """What is marked in a sheet. `links` are e-mail addresses by cell, joined by `;`.

    `unstruck` are the texts of cells without the words that are struck through, where there are such.
    """

    hidden_rows: set[int] = field(default_factory=set)
    uncalculated: set[Cell] = field(default_factory=set)
    links: dict[Cell, str] = field(default_factory=dict)
    unstruck: dict[Cell, str] = field(default_factory=dict)
    merged: list[MergedCells] = field(default_factory=list)


def read_marks(source: BinaryIO, targets: Mapping[str, str], *, has_to_be_calculated: bool) -> SheetMarks:
    """The marks in the XML of a sheet. `targets` are those of its links, by their ids.

    `has_to_be_calculated`: the workbook says so. Raises `expat.ExpatError` and `ValueError`.
    """
    reader = _Reader(targets, has_to_be_calculated)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.ParseFile(source)
    return reader.marks


def addresses_in_link(target: str) -> str:
    """The e-mail addresses that a link writes to, joined by `;`; empty for a link to anything else."""
    link = _MAIL_LINK.match(target.strip())
    return ";".join(part.strip() for part in re.split("[,;]", unquote(link[1])) if part.strip()) if link else ""


class _Run(Struct):
    """A part of a text with a format of its own."""

    is_struck: bool = False
    pieces: list[str] = field(default_factory=list)


class _Reader:
    """Goes through the elements of a sheet, and keeps the row and the cell that it is in."""

    def __init__(self, targets: Mapping[str, str], has_to_be_calculated: bool) -> None:
        self.marks = SheetMarks()
        self._targets, self._has_to_be_calculated = targets, has_to_be_calculated
        self._row, self._column, self._type = 0, 0, ""
        self._formula: list[str] | None = None  # of the cell, in pieces
        self._result: list[str] = []
        self._pieces: list[str] | None = None  # where the text goes that comes now
        self._runs: list[_Run] = []  # of a text that stands in the cell

        self._starts: dict[str, Callable[[dict[str, Any]], None]] = {
            "row": self._start_row,
            "c": self._start_cell,
            "f": self._start_formula,
            "v": self._start_result,
            "r": self._start_run,
            "strike": self._strike_run,
            "t": self._start_text,
            "mergeCell": self._note_merged,
            "hyperlink": self._note_link,
        }

    def start(self, name: str, attributes: dict[str, Any]) -> None:
        handle = self._starts.get(name.rpartition(" ")[2])
        if handle:
            handle(attributes)

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("f", "v", "t"):
            self._pieces = None
        elif tag == "c" and self._formula is not None:
            self._note_formula("".join(self._formula), "".join(self._result))
        elif tag == "c" and any(run.is_struck for run in self._runs):
            kept = ["".join(run.pieces) for run in self._runs if not run.is_struck]
            self.marks.unstruck[self._row, self._column] = "".join(kept)

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def _start_row(self, attributes: dict[str, Any]) -> None:
        self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        if attributes.get("hidden") in _YES:
            self.marks.hidden_rows.add(self._row)

    def _start_cell(self, attributes: dict[str, Any]) -> None:
        at = attributes.get("r")
        self._column = coordinate_to_tuple(at)[1] if at else self._column + 1
        self._type, self._formula, self._result, self._runs = attributes.get("t", "n"), None, [], []

    def _start_formula(self, _: dict[str, Any]) -> None:
        self._formula = self._pieces = []

    def _start_result(self, _: dict[str, Any]) -> None:
        if self._formula is not None:
            self._pieces = self._result

    def _start_run(self, _: dict[str, Any]) -> None:
        self._runs.append(_Run())

    def _strike_run(self, attributes: dict[str, Any]) -> None:
        if self._runs:
            self._runs[-1].is_struck = attributes.get("val", "1") in _YES

    def _start_text(self, _: dict[str, Any]) -> None:
        if self._runs:
            self._pieces = self._runs[-1].pieces

    def _note_merged(self, attributes: dict[str, Any]) -> None:
        first_column, first_row, last_column, last_row = range_boundaries(attributes["ref"])
        self.marks.merged.append(MergedCells(first_row, first_column, last_row, last_column))

    def _note_formula(self, formula: str, result: str) -> None:
        at = self._row, self._column
        is_empty = not result and self._type not in _OF_TEXT
        if is_empty or (self._has_to_be_calculated and _ZERO.match(result)):
            self.marks.uncalculated.add(at)
        link = _LINK_FORMULA.match(formula)
        if link:
            self.marks.links[at] = addresses_in_link(link[1])

    def _note_link(self, attributes: dict[str, Any]) -> None:
        """Note a link at its first cell: a link over several has its words there."""
        ids = [value for name, value in attributes.items() if name.rpartition(" ")[2] == "id"]
        address = addresses_in_link(self._targets.get(ids[0], "") if ids else "")
        if address:
            column, row, _, _ = range_boundaries(attributes["ref"])
            self.marks.links[row, column] = address
