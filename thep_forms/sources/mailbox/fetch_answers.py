"""Reads a mail server's answers to FETCH: what it says of each message, in whatever order (RFC 3501, 7.4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

Response = list[bytes | tuple[bytes, bytes]]  # lines of an answer; a tuple is a line, and the bytes (literal) after it
Value = bytes | list[bytes] | None  # None is NIL; a list has the values in brackets, without the brackets within them

_LITERAL = re.compile(rb"~?\{\d+\}\Z")
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([()])|([^\s()"\[]*\[[^\]]*\](?:<\d+>)?|[^\s()"]+)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_BODY = re.compile(rb"BODY(?:\.PEEK)?\[\](?:<(\d+)>)?")
_LONGEST_NUMBER = 20  # digits


class Token(Struct, frozen=True, gc=False):
    """A piece of an answer: a bracket, a word, or a string with any bytes in it."""

    text: bytes
    is_string: bool = False


class Body(Struct, frozen=True, gc=False):
    """The bytes of a message from `start` on; without a `start` all of it. `data` is None where the server has none."""

    data: bytes | None
    start: int | None


def parse_fetch(response: Response) -> Iterator[dict[bytes, Value]]:
    """What each answer says, by names in capitals. An answer ends with a line after which no literal comes."""
    tokens: list[Token] = []
    for line in response:
        if isinstance(line, tuple):
            tokens += _tokens(_LITERAL.sub(b"", line[0]))
            tokens.append(Token(line[1], is_string=True))
        elif line is not None:
            yield _values(iter([*tokens, *_tokens(line)]))
            tokens = []


def number_in(value: Value) -> int | None:
    """The number that stands there; None where there is none."""
    is_number = isinstance(value, bytes) and value.isdigit() and len(value) <= _LONGEST_NUMBER
    return int(value) if is_number and isinstance(value, bytes) else None


def body_in(values: dict[bytes, Value]) -> Body | None:
    """The bytes of the message in an answer; None where it is about something else."""
    for name, value in values.items():
        if found := _BODY.fullmatch(name):
            return Body(value if isinstance(value, bytes) else None, number_in(found[1]))
    return None


def _tokens(text: bytes) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        string, bracket, word = found.groups()
        if string is not None:
            yield Token(_ESCAPED.sub(rb"\1", string), is_string=True)
        else:
            yield Token(bracket or word)


def _values(tokens: Iterator[Token]) -> dict[bytes, Value]:
    found: dict[bytes, Value] = {}
    for token in tokens:  # the number of the message, up to the bracket
        if token == Token(b"("):
            break
    for token in tokens:
        if token == Token(b")"):
            break
        value = next(tokens, None)
        if value is not None:
            found[token.text.upper()] = _value(value, tokens)
    return found


def _value(first: Token, tokens: Iterator[Token]) -> Value:
    if first != Token(b"("):
        is_nil = not first.is_string and first.text.upper() == b"NIL"
        return None if is_nil else first.text
    found: list[bytes] = []
    depth = 1
    for token in tokens:
        if token == Token(b")"):
            depth -= 1
        elif token == Token(b"("):
            depth += 1
        else:
            found.append(token.text)
        if not depth:
            break
    return found
