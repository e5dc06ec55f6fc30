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


def shape(line: str) -> tuple[GlyphRun, ...]:
    """One line, from left to right. A character that no face of ours draws becomes its number, such as [U+738B]."""
    regular = load_face(REGULAR)
    if regular.plain.keys() >= set(line):
        return (_plain(regular, line),) if line else ()
    runs = [_run(face, text) for face, text in _pieces(line)]
    return tuple(runs if _reads_rightwards(line) else reversed(runs))


def width_of(line: Sequence[GlyphRun]) -> int:
    """The width of a shaped line."""
    return sum(run.width for run in line)


def _reads_rightwards(line: str) -> bool:
    """Whether the first letter that has a direction runs from left to right (Unicode Annex 9, rule P2)."""
    for kind in map(unicodedata.bidirectional, line):
        if kind in ("L", "R", "AL"):
            return kind == "L"
    return True


def _pieces(line: str) -> Iterator[tuple[Face | None, str]]:
    """Pieces of one face each; None where no face draws a character that shows."""
    pairs: list[tuple[Face | None, str]] = []
    before: Face | None = None
    for char in line:
        if not (before and _goes_along(char) and before.draws(char)):
            before = _face_for(char)
        if before or _shows(char):
            pairs.append((before, char))
    for _, piece in groupby(pairs, key=lambda pair: id(pair[0])):
        chars = list(piece)
        yield chars[0][0], "".join(char for _, char in chars)


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


def _run(face: Face | None, text: str) -> GlyphRun:
    if face is None:
        numbers = "".join(f"[U+{ord(char):04X}]" for char in text)
        return replace(_plain(load_face(REGULAR), numbers), actual_text=text)
    if face.name == REGULAR and face.plain.keys() >= set(text):
        return _plain(face, text)
    glyphs = _shaped(face, text)
    width = sum(glyph.advance for glyph in glyphs)
    return GlyphRun(face, width, glyphs, actual_text="" if face.name == REGULAR else text)


def _plain(face: Face, text: str) -> GlyphRun:
    glyphs = [face.plain[char] for char in text]
    return GlyphRun(face, sum(width for width, _ in glyphs), codes="".join(code for _, code in glyphs))


def _shaped(face: Face, text: str) -> tuple[Glyph, ...]:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(face.font, buffer)
    infos = buffer.glyph_infos
    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    glyphs: list[Glyph] = []
    for info, position in zip(infos, buffer.glyph_positions, strict=True):
        within = text[info.cluster : ends[info.cluster]]
        glyphs.append(Glyph(info.codepoint, position.x_advance, position.x_offset, position.y_offset, within))
    return tuple(glyphs)
