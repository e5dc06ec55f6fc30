"""Cells that a spreadsheet would run as a formula (OWASP, CSV injection), and the apostrophe that stops it."""

from __future__ import annotations

import re

from thep_forms.checking.characters import without_controls

_SIGNS = r"=+\-@＝＋－＠"  # full-width ones count too: some spreadsheets fold them
# White space, control and invisible characters: a spreadsheet may drop them before it looks for a sign.
_BLANKS = (
    r"\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_FORMULA = re.compile(rf"'*[\t\r\n]|['{_BLANKS}]*[{_SIGNS}]")
# Seven digits or more, as E.164 numbers have, with what people put between them: whatever a spreadsheet makes of
# that, it calls nothing and reaches nothing.
_TELEPHONE = re.compile(
    r"\+(?=(?:[^0-9]*[0-9]){7})[0-9][0-9 .\-]*(?:\([0-9]+\)[0-9 .\-]*)?(?:(?: ?ext\.?| ?x) ?[0-9]+)?",
    re.IGNORECASE | re.ASCII,
)


def is_formula(value: str) -> bool:
    """Whether a spreadsheet could take the value for a formula; a telephone number that starts with + is none."""
    if value[:1].isalnum() or not _FORMULA.match(value):  # nearly every cell begins with a letter or a digit
        return False
    return not _TELEPHONE.fullmatch(value.lstrip(" \u00a0\ufeff"))


def neutralised(value: str) -> str:
    """The value as a CSV cell. Taking one apostrophe off a cell that `is_formula` gives the exact value again."""
    return f"'{value}" if is_formula(value) else value


def csv_cell(value: str) -> str:
    """The value as a CSV cell, without control characters: they would act on a terminal that shows the table."""
    if not value or (value[0].isalnum() and value.isprintable()):
        return value  # as nearly every cell is
    return neutralised(without_controls(value))


def exact(cell: str) -> str:
    """The value that `neutralised` made a CSV cell of."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell) else cell
