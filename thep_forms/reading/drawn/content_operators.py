"""The operators of a content stream that say what is drawn where (ISO 32000-1, annex A)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.drawn.content_canvas import SAME, Canvas, GraphicsState, Matrix, edges_of_turned, multiplied
from thep_forms.reading.drawn.content_displays import LONGEST, SHORTEST, Display, Displays, DrawnObject, Recorder
from thep_forms.reading.drawn.content_fonts import ContentFont, content_font, number_in
from thep_forms.reading.drawn.content_paths import ContentPath
from thep_forms.reading.drawn.content_tokens import (
    NotPlainError,
    check_operand,
    name_in,
    numbers_in,
    string_in,
    tokens_of,
)
from thep_forms.reading.drawn.model import PICTURE

_DISPLAYS = Displays()
_IMAGE, _FORM = Name.Image, Name.Form  # at hand: to make a name takes as long as to look it up
DEEPEST = 20  # levels of form XObjects in each other
_COMPONENTS = {  # of colour spaces
    **{"/DeviceGray": 1, "/CalRGB": 3, "/CalGray": 1, "/Lab": 3, "/DeviceRGB": 3, "/DeviceCMYK": 4},
    **{"/Separation": 1, "/Indexed": 1, "/Pattern": 1},
}


def decoded(stream: object) -> bytes:
    """The content of a stream. Raises `NotPlainError` where it is none, or damaged."""
    if not isinstance(stream, Stream):
        raise NotPlainError
    try:
        return stream.read_bytes()
    except pikepdf.PdfError as error:
        raise NotPlainError from error


class ContentRun(ContentPath):
    """One content stream, with its own state: the page's, or that of a form XObject."""

    def __init__(self, canvas: Canvas, resources: Object, ctm: Matrix, inside: tuple[tuple[int, int], ...]) -> None:
        """`inside` are the form XObjects that this one is in."""
        if not isinstance(resources, Dictionary):
            raise NotPlainError
        super().__init__(canvas, GraphicsState(ctm))
        self.resources, self.inside = resources, inside
        self.saved: list[GraphicsState] = []
        self.fonts: dict[bytes, ContentFont] = {}
        self.recorder: Recorder | None = None

    def draw(self, content: bytes) -> None:
        """Draw it, or what is kept of it. Raises `NotPlainError`."""
        if not SHORTEST <= len(content) <= LONGEST or self.canvas.is_full:
            self._run(content)
            return
        key = (content, self.state.ctm, self.canvas.height, self.canvas.corner)
        display = _DISPLAYS.get(key)
        if display and all(self._font(name) is font for name, font in display.fonts.items()):
            self._draw_again(display)
            return
        self.recorder = recorder = Recorder(self.canvas)
        self._run(content)
        if self.recorder:
            recorder.end_part()
            _DISPLAYS.keep(key, Display(recorder.steps, self.fonts))

    def _draw_again(self, display: Display) -> None:
        """Draw what is kept, part by part, with the XObjects of this file."""
        for step in display.steps:
            self.canvas.end_part()
            if isinstance(step, DrawnObject):
                self.state.ctm = step.ctm
                self.draw_object([step.name])
            else:
                self.canvas.parts.append(step)
        self.canvas.end_part()

    def _run(self, content: bytes) -> None:
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
        """`q` keeps the state."""
        self.saved.append(copy(self.state))

    def restore(self, _: list[bytes]) -> None:
        """`Q` returns to the state that was kept last."""
        if self.saved:
            self.state = self.saved.pop()

    def concatenate(self, operands: list[bytes]) -> None:
        """`cm` moves, scales and turns what follows."""
        a, b, c, d, e, f = numbers_in(operands, 6)
        self.state.ctm = multiplied((a, b, c, d, e, f), self.state.ctm)

    def set_line_width(self, operands: list[bytes]) -> None:
        """`w` sets how thick lines are."""
        ctm = self.state.ctm
        scale = (ctm[0] ** 2 + ctm[1] ** 2) ** 0.5
        self.state.line_width = numbers_in(operands, 1)[0] * scale

    def set_grey(self, operands: list[bytes]) -> None:
        """`g` fills with a grey."""
        self._fill_with("/DeviceGray", 1, numbers_in(operands, 1)[0])

    def set_rgb(self, operands: list[bytes]) -> None:
        """`rg` fills with red, green and blue."""
        self._fill_with("/DeviceRGB", 3, tuple(numbers_in(operands, 3)))

    def set_cmyk(self, operands: list[bytes]) -> None:
        """`k` fills with cyan, magenta, yellow and black."""
        self._fill_with("/DeviceCMYK", 4, tuple(numbers_in(operands, 4)))

    def _fill_with(self, space: str, components: int, colour: object) -> None:
        state = self.state
        state.space, state.components, state.colour = space, components, colour

    def set_space(self, operands: list[bytes]) -> None:
        """`cs` says what the numbers of a colour mean."""
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
        if space is not None:
            self.recorder = None  # the colour depends on the resources
        self.state.space, self.state.components = kind, components

    def set_colour(self, operands: list[bytes]) -> None:
        """`sc` and `scn` fill with a colour of that space."""
        state = self.state
        if len(operands) < state.components:
            raise NotPlainError
        if state.space == "/Pattern":
            state.colour = name_in(operands[-1])[1:]
            return
        numbers = numbers_in(operands, state.components)
        if len(numbers) in (1, 3, 4):
            state.colour = numbers[0] if len(numbers) == 1 else tuple(numbers)

    # text

    def begin_text(self, _: list[bytes]) -> None:
        """`BT` begins a text at the origin."""
        self.state.matrix, self.state.x = SAME, 0.0

    def set_letter_space(self, operands: list[bytes]) -> None:
        """`Tc` sets the space between letters."""
        self.state.letter_space = numbers_in(operands, 1)[0]

    def set_word_space(self, operands: list[bytes]) -> None:
        """`Tw` sets the space after a blank."""
        self.state.word_space = numbers_in(operands, 1)[0]

    def set_scaling(self, operands: list[bytes]) -> None:
        """`Tz` sets how wide letters are; per cent."""
        self.state.scaling = numbers_in(operands, 1)[0]

    def set_leading(self, operands: list[bytes]) -> None:
        """`TL` sets how far lines are apart."""
        self.state.leading = -numbers_in(operands, 1)[0]

    def set_rise(self, operands: list[bytes]) -> None:
        """`Ts` sets how far letters stand above the line."""
        self.state.rise = numbers_in(operands, 1)[0]

    def set_font(self, operands: list[bytes]) -> None:
        """`Tf` sets the font and its size."""
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
        """`Td` begins a line at a distance from the last."""
        x, y = numbers_in(operands, 2)
        a, b, c, d, e, f = self.state.matrix
        self.state.matrix = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)
        self.state.x = 0.0

    def move_line_and_lead(self, operands: list[bytes]) -> None:
        """`TD` does so, and keeps that distance for the lines to come."""
        self.move_line(operands)
        self.state.leading = numbers_in(operands, 2)[1]

    def set_matrix(self, operands: list[bytes]) -> None:
        """`Tm` says where the line is, and which way it goes."""
        a, b, c, d, e, f = numbers_in(operands, 6)
        self.state.matrix, self.state.x = (a, b, c, d, e, f), 0.0

    def next_line(self, _: list[bytes]) -> None:
        """`T*` begins the next line."""
        a, b, c, d, e, f = self.state.matrix
        leading = self.state.leading
        self.state.matrix, self.state.x = (a, b, c, d, leading * c + e, leading * d + f), 0.0

    def show(self, operands: list[bytes]) -> None:
        """`Tj` shows a string."""
        if len(operands) != 1:
            raise NotPlainError
        self._show(operands)

    def show_on_next_line(self, operands: list[bytes]) -> None:
        """`'` shows a string on the next line."""
        self.next_line(operands)
        self.show(operands)

    def show_shifted(self, operands: list[bytes]) -> None:
        """`TJ` shows strings with shifts between them."""
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
        """`Do` draws a picture or a form XObject."""
        objects = self.resources.get("/XObject")
        drawn = objects.get(name_in(operands[0])) if len(operands) == 1 and isinstance(objects, Dictionary) else None
        if not isinstance(drawn, Stream):
            raise NotPlainError
        if self.canvas.is_full:
            self.recorder = None
        recorder = self.recorder
        if recorder:
            recorder.add_object(operands[0], self.state.ctm)
        kind = drawn.get("/Subtype")
        if kind == _IMAGE and "/Width" in drawn and "/Height" in drawn:
            x0, y0, x1, y1 = edges_of_turned(self.state.ctm, (0, 0, 1, 1))
            self.canvas.add_stroke(PICTURE, ((x0, y0), (x1, y1)))
        elif kind == _FORM and "/BBox" in drawn:
            self._draw_form(drawn)
        else:
            raise NotPlainError
        if recorder:
            recorder.skip()

    def _draw_form(self, form: Stream) -> None:
        if form.objgen in self.inside or len(self.inside) == DEEPEST or len(form.BBox) != 4:
            raise NotPlainError
        resources = form.get("/Resources")
        # `get` raises and catches what is not there, as most matrices are not
        a, b, c, d, e, f = [number_in(number) for number in form.Matrix] if "/Matrix" in form else SAME
        run = ContentRun(
            self.canvas,
            resources if resources else self.resources,
            multiplied((a, b, c, d, e, f), self.state.ctm),
            (*self.inside, form.objgen),
        )
        run.draw(decoded(form))


_OPERATORS: dict[bytes, Callable[[ContentRun, list[bytes]], None]] = {
    b"q": ContentRun.save,
    b"Q": ContentRun.restore,
    b"cm": ContentRun.concatenate,
    b"w": ContentRun.set_line_width,
    b"g": ContentRun.set_grey,
    b"rg": ContentRun.set_rgb,
    b"k": ContentRun.set_cmyk,
    b"cs": ContentRun.set_space,
    b"sc": ContentRun.set_colour,
    b"scn": ContentRun.set_colour,
    b"m": ContentRun.move,
    b"l": ContentRun.line,
    b"c": ContentRun.curve,
    b"v": ContentRun.curve_from_here,
    b"y": ContentRun.curve_to_there,
    b"h": ContentRun.close,
    b"re": ContentRun.rectangle,
    b"n": ContentRun.end_path,
    b"S": ContentRun.stroke,
    b"s": ContentRun.close_and_stroke,
    b"f": ContentRun.fill,
    b"f*": ContentRun.fill,
    b"B": ContentRun.fill_and_stroke,
    b"B*": ContentRun.fill_and_stroke,
    b"b": ContentRun.close_fill_and_stroke,
    b"b*": ContentRun.close_fill_and_stroke,
    b"BT": ContentRun.begin_text,
    b"Tc": ContentRun.set_letter_space,
    b"Tw": ContentRun.set_word_space,
    b"Tz": ContentRun.set_scaling,
    b"TL": ContentRun.set_leading,
    b"Ts": ContentRun.set_rise,
    b"Tf": ContentRun.set_font,
    b"Td": ContentRun.move_line,
    b"TD": ContentRun.move_line_and_lead,
    b"Tm": ContentRun.set_matrix,
    b"T*": ContentRun.next_line,
    b"Tj": ContentRun.show,
    b"'": ContentRun.show_on_next_line,
    b"TJ": ContentRun.show_shifted,
    b"Do": ContentRun.draw_object,
}
# These say nothing of what is where: lines, clipping, colours of lines, marks, transparency. What shows is seen later.
_IGNORED = frozenset(b"J j M d ri i gs W W* sh ET Tr CS SCN SC G RG K MP DP BMC BDC EMC BX EX".split())
