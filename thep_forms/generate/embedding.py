"""The form's fonts in a PDF: registered with reportlab for the pages, embedded with pikepdf for the answers."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from functools import cache

import pikepdf
import uharfbuzz as hb
from pikepdf import Array, Dictionary, Name
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from thep_forms.layout.metrics import BOLD, FOLDER, ITALIC, REGULAR, STYLES, Face, load_face

SUBSET_TAG = "SUBSET+"  # the prefix of the name of a font that holds only the glyphs in use (ISO 32000-1, 9.6.4).
CAP_HEIGHT = 714  # thousandths of the type size: the value of Noto Sans, for a font that does not state its own.
STEM_WIDTH = 80  # thousandths of the type size: a hint for fonts that replace this one.
CHUNK = 100  # the most entries in one section of a CMap (Adobe Technical Note 5014).


@cache
def register() -> None:
    """Register the three styles with reportlab, as one family."""
    for name in STYLES:
        pdfmetrics.registerFont(TTFont(name, FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, ITALIC, BOLD)


def entry_font(pdf: pikepdf.Pdf) -> Dictionary:
    """The font that fields are typed in, whole.

    Of the encodings that viewers were seen to type with, Type0 with Identity-H keeps most letters beyond Latin-1.
    """
    regular = load_face(REGULAR)
    texts = {glyph: regular.text_of(glyph) for glyph in regular.characters.values()}
    return _embedded(pdf, regular, texts, regular.program)


def subset(pdf: pikepdf.Pdf, face: Face, texts: Mapping[int, str]) -> pikepdf.Object:
    """The font cut down to the glyphs of `texts`, which has the text that each of them draws."""
    return pdf.make_indirect(_embedded(pdf, face, texts, _cut_down(face, texts), SUBSET_TAG))


def _cut_down(face: Face, glyphs: Mapping[int, str]) -> bytes:
    """The font program with only these glyphs, which keep their numbers."""
    wanted = hb.SubsetInput()
    wanted.flags = hb.SubsetFlags.RETAIN_GIDS
    wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).set(set(glyphs))
    tables = (int.from_bytes(table, "big") for table in (b"GSUB", b"GPOS", b"GDEF"))
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(tables)
    return bytes(hb.subset(face.face, wanted).blob.data)


def _embedded(pdf: pikepdf.Pdf, face: Face, texts: Mapping[int, str], program: bytes, tag: str = "") -> Dictionary:
    """A Type0 font with Identity-H and ToUnicode; `texts` has the text of each glyph, `tag` goes before its name."""
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
        CapHeight=face.font.get_metric_position(hb.OTMetricsTag.CAP_HEIGHT) or CAP_HEIGHT,
        StemV=STEM_WIDTH,
        FontFile2=_stream(pdf, program, Length1=len(program)),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        CIDToGIDMap=Name.Identity,
        DW=face.advance(0),
        W=Array([item for glyph in sorted(texts) for item in (glyph, Array([face.advance(glyph)]))]),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=name,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=_stream(pdf, _to_unicode(texts)),
    )


def _stream(pdf: pikepdf.Pdf, data: bytes, **entries: int) -> pikepdf.Object:
    stream = pikepdf.Stream(pdf, b"", **entries)
    stream.write(zlib.compress(data, 9), filter=Name.FlateDecode)
    return pdf.make_indirect(stream)


def _to_unicode(texts: Mapping[int, str]) -> bytes:
    """The CMap that gives the text of each glyph (ISO 32000-1, 9.10.3)."""
    pairs = [f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>" for glyph, text in sorted(texts.items())]
    chunks = [pairs[n : n + CHUNK] for n in range(0, len(pairs), CHUNK)]
    body = "\n".join(f"{len(chunk)} beginbfchar\n" + "\n".join(chunk) + "\nendbfchar" for chunk in chunks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
