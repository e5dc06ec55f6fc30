"""What the appearance of a text box shows, compared with the value that its field holds.

Limitations: only letters whose font says for certain what they are count. Text in form XObjects and pictures is not
read. Scripts that run from right to left are not compared, since programs draw them in several orders.

Most appearances show just the value, in the form's own font: that is found out first, in some microseconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from thep_forms.reading.fields.box_fonts import UNKNOWN, USUAL_FONT, BoxFont, BoxFonts, Letters
from thep_forms.reading.strings import LIGATURES, REPLACEMENT

MOST_CONTENT = 100_000  # bytes of an appearance that is compared
MOST_TOKENS = 20_000
LEAST_SHOWN = 16.0  # points of a box's width for each letter, at most, where only part of the value shows
MASKS = "*•●∙·"  # signs that stand for the letters of a password

_STRING = rb"\([^\\()]*(?:(?:\\.|\([^\\()]*(?:\\.[^\\()]*)*\))[^\\()]*)*\)"  # with brackets one level deep
_HEX = rb"<[0-9A-Fa-f\s]*>"
_STRINGS = re.compile(_STRING + rb"|" + _HEX, re.DOTALL)
_TOKENS = re.compile(
    rb"%[^\r\n]*|(?P<string>" + _STRING + rb"|" + _HEX + rb")|<<|>>|[\[\]]|/[^\s()<>\[\]{}/%]*|[^\s()<>\[\]{}/%]+",
    re.DOTALL,
)
_ACTUAL_TEXT = "/ActualText"
_OPERAND = b"0123456789+-.[]<>%"  # first characters of what is no operator
_ASCII, _LAST_ASCII = re.compile("[!-~]"), 0x7F
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_NOT_ASCII_CLUSTER = re.compile("[ -~]?[\u0300-\u036f]+|[^ -~\uffff]")  # a letter with marks is one
_ORPHANS = re.compile("(?:^|(?<= ))[\u0300-\u036f]+")  # marks that are shown without a letter
_UNSURE = re.compile("[^A-Za-z0-9@./+_=\uffff]")  # signs that programs put in the place of letters, or of each other


class BoxSize(Struct, frozen=True):
    """The width of a box, in points, and the number of characters that it takes, 0 without a limit."""

    width: float
    limit: int


def text_shown_instead(value: str, content: bytes, fonts: BoxFonts, size: BoxSize) -> str:
    """The text that an appearance of that content shows, where it is certainly not the value; else an empty text.

    An appearance that shows no text says nothing about a value.
    """
    if len(content) > MOST_CONTENT:
        return ""
    shown = text_of_appearance(content, fonts)
    if not shown.replace(UNKNOWN, "").strip():
        return ""
    squeezed = "".join(value.split())
    readings = {shown, _ORPHANS.sub("", shown)}  # a mark alone is of the letter before it, or of one that was left out
    if any(_agree(squeezed, "".join(reading.split()), size) for reading in readings):
        return ""
    return " ".join(shown.replace(UNKNOWN, REPLACEMENT).split())


# --- the quick way ----------------------------------------------------------------------------------------------------


def shows_plainly(content: bytes, value: str, letters: Letters | None) -> bool:
    """Whether the strings in an appearance are just the value, in one byte a letter, or in a font of these letters.

    Its font is not looked at: strings that another font would draw as other letters do not spell the value by chance.
    """
    squeezed = "".join(value.split())
    strings = _STRINGS.findall(content)
    if not strings:
        return not squeezed
    parts = [*map(_bytes_of, strings)]
    raw = b"".join(parts)
    if letters and len(raw) >= 2 * len(squeezed):
        text = raw.decode("utf-16-be", "replace").translate(letters)
        if text == squeezed or "".join(text.split()) == squeezed:
            return True
    if squeezed.isascii():
        return raw.isascii() and "".join(raw.decode("ascii").split()) == squeezed
    return letters is not None and _shows_all_ascii(parts, squeezed, letters)


def _shows_all_ascii(parts: Sequence[bytes], squeezed: str, letters: Letters) -> bool:
    """Whether strings in a font of these letters show all ASCII letters of the value in their order.

    Viewers draw its other letters in fonts of their own, or not at all. Strings in these fonts have no codes of ASCII,
    and no more than two bytes for each letter that is left. Any others have to be looked at closely.
    """
    at = left = others = 0
    for part in parts:
        text = "".join(part.decode("utf-16-be", "replace").translate(letters).split())
        found = squeezed.find(text, at) if text else at
        if found >= 0 and not _ASCII.search(squeezed, at, found):
            left, at = left + found - at, found + len(text)
        elif min(part) > _LAST_ASCII:
            others += len(part)
        else:
            return False
    left += len(squeezed) - at
    return others <= 2 * left and not _ASCII.search(squeezed, at)


def _bytes_of(token: bytes) -> bytes:
    """The bytes of a string as it is written (ISO 32000-1, 7.3.4)."""
    if token[:1] == b"<":
        digits = b"".join(token[1:-1].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    inside = token[1:-1]
    return _ESCAPE.sub(_unescaped, inside) if b"\\" in inside else inside


def _unescaped(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return bytes([int(escape[1], 8) & 0xFF])
    return b"" if escape[2] else _ESCAPED.get(escape[3], escape[3])


# --- the text of an appearance ----------------------------------------------------------------------------------------


def text_of_appearance(content: bytes, fonts: BoxFonts) -> str:
    """All its text, with a blank between strings that are shown apart; a letter of which nobody knows is U+FFFF."""
    return "".join(_texts(content, fonts))


def _texts(content: bytes, fonts: BoxFonts) -> Iterator[str]:
    """The text of each operator. What says in other words what it shows (ISO 32000-1, 14.9.4) counts by these words."""
    strings: list[bytes] = []
    names: list[str] = []
    font = USUAL_FONT
    open_spans: list[bool] = []  # of each marked content that is open, whether its text is given in other words
    for token in islice(_TOKENS.finditer(content), MOST_TOKENS):
        word = token[0]
        if token["string"] is not None:
            strings.append(_bytes_of(word))
        elif word[:1] == b"/":
            names.append(word.decode("latin-1"))
        elif word[:1] not in _OPERAND:
            if word in (b"BDC", b"BMC"):
                has_words = _ACTUAL_TEXT in names and bool(strings)
                yield _marked_text(strings[-1]) if has_words and not any(open_spans) else ""
                open_spans.append(has_words)
            elif word == b"EMC":
                open_spans = open_spans[:-1]
            elif word == b"Tf":
                font = fonts.named(names[-1] if names else "")
            elif not any(open_spans):
                yield _shown_by(word, b"".join(strings), font)
            strings, names = [], []


def _shown_by(operator: bytes, raw: bytes, font: BoxFont) -> str:
    """The text that an operator shows."""
    if operator in (b"Tj", b"TJ", b"'", b'"'):
        return f"{font.decoded(raw)} "
    return UNKNOWN if operator in (b"Do", b"BI") else ""


def _marked_text(raw: bytes) -> str:
    return raw.decode("utf-16", "replace") if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else raw.decode("latin-1")


# --- comparing --------------------------------------------------------------------------------------------------------


def _agree(value: str, shown: str, size: BoxSize) -> bool:
    """Whether the value may be what is shown; both are without white space."""
    value, shown = (unicodedata.normalize("NFC", text).translate(LIGATURES) for text in (value, shown))
    if value == shown or not set(shown) - set(MASKS) or _has_right_to_left(value + shown):
        return True
    if not (value + shown).isascii():
        value, shown = _certain(value), _certain(shown)
        if not shown.replace(UNKNOWN, ""):
            return True
    if _fits(value, shown):
        return True
    is_full = 0 < size.limit <= len(shown)
    return shown.strip(UNKNOWN) in value and (is_full or len(shown) * LEAST_SHOWN >= size.width)


def may_be(value: str, shown: str) -> bool:
    """Whether a value may be what is shown, most of whose letters are known; both are without white space."""
    unknown = shown.count(UNKNOWN)
    return 2 * unknown < len(shown) and _fits(value, shown)


def _certain(text: str) -> str:
    """The letters and signs that any program can draw, and U+FFFF where there may be more."""
    return _UNSURE.sub("", _NOT_ASCII_CLUSTER.sub("", text))


def _fits(value: str, shown: str) -> bool:
    """Whether what is shown is the value, where each U+FFFF may stand for anything or nothing."""
    first, *parts = shown.split(UNKNOWN)
    if not parts:
        return value == first
    *between, last = parts
    if not value.startswith(first) or not value.endswith(last) or len(value) < len(first) + len(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in between:
        at = value.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _has_right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
