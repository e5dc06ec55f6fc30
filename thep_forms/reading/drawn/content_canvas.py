"""Where letters and strokes lie that a content stream draws, in pdfminer's way (ISO 32000-1, 8.3 and 9.4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from thep_forms.reading.drawn.content_fonts import ContentFont
from thep_forms.reading.drawn.model import CURVE, LINE, RECTANGLE, DrawnLetter, DrawnPart, DrawnStroke, Edges, Point

Matrix = tuple[float, float, float, float, float, float]
SAME: Matrix = (1, 0, 0, 1, 0, 0)
MOST_PARTS = 200  # of a page, which are looked at one by one


class GraphicsState(Struct):
    """The graphics state and the text state, as far as they say what is drawn where."""

    ctm: Matrix
    line_width: float = 0.0
    colour: object = 0.0
    space: str = "/DeviceGray"
    components: int = 1
    font: ContentFont | None = None
    size: float = 0.0
    letter_space: float = 0.0
    word_space: float = 0.0
    scaling: float = 100.0
    leading: float = 0.0
    rise: float = 0.0
    matrix: Matrix = SAME
    x: float = 0.0  # from the start of the line


class PageGeometry(Struct, frozen=True):
    """Where a page's own coordinates lie on it, as pdfminer and pdfplumber have it."""

    size: Point
    corner: Point
    ctm: Matrix


class Canvas:
    """What was drawn so far: whole parts, and the letters and strokes of the part that is being drawn."""

    def __init__(self, geometry: PageGeometry, fonts: dict[tuple[int, int], ContentFont]) -> None:
        self.height, self.corner = geometry.size[1], geometry.corner
        self.fonts = fonts
        self.parts: list[DrawnPart] = []
        self._begin_part()

    def _begin_part(self) -> None:
        self.letters: list[DrawnLetter] = []
        self.strokes: list[tuple[DrawnStroke, int]] = []

    @property
    def is_full(self) -> bool:
        """Whether all that is still to be drawn has to be one part."""
        return len(self.parts) >= MOST_PARTS

    def end_part(self) -> None:
        """Make what was drawn since the last part a part of its own."""
        if self.letters or self.strokes:
            self.parts.append(DrawnPart(self.letters, self.strokes))
            self._begin_part()

    def add_stroke(self, kind: str, points: Sequence[Point]) -> DrawnStroke:
        """Add a stroke that covers the points, which count from the lower left corner."""
        left, upper = self.corner
        across, up = [x for x, _ in points], [y for _, y in points]
        x0, y0, x1, y1 = min(across), min(up), max(across), max(up)
        stroke = DrawnStroke(
            kind, x0 + left, self.height - y1 + upper, x1 + left, self.height - y0 + upper, x1 - x0, y1 - y0
        )
        self.strokes.append((stroke, len(self.letters)))
        return stroke

    def add_path(
        self, state: GraphicsState, operators: str, points: list[Point], *, is_stroked: bool, is_filled: bool
    ) -> None:
        """Add a part of a path, which begins with a move. A step that closes it has its first point."""
        path = operators
        if len(path) > 3 and path.endswith("lh") and points[-2] == points[0]:
            path, points = f"{path[:-2]}h", points[:-1]
        if path in ("ml", "mlh"):
            kind, points = LINE, points[:2]
        elif path in ("mlllh", "mllll") and _is_rectangle(points):
            kind, points = RECTANGLE, [points[0], points[2]]
        else:
            kind = CURVE
        stroke = self.add_stroke(kind, points)
        stroke.is_stroked, stroke.is_filled, stroke.line_width = is_stroked, is_filled, state.line_width
        stroke.colour = state.colour
        if kind != RECTANGLE:
            left, upper = self.corner
            stroke.points = [(left + x, upper + self.height - y) for x, y in points]
            stroke.operators = operators

    def add_letters(self, state: GraphicsState, font: ContentFont, shown: Sequence[float | Sequence[int]]) -> None:
        """Add letters by their codes, with the shifts between them, and move the state to where they end."""
        a, b, c, d, e, f = multiplied(state.matrix, state.ctm)
        scaling = state.scaling * 0.01
        size, (left, upper) = state.size, self.corner
        letter_space, word_space = state.letter_space * scaling, 0.0 if font.is_wide else state.word_space * scaling
        shift = 0.001 * size * scaling
        low = font.descent * size + state.rise
        high = low + size
        is_level = not b and not c and a > 0 and d > 0 and size * scaling > 0
        y0, y1 = d * low + f, d * high + f
        top, bottom, height = self.height - y1 + upper, self.height - y0 + upper, y1 - y0
        direction, name, x = (a, b), font.name, state.x
        add = self.letters.append
        needs_space = False
        for item in shown:
            if isinstance(item, float):
                x -= item * shift
                needs_space = True
                continue
            for code in item:
                if needs_space:
                    x += letter_space
                text, width = font[code]
                advance = width * size * scaling
                start = x * a + e
                if is_level:
                    end = a * advance + start + left
                    add(DrawnLetter(text, name, height, advance, direction, start + left, top, end, bottom))
                else:
                    edges = edges_of_turned((a, b, c, d, start, x * b + f), (0, low, advance, high))
                    add(self._turned_letter(text, name, advance, direction, edges))
                x += advance
                if code == 32:
                    x += word_space
                needs_space = True
        state.x = x

    def _turned_letter(self, text: str, font: str, advance: float, direction: Point, edges: Edges) -> DrawnLetter:
        (x0, y0, x1, y1), (left, upper) = edges, self.corner
        top, bottom = self.height - y1 + upper, self.height - y0 + upper
        return DrawnLetter(text, font, y1 - y0, advance, direction, x0 + left, top, x1 + left, bottom)


def _is_rectangle(points: Sequence[Point]) -> bool:
    """Whether the sides of a closed path with four corners are level and upright."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3), last = points
    if last != points[0]:
        return False
    return (x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0) or (y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0)


def multiplied(first: Matrix, then: Matrix) -> Matrix:
    """What two matrices do, one after the other."""
    (a1, b1, c1, d1, e1, f1), (a0, b0, c0, d0, e0, f0) = first, then
    return (
        a0 * a1 + c0 * b1,
        b0 * a1 + d0 * b1,
        a0 * c1 + c0 * d1,
        b0 * c1 + d0 * d1,
        a0 * e1 + c0 * f1 + e0,
        b0 * e1 + d0 * f1 + f0,
    )


def edges_of_turned(matrix: Matrix, rectangle: Edges) -> Edges:
    """What covers a rectangle that was turned: left, bottom, right and top."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = rectangle
    across = [a * x + c * y + e for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    up = [b * x + d * y + f for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return min(across), min(up), max(across), max(up)
