"""What stands at the foot of every page, below its body: two lines of words, on paper the school, and the QR code."""

from __future__ import annotations

from thep_forms.layout.model import MM, Rect

CODE_SIDE = 12 * MM  # of the square that the code fills
CODE_GAP = 4 * MM  # between the body of the page and the code, which has to be white
LINES = (10 * MM, 14 * MM)  # from the body of the page down to the base of each line
LINE_SIZE = 8.0  # points, of its type
SCHOOL_DOWN = 8 * MM  # from the body of the page down to the lower edge of the line that names the school
SCHOOL_HEIGHT = 6 * MM
SCHOOL_SIZE = 9.0  # points, of its type


def code_area(body: Rect) -> Rect:
    """The square of the code, at the right edge of the body."""
    return Rect(body.right - CODE_SIDE, body.y - CODE_GAP - CODE_SIDE, CODE_SIDE, CODE_SIDE)


def school_area(body: Rect) -> Rect:
    """The line that names the school on a copy for the printer, left of the code."""
    return Rect(body.x, body.y - SCHOOL_DOWN, body.width - CODE_SIDE - CODE_GAP, SCHOOL_HEIGHT)
