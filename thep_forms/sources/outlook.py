"""What is in an e-mail that Outlook saved, a .msg: storages and streams in a compound file ([MS-OXMSG], [MS-CFB])."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from thep_forms.sources.emails import (
    Headers,
    believed,
    called,
    delivered,
    is_decoration,
    is_image,
    is_pdf,
    mailed,
    shown_in,
)
from thep_forms.sources.model import LARGEST, TOO_LARGE, Budget, ContainedFile, TooMuchError
from thep_forms.sources.names import clean, text

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_ATTACHMENTS = 2048  # of a message, by [MS-OXMSG]
LONGEST_TEXT = 16 * 2**20  # bytes of a property that is a text

_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_#"
_OBJECT = "__substg1.0_3701000D"  # an attached message, or an object of another program

# Properties and their types, by their numbers in [MS-OXPROPS].
_SUBJECT, _HEADERS, _SUBMITTED, _DELIVERED, _HTML, _CODE_PAGE = 0x0037, 0x007D, 0x0039, 0x0E06, 0x1013, 0x3FFD
_DATA, _METHOD, _LONG_NAME, _SHORT_NAME, _FLAGS = 0x3701, 0x3705, 0x3707, 0x3704, 0x3714
_KIND, _CONTENT_ID, _HIDDEN = 0x370E, 0x3712, 0x7FFE
_STRING, _STRING_8, _BINARY = 0x001F, 0x001E, 0x0102

_REFERENCES = range(2, 5)  # methods of attaching that send a way to a file instead of the file
_ON_THE_WEB = 7
_IN_THE_TEXT = 4  # the flag

_DAMAGED = "This Outlook message is damaged, or its sending was cut short."
_MANY = f"This message has over {MOST_ATTACHMENTS:,} attachments; only the first of them were read."
_ELSEWHERE = "This is only a link to a file kept elsewhere: the file itself has to come."
_EMBEDDED = "This is an object in a message's text: it has to come as an attached file."


def saved(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The files in an Outlook message, in its order; any other compound file, such as a .doc, comes whole."""
    import olefile

    data = file.read()
    try:
        if not _is_sound(data):
            raise ValueError
        with olefile.OleFileIO(data) as ole:
            storage = _Storage(ole, _children(ole), ())
            if storage.stream(_PROPERTIES) is None:
                yield ContainedFile("", data)
            else:
                yield from _message(storage, 32, budget)
    except (TooMuchError, MemoryError):
        raise  # it is no damage: whoever unpacks the file tells of it
    except Exception:  # noqa: BLE001 - olefile raises anything for a damaged file; its own row says so
        is_message = _PROPERTIES.encode("utf-16-le") in data
        yield ContainedFile("", None, _DAMAGED) if is_message else ContainedFile("", data)


def _is_sound(data: bytes) -> bool:
    """Whether the tables that the header tells of can be in the file: olefile makes them as large as it says."""
    if len(data) < 512:
        return False
    sector, mini_sector = struct.unpack_from("<HH", data, 30)
    tables, mini_tables, more_tables = (struct.unpack_from("<I", data, at)[0] for at in (44, 64, 72))
    return sector in (9, 12) and mini_sector == 6 and max(tables, mini_tables, more_tables) << sector <= len(data)


def _children(ole: Any) -> dict[tuple[str, ...], list[str]]:
    """The storages by the storage that they are in."""
    children: dict[tuple[str, ...], list[str]] = {}
    for *way, name in ole.listdir(streams=False, storages=True):
        children.setdefault(tuple(way), []).append(name)
    return children


class _Storage:
    """A message or an attachment: a folder of the compound file."""

    def __init__(self, ole: Any, children: dict[tuple[str, ...], list[str]], way: tuple[str, ...]) -> None:
        self._ole, self._all_children, self._way = ole, children, way
        self.children = sorted(children.get(way, ()))

    def child(self, name: str) -> _Storage:
        return _Storage(self._ole, self._all_children, (*self._way, name))

    def size(self, name: str) -> int:
        """Bytes in a stream; -1 where there is none of that name."""
        way = [*self._way, name]
        return int(self._ole.get_size(way)) if self._ole.get_type(way) == 2 else -1

    def stream(self, name: str, most: int = LONGEST_TEXT) -> bytes | None:
        if not 0 <= self.size(name) <= most:
            return None
        return bytes(self._ole.openstream([*self._way, name]).read())


class _Properties:
    """What a message or an attachment says of itself."""

    def __init__(self, storage: _Storage, header: int) -> None:
        """`header` bytes stand before the first property."""
        self.storage = storage
        entries = (storage.stream(_PROPERTIES) or b"")[header:]
        self._fixed = {
            number: value for _, number, value in struct.iter_unpack("<HH4x8s", entries[: len(entries) // 16 * 16])
        }

    def number(self, number: int) -> int:
        return int(struct.unpack("<i", self._fixed.get(number, bytes(8))[:4])[0])

    def flag(self, number: int) -> bool:
        return bool(self._fixed.get(number, b"\0")[0])

    def date(self, number: int) -> datetime | None:
        ticks = struct.unpack("<Q", self._fixed.get(number, bytes(8)))[0]  # of 100 ns, since 1601
        try:
            return believed(datetime(1601, 1, 1, tzinfo=UTC) + timedelta(seconds=ticks // 10**7))
        except OverflowError:
            return None

    def binary(self, number: int) -> bytes | None:
        return self.storage.stream(f"__substg1.0_{number:04X}{_BINARY:04X}")

    def text(self, number: int, code_page: str = "cp1252") -> str:
        wide = self.storage.stream(f"__substg1.0_{number:04X}{_STRING:04X}")
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.storage.stream(f"__substg1.0_{number:04X}{_STRING_8:04X}") or b""
        return text(narrow, code_page).rstrip("\0")

    @property
    def code_page(self) -> str:
        try:
            return codecs.lookup(f"cp{self.number(_CODE_PAGE)}").name
        except LookupError:
            return "cp1252"


def _message(storage: _Storage, header: int, budget: Budget) -> Iterator[ContainedFile]:
    properties = _Properties(storage, header)
    code_page = properties.code_page
    dated = (
        properties.date(_SUBMITTED)
        or Headers(properties.text(_HEADERS).encode("utf-8", "replace")).date
        or properties.date(_DELIVERED)
    )
    html = properties.binary(_HTML) or properties.text(_HTML).encode("utf-8", "replace")
    shown = shown_in(html.decode("utf-8", "replace"))
    attachments = [storage.child(name) for name in storage.children if name.startswith(_ATTACHMENT)]
    first = attachments[:MOST_ATTACHMENTS]
    yield from delivered((_attachment(one, code_page, shown, budget) for one in first), dated)
    if len(attachments) > MOST_ATTACHMENTS:
        yield ContainedFile("", None, _MANY, dated)


def _attachment(storage: _Storage, code_page: str, shown: set[str], budget: Budget) -> tuple[str, ContainedFile]:
    """An attachment and its type; `shown` are the Content-IDs that the message's text shows."""
    properties = _Properties(storage, 8)
    kind = properties.text(_KIND, code_page).lower()
    name = clean(properties.text(_LONG_NAME, code_page)) or clean(properties.text(_SHORT_NAME, code_page))
    budget.spend(0, files=1)
    if _OBJECT in storage.children:
        return kind, _object(storage.child(_OBJECT), name)
    size = storage.size(f"__substg1.0_{_DATA:04X}{_BINARY:04X}")
    if size < 0:
        method = properties.number(_METHOD)
        reason = _ELSEWHERE if method in _REFERENCES or method == _ON_THE_WEB else _DAMAGED
        return kind, ContainedFile(name, None, reason)
    if size > LARGEST:
        return kind, ContainedFile(name, None, TOO_LARGE)
    budget.spend(size)
    data = storage.stream(f"__substg1.0_{_DATA:04X}{_BINARY:04X}", LARGEST) or b""
    is_shown = properties.flag(_HIDDEN) or properties.number(_FLAGS) & _IN_THE_TEXT
    is_shown = is_shown or properties.text(_CONTENT_ID).strip("<> ") in shown
    is_aside = is_decoration(kind, name) or bool(is_shown and (kind.startswith("image/") or is_image(data)))
    # A signed message comes as one attachment, which is the message as it was on its way.
    opener = mailed if kind.startswith("multipart/") else None
    return kind, ContainedFile(name, data, is_decoration=is_aside and not is_pdf(data), opener=opener)


def _object(storage: _Storage, name: str) -> ContainedFile:
    if storage.stream(_PROPERTIES) is None:
        return ContainedFile(name, None, _EMBEDDED)
    properties = _Properties(storage, 24)
    subject = called(properties.text(_SUBJECT, properties.code_page))
    return ContainedFile(subject, b"", opener=lambda _, budget: _message(storage, 24, budget))
