"""The form's typeface: Noto Sans, cut down to the Latin letters and marks (OFL), regular, bold and italic."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD, ITALIC = "NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic"


@cache
def register() -> None:
    """Make the three styles known to reportlab, as one family."""
    for name in (REGULAR, BOLD, ITALIC):
        pdfmetrics.registerFont(TTFont(name, FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, ITALIC, BOLD)


def missing_glyphs(words: str, name: str = REGULAR) -> str:
    """The characters of `words` that the font cannot draw."""
    register()
    known = pdfmetrics.getFont(name).face.charToGlyph
    return "".join(sorted({char for char in words if ord(char) not in known}))


def entry_font(pdf: pikepdf.Pdf) -> Dictionary:
    """The font that fields are typed in, embedded whole as Type0 with Identity-H and ToUnicode.

    Of the encodings that viewers were seen to type with, this one keeps most letters beyond Latin-1.
    """
    register()
    face = pdfmetrics.getFont(REGULAR).face
    widths = {
        face.charToGlyph[code]: round(width) for code, width in face.charWidths.items() if code in face.charToGlyph
    }
    data = (FOLDER / f"{REGULAR}.ttf").read_bytes()
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{REGULAR}"),
        Flags=32,
        FontBBox=Array([round(edge) for edge in face.bbox]),
        ItalicAngle=0,
        Ascent=round(face.ascent),
        Descent=round(face.descent),
        CapHeight=round(face.capHeight),
        StemV=80,
        FontFile2=_stream(pdf, data, Length1=len(data)),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{REGULAR}"),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        CIDToGIDMap=Name.Identity,
        DW=round(face.defaultWidth),
        W=Array([item for glyph in sorted(widths) for item in (glyph, Array([widths[glyph]]))]),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(f"/{REGULAR}"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=_stream(pdf, _to_unicode(face.charToGlyph)),
    )


def _stream(pdf: pikepdf.Pdf, data: bytes, **entries: int) -> pikepdf.Object:
    stream = pikepdf.Stream(pdf, b"", **entries)
    stream.write(zlib.compress(data, 9), filter=Name.FlateDecode)
    return pdf.make_indirect(stream)


def _to_unicode(glyphs: dict[int, int]) -> bytes:
    first: dict[int, int] = {}
    for code in sorted(glyphs):
        first.setdefault(glyphs[code], code)
    pairs = [f"<{glyph:04X}> <{code:04X}>" for glyph, code in sorted(first.items()) if code <= 0xFFFF]
    chunks = [pairs[n : n + 100] for n in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(chunk)} beginbfchar\n" + "\n".join(chunk) + "\nendbfchar" for chunk in chunks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
