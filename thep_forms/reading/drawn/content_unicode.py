"""Which text each code of a font stands for, by its ToUnicode stream (ISO 32000-1, 9.10.3).

Limitations: it knows lists of hexadecimal strings, as programs write them. Anything else raises `NotPlainError`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from thep_forms.reading.drawn.content_tokens import MOST_CODES, NotPlainError

_LISTED = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_NOT_PLAIN = re.compile(rb"usecmap|endcid|beginbf|endbf|endcmap.* begun |%[^\r\n]* begun ", re.DOTALL)
_PAIR = re.compile(rb"\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_RANGE = re.compile(rb"\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]*)>|\[((?:\s*<[0-9A-Fa-f]*>)*)\s*\])")
_HEX = re.compile(rb"<([0-9A-Fa-f]*)>")


@lru_cache(maxsize=64)
def texts_of(to_unicode: bytes) -> dict[int, str]:
    """The texts of codes, as a ToUnicode stream says them (ISO 32000-1, 9.10.3)."""
    texts: dict[int, str] = {}
    if _NOT_PLAIN.search(_LISTED.sub(b" begun ", to_unicode)):
        raise NotPlainError
    for kind, body in _LISTED.findall(to_unicode):
        if kind == b"bfchar":
            _add_pairs(body, texts)
        else:
            _add_ranges(body, texts)
    return texts


def _add_pairs(body: bytes, texts: dict[int, str]) -> None:
    end = 0
    for match in _PAIR.finditer(body):
        _check_between(body, end, match.start())
        end = match.end()
        _add(texts, _code_of(match[1]), _bytes_of(match[2]))
    _check_between(body, end, len(body))


def _add_ranges(body: bytes, texts: dict[int, str]) -> None:
    end = 0
    for match in _RANGE.finditer(body):
        _check_between(body, end, match.start())
        end = match.end()
        first, last = _code_of(match[1]), _code_of(match[2])
        if len(match[1]) != len(match[2]) or last - first > MOST_CODES:
            raise NotPlainError
        if match[4] is not None:
            for code, text in zip(range(first, last + 1), _HEX.findall(match[4]), strict=False):
                _add(texts, code, _bytes_of(text))
            continue
        start = _bytes_of(match[3])
        prefix, counted = start[:-4], start[-4:]
        if not counted:
            raise NotPlainError
        for code in range(first, last + 1):
            number = int.from_bytes(counted, "big") + code - first
            _add(texts, code, prefix + number.to_bytes(8, "big")[-len(counted) :])
    _check_between(body, end, len(body))


def _check_between(body: bytes, start: int, end: int) -> None:
    if body[start:end].strip():
        raise NotPlainError


def _code_of(digits: bytes) -> int:
    return int.from_bytes(_bytes_of(digits), "big")


def _bytes_of(digits: bytes) -> bytes:
    if len(digits) % 2:
        raise NotPlainError
    return bytes.fromhex(digits.decode("ascii"))


def _add(texts: dict[int, str], code: int, text: bytes) -> None:
    """Give a text to a code. pdfminer keeps a space where a second entry says that it does not break."""
    if len(texts) == MOST_CODES:
        raise NotPlainError
    decoded = text.decode("UTF-16BE", "ignore")
    if decoded != "\u00a0" or texts.get(code) != " ":
        texts[code] = decoded
