"""PDF text strings to Unicode: PDFDocEncoding, UTF-16 in either order, UTF-8 (ISO 32000-2, 7.9.2.2)."""

from __future__ import annotations

import codecs
import re
import unicodedata

import pikepdf.codec  # noqa: F401 - registers the codec "pdfdoc"

_LANGUAGE_ESCAPE = re.compile("\x1b[^\x1b]{2,8}\x1b")  # ISO 32000-1, 14.9.2.2
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile(r"</p>\s*<p[^>]*>|<br\s*/?>")
_MARKUP = re.compile(r"<[^>]*>")
REPLACEMENT = "\ufffd"
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}  # ﬀ to ﬆ, as letters
LONGEST = 2**20  # bytes: nobody types more
_NO_CHARACTER = re.compile(
    f"[{REPLACEMENT}\ue000-\uf8ff\U000f0000-\U0010ffff\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)  # lost characters, those that mean something in one font alone, and controls but for tabs and line breaks
_PLAIN = re.compile(rb"[ -~\n]{,1000}")  # ASCII, as nearly all texts are
# The signs that quotation marks of Windows-1252 are in PDFDocEncoding, in places where no word or name has them.
_MISTAKEN = re.compile(r"(?<=[^\W\d_])[™‚](?=[^\W\d_])|ﬁ(?=[A-Z])|(?<=[^\W\d_])ﬂ(?![a-z])")
_QUOTED = re.compile(b"[\xc6-\xcb][\x83-\x85\x8d-\x90]")  # a capital and a quotation mark or dash in PDFDocEncoding


def text_string(raw: bytes) -> tuple[str, bool]:
    """The text, with `\\n` for every line break, and whether the program that wrote it lost characters.

    A character that cannot be decoded becomes U+FFFD, and a text that nobody can have typed is cut. Raises nothing.
    """
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii"), False
    if len(raw) > LONGEST:
        return text_string(raw[:LONGEST])[0], True
    decoded, mistaken = _decode(raw)
    text = _LANGUAGE_ESCAPE.sub("", decoded)
    text = _SURROGATE.sub(REPLACEMENT, text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\0")
    return text, mistaken or bool(_NO_CHARACTER.search(text))


def plain(rich: str) -> str:
    """A rich text string without its markup (ISO 32000-1, 12.7.3.4)."""
    import html  # takes time, and few values come in rich text alone

    return html.unescape(_MARKUP.sub("", _BREAK.sub("\n", rich))).strip()


def _decode(raw: bytes) -> tuple[str, bool]:
    """The text, and whether it must have been written in another encoding than it says."""
    if raw.startswith(codecs.BOM_UTF16_BE):
        return _utf16(raw[2:], "utf-16-be"), False
    if raw.startswith(codecs.BOM_UTF16_LE):
        return _utf16(raw[2:], "utf-16-le"), False
    if raw.startswith(codecs.BOM_UTF8):
        return raw[3:].decode("utf-8", "replace"), False
    if text := _unmarked_utf16(raw) or _unmarked_utf8(raw):
        return text, False
    text = raw.decode("pdfdoc", "replace")
    return text, bool(_MISTAKEN.search(text))


def _unmarked_utf16(raw: bytes) -> str:
    """The text, if most of every other byte are zero and none of the rest; else empty."""
    for codec, high, low in (("utf-16-be", raw[::2], raw[1::2]), ("utf-16-le", raw[1::2], raw[::2])):
        if len(high) == len(low) < 2 * high.count(0) and 0 not in low:
            return _utf16(raw, codec)
    return ""


def _unmarked_utf8(raw: bytes) -> str:
    """The text, if it must be UTF-8 whose mark the program forgot; else empty."""
    if raw.isascii() or _QUOTED.search(raw):
        return ""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _utf16(raw: bytes, codec: str) -> str:
    """The text. Lone surrogates pass, to be replaced one by one: a strict decoder would give up the whole value."""
    text = raw[: len(raw) // 2 * 2].decode(codec, "surrogatepass")
    return text + REPLACEMENT if len(raw) % 2 and raw[-1] else text
