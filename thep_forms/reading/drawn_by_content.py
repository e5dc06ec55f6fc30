"""What a page's content draws, read quickly and exactly as pdfminer reads it (ISO 32000-1, 8 and 9).

Limitations: it knows what printers and form programs write. For anything else, such as an inline image, a font of a
rare kind or an operator without its operands, it raises `NotPlainError`, and pdfminer reads the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import pikepdf
from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.content_fonts import ContentFont, content_font, number_in
from thep_forms.reading.content_tokens import (
    NotPlainError,
    check_operand,
    name_in,
    numbers_in,
    string_in,
    tokens_of,
)
from thep_forms.reading.drawn import CURVE, LINE, PICTURE, RECTANGLE, DrawnLetter, DrawnPage, DrawnStroke, Point

DEEPEST = 20  # levels of form XObjects in each other
Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)
_COMPONENTS = {  # of colour spaces
    **{"/DeviceGray": 1, "/CalRGB": 3, "/CalGray": 1, "/Lab": 3, "/DeviceRGB": 3, "/DeviceCMYK": 4},
    **{"/Separation": 1, "/Indexed": 1, "/Pattern": 1},
}


class _State(Struct):
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
    matrix: Matrix = _SAME
    x: float = 0.0  # from the start of the line


class PageGeometry(Struct, frozen=True):
    """Where a page's own coordinates lie on it, as pdfminer and pdfplumber have it."""

    size: Point
    corner: Point
    ctm: Matrix


class ContentReader:
    """Reads the pages of an open file; it keeps their fonts."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._fonts: dict[tuple[int, int], ContentFont] = {}

    def page(self, number: int) -> DrawnPage:
        """What is drawn on a page. Raises `NotPlainError`."""
        page = self._pdf.pages[number]
        geometry = _geometry(page)
        self._pdf.get_warnings()
        contents = page.obj.get("/Contents", Array())
        streams = [*contents] if isinstance(contents, Array) else [contents]
        content = b"\n".join([_decoded(stream) for stream in streams])
        canvas = _Canvas(geometry, self._fonts)
        _Run(canvas, page.obj.get("/Resources") or page.resources, geometry.ctm, ()).draw(content)
        if self._pdf.get_warnings():
            raise NotPlainError
        return DrawnPage(canvas.letters, canvas.strokes, geometry.size, geometry.corner)


def _decoded(stream: object) -> bytes:
    if not isinstance(stream, Stream):
        raise NotPlainError
    try:
        return stream.read_bytes()
    except pikepdf.PdfError as error:
        raise NotPlainError from error


def _inherited(page: Object, name: str, default: object) -> object:
    """An entry of a page, or of those that it is under."""
    node: object = page
    for _ in range(DEEPEST):
        if not isinstance(node, Dictionary):
            break
        if name in node:
            return node[name]
        node = node.get("/Parent")
    return default


def _geometry(page: pikepdf.Page) -> PageGeometry:
    corners = [number_in(corner) for corner in page.mediabox]
    if len(corners) != 4 or corners[0] > corners[2] or corners[1] > corners[3]:
        raise NotPlainError
    turned = number_in(_inherited(page.obj, "/Rotate", 0)) % 360
    left, bottom, right, top = corners
    if turned in (90, 270):
        x, y, far_x, far_y = bottom, left, top, right
    else:
        x, y, far_x, far_y = left, bottom, right, top
    ctms: dict[float, Matrix] = {
        0: (1, 0, 0, 1, -left, -bottom),
        90: (0, -1, 1, 0, -bottom, right),
        180: (-1, 0, 0, -1, right, top),
        270: (0, 1, -1, 0, top, -left),
    }
    if turned not in ctms:
        raise NotPlainError
    height = far_y - y
    upper = height - far_y
    return PageGeometry((far_x - x, height - y - upper), (x, upper), ctms[turned])


# --- what is drawn ----------------------------------------------------------------------------------------------------


class _Canvas:
    """What was drawn so far."""

    def __init__(self, geometry: PageGeometry, fonts: dict[tuple[int, int], ContentFont]) -> None:
        self.height, self.corner = geometry.size[1], geometry.corner
        self.fonts = fonts
        self.letters: list[DrawnLetter] = []
        self.strokes: list[tuple[DrawnStroke, int]] = []

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
        self, state: _State, operators: str, points: list[Point], *, is_stroked: bool, is_filled: bool
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

    def add_letters(self, state: _State, font: ContentFont, shown: Sequence[float | Sequence[int]]) -> None:
        """Add letters by their codes, with the shifts between them, and move the state to where they end."""
        a, b, c, d, e, f = _multiplied(state.matrix, state.ctm)
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
                    edges = _edges((a, b, c, d, start, x * b + f), (0, low, advance, high))
                    add(self._turned_letter(text, name, advance, direction, edges))
                x += advance
                if code == 32:
                    x += word_space
                needs_space = True
        state.x = x

    def _turned_letter(
        self, text: str, font: str, advance: float, direction: Point, edges: tuple[float, float, float, float]
    ) -> DrawnLetter:
        (x0, y0, x1, y1), (left, upper) = edges, self.corner
        top, bottom = self.height - y1 + upper, self.height - y0 + upper
        return DrawnLetter(text, font, y1 - y0, advance, direction, x0 + left, top, x1 + left, bottom)


def _is_rectangle(points: Sequence[Point]) -> bool:
    """Whether the sides of a closed path with four corners are level and upright."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3), last = points
    if last != points[0]:
        return False
    return (x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0) or (y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0)


def _multiplied(first: Matrix, then: Matrix) -> Matrix:
    (a1, b1, c1, d1, e1, f1), (a0, b0, c0, d0, e0, f0) = first, then
    return (
        a0 * a1 + c0 * b1,
        b0 * a1 + d0 * b1,
        a0 * c1 + c0 * d1,
        b0 * c1 + d0 * d1,
        a0 * e1 + c0 * f1 + e0,
        b0 * e1 + d0 * f1 + f0,
    )


def _edges(matrix: Matrix, rectangle: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """What covers a rectangle that was turned: left, bottom, right and top."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = rectangle
    across = [a * x + c * y + e for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    up = [b * x + d * y + f for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return min(across), min(up), max(across), max(up)


# --- operators --------------------------------------------------------------------------------------------------------


class _Run:
    """One content stream, with its own state: the page's, or that of a form XObject."""

    def __init__(self, canvas: _Canvas, resources: Object, ctm: Matrix, inside: tuple[tuple[int, int], ...]) -> None:
        """`inside` are the form XObjects that this one is in."""
        if not isinstance(resources, Dictionary):
            raise NotPlainError
        self.canvas, self.resources, self.inside = canvas, resources, inside
        self.state = _State(ctm)
        self.saved: list[_State] = []
        self.path: list[tuple[str, list[Point]]] = []
        self.fonts: dict[bytes, ContentFont] = {}

    def draw(self, content: bytes) -> None:
        """Draw it. Raises `NotPlainError`."""
        operands: list[bytes] = []
        for token in tokens_of(content):
            operator = _OPERATORS.get(token)
            if operator:
                operator(self, operands)
                operands = []
            elif token not in _IGNORED:
                check_operand(token)
                operands.append(token)
            else:
                operands = []
        if any(operands):
            raise NotPlainError

    # the graphics state

    def save(self, _: list[bytes]) -> None:
        self.saved.append(copy(self.state))

    def restore(self, _: list[bytes]) -> None:
        if self.saved:
            self.state = self.saved.pop()

    def concatenate(self, operands: list[bytes]) -> None:
        a, b, c, d, e, f = numbers_in(operands, 6)
        self.state.ctm = _multiplied((a, b, c, d, e, f), self.state.ctm)

    def set_line_width(self, operands: list[bytes]) -> None:
        ctm = self.state.ctm
        scale = (ctm[0] ** 2 + ctm[1] ** 2) ** 0.5
        self.state.line_width = numbers_in(operands, 1)[0] * scale

    def set_grey(self, operands: list[bytes]) -> None:
        self._fill_with("/DeviceGray", 1, numbers_in(operands, 1)[0])

    def set_rgb(self, operands: list[bytes]) -> None:
        self._fill_with("/DeviceRGB", 3, tuple(numbers_in(operands, 3)))

    def set_cmyk(self, operands: list[bytes]) -> None:
        self._fill_with("/DeviceCMYK", 4, tuple(numbers_in(operands, 4)))

    def _fill_with(self, space: str, components: int, colour: object) -> None:
        state = self.state
        state.space, state.components, state.colour = space, components, colour

    def set_space(self, operands: list[bytes]) -> None:
        name = name_in(operands[0]) if len(operands) == 1 else ""
        spaces = self.resources.get("/ColorSpace")
        space = spaces.get(name) if name and isinstance(spaces, Dictionary) else None
        if space is None:
            kind, components = name, _COMPONENTS.get(name)
        elif isinstance(space, Array) and len(space) > 1 and space[0] == Name.ICCBased:
            kind, components = "/ICCBased", int(number_in(space[1].get("/N")))
        else:
            kind = str(space[0]) if isinstance(space, Array) and len(space) else str(space)
            components = _COMPONENTS.get(kind)
        if components is None:
            raise NotPlainError
        self.state.space, self.state.components = kind, components

    def set_colour(self, operands: list[bytes]) -> None:
        state = self.state
        if len(operands) < state.components:
            raise NotPlainError
        if state.space == "/Pattern":
            state.colour = name_in(operands[-1])[1:]
            return
        numbers = numbers_in(operands, state.components)
        if len(numbers) in (1, 3, 4):
            state.colour = numbers[0] if len(numbers) == 1 else tuple(numbers)

    # paths

    def move(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 2)
        self.path.append(("m", [(x, y)]))

    def line(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 2)
        self._step("l", (x, y))

    def curve(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 6)[4:]
        self._step("c", (x, y))

    def curve_from_here(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 4)[2:]
        self._step("v", (x, y))

    def curve_to_there(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 4)[2:]
        self._step("y", (x, y))

    def close(self, _: list[bytes]) -> None:
        self._step("h", self.path[-1][1][0] if self.path else (0, 0))

    def _step(self, operator: str, point: Point) -> None:
        if not self.path:
            raise NotPlainError
        operators, points = self.path[-1]
        points.append(point)
        self.path[-1] = (operators + operator, points)

    def rectangle(self, operands: list[bytes]) -> None:
        x, y, width, height = numbers_in(operands, 4)
        far_x, far_y = x + width, y + height
        self.path.append(("mlllh", [(x, y), (far_x, y), (far_x, far_y), (x, far_y), (x, y)]))

    def end_path(self, _: list[bytes]) -> None:
        self.path = []

    def stroke(self, _: list[bytes]) -> None:
        self._paint(is_stroked=True, is_filled=False)

    def close_and_stroke(self, operands: list[bytes]) -> None:
        self.close(operands)
        self.stroke(operands)

    def fill(self, _: list[bytes]) -> None:
        self._paint(is_stroked=False, is_filled=True)

    def fill_and_stroke(self, _: list[bytes]) -> None:
        self._paint(is_stroked=True, is_filled=True)

    def close_fill_and_stroke(self, operands: list[bytes]) -> None:
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

    # text

    def begin_text(self, _: list[bytes]) -> None:
        self.state.matrix, self.state.x = _SAME, 0.0

    def set_letter_space(self, operands: list[bytes]) -> None:
        self.state.letter_space = numbers_in(operands, 1)[0]

    def set_word_space(self, operands: list[bytes]) -> None:
        self.state.word_space = numbers_in(operands, 1)[0]

    def set_scaling(self, operands: list[bytes]) -> None:
        self.state.scaling = numbers_in(operands, 1)[0]

    def set_leading(self, operands: list[bytes]) -> None:
        self.state.leading = -numbers_in(operands, 1)[0]

    def set_rise(self, operands: list[bytes]) -> None:
        self.state.rise = numbers_in(operands, 1)[0]

    def set_font(self, operands: list[bytes]) -> None:
        if len(operands) != 2:
            raise NotPlainError
        self.state.font = self._font(operands[0])
        self.state.size = numbers_in(operands[1:], 1)[0]

    def _font(self, token: bytes) -> ContentFont:
        if token not in self.fonts:
            fonts = self.resources.get("/Font")
            font = fonts.get(name_in(token)) if isinstance(fonts, Dictionary) else None
            if not isinstance(font, Dictionary):
                raise NotPlainError
            number = font.objgen
            found = self.canvas.fonts.get(number) or content_font(font)
            if number != (0, 0):
                self.canvas.fonts[number] = found
            self.fonts[token] = found
        return self.fonts[token]

    def move_line(self, operands: list[bytes]) -> None:
        x, y = numbers_in(operands, 2)
        a, b, c, d, e, f = self.state.matrix
        self.state.matrix = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)
        self.state.x = 0.0

    def move_line_and_lead(self, operands: list[bytes]) -> None:
        self.move_line(operands)
        self.state.leading = numbers_in(operands, 2)[1]

    def set_matrix(self, operands: list[bytes]) -> None:
        a, b, c, d, e, f = numbers_in(operands, 6)
        self.state.matrix, self.state.x = (a, b, c, d, e, f), 0.0

    def next_line(self, _: list[bytes]) -> None:
        a, b, c, d, e, f = self.state.matrix
        leading = self.state.leading
        self.state.matrix, self.state.x = (a, b, c, d, leading * c + e, leading * d + f), 0.0

    def show(self, operands: list[bytes]) -> None:
        if len(operands) != 1:
            raise NotPlainError
        self._show(operands)

    def show_on_next_line(self, operands: list[bytes]) -> None:
        self.next_line(operands)
        self.show(operands)

    def show_shifted(self, operands: list[bytes]) -> None:
        if len(operands) < 2 or operands[0] != b"[" or operands[-1] != b"]":
            raise NotPlainError
        self._show(operands[1:-1])

    def _show(self, tokens: Sequence[bytes]) -> None:
        font = self.state.font
        if font is None:
            raise NotPlainError
        shown: list[float | Sequence[int]] = []
        for token in tokens:
            if token[:1] not in (b"(", b"<"):
                shown += numbers_in((token,), 1)
                continue
            shown.append(font.codes_of(string_in(token)))
        self.canvas.add_letters(self.state, font, shown)

    # XObjects

    def draw_object(self, operands: list[bytes]) -> None:
        objects = self.resources.get("/XObject")
        drawn = objects.get(name_in(operands[0])) if len(operands) == 1 and isinstance(objects, Dictionary) else None
        if not isinstance(drawn, Stream):
            raise NotPlainError
        kind = drawn.get("/Subtype")
        if kind == Name.Image and "/Width" in drawn and "/Height" in drawn:
            x0, y0, x1, y1 = _edges(self.state.ctm, (0, 0, 1, 1))
            self.canvas.add_stroke(PICTURE, ((x0, y0), (x1, y1)))
        elif kind == Name.Form and "/BBox" in drawn:
            self._draw_form(drawn)
        else:
            raise NotPlainError

    def _draw_form(self, form: Stream) -> None:
        if form.objgen in self.inside or len(self.inside) == DEEPEST or len(form.BBox) != 4:
            raise NotPlainError
        matrix, resources = form.get("/Matrix"), form.get("/Resources")
        a, b, c, d, e, f = _SAME if matrix is None else [number_in(number) for number in matrix]
        run = _Run(
            self.canvas,
            resources if resources else self.resources,
            _multiplied((a, b, c, d, e, f), self.state.ctm),
            (*self.inside, form.objgen),
        )
        run.draw(_decoded(form))


_OPERATORS: dict[bytes, Callable[[_Run, list[bytes]], None]] = {
    **{b"q": _Run.save, b"Q": _Run.restore, b"cm": _Run.concatenate, b"w": _Run.set_line_width},
    **{b"g": _Run.set_grey, b"rg": _Run.set_rgb, b"k": _Run.set_cmyk, b"cs": _Run.set_space},
    **{b"sc": _Run.set_colour, b"scn": _Run.set_colour},
    **{b"m": _Run.move, b"l": _Run.line, b"c": _Run.curve, b"v": _Run.curve_from_here, b"y": _Run.curve_to_there},
    **{b"h": _Run.close, b"re": _Run.rectangle, b"n": _Run.end_path},
    **{b"S": _Run.stroke, b"s": _Run.close_and_stroke, b"f": _Run.fill, b"f*": _Run.fill},
    **{b"B": _Run.fill_and_stroke, b"B*": _Run.fill_and_stroke},
    **{b"b": _Run.close_fill_and_stroke, b"b*": _Run.close_fill_and_stroke},
    **{b"BT": _Run.begin_text, b"Tc": _Run.set_letter_space, b"Tw": _Run.set_word_space, b"Tz": _Run.set_scaling},
    **{b"TL": _Run.set_leading, b"Ts": _Run.set_rise, b"Tf": _Run.set_font},
    **{b"Td": _Run.move_line, b"TD": _Run.move_line_and_lead, b"Tm": _Run.set_matrix, b"T*": _Run.next_line},
    **{b"Tj": _Run.show, b"'": _Run.show_on_next_line, b"TJ": _Run.show_shifted, b"Do": _Run.draw_object},
}
# These say nothing of what is where: lines, clipping, colours of lines, marks, transparency. What shows is seen later.
_IGNORED = frozenset(b"J j M d ri i gs W W* sh ET Tr CS SCN SC G RG K MP DP BMC BDC EMC BX EX".split())
