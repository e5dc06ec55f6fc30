"""What is in a file that holds others: a zip, an e-mail, an mbox, an Outlook message, each in the other.

Which it is, its content says; its name only helps with an e-mail that has next to no headers. Nothing is written to
disk, nothing is raised whatever the file is, and the same file gives the same things in the same order.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from thep_forms.sources.emails import looks_like_message, mailed
from thep_forms.sources.mbox import looks_like_mbox, mailboxed
from thep_forms.sources.model import (
    DEEPEST,
    LARGEST,
    TOO_LARGE,
    Budget,
    ContainedFile,
    Opener,
    ReceivedFile,
    TooMuchError,
    is_clutter,
)
from thep_forms.sources.outlook import MAGIC, saved
from thep_forms.sources.zips import zipped

SNIFFED = 2**16  # bytes that tell what a file is

_TOO_DEEP = f"This is packed into over {DEEPEST} other files: it has to come with fewer around it."
_TOO_MUCH = "Opening this file took too much memory, so files in it may be missing."


def unpack(source: str, file: BinaryIO) -> Iterator[ReceivedFile]:
    """A file, or every file inside of it if it holds others. `source` is the way to it.

    An mbox on the disk may be of any size: it is read message by message, and each has a budget of its own.
    """
    opener = _opener(file.read(SNIFFED), source)
    file.seek(0)
    if opener is mailboxed:
        for message in mailboxed(file, Budget(sys.maxsize, sys.maxsize)):
            way = f"{source}/{message.name}"
            yield from _bounded(way, _opened(way, message, None, Budget(), 1))
    elif opener is zipped:
        yield from _bounded(source, _inside(source, zipped, file, None, Budget(), 0))
    else:
        yield from _bounded(source, _read(source, file))


def _read(source: str, file: BinaryIO) -> Iterator[ReceivedFile]:
    data = file.read(LARGEST + 1)
    member = ContainedFile(source, data) if len(data) <= LARGEST else ContainedFile(source, None, TOO_LARGE)
    del data
    yield from _opened(source, member, None, Budget(), 0)


def _bounded(source: str, found: Iterator[ReceivedFile]) -> Iterator[ReceivedFile]:
    """What is found, until it is too much; a row of its own says so."""
    try:
        yield from found
    except TooMuchError as reason:
        yield ReceivedFile(source, None, str(reason))
    except (MemoryError, RecursionError):
        yield ReceivedFile(source, None, _TOO_MUCH)


def _opened(
    source: str, member: ContainedFile, received: datetime | None, budget: Budget, depth: int
) -> Iterator[ReceivedFile]:
    """What one thing from a container is: a file, or more of them if it is a container itself."""
    received = member.dated or received
    opener = None
    if member.data is not None and member.name and not member.is_decoration:
        opener = member.opener or _opener(member.data[:SNIFFED], member.name)
    if opener is None or member.data is None:
        yield ReceivedFile(source, member.data, member.reason, received, member.is_decoration or is_clutter(source))
    elif depth >= DEEPEST:
        yield ReceivedFile(source, None, _TOO_DEEP, received)
    else:
        yield from _inside(source, opener, io.BytesIO(member.data), received, budget, depth)


def _inside(
    source: str, opener: Opener, file: BinaryIO, received: datetime | None, budget: Budget, depth: int
) -> Iterator[ReceivedFile]:
    for member in opener(file, budget):
        way = f"{source}/{member.name}" if member.name else source
        yield from _opened(way, member, received, budget, depth + 1)


def _opener(head: bytes, name: str) -> Opener | None:
    """How to open what starts so; None for a file that holds no others."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zipped
    if head.startswith(MAGIC):
        return saved
    if looks_like_mbox(head):
        return mailboxed
    is_called_so = name.lower().endswith(".eml")
    if not head.startswith(b"%PDF-") and looks_like_message(head, is_called_so=is_called_so):
        return mailed
    return None
