"""Reads the forms in a picture: which pages it shows, and what stands in the boxes of these."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from functools import cached_property

import numpy as np
from msgspec.structs import replace
from PIL import Image

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import document_title
from thep_forms.definition.model import Kind
from thep_forms.definition.year import MembershipYear
from thep_forms.layout import Label, PlacedBox
from thep_forms.reading.model import Answer, Doubt, PagePlace, ReadFrom
from thep_forms.reading.paper import ticks
from thep_forms.reading.paper.beside import Option, marked_beside
from thep_forms.reading.paper.engine import ANY, EMAIL, NUMBER, TELEPHONE, Alphabet, Words, engine
from thep_forms.reading.paper.frames import displaced_boxes
from thep_forms.reading.paper.numbers import read_number
from thep_forms.reading.paper.outside import is_written_outside
from thep_forms.reading.paper.placing import PictureFeatures, PlacedPage, around_code
from thep_forms.reading.paper.printed import Picture, printed_pages, smaller
from thep_forms.reading.paper.straighten import Straightened, straightened
from thep_forms.reading.paper.writing import WrittenLine, lines_in
from thep_forms.reading.seen import SeenCode, SeenPage

FULL = 0.7  # of a picture: pages with codes cover so much of it, or there may be one more page on it
MOST_IN_PICTURE = 6  # pages that are read
LONGEST_EDGE = 6000  # dots of a picture; a larger one is made smaller first
LEAST_PRINT = 0.5  # of the printed parts of a page have to be where they should be
MOST_DISPLACED = 0.15  # of the boxes of a page may be elsewhere, or the form is laid out otherwise
LEAST_SURE = 0.5  # an answer that is less sure counts as unreadable

_YEAR = re.compile(r"20\d\d-\d\d")
_ALPHABETS = {Kind.DFE_NUMBER: NUMBER, Kind.TELEPHONE: TELEPHONE, Kind.EMAIL: EMAIL}


def read_picture(
    image: Image.Image,
    index: int,
    codes: Sequence[SeenCode],
    definitions: Callable[[MembershipYear | None], FormDefinition],
    *,
    may_lack_code: bool,
) -> list[SeenPage]:
    """The pages of the form in a grey picture, which has that index in its file.

    `codes` are those in the picture. `may_lack_code`: pages without one are looked for by their print.
    """
    picture = _Picture(image, index)
    form = definitions(None).identifier
    ours = [seen for seen in codes if seen.code.form == form]
    read, further = ours[:MOST_IN_PICTURE], ours[MOST_IN_PICTURE:]
    pages = [picture.read_coded(seen, definitions(seen.code.year), is_alone=len(codes) == 1) for seen in read]
    pages += [SeenPage(index, seen.code.page, seen.code, is_legible=False) for seen in further]
    if may_lack_code and sum(seen.page for seen in codes) < FULL:
        pages += picture.read_without_code(definitions(None))
    return pages


class _Picture:
    """A picture in which pages are read one by one."""

    def __init__(self, image: Image.Image, index: int) -> None:
        self.greys, self.factor = smaller(np.asarray(image), LONGEST_EDGE)
        self.index = index

    @cached_property
    def features(self) -> PictureFeatures:
        """Those of the picture, but for where a page was found."""
        return PictureFeatures(self.greys)

    def read_coded(self, seen: SeenCode, definition: FormDefinition, *, is_alone: bool) -> SeenPage:
        """The page with that code. `is_alone`: it may be anywhere in the picture, as there is no other code."""
        page = SeenPage(self.index, seen.code.page, seen.code)
        for printed in (printed_pages(each, seen.code.pages) for each in _layouts(definition)):
            if seen.code.page > len(printed):
                return page
            wanted = printed[seen.code.page - 1]
            around = None if is_alone else around_code(seen.corners, self.factor, wanted)
            placed = self.features.find(wanted, around)
            if placed and (read := self._read(page, placed)):
                return read
        return replace(page, is_legible=False)

    def read_without_code(self, definition: FormDefinition) -> list[SeenPage]:
        """The pages that are recognised by their print alone."""
        pages: list[SeenPage] = []
        candidates = [page for each in _layouts(definition) for page in printed_pages(each) if page.layout]
        while len(pages) < MOST_IN_PICTURE and (placed := self.features.find_best(candidates)):
            read = self._read(SeenPage(self.index, placed.page.number), placed, titled=definition)
            if not read:
                break
            pages.append(read)
        return pages

    def _read(self, seen: SeenPage, placed: PlacedPage, titled: FormDefinition | None = None) -> SeenPage | None:
        """The page with what stands in its boxes; None if too little of it can be made out.

        With the definition of a form as `titled`, its title is read at the foot.
        """
        page = straightened(self.greys, placed)
        displaced = displaced_boxes(page.picture, placed.page, page.end)
        if page.share < LEAST_PRINT or len(displaced) > MOST_DISPLACED * len(placed.page.boxes):
            return None
        self.features.leave_out(placed)
        if not placed.page.layout:
            return replace(seen, shows_more=is_written_outside(page.picture, placed.page))
        place = PagePlace(self.index, placed.page.number, placed.shares(self.greys), placed.page.of_layout)
        title = title_on(page, placed, titled) if titled else ""
        answers = answers_on(page, placed, displaced, self.index)
        shows_more = is_written_outside(page.picture, placed.page, displaced)
        return replace(seen, place=place, answers=answers, title=title, shows_more=shows_more)


def _layouts(definition: FormDefinition) -> list[FormDefinition]:
    """The form, and as forms of its year may be laid out too."""
    return [definition, definition.earlier] if definition.earlier else [definition]


def title_on(page: Straightened, placed: PlacedPage, definition: FormDefinition) -> str:
    """The title of the form with the year that the foot of its page gives; empty where that cannot be read."""
    crop = placed.page.foot.within(page.picture)
    (line,) = engine().read([crop], [ANY])
    match = _YEAR.search(line.text)
    return document_title(definition.form.title, MembershipYear.parse(match[0])) if match else ""


def answers_on(page: Straightened, placed: PlacedPage, displaced: Set[str], index: int) -> dict[str, Answer]:
    """What stands in the boxes of a page that was found in the picture of that index.

    Nobody knows what stands in `displaced` boxes, which are not where they are printed.
    """
    answers: dict[str, Answer] = {}
    written: list[tuple[PlacedBox, list[WrittenLine]]] = []
    options: list[Option] = []
    label: Label | None = None
    for item in placed.page.items:
        if isinstance(item, PlacedBox) and placed.page.area(item.rect).bottom <= page.end:
            if item.box.kind is Kind.TICKS and label:
                options.append(Option(label, item))
            if item.box.name in displaced:
                unreadable = frozenset({Doubt.UNREADABLE})
                answers[item.box.name] = Answer("", ReadFrom.SCAN, unreadable, page=index, confidence=0.0)
            elif item.box.kind is Kind.TICKS:
                mark = ticks.mark_in(page.picture, placed.page, item, label)
                answers[item.box.name] = ticks.answer_of(mark, index)
            else:
                written.append((item, lines_in(page.picture, placed.page, item)))
        label = item if isinstance(item, Label) else None
    marked = [name for name, answer in answers.items() if answer.says_something or answer.others]
    if displaced.isdisjoint(option.square.box.name for option in options):
        beside = marked_beside(page.picture, placed.page, options, marked)
        answers |= dict.fromkeys(beside, ticks.unclear(index))
    return answers | _words(written, index, placed.page.dfe_prefix)


def _words(written: Sequence[tuple[PlacedBox, list[WrittenLine]]], index: int, dfe_prefix: str) -> dict[str, Answer]:
    """What the lines in each box say. All lines of a page go to the engine together, but for that of the DfE number."""
    crops: list[Picture] = []
    alphabets: list[Alphabet] = []
    for box, lines in written:
        for line in lines:
            own = [line.struck] if _is_number(box, lines) else [line.crop, line.struck]
            crops += [crop for crop in own if crop is not None]
            alphabets += [_ALPHABETS.get(box.box.kind, ANY)] * sum(crop is not None for crop in own)
    found = iter(engine().read(crops, alphabets) if crops else ())
    answers: dict[str, Answer] = {}
    for box, lines in written:
        kept: list[Words] = []
        struck: list[Words] = []
        for line in lines:
            if line.crop is not None:
                kept.append(read_number(line.crop, dfe_prefix) if _is_number(box, lines) else next(found))
            if line.struck is not None:
                struck.append(next(found))
        answers[box.box.name] = _answer(box.box.kind, kept, struck, index)
    return answers


def _is_number(box: PlacedBox, lines: Sequence[WrittenLine]) -> bool:
    """Whether a DfE number stands there, in one line, which is looked at several times."""
    return box.box.kind is Kind.DFE_NUMBER and len(lines) == 1


def _answer(kind: Kind, kept: Sequence[Words], struck: Sequence[Words], index: int) -> Answer:
    """The answer of a box by the words in it, and by those that are crossed out."""
    legible = [line for line in kept if line.text]
    text = _joined(kind, [line.text for line in legible])
    others = (_joined(kind, [line.text for line in struck]),) if struck else ()
    doubts = {Doubt.STRUCK_OUT} if struck else set[Doubt]()
    confidence = min((line.confidence for line in legible), default=0.0 if kept else 1.0)
    if kept and (not text or confidence < LEAST_SURE):
        doubts.add(Doubt.UNREADABLE)
    return Answer(text, ReadFrom.SCAN, frozenset(doubts), others, index, confidence=round(confidence, 3))


def _joined(kind: Kind, lines: Sequence[str]) -> str:
    """The lines of a box as one text. An e-mail address that is too long for a line goes on in the next."""
    if kind is Kind.ADDRESS:
        return "\n".join(lines)
    if kind is Kind.EMAIL:
        return ("\n" if all("@" in line for line in lines) else "").join(lines)
    return " ".join(lines)
