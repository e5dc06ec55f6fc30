"""Letters to glyphs, by HarfBuzz: any text, in any script that one of the form's faces has.

Measures of glyphs are in thousandths of the type size.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

import uharfbuzz as hb
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.layout.bidi import base_level, levels, reordered
from thep_forms.layout.metrics import FALLBACKS, REGULAR, Face, load_face

CODE_DIGITS = 4  # of a glyph's number in hex


class Glyph(Struct, frozen=True):
    """A glyph at the position that HarfBuzz gives it. `text` is the text that it draws."""

    number: int
    advance: int
    dx: int
    dy: int
    text: str


class GlyphRun(Struct, frozen=True):
    """Glyphs of one face, from left to right.

    Letters that stand side by side with the font's own widths need no `glyphs`: `codes` has their numbers as hex.
    `actual_text` is the text where reading the glyphs one by one would not give it.
    """

    face: Face
    width: int
    glyphs: tuple[Glyph, ...] = ()
    codes: str = ""
    actual_text: str = ""

    @property
    def texts(self) -> dict[int, str]:
        """The text that each of its glyphs draws, by the glyph's number."""
        starts = range(0, len(self.codes), CODE_DIGITS)
        numbers = (int(self.codes[start : start + CODE_DIGITS], 16) for start in starts)
        texts = {number: self.face.text_of(number) for number in numbers}
        for glyph in self.glyphs:
            texts[glyph.number] = self.face.text_of(glyph.number, glyph.text)
        return texts


def shape(line: str, base: int | None = None) -> tuple[GlyphRun, ...]:
    """One line, from left to right. A character that no face of ours draws becomes its number, such as [U+738B].

    `base` is the level of the paragraph that the line is of (see `bidi`); without it, the line is one of its own.
    """
    regular = load_face(REGULAR)
    if not base and regular.plain.keys() >= set(line):
        return (_plain(regular, line),) if line else ()
    pieces = list(_pieces(line, direction_of(line) if base is None else base))
    runs = [_run(face, text, level) for face, level, text in pieces]
    return tuple(reordered(runs, [level for _, level, _ in pieces]))


def direction_of(text: str) -> int:
    """The level of a paragraph, as `shape` takes it."""
    return base_level(text, _kind)


def width_of(line: Sequence[GlyphRun]) -> int:
    """The width of a shaped line."""
    return sum(run.width for run in line)


def _pieces(line: str, base: int) -> Iterator[tuple[Face | None, int, str]]:
    """Pieces of one face and one level each, in the order of reading; no face where none draws what shows."""
    faces: list[Face | None] = []
    before: Face | None = None
    for char in line:
        if not (before and _goes_along(char) and before.draws(char)):
            before = _face_for(char)
        faces.append(before)
    shown = [
        (face, level, char)
        for char, face, level in zip(line, faces, levels(line, base, _kind), strict=True)
        if face or _shows(char)
    ]
    for _, piece in groupby(shown, key=lambda item: (id(item[0]), item[1])):
        chars = list(piece)
        yield chars[0][0], chars[0][1], "".join(char for _, _, char in chars)


def _kind(char: str) -> str:
    """The bidirectional class of a character; what becomes its number reads from left to right."""
    kind = unicodedata.bidirectional(char)
    is_spelt = kind in ("R", "AL") and _shows(char) and not _face_for(char)
    return "L" if is_spelt else kind


def _goes_along(char: str) -> bool:
    """Whether the character takes the face of the character before it: marks, joiners, spaces, signs."""
    return unicodedata.category(char)[0] in "MZCP" or unicodedata.bidirectional(char) in ("BN", "ON")


def _shows(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf")


def _face_for(char: str) -> Face | None:
    for name in (REGULAR, *FALLBACKS):
        face = load_face(name)
        if face.draws(char):
            return face
    return None


def _run(face: Face | None, text: str, level: int) -> GlyphRun:
    if face is None:
        numbers = "".join(f"[U+{ord(char):04X}]" for char in text)
        return replace(_plain(load_face(REGULAR), numbers), actual_text=text)
    is_leftwards = level % 2 == 1
    if face.name == REGULAR and not is_leftwards and face.plain.keys() >= set(text):
        return _plain(face, text)
    glyphs = _shaped(face, text, "rtl" if is_leftwards else "ltr")
    width = sum(glyph.advance for glyph in glyphs)
    return GlyphRun(face, width, glyphs, actual_text="" if face.name == REGULAR and not is_leftwards else text)


def _plain(face: Face, text: str) -> GlyphRun:
    glyphs = [face.plain[char] for char in text]
    return GlyphRun(face, sum(width for width, _ in glyphs), codes="".join(code for _, code in glyphs))


def _shaped(face: Face, text: str, direction: str) -> tuple[Glyph, ...]:
    """The glyphs of a text of one face, from left to right; HarfBuzz mirrors brackets where they read leftwards."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    hb.shape(face.font, buffer)
    infos = buffer.glyph_infos
    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    glyphs: list[Glyph] = []
    for info, position in zip(infos, buffer.glyph_positions, strict=True):
        within = text[info.cluster : ends[info.cluster]]
        glyphs.append(Glyph(info.codepoint, position.x_advance, position.x_offset, position.y_offset, within))
    return tuple(glyphs)
