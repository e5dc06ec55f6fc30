"""The foot of every page, below its body: two lines of words, the QR code and, on paper, the school."""

from __future__ import annotations

from thep_forms.layout.model import MM, Rect

CODE_SIDE = 12 * MM  # the side of the square of the code.
CODE_GAP = 4 * MM  # the white space between the body of the page and the code.
LINES = (10 * MM, 14 * MM)  # the distance from the body down to the base of each line.
LINE_SIZE = 9.0  # points: the type size of the lines.
SCHOOL_DOWN = 8 * MM  # the distance from the body down to the lower edge of the school's line.
SCHOOL_HEIGHT = 6 * MM
SCHOOL_SIZE = 9.0  # points: the type size of the school's name.


def code_area(body: Rect) -> Rect:
    """The square of the code, at the right edge of the body."""
    return Rect(body.right - CODE_SIDE, body.y - CODE_GAP - CODE_SIDE, CODE_SIDE, CODE_SIDE)


def school_area(body: Rect) -> Rect:
    """The line that names the school on a copy for the printer, left of the code."""
    return Rect(body.x, body.y - SCHOOL_DOWN, body.width - CODE_SIDE - CODE_GAP, SCHOOL_HEIGHT)
