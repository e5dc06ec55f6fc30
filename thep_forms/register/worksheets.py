"""The rows of a list as text, whatever kind of file it is: a CSV or an Excel workbook."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from thep_forms.errors import SourceError
from thep_forms.register.other_files import ZIP, other_kind

_HEAD = 1024  # bytes that tell what kind of file it is
_NOTHING: Mapping[int, str] = {}
_NOWHERE: Mapping[int, int] = {}


class Row(Struct, frozen=True):
    """A row of a sheet: its number, as a person sees it, and its cells as text.

    `is_hidden`: it is hidden or filtered away. `is_mended`: it holds bytes that are not of the file's encoding, which
    were taken for Windows' own. All else is by the index of the cell, from 0 on. `struck` are those that are struck
    through. Of `partly_struck`, the struck-through words were left out. `uncalculated` have a formula and no result.
    `links` are the e-mail addresses behind cells. `spans` are the last indices of cells that were merged with those to
    their right.
    """

    number: int
    cells: list[str]
    is_hidden: bool = False
    struck: frozenset[int] = frozenset()
    is_mended: bool = False
    partly_struck: frozenset[int] = frozenset()
    uncalculated: frozenset[int] = frozenset()
    links: Mapping[int, str] = _NOTHING
    spans: Mapping[int, int] = _NOWHERE


class Worksheet(Struct, frozen=True):
    """The rows of a sheet, with its blank rows. The sheet of a CSV has no name. A hidden one is not to be read.

    `encoding` is what a person calls that of a CSV, where it was guessed by its letters.
    """

    name: str
    rows: Iterator[Row]
    is_hidden: bool = False
    encoding: str = ""

    @property
    def in_message(self) -> str:
        """What a message says after the name of the file."""
        return f", sheet “{self.name}”" if self.name else ""


def sheets(path: Path) -> Generator[Worksheet, None, None]:
    """The sheets of a workbook, or a CSV as it reads with each delimiter that it may have.

    Rows are read as they are asked for, and those of one sheet at a time: the next sheet ends them. Raises
    `SourceError`, while reading too.
    """
    from thep_forms.register import csv_files, workbooks

    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"The list of schools {path} is not a plain file. Save it as one first.")
        with path.open("rb") as file:
            magic = file.read(_HEAD)
            file.seek(0)
            if reason := other_kind(magic, file):
                raise SourceError(f"The list of schools {path} is {reason}")
            yield from workbooks.read(path, file) if magic.startswith(ZIP) else csv_files.read(path)
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error
