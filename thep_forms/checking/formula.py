"""Cells that a spreadsheet would run as a formula (OWASP, CSV injection), and the apostrophe that stops it."""

from __future__ import annotations

import re

_SIGNS = "=+-@\t\r\n＝＋－＠"  # full-width ones count too: some spreadsheets fold them
_FIRST = frozenset(f"'{_SIGNS}")
_FORMULA = re.compile(f"'*[{re.escape(_SIGNS)}]")
# Seven digits or more, as E.164 numbers have, with what people put between them: whatever a spreadsheet makes of
# that, it calls nothing and reaches nothing.
_TELEPHONE = re.compile(
    r"\+(?=(?:[^0-9]*[0-9]){7})[0-9][0-9 .\-]*(?:\([0-9]+\)[0-9 .\-]*)?(?:(?: ?ext\.?| ?x) ?[0-9]+)?",
    re.IGNORECASE | re.ASCII,
)


def is_formula(value: str) -> bool:
    """Whether a spreadsheet could take the value for a formula; a telephone number that starts with + is none."""
    return value[:1] in _FIRST and bool(_FORMULA.match(value)) and not _TELEPHONE.fullmatch(value)


def neutralised(value: str) -> str:
    """The value as a CSV cell. Taking one apostrophe off a cell that `is_formula` gives the exact value again."""
    return f"'{value}" if value[:1] in _FIRST and is_formula(value) else value  # hardly any cell begins so


def exact(cell: str) -> str:
    """The value that `neutralised` made a CSV cell of."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell) else cell
