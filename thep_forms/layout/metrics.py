"""The form's typeface and its measures.

It is Noto Sans (OFL), cut down to the Latin letters and marks, with fallbacks for other scripts.
Measures of a face are in thousandths of the type size.
"""

from __future__ import annotations

import unicodedata
from functools import cache, cached_property
from pathlib import Path

import uharfbuzz as hb

FOLDER = Path(__file__).parent / "typefaces"
REGULAR, BOLD, ITALIC = "NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic"
STYLES = (REGULAR, BOLD, ITALIC)
FALLBACKS = (
    "NotoSansGreekCyrillic-Regular",
    "NotoSansBengali-Regular",
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
)


class Face:
    """One font of the typeface, as HarfBuzz sees it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.program = (FOLDER / f"{name}.ttf").read_bytes()
        self.face = hb.Face(self.program)
        self.font = hb.Font(self.face)
        extents = self.font.get_font_extents("ltr")
        self.ascender, self.descender = int(extents.ascender), int(extents.descender)

    @cached_property
    def characters(self) -> dict[int, int]:
        """The number of the glyph of each character that has one of its own."""
        found: dict[int, int] = {}
        for code in sorted(self.face.unicodes):
            if glyph := self.font.get_nominal_glyph(code):
                found[code] = glyph
        return found

    @cached_property
    def plain(self) -> dict[str, tuple[int, str]]:
        """Of each letter that needs no shaping its width, and its glyph's number in hex."""
        found: dict[str, tuple[int, str]] = {}
        for code, glyph in self.characters.items():
            is_mark_or_control = unicodedata.category(chr(code))[0] in "MC"
            if not is_mark_or_control:
                found[chr(code)] = (self.advance(glyph), f"{glyph:04X}")
        return found

    @cached_property
    def _letters(self) -> dict[int, str]:
        return {glyph: chr(code) for code, glyph in reversed(self.characters.items())}

    def text_of(self, glyph: int, within: str = "") -> str:
        """The letter that the glyph draws; for a glyph that joins letters, the text `within` which it stands."""
        return self._letters.get(glyph, within)

    def draws(self, char: str) -> bool:
        """Whether the font has a glyph for the character."""
        return ord(char) in self.characters

    def advance(self, glyph: int) -> int:
        """How far the next glyph is from this one."""
        return int(self.font.get_glyph_h_advance(glyph))


@cache
def load_face(name: str) -> Face:
    """The face of that name, loaded once."""
    return Face(name)


def missing_glyphs(words: str) -> str:
    """The characters of `words` that the regular face cannot draw."""
    return "".join(sorted({char for char in words if not load_face(REGULAR).draws(char)}))


def text_width(words: str, size: float) -> float:
    """The width of words that need no shaping, in points, in the regular face at that size."""
    plain = load_face(REGULAR).plain
    return sum(plain[char][0] for char in words if char in plain) * size / 1000
