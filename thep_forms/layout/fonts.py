"""The form's typeface: Noto Sans (OFL), cut down to the Latin letters and marks; fallbacks for other scripts."""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

import pikepdf
import uharfbuzz as hb
from pikepdf import Array, Dictionary, Name
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).parent / "typefaces"
REGULAR, BOLD, ITALIC = "NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic"
STYLES = (REGULAR, BOLD, ITALIC)
SUBSET = "SUBSET+"  # the tag of a font that was cut down to what is used of it (ISO 32000-1, 9.6.4)
FALLBACKS = ("NotoSansGreekCyrillic-Regular", "NotoSansBengali-Regular", "NotoSansArabic-Regular")


@cache
def register() -> None:
    """Make the three styles known to reportlab, as one family."""
    for name in (REGULAR, BOLD, ITALIC):
        pdfmetrics.registerFont(TTFont(name, FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, ITALIC, BOLD)


def missing_glyphs(words: str, name: str = REGULAR) -> str:
    """The characters of `words` that the font cannot draw."""
    return "".join(sorted({char for char in words if not face(name).draws(char)}))


class Face:
    """A font as HarfBuzz sees it. All measures are in thousandths of the type size."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.program = (FOLDER / f"{name}.ttf").read_bytes()
        self.face = hb.Face(self.program)
        self.font = hb.Font(self.face)
        extents = self.font.get_font_extents("ltr")
        self.ascender, self.descender = int(extents.ascender), int(extents.descender)

    @cached_property
    def characters(self) -> dict[int, int]:
        """The glyph of each character that has one of its own."""
        glyphs = ((code, self.font.get_nominal_glyph(code)) for code in sorted(self.face.unicodes))
        return {code: glyph for code, glyph in glyphs if glyph}

    @cached_property
    def plain(self) -> dict[str, tuple[int, str]]:
        """The width of each letter that needs no shaping, and its glyph's number in hex."""
        glyphs = ((chr(code), glyph) for code, glyph in self.characters.items())
        return {
            char: (self.advance(glyph), f"{glyph:04X}")
            for char, glyph in glyphs
            if unicodedata.category(char)[0] not in "MC"
        }

    @cached_property
    def _letters(self) -> dict[int, str]:
        return {glyph: chr(code) for code, glyph in reversed(self.characters.items())}

    def says(self, glyph: int, within: str = "") -> str:
        """The letter that the glyph is; of one that joins letters, the text that it stands `within`."""
        return self._letters.get(glyph, within)

    def draws(self, char: str) -> bool:
        return ord(char) in self.characters

    def advance(self, glyph: int) -> int:
        return int(self.font.get_glyph_h_advance(glyph))

    def cut_down(self, glyphs: Mapping[int, str]) -> bytes:
        """The font program with these glyphs alone, under their own numbers."""
        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.RETAIN_GIDS
        wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).set(set(glyphs))
        wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(
            int.from_bytes(table, "big") for table in (b"GSUB", b"GPOS", b"GDEF")
        )
        return bytes(hb.subset(self.face, wanted).blob.data)


@cache
def face(name: str) -> Face:
    return Face(name)


def entry_font(pdf: pikepdf.Pdf) -> Dictionary:
    """The font that fields are typed in, whole.

    Of the encodings that viewers were seen to type with, Type0 with Identity-H keeps most letters beyond Latin-1.
    """
    regular = face(REGULAR)
    says = {glyph: regular.says(glyph) for glyph in regular.characters.values()}
    return _embedded(pdf, regular, says, regular.program)


def subset(pdf: pikepdf.Pdf, face: Face, says: Mapping[int, str]) -> pikepdf.Object:
    """The font cut down to the glyphs that `says` tells of."""
    return pdf.make_indirect(_embedded(pdf, face, says, face.cut_down(says), SUBSET))


def _embedded(pdf: pikepdf.Pdf, face: Face, says: Mapping[int, str], program: bytes, tag: str = "") -> Dictionary:
    """A Type0 font with Identity-H and ToUnicode; `says` has the text of each glyph, `tag` goes before its name."""
    name = Name(f"/{tag}{face.name}")
    edges = struct.unpack(">4h", face.face.reference_table("head").data[36:44])
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=32,
        FontBBox=Array(edges),
        ItalicAngle=0,
        Ascent=face.ascender,
        Descent=face.descender,
        CapHeight=face.font.get_metric_position(hb.OTMetricsTag.CAP_HEIGHT) or 714,
        StemV=80,
        FontFile2=_stream(pdf, program, Length1=len(program)),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        CIDToGIDMap=Name.Identity,
        DW=face.advance(0),
        W=Array([item for glyph in sorted(says) for item in (glyph, Array([face.advance(glyph)]))]),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=name,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=_stream(pdf, _to_unicode(says)),
    )


def _stream(pdf: pikepdf.Pdf, data: bytes, **entries: int) -> pikepdf.Object:
    stream = pikepdf.Stream(pdf, b"", **entries)
    stream.write(zlib.compress(data, 9), filter=Name.FlateDecode)
    return pdf.make_indirect(stream)


def _to_unicode(says: Mapping[int, str]) -> bytes:
    pairs = [f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>" for glyph, text in sorted(says.items())]
    chunks = [pairs[n : n + 100] for n in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(chunk)} beginbfchar\n" + "\n".join(chunk) + "\nendbfchar" for chunk in chunks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
