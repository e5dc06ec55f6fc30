"""Changes to a filled return, of its objects and of its bytes, of the kinds that programs and transport make."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Callable, Sequence

import pikepdf

VALUE = rb"(?:\((?:\\.|[^\\()])*\)|<[0-9a-fA-F]*>|/[^ /<>\[\]()]+|\d+ \d+ R|\d+)"
STATES = (b"/Yes", b"/Off", b"/On", b"/1", b"/yes", b"null")
TEXTS = (
    *(b"(Somebody Else)", b"()", b"( )", b"<feff00530061006d>", b"<fffe530061006d00>", b"<efbbbf5ac3a9>", b"(\\000)"),
    *(b"<feffd83d>", b"/Name", b"17", b"null", b"true", b"[(one) (two)]", b"<< /V (no) >>", b"99999 0 R", b"(\\r\\n)"),
)
RARE = {"/V removed": 0.15}  # what is drawn has then to be read, which takes a hundred times as long
LENGTHS = (1, 2, 10, 100, 1000, 20_000)
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


Mutation = Callable[[File], None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(name: str) -> Callable[[Mutation], Mutation]:
    def add(change: Mutation) -> Mutation:
        MUTATIONS[name] = change
        return change

    return add


@mutation("/V of a text changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.texts), b"V", file.chance.choice(TEXTS))


@mutation("/V of a text taken from another")
def _(file: File) -> None:
    file.set(file.pick(file.parts.filled), b"V", file.get(file.pick(file.parts.filled), b"V"))


@mutation("/V removed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.filled), b"V", None)


@mutation("/V in an object of its own")
def _(file: File) -> None:
    number, new = file.pick(file.parts.filled), max(file.objects) + 1
    value = file.get(number, b"V") or b"()"
    as_stream = file.chance.random() < 0.5 and value.startswith(b"(")
    content = value[1:-1]
    file.objects[new] = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content) if as_stream else value
    file.set(number, b"V", b"%d 0 R" % new)


@mutation("/V twice in a dictionary")
def _(file: File) -> None:
    number = file.pick(file.parts.filled)
    file.objects[number] = file.objects[number].replace(b"<<", b"<< /V (Twice)", 1)


@mutation("/RV")
def _(file: File) -> None:
    number = file.pick(file.parts.texts)
    if file.chance.random() < 0.5:
        file.set(number, b"V", None)
    file.set(number, b"RV", b"(<body xmlns='http://www.w3.org/1999/xhtml'><p>Rich Text</p></body>)")


@mutation("/DV")
def _(file: File) -> None:
    number = file.pick(file.parts.texts)
    file.set(number, b"DV", b"(The Default)")
    if file.chance.random() < 0.3:
        file.set(number, b"V", None)


@mutation("/AS changed")
def _(file: File) -> None:
    ticks = [n for n in file.parts.widgets if b"/AS " in file.objects[n]]
    file.set(file.pick(ticks), b"AS", file.chance.choice((*STATES, None)))


@mutation("/V of a tick box changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.ticks), b"V", file.chance.choice((*STATES, b"(Yes)", None)))


@mutation("on-state renamed")
def _(file: File) -> None:
    ticks = [n for n in file.parts.widgets if b"/AS " in file.objects[n]]
    number = file.pick(ticks)
    file.objects[number] = file.objects[number].replace(b"/Yes ", b"/Ja ", file.chance.choice((1, 9)))


@mutation("/Opt and a choice")
def _(file: File) -> None:
    number = file.pick(file.parts.texts)
    options = (b"[(Sam) (Priya)]", b"[[(1) (Sam)] [(2) (Priya)]]")
    file.objects[number] = file.objects[number].replace(b"<<", b"<< /Opt " + file.chance.choice(options), 1)
    if file.chance.random() < 0.7:
        file.objects[number] = file.objects[number].replace(b"/FT /Tx", b"/FT /Ch", 1)
    if file.chance.random() < 0.5:
        file.set(number, b"V", file.chance.choice((b"(2)", b"(Sam)", b"[(1) (2)]")))


@mutation("/FT changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.fields), b"FT", file.chance.choice((b"/Tx", b"/Btn", b"/Ch", b"/Sig", b"/Xx", None)))


@mutation("/Ff changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.fields), b"Ff", b"%d" % (1 << file.chance.randrange(27)))


@mutation("/F changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.widgets), b"F", b"%d" % file.chance.randrange(256))


@mutation("/MaxLen changed")
def _(file: File) -> None:
    file.set(file.pick(file.parts.texts), b"MaxLen", b"%d" % file.chance.choice((0, 1, 5, 20)))


@mutation("/T changed")
def _(file: File) -> None:
    number = file.pick(file.parts.fields)
    other = file.get(file.pick(file.parts.fields), b"T")
    file.set(number, b"T", file.chance.choice((other, b"(x.y)", b"()", None, b"(unknown)", b"/Name")))


@mutation("/T exchanged")
def _(file: File) -> None:
    one, two = file.pick(file.parts.texts), file.pick(file.parts.texts)
    first, second = file.get(one, b"T"), file.get(two, b"T")
    file.set(one, b"T", second)
    file.set(two, b"T", first)


@mutation("/Rect changed")
def _(file: File) -> None:
    number = file.pick(file.parts.widgets)
    found = re.search(rb"/Rect \[[^\]]*\]", file.objects[file.pick(file.parts.widgets)])
    other = found[0] if found else b""
    new = file.chance.choice((b"/Rect [0 0 0 0]", b"/Rect [-500 -500 -400 -480]", b"/Rect null", other))
    file.objects[number] = re.sub(rb"/Rect \[[^\]]*\]", lambda _: new, file.objects[number])


@mutation("/Parent added")
def _(file: File) -> None:
    number, new = file.pick(file.parts.texts), max(file.objects) + 1
    value = file.chance.choice((b"/V (Of The Parent)", b"/V ()", b"", b"/FT /Tx /T (group)"))
    file.objects[new] = b"<< /Kids [%d 0 R] %b >>" % (number, value)
    file.objects[number] = file.objects[number].replace(b"<<", b"<< /Parent %d 0 R" % new, 1)
    if file.chance.random() < 0.5:
        file.set(number, b"V", None)


@mutation("/Parent changed")
def _(file: File) -> None:
    children = [n for n in file.parts.widgets if b"/Parent " in file.objects[n]]
    number = file.pick(children or file.parts.widgets)
    file.set(number, b"Parent", file.chance.choice((b"%d 0 R" % file.pick(file.parts.fields), b"99999 0 R", None)))


@mutation("/Kids changed")
def _(file: File) -> None:
    number = file.pick(file.parts.fields)
    kids = b"%d 0 R" % file.pick(file.parts.widgets)
    new = file.chance.choice((b"/Kids [%b]" % kids, b"/Kids []", b"/Kids [%d 0 R]" % number, b"/Kids [99999 0 R]"))
    body = re.sub(rb"/Kids \[[^\]]*\]", b"", file.objects[number])
    file.objects[number] = body.replace(b"<<", b"<< " + new, 1)


@mutation("page tree changed")
def _(file: File) -> None:
    trees = [n for n, body in file.objects.items() if re.search(rb"/Type /Pages\b", body)]
    number = file.pick(trees)
    pages = [b"%d 0 R" % page for page in file.parts.pages]
    match file.chance.randrange(4):
        case 0:
            file.chance.shuffle(pages)
        case 1:
            pages.pop(file.chance.randrange(len(pages)))
        case 2:
            pages.append(file.chance.choice(pages))
        case _:
            pages[file.chance.randrange(len(pages))] = b"99999 0 R"
    body = re.sub(rb"/Kids \[[^\]]*\]", lambda _: b"/Kids [" + b" ".join(pages) + b"]", file.objects[number])
    file.objects[number] = re.sub(rb"/Count \d+", b"/Count %d" % len(pages), body)


def _items(file: File, number: int, key: bytes) -> None:
    """Remove, repeat or exchange a reference in an array of references."""
    found = re.search(rb"/" + key + rb" \[([^\]]*)\]", file.objects[number])
    if not found:
        return
    items = re.findall(rb"\d+ \d+ R", found[1])
    if not items:
        return
    at = file.chance.randrange(len(items))
    match file.chance.randrange(5):
        case 0:
            del items[at]
        case 1:
            items.append(items[at])
        case 2:
            items[at] = b"99999 0 R"
        case 3:
            items[at] = items[at].replace(b" 0 R", b" 1 R")
        case _:
            del items[at:]
    whole = b"/" + key + b" [" + b" ".join(items) + b"]"
    file.objects[number] = file.objects[number].replace(found[0], whole, 1)


@mutation("/Fields changed")
def _(file: File) -> None:
    holders = [n for n, body in file.objects.items() if b"/Fields [" in body]
    _items(file, file.pick(holders), b"Fields")


@mutation("/Annots changed")
def _(file: File) -> None:
    page = file.pick(file.parts.pages)
    found = re.search(rb"/Annots (\d+) 0 R", file.objects[page])
    if found:
        array = int(found[1])
        file.objects[page] = file.objects[page].replace(found[0], b"/Annots " + file.objects[array], 1)
    _items(file, page, b"Annots")


@mutation("NeedAppearances")
def _(file: File) -> None:
    holders = [n for n, body in file.objects.items() if b"/Fields [" in body]
    number = file.pick(holders)
    value = file.chance.choice((b"true", b"false"))
    file.objects[number] = file.objects[number].replace(b"/Fields [", b"/NeedAppearances " + value + b" /Fields [", 1)


@mutation("/AP of another")
def _(file: File) -> None:
    number, other = file.pick(file.parts.drawn), file.pick(file.parts.drawn)
    found = re.search(rb"/N (\d+ 0 R)", file.objects[other])
    if found:
        file.objects[number] = re.sub(rb"/N \d+ 0 R", b"/N " + found[1], file.objects[number])


@mutation("/AP removed")
def _(file: File) -> None:
    number = file.pick(file.parts.drawn)
    new = file.chance.choice((b"", b"/N 99999 0 R"))
    file.objects[number] = re.sub(rb"/N \d+ 0 R", new, file.objects[number])


@mutation("appearance stream changed")
def _(file: File) -> None:
    found = re.search(rb"/N (\d+) 0 R", file.objects[file.pick(file.parts.drawn)])
    if not found or int(found[1]) not in file.objects:
        return
    number = int(found[1])
    head, mark, rest = file.objects[number].partition(b"stream\n")
    content = bytearray(rest.removesuffix(b"endstream").rstrip(b"\n"))
    if not mark or not content:
        return
    match file.chance.randrange(3):
        case 0:
            content[file.chance.randrange(len(content))] ^= 1 << file.chance.randrange(8)
        case 1:
            del content[file.chance.randrange(len(content)) :]
        case _:
            content = bytearray(b"/Tx BMC EMC")
            head = re.sub(rb"/Filter /\w+", b"", head)
    head = re.sub(rb"/Length \d+", b"/Length %d" % len(content), head)
    file.objects[number] = head + b"stream\n" + bytes(content) + b"\nendstream"


@mutation("xref: offset to another object")
def _(file: File) -> None:
    file.shifts[file.pick(file.parts.fields)] = file.chance.choice((-2000, -300, 300, 2000, 10_000))


@mutation("xref: offset a little wrong")
def _(file: File) -> None:
    numbers = [file.pick(file.parts.widgets) for _ in range(file.chance.choice((1, 2, 30)))]
    file.shifts |= dict.fromkeys(numbers, file.chance.choice((-20, -2, -1, 1, 2, 5, 9)))


@mutation("xref: generation wrong")
def _(file: File) -> None:
    file.generations[file.pick(file.parts.widgets + file.parts.fields)] = file.chance.choice((1, 2, 65535))


@mutation("xref: entry marked free")
def _(file: File) -> None:
    file.free.add(file.pick(file.parts.widgets + file.parts.fields))


@mutation("generation in a reference wrong")
def _(file: File) -> None:
    number = file.pick(list(file.objects))
    references = [*re.finditer(rb"\d+ 0 R", file.objects[number].partition(b"stream\n")[0])]
    if references:
        found = file.chance.choice(references)
        body = file.objects[number]
        file.objects[number] = body[: found.end() - 3] + b"1 R" + body[found.end() :]


@mutation("object removed")
def _(file: File) -> None:
    number = file.pick(list(file.objects))
    if number != file.parts.root:
        del file.objects[number]


@mutation("trailer changed")
def _(file: File) -> None:
    change = file.chance.choice((b"/Size 10", b"/Size 99999", b"/Root 99999 0 R", b"/Root 2 0 R", b"/Info 1 0 R"))
    file.trailer = file.trailer.replace(b"<<", b"<< " + change, 1)


@mutation("a revision added")
def _(file: File) -> None:
    number = file.pick(file.parts.texts)
    body = re.sub(rb"/V " + VALUE, b"", file.objects.get(number, b"<< >>"))
    body = body.replace(b"<<", b"<< /V " + file.chance.choice((b"(Of The Revision)", b"()")), 1)
    hows = ("right", "right", "generation", "offset", "no previous", "loop", "cut")
    file.revisions.append(({number: body}, file.chance.choice(hows)))


@mutation("an old object again in a revision")
def _(file: File) -> None:
    number = file.pick(file.parts.fields)
    old = file.parts.objects[number]
    file.set(number, b"V", b"(New)") if number in file.objects and b"/FT /Tx" in old else None
    file.revisions.append(({number: old}, file.chance.choice(("right", "offset", "generation"))))


@mutation("object streams")
def _(file: File) -> None:
    file.packing = file.chance.choice(("right", "offset", "number", "index", "stream", "count", "first"))


@mutation("an object twice in the file")
def _(file: File) -> None:
    number = file.pick(file.parts.texts)
    new = re.sub(rb"/V " + VALUE, b"", file.objects.get(number, b"<< >>")).replace(b"<<", b"<< /V (Twice)", 1)
    other = max(file.objects) + 1
    file.objects[other] = b"null\nendobj\n%d 0 obj\n%b" % (number, new)


def bytes_changed(data: bytes, others: Sequence[bytes], chance: random.Random) -> tuple[bytes, str]:
    """The bytes with a change that knows nothing of PDF, and what it was."""
    changed = bytearray(data)
    match chance.randrange(6):
        case 0:
            for _ in range(chance.choice((1, 1, 2, 5, 30))):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            kind = "bits flipped"
        case 1:
            del changed[chance.randrange(len(changed)) :]
            kind = "cut off"
        case 2:
            at = chance.randrange(len(changed))
            del changed[at : at + chance.choice(LENGTHS)]
            kind = "bytes lost"
        case 3:
            at = chance.randrange(len(changed))
            changed[at:at] = changed[at : at + chance.choice(LENGTHS)]
            kind = "bytes repeated"
        case 4:
            other = chance.choice(others)
            changed += other if chance.random() < 0.5 else other[chance.randrange(len(other)) :]
            kind = "joined to another file"
        case _:
            at = chance.randrange(len(changed))
            changed[at : at + 64] = bytes(64)
            kind = "64 bytes cleared"
    return bytes(changed), kind


def mutated(parts: Parts, others: Sequence[bytes], chance: random.Random) -> tuple[bytes, tuple[str, ...]]:
    """A file with one to three changes, and what they were."""
    if chance.random() < 0.1:
        data, kind = bytes_changed(parts.base, others, chance)
        return data, (kind,)
    file, kinds = File(parts, chance), []
    for _ in range(chance.choices((1, 2, 3), (70, 20, 10))[0]):
        kind = chance.choices([*MUTATIONS], [RARE.get(name, 1.0) for name in MUTATIONS])[0]
        try:
            MUTATIONS[kind](file)
        except KeyError:  # its object was removed before
            continue
        kinds.append(kind)
    data = file.written()
    if chance.random() < 0.1:
        data, kind = bytes_changed(data, others, chance)
        kinds.append(kind)
    return data, tuple(kinds)
