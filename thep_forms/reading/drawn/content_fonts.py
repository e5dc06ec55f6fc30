"""What the codes of a font mean: which letter each is, and how wide (ISO 32000-1, 9.6 to 9.10).

It says the same as pdfminer, whose tables of encodings and of the standard fonts it uses.

Limitations: it knows simple fonts, and composite fonts whose codes are glyphs. Other fonts, such as Type 3 and upright
ones, raise `NotPlainError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from struct import unpack
from typing import Any

from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.drawn import content_gbk
from thep_forms.reading.drawn.content_tokens import MOST_CODES, NotPlainError, numbers_in, tokens_of
from thep_forms.reading.drawn.content_unicode import texts_of

MOST_FONTS = 100  # that are kept
_PER_EM = 0.001  # of the unit in which fonts say widths

_COLLECTIONS = ("Adobe-CNS1", "Adobe-GB1", "Adobe-Japan1", "Adobe-Korea1")

Decoder = Callable[[bytes], Sequence[int]]
Letter = tuple[str, float]  # a text, and its width at a type size of 1
_NO_TEXTS: Mapping[int, str] = {}


class ContentFont(dict[int, Letter]):
    """The letters of a font by their codes, each worked out when it is first asked for.

    `descent` is how far a letter begins below its line, at a type size of 1. `codes_of` gives the codes of a string.
    `is_wide`: a code may be of several bytes.
    """

    def __init__(self, name: str, descent: float, codes_of: Decoder = bytes) -> None:
        super().__init__()
        self.name, self.descent, self.codes_of = name, descent, codes_of
        self.is_wide = False
        self.text_of: Callable[[int], str | None] = _NO_TEXTS.get
        self.encoding: Encoding | None = None
        self.widths: Mapping[Any, float] = {}
        self.default_width: float = 0

    def __missing__(self, code: int) -> Letter:
        text = self.text_of(code)
        if text is None and self.encoding:
            text = self.encoding.letters.get(code)
        width = self.widths.get(code)
        if width is None and text is not None:
            width = self.widths.get(text)
        letter = (
            text if text is not None else f"(cid:{code})",
            (self.default_width if width is None else width) * _PER_EM,
        )
        self[code] = letter
        return letter


_FONTS: dict[object, ContentFont] = {}  # each keeps alive what its key names


def content_font(font: Object) -> ContentFont:
    """The letters of a font. Raises `NotPlainError` for one of a kind that is not known here."""
    kind = font.get("/Subtype")
    if kind == Name.Type0:
        return _once(_composite(font))
    if kind in (Name.TrueType, Name.Type1, Name.MMType1):
        return _once(_simple(font))
    raise NotPlainError


def _once(font: ContentFont) -> ContentFont:
    """The font, or the same one that another file had: many returns have those of the form."""
    key = (
        *(font.name, font.descent, font.codes_of, font.is_wide, font.default_width),
        *(id(font.widths), font.text_of, font.encoding),
    )
    if key not in _FONTS and len(_FONTS) == MOST_FONTS:
        _FONTS.clear()
    return _FONTS.setdefault(key, font)


def _composite(font: Object) -> ContentFont:
    descendants, encoding = font.get("/DescendantFonts"), font.get("/Encoding")
    if not isinstance(descendants, Array) or not isinstance(descendants[0], Dictionary):
        raise NotPlainError
    inner = descendants[0]
    if inner.get("/Subtype") not in (Name.CIDFontType0, Name.CIDFontType2):
        raise NotPlainError
    descriptor, unicode = inner.get("/FontDescriptor"), font.get("/ToUnicode")
    listed = _written(inner.get("/W", Array()))
    widths = _widths_by_code(listed)
    if encoding == Name(content_gbk.ENCODING) and unicode is None and _is_in_gbk(inner, widths):
        found = _described(descriptor, content_gbk.characters_in)
        found.text_of, found.widths = chr, _widths_in_gbk(listed)
    else:
        found = _described(descriptor, _pairs if encoding == Name("/Identity-H") else _decoder(_plain_name(encoding)))
        found.text_of, found.widths = _texts_of_composite(inner, unicode).get, widths
    found.is_wide = True
    found.default_width = number_in(inner.get("/DW", 1000))
    return found


def _is_in_gbk(font: Object, widths: Mapping[int, float]) -> bool:
    """Whether all letters of a font in GBK are known without pdfminer."""
    return _collection(font) == content_gbk.COLLECTION and content_gbk.can_tell_widths(widths)


@lru_cache(maxsize=64)
def _widths_in_gbk(array: bytes) -> dict[str, float]:
    return content_gbk.widths_of_characters(_widths_by_code(array))


def _pairs(string: bytes) -> Sequence[int]:
    """The codes of a string, two bytes each."""
    count = len(string) // 2
    return unpack(f">{count}H", string[: 2 * count])


@lru_cache(maxsize=16)
def _decoder(encoding: str) -> Decoder:
    """What decodes strings by a CMap that pdfminer brings (ISO 32000-1, 9.7.5.2)."""
    from pdfminer.cmapdb import CMapDB  # takes time to import, and few files need it

    if not encoding.endswith("-H"):
        raise NotPlainError
    try:
        cmap = CMapDB.get_cmap(encoding)
    except CMapDB.CMapNotFound as error:
        raise NotPlainError from error
    return lambda string: [*cmap.decode(string)]


def _texts_of_composite(font: Object, unicode: object) -> Mapping[int, str]:
    """The letters of the codes of a composite font, by its ToUnicode stream if it has one."""
    if isinstance(unicode, Stream):
        return texts_of(unicode.read_bytes())
    if unicode is not None:
        raise NotPlainError
    return _texts_of_collection(_collection(font))


def _collection(font: Object) -> str:
    """The name of the character collection that the codes of a font are glyphs of, such as Adobe-GB1."""
    system = font.get("/CIDSystemInfo")
    if not isinstance(system, Dictionary):
        raise NotPlainError
    return f"{system.get('/Registry')}-{system.get('/Ordering')}"


def _texts_of_collection(name: str) -> Mapping[int, str]:
    """The letters of the glyphs of a character collection."""
    from pdfminer.cmapdb import CMapDB  # takes time to import, and few files need it

    if name not in _COLLECTIONS:
        raise NotPlainError
    return CMapDB.get_unicode_map(name).cid2unichr


def _simple(font: Object) -> ContentFont:
    descriptor, encoding, unicode = font.get("/FontDescriptor"), font.get("/Encoding"), font.get("/ToUnicode")
    if isinstance(descriptor, Dictionary) and encoding is None and "/FontFile" in descriptor:
        raise NotPlainError  # its program has the encoding
    if standard := _standard_font(_plain_name(font.get("/BaseFont"))):
        metrics, widths = standard
        found = ContentFont(str(metrics["FontName"]), -abs(number_in(metrics.get("Descent", 0))) * _PER_EM)
        found.widths = widths
    else:
        found = _described(descriptor)
        first = font.get("/FirstChar", 0)
        if not isinstance(first, int):
            raise NotPlainError
        listed = font.get("/Widths")
        found.widths = {} if listed is None else _widths_in_order(_written(listed), first)
    if unicode is not None:
        if not isinstance(unicode, Stream):
            raise NotPlainError
        found.text_of = texts_of(unicode.read_bytes()).get
    found.encoding = _encoding(encoding, is_true_type=font.get("/Subtype") == Name.TrueType)
    return found


def _standard_font(name: str) -> tuple[Mapping[str, Any], Mapping[str, float]] | None:
    """What is known of a standard font, and the widths of its letters; None for any other font."""
    if "+" in name:  # part of a font, which is in the file
        return None
    from pdfminer.fontmetrics import FONT_METRICS  # takes time to import

    return FONT_METRICS.get(name)


def _described(descriptor: object, codes_of: Decoder = bytes) -> ContentFont:
    """A font as far as its descriptor says."""
    if descriptor is None:
        return ContentFont("unknown", 0.0, codes_of)
    if not isinstance(descriptor, Dictionary):
        raise NotPlainError
    descent = number_in(descriptor.get("/Descent", 0))
    found = ContentFont(_plain_name(descriptor.get("/FontName")), -abs(descent) * _PER_EM, codes_of)
    found.default_width = number_in(descriptor.get("/MissingWidth", 0))
    return found


def _plain_name(name: object) -> str:
    text = str(name)[1:]
    if not isinstance(name, Name) or not text.isascii():
        raise NotPlainError
    return text


def number_in(value: object) -> float:
    """A number of a PDF, as pikepdf gives it. Raises `NotPlainError` for anything else."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    raise NotPlainError


# --- encodings --------------------------------------------------------------------------------------------------------


class Encoding(Struct, frozen=True):
    """Which letters codes are: by an encoding of a name, and the names of letters from the codes that come before."""

    name: str
    differences: tuple[int | str, ...] = ()

    @property
    def letters(self) -> Mapping[int, str]:
        """The letters by their codes."""
        return _letters_of(self)


@lru_cache(maxsize=64)
def _letters_of(encoding: Encoding) -> Mapping[int, str]:
    from pdfminer.encodingdb import EncodingDB  # takes time to import, and few fonts need it
    from pdfminer.psparser import LIT

    differences = [item if isinstance(item, int) else LIT(item) for item in encoding.differences]
    return EncodingDB.get_encoding(encoding.name, differences)


def _encoding(encoding: object, *, is_true_type: bool) -> Encoding:
    """The encoding of a simple font; without one, pdfminer's usual."""
    usual = "WinAnsiEncoding" if is_true_type else "StandardEncoding"
    if encoding is None:
        return Encoding(usual)
    if isinstance(encoding, Name):
        return Encoding(_plain_name(encoding))
    if not isinstance(encoding, Dictionary):
        raise NotPlainError
    base, differences = encoding.get("/BaseEncoding"), encoding.get("/Differences", ())
    listed = [item if isinstance(item, int) else _plain_name(item) for item in differences]
    return Encoding(usual if base is None else _plain_name(base), tuple(listed))


def _written(array: object) -> bytes:
    """An array as qpdf writes it: many files have the same one, and reading it takes longer than writing it."""
    if not isinstance(array, Array):
        raise NotPlainError
    return array.unparse(resolved=True)


@lru_cache(maxsize=64)
def _widths_in_order(array: bytes, first: int) -> dict[int, float]:
    """The widths of a simple font's codes from the first."""
    tokens = tokens_of(array.strip(b"[] "))
    return {first + index: _width(token) for index, token in enumerate(filter(None, tokens))}


@lru_cache(maxsize=64)
def _widths_by_code(array: bytes) -> dict[int, float]:
    """The widths of a composite font's codes (ISO 32000-1, 9.7.4.3)."""
    found: dict[int, float] = {}
    before: list[float] = []
    listed: list[float] | None = None
    for token in tokens_of(array)[1:]:
        if token == b"[" and listed is None and len(before) == 1:
            listed = []
        elif token == b"]" and listed is not None:
            found.update({int(before[0]) + index: width for index, width in enumerate(listed)})
            before, listed = [], None
        elif listed is not None:
            listed.append(_width(token))
        elif token not in (b"]", b""):
            before.append(_width(token))
            if len(before) == 3:
                _add_range(before, found)
                before = []
        if len(found) > MOST_CODES:
            raise NotPlainError
    return found


def _add_range(entry: Sequence[float], widths: dict[int, float]) -> None:
    first, last, width = entry
    if last - first > MOST_CODES:
        raise NotPlainError
    widths.update(dict.fromkeys(range(int(first), int(last) + 1), width))


def _width(token: bytes) -> float:
    return numbers_in((token,), 1)[0]
