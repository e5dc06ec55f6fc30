"""The fonts of boxes, and the letters of their codes where the file says for certain what they are (ISO 32000-1, 9)."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from msgspec import Struct, field
from pikepdf import Array, Dictionary, Name, Object, Stream

from thep_forms.reading.fields.field_tree import ObjectNumber
from thep_forms.reading.objects import content_of, get, name_of
from thep_forms.reading.strings import REPLACEMENT

UNKNOWN = "\uffff"  # stands for letters that nobody can name; no character (Unicode, 23.7)
_KEPT, _LONGEST_KEPT = 16, 200_000  # fonts whose letters are kept for the next file; bytes of the table of one
_LAST_CODE = 0xFFFF  # that two bytes can tell
_LONGEST_LETTER = 32  # characters that one code stands for
_DIRECT = (0, 0)  # the number of an object that has none
_TWO_BYTES = ("/Identity-H", "/Identity-V")  # encodings of which each code has two bytes
_CODECS = {"/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman", "/PDFDocEncoding": "pdfdoc"}
_SYMBOLS = re.compile("Symbol|Dingbats|Wingdings", re.IGNORECASE)
_CMAP = re.compile(rb"(?:(?P<kind>begin|end)bf(?P<what>char|range))|<([0-9A-Fa-f\s]*)>|(\[)|(\])")

Letters = Mapping[int, str]  # the text of each code of a font


class BoxFont(Struct, frozen=True):
    """A font: the letters of its codes, None where nobody knows one of them. `is_wide`: each code has two bytes."""

    letters: Letters | None
    is_wide: bool = False

    def decoded(self, raw: bytes) -> str:
        """The text that the codes in a string stand for; a letter of which nobody knows is U+FFFF."""
        letters = self.letters
        if letters is None:
            return UNKNOWN
        if self.is_wide:
            return "".join([letters.get(raw[n] << 8 | raw[n + 1], UNKNOWN) for n in range(0, len(raw) - 1, 2)])
        return "".join([letters.get(code, UNKNOWN) for code in raw])


def _usual_letters() -> Letters:
    letters = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x100)}
    return {code: UNKNOWN if text == REPLACEMENT else text for code, text in letters.items()}


USUAL_FONT = BoxFont(_usual_letters())  # which a viewer takes for one that is not there


class FormFonts(Struct):
    """The fonts of a whole form, by name, and the letters of the wide font that was met last, as most boxes use it.

    They are one file's own: with another file's, what a box shows might be read as something else.
    """

    by_name: object
    latest: Letters | None = None
    known: dict[ObjectNumber, BoxFont] = field(default_factory=dict)

    def font(self, dictionary: object) -> BoxFont:
        """A font by its dictionary. A wide one becomes the one that was met last."""
        if not isinstance(dictionary, Object):
            return USUAL_FONT
        number = dictionary.objgen
        font = self.known.get(number)
        if font is None:
            font = _font(dictionary)
            if number != _DIRECT:
                self.known[number] = font
        if font.is_wide:
            self.latest = font.letters
        return font


class BoxFonts(Struct, frozen=True):
    """Where the fonts of an appearance are found, by name: in its own resources, else in those of the whole form."""

    own: object
    of_form: FormFonts

    def named(self, name: str) -> BoxFont:
        """The font of that name, with its slash; the usual one where there is none."""
        own = get(self.own, name)
        return self.of_form.font(get(self.of_form.by_name, name) if own is None else own)


def _font(dictionary: Object) -> BoxFont:
    table = get(dictionary, "/ToUnicode")
    letters = _letters_in(table) if isinstance(table, Stream) else None
    if get(dictionary, "/Subtype") == Name.Type0:
        if letters is None or name_of(get(dictionary, "/Encoding")) not in _TWO_BYTES:
            return BoxFont(None)
        return BoxFont(letters, is_wide=True)
    said = {code: text for code, text in (letters or {}).items() if text}
    return BoxFont({**_simple_letters(dictionary), **said})


def _simple_letters(font: Object) -> Letters:
    """The letters of a font of single bytes by its encoding alone: those of which there is no doubt."""
    encoding = get(font, "/Encoding")
    base, changes = encoding, None
    if isinstance(encoding, Dictionary):
        base, changes = encoding.get("/BaseEncoding"), encoding.get("/Differences")
    descriptor = get(font, "/FontDescriptor")
    is_embedded = any(get(descriptor, key) is not None for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    is_symbolic = bool(_SYMBOLS.search(name_of(get(font, "/BaseFont"))))
    if get(font, "/Subtype") == "/Type3" or is_symbolic or (base is None and is_embedded):
        return {}
    written = changes.unparse() if isinstance(changes, Array) else b"[ ]"
    return _letters_of_codec(_CODECS.get(name_of(base)), written)


@lru_cache(maxsize=_KEPT)
def _letters_of_codec(codec: str | None, changes: bytes) -> Letters:
    """The letters of the codes of a known encoding, or of ASCII, but for changes to it (ISO 32000-1, 9.6.6.1)."""
    letters = {code: chr(code) for code in range(0x20, 0x7F)}
    if codec:
        letters |= {code: text for code in range(0x80, 0x100) if (text := bytes([code]).decode(codec, "ignore"))}
    code = 0
    for item in changes.split()[1:-1]:
        if item.isdigit():
            code = int(item)
        elif item[:1] == b"/":
            letters.pop(code, None)  # which letter its name means is not looked up
            code += 1
        else:  # such as a reference to a number
            return {}
    return letters


def _letters_in(table: Stream) -> Letters:
    """The text of each code in a ToUnicode table. The returns of a year have the same: it is unpacked once."""
    if get(table, "/Filter") == Name.FlateDecode and "/DecodeParms" not in table:
        with suppress(zlib.error):  # of a damaged one, qpdf gives what can be unpacked
            return _read_or_kept(table.read_raw_bytes(), is_packed=True)
    return _read_or_kept(content_of(table) or b"", is_packed=False)


def _read_or_kept(stored: bytes, *, is_packed: bool) -> Letters:
    """The letters of a table as it is stored; those of a long one are not kept."""
    return (_read_once if len(stored) <= _LONGEST_KEPT else _read)(stored, is_packed)


def _read(stored: bytes, is_packed: bool) -> Letters:
    return _parsed(zlib.decompress(stored) if is_packed else stored)


_read_once = lru_cache(maxsize=_KEPT)(_read)


def _parsed(table: bytes) -> Letters:
    """The text of each code in a table (ISO 32000-1, 9.10.3)."""
    letters: dict[int, str] = {}
    what = b""
    row: list[bytes] = []
    array: list[bytes] | None = None
    for token in _CMAP.finditer(table):
        if token["kind"]:
            what, row, array = (token["what"] if token["kind"] == b"begin" else b""), [], None
        elif token[4]:
            array = []
        elif token[5]:
            _put_array(letters, row, array or [])
            row, array = [], None
        elif array is not None:
            array.append(token[3])
        elif what:
            row.append(token[3])
            if len(row) == (2 if what == b"char" else 3):
                _put_row(letters, row)
                row = []
    return letters


def _put_row(letters: dict[int, str], row: list[bytes]) -> None:
    """Add a code and its text, or the first code of a range, its last code, and the text of the first."""
    first, last, text = _number(row[0]), _number(row[-2]), _letter(row[-1])
    for code in range(first, min(last, _LAST_CODE) + 1) if text else ():
        letters[code] = text[:-1] + chr(min(ord(text[-1]) + code - first, sys.maxunicode))


def _put_array(letters: dict[int, str], row: list[bytes], texts: list[bytes]) -> None:
    if row:
        letters.update(zip(range(_number(row[0]), _LAST_CODE + 1), map(_letter, texts), strict=False))


def _number(digits: bytes) -> int:
    return int(b"".join(digits.split()) or b"0", 16)


def _letter(digits: bytes) -> str:
    """The text of a code; none where it is longer than that of any letter."""
    digits = b"".join(digits.split())
    text = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")).decode("utf-16-be", "replace")
    return text if len(text) <= _LONGEST_LETTER else ""
