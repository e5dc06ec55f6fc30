"""Reads what a `winmail.dat` holds: a message in Outlook's own rich text ([MS-OXTNEF]), with its attachments.

Checksums are not compared: gateways change the files without mending them.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, field

from thep_forms.sources.containers.outlook_properties import Property, date_from_ticks
from thep_forms.sources.limits import MOST_TNEF_ATTRIBUTES
from thep_forms.sources.names import decode

MAGIC = b"\x78\x9f\x3e\x22"
_HEADER = 6  # bytes: the magic number and a key
_ATTRIBUTE = struct.Struct("<BII")  # level, number, bytes of its data; a checksum of two bytes follows the data
_CHECKSUM = 2
_LEVELS = (1, 2)  # of the message, and of an attachment

# Numbers of attributes: the lower half, as some programs leave out the upper one, which states a type.
_NEW_ATTACHMENT, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_CODE_PAGE, _MESSAGE_PROPERTIES = 0x9007, 0x9003

# Types of properties ([MS-OXCDATA], 2.11.1), and how many bytes those of a fixed size take here.
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
OBJECT, _STRING_8, _STRING, _BINARY = 0x0D, 0x1E, 0x1F, 0x102
_SEVERAL_VALUES = 0x1000  # flag of the type
_NAMED = 0x8000  # numbers from here on stand for a name, which follows


class _DamagedError(Exception):
    """The file ends too early, or what it states does not fit into it."""


class TnefAttachment(Struct):
    """The bytes of an attachment's attributes, as far as they are there."""

    title: bytes = b""
    data: memoryview | None = None
    properties: dict[int, tuple[int, memoryview]] = field(default_factory=dict)  # type and value, by number

    def bytes(self, number: int) -> memoryview:
        """A property's value; empty where it is not stated."""
        return self.properties.get(number, (0, memoryview(b"")))[1]

    def text(self, number: int, code_page: str) -> str:
        """A property that is a text; empty where it is not stated."""
        kind, value = self.properties.get(number, (0, memoryview(b"")))
        if kind == _STRING:
            return bytes(value).decode("utf-16-le", "replace").rstrip("\0")
        return decode(bytes(value), code_page).rstrip("\0") if kind == _STRING_8 else ""

    def number(self, number: int) -> int:
        """A property that is a number; 0 where it is not stated."""
        return int.from_bytes(self.bytes(number)[:4], "little")


class TnefMessage(Struct):
    """What is read of a message."""

    attachments: list[TnefAttachment] = field(default_factory=list)
    code_page: str = "cp1252"
    sent_at: datetime | None = None
    is_damaged: bool = False


def holds_no_file(data: bytes) -> bool:
    """Whether it is a `winmail.dat` of the message's text alone, with no file in it."""
    if not data.startswith(MAGIC):
        return False
    message = read_message(memoryview(data))
    return not message.attachments and not message.is_damaged


def read_message(data: memoryview) -> TnefMessage:
    """The message, as far as it can be read."""
    message = TnefMessage()
    try:
        for number, value in _attributes(data):
            _add(message, number, value)
    except (_DamagedError, struct.error):
        message.is_damaged = True
    return message


def _attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and the data of each attribute. Raises `_DamagedError` where they do not fit into the file."""
    at = _HEADER
    for _ in range(MOST_TNEF_ATTRIBUTES):
        if len(data) - at < _ATTRIBUTE.size:  # the end, or a few bytes that a gateway has added
            return
        level, number, size = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if level not in _LEVELS or at + size > len(data):
            raise _DamagedError
        yield number & 0xFFFF, data[at : at + size]
        at = min(at + size + _CHECKSUM, len(data))
    raise _DamagedError


def _add(message: TnefMessage, number: int, value: memoryview) -> None:
    if number == _CODE_PAGE:
        message.code_page = _python_name(int.from_bytes(value[:4], "little"))
    elif number == _MESSAGE_PROPERTIES:
        _, ticks = _properties(value).get(Property.SUBMITTED_AT, (0, b""))
        message.sent_at = date_from_ticks(int.from_bytes(ticks, "little")) if len(ticks) else None
    elif number == _NEW_ATTACHMENT:
        message.attachments.append(TnefAttachment())
    elif message.attachments:
        attachment = message.attachments[-1]
        if number == _TITLE:
            attachment.title = bytes(value[:1024])
        elif number == _DATA:
            attachment.data = value
        elif number == _PROPERTIES:
            attachment.properties = _properties(value)


def _python_name(code_page: int) -> str:
    try:
        return codecs.lookup(f"cp{code_page}").name
    except LookupError:
        return "cp1252"


class _Reader:
    """Reads one value after the other. Raises `_DamagedError` at the end of the data."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, size: int, padded_to: int = 1) -> memoryview:
        if self.at + size > len(self.data):
            raise _DamagedError
        value = self.data[self.at : self.at + size]
        self.at += -(-size // padded_to) * padded_to
        return value

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")


def _properties(data: memoryview) -> dict[int, tuple[int, memoryview]]:
    """Type and first value of each property that is not named, by its number ([MS-OXTNEF], 2.1.3.4)."""
    reader = _Reader(data)
    found: dict[int, tuple[int, memoryview]] = {}
    count = reader.number()
    if count > MOST_TNEF_ATTRIBUTES:
        raise _DamagedError
    for _ in range(count):
        kind, number = struct.unpack("<HH", reader.take(4))
        if number >= _NAMED:
            _skip_name(reader)
        values = _values(reader, kind)
        if values and number < _NAMED:
            found[number] = (kind, values[0])
    return found


def _skip_name(reader: _Reader) -> None:
    reader.take(16)  # the set of names that it is from
    is_text = reader.number()
    if is_text:
        reader.take(reader.number(), padded_to=4)
    else:
        reader.take(4)


def _values(reader: _Reader, kind: int) -> list[memoryview]:
    base = kind & ~_SEVERAL_VALUES
    has_size = base in (OBJECT, _STRING_8, _STRING, _BINARY)
    count = reader.number() if has_size or kind & _SEVERAL_VALUES else 1
    if not has_size and base not in _FIXED:
        raise _DamagedError
    if count > MOST_TNEF_ATTRIBUTES:
        raise _DamagedError
    return [reader.take(reader.number() if has_size else _FIXED[base], padded_to=4) for _ in range(count)]
