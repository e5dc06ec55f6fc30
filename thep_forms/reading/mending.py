"""Faults of PDF files that lose nothing, mended so that qpdf does not call the file damaged.

PDFium writes the cross-reference stream of an incremental save without its type and its `endobj`. Some mail programs
and cameras fill a file with NUL bytes after its end.
"""

from __future__ import annotations

import re

MOST_REVISIONS = 100
NOTHING = b"\0\t\n\f\r "  # bytes after the end of a file that mean nothing (ISO 32000-1, 7.2.2)
END = b"%%EOF"
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_STREAM = re.compile(rb"\s*\d+\s+\d+\s+obj\s*<<(?P<entries>.{,4000}?)>>\s*stream\r?\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length\s+(\d+)\b(?!\s+\d+\s+R)")
_TYPE = re.compile(rb"/Type\s*/XRef\b")
_PREVIOUS = re.compile(rb"/Prev\s+(\d+)")


def mended(data: bytes) -> bytes | None:
    """The file without such faults; None where it has none, or is cut short."""
    whole = data.rstrip(NOTHING)
    if not whole.endswith(END):
        return None
    with_types = _with_types(whole)
    if with_types is None and b"\0" not in data[len(whole) :]:
        return None
    return with_types or whole


def _with_types(data: bytes) -> bytes | None:
    """The file with a copy of each cross-reference stream up to the oldest without a type; None if all have one.

    The copies are put at its end, so that nothing else in it moves.
    """
    start = _START.search(data, max(len(data) - 1024, 0))
    streams = _streams_without_type(data, int(start[1])) if start else []
    if not streams:
        return None
    out = bytearray(data)
    offset = 0
    for entries, content in reversed(streams):
        if offset:
            entries = _PREVIOUS.sub(b"/Prev %d" % offset, entries)
        out += b"\n"
        offset = len(out)
        out += b"%d 0 obj\n<</Type/XRef%s>>\nstream\n%s\nendstream\nendobj\n" % (_number(data), entries, content)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % offset


def _number(data: bytes) -> int:
    """The number of an object that is not in the file."""
    return max((int(number) for number in re.findall(rb"(\d{1,7}) \d+ obj\b", data)), default=0) + 1


def _streams_without_type(data: bytes, offset: int) -> list[tuple[bytes, bytes]]:
    """The entries and the content of the latest cross-reference streams, from the last, that say no type."""
    found: list[tuple[bytes, bytes]] = []
    for _ in range(MOST_REVISIONS):
        stream = _STREAM.match(data, offset)
        if stream is None or _TYPE.search(stream["entries"]) or b"/W" not in stream["entries"]:
            break
        length, previous = _LENGTH.search(stream["entries"]), _PREVIOUS.search(stream["entries"])
        if length is None:
            return []
        found.append((stream["entries"], data[stream.end() : stream.end() + int(length[1])]))
        if previous is None:
            break
        offset = int(previous[1])
    return found
