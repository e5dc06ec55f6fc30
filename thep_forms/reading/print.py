"""Answers read from the page: forms that were flattened or printed to a PDF have no fields left, only ink."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import pdfplumber
import pypdfium2
from msgspec import Struct
from msgspec.structs import replace
from pdfplumber.page import Page as PlumberPage

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import MM, PageLayout, PlacedBox, PlacedText, body_of, lay_out
from thep_forms.reading.box_contents import SLACK, TICK_SLACK, answer
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.page_content import Area, PageContent, PrintedLetter, content_of, lines_of, words_of
from thep_forms.reading.placement import Placement, find_placement, folded, phrases, relabelled
from thep_forms.reading.strings import REPLACEMENT
from thep_forms.reading.unreadable_fonts import unreadable_fonts

MOST_BLOCKS = 80  # on continuation pages that are looked for
LEFT = 7.0  # the same, of one that was typed without regard to the boxes, to the left
SHORTEST_PHRASE = 10  # letters of a label that tells something: many a page says “Primary”
FEWEST_PHRASES = 3  # by which a page is taken for a sheet
LONGEST_TICK = 3  # letters
LONGEST_NUMBER = 2  # digits of a page's or a revision's number
MOST_LINES = 100  # beside the boxes, that are told of
LEAST_PICTURE = 0.5  # of a page, that a scan covers
EDGE = 0.3  # of the type size, from the middle of a letter to the edge of its box
_COMMON_WORDS = re.compile(r"\b(?:and|of|the|to)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:revision\d+)?(?:page\d+of\d+)?$")  # how the foot goes on
_YEARS = re.compile(r"\b(20\d\d)(?:-\d\d\b|\s*[–-]\s*(?:\w+\s+)?20\d\d\b)")


class Sighting(Struct, frozen=True):
    """A page that is one of the form's sheets, by its printed words."""

    page: int  # index
    sheet: int  # index among those of `sheets_of`
    year: int | None  # in which the membership year starts, as printed


class PrintedPage(Struct, frozen=True):
    """What is on a page: the answers by their boxes, and lines of words that are neither answers nor printed there.

    `pictured`: a picture covers it, so that its words are those that a program guessed.
    """

    answers: dict[str, Answer]
    beside: tuple[str, ...]
    pictured: bool = False


class PageReader:
    """Reads the pages of one year's form."""

    def __init__(self, definition: FormDefinition) -> None:
        self.height = definition.file.page.height * MM
        self.body, self.words = body_of(definition.file.page), definition.words
        # Those that boxes stand on, the first page first, with as many continuation pages as anyone will use.
        self.sheets = [sheet for sheet in lay_out(definition, MOST_BLOCKS) if sheet.boxes]
        self.foot = tuple(map(_letters_of, (*definition.foot, definition.partnership.dfe_prefix)))  # and a school
        self.text = _letters_of("".join(definition.words.values()))
        heading = definition.words[definition.form.heading]
        self.running = _letters_of(" ".join((heading, *definition.foot, "revision", "page", "of")))
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

    def strange(self, data: bytes, numbers: Iterable[int]) -> list[str]:
        """The lines on pages without boxes that the form does not say itself; none on those that are not the form's."""
        found: list[str] = []
        wanted = sorted(numbers)
        mute = unreadable_fonts(data, wanted)
        with pdfplumber.open(io.BytesIO(data), pages=[number + 1 for number in wanted]) as opened:
            for number, page in zip(wanted, opened.pages, strict=True):
                letters = [letter for run in content_of(page, mute[number]).runs for letter in run]
                found += self._strange([words_of(line).strip() for line in lines_of(letters)])
                page.close()
        return found[:MOST_LINES]

    def _strange(self, lines: Sequence[str]) -> list[str]:
        own = {line for line in map(_letters_of, lines) if line in self.text or line.startswith(self.foot)}
        known = sum(len(line) for line in map(_letters_of, lines) if line in own)
        if 2 * known < sum(map(len, map(_letters_of, lines))):
            return []
        return [line for line in lines if _letters_of(line) not in own and REPLACEMENT not in line]

    def read(self, data: bytes, seen: Sequence[Sighting], *, margins: bool = False) -> dict[Sighting, PrintedPage]:
        """What is on the pages that were seen; one whose labels do not say where it lies is left out.

        `margins`: what stands above, below and beside the form's body is told, too, which a printer may have put there.
        """
        numbers = sorted({one.page for one in seen})
        mute = unreadable_fonts(data, numbers)
        pages: dict[Sighting, PrintedPage] = {}
        with pdfplumber.open(io.BytesIO(data), pages=[number + 1 for number in numbers]) as opened:
            for number, page in zip(numbers, opened.pages, strict=True):
                ink, pictured = content_of(page, mute[number]), _is_pictured(page)
                for one in (one for one in seen if one.page == number):
                    sheet = self.sheets[one.sheet]
                    if placement := find_placement(ink, sheet, self.height):
                        counts = self._counts(placement.area(self.body), margins)
                        read = _page(ink, sheet, placement, self._printed(sheet, placement), counts)
                        pages[one] = replace(read, pictured=pictured)
                page.close()
        return pages

    def _counts(self, body: Area, margins: bool) -> Callable[[Sequence[PrintedLetter]], bool]:
        """Whether words are where they are told of: on the body, or in the margins and not what is printed there."""
        return lambda run: body.holds(*_start(run)) or (margins and not self._is_running(run, body))

    def _is_running(self, run: Sequence[PrintedLetter], body: Area) -> bool:
        """Whether it is of the heading or the foot of the pages, or part of it; none of these is in a side margin."""
        said = _NUMBERED.sub("", _letters_of("".join(letter.text for letter in run)))
        is_number = said.isdigit() and len(said) <= LONGEST_NUMBER
        return body.x - SLACK <= run[0].area.x <= body.right and (said in self.running or is_number)

    def _printed(self, sheet: PageLayout, placement: Placement) -> list[tuple[str, Area]]:
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


def _is_pictured(page: PlumberPage) -> bool:
    covered = sum(image["width"] * image["height"] for image in page.images)
    return bool(covered > LEAST_PICTURE * page.width * page.height)


def _letters_of(text: str) -> str:
    """Without signs, which some fonts lose."""
    return "".join(char for char in folded(text) if char.isalnum())


def _page(
    ink: PageContent,
    sheet: PageLayout,
    placement: Placement,
    printed: Sequence[tuple[str, Area]],
    counts: Callable[[Sequence[PrintedLetter]], bool],
) -> PrintedPage:
    areas = [(placed, placement.area(placed.rect)) for placed in sheet.boxes]
    letters: dict[str, list[PrintedLetter]] = {placed.box.name: [] for placed in sheet.boxes}
    rest: list[PrintedLetter] = []
    between: set[str] = set()
    for run in ink.runs:
        # A text that is too long goes on beyond its box: it belongs to the one that it starts in.
        x, y = _start(run)
        box = _box_at(x, y, areas, run) or (None if _is_printed(run, printed) else _box_at(x + LEFT, y, areas, run))
        if box:
            name, area = box[0].box.name, box[1]
            letters[name] += run
            between |= {name} if _is_between(run, area, (area for _, area in areas)) else set()
        elif counts(run) and not _is_printed(run, printed):
            rest += run
    answers = {placed.box.name: answer(placed, area, letters[placed.box.name], ink) for placed, area in areas}
    for name in relabelled(ink, sheet, placement):
        if answers[name].text:
            answers[name] = Answer(REPLACEMENT, read_from=ReadFrom.PAGE_TEXT, doubtful=True)
    answers |= {name: replace(answers[name], doubtful=True) for name in between}
    return PrintedPage(answers, tuple(_worth_a_look(rest)))


def _start(run: Sequence[PrintedLetter]) -> tuple[float, float]:
    return run[0].area.x + min(run[0].area.width, run[0].size) / 2, run[0].area.middle[1]


def _box_at(
    x: float, y: float, areas: Iterable[tuple[PlacedBox, Area]], run: Sequence[PrintedLetter]
) -> tuple[PlacedBox, Area] | None:
    return next(((placed, area) for placed, area in areas if area.holds(x, y, _slack(placed, run))), None)


def _is_printed(run: Sequence[PrintedLetter], printed: Sequence[tuple[str, Area]]) -> bool:
    """Whether it is one of the form's own words, or part of one, in its place."""
    said = folded("".join(letter.text for letter in run))
    return any(said in words for words, area in printed if area.holds(*run[0].area.middle, SLACK))


def _worth_a_look(rest: Sequence[PrintedLetter]) -> Iterator[str]:
    """What stands in free space, line by line, but for what is nothing but signs or unknown; “…”: there is more."""
    lines = (words_of(line).strip() for line in lines_of(rest))
    told = (line for line in lines if REPLACEMENT not in line and any(char.isalnum() for char in line))
    yield from islice(told, MOST_LINES)
    yield from ("…" for _ in islice(told, 1))


def _slack(placed: PlacedBox, run: Sequence[PrintedLetter]) -> float:
    """How far outside of the box the run may begin: a cross beside a box to tick is meant for it."""
    return TICK_SLACK if placed.box.kind is Kind.TICKS and len(run) <= LONGEST_TICK else SLACK


def _is_between(run: Sequence[PrintedLetter], area: Area, others: Iterable[Area]) -> bool:
    """Whether it lies across the upper or the lower edge of its box, beyond which is another one."""
    x, y = run[0].area.middle
    nearer = area.top if y - area.top < area.bottom - y else area.bottom
    beyond = nearer + math.copysign(run[0].size / 2, nearer - y)
    return abs(nearer - y) < EDGE * run[0].size and any(other.holds(x, beyond) for other in others if other != area)
