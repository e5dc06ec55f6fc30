"""What is filled into a box, set in type: any text to operators. Shaped by HarfBuzz.

Measures of glyphs are in thousandths of the type size, all others in points from the lower left corner of the box.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import uharfbuzz as hb
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.layout import fonts

PADDING = 2.0  # between the edge of the box and the text, as most viewers have it
STEP = 0.5  # by which type is made smaller until a text fits


class Glyph(Struct, frozen=True):
    """A glyph where HarfBuzz puts it; `text` is what it stands for."""

    number: int
    advance: int
    dx: int
    dy: int
    text: str


class GlyphRun(Struct, frozen=True):
    """Glyphs of one face, from left to right; `says` is the text where reading the glyphs would not give it.

    Letters that stand side by side with the font's own widths need no `glyphs`: `codes` has their numbers as hex.
    """

    face: fonts.Face
    width: int
    glyphs: tuple[Glyph, ...] = ()
    codes: str = ""
    says: str = ""

    @property
    def drawn(self) -> dict[int, str]:
        """What each glyph of it says."""
        plain = (int(self.codes[n : n + 4], 16) for n in range(0, len(self.codes), 4))
        return {number: self.face.says(number) for number in plain} | {
            glyph.number: self.face.says(glyph.number, glyph.text) for glyph in self.glyphs
        }


class TypesetText(Struct, frozen=True):
    """A text set in type for its box: the size it got, in points, and its lines."""

    size: float
    lines: tuple[tuple[GlyphRun, ...], ...]


def typeset(text: str, width: float, height: float, *, wraps: bool, sizes: tuple[float, float]) -> TypesetText:
    """The text for a box of that width and height, in type as large as fits between the two `sizes`.

    Where even the smaller does not fit, the end of the text is beyond the edge of the box, where a viewer scrolls to.
    """
    largest, smallest = sizes
    room = width - 2 * PADDING
    text = unicodedata.normalize("NFC", text.expandtabs(1).replace("\r\n", "\n").replace("\r", "\n"))
    if not wraps:
        line = shape(" ".join(text.split("\n")))
        needed = _width(line) / 1000
        fitting = largest if needed * largest <= room else int(room / needed / STEP) * STEP
        return TypesetText(max(smallest, fitting), (line,))
    size = largest
    lines = list(_wrapped(text, room / size * 1000))
    while size > smallest and len(lines) * size * _leading() > height - PADDING:
        size = max(smallest, size - STEP)
        lines = list(_wrapped(text, room / size * 1000))
    return TypesetText(size, tuple(shape(line) for line in lines))


def shortened(text: str, room: float, size: float) -> str:
    """The text, or as much of its beginning as is no wider than `room` in type of that size, with an ellipsis."""

    def width(shown: str) -> float:
        return _width(shape(shown)) * size / 1000

    if width(text) <= room:
        return text
    end = bisect_right(range(1, len(text)), room, key=lambda letters: width(f"{text[:letters]}…"))
    while end and unicodedata.category(text[end])[0] == "M":  # no letter is parted from its marks
        end -= 1
    return f"{text[:end].rstrip()}…"


def drawn_glyphs(entries: Iterable[TypesetText], names: Iterable[str]) -> dict[str, dict[int, str]]:
    """Of each of the faces of those `names` that the entries are drawn with, the glyphs, and what each says."""
    found: dict[str, dict[int, str]] = {name: {} for name in names}
    for run in (run for entry in entries for line in entry.lines for run in line):
        if run.face.name in found:
            found[run.face.name] |= run.drawn
    return {name: glyphs for name, glyphs in found.items() if glyphs}


def _width(line: Sequence[GlyphRun]) -> int:
    return sum(run.width for run in line)


def _leading() -> float:
    face = fonts.face(fonts.REGULAR)
    return (face.ascender - face.descender) / 1000


def _wrapped(text: str, room: float) -> Iterator[str]:
    """The lines of a text whose words go on in the next line, as do the letters of a word that is too long for one."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if _width(shape(longer)) <= room:
                line = longer
                continue
            if line:
                yield line
            line = word
            while len(line) > 1 and _width(shape(line)) > room:
                cut = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or _width(shape(line[:n])) <= room)
                yield line[:cut]
                line = line[cut:]
        yield line


# --- Letters to glyphs --------------------------------------------------------------------------------------------


def shape(line: str) -> tuple[GlyphRun, ...]:
    """One line, from left to right. A character that no font of ours draws is drawn as its number, such as [U+738B]."""
    regular = fonts.face(fonts.REGULAR)
    if regular.plain.keys() >= set(line):
        return (_plain(regular, line),) if line else ()
    runs = [_run(face, text) for face, text in _parts(line)]
    first = next((kind for kind in map(unicodedata.bidirectional, line) if kind in ("L", "R", "AL")), "L")
    return tuple(runs if first == "L" else reversed(runs))


def _parts(line: str) -> Iterator[tuple[fonts.Face | None, str]]:
    """Pieces of one face each; None where no face draws a character that is to be seen."""
    faces: list[fonts.Face | None] = []
    for char in line:
        before = faces[-1] if faces else None
        faces.append(before if before and _goes_along(char) and before.draws(char) else _face(char))
    pieces = zip(faces, line, strict=True)
    for _, piece in groupby((pair for pair in pieces if pair[0] or _is_seen(pair[1])), key=lambda pair: id(pair[0])):
        chars = list(piece)
        yield chars[0][0], "".join(char for _, char in chars)


def _goes_along(char: str) -> bool:
    """Whether it is drawn as what stands before it: marks, joiners, spaces, signs."""
    return unicodedata.category(char)[0] in "MZCP" or unicodedata.bidirectional(char) in ("BN", "ON")


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf")


def _face(char: str) -> fonts.Face | None:
    faces = map(fonts.face, (fonts.REGULAR, *fonts.FALLBACKS))
    return next((face for face in faces if face.draws(char)), None)


def _run(face: fonts.Face | None, text: str) -> GlyphRun:
    if face is None:
        numbers = "".join(f"[U+{ord(char):04X}]" for char in text)
        return replace(_plain(fonts.face(fonts.REGULAR), numbers), says=text)
    if face.name == fonts.REGULAR and face.plain.keys() >= set(text):
        return _plain(face, text)
    glyphs = _shaped(face, text)
    width = sum(glyph.advance for glyph in glyphs)
    return GlyphRun(face, width, glyphs, says="" if face.name == fonts.REGULAR else text)


def _plain(face: fonts.Face, text: str) -> GlyphRun:
    found = [face.plain[char] for char in text]
    return GlyphRun(face, sum(width for width, _ in found), codes="".join(code for _, code in found))


def _shaped(face: fonts.Face, text: str) -> tuple[Glyph, ...]:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(face.font, buffer)
    infos = buffer.glyph_infos
    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    return tuple(
        Glyph(info.codepoint, place.x_advance, place.x_offset, place.y_offset, text[info.cluster : ends[info.cluster]])
        for info, place in zip(infos, buffer.glyph_positions, strict=True)
    )


# --- Glyphs to operators ------------------------------------------------------------------------------------------


def drawing(entry: TypesetText, width: float, height: float, names: Mapping[str, str], *, wraps: bool) -> bytes:
    """The operators that draw it in its box; `names` are those of the faces in the resources, such as `/Entry`."""
    face = fonts.face(fonts.REGULAR)
    ascender, descender = (edge / 1000 * entry.size for edge in (face.ascender, face.descender))
    y = height - PADDING / 2 - ascender if wraps else (height - ascender - descender) / 2
    parts = [f"q 1 1 {width - 2:.2f} {height - 2:.2f} re W n BT 0 g"]
    for n, line in enumerate(entry.lines):
        parts.append(f"1 0 0 1 {PADDING:g} {y - n * entry.size * _leading():.2f} Tm")
        parts += [_operators(run, names[run.face.name], entry.size) for run in line]
    return "\n".join([*parts, "ET Q"]).encode("ascii")


def _operators(run: GlyphRun, name: str, size: float) -> str:
    shown = f"{name} {size:g} Tf {_shown(run, size)}"
    if not run.says:
        return shown
    actual = run.says.encode("utf-16-be", "surrogatepass").hex().upper()
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
                operators.append(f"{rise * size / 1000:.2f} Ts")
                array = ""
            if shift + glyph.dx:
                array += f"{-(shift + glyph.dx)}"
        codes += f"{glyph.number:04X}"
        shift = glyph.advance - run.face.advance(glyph.number) - glyph.dx
    operators.append(f"[{array}<{codes}>{-shift or ''}] TJ")
    if rise:
        operators.append("0 Ts")
    return " ".join(filter(None, operators))
