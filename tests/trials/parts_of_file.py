"""A PDF taken apart into its objects, and written again with what is to be wrong in it."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Sequence

import pikepdf

VALUE = rb"(?:\((?:\\.|[^\\()])*\)|<[0-9a-fA-F]*>|/[^ /<>\[\]()]+|\d+ \d+ R|\d+)"
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class Parts:
    """A file taken apart: its objects by number, and its trailer. `base` are the bytes that it was made of."""

    def __init__(self, pdf: bytes) -> None:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True)
        data = self.base = out.getvalue()
        offsets = sorted(int(row) for row in re.findall(rb"(\d{10}) 00000 n", data[data.rindex(b"xref\n0 ") :]))
        ends = [*offsets[1:], data.rindex(b"xref\n0 ")]
        self.objects: dict[int, bytes] = {}
        for start, end in zip(offsets, ends, strict=True):
            number, _, rest = data[start:end].partition(b" 0 obj\n")
            self.objects[int(number)] = rest[: rest.rindex(b"endobj")].strip()
        self.trailer = data[data.rindex(b"trailer ") + 8 : data.rindex(b"startxref")].strip()
        self.root = int(re.search(rb"/Root (\d+) 0 R", self.trailer)[1])
        self.widgets = [n for n, body in self.objects.items() if b"/Subtype /Widget" in body]
        self.fields = [n for n, body in self.objects.items() if re.search(rb"/T [(<]", body) and b"/FT" in body]
        self.texts = [
            n for n in self.fields if b"/FT /Tx" in self.objects[n] and b"/T (form_id)" not in self.objects[n]
        ]
        self.ticks = [n for n in self.fields if b"/FT /Btn" in self.objects[n]]
        self.filled = [n for n in self.texts if re.search(rb"/V ", self.objects[n])]
        self.drawn = [n for n in self.widgets if re.search(rb"/N \d+ 0 R", self.objects[n])]
        self.pages = [n for n, body in self.objects.items() if re.search(rb"/Type /Page\b", body)]


class File:
    """A file that is being changed: objects, and how its cross-reference table is to be wrong."""

    def __init__(self, parts: Parts, chance: random.Random) -> None:
        self.parts, self.chance = parts, chance
        self.objects = dict(parts.objects)
        self.trailer = parts.trailer
        self.generations: dict[int, int] = {}  # in the table alone
        self.shifts: dict[int, int] = {}  # of offsets in the table
        self.free: set[int] = set()
        self.revisions: list[tuple[dict[int, bytes], str]] = []
        self.packing = ""

    def pick(self, numbers: Sequence[int]) -> int:
        return self.chance.choice(numbers or list(self.objects))

    def set(self, number: int, key: bytes, value: bytes | None) -> None:
        """Set or remove an entry of an object's dictionary."""
        body = re.sub(rb"/" + key + rb" " + VALUE, b"", self.objects[number], count=1)
        if value is not None:
            body = body.replace(b"<<", b"<< /" + key + b" " + value, 1)
        self.objects[number] = body

    def get(self, number: int, key: bytes) -> bytes | None:
        found = re.search(rb"/" + key + rb" (" + VALUE + rb")", self.objects[number])
        return found[1] if found else None

    # --- writing -------------------------------------------------------------------------------------------------

    def written(self) -> bytes:
        data = self._packed() if self.packing else self._plain()
        for objects, how in self.revisions:
            data = self._revised(data, objects, how)
        return data

    def _plain(self) -> bytes:
        out, offsets, at = [HEADER], {}, len(HEADER)
        for number, body in self.objects.items():
            offsets[number] = at
            whole = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            out.append(whole)
            at += len(whole)
        size = max(self.objects) + 1
        table = [b"0000000000 65535 f \n"]
        for number in range(1, size):
            used = number in offsets and number not in self.free
            offset = max(0, offsets.get(number, 0) + self.shifts.get(number, 0))
            table.append(b"%010d %05d %b \n" % (offset, self.generations.get(number, 0), b"n" if used else b"f"))
        return b"".join((*out, b"xref\n0 %d\n" % size, *table, self._end(at)))

    def _end(self, at: int) -> bytes:
        return b"trailer %b\nstartxref\n%d\n%%%%EOF\n" % (self.trailer, at)

    def _packed(self) -> bytes:
        """With objects in an object stream, and a cross-reference stream; `packing` says what is wrong in it."""
        out, at, rows = [HEADER], len(HEADER), {}
        inside = [n for n, body in self.objects.items() if not body.endswith(b"endstream")]
        stream_number = max(self.objects) + 1
        for number, body in self.objects.items():
            if number not in inside:
                rows[number] = (1, at, 0)
                whole = b"%d 0 obj\n%b\nendobj\n" % (number, body)
                out.append(whole)
                at += len(whole)
        index, bodies, position = [], [], 0
        for place, number in enumerate(inside):
            rows[number] = (2, stream_number, place)
            index.append(b"%d %d" % (number, position))
            bodies.append(self.objects[number] + b"\n")
            position += len(bodies[-1])
        victim = self.chance.randrange(len(inside))
        if self.packing == "offset":
            index[victim] = b"%d %d" % (inside[victim], self.chance.randrange(position))
        elif self.packing == "number":
            index[victim] = b"%d %b" % (self.pick(inside), index[victim].split()[1])
        elif self.packing == "index":
            rows[inside[victim]] = (2, stream_number, self.chance.randrange(len(inside)))
        elif self.packing == "stream":
            rows[inside[victim]] = (2, self.chance.choice((1, stream_number + 7)), victim)
        first = b" ".join(index) + b" "
        content = zlib.compress(first + b"".join(bodies), 1)
        count = len(inside) - (self.chance.randrange(1, 9) if self.packing == "count" else 0)
        skew = self.chance.choice((1, -1, 3)) if self.packing == "first" else 0
        head = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>"
        body = head % (count, len(first) + skew, len(content)) + b"\nstream\n" + content + b"\nendstream"
        rows[stream_number] = (1, at, 0)
        whole = b"%d 0 obj\n%b\nendobj\n" % (stream_number, body)
        out.append(whole)
        at += len(whole)
        xref = stream_number + 1
        rows[xref] = (1, at, 0)
        table = b"".join(
            kind.to_bytes(1, "big") + second.to_bytes(4, "big") + third.to_bytes(2, "big")
            for kind, second, third in (rows.get(number, (0, 0, 0)) for number in range(xref + 1))
        )
        trailer = re.sub(rb"/Size \d+", b"", self.trailer).removeprefix(b"<<").removesuffix(b">>")
        head = b"<< /Type /XRef /W [1 4 2] /Size %d %b /Length %d >>" % (xref + 1, trailer, len(table))
        out.append(b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (xref, head, table))
        return b"".join((*out, b"startxref\n%d\n%%%%EOF\n" % at))

    def _revised(self, data: bytes, objects: dict[int, bytes], how: str) -> bytes:
        """The file with a revision added; `how` says what is wrong with it."""
        before = int(data[data.rindex(b"startxref") + 9 :].split()[0])
        out, at, rows = [data], len(data), []
        for number, body in objects.items():
            generation = 1 if how == "generation" else 0
            offset = at + (self.chance.choice((-7, 5, 400)) if how == "offset" else 0)
            rows.append(b"%d 1\n%010d %05d n \n" % (number, offset, generation))
            whole = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            out.append(whole)
            at += len(whole)
        previous = {"no previous": b"", "loop": b"/Prev %d" % at}.get(how, b"/Prev %d" % before)
        trailer = re.sub(rb"/Prev \d+", b"", self.trailer).replace(b"<<", b"<< " + previous + b" ", 1)
        out.append(b"xref\n" + b"".join(rows) + b"trailer %b\nstartxref\n%d\n%%%%EOF\n" % (trailer, at))
        whole = b"".join(out)
        if how == "cut":
            return whole[: self.chance.randrange(len(data), len(whole))]
        return whole
