"""One open file to readings: its fields, its pages, and what is beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING, TypeVar

import pikepdf
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, Code, document_title, form_in, years_in
from thep_forms.definition.year import MembershipYear
from thep_forms.layout.seal import State, state
from thep_forms.reading.attachments import attached
from thep_forms.reading.field_groups import REPEATED, FormFields, are_mixed, forms_in, pages_had
from thep_forms.reading.fields import WidgetValue, answers, combined
from thep_forms.reading.information import modified, title_of
from thep_forms.reading.model import Answer, FileKind, ReadFrom, Reading
from thep_forms.reading.notes import Note, note_down, notes_in, with_ink, with_notes, with_strangers
from thep_forms.reading.opening import File, flattened, rewritten
from thep_forms.reading.streams import decode
from thep_forms.reading.strings import REPLACEMENT

if TYPE_CHECKING:
    from thep_forms.reading.print import PageReader, PrintedPage, Sighting

_UNREAD = Answer(REPLACEMENT, read_from=ReadFrom.PAGE_TEXT, doubtful=True)  # drawn, and nobody can tell what

T = TypeVar("T")
Definitions = Callable[[MembershipYear | None], FormDefinition]

MIXED = "The pages of several forms are mixed up in this PDF, so nobody can tell whose they are."
PICTURE = "This is a picture of the form, such as a scan."

# What qpdf says when it had to guess where the objects of a file are, or could not make out one of them.
_REPAIRED = re.compile(
    "file is damaged|reconstruct|xref not found|expected endobj|EOF|error decoding"
    "|treating object as null|giving up on reading object"
    "|unknown token|expected dictionary key|unexpected (?:[)>]|brace|array close|dictionary close)"
    "|ended prematurely|duplicated key|invalid character .* in hexstring",
    re.IGNORECASE,
)


class FileReader:
    """Reads what is in an open file. `mended`: it had to be written anew to be opened."""

    def __init__(self, pdf: pikepdf.Pdf, file: File, definitions: Definitions, mended: bool) -> None:
        self.pdf, self.file, self.definitions, self.mended = pdf, file, definitions, mended
        self.title = title_of(pdf)
        self.sheets = [page.obj for page in pdf.pages]  # at hand: each question for a page takes its time
        self.found, others = answers(pdf, self.sheets)
        self.others = [annotation for _, annotation in others]
        self.modified = modified(pdf, (one for said in self.found.values() for one in said))
        self.notes = notes_in(others)
        self.seals: dict[int, State] = {}

    def read(self) -> tuple[Reading, ...]:
        forms = forms_in(self.found, self._is_box)
        readings = [reading for form in forms if (reading := self._by_fields(form))]
        if strangers := self._strangers(forms):
            return tuple(map(self._unless_lost, self._with_strangers(readings, strangers)))
        if len(readings) > 1 and are_mixed([pages_had(form, self._any_year) for form in forms if self._is_ours(form)]):
            return (self._mixed,)
        if any(map(_says_something, readings)):
            beside = self._tried(lambda: self._beside(forms), list[Reading]())
            return _as_one(tuple(replace(reading, repaired=self.repaired) for reading in readings), beside)
        on_paper = self._tried(self._by_pages, list[Reading]()) if readings else self._by_pages()
        if not readings or any(one.outcome is FileKind.UNREADABLE or _says_something(one) for one in on_paper):
            readings = on_paper or [self._no_form()]
        else:  # a form that is blank: pictures of a filled one may lie beside it
            beside = self._tried(lambda: self._beside(forms), list[Reading]())
            readings = [one for one in beside if one.outcome is FileKind.SCAN] or readings
        return tuple(map(self._unless_lost, readings))

    def _unless_lost(self, reading: Reading) -> Reading:
        """The reading, if it is not of a damaged form that looks empty, as the first revision of one cut short does."""
        is_empty = reading.outcome is FileKind.FORM and not _says_something(reading)
        if not (is_empty and self.repaired):
            return reading
        reason = "This PDF is damaged, and every answer in it looks empty."
        return replace(self._base, outcome=FileKind.UNREADABLE, reason=reason)

    @cached_property
    def _any_year(self) -> FormDefinition:
        return self.definitions(None)

    def _is_box(self, name: str) -> bool:
        return self._any_year.box(name) is not None

    def _is_ours(self, form: FormFields) -> bool:
        return any(map(self._is_box, form.answers))

    def attached(self) -> list[bytes]:
        """The files attached to this one."""
        files, more = self._tried(lambda: attached(self.pdf, self.others), (list[bytes](), False))
        self.mended |= more
        return files

    def _tried(self, read: Callable[[], T], nothing: T) -> T:
        """What is read beside the fields. Where that cannot be read the file is damaged, but its fields are read."""
        try:
            return read()
        except (MemoryError, ImportError):
            raise  # as in `read_file`: that is not the file's fault
        except Exception:  # noqa: BLE001 - libraries raise anything; the return says that the file is damaged
            self.mended = True
            return nothing

    def _beside(self, forms: Sequence[FormFields]) -> list[Reading]:
        """Printed forms in a file that holds forms with fields: on other pages that may say more than when made."""
        ours = {one.page for form in forms for said in form.answers.values() for one in said}
        others = [number for number in range(len(self.sheets)) if number not in ours]
        unknown = [number for number in others if self._state(number) is not State.AS_MADE]
        printed = self._by_pages(unknown) if unknown else []
        if None in ours:  # boxes that may be on one of these pages, whose print is theirs
            printed = [one for one in printed if one.outcome is not FileKind.FORM or self._is_news(one, forms)]
        return printed

    def _is_news(self, printed: Reading, forms: Sequence[FormFields]) -> bool:
        """Whether a print says in any box what none of the forms does."""
        said = {(name, one.text) for form in forms for name, answers in form.answers.items() for one in answers}
        boxes = {(name, raw.text) for name, raw in printed.values.items() if raw.text and self._is_box(name)}
        return not boxes <= said

    @property
    def repaired(self) -> bool:
        """Whether the file was damaged. qpdf warns while objects are read, and forgets what it has told."""
        told = (str(warning).replace(self.file.name, "") for warning in self.pdf.get_warnings())
        self.mended = any(map(_REPAIRED.search, told)) or self.mended
        return self.mended

    @property
    def plain(self) -> bytes:
        """The file as any library can open it: not encrypted, not damaged."""
        return rewritten(self.pdf) if self.pdf.is_encrypted or self.repaired else self.file.data

    @property
    def _base(self) -> Reading:
        return Reading(FileKind.FORM, {}, "", self.title, self.modified, self.repaired)

    @property
    def _mixed(self) -> Reading:
        return replace(self._base, outcome=FileKind.UNREADABLE, reason=MIXED)

    def _no_form(self) -> Reading:
        if self.repaired:
            reason = "This PDF is damaged and no box of the form was found in it."
            return replace(self._base, outcome=FileKind.UNREADABLE, reason=reason)
        return replace(self._base, outcome=FileKind.NOT_A_FORM, reason="No box of the form is in this PDF.")

    # --- fields ---------------------------------------------------------------------------------------------------

    def _by_fields(self, form: FormFields) -> Reading | None:
        """What the form's fields say, and what is drawn in those that are empty; None if it has no box of ours."""
        values = {name: combined(said) for name, said in form.answers.items()}
        form_id = values.pop(FORM_ID, Answer("")).text
        definition = self._definition(form_id)
        boxes = [name for name in values if definition.box(name)]
        if not boxes:
            return None
        if drawn := [name for name in boxes if not values[name].text and any(one.drawn for one in form.answers[name])]:
            ink = self._tried(lambda: self._drawn(definition), dict[str, Answer]())
            values |= {name: read for name in drawn if (read := ink.get(name, _UNREAD)).text}
        mine = self._range(form)
        if over := self._drawn_over(mine):
            pages: list[PrintedPage] = self._tried(lambda: self._printed(self.plain, definition, over), [])
            values = with_ink(values, pages)
        if notes := [note for note in self.notes if note.page in mine]:
            areas = {name: form.answers[name][0] for name in boxes}
            places = {name: (one.page, one.area, one.ticks) for name, one in areas.items() if one.page is not None}
            values = with_notes(values, places, notes)
        return replace(self._base, values=values, form_id=form_id)

    def _definition(self, form_id: str) -> FormDefinition:
        return self.definitions(next(iter(years_in(form_id, self.title)), None))

    def _drawn(self, definition: FormDefinition) -> dict[str, Answer]:
        """What the boxes show on the pages that can be read, those that hold no value too."""
        with pikepdf.open(io.BytesIO(self.plain), suppress_warnings=True) as pdf:
            flat = flattened(pdf)
        pages = self._printed(flat, definition, self._boxed)
        return {name: value for page in pages for name, value in page.answers.items()}

    @cached_property
    def _boxed(self) -> set[int]:
        """The pages that boxes are on."""
        return _pages_of(self.found)

    def _range(self, form: FormFields) -> list[int]:
        """The pages of the form, each with those that follow it; the first ones of a file are the first form's."""
        pages = _pages_of(form.answers)
        mine, is_mine = list[int](), not self._boxed or min(self._boxed) in pages
        for number in range(len(self.sheets)):
            is_mine = number in pages if number in self._boxed else is_mine
            if is_mine:
                mine.append(number)
        return mine

    def _drawn_over(self, pages: Iterable[int]) -> list[int]:
        """Those of the pages on which somebody drew who did not use the boxes, or may have: no covering letter."""
        looked_at = {State.DRAWN_OVER: True, State.AS_MADE: False}
        return [number for number in pages if looked_at.get(self._state(number), number in self._boxed)]

    def _state(self, number: int) -> State:
        """What the seal of the page says, looked at once: it takes its time."""
        if number not in self.seals:
            self.seals[number] = self._tried(lambda: state(self.sheets[number]), State.DRAWN_OVER)
        return self.seals[number]

    def _printed(self, data: bytes, definition: FormDefinition, wanted: Collection[int]) -> list[PrintedPage]:
        """What is printed on those of the wanted pages that boxes are on, or that have room for none."""
        from thep_forms.reading.print import PrintedPage, texts_of

        for number in wanted:
            decode(self.sheets[number])
        reader, texts = _page_reader(definition), texts_of(data)
        sheets = reader.sightings(texts)
        seen = [one for one in sheets if one.page in wanted and one.page in self._boxed]
        plain = set(wanted) - {one.page for one in sheets}
        strange = reader.strange(data, plain) if plain else ()
        return [*reader.read(data, seen, margins=True).values(), PrintedPage({}, tuple(strange))]

    # --- fields that nobody knows by their names ------------------------------------------------------------------

    def _strangers(self, forms: Sequence[FormFields]) -> dict[str, Answer]:
        """Fields that say something and have names that we do not know, where hardly any has one that we do."""
        known = (name for form in forms for name in form.answers if self._is_box(name))
        if len(list(islice(known, REPEATED))) == REPEATED:
            return {}
        return {
            name: combined(said)
            for form in forms
            for name, said in form.answers.items()
            if not self._is_box(name) and any(one.text or one.drawn for one in said)
        }

    def _with_strangers(self, readings: Sequence[Reading], strangers: dict[str, Answer]) -> tuple[Reading, ...]:
        """What the pages show with the boxes in them; what a field says that they do not show is kept beside."""
        ours = self._any_year.identifier
        hidden = [name for name, raw in strangers.items() if name == FORM_ID or form_in(raw.text) == ours]
        form_id = next(iter([strangers.pop(name).text for name in hidden]), "")
        is_ours = bool(readings) or form_in(form_id) == ours

        def shown() -> list[Reading]:
            return self._by_pages(with_boxes=True)

        found = (self._tried(shown, list[Reading]()) if is_ours else shown()) or [*readings]
        if not found and not (is_ours and strangers):
            return (self._no_form(),)
        first, *others = found or [self._base]
        said = {name: raw for one in readings for name, raw in one.values.items() if self._is_box(name) and raw.text}
        values = with_strangers({**first.values, **said}, strangers)
        form_id = "" if others else form_id
        return (replace(first, values=values, form_id=first.form_id or form_id, repaired=self.repaired), *others)

    # --- pages ----------------------------------------------------------------------------------------------------

    def _by_pages(self, numbers: Sequence[int] | None = None, *, with_boxes: bool = False) -> list[Reading]:
        """What is printed on the pages, or those of `numbers`, a reading for each form; none if no page is of ours.

        `with_boxes`: and what boxes show.
        """
        from thep_forms.reading.print import is_legible, texts_of

        data = self.plain
        if self.notes or with_boxes:
            with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
                data = flattened(pdf)
        reader = _page_reader(self._any_year)
        if not reader.opens(data):
            data = rewritten(self.pdf)
        texts = texts_of(data)
        wanted = [n for n in (range(len(texts)) if numbers is None else numbers) if n not in self._repeated]
        for number in wanted:
            decode(self.sheets[number])
        seen = [one for one in reader.sightings(texts) if one.page in wanted]
        ours = {one.page for one in seen}
        pictures = [number for number in wanted if number not in ours and not is_legible(texts[number])]
        scans = self._scanned(data, pictures)
        if not seen:
            return scans
        forms = _sorted_by_form(seen)
        if are_mixed(
            [(min(sheets) == 0, max(sheets) > 0) for sheets in ({one.sheet for one in form} for form in forms)]
        ):
            return [self._mixed, *scans]
        starts = [0, *(min(one.page for one in sheets) for sheets in forms[1:]), len(texts)]
        over = [number for number in wanted if number not in ours and self._state(number) is State.DRAWN_OVER]
        hidden = [note for note in self.notes if not note.drawn and note.page in wanted]
        readings = [
            self._on_pages(
                data,
                sheets,
                [number for number in over if start <= number < end],
                [note for note in hidden if start <= note.page < end],
            )
            for sheets, (start, end) in zip(forms, pairwise(starts), strict=True)
        ]
        return readings + scans

    @cached_property
    def _repeated(self) -> set[int]:
        """Pages that are listed again: qpdf makes copies of them, each of which has the same entries."""
        said = [sheet.unparse(resolved=True) for sheet in self.sheets]
        first = {entries: number for number, entries in reversed([*enumerate(said)])}
        return {number for number, entries in enumerate(said) if first[entries] != number}

    def _on_pages(self, data: bytes, seen: Sequence[Sighting], plain: Sequence[int], hidden: Sequence[Note]) -> Reading:
        """The form on the pages that were seen; `plain` are others of it that somebody drew on, `hidden` its notes."""
        year = next((MembershipYear(one.year) for one in seen if one.year), None)
        definition = self.definitions(year)
        reader = _page_reader(definition)
        pages = reader.read(data, seen)
        if any(page.pictured for page in pages.values()):
            scans = self._scanned(data, [one.page for one in seen])
            return scans[0] if scans else replace(self._base, outcome=FileKind.SCAN, reason=PICTURE)
        values = {name: value for page in pages.values() for name, value in page.answers.items()}
        beside = [line for page in pages.values() for line in page.beside]
        for line in (*beside, *(reader.strange(data, plain) if plain else ())):
            note_down(values, line)
        if len(pages) < len(seen):
            reason = "This is the form, but so changed by printing that answers on it cannot be told apart."
            return replace(self._base, outcome=FileKind.SCAN, reason=reason)
        title = document_title(definition.form.title, year) if year else ""
        return replace(self._base, values=with_notes(values, {}, hidden), title=title)

    def _scanned(self, data: bytes, numbers: Sequence[int]) -> list[Reading]:
        """Forms whose pages, those of `numbers`, are pictures, known by their codes."""
        from thep_forms.reading.pictures import coded_pages  # costs time, and few files come so far

        wanted = self._any_year.identifier
        found = _codes_by_form(page.code for page in coded_pages(data, numbers) if page.code.form == wanted)
        return [replace(self._base, outcome=FileKind.SCAN, form_id=one[0].form_id, reason=PICTURE) for one in found]


@lru_cache(maxsize=8)
def _page_reader(definition: FormDefinition) -> PageReader:
    from thep_forms.reading.print import PageReader  # costs time, and few files come so far

    return PageReader(definition)


def _says_something(reading: Reading) -> bool:
    """Whether any answer is more than blanks."""
    return any(value.text.strip() for value in reading.values.values())


def _pages_of(fields: Mapping[str, Sequence[WidgetValue]]) -> set[int]:
    return {one.page for said in fields.values() for one in said if one.page is not None}


def _as_one(readings: tuple[Reading, ...], beside: Sequence[Reading]) -> tuple[Reading, ...]:
    """The forms in a file; one whose fields are on some of its pages, and print on the others, is one form."""
    if len(readings) == len(beside) == 1 and beside[0].outcome is FileKind.FORM:
        (live,), (printed,) = readings, beside
        if not printed.values.keys() & live.values.keys():
            said = {name: raw for name, raw in printed.values.items() if raw.text}
            return (replace(live, values={**live.values, **said}),)
    return (*readings, *beside)


def _sorted_by_form(seen: Sequence[Sighting]) -> list[list[Sighting]]:
    """The pages of each form: each first page begins one; a page that comes before any goes with the first."""
    forms: list[list[Sighting]] = [[]]
    for one in seen:
        if any(other.sheet == one.sheet for other in forms[-1]):
            forms.append([])
        forms[-1].append(one)
    return forms


def _codes_by_form(codes: Iterable[Code]) -> list[list[Code]]:
    """The codes of each form's pages: a page that its school has already begins another."""
    forms: list[list[Code]] = []
    for code in codes:
        same = [form for form in forms if form[0].form_id == code.form_id]
        if same and all(other.page != code.page for other in same[-1]):
            same[-1].append(code)
        else:
            forms.append([code])
    return forms
