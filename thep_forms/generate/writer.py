"""Writes PDF files that differ little: their common part becomes bytes only once.

qpdf, which makes the objects, takes six milliseconds to write a copy; this takes one millisecond. Cross-reference and
object streams (ISO 32000-1, 7.5.7 and 7.5.8) keep the file small.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Mapping

import pikepdf

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_END = re.compile(rb"startxref\n(\d{1,12})\n%%EOF\s*\Z")
_ID = re.compile(rb"/ID\[<([0-9a-f]{32})>")
_TAIL = 2**10  # bytes, more than the end of a file takes
_ROW = struct.Struct(">BIH")  # a cross-reference: type, offset or object stream, index


class Objects:
    """Objects as they are written, by number, with all objects that they refer to; the nearest have the lowest numbers.

    Programs that rewrite the file keep this order. So a file that is cut short still has its boxes, rather than its
    fonts.
    """

    def __init__(self, first: int = 1) -> None:
        self.next = first
        self.plain: dict[int, bytes] = {}
        self.streams: dict[int, bytes] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._waiting: deque[tuple[int, pikepdf.Object]] = deque()

    def reserve(self) -> int:
        """Reserve a number for an object that is written elsewhere."""
        self.next += 1
        return self.next - 1

    def number(self, obj: pikepdf.Object) -> int:
        """The number of an indirect object, which `take_in` will write."""
        if obj.objgen not in self._numbers:
            self._numbers[obj.objgen] = self.reserve()
            self._waiting.append((self._numbers[obj.objgen], obj))
        return self._numbers[obj.objgen]

    def put_off(self, obj: pikepdf.Object) -> None:
        """Give an object its number, but write it, and what only it refers to, when it is taken in itself."""
        self._numbers[obj.objgen] = self.reserve()

    def take_in(self, *put_off: pikepdf.Object) -> None:
        """Write all objects that have a number, the `put_off` ones, and what all these refer to."""
        self._waiting.extend((self._numbers[obj.objgen], obj) for obj in put_off)
        while self._waiting:
            number, obj = self._waiting.popleft()
            if isinstance(obj, pikepdf.Stream):
                entries = {key: value for key, value in obj.items() if key != "/Length"}
                self.streams[number] = stream(self._dictionary(entries), obj.read_raw_bytes())
            else:
                self.plain[number] = self.body(obj)

    def body(self, value: object) -> bytes:
        """A value as it is written, a dictionary or an array in full even if it is indirect."""
        match value:
            case pikepdf.Dictionary():
                return self._dictionary(dict(value.items()))
            case pikepdf.Array():
                return b"[" + b" ".join(map(self.reference, value)) + b"]"
            case pikepdf.Object():
                return value.unparse()
            case bool():
                return b"true" if value else b"false"
            case None:
                return b"null"
            case _:
                return str(value).encode("ascii")

    def reference(self, value: object) -> bytes:
        """A value as it is written inside another: an indirect object by its number."""
        if isinstance(value, pikepdf.Object) and value.is_indirect:
            return b"%d 0 R" % self.number(value)
        return self.body(value)

    def _dictionary(self, entries: Mapping[str, object]) -> bytes:
        written = (pikepdf.Name(key).unparse() + b" " + self.reference(value) for key, value in entries.items())
        return b"<<" + b"".join(written) + b">>"


def stream(dictionary: bytes, data: bytes) -> bytes:
    """A stream object's body; the dictionary has no length yet."""
    return b"%b/Length %d>>\nstream\n%b\nendstream" % (dictionary[:-2], len(data), data)


class Writer:
    """A file while it is written. `copy` gives another file with the same beginning."""

    def __init__(self) -> None:
        self.parts = [HEADER]
        self.length = len(HEADER)
        self.rows: dict[int, bytes] = {}

    def copy(self) -> Writer:
        """A new file with the same beginning. Adding to it does not change this file."""
        duplicate = Writer()
        duplicate.parts, duplicate.length, duplicate.rows = [b"".join(self.parts)], self.length, dict(self.rows)
        return duplicate

    def add(self, number: int, body: bytes) -> None:
        """Write an object outside object streams, as a stream has to be."""
        self.rows[number] = _ROW.pack(1, self.length, 0)
        whole = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        self.parts.append(whole)
        self.length += len(whole)

    def add_together(self, number: int, objects: Mapping[int, bytes]) -> None:
        """Write objects that are not streams in an object stream of that number."""
        heads, offset = [], 0
        for index, (inner, body) in enumerate(objects.items()):
            heads.append(b"%d %d" % (inner, offset))
            offset += len(body) + 1
            self.rows[inner] = _ROW.pack(2, number, index)
        head = b" ".join(heads) + b"\n"
        entries = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode>>" % (len(heads), len(head))
        self.add(number, stream(entries, zlib.compress(head + b"\n".join(objects.values()))))

    def finish(self, number: int, trailer: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The bytes of the file. `number`, the highest object number, belongs to the cross-reference stream."""
        start = self.length
        self.rows[number] = _ROW.pack(1, start, 0)
        rows = _ROW.pack(0, 0, 65535) + b"".join(self.rows[n] for n in range(1, number + 1))
        digest = _file_id(b"".join(self.parts))
        entries = b"<</Type/XRef/W[1 4 2]/Size %d/ID[<%b><%b>]%b/Filter/FlateDecode>>" % (
            number + 1,
            digest,
            digest,
            b"".join(b"/%b %b" % pair for pair in trailer),
        )
        self.add(number, stream(entries, zlib.compress(rows)))
        return b"".join([*self.parts, b"startxref\n%d\n%%%%EOF\n" % start])


def is_as_written(data: bytes) -> bool:
    """Whether a file is byte for byte as a `Writer` wrote it: its ID is the hash of what stands before its end."""
    end = _END.search(data[-_TAIL:])
    if not end:
        return False
    start = int(end[1])
    stated = _ID.search(data, start, start + _TAIL)
    return stated is not None and stated[1] == _file_id(data[:start])


def _file_id(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest()[:32].encode("ascii")
