"""What is in a file, before any answer is read: its forms with fields, its markup, its printed and pictured pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from pikepdf import Object

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, Code
from thep_forms.definition.year import MembershipYear
from thep_forms.layout.seal import State, state
from thep_forms.reading.damage import attempt, decode_streams
from thep_forms.reading.fields.annotations import Markup, markup_in
from thep_forms.reading.fields.field_groups import FormFields, IsBox, forms_in
from thep_forms.reading.fields.field_tree import Annotation, Leaf, field_tree
from thep_forms.reading.fields.flattening import flattened
from thep_forms.reading.fields.reader import WidgetValue, pages_of, values_by_name
from thep_forms.reading.information import modified_at, title_of
from thep_forms.reading.model import FileKind, Reading
from thep_forms.reading.opening import Document, rewritten
from thep_forms.reading.page_codes import drawn_codes, first_of, forms_by_code, written_codes

if TYPE_CHECKING:
    from thep_forms.reading.drawn.file import DrawnFile
    from thep_forms.reading.fields.lost_letters import BoxTraces
    from thep_forms.reading.form_pages import FormPage

MOST_DRAWN = 50  # pages with boxes whose codes are drawn
DefinitionOfYear = Callable[[MembershipYear | None], FormDefinition]  # without a year, the definition of any


class Found(Struct, frozen=True):
    """What a stage read. `damaged`: it met damage."""

    readings: Sequence[Reading] = ()
    damaged: bool = False


class Contents(Struct, frozen=True):
    """What is in a file. Pages are counted from 0.

    `forms` has at least one form, which may be empty. `boxed` are the pages that any field is on, `seals` says of each
    page what became of it since it was made. `title` and `modified` are what the file says of itself. `annotations` are
    those that are no fields, `markup` are those of them that people write with. `other_widgets` are those that hold no
    answer, such as buttons and signatures. `codes` are those that pages say in their content. `damaged`: damage was met
    so far.
    """

    document: Document
    pages: Sequence[Object]
    forms: Sequence[FormFields]
    boxed: frozenset[int]
    seals: Sequence[State]
    title: str
    modified: datetime | None
    annotations: Sequence[Annotation]
    markup: Sequence[Markup]
    codes: Mapping[int, Code]
    other_widgets: Sequence[Annotation]
    damaged: bool

    def with_damage(self, damaged: bool) -> Contents:
        """The same, with damage that was met since."""
        return replace(self, damaged=True) if damaged and not self.damaged else self

    def reading(self, kind: FileKind, reason: str = "", form_id: str = "") -> Reading:
        """A reading of the file without answers."""
        return Reading(kind, form_id=form_id, title=self.title, modified=self.modified, reason=reason)

    def copy(self) -> bytes:
        """The file as any library can open it."""
        return self.document.copy(damaged=self.damaged)

    def widgets(self) -> Iterator[tuple[str, WidgetValue]]:
        """The widgets of all forms, by the forms' own names of their fields."""
        for form in self.forms:
            for name, widgets in form.widgets.items():
                for widget in widgets:
                    yield name, widget

    def pages_of_form(self, form: FormFields) -> list[int]:
        """The pages with the form's fields, each with the pages without fields that follow it.

        What comes before the first page with fields goes with that page's form. Pages whose code says that they are of
        another form are left out.
        """
        own = pages_of(form.widgets)
        first = self.first_code(form)
        pages: list[int] = []
        is_own = not self.boxed or min(self.boxed) in own
        for number in range(len(self.pages)):
            if number in self.boxed:
                is_own = number in own
            code = self.codes.get(number)
            if is_own and (number in own or not (first and code) or code.belongs_to(first)):
                pages.append(number)
        return pages

    def first_code(self, form: FormFields) -> Code | None:
        """The code of the first page of the form, as far as the pages with its fields say it."""
        return first_of([self.codes[number] for number in pages_of(form.widgets) if number in self.codes])

    def drawn_over(self, pages: Collection[int]) -> list[int]:
        """Those of the pages on which a person drew without using the boxes, or may have.

        A page without a seal counts if it has boxes: else it may be a covering letter.
        """
        found: list[int] = []
        for number in pages:
            seal = self.seals[number]
            if seal is State.DRAWN_OVER or (seal is State.NO_SEAL and number in self.boxed):
                found.append(number)
        return found


def classify(document: Document, is_box: IsBox) -> Contents:
    """What is in the file. `is_box` says whether a field of that name is a box of ours. Raises `TooManyError`."""
    title = title_of(document.pdf)
    pages = [page.obj for page in document.pdf.pages]  # at hand: each question for a page takes its time
    tree = field_tree(document.pdf, pages)
    found = values_by_name(tree.leaves)
    modified = modified_at(document.pdf, [leaf.node for leaf in tree.leaves])
    markup = markup_in(tree.annotations)
    seals, unsealed = _seals(pages)
    is_cut_short = document.source.ends_in_an_object()
    boxed, forms = pages_of(found), forms_in(found, is_box)
    codes = written_codes(pages)
    if drawn := [page for page in _rewritten(forms, seals, is_box) if page not in codes]:
        codes |= attempt(lambda: drawn_codes(document.copy(damaged=unsealed), drawn), dict[int, Code]())[0]
    return Contents(
        document,
        pages,
        forms_by_code(forms, codes),
        boxed,
        seals,
        title,
        modified,
        tree.annotations,
        markup,
        codes,
        _without_answers(tree.leaves, found),
        damaged=document.warned_of_damage() or unsealed or document.repaired or tree.lacks_objects or is_cut_short,
    )


def _rewritten(forms: Sequence[FormFields], seals: Sequence[State], is_box: IsBox) -> list[int]:
    """The pages with boxes of ours that a program has written anew, so that only a drawn code says whose they are.

    A form whose fields are on one page, with the hidden one among them, is one form, whatever its code says.
    """
    if State.NO_SEAL not in seals:
        return []
    boxed: set[int] = set()
    for form in forms:
        pages = pages_of({name: widgets for name, widgets in form.widgets.items() if is_box(name)})
        boxed |= pages if len(pages) > 1 or FORM_ID not in form.widgets else frozenset()
    return [page for page in sorted(boxed) if seals[page] is State.NO_SEAL][:MOST_DRAWN]


def _without_answers(leaves: Iterable[Leaf], found: Mapping[str, Sequence[WidgetValue]]) -> list[Annotation]:
    """The widgets on pages that are not among those found to hold answers."""
    known = {id(widget.node) for widgets in found.values() for widget in widgets}
    others = [leaf for leaf in leaves if id(leaf.node) not in known]
    return [Annotation(leaf.page, leaf.node.dictionary) for leaf in others if leaf.page is not None and leaf.is_listed]


def _seals(pages: Sequence[Object]) -> tuple[list[State], bool]:
    """What became of each page; and whether a page is damaged, which is looked at as if it was drawn over."""
    seals: list[State] = []
    damaged = False
    for page in pages:
        seal, failed = attempt(partial(state, page), State.DRAWN_OVER)
        seals.append(seal)
        damaged = damaged or failed
    return seals, damaged


class PageKinds(Struct, frozen=True):
    """Which pages of a file are printed pages of the form, and which are pictures.

    `file` is the copy of the file that they are read from, `texts` are the texts of its pages. `pages` are those that
    were asked for, each once; `traces` are those of letters lost on them. `damaged`: damage was met so far.
    """

    file: DrawnFile
    texts: Sequence[str]
    pages: Sequence[int]
    printed: Sequence[FormPage]
    pictures: Sequence[int]
    traces: Mapping[int, BoxTraces]
    damaged: bool

    @property
    def data(self) -> bytes:
        """The bytes of that copy."""
        return self.file.data


def classify_pages(
    contents: Contents, definition: FormDefinition, pages: Sequence[int] | None, *, with_boxes: bool
) -> PageKinds:
    """Which of the pages, or of all pages, are printed or pictured. `with_boxes`: what boxes show counts as print.

    A page may be a picture of the form if it is no printed page of it, not legible, and not letters alone. Where
    no page is printed, a legible one with a large picture may be, too: a letter may stand around the form. The file
    stays open.
    """
    from thep_forms.reading.drawn.file import DrawnFile  # these take time to import
    from thep_forms.reading.form_pages import is_legible
    from thep_forms.reading.print.reader import page_reader

    contents = contents.with_damage(contents.document.warned_of_damage())
    data = contents.copy()
    if contents.markup or with_boxes:
        data = flattened(data)
    is_as_it_came = data is contents.document.source.data
    file = DrawnFile(data, contents.document if is_as_it_came else None)
    if not file.can_be_drawn:
        file = DrawnFile(rewritten(contents.document.pdf))
    texts = file.texts()
    repeated = _repeated(contents.pages)
    wanted = [number for number in (range(len(texts)) if pages is None else pages) if number not in repeated]
    traces = {number: _traces_on(contents.pages[number]) for number in wanted}
    printed = [found for found in page_reader(definition).form_pages(texts) if found.page in wanted]
    of_form = {found.page for found in printed}
    pictures: list[int] = []
    for number in wanted:
        if not is_legible(texts[number]):
            may_be_pictured = number not in of_form and not _is_only_text(file, number)
        else:
            may_be_pictured = not printed and _has_large_picture(file, number)
        if may_be_pictured:
            pictures.append(number)
    damaged = contents.damaged or contents.document.warned_of_damage()
    return PageKinds(file, texts, wanted, printed, pictures, traces, damaged)


def _traces_on(page: Object) -> BoxTraces:
    """What the boxes that became part of a page show of lost letters; all that the page is drawn with is decoded."""
    from thep_forms.reading.fields.lost_letters import BoxTraces  # takes time to import

    traces = BoxTraces()
    decode_streams(page, traces.look_at)
    return traces


def _has_large_picture(file: DrawnFile, number: int) -> bool:
    """Whether a page has one; one that cannot be looked at may have."""
    return attempt(lambda: file.has_large_picture(number), True)[0]


def _is_only_text(file: DrawnFile, number: int) -> bool:
    """Whether a page has nothing but letters; of one that cannot be looked at nobody knows."""
    return attempt(lambda: file.is_only_text(number), False)[0]


def _repeated(pages: Sequence[Object]) -> set[int]:
    """Pages that are listed again: qpdf makes copies of them, each of which has the same entries."""
    repeated: set[int] = set()
    seen: set[bytes] = set()
    for number, page in enumerate(pages):
        entries = page.unparse(resolved=True)
        if entries in seen:
            repeated.add(number)
        seen.add(entries)
    return repeated
