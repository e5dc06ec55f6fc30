"""What is drawn on a page: its letters, and its strokes with what was drawn before them.

Lengths are points from the upper left corner of the page. Places are as pdfminer gives them, whichever reader found
them. A letter is as high as its type size. Its font's descent says where it begins below the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

CURVE, LINE, RECTANGLE, PICTURE = "curve", "line", "rect", "image"

Point = tuple[float, float]
Edges = tuple[float, float, float, float]  # left, top, right and bottom


class DrawnLetter(Struct, gc=False):
    """A letter. `advance` is its width before the page scales it; `direction` is where its line goes, across and up.

    A letter that the file does not name is `(cid:` and its code.
    """

    text: str
    font: str
    size: float
    advance: float
    direction: Point
    x0: float
    top: float
    x1: float
    bottom: float


class DrawnStroke(Struct, gc=False):
    """A curve, a line, a rectangle or a picture. The points are those of curves and lines.

    `operators` has the first letter of each step of its path: `m`, `l`, `c`, `v`, `y`, `h`. `colour` is that of its
    filling, as numbers, or as the name of a pattern.
    """

    kind: str
    x0: float
    top: float
    x1: float
    bottom: float
    width: float
    height: float
    is_stroked: bool = False
    is_filled: bool = False
    line_width: float = 0.0
    colour: object = None
    points: Sequence[Point] = ()
    operators: str = ""


class DrawnPart(Struct, frozen=True, dict=True):
    """Letters and strokes that were drawn one after another; each stroke with the number of these letters before it.

    Pages of many files have the same part, such as the form's own print.
    """

    letters: Sequence[DrawnLetter]
    strokes: Sequence[tuple[DrawnStroke, int]]


class DrawnPage(Struct, frozen=True, dict=True):
    """What is drawn on a page, in the order of drawing.

    `corner` is the upper left corner of the page, from which places are not counted where it is not 0, 0.
    """

    parts: Sequence[DrawnPart]
    size: Point
    corner: Point

    def numbered_parts(self) -> Iterator[tuple[int, DrawnPart]]:
        """The parts, each with the number of letters that were drawn before it."""
        count = 0
        for part in self.parts:
            yield count, part
            count += len(part.letters)

    @cached_property
    def letters(self) -> Sequence[DrawnLetter]:
        """The letters of all parts."""
        return [letter for part in self.parts for letter in part.letters]

    @cached_property
    def strokes_in_order(self) -> Sequence[tuple[DrawnStroke, int]]:
        """The strokes of all parts, each with the number of letters that were drawn before it."""
        return [(stroke, before + count) for before, part in self.numbered_parts() for stroke, count in part.strokes]

    @cached_property
    def strokes(self) -> Sequence[DrawnStroke]:
        """The strokes of all parts."""
        return [stroke for part in self.parts for stroke, _ in part.strokes]

    @property
    def pictures(self) -> list[DrawnStroke]:
        """The pictures, such as a scan."""
        return [stroke for stroke in self.strokes if stroke.kind == PICTURE]


def edges_of(thing: DrawnLetter | DrawnStroke) -> Edges:
    """Where a thing is."""
    return thing.x0, thing.top, thing.x1, thing.bottom
