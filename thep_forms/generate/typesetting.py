"""Typesets the text of a box: from any text to the operators that draw it.

Measures are in points from the lower left corner of the box. Measures of glyphs are in thousandths of the type size.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from thep_forms.definition.form import FormDefinition
from thep_forms.generate.shaping import GlyphRun, direction_of, shape, width_of
from thep_forms.layout.baseline import PADDING, UNITS, ascent, baseline, leading
from thep_forms.layout.model import Rect

CLIP = 1.0  # points from the edge of the box to the edge of its visible text.
STEP = 0.5  # points: type gets smaller by this step until the text fits.
CLOSE = 1.05  # type sizes: the distance between two lines in a box for one.
HALF_CAPITAL = 0.3  # type sizes: from the base of two close lines to their middle.
LEAST_OF_TWO = 2.1  # type sizes: the height of a box for one line that has room for two.
CUT = "…"  # stands at the end of what does not fit whole
_BREAKS = "@.-_/+"  # after one of these a long word is best broken


class TypesetText(Struct, frozen=True):
    """A text set in type for its box: the size it got, in points, and its lines.

    `largest` is the size of the type in boxes of its kind: smaller type stands on the same line as type of that size.
    """

    size: float
    lines: tuple[tuple[GlyphRun, ...], ...]
    largest: float


def typeset(text: str, width: float, height: float, *, wraps: bool, sizes: tuple[float, float]) -> TypesetText:
    """The text for a box of that width and height, in type as large as fits between the two `sizes`.

    Where even the smaller size does not fit, the text ends with an ellipsis.
    """
    text = unicodedata.normalize("NFC", text.expandtabs(1).replace("\r\n", "\n").replace("\r", "\n"))
    if wraps:
        return _set_in_lines(text, width - 2 * PADDING, height - PADDING / 2, sizes)
    return _set_in_line(" ".join(text.split("\n")), width - 2 * PADDING, height, sizes)


def _set_in_line(text: str, room: float, height: float, sizes: tuple[float, float]) -> TypesetText:
    """A text in one line, or in two close lines of the smallest type before its end is left out."""
    largest, smallest = sizes
    line = shape(text)
    needed = width_of(line) / UNITS
    if needed * smallest <= room:
        fitting = largest if needed * largest <= room else int(room / needed / STEP) * STEP
        return TypesetText(max(smallest, fitting), (line,), largest)
    rows = 2 if height >= LEAST_OF_TWO * smallest else 1
    return TypesetText(smallest, _cut_to(text, rows, room, smallest), largest)


def _set_in_lines(text: str, width: float, height: float, sizes: tuple[float, float]) -> TypesetText:
    """A text in lines. A single long word, such as an e-mail address, is in one line where smaller type allows it."""
    size, smallest = sizes
    if not any(map(str.isspace, text)) and width_of(shape(text)) * smallest <= width * UNITS:
        return _set_in_line(text, width, height, sizes)
    rows = len(list(_wrapped(text, width / size * UNITS)))
    while size > smallest and rows * leading(size) > height:
        size = max(smallest, size - STEP)
        rows = len(list(_wrapped(text, width / size * UNITS)))
    fitting = max(int(height / leading(size)), 1)
    return TypesetText(size, _cut_to(text, min(rows, fitting), width, size), sizes[0])


def _cut_to(text: str, rows: int, width: float, size: float) -> tuple[tuple[GlyphRun, ...], ...]:
    """The text in that many lines at most, with an ellipsis at its end where it does not fit."""
    lines = list(_wrapped(text, width / size * UNITS))
    if len(lines) > rows:
        lines = [*lines[: rows - 1], _with_cut(lines[rows - 1], width, size)]
    base = direction_of(text)
    return tuple(shape(line, base) for line in lines)


def _with_cut(line: str, room: float, size: float) -> str:
    """The line with an ellipsis at its end, for which it may have to be shorter."""
    marked = f"{line.rstrip()}{CUT}"
    return marked if width_of(shape(marked)) * size / UNITS <= room else shortened(marked, room, size)


def shortened(text: str, room: float, size: float) -> str:
    """The text, or as much of its beginning as is no wider than `room` in type of that size, with an ellipsis."""

    def width(shown: str) -> float:
        return width_of(shape(shown)) * size / UNITS

    if width(text) <= room:
        return text
    end = bisect_right(range(1, len(text)), room, key=lambda letters: width(f"{text[:letters]}{CUT}"))
    while end and unicodedata.category(text[end])[0] == "M":  # no letter is parted from its marks
        end -= 1
    return f"{text[:end].rstrip()}{CUT}"


def school_line(definition: FormDefinition, values: Mapping[str, str | bool]) -> str:
    """What names the school on further pages: its number and its name as in its boxes; empty if they are empty."""
    bare = definition.without_prefix(values)
    number, name = (str(bare.get(asked.name) or "") for asked in (definition.dfe_field, definition.school_name))
    prefix = definition.partnership.dfe_prefix if number else ""
    return f"{prefix}{number}  {' '.join(name.split())}".strip()


def drawn_glyphs(texts: Iterable[TypesetText], faces: Iterable[str]) -> dict[str, dict[int, str]]:
    """Of each of the named `faces` that the texts are drawn with, the glyphs, and the text that each of them draws."""
    found: dict[str, dict[int, str]] = {name: {} for name in faces}
    for text in texts:
        for line in text.lines:
            for run in line:
                if run.face.name in found:
                    found[run.face.name] |= run.texts
    return {name: glyphs for name, glyphs in found.items() if glyphs}


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
        end = _best_end(word, _letters_that_fit(word, room))
        yield word[:end]
        word = word[end:]
    yield word


def _letters_that_fit(word: str, room: float) -> int:
    """How many letters of a word that is too long fit, one at least. Few pieces are tried: each takes its time."""

    def width(letters: int) -> float:
        return width_of(shape(word[:letters]))

    most = 2
    while most < len(word) and width(most) <= room:
        most *= 2
    end = max(bisect_right(range(1, min(most, len(word))), room, key=width), 1)
    while end > 1 and width(end) > room:  # letters that join may be wider alone
        end -= 1
    return end


def _best_end(word: str, end: int) -> int:
    """Where a piece of the word that may have `end` letters ends: after a sign, if one is in its second half."""
    for shorter in range(end, end // 2, -1):
        if word[shorter - 1] in _BREAKS:
            return shorter
    while end > 1 and unicodedata.category(word[end])[0] == "M":  # no letter is parted from its marks
        end -= 1
    return end


# --- Operators ----------------------------------------------------------------------------------------------------


def drawing(text: TypesetText, width: float, height: float, names: Mapping[str, str], *, wraps: bool) -> bytes:
    """The operators that draw the text in its box. `names` maps each face to its name in the resources."""
    y = _first_baseline(text, height, wraps=wraps)
    down = leading(text.size) if wraps else CLOSE * text.size
    parts = [f"q {CLIP:g} {CLIP:g} {width - 2 * CLIP:.2f} {height - 2 * CLIP:.2f} re W n BT 0 g"]
    for n, line in enumerate(text.lines):
        parts.append(f"1 0 0 1 {PADDING:g} {y - n * down:.2f} Tm")
        parts += [_operators(run, names[run.face.name], text.size) for run in line]
    return "\n".join([*parts, "ET Q"]).encode("ascii")


def moved(rect: Rect, operators: bytes) -> bytes:
    """The operators, drawn with the lower left corner of the rectangle as their origin."""
    return b"q 1 0 0 1 %.2f %.2f cm %b Q" % (rect.x, rect.y, operators)


def _first_baseline(text: TypesetText, height: float, *, wraps: bool) -> float:
    """The y of the first line's base: that of the largest type if all lines have room below, else a little higher."""
    box = Rect(0, 0, 0, height)
    if len(text.lines) > 1 and not wraps:
        return height / 2 + (CLOSE / 2 - HALF_CAPITAL) * text.size
    lowest = baseline(box, text.largest, wraps=wraps)
    needed = len(text.lines) * leading(text.size) - ascent(text.size)  # from the first base down
    return max(lowest, min(needed, baseline(box, text.size, wraps=wraps)))


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
