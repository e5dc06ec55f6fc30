"""The tokens of a content stream (ISO 32000-1, 7.2 and 7.8.2), all at once, by one regular expression.

Limitations: it knows what programs write. Anything else, such as an inline image or a string with an unknown escape,
raises `NotPlainError`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_CODES = 70_000  # of a font: more than two bytes can tell apart
_SPACE = rb"[\t\n\x0b\f\r ]*+"
_END = rb"(?=[\t\n\x0b\f\r ()<>\[\]/%]|\Z)"
_STRING = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\)"  # with one level of parentheses in it
_TOKENS = re.compile(
    _SPACE
    + rb"(?:%[^\r\n]*+"
    + _SPACE
    + rb")*+("
    + rb"[+-]?(?:\d++\.?\d*+|\.\d++)"
    + _END
    + rb"|/[^\x00-\x20()<>\[\]{}/%#\x7f-\xff]*+"
    + rb"|[A-Za-z'\"][A-Za-z0-9*]*+"
    + _END
    + rb"|"
    + _STRING
    + rb"|<[0-9A-Fa-f\t\n\x0b\f\r ]*+>"
    + rb"|<<|>>|[\[\]]"
    + rb"|.++|\Z)",  # whatever else there is, up to its end, so that nothing is looked at again and again
    re.DOTALL,
)
_STARTS = frozenset(b"+-.0123456789/([<>]")
_WORDS = (b"true", b"false", b"null")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {
    **{b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"},
    **{b"(": b"(", b")": b")", b"\\": b"\\", b"\n": b"", b"\r": b"", b"\r\n": b""},
}


class NotPlainError(Exception):
    """The page has something that the quick reader does not know."""


def tokens_of(content: bytes) -> list[bytes]:
    """The tokens of a content stream, then what is not understood, which no operator follows. Some may be empty."""
    found: list[bytes] = _TOKENS.findall(content)
    return found


def check_operand(token: bytes) -> None:
    """Raise `NotPlainError` if a token is no operand."""
    if token and token[0] not in _STARTS and token not in _WORDS:
        raise NotPlainError


def numbers_in(tokens: Sequence[bytes], count: int) -> list[float]:
    """So many numbers."""
    if len(tokens) != count:
        raise NotPlainError
    try:
        return [*map(float, tokens)]
    except ValueError as error:
        raise NotPlainError from error


def string_in(token: bytes) -> bytes:
    """The bytes of a string."""
    if token[:1] == b"(":
        inside = token[1:-1]
        return _ESCAPE.sub(_unescaped, inside) if b"\\" in inside else inside
    if token[:1] != b"<" or token[-1:] != b">":
        raise NotPlainError
    try:
        return bytes.fromhex(token[1:-1].decode("ascii"))
    except ValueError as error:
        raise NotPlainError from error


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if escape[:1].isdigit():
        code = int(escape, 8) if escape[:1] in b"01234567" else 256
        if code > 255:
            raise NotPlainError
        return bytes((code,))
    if escape not in _ESCAPED:
        raise NotPlainError
    return _ESCAPED[escape]


def name_in(token: bytes) -> str:
    """A name, with its solidus."""
    if token[:1] != b"/":
        raise NotPlainError
    return token.decode("ascii")
