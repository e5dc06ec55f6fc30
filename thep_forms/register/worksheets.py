"""A list of schools as text: sheets and their rows, whatever kind of file they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

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
