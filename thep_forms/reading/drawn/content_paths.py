"""The operators of a content stream that make paths and paint them (ISO 32000-1, 8.5)."""

from __future__ import annotations

from thep_forms.reading.drawn.content_canvas import Canvas, GraphicsState
from thep_forms.reading.drawn.content_tokens import NotPlainError, numbers_in
from thep_forms.reading.drawn.model import Point


class ContentPath:
    """The path of a content stream. Each part of it has the first letter of each step, and where each step ends."""

    def __init__(self, canvas: Canvas, state: GraphicsState) -> None:
        self.canvas, self.state = canvas, state
        self.path: list[tuple[str, list[Point]]] = []

    def move(self, operands: list[bytes]) -> None:
        """`m` begins a part of a path."""
        x, y = numbers_in(operands, 2)
        self.path.append(("m", [(x, y)]))

    def line(self, operands: list[bytes]) -> None:
        """`l` goes on with a line."""
        x, y = numbers_in(operands, 2)
        self._step("l", (x, y))

    def curve(self, operands: list[bytes]) -> None:
        """`c` goes on with a curve."""
        x, y = numbers_in(operands, 6)[4:]
        self._step("c", (x, y))

    def curve_from_here(self, operands: list[bytes]) -> None:
        """`v` goes on with a curve."""
        x, y = numbers_in(operands, 4)[2:]
        self._step("v", (x, y))

    def curve_to_there(self, operands: list[bytes]) -> None:
        """`y` goes on with a curve."""
        x, y = numbers_in(operands, 4)[2:]
        self._step("y", (x, y))

    def close(self, _: list[bytes]) -> None:
        """`h` goes back to where the part began."""
        self._step("h", self.path[-1][1][0] if self.path else (0, 0))

    def _step(self, operator: str, point: Point) -> None:
        if not self.path:
            raise NotPlainError
        operators, points = self.path[-1]
        points.append(point)
        self.path[-1] = (operators + operator, points)

    def rectangle(self, operands: list[bytes]) -> None:
        """`re` adds a rectangle."""
        x, y, width, height = numbers_in(operands, 4)
        far_x, far_y = x + width, y + height
        self.path.append(("mlllh", [(x, y), (far_x, y), (far_x, far_y), (x, far_y), (x, y)]))

    def end_path(self, _: list[bytes]) -> None:
        """`n` drops the path."""
        self.path = []

    def stroke(self, _: list[bytes]) -> None:
        """`S` draws the path."""
        self._paint(is_stroked=True, is_filled=False)

    def close_and_stroke(self, operands: list[bytes]) -> None:
        """`s` closes the path and draws it."""
        self.close(operands)
        self.stroke(operands)

    def fill(self, _: list[bytes]) -> None:
        """`f` and `f*` fill the path."""
        self._paint(is_stroked=False, is_filled=True)

    def fill_and_stroke(self, _: list[bytes]) -> None:
        """`B` and `B*` fill the path and draw it."""
        self._paint(is_stroked=True, is_filled=True)

    def close_fill_and_stroke(self, operands: list[bytes]) -> None:
        """`b` and `b*` close the path, fill it and draw it."""
        self.close(operands)
        self.fill_and_stroke(operands)

    def _paint(self, *, is_stroked: bool, is_filled: bool) -> None:
        a, b, c, d, e, f = self.state.ctm
        for operators, points in self.path:
            if len(operators) == 1 and len(self.path) > 1:  # it goes nowhere
                continue
            placed = [(a * x + c * y + e, b * x + d * y + f) for x, y in points]
            self.canvas.add_path(self.state, operators, placed, is_stroked=is_stroked, is_filled=is_filled)
        self.path = []
