"""Pages of flattened returns, read by the quick reader and by pdfminer; and changes to what draws them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from tests.support.changing import changed
from thep_forms.reading.drawn.content_tokens import NotPlainError
from thep_forms.reading.drawn.file import DrawnFile
from thep_forms.reading.drawn.model import DrawnPage

_TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[^<>]*>|[^\s()<>]+", re.DOTALL)
OPERATORS = (
    *(b"q", b"Q", b"cm", b"w", b"g", b"rg", b"k", b"cs", b"scn", b"m", b"l", b"c", b"v", b"y", b"h", b"re", b"n", b"S"),
    *(b"s", b"f", b"F", b"f*", b"B", b"b", b"W", b"BT", b"ET", b"Tc", b"Tw", b"Tz", b"TL", b"Ts", b"Tf", b"Td", b"TD"),
    *(b"Tm", b"T*", b"Tj", b"'", b'"', b"TJ", b"Do", b"gs", b"sh", b"BI", b"EI", b"d0", b"xyz"),
)
NUMBERS = (b"0", b"-1", b"1", b"0.5", b"-.25", b"3.", b"90", b"1e3", b"99999999999", b"--4", b"+7", b"4-4")
STRINGS = (b"(a(b)c)", b"(\\101\\n\\q)", b"()", b"<4>", b"<00410042>", b"(\\400)", b"<zz>", b"(open", b"[", b"]", b"%")


WITH_BOXES = (0, 3)  # pages of a form


def differences(data: bytes, pages: Sequence[int] = WITH_BOXES) -> Iterator[tuple[int, str]]:
    """Those of the pages on which the two readers differ, and in what; a page that only one of them can read counts.

    A page that the quick reader leaves to pdfminer is none.
    """
    with DrawnFile(data) as file:
        for number in pages:
            quick = plainly(file, number)
            if quick and (found := _difference(quick, file, number)):
                yield number, found


def plainly(file: DrawnFile, number: int) -> DrawnPage | None:
    """What the quick reader finds on a page; None if it leaves it to pdfminer."""
    try:
        return file.page_from_content(number)
    except NotPlainError:
        return None


def plain_pages(data: bytes) -> list[int]:
    """Those of the pages with boxes that the quick reader reads."""
    with DrawnFile(data) as file:
        return [number for number in WITH_BOXES if plainly(file, number)]


def _difference(quick: DrawnPage, file: DrawnFile, number: int) -> str:
    try:
        slow = file.page_by_pdfminer(number)
    except Exception as error:  # noqa: BLE001 - the quick reader read it, so whatever this one raises is a difference
        return f"pdfminer raises {type(error).__name__}"
    for name in ("size", "corner", "letters", "strokes_in_order"):
        ours, theirs = getattr(quick, name), getattr(slow, name)
        if _plain(ours) != _plain(theirs):
            return name
    return ""


def _plain(value: object) -> object:
    """The value as lists all through."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


# --- changes ----------------------------------------------------------------------------------------------------------


def with_changed_contents(pdf: bytes, chosen: random.Random) -> bytes:
    """The file with some of its contents or fonts changed at random."""

    def change(opened: pikepdf.Pdf) -> None:
        for _ in range(chosen.randint(1, 4)):
            chosen.choice(CHANGES)(opened, chosen)

    return changed(pdf, change)


def _contents(opened: pikepdf.Pdf) -> list[Any]:
    """The streams that draw the pages."""
    found: list[Any] = []
    for page in opened.pages:
        page.contents_coalesce()
        found.append(page.obj.Contents)
    forms = [item for item in opened.objects if isinstance(item, Stream) and item.get("/Subtype") == Name.Form]
    return found + forms


def _change_token(opened: pikepdf.Pdf, chosen: random.Random) -> None:
    """One token of a content left out, doubled, or replaced."""
    stream = chosen.choice(_contents(opened))
    content = stream.read_bytes()
    tokens = [*_TOKEN.finditer(content)]
    if not tokens:
        return
    match = chosen.choice(tokens)
    new = chosen.choice(
        (b"", match[0] + b" " + match[0], chosen.choice(OPERATORS), chosen.choice(NUMBERS), chosen.choice(STRINGS))
    )
    stream.write(content[: match.start()] + b" " + new + b" " + content[match.end() :])


def _add_operators(opened: pikepdf.Pdf, chosen: random.Random) -> None:
    """A few operators with numbers before them, in the middle of a content."""
    stream = chosen.choice(_contents(opened))
    content = stream.read_bytes()
    added = [b" "]
    for _ in range(chosen.randint(1, 5)):
        added += [b"%d.%d" % (chosen.randint(-50, 600), chosen.randint(0, 99)) for _ in range(chosen.randint(0, 6))]
        added.append(chosen.choice(OPERATORS))
    tokens = [*_TOKEN.finditer(content)]
    place = chosen.choice(tokens).end() if tokens else 0
    stream.write(content[:place] + b" ".join(added) + b" " + content[place:])


def _change_font(opened: pikepdf.Pdf, chosen: random.Random) -> None:
    """Something left out of a font, or set otherwise."""
    fonts = [item for item in opened.objects if isinstance(item, Dictionary) and item.get("/Type") == Name.Font]
    inner = [item for item in opened.objects if isinstance(item, Dictionary) and item.get("/Type") == "/FontDescriptor"]
    font = chosen.choice([*fonts, *inner])
    key = chosen.choice(sorted(font.keys() - {"/Type", "/FontFile2"}))
    values = (
        *(Name.WinAnsiEncoding, Name.MacRomanEncoding, Name("/Identity-H"), Name("/Identity-V"), Name("/GBK-EUC-H")),
        *(Name.Helvetica, Name.Type3, Name.Type1, 0, -300, 500, Array([100] * 40)),
        Array([1, Array([200, 300]), 5, 9, 700]),
        Dictionary(Differences=Array([65, Name.eacute, Name.g12, 97, Name.uni0416])),
    )
    if chosen.random() < 0.4:
        del font[key]
    else:
        font[key] = chosen.choice(values)


def _change_unicode(opened: pikepdf.Pdf, chosen: random.Random) -> None:
    """A ToUnicode stream with something exchanged."""
    fonts = [item for item in opened.objects if isinstance(item, Dictionary) and "/ToUnicode" in item]
    streams = [font.ToUnicode for font in fonts if isinstance(font.ToUnicode, Stream)]
    if not streams:
        return
    stream = chosen.choice(streams)
    old, new = chosen.choice(
        (
            (b"endbfchar", b"endbfrange"),
            (b"> <", b"> % bfchar\n<"),
            (b"endcmap", b"1 beginbfchar <0041> <00A0> endbfchar endcmap 1 beginbfchar <0042> <0043> endbfchar"),
            (b"<00", b"<0"),
            (b"beginbfchar", b"beginbfchar <0041> <D83DDE00> <0042> <> "),
            (b"endcodespacerange", b"endcodespacerange 1 beginbfrange <0030> <0040> [<0041> <0042>] endbfrange"),
            (b"endcodespacerange", b"endcodespacerange 1 begincidrange <0030> <0040> 7 endcidrange"),
        )
    )
    stream.write(stream.read_bytes().replace(old, new, chosen.choice((1, 1, -1))))


def _change_page(opened: pikepdf.Pdf, chosen: random.Random) -> None:
    """A page turned, of another size, or with its corner elsewhere."""
    page = chosen.choice([*opened.pages]).obj
    page[chosen.choice(("/MediaBox", "/CropBox"))] = Array(
        chosen.choice(([0, 0, 595, 842], [-20, 30, 600, 850], [600, 800, 0, 0], [10.5, 20.25, 580, 800]))
    )
    page.Rotate = chosen.choice((0, 90, 180, 270, -90, 450, 45))


CHANGES: tuple[Callable[[pikepdf.Pdf, random.Random], None], ...] = (
    *(_change_token, _change_token, _add_operators, _add_operators),
    *(_change_font, _change_unicode, _change_page),
)
