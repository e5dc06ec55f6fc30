"""Reads the properties of Outlook messages and their attachments ([MS-OXMSG], numbers from [MS-OXPROPS])."""

from __future__ import annotations

import codecs
import struct
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from thep_forms.sources.containers.compound_file import Storage
from thep_forms.sources.mail.email_headers import plausible
from thep_forms.sources.names import decode

PROPERTIES = "__properties_version1.0"  # the stream that every message and attachment has
MESSAGE_HEADER = 32  # bytes before the first property of a message,
ATTACHED_MESSAGE_HEADER = 24  # of a message attached to another,
ATTACHMENT_HEADER = 8  # and of an attachment

_STRING, _STRING_8, _BINARY = 0x001F, 0x001E, 0x0102  # types of properties
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TICKS = 10**7  # in a second


class Property(IntEnum):
    """The properties that are read, by their numbers."""

    MESSAGE_CLASS = 0x001A
    SUBJECT = 0x0037
    SUBMITTED_AT = 0x0039
    HEADERS = 0x007D
    SENDER = 0x0C1F
    DELIVERED_AT = 0x0E06
    MESSAGE_FLAGS = 0x0E07
    TEXT = 0x1000
    HTML = 0x1013
    DISPLAY_NAME = 0x3001
    DATA = 0x3701
    SHORT_NAME = 0x3704
    METHOD = 0x3705
    LONG_NAME = 0x3707
    CONTENT_TYPE = 0x370E
    CONTENT_ID = 0x3712
    FLAGS = 0x3714
    CODE_PAGE = 0x3FFD
    SENDER_ADDRESS = 0x5D01
    IS_HIDDEN = 0x7FFE


class Properties:
    """The properties of one message or attachment. What it does not state is 0, False, None or empty."""

    def __init__(self, storage: Storage, header: int) -> None:
        """`header` is the number of bytes before the first property."""
        self._storage = storage
        entries = (storage.stream(PROPERTIES) or b"")[header:]
        whole_entries = entries[: len(entries) // 16 * 16]
        self._fixed = {number: value for _, number, value in struct.iter_unpack("<HH4x8s", whole_entries)}

    def number(self, number: Property) -> int:
        """A signed 32-bit number."""
        return int(struct.unpack("<i", self._fixed.get(number, bytes(8))[:4])[0])

    def flag(self, number: Property) -> bool:
        """A yes or no."""
        return bool(self._fixed.get(number, b"\0")[0])

    def date(self, number: Property) -> datetime | None:
        """A date in UTC; None where it is not plausible."""
        return date_from_ticks(struct.unpack("<Q", self._fixed.get(number, bytes(8)))[0])

    def binary(self, number: Property) -> bytes | None:
        """A property that is bytes."""
        return self._storage.stream(stream_of(number))

    def text(self, number: Property, code_page: str = "cp1252") -> str:
        """A text. `code_page` is that of a message which is not in Unicode."""
        wide = self._storage.stream(_stream(number, _STRING))
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._storage.stream(_stream(number, _STRING_8)) or b""
        return decode(narrow, code_page).rstrip("\0")

    @property
    def code_page(self) -> str:
        """The code page of the message's texts, by Python's name for it."""
        try:
            return codecs.lookup(f"cp{self.number(Property.CODE_PAGE)}").name
        except LookupError:
            return "cp1252"


def date_from_ticks(ticks: int) -> datetime | None:
    """The date in UTC that lies so many tenths of a microsecond after 1601; None where it is not plausible."""
    try:
        return plausible(_EPOCH + timedelta(seconds=ticks // _TICKS))
    except OverflowError:
        return None


def stream_of(number: Property) -> str:
    """The name of the stream that holds a property which is bytes."""
    return _stream(number, _BINARY)


def _stream(number: Property, kind: int) -> str:
    return f"__substg1.0_{number:04X}{kind:04X}"
