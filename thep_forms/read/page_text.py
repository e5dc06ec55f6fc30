"""Answers read from the page: forms that were flattened or printed to a PDF have no fields left, only ink."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import pdfplumber
import pikepdf
import pypdfium2
from pdfplumber.page import Page as PrintedPage
from pikepdf import Dictionary, Name

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.generate.layout import MM, PlacedBox, PlacedText, Rect, Sheet, body_of, lay_out
from thep_forms.read.ink import Area, Ink, Letter, ink_of, lines_of, overlap, words_of
from thep_forms.read.place import Placement, folded, phrases, place, relabelled
from thep_forms.read.reading import RawValue, ReadFrom
from thep_forms.read.strings import REPLACEMENT

MOST_BLOCKS = 80  # on continuation pages that are looked for
SLACK = 2.0  # points that a letter may be outside of its box
LEFT = 7.0  # the same, of one that was typed without regard to the boxes, to the left
SHORTEST_PHRASE = 10  # letters of a label that tells something: many a page says “Primary”
FEWEST_PHRASES = 3  # by which a page is taken for a sheet
TICK_SLACK = 5.0  # the same, of something that ticks the box
LONGEST_TICK = 3  # letters
MOST_LINES = 100  # beside the boxes, that are told of
LARGEST_MARK, LEAST_MARK = 2.5, 0.2  # times the height of its box
LEAST_PICTURE = 0.5  # of a page, that a scan covers
FARTHEST = 3.0  # times the type size, between two letters of an answer
MOST_SIZES = 1.25  # times the smallest of its letters
LEADING = 0.75  # of the type size, from one line to the next
STRUCK = 0.2  # of the type size, from the middle of an answer to a line through it
EDGE = 0.3  # of the type size, from the middle of a letter to the edge of its box
FRAME = 0.85  # of a side of its box: what looks like a frame is none if it is smaller
_SPELT = re.compile(r"\[U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})\]")  # as `generate.entry` draws what no font of ours has
_COMMON_WORDS = re.compile(r"\b(?:and|of|the|to)\b", re.IGNORECASE)
_YEARS = re.compile(r"\b(20\d\d)(?:-\d\d\b|\s*[–-]\s*(?:\w+\s+)?20\d\d\b)")


@dataclass(frozen=True)
class Sighting:
    """A page that is one of the form's sheets, by its printed words."""

    page: int  # index
    sheet: int  # index among those of `sheets_of`
    year: int | None  # in which the membership year starts, as printed


@dataclass(frozen=True)
class Page:
    """What is on a page: the answers by their boxes, and lines of words that are neither answers nor printed there.

    `pictured`: a picture covers it, so that its words are those that a program guessed.
    """

    answers: dict[str, RawValue]
    beside: tuple[str, ...]
    pictured: bool = False


class PageReader:
    """Reads the pages of one year's form."""

    def __init__(self, definition: FormDefinition) -> None:
        self.height = definition.file.page.height * MM
        self.body, self.words = body_of(definition.file.page), definition.words
        # Those that boxes stand on, the first page first, with as many continuation pages as anyone will use.
        self.sheets = [sheet for sheet in lay_out(definition, MOST_BLOCKS) if sheet.boxes]
        self.phrases = [[one for one in phrases(sheet) if len(one) >= SHORTEST_PHRASE] for sheet in self.sheets]

    @staticmethod
    def opens(data: bytes) -> bool:
        """Whether PDFium can open the file."""
        try:
            pypdfium2.PdfDocument(data).close()
        except pypdfium2.PdfiumError:
            return False
        return True

    def sightings(self, texts: Sequence[str]) -> list[Sighting]:
        """The pages that are sheets of the form, by the texts of all pages; several sheets may be on one."""
        found: list[Sighting] = []
        for number, text in enumerate(texts):
            words, said = folded(text), _YEARS.search(text)
            counts = [sum(phrase in words for phrase in sheet) for sheet in self.phrases]
            year = int(said[1]) if said else None
            found += [Sighting(number, sheet, year) for sheet, count in enumerate(counts) if count >= FEWEST_PHRASES]
        return found

    def read(self, data: bytes, seen: Sequence[Sighting]) -> dict[Sighting, Page]:
        """What is on the pages that were seen; one whose labels do not say where it lies is left out."""
        numbers = sorted({one.page for one in seen})
        mute = _mute_fonts(data, numbers)
        pages: dict[Sighting, Page] = {}
        with pdfplumber.open(io.BytesIO(data), pages=[number + 1 for number in numbers]) as opened:
            for number, page in zip(numbers, opened.pages, strict=True):
                ink, pictured = ink_of(page, mute[number]), _is_pictured(page)
                for one in (one for one in seen if one.page == number):
                    sheet = self.sheets[one.sheet]
                    if placement := place(ink, sheet, self.height):
                        read = _page(ink, sheet, placement, self._printed(sheet, placement), self.body)
                        pages[one] = replace(read, pictured=pictured)
                page.close()
        return pages

    def _printed(self, sheet: Sheet, placement: Placement) -> list[tuple[str, Area]]:
        """What the form says itself, folded, and where."""
        texts = [item for item in sheet.items if isinstance(item, PlacedText)]
        labels = [(folded(label.words), placement.area(label.rect)) for label in sheet.labels]
        return labels + [(folded(self.words[item.name]), placement.area(item.rect)) for item in texts]


def texts_of(data: bytes) -> list[str]:
    """The text of each page, in a quick look by PDFium, so that no page need be laid out that is not of the form."""
    texts: list[str] = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            text = page.get_textpage()
            texts.append(text.get_text_range())
            text.close()
            page.close()
    return texts


def is_legible(text: str) -> bool:
    """Whether a page's text is one that a program can read, which that of a form is if any is."""
    return bool(_COMMON_WORDS.search(text))


def _is_pictured(page: PrintedPage) -> bool:
    covered = sum(image["width"] * image["height"] for image in page.images)
    return bool(covered > LEAST_PICTURE * page.width * page.height)


def _page(ink: Ink, sheet: Sheet, placement: Placement, printed: Sequence[tuple[str, Area]], rect: Rect) -> Page:
    areas = [(placed, placement.area(placed.rect)) for placed in sheet.boxes]
    body = placement.area(rect)
    letters: dict[str, list[Letter]] = {placed.box.name: [] for placed in sheet.boxes}
    rest: list[Letter] = []
    between: set[str] = set()
    for run in ink.runs:
        # A text that is too long goes on beyond its box: it belongs to the one that it starts in.
        x, y = run[0].area.x + min(run[0].area.width, run[0].size) / 2, run[0].area.middle[1]
        box = _box_at(x, y, areas, run) or (None if _is_printed(run, printed) else _box_at(x + LEFT, y, areas, run))
        if box:
            name, area = box[0].box.name, box[1]
            letters[name] += run
            between |= {name} if _is_between(run, area, (area for _, area in areas)) else set()
        elif body.holds(x, y) and not _is_printed(run, printed):
            rest += run
    answers = {placed.box.name: _answer(placed, area, letters[placed.box.name], ink) for placed, area in areas}
    for name in relabelled(ink, sheet, placement):
        if answers[name].text:
            answers[name] = RawValue(REPLACEMENT, read_from=ReadFrom.PAGE_TEXT, doubtful=True)
    answers |= {name: replace(answers[name], doubtful=True) for name in between}
    return Page(answers, tuple(_worth_a_look(rest)))


def _box_at(
    x: float, y: float, areas: Iterable[tuple[PlacedBox, Area]], run: Sequence[Letter]
) -> tuple[PlacedBox, Area] | None:
    return next(((placed, area) for placed, area in areas if area.holds(x, y, _slack(placed, run))), None)


def _is_printed(run: Sequence[Letter], printed: Sequence[tuple[str, Area]]) -> bool:
    """Whether it is one of the form's own words, or part of one, in its place."""
    said = folded("".join(letter.text for letter in run))
    return any(said in words for words, area in printed if area.holds(*run[0].area.middle, SLACK))


def _worth_a_look(rest: Sequence[Letter]) -> Iterator[str]:
    """What stands in free space, line by line, but for what is nothing but signs or unknown; “…”: there is more."""
    lines = (words_of(line).strip() for line in lines_of(rest))
    told = (line for line in lines if REPLACEMENT not in line and any(char.isalnum() for char in line))
    yield from islice(told, MOST_LINES)
    yield from ("…" for _ in islice(told, 1))


def _slack(placed: PlacedBox, run: Sequence[Letter]) -> float:
    """How far outside of the box the run may begin: a cross beside a box to tick is meant for it."""
    return TICK_SLACK if placed.box.kind is Kind.TICKS and len(run) <= LONGEST_TICK else SLACK


def _answer(placed: PlacedBox, area: Area, letters: list[Letter], ink: Ink) -> RawValue:
    if placed.box.kind is Kind.TICKS:
        inked = any(letter.text.strip() for letter in letters) or _is_drawn_on(area, ink, TICK_SLACK)
        return RawValue("yes" if inked else "", read_from=ReadFrom.PAGE_TEXT)
    if not letters and _is_drawn_on(area, ink, 0):  # by hand, or as a picture
        return RawValue(REPLACEMENT, read_from=ReadFrom.PAGE_TEXT, doubtful=True)
    lines = [line for line in lines_of(letters) if any(letter.text.strip() for letter in line)]
    text = _SPELT.sub(lambda match: chr(int(match[1], 16)), _joined(lines, area)) if lines else ""
    shuffled = any(_is_shuffled(char) for char in text)
    cut = bool(lines) and _is_cut(lines[-1], area, placed.box.lines > 1)
    mute = any(char == REPLACEMENT or _is_dingbat(char) for char in text)
    doubtful = mute or _is_mixed(lines, wraps=placed.box.lines > 1) or any(_is_struck(line, ink) for line in lines)
    return RawValue(text, damaged=shuffled, read_from=ReadFrom.PAGE_TEXT, doubtful=doubtful, cut=cut)


def _is_mixed(lines: Sequence[Sequence[Letter]], *, wraps: bool) -> bool:
    """Whether letters are not set as an answer is, as where something else was printed over it.

    They are of several sizes, far apart, over each other, or on two lines where there is room for one.
    """
    sizes = [letter.size for line in lines for letter in line if letter.text.strip()]
    apart = (other.area.x - one.area.right - FARTHEST * one.size for line in lines for one, other in pairwise(line))
    several = max(sizes, default=1) > MOST_SIZES * min(sizes, default=1)
    leading = (
        other[0].area.middle[1] - one[0].area.middle[1] - LEADING * one[0].size for one, other in pairwise(lines)
    )
    crowded = min(leading, default=0) < 0 if wraps else len(lines) > 1
    return several or crowded or max(apart, default=0) > 0 or any(map(overlap, lines))


def _is_between(run: Sequence[Letter], area: Area, others: Iterable[Area]) -> bool:
    """Whether it lies across the upper or the lower edge of its box, beyond which is another one."""
    x, y = run[0].area.middle
    nearer = area.top if y - area.top < area.bottom - y else area.bottom
    beyond = nearer + math.copysign(run[0].size / 2, nearer - y)
    return abs(nearer - y) < EDGE * run[0].size and any(other.holds(x, beyond) for other in others if other != area)


def _is_struck(line: Sequence[Letter], ink: Ink) -> bool:
    """Whether a line is drawn through most of it; a rule below it is none."""
    size, middle, width = line[0].size, line[0].area.middle[1], line[-1].area.right - line[0].area.x
    through = (
        stroke.area for stroke in ink.strokes if stroke.area.height < size / 2 and stroke.area.width >= width / 2
    )
    return any(
        abs(area.middle[1] - middle) <= STRUCK * size and line[0].area.x <= area.middle[0] <= line[-1].area.right
        for area in through
    )


def _is_dingbat(char: str) -> bool:
    """Whether it is a sign that glyphs called a1, a2, … are taken for, as printer drivers call any glyphs."""
    return 0x2700 <= ord(char) <= 0x27BF


def _is_cut(line: Sequence[Letter], area: Area, wraps: bool) -> bool:
    """Whether the text goes up to the edge of its box or beyond, where some programs leave out what does not show."""
    last = line[-1]
    if wraps:
        return last.area.bottom > area.bottom
    return last.area.right > area.right - 2 * SLACK - 0.3 * last.size  # a space, and what boxes are clipped to


def _is_shuffled(char: str) -> bool:
    """Whether it is of a script, from Devanagari to Khmer, whose letters are not drawn in the order of reading."""
    return 0x900 <= ord(char) <= 0x17FF and not 0x10A0 <= ord(char) <= 0x16FF


def _joined(lines: Sequence[Sequence[Letter]], area: Area) -> str:
    """The lines as they were typed: where the next word would not have fitted, a line was broken by the viewer."""
    text = words_of(lines[0]).strip()
    for line, following in pairwise(lines):
        words = words_of(following).strip()
        first = following[: len(words.partition(" ")[0])]
        needed = first[-1].area.right - first[0].area.x + following[0].size * 0.25
        wrapped = line[-1].area.right + needed > area.right - 2 * SLACK
        text += (" " if wrapped else "\n") + words
    return text


def _is_drawn_on(box: Area, ink: Ink, slack: float) -> bool:
    """Whether there is a mark on the box, neither its frame nor a speck; it may be of many strokes."""
    marks = [
        stroke.area
        for stroke in ink.strokes
        if box.holds(*stroke.area.middle, slack)
        and stroke.area.height <= LARGEST_MARK * box.height
        and stroke.area.width <= max(LARGEST_MARK * box.height, box.width)
        and not (stroke.frames and max(stroke.area.width / box.width, stroke.area.height / box.height) >= FRAME)
    ]
    if not marks:
        return False
    width = max(mark.right for mark in marks) - min(mark.x for mark in marks)
    height = max(mark.bottom for mark in marks) - min(mark.top for mark in marks)
    return max(width, height) >= LEAST_MARK * box.height


# --- Fonts that do not say what their letters are -------------------------------------------------------------------


def _mute_fonts(data: bytes, pages: Sequence[int]) -> dict[int, frozenset[str]]:
    """By page, the names of fonts from whose codes no program can tell the letters."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        return {number: frozenset(_mute_in(pdf.pages[number].obj.get("/Resources"), set())) for number in pages}


def _mute_in(resources: object, seen: set[tuple[int, int]]) -> Iterator[str]:
    if not isinstance(resources, Dictionary):
        return
    fonts, forms = resources.get("/Font"), resources.get("/XObject")
    for font in fonts.values() if isinstance(fonts, Dictionary) else ():
        if isinstance(font, Dictionary) and _is_mute(font):
            yield str(font.get("/BaseFont", font.get("/Name", "/unknown")))[1:]
    for form in forms.values() if isinstance(forms, Dictionary) else ():
        if isinstance(form, pikepdf.Stream) and form.objgen not in seen:
            seen.add(form.objgen)
            yield from _mute_in(form.get("/Resources"), seen)


def _is_mute(font: Dictionary) -> bool:
    """An embedded font without ToUnicode whose codes have no names of letters either."""
    if "/ToUnicode" in font:
        return False
    kind, encoding = font.get("/Subtype"), font.get("/Encoding")
    if kind == Name.Type0:
        return encoding in (Name("/Identity-H"), Name("/Identity-V"))
    descriptor = font.get("/FontDescriptor")
    embedded = isinstance(descriptor, Dictionary) and any(
        key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
    )
    if kind == Name.Type3:
        return not _names_letters(encoding)
    return embedded and encoding is None and kind == Name.TrueType


def _names_letters(encoding: object) -> bool:
    """Whether the differences of an encoding are names such as /eacute, not /g12 or /a3."""
    if not isinstance(encoding, Dictionary):
        return isinstance(encoding, Name)
    names = [str(name)[1:] for name in encoding.get("/Differences", ()) if isinstance(name, Name)]
    return bool(names) and not all(re.fullmatch(r"[a-zA-Z]{0,5}\d+", name) for name in names)
