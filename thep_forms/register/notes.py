"""What the user should know of a list that was read: the columns that were used, and what was left out."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from thep_forms.checking.characters import normal_text
from thep_forms.definition import FormDefinition
from thep_forms.register.columns import meanings, used_columns
from thep_forms.register.table import Table
from thep_forms.register.worksheets import Worksheet

_MOST_LISTED = 10  # columns or rows in a line; the rest is counted
_ALIKE = 0.6  # how alike (0 to 1) the names of two columns are at least, to ask whether one was meant


class ReadingNotes:
    """Collects what is noted of each sheet of a list."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the list."""
        self.name = path.name
        self.hidden_sheets: list[str] = []
        self._tables: list[tuple[Table, str]] = []
        self._encoding = ""

    def add(self, table: Table, sheet: Worksheet) -> None:
        """Note what was read of a sheet."""
        self._encoding = sheet.encoding
        self._tables.append((table, f" of sheet “{normal_text(sheet.name)}”" if sheet.name else ""))

    def lines(self, definition: FormDefinition) -> list[str]:
        """A line on the columns, and one each on what was left out and what to check, if there is anything."""
        left_out = [f"the hidden sheet “{normal_text(name)}”" for name in self.hidden_sheets]
        to_check: list[str] = []
        linked: list[str] = []
        merged: list[str] = []
        for table, of_sheet in self._tables:
            left_out += _left_out(table, of_sheet)
            to_check += [f"{rows_in_words(table.mended)}{of_sheet}"] if table.mended else []
            linked += [f"{rows_in_words(table.linked)}{of_sheet}"] if table.linked else []
            for heading, numbers in table.merged_across.items():
                merged.append(f"“{heading}” in {rows_in_words(numbers)}{of_sheet}")
        lines = [
            self._columns(definition),
            self._meanings(definition),
            *self._perhaps(),
            f"not used: {', '.join(left_out)}." if left_out else "",
            f"took the e-mail addresses from links in {', '.join(linked)}." if linked else "",
            f"cells merged across columns count for the first column: {', '.join(merged)}." if merged else "",
            f"check the letters in {', '.join(to_check)}: they had another encoding." if to_check else "",
            f"check the letters beyond A to Z: the file seems to have {self._encoding}." if self._encoding else "",
        ]
        return [f"{self.name}: {line}" for line in lines if line]

    def _columns(self, definition: FormDefinition) -> str:
        if all(table.is_extract for table, _ in self._tables):
            return "read as an extract of DfE's register."
        used: dict[str, None] = {}  # headings, in their order
        unused: dict[str, str] = {}  # headings and columns
        names: set[str] = set()
        for table, _ in self._tables:
            known = used_columns(table.columns, definition)
            names |= known - set(table.columns)
            for column, heading in table.headings.items():
                if column in known:
                    used[heading] = None
                elif column:
                    unused[heading] = column
        text = f"used {_listed(list(used))}"
        if not unused:
            return f"{text}."
        return f"{text}; not used {_listed(list(unused))}.{_nearest(unused, names)}"

    def _meanings(self, definition: FormDefinition) -> str:
        """What the columns were taken for whose headings are other words."""
        taken: dict[str, None] = {}
        for table, _ in self._tables:
            found = () if table.is_extract else meanings(table.headings, definition)
            taken |= dict.fromkeys(f"{heading} as {name.replace('_', ' ')}" for heading, name in found)
        return f"took {', '.join(taken)}." if taken else ""

    def _perhaps(self) -> Iterator[str]:
        """A line for each column that may say something of the form, and in some rows does not."""
        for table, of_sheet in self._tables:
            for (heading, label), numbers in table.said_nothing.items():
                yield (
                    f"“{heading}” was looked at for the {label.lower()}, but says none that the form has in "
                    f"{rows_in_words(numbers)}{of_sheet}: nothing is filled in there."
                )


def _left_out(table: Table, of_sheet: str) -> Iterator[str]:
    """What of a table was not used."""
    left_out = {
        "hidden": table.hidden,
        "struck-through": table.struck,
        "totals": table.totals,
        "heading or note": table.captions,
    }
    for what, numbers in left_out.items():
        if numbers:
            yield f"{what} {rows_in_words(numbers)}{of_sheet}"
    for heading, numbers in table.struck_cells.items():
        yield f"struck-through words of “{heading}” in {rows_in_words(numbers)}{of_sheet}"


def _nearest(unused: dict[str, str], names: Collection[str]) -> str:
    """What the unused column that is most like a known one may have meant. Their last words say what is in them."""
    best, found = _ALIKE, ""
    for heading, column in unused.items():
        for name in sorted(names):
            likeness = _likeness(column, name)
            if likeness > best and _likeness(column.rpartition("_")[2], name.rpartition("_")[2]) > _ALIKE:
                best, found = likeness, f" If “{heading}” means “{name.replace('_', ' ')}”, give it that name."
    return found


def _likeness(column: str, name: str) -> float:
    return difflib.SequenceMatcher(None, column, name).ratio()


def _listed(headings: Sequence[str]) -> str:
    quoted = ", ".join(f"“{heading}”" for heading in headings[:_MOST_LISTED])
    more = len(headings) - _MOST_LISTED
    return f"{quoted} and {more} more" if more > 0 else quoted


def rows_in_words(numbers: Sequence[int]) -> str:
    """The rows as a message lists them: `rows 3, 5 and 2 more`."""
    listed = ", ".join(map(str, numbers[:_MOST_LISTED]))
    more = len(numbers) - _MOST_LISTED
    return f"row{'s' if len(numbers) > 1 else ''} {listed}{f' and {more} more' if more > 0 else ''}"
