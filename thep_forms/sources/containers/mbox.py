"""The kind of container that is an mbox: a whole mail folder in a file, one e-mail after the other (RFC 4155)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.limits import (
    BYTES_OF_A_MESSAGE,
    LARGEST_FILE,
    LARGEST_HEADERS,
    MOST_FILES,
    TOO_LARGE,
    Budget,
    TooMuchError,
)
from thep_forms.sources.mail.email_headers import is_header, name_of_email
from thep_forms.sources.names import UniqueNames

_TOO_MANY = "This mailbox holds too many tiny e-mails. We read only the first. Send fewer."
_FROM_AND_DATE = re.compile(rb"From \S+ .*\d\d:\d\d(:\d\d)?\b.*\b\d{4}\b")

_EMPTY_LINES = (b"\n", b"\r\n")
_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LOOKED_AT = 16  # bytes from the last of the content on: what tells that a message ends there
_END = re.compile(rb"(?:\n|.\r?\n)(?:\r?\n){0,2}From |.(?:\r?\n){0,3}\Z", re.DOTALL)


def _is_mbox(head: bytes, _: str) -> bool:
    first, _newline, rest = head.partition(b"\n")
    return first.startswith(b"From ") and is_header(rest)


def _open_mbox(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The e-mails in an mbox, each named after its subject.

    Text in which nearly every line looks like the start of an e-mail holds none: it is read up to a limit.
    """
    names = UniqueNames()
    count = size = 0
    for message, is_whole in _messages(file):
        count, size = count + 1, size + len(message)
        if count > MOST_FILES + size // BYTES_OF_A_MESSAGE:
            raise TooMuchError(_TOO_MANY)
        budget.spend(len(message), files=1)
        name = names.take(name_of_email(message))
        if is_whole:
            yield ContainedFile(name, message, kind=EMAIL)
        else:
            yield ContainedFile(name, None, TOO_LARGE)


def _messages(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The bytes of each e-mail, one at a time, and True; for one that is too large its first bytes, and False.

    A line that starts with `From ` divides two e-mails if headers follow it, and an empty line stands before it or a
    date is in it. Any other is a line of text, which many programs do not mark as such. Where a message states its
    length and ends there, no line in it divides anything.
    """
    message, divider, is_after_empty, is_whole = bytearray(), b"", True, True
    has_begun = is_in_headers = False
    for line in iter(lambda: file.readline(LARGEST_HEADERS), b""):
        if divider:
            if is_header(line):
                if has_begun:
                    yield bytes(message), is_whole
                message, is_whole, has_begun, is_in_headers = bytearray(), True, True, True
            else:
                message += divider
            divider = b""
        if line.startswith(b"From ") and (is_after_empty or _FROM_AND_DATE.match(line)):
            divider, is_after_empty = line, False
            continue
        message += line
        is_after_empty = line in _EMPTY_LINES
        if is_in_headers and is_after_empty:
            is_in_headers = False
            length = _stated_length(message, file)
            message += file.read(min(length, LARGEST_FILE + 1))
            file.seek(max(0, length - LARGEST_FILE - 1), io.SEEK_CUR)
        if len(message) > LARGEST_FILE:
            is_whole = False
            del message[LARGEST_HEADERS:]
    if has_begun:
        yield bytes(message + divider), is_whole


def _stated_length(headers: bytes | bytearray, file: BinaryIO) -> int:
    """The length of the content after these headers, where `file` is; 0 where it is not stated, or not right.

    It is right where the next message or the end of the file follows (the format mboxcl2).
    """
    stated = _LENGTH.search(headers)
    if not stated:
        return 0
    start, length = file.tell(), int(stated[1])
    end = file.seek(0, io.SEEK_END)
    is_right = start + length <= end
    if is_right:
        file.seek(start + length - 1)
        is_right = bool(_END.match(file.read(_LOOKED_AT)))
    file.seek(start)
    return length if is_right else 0


# A mail folder may have any size: it is read e-mail by e-mail, and each has a budget of its own.
MBOX = ContainerKind("mbox", _is_mbox, _open_mbox, is_streamed=True, has_budget_per_file=True)
