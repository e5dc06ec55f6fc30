"""The kind of container that is an S/MIME message, `smime.p7m`: the message that was signed lies in it (RFC 8551).

It is a CMS structure (RFC 5652) in BER, which is read only as far as the way to the message. Signatures are not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.limits import DEEPEST_OCTETS, Budget

_SEQUENCE, _OCTETS, _CONTENT = 0x30, 0x04, 0xA0
_BUILT = 0x20  # flag of a tag: the element is made of others
_INDEFINITE = -1
_IDENTIFIER_WITHIN = 16  # bytes: the type of the content stands right at the start

_SIGNED = bytes.fromhex("06092a864886f70d010702")
_ENCRYPTED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_PGP = b"-----BEGIN PGP MESSAGE-----"

_REASON_ENCRYPTED = "This message is encrypted, so we cannot read it. Send it without encryption."
_DAMAGED = "This signed message is damaged or was cut short."


class _DamagedError(Exception):
    """The structure is not what it has to be, or ends too early."""


class _Element(Struct, frozen=True):
    """An element of BER: its tag, and where its content starts and ends; `end` is -1 where the length is indefinite."""

    tag: int
    start: int
    end: int


def _is_signed(head: bytes, _: str) -> bool:
    return head[:1] == bytes([_SEQUENCE]) and _SIGNED in head[: _IDENTIFIER_WITHIN + len(_SIGNED)]


def _is_encrypted(head: bytes, _: str) -> bool:
    if head.lstrip(b"\r\n").startswith(_PGP):
        return True
    start = head[: _IDENTIFIER_WITHIN + len(_ENCRYPTED[1])]
    return head[:1] == bytes([_SEQUENCE]) and any(identifier in start for identifier in _ENCRYPTED)


def _open_signed(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The message that was signed. A signature alone, which holds none, comes whole."""
    data = file.read()
    try:
        message = _signed_content(data, budget)
    except _DamagedError:
        yield ContainedFile("", None, _DAMAGED)
        return
    if message is None:
        yield ContainedFile("", data)
    else:
        budget.spend(0, files=1)
        yield ContainedFile("message.eml", message, kind=EMAIL)


def _signed_content(data: bytes, budget: Budget) -> bytes | None:
    """The content of `SignedData`: ContentInfo, [0], SignedData, version, digests, EncapsulatedContentInfo, [0]."""
    info = _enter(data, 0, _SEQUENCE)
    content = _enter(data, _after(data, _element(data, info)), _CONTENT)
    signed = _enter(data, content, _SEQUENCE)
    digests = _after(data, _element(data, signed))
    encapsulated = _element(data, _after(data, _element(data, digests)))
    if encapsulated.tag != _SEQUENCE:
        raise _DamagedError
    at = _after(data, _element(data, encapsulated.start))
    if at == encapsulated.end or data[at : at + 2] == b"\0\0":
        return None
    return _octets(data, _enter(data, at, _CONTENT), budget)


def _enter(data: bytes, at: int, tag: int) -> int:
    """Where the content of the element starts, which must have that tag."""
    element = _element(data, at)
    if element.tag != tag:
        raise _DamagedError
    return element.start


def _element(data: bytes, at: int) -> _Element:
    if at + 2 > len(data):
        raise _DamagedError
    tag, length, start = data[at], data[at + 1], at + 2
    if length == 0x80:
        return _Element(tag, start, _INDEFINITE)
    if length > 0x80:
        size = length - 0x80
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise _DamagedError
    return _Element(tag, start, start + length)


def _after(data: bytes, element: _Element) -> int:
    """Where the element after this one starts."""
    if element.end != _INDEFINITE:
        return element.end
    at, open_elements = element.start, 1
    while open_elements:
        inner = _element(data, at)
        if inner.tag == 0:  # the end of an element of indefinite length
            open_elements -= 1
            at = inner.start
        elif inner.end == _INDEFINITE:
            open_elements += 1
            at = inner.start
        else:
            at = inner.end
    return at


def _octets(data: bytes, at: int, budget: Budget) -> bytes:
    """The bytes of an octet string, which may be made of several."""
    found = bytearray()
    ends: list[int] = []  # of the strings that hold the one at hand
    while True:
        element = _element(data, at)
        if element.tag == _OCTETS and element.end != _INDEFINITE:
            budget.spend(element.end - element.start)
            found += data[element.start : element.end]
            at = element.end
        elif element.tag == _OCTETS | _BUILT and len(ends) < DEEPEST_OCTETS:
            ends.append(element.end)
            at = element.start
        elif element.tag == 0 and ends and ends[-1] == _INDEFINITE:
            ends.pop()
            at = element.start
        else:
            raise _DamagedError
        while ends and ends[-1] == at:
            ends.pop()
        if not ends:
            return bytes(found)


def _open_encrypted(_: BinaryIO, __: Budget) -> Iterator[ContainedFile]:
    yield ContainedFile("", None, _REASON_ENCRYPTED)


SIGNED_MESSAGE = ContainerKind("signed message", _is_signed, _open_signed)
ENCRYPTED_MESSAGE = ContainerKind("encrypted message", _is_encrypted, _open_encrypted)
