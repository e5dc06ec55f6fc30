"""Typesets the text of a box: from any text to the operators that draw it.

Measures are in points from the lower left corner of the box. Measures of glyphs are in thousandths of the type size.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from thep_forms.generate.shaping import GlyphRun, shape, width_of
from thep_forms.layout.metrics import REGULAR, load_face

PADDING = 2.0  # points between the edge of the box and the text, as in most viewers.
CLIP = 1.0  # points from the edge of the box to the edge of its visible text.
STEP = 0.5  # points: type gets smaller by this step until the text fits.
UNITS = 1000  # units in the type size.


class TypesetText(Struct, frozen=True):
    """A text set in type for its box: the size it got, in points, and its lines."""

    size: float
    lines: tuple[tuple[GlyphRun, ...], ...]


def typeset(text: str, width: float, height: float, *, wraps: bool, sizes: tuple[float, float]) -> TypesetText:
    """The text for a box of that width and height, in type as large as fits between the two `sizes`.

    Where even the smaller size does not fit, the end of the text is beyond the edge of the box, where a viewer scrolls.
    """
    text = unicodedata.normalize("NFC", text.expandtabs(1).replace("\r\n", "\n").replace("\r", "\n"))
    if wraps:
        return _set_in_lines(text, width - 2 * PADDING, height - PADDING, sizes)
    return _set_in_line(" ".join(text.split("\n")), width - 2 * PADDING, sizes)


def _set_in_line(text: str, room: float, sizes: tuple[float, float]) -> TypesetText:
    largest, smallest = sizes
    line = shape(text)
    needed = width_of(line) / UNITS
    fitting = largest if needed * largest <= room else int(room / needed / STEP) * STEP
    return TypesetText(max(smallest, fitting), (line,))


def _set_in_lines(text: str, width: float, height: float, sizes: tuple[float, float]) -> TypesetText:
    size, smallest = sizes
    lines = list(_wrapped(text, width / size * UNITS))
    while size > smallest and len(lines) * size * _leading() > height:
        size = max(smallest, size - STEP)
        lines = list(_wrapped(text, width / size * UNITS))
    return TypesetText(size, tuple(shape(line) for line in lines))


def shortened(text: str, room: float, size: float) -> str:
    """The text, or as much of its beginning as is no wider than `room` in type of that size, with an ellipsis."""

    def width(shown: str) -> float:
        return width_of(shape(shown)) * size / UNITS

    if width(text) <= room:
        return text
    end = bisect_right(range(1, len(text)), room, key=lambda letters: width(f"{text[:letters]}…"))
    while end and unicodedata.category(text[end])[0] == "M":  # no letter is parted from its marks
        end -= 1
    return f"{text[:end].rstrip()}…"


def drawn_glyphs(texts: Iterable[TypesetText], faces: Iterable[str]) -> dict[str, dict[int, str]]:
    """Of each of the named `faces` that the texts are drawn with, the glyphs, and the text that each of them draws."""
    found: dict[str, dict[int, str]] = {name: {} for name in faces}
    for text in texts:
        for line in text.lines:
            for run in line:
                if run.face.name in found:
                    found[run.face.name] |= run.texts
    return {name: glyphs for name, glyphs in found.items() if glyphs}


def _leading() -> float:
    """The distance between lines, in type sizes."""
    face = load_face(REGULAR)
    return (face.ascender - face.descender) / UNITS


def _wrapped(text: str, room: float) -> Iterator[str]:
    """The lines of a text. A word that does not fit starts the next line; a word longer than a line is cut.

    `room` is in thousandths of the type size.
    """
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width_of(shape(longer)) <= room:
                line = longer
                continue
            if line:
                yield line
            *full, line = _cut(word, room)
            yield from full
        yield line


def _cut(word: str, room: float) -> Iterator[str]:
    """The word in pieces that fit, of one letter at least."""
    while len(word) > 1 and width_of(shape(word)) > room:
        end = len(word) - 1
        while end > 1 and width_of(shape(word[:end])) > room:
            end -= 1
        yield word[:end]
        word = word[end:]
    yield word


# --- Operators ----------------------------------------------------------------------------------------------------


def drawing(text: TypesetText, width: float, height: float, names: Mapping[str, str], *, wraps: bool) -> bytes:
    """The operators that draw the text in its box. `names` maps each face to its name in the resources."""
    face = load_face(REGULAR)
    ascender, descender = (edge / UNITS * text.size for edge in (face.ascender, face.descender))
    y = height - PADDING / 2 - ascender if wraps else (height - ascender - descender) / 2
    parts = [f"q {CLIP:g} {CLIP:g} {width - 2 * CLIP:.2f} {height - 2 * CLIP:.2f} re W n BT 0 g"]
    for n, line in enumerate(text.lines):
        parts.append(f"1 0 0 1 {PADDING:g} {y - n * text.size * _leading():.2f} Tm")
        parts += [_operators(run, names[run.face.name], text.size) for run in line]
    return "\n".join([*parts, "ET Q"]).encode("ascii")


def _operators(run: GlyphRun, name: str, size: float) -> str:
    shown = f"{name} {size:g} Tf {_shown(run, size)}"
    if not run.actual_text:
        return shown
    actual = run.actual_text.encode("utf-16-be", "surrogatepass").hex().upper()
    return f"/Span <</ActualText <FEFF{actual}>>> BDC {shown} EMC"


def _shown(run: GlyphRun, size: float) -> str:
    """The glyphs as operators: TJ adjusts where HarfBuzz does not go by the font's own widths, Ts raises."""
    if run.codes:
        return f"<{run.codes}> Tj"
    operators, array, codes = [], "", ""
    shift = rise = 0
    for glyph in run.glyphs:
        if shift + glyph.dx or glyph.dy != rise:
            array, codes = f"{array}<{codes}>" if codes else array, ""
            if glyph.dy != rise:
                rise = glyph.dy
                operators.append(f"[{array}] TJ" if array else "")
                operators.append(f"{rise * size / UNITS:.2f} Ts")
                array = ""
            if shift + glyph.dx:
                array += f"{-(shift + glyph.dx)}"
        codes += f"{glyph.number:04X}"
        shift = glyph.advance - run.face.advance(glyph.number) - glyph.dx
    operators.append(f"[{array}<{codes}>{-shift or ''}] TJ")
    if rise:
        operators.append("0 Ts")
    return " ".join(filter(None, operators))
