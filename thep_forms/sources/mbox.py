"""The e-mails in an mbox: a file of one after the other (RFC 4155)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from thep_forms.sources.emails import HEAD, HEADER_LINE, mailed, name_of
from thep_forms.sources.model import LARGEST, TOO_LARGE, Budget, ContainedFile
from thep_forms.sources.names import UniqueNames

_FROM_AND_DATE = re.compile(rb"From \S+ .*\d\d:\d\d(:\d\d)?\b.*\b\d{4}\b")


def looks_like_mbox(head: bytes) -> bool:
    """Whether a file that starts so holds one e-mail after the other."""
    first, _, rest = head.partition(b"\n")
    return first.startswith(b"From ") and bool(HEADER_LINE.match(rest))


def mailboxed(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
    """The e-mails in an mbox."""
    names = UniqueNames()
    for message, is_whole in messages(file):
        budget.spend(len(message), files=1)
        name = names.free(name_of(message))
        yield ContainedFile(name, message, opener=mailed) if is_whole else ContainedFile(name, None, TOO_LARGE)


def messages(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The e-mails in an mbox, one at a time; of one that is too large its head, and False."""
    message, waiting, is_after_empty, is_whole = bytearray(), b"", True, True
    started = False
    for line in iter(lambda: file.readline(HEAD), b""):
        if waiting:
            if HEADER_LINE.match(line):
                if started:
                    yield bytes(message), is_whole
                message, is_whole, started = bytearray(), True, True
            else:  # a line of text that starts like one between two e-mails
                message += waiting
            waiting = b""
        if line.startswith(b"From ") and (is_after_empty or _FROM_AND_DATE.match(line)):
            waiting, is_after_empty = line, False
            continue
        message += line
        is_after_empty = line in (b"\n", b"\r\n")
        if len(message) > LARGEST:
            is_whole = False
            del message[HEAD:]
    if started:
        yield bytes(message + waiting), is_whole
