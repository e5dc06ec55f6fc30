"""The line that the letters of an answer stand on, as most viewers set them. Labels stand on the same line."""

from __future__ import annotations

from thep_forms.layout.metrics import REGULAR, load_face
from thep_forms.layout.model import Rect

PADDING = 2.0  # points between the edge of the box and the text, as in most viewers.
UNITS = 1000  # units in the type size.


def leading(size: float) -> float:
    """The distance between the lines of an answer in type of that size, in points."""
    face = load_face(REGULAR)
    return (face.ascender - face.descender) / UNITS * size


def ascent(size: float) -> float:
    """The distance from the top of a line of that type size to its base, in points."""
    return load_face(REGULAR).ascender / UNITS * size


def baseline(rect: Rect, size: float, *, wraps: bool) -> float:
    """The y of the first line's base. A text that wraps begins at the top of its box; another is in its middle."""
    if wraps:
        return rect.top - PADDING / 2 - ascent(size)
    return rect.y + (rect.height + leading(size)) / 2 - ascent(size)
