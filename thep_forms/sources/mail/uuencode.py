"""Finds the files that old mail programs write into the text of a message (uuencode, POSIX.1)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from thep_forms.sources.container_kind import ContainedFile
from thep_forms.sources.limits import Budget
from thep_forms.sources.names import clean_name, decode

_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,1024})\r?\n(?=([ -`]{2,90})\r?$)", re.MULTILINE)
_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)


def uuencoded_files(text: bytes, budget: Budget) -> Iterator[ContainedFile]:
    """The files in a message's text, in their order. A file that was cut short comes as far as it goes."""
    at = 0
    while begin := _BEGIN.search(text, at):
        at = begin.end()
        if not _is_encoded(begin[2]):
            continue
        end = _END.search(text, at)
        stop = end.start() if end else len(text)
        budget.spend(stop - at, files=1)
        yield ContainedFile(clean_name(decode(begin[1])), _decoded(text[at:stop]))
        at = stop


def _is_encoded(line: bytes) -> bool:
    """Whether the line is as long as its first letter states, perhaps with a check letter, or has lost spaces."""
    missing = _letters(line) - (len(line) - 1)
    return missing in (0, -1) or (missing > 0 and line.startswith(b"M") and b" " in line)


def _letters(line: bytes) -> int:
    """How many letters stand for the bytes that the first letter of the line counts."""
    return ((line[0] - 32 & 63) + 2) // 3 * 4


def _decoded(body: bytes) -> bytes:
    data = bytearray()
    for line in body.splitlines():
        if not line:
            continue
        try:  # some programs add a check letter at the end, others cut spaces off
            data += binascii.a2b_uu(line[: _letters(line) + 1].ljust(_letters(line) + 1))
        except binascii.Error:
            continue
    return bytes(data)
