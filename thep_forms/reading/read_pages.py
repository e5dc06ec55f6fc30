"""The stage that reads forms on pages: forms that are printed, and forms that are pictured, such as scans."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import document_title
from thep_forms.definition.model import Kind
from thep_forms.definition.year import MembershipYear
from thep_forms.layout.seal import State
from thep_forms.reading import reasons
from thep_forms.reading.classify import Contents, DefinitionOfYear, Found, PageKinds, classify_pages
from thep_forms.reading.damage import attempt
from thep_forms.reading.fields.field_groups import PageSpan, are_mixed, are_of_one_school
from thep_forms.reading.fields.lost_letters import BoxTraces, LostLetters, lost_letters
from thep_forms.reading.form_pages import folded
from thep_forms.reading.information import may_lack_letters
from thep_forms.reading.model import Answer, Doubt, FileKind, Note, Reading
from thep_forms.reading.objects import UNREADABLE
from thep_forms.reading.page_groups import PagesOfForm, are_apart, forms_on, forms_without_boxes
from thep_forms.reading.page_numbers import has_number, missing_pages
from thep_forms.reading.policy import without_repeated
from thep_forms.reading.print.reader import PrintedForm, page_reader
from thep_forms.reading.strings import REPLACEMENT

FEWEST_UNNAMED = 3  # answers whose letters the file does not name: fewer may be in a font of their own


class NotRead(Struct, frozen=True):
    """Why the letters of a printed form are not to be read. `filled` are boxes in which there are some."""

    reason: str
    filled: frozenset[str] = frozenset()


def read_pages(
    contents: Contents, definitions: DefinitionOfYear, pages: Sequence[int] | None, *, with_boxes: bool
) -> Found:
    """A reading of each form on the pages, or on all pages. `with_boxes`: what boxes show counts as print."""
    kinds = classify_pages(contents, definitions(None), pages, with_boxes=with_boxes)
    with kinds.file:
        return _found(contents, kinds, definitions, alone=not with_boxes and pages is None)


def _found(contents: Contents, kinds: PageKinds, definitions: DefinitionOfYear, *, alone: bool) -> Found:
    """What is on the pages. `alone`: pages of the form without boxes count where no other page does."""
    if not kinds.printed:
        pictured = _pictured(contents, kinds.data, kinds.pictures, definitions)
        left = kinds.pictures if pictured else ()  # the words on them are those that a program recognised
        without = _without_boxes(contents, kinds, definitions, left) if alone else []
        return Found([*without, *pictured], kinds.damaged)
    forms = forms_on(kinds, contents.codes)
    printed: list[Reading] = []
    scanned: list[PagesOfForm] = []
    not_read = NotRead(reasons.PICTURE)
    for form in forms:
        read = _printed(contents, kinds, form, definitions)
        if isinstance(read, Reading):
            printed.append(read)
        else:
            scanned.append(form)
            not_read = NotRead(read.reason, not_read.filled | read.filled)
    pictured = _with_scanned(contents, kinds, scanned, definitions, not_read.reason)
    pictured = [_with_filled_doubted(reading, not_read.filled) for reading in pictured]
    lettered = [form for form in forms if form not in scanned]
    if are_mixed([_span(form) for form in lettered]) and not are_apart(lettered):
        printed = without_repeated(printed)
        number = definitions(None).dfe_field.name
        if not are_of_one_school([reading.text_of(number) for reading in printed]):
            printed = [contents.reading(FileKind.UNREADABLE, reasons.MIXED)]
    return Found([*printed, *pictured], kinds.damaged)


def _with_scanned(
    contents: Contents, kinds: PageKinds, forms: Sequence[PagesOfForm], definitions: DefinitionOfYear, reason: str
) -> list[Reading]:
    """A reading of each form that is pictured: on pictures alone, and on those whose words a program recognised.

    `forms` are the latter. One has a reading in any case, where `reason` says why its letters were not read.
    """
    if not forms:
        return _pictured(contents, kinds.data, kinds.pictures, definitions)
    own = {page for form in forms for page in form.own}
    boxed = {page.page for form in forms for page in form.pages}
    pages = {*kinds.pictures, *boxed, *(page for page in own if kinds.file.has_large_picture(page))}
    pictured = _pictured(contents, kinds.data, sorted(pages), definitions, reason)
    if len(pictured) == 1:
        told_by_words = missing_pages(
            kinds.data, {page: kinds.texts[page] for page in own}, definitions(None).identifier
        )
        pictured = [_lacking(pictured[0], told_by_words)]
    unseen = [contents.reading(FileKind.SCAN, reason) for _ in forms[len(pictured) :]]  # so that none is lost
    return [*pictured, *unseen]


def _with_filled_doubted(pictured: Reading, filled: Collection[str]) -> Reading:
    """The picture of a form, where boxes that are `filled` are doubted if nothing was seen in them."""
    doubted = {
        name: replace(answer, doubts=answer.doubts | UNREADABLE)
        for name, answer in pictured.answers.items()
        if name in filled and not answer.says_something
    }
    return replace(pictured, answers={**pictured.answers, **doubted}) if doubted else pictured


def _lacking(pictured: Reading, pages: Sequence[int]) -> Reading:
    """The picture of a form, of whose pages no others can be missing than these."""
    missing = tuple(number for number in pictured.pages_missing if number in pages)
    return replace(pictured, pages_missing=missing, boxes=pictured.boxes if missing else ())


def _without_boxes(
    contents: Contents, kinds: PageKinds, definitions: DefinitionOfYear, left_out: Collection[int]
) -> list[Reading]:
    """A reading without answers of each form of which only pages without boxes are in the file.

    Pages `left_out` do not count.
    """
    readings: list[Reading] = []
    any_year = definitions(None)
    for form in forms_without_boxes(kinds, contents.codes, left_out):
        if form.first and form.first.form == any_year.identifier:
            missing = missing_pages(kinds.data, {page: kinds.texts[page] for page in form.own}, any_year.identifier)
            reading = contents.reading(FileKind.FORM, form_id=form.first.form_id)
            readings.append(replace(reading, pages_missing=missing))
    return readings


def _span(form: PagesOfForm) -> PageSpan:
    numbers = {page.number for page in form.pages}
    return PageSpan(first=min(numbers) == 0, later=max(numbers) > 0)


def _printed(
    contents: Contents, kinds: PageKinds, form: PagesOfForm, definitions: DefinitionOfYear
) -> Reading | NotRead:
    """One printed form; or why its letters are not to be read."""
    year = next((MembershipYear(page.year) for page in form.pages if page.year), None)
    definition = definitions(year)
    read = page_reader(definition).form_on(kinds.file, form.pages, _drawn_over(contents, kinds, form.own))
    if read.is_picture or not read.is_complete:
        return NotRead(reasons.PICTURE if read.is_picture else reasons.MISPLACED)
    if _are_mostly_unnamed(read.answers, definition):
        filled = frozenset(name for name, answer in read.answers.items() if answer.says_something)
        return NotRead(reasons.UNNAMED, filled)
    title = document_title(definition.form.title, year) if year else ""
    notes = (*read.notes, *_notes_not_read(contents, kinds, form.own, read))
    answers: Mapping[str, Answer] = read.answers
    if may_lack_letters(contents.document.pdf):
        answers = _with_names_doubted(answers, definition)
    else:
        answers = _with_losses_doubted(answers, [kinds.traces[page.page] for page in form.pages], definition)
    missing = missing_pages(kinds.data, {page: kinds.texts[page] for page in form.own}, definition.identifier)
    return Reading(
        FileKind.FORM,
        answers,
        notes,
        form_id=form.first.form_id if form.first else "",
        title=title,
        modified=contents.modified,
        pages_missing=missing,
        boxes=tuple(sorted(answers)) if missing else (),
        shows_more=bool(missing) and (read.shows_more or _has_other_pages(kinds, form)),
    )


def _has_other_pages(kinds: PageKinds, form: PagesOfForm) -> bool:
    """Whether there are words on pages with the form's that are none of its pages, as a letter has."""
    others = form.own.difference(page.page for page in form.pages)
    return any(kinds.texts[page].strip() and not has_number(kinds.texts[page]) for page in others)


def _are_mostly_unnamed(answers: Mapping[str, Answer], definition: FormDefinition) -> bool:
    """Whether the file does not name the letters of most texts, as where a pen wrote them: a picture tells more.

    Such letters may also seem not to show, as where nobody can tell their size.
    """
    boxes = {name: box for name in answers if (box := definition.box(name))}
    texts = [answers[name] for name, box in boxes.items() if box.kind is not Kind.TICKS]
    unnamed = [answer for answer in texts if REPLACEMENT in answer.text or Doubt.UNREADABLE in answer.doubts]
    hidden = [answer for answer in texts if Doubt.COVERED in answer.doubts and answer not in unnamed]
    filled = [answer for answer in texts if answer.says_something]
    return len(unnamed) >= FEWEST_UNNAMED and 2 * len(unnamed + hidden) >= len(filled)


def _with_losses_doubted(
    answers: Mapping[str, Answer], pages: Collection[BoxTraces], definition: FormDefinition
) -> Mapping[str, Answer]:
    """The answers, where those that lost letters are doubted, or all names if nobody can tell which did."""
    lost, _ = attempt(lambda: lost_letters(pages), LostLetters())
    doubted: dict[str, Answer] = {}
    for name, answer in answers.items():
        if lost.is_lost_from(answer.text):
            doubted[name] = replace(answer, doubts=answer.doubts | {Doubt.CHARACTERS_LOST})
    if lost.from_any or (lost.texts and not doubted):
        return _with_names_doubted(answers, definition)
    return {**answers, **doubted}


def _with_names_doubted(answers: Mapping[str, Answer], definition: FormDefinition) -> dict[str, Answer]:
    """The answers, where the names of people may lack letters."""
    doubted = dict(answers)
    for block in definition.blocks(answers):
        name = block.boxes[definition.person_name.name].name
        answer = answers.get(name)
        if answer and answer.text.strip():
            doubted[name] = replace(answer, doubts=answer.doubts | {Doubt.CHARACTERS_LOST})
    return doubted


def _drawn_over(contents: Contents, kinds: PageKinds, own: Collection[int]) -> list[int]:
    """The pages without boxes that people drew on: their seals say so."""
    printed = {page.page for page in kinds.printed}
    return [
        number
        for number in kinds.pages
        if number in own and number not in printed and contents.seals[number] is State.DRAWN_OVER
    ]


def _notes_not_read(contents: Contents, kinds: PageKinds, own: Collection[int], read: PrintedForm) -> list[Note]:
    """What the markup on the pages says that was not read from them.

    It may not show, or stand in a margin. What a printer puts there is not read, but no printer leaves markup.
    """
    pages = {number for number in kinds.pages if number in own}
    texts = [answer.text for answer in read.answers.values()] + [note.text for note in read.notes]
    words = folded("".join(texts))
    notes: list[Note] = []
    for markup in contents.markup:
        is_read = markup.shows_all and not (markup.is_typed and folded(markup.text) not in words)
        if markup.page in pages and markup.note and not is_read:
            notes.append(markup.note)
    return notes


def _pictured(
    contents: Contents,
    data: bytes,
    pages: Sequence[int],
    definitions: DefinitionOfYear,
    reason: str = reasons.PICTURE,
) -> list[Reading]:
    """A reading of each form that is pictured on the pages; `reason` says why their letters were not read."""
    readings: list[Reading] = []
    if not pages:
        return readings
    from thep_forms.reading.pictures.page_sources import (
        DrawnPages,  # these take time to import, and few files need them
    )
    from thep_forms.reading.pictures.reader import pictured_forms

    source = contents.document.source
    file = source.file if data is source.data else data  # by its path, other processes can help to read it
    page_count = len(contents.document.pdf.pages)
    for reading in pictured_forms(DrawnPages(file, sorted({*pages})), definitions):
        why = reading.reason if reading.reason != reasons.PICTURE else reason
        of_file = {"modified": contents.modified, "page_count": page_count}
        shows_more = reading.shows_more or page_count > len({*pages})
        title = reading.title or contents.title
        readings.append(replace(reading, title=title, reason=why, shows_more=shows_more, **of_file))
    return readings
