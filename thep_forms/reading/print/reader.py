"""The print reader: what stands on the pages of a form that was flattened, printed to a PDF, or drawn on.

Limitations: it finds boxes by the printed labels. So it cannot read pages without legible labels, or mirrored and
slanted pages. It knows that something is written by hand, but not what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import PlacedBox
from thep_forms.reading.drawn.file import DrawnFile
from thep_forms.reading.form_pages import FormPage, folded, form_pages
from thep_forms.reading.model import Answer, Doubt, Note
from thep_forms.reading.objects import NOT_SEEN, UNREADABLE
from thep_forms.reading.print.box_contents import SLACK, answer_in
from thep_forms.reading.print.box_marks import is_written_over
from thep_forms.reading.print.page_content import Area, PageContent, PrintedLetter, Run, content_of_page
from thep_forms.reading.print.placed_page import Layouts, PlacedPage
from thep_forms.reading.print.placement import WordsAt, phrases, words_at
from thep_forms.reading.print.printed_lines import lines_of, words_of
from thep_forms.reading.print.sight import Sight
from thep_forms.reading.print.sorted_runs import sorted_runs
from thep_forms.reading.print.tick_marks import (
    with_doubt_if_all_are_ticked,
    with_hidden_labels_doubted,
    with_outlined_doubted,
)
from thep_forms.reading.print.unseen import Unseen, unseen_on
from thep_forms.reading.strings import REPLACEMENT

LONGEST_NUMBER = 2  # digits of a page's or a revision's number
SHORTEST_PHRASE = 10  # letters of a label that tells pages apart: many a page says “Primary”
MOST_LINES = 100  # beside the boxes, that are kept
MOST_IN_MARGINS = 10  # lines
LEAST_PICTURE = 0.5  # of a page, that a scan covers
EDGE = 2.0  # points of a box, where its frame may be
MORE = "…"  # the note that follows as many lines as are kept
_DIGITS = re.compile(r"\d+")
_NUMBERED = re.compile(r"(?:revision\d+)?(?:page\d+of\d+)?$")  # how the foot goes on


class PrintedPage(Struct, frozen=True):
    """What is on a page: the answers by their boxes, and the words that are neither answers nor the form's own.

    `in_margins` are words around the form's body, which a printer may have put there. `is_picture`: a picture covers
    the page, so its words are those that a program guessed.
    """

    answers: dict[str, Answer]
    notes: tuple[Note, ...]
    in_margins: tuple[Note, ...] = ()
    is_picture: bool = False


class PrintedForm(Struct, frozen=True):
    """What is on the pages of a form.

    `is_complete`: each page says where its boxes are, so no answer is missing. `shows_more`: there are words in the
    margins of its only page, which the school or a printer may have put there.
    """

    answers: dict[str, Answer]
    notes: tuple[Note, ...]
    is_picture: bool
    is_complete: bool
    shows_more: bool


@lru_cache(maxsize=8)
def page_reader(definition: FormDefinition) -> PageReader:
    """The reader of the pages of a year's form."""
    return PageReader(definition)


class PageReader:
    """Reads the pages of one year's form, in each of the layouts that the form may have."""

    def __init__(self, definition: FormDefinition) -> None:
        self._layouts = [Layouts(definition)]
        if definition.earlier:
            self._layouts.append(Layouts(definition.earlier))
        # The prefix stands before a school's number at the foot of its copy.
        self._foot = tuple(map(_letters_of, (*definition.foot, definition.partnership.dfe_prefix)))
        self._definition = definition
        self._phrases: list[set[str]] = [set() for _ in self._layouts[0].pages]
        for layouts in self._layouts:
            for own, layout in zip(self._phrases, layouts.pages, strict=False):
                own.update(words for words in phrases(layout) if len(words) >= SHORTEST_PHRASE)

    @cached_property
    def _text(self) -> str:
        """The letters of the form's longer texts."""
        return _letters_of("".join("".join(layouts.words.values()) for layouts in self._layouts))

    @cached_property
    def _running(self) -> str:
        """The letters of the heading and the foot of the pages."""
        heading = self._definition.words_of_text(self._definition.form.heading)
        return _letters_of(" ".join((heading, *self._definition.foot, "revision", "page", "of")))

    def form_pages(self, texts: Sequence[str]) -> list[FormPage]:
        """The pages of the form among the pages of a file, by their texts; several may be on one page."""
        return form_pages(texts, self._phrases)

    def boxes_on(self, data: bytes, pages: Collection[int], boxed: Collection[int]) -> list[PrintedPage]:
        """What is on those of the pages that have boxes, and the notes on those that are no form pages.

        `boxed` are the pages that have boxes of any kind.
        """
        with DrawnFile(data) as file:
            found = self.form_pages(file.texts())
            wanted = [each for each in found if each.page in pages and each.page in boxed]
            others = set(pages) - {each.page for each in found}
            notes = self._notes_on(file, others)
            return [*self._read(file, wanted, margins=True).values(), PrintedPage({}, tuple(notes))]

    def form_on(self, file: DrawnFile, form_pages: Sequence[FormPage], others: Collection[int]) -> PrintedForm:
        """What is on the pages of one form; `others` are its pages without boxes that people drew on."""
        pages = self._read(file, form_pages, margins=False)
        answers: dict[str, Answer] = {}
        notes: list[Note] = []
        is_picture = False
        for page in pages.values():
            answers |= page.answers
            notes += page.notes
            is_picture = is_picture or page.is_picture
        if not is_picture:
            notes += _on_one_page([page.in_margins for page in pages.values()])
            notes += self._notes_on(file, others)
        shows_more = len(pages) == 1 and any(page.in_margins for page in pages.values())
        is_complete = len(pages) == len(form_pages)
        return PrintedForm(answers, tuple(notes), is_picture, is_complete, shows_more)

    def _notes_on(self, file: DrawnFile, pages: Collection[int]) -> list[Note]:
        """The lines on pages without boxes that the form does not print; none on a page that is not the form's."""
        notes: list[Note] = []
        for number in sorted(pages):
            content = _content(file, number)[0]
            lines = lines_of(letter for run in content.runs for letter in run)
            notes += [Note(line, number) for line in self._added(lines)]
        return notes[:MOST_LINES]

    def _added(self, lines: Sequence[Sequence[PrintedLetter]]) -> list[str]:
        """What shows of the lines that the form does not print, on a page most of which it prints; else nothing."""
        own, total, added = 0, 0, list[str]()
        for line in lines:
            words = words_of(line)
            letters = _letters_of(words)
            total += len(letters)
            if letters in self._text or letters.startswith(self._foot):
                own += len(letters)
            elif REPLACEMENT not in words and (shown := [letter for letter in line if not letter.is_covered]):
                added.append(words_of(shown).strip())
        return [line for line in added if line] if 2 * own >= total else []

    def _read(self, file: DrawnFile, wanted: Sequence[FormPage], *, margins: bool) -> dict[FormPage, PrintedPage]:
        """What is on the pages; one whose labels do not say where its boxes are is left out.

        `margins`: what stands above, below and beside the form's body counts too, where a printer may have put it.
        """
        pages: dict[FormPage, PrintedPage] = {}
        for number in sorted({found.page for found in wanted}):
            pages |= self._read_sheet(file, [found for found in wanted if found.page == number], margins=margins)
        return pages

    def _read_sheet(self, file: DrawnFile, wanted: Sequence[FormPage], *, margins: bool) -> dict[FormPage, PrintedPage]:
        """The same of one page of the file, on which several pages of the form may be.

        Its picture is let go before the next page is drawn: the memory for both at once takes a tenth longer.
        """
        content, is_picture = _content(file, wanted[0].page, may_be_over_boxes=margins)
        words = words_at(content)
        pages: dict[FormPage, PrintedPage] = {}
        for found in wanted:
            if placed := self._placed(words, found.number):
                read = self._on_page(content, found, placed, margins=margins)
                written = _written_in_picture(content.sight, placed, read) if is_picture and content.sight else {}
                pages[found] = replace(read, answers={**read.answers, **written}, is_picture=is_picture)
        return pages

    def _placed(self, words: WordsAt, number: int) -> PlacedPage | None:
        """The form's page of that index, in the layout most of whose labels are on the page; None if none fits."""
        best: PlacedPage | None = None
        for layouts in self._layouts:
            placed = layouts.placed(words, number)
            if placed and (best is None or placed.placement.labels > best.placement.labels):
                best = placed
        return best

    def _on_page(self, content: PageContent, found: FormPage, page: PlacedPage, *, margins: bool) -> PrintedPage:
        runs = sorted_runs(content, page, lambda run: not self._is_running(run, page.body))
        answers: dict[str, Answer] = {}
        for placed, area in page.boxes:
            name = placed.box.name
            answer = answer_in(placed, area, page.cells.get(name), runs.in_boxes[name], content)
            answers[name] = replace(answer, page=found.page)
        answers = with_hidden_labels_doubted(with_outlined_doubted(answers, page, content), page, content)
        answers = with_doubt_if_all_are_ticked(answers, page)
        for name in _under_other_labels(page, answers):
            answers[name] = replace(answers[name], text="", doubts=UNREADABLE)
        for name in runs.between:
            answers[name] = replace(answers[name], doubts=answers[name].doubts | UNREADABLE)
        for name in runs.going_on:
            answers[name] = replace(answers[name], doubts=answers[name].doubts | {Doubt.CUT_OFF})
        if content.hides_most:
            answers = {name: _unseen(answer) for name, answer in answers.items()}
        notes = _notes([*runs.beside, *(runs.in_margins if margins else ())], found.page)
        for placed, area in page.boxes:
            name = placed.box.name
            is_asked = placed.box.kind is Kind.TICKS or Doubt.UNREADABLE in answers[name].doubts
            if not is_asked and is_written_over(runs.in_boxes[name], area, content):
                notes.append(Note("", found.page, name))
        return PrintedPage(answers, tuple(notes), () if margins else tuple(_notes(runs.in_margins, found.page)))

    def _is_running(self, run: Run, body: Area) -> bool:
        """Whether it is of the heading or the foot of the pages, neither of which is in a side margin."""
        words = _NUMBERED.sub("", _letters_of("".join(letter.text for letter in run)))
        is_number = words.isdigit() and len(words) <= LONGEST_NUMBER
        return body.x - SLACK <= run[0].area.x <= body.right and (words in self._running or is_number)


def _notes(letters: Sequence[PrintedLetter], page: int) -> list[Note]:
    return [Note(line, page) for line in _lines_worth_keeping(letters)]


def _on_one_page(pages: Sequence[Sequence[Note]]) -> list[Note]:
    """The notes in the margins of one page alone, of several. What a printer puts there stands on each page.

    Many lines are another page on the same sheet.
    """
    counts = Counter(words for notes in pages for words in {_without_numbers(note) for note in notes})
    if len(pages) == 1 or any(len(notes) > MOST_IN_MARGINS for notes in pages):
        return []
    return [note for notes in pages for note in notes if counts[_without_numbers(note)] == 1]


def _without_numbers(note: Note) -> str:
    return _DIGITS.sub("", note.text)


def _written_in_picture(sight: Sight, page: PlacedPage, read: PrintedPage) -> dict[str, Answer]:
    """The boxes in which a picture over the whole page shows something, such as what a pen wrote on a tablet."""
    written: dict[str, Answer] = {}
    for placed, area in page.boxes:
        answer = read.answers[placed.box.name]
        inner = area.x + EDGE, area.top + EDGE, area.right - EDGE, area.bottom - EDGE
        if not answer.says_something and sight.is_written_on(*inner):
            written[placed.box.name] = replace(answer, doubts=UNREADABLE)
    return written


def _unseen(answer: Answer) -> Answer:
    """An answer on a page of which most does not show: it may not show either."""
    return replace(answer, doubts=answer.doubts | NOT_SEEN) if answer.says_something else answer


def _under_other_labels(page: PlacedPage, answers: Mapping[str, Answer]) -> list[str]:
    """The relabelled boxes of each group in which one of them has an answer: it may be any of theirs."""
    found: list[str] = []
    for group in page.layout.groups:
        boxes = [item.box.name for item in group.items if isinstance(item, PlacedBox)]
        names = [name for name in boxes if name in page.relabelled]
        if any(answers[name].says_something for name in names):
            found += names
    return found


def _content(file: DrawnFile, number: int, *, may_be_over_boxes: bool = False) -> tuple[PageContent, bool]:
    """What is drawn on a page, whose index in the file is `number`; and whether a picture covers it, such as a scan.

    `may_be_over_boxes`: what such a picture shows is looked at.
    """
    unreadable, drawn = file.unreadable_fonts(number), file.page(number)
    covered = sum(picture.width * picture.height for picture in drawn.pictures)
    is_picture = covered > LEAST_PICTURE * drawn.size[0] * drawn.size[1]
    # The letters of a scan are those that a program guessed: none of them shows.
    picture = None if is_picture and not may_be_over_boxes else file.picture(number, drawn)
    unseen = unseen_on(drawn, picture) if picture and not is_picture else Unseen()
    return content_of_page(drawn, unreadable, unseen, picture), is_picture


def _letters_of(text: str) -> str:
    """The letters and digits of a text, folded: some fonts lose signs."""
    return "".join(char for char in folded(text) if char.isalnum())


def _lines_worth_keeping(letters: Sequence[PrintedLetter]) -> list[str]:
    """What stands in free space, line by line, without lines that are nothing but signs or not known."""
    kept: list[str] = []
    for letters_of_line in lines_of(letters):
        line = words_of(letters_of_line).strip()
        if REPLACEMENT in line or not any(map(str.isalnum, line)):
            continue
        if len(kept) == MOST_LINES:
            return [*kept, MORE]
        kept.append(line)
    return kept
