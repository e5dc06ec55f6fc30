"""The headings of a table, in one row or in two: `Name` below `Headteacher` is `headteacher_name`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from msgspec import Struct

from thep_forms.definition import FormDefinition
from thep_forms.register import gias
from thep_forms.register.columns import columns_of, used_columns
from thep_forms.register.worksheets import Row

_WITHIN = 20  # rows from the top: a title may stand above the headings


class Headings(Struct, frozen=True):
    """The headings of a table, and the rows below them."""

    cells: list[str]
    rows: Iterator[Row]


def find_headings(rows: Iterator[Row], definition: FormDefinition) -> Headings | None:
    """The headings among the first rows; None where none of these has the column of DfE numbers."""
    before = Row(0, [])
    for row in islice(rows, _WITHIN):
        columns = columns_of(row.cells, definition)
        if gias.reader(columns, definition):
            return Headings(row.cells, rows)
        if definition.dfe_field.name in columns:
            return _with_second_row(before, row, rows, definition)
        before = row
    return None


def _with_second_row(before: Row, row: Row, rows: Iterator[Row], definition: FormDefinition) -> Headings:
    """The headings of the row, and of the row above or below if it completes them."""
    both = _joined(before, row, definition)
    if _is_better(both, row.cells, definition):
        return Headings(both, rows)
    below = next(rows, None)
    if below is None:
        return Headings(row.cells, rows)
    at = columns_of(row.cells, definition).index(definition.dfe_field.name)
    number = below.cells[at] if at < len(below.cells) else ""
    both = _joined(row, below, definition)
    if number.strip() in ("", row.cells[at].strip()) and _is_better(both, row.cells, definition):
        return Headings(both, rows)
    return Headings(row.cells, chain([below], rows))


def _joined(upper: Row, lower: Row, definition: FormDefinition) -> list[str]:
    """The headings of each column in two rows: the words of both, or of the one that names a column.

    An upper heading over several columns names none of them alone, but for its first if there is nothing below it.
    """
    groups = _groups(upper, len(lower.cells))
    joined: list[str] = []
    for at, heading in enumerate(lower.cells + [""] * (len(groups) - len(lower.cells))):
        group = groups[at] if heading.strip() or "".join(upper.cells[at : at + 1]).strip() else ""
        alone = "" if heading.strip() and group in groups[max(at - 1, 0) : at] + groups[at + 1 : at + 2] else group
        both = " ".join(dict.fromkeys(filter(None, (group.strip(), heading.strip()))))
        choices = [choice for choice in (both, heading, alone) if choice.strip()]
        known = [choice for choice in choices if _known([choice], definition)]
        joined.append((known or choices or [""])[0])
    return joined


def _groups(upper: Row, width: int) -> list[str]:
    """The upper heading of each column. It stands over the columns that it was merged with, or up to the next one."""
    groups = upper.cells + [""] * (width - len(upper.cells))
    last, group = -1, ""
    for at, cell in enumerate(groups):
        if cell.strip():
            group, last = cell, upper.spans.get(at, at if upper.spans else len(groups))
        elif at <= last:
            groups[at] = group
    return groups


def _is_better(both: Sequence[str], single: Sequence[str], definition: FormDefinition) -> bool:
    """Whether two rows name other columns than one row does, and not fewer."""
    of_both, of_one = _known(both, definition), _known(single, definition)
    return definition.dfe_field.name in of_both and of_both != of_one and len(of_both) >= len(of_one)


def _known(headings: Sequence[str], definition: FormDefinition) -> set[str]:
    """The columns with these headings that can be used."""
    columns = columns_of(headings, definition)
    return set(columns) & used_columns(columns, definition)
