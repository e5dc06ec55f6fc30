"""Changes to a filled return, of the kinds that programs and transport make."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from tests.trials.bytes_changed import bytes_changed
from tests.trials.parts_of_file import VALUE, File, Parts

STATES = (b"/Yes", b"/Off", b"/On", b"/1", b"/yes", b"null")
TEXTS = (
    *(b"(Somebody Else)", b"()", b"( )", b"<feff00530061006d>", b"<fffe530061006d00>", b"<efbbbf5ac3a9>", b"(\\000)"),
    *(b"<feffd83d>", b"/Name", b"17", b"null", b"true", b"[(one) (two)]", b"<< /V (no) >>", b"99999 0 R", b"(\\r\\n)"),
)
RARE = {"/V removed": 0.15}  # what is drawn has then to be read, which takes a hundred times as long

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
