"""The stage that reads forms with fields: what each field holds, and what people drew or noted over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from msgspec.structs import replace

from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.identity import FORM_ID, form_in, years_in
from thep_forms.definition.model import Kind
from thep_forms.reading.classify import Contents, DefinitionOfYear, Found
from thep_forms.reading.damage import attempt, decode_streams
from thep_forms.reading.fields.annotations import BoxArea
from thep_forms.reading.fields.box_fonts import FormFonts
from thep_forms.reading.fields.field_groups import FormFields
from thep_forms.reading.fields.flattening import flattened
from thep_forms.reading.fields.layers import Layers
from thep_forms.reading.fields.moved import moved_boxes
from thep_forms.reading.fields.reader import WidgetValue, combined, pages_of
from thep_forms.reading.fields.visibility import Visibility
from thep_forms.reading.fields.xfa import with_xfa
from thep_forms.reading.model import Answer, FileKind, ReadFrom, Reading
from thep_forms.reading.objects import MOVED, NOT_SEEN, OTHER_KIND, UNREADABLE, get
from thep_forms.reading.page_codes import codes_on
from thep_forms.reading.page_numbers import has_number, may_lack_pages, missing_pages
from thep_forms.reading.policy import Entered, hidden, with_markup, with_print
from thep_forms.reading.under_annotations import answers_hidden

if TYPE_CHECKING:
    from thep_forms.reading.print.reader import PrintedPage


def read_fields(contents: Contents, definitions: DefinitionOfYear) -> Found:
    """A reading of each form that has a box of ours."""
    readings: list[Reading] = []
    for form in contents.forms:
        found = _read_form(contents, form, definitions)
        readings += found.readings
        contents = contents.with_damage(found.damaged)
    return Found(readings, contents.damaged)


def _read_form(contents: Contents, form: FormFields, definitions: DefinitionOfYear) -> Found:
    """One form; no reading if it has no box of ours."""
    answers = {name: combined(widgets) for name, widgets in form.widgets.items()}
    form_id = _form_id(contents, form, answers.pop(FORM_ID, Answer("")).text)
    definition = definitions(next(iter(years_in(form_id, contents.title)), None))
    boxes = {name: answer for name, answer in answers.items() if definition.box(name)}
    unknown = {name: answer for name, answer in answers.items() if name not in boxes and not answer.is_empty}
    if not boxes:
        return Found()
    contents = contents.with_damage(contents.document.warned_of_damage())
    boxes, cannot_be_compared = attempt(lambda: _as_they_look(contents, form, boxes, definition), boxes)
    contents.document.warned_of_damage()  # of appearances, on which no answer depends here
    contents = contents.with_damage(cannot_be_compared)
    pages = contents.pages_of_form(form)
    boxes = with_xfa(contents.document.pdf, boxes, definition)
    shown, has_failed = _with_fields_shown(contents, form, boxes, definition)
    entered, damaged = _with_drawn_over(
        contents.with_damage(has_failed), Entered(shown), contents.drawn_over(pages), definition
    )
    entered, cannot_be_seen = _with_annotations(contents, form, entered, pages, definition)
    damaged = damaged or cannot_be_seen
    reading = Reading(
        FileKind.FORM, entered.answers, entered.notes, unknown, form_id, contents.title, contents.modified
    )
    none: tuple[int, ...] = ()
    missing, failed = attempt(lambda: _missing_pages(contents, form, pages, boxes.keys(), definition), none)
    if missing:
        reading = replace(reading, pages_missing=missing, boxes=tuple(sorted(boxes)))
    return Found([reading], failed or has_failed or damaged or contents.damaged)


def _form_id(contents: Contents, form: FormFields, hidden: str) -> str:
    """The value of the hidden field; where it says no form, what the code of the first page gives for it."""
    code = contents.first_code(form)
    return code.form_id if code and not form_in(hidden) else hidden


def _with_annotations(
    contents: Contents, form: FormFields, entered: Entered, pages: Collection[int], definition: FormDefinition
) -> tuple[Entered, bool]:
    """What is entered, with what is hidden and what people wrote with them; and whether damage was met."""
    none: dict[str, int] = {}
    drawn_over = contents.drawn_over(pages)
    under, failed = attempt(lambda: answers_hidden(contents, form, entered.answers, definition, drawn_over), none)
    answers = {**entered.answers, **{name: hidden(page) for name, page in under.items()}}
    entered = replace(entered, answers=answers)
    markup = [each for each in contents.markup if each.page in pages]
    if markup:
        names = [name for name in answers if name in form.widgets]
        entered = with_markup(entered, _areas(form, names), markup)
    return entered, failed


def _as_they_look(
    contents: Contents, form: FormFields, boxes: Mapping[str, Answer], definition: FormDefinition
) -> dict[str, Answer]:
    """The answers with what the file's own looks say against them: boxes that do not show, or that show something else.

    Where viewers are to draw all boxes anew, what they show now says nothing.
    """
    acroform = get(contents.document.pdf.Root, "/AcroForm")
    fonts = FormFonts(get(get(acroform, "/DR"), "/Font"))
    is_drawn_anew = get(acroform, "/NeedAppearances") is True
    filled = [name for name in boxes if not _is_bare(form.widgets[name])]
    moved = moved_boxes(form, filled, definition)
    visibility = Visibility(contents.pages, Layers(contents.document.pdf))
    answers = dict(boxes)
    for name in filled:
        answer, widgets = boxes[name], form.widgets[name]
        if answer.says_something:
            answer = replace(answer, doubts=answer.doubts | MOVED) if name in moved else answer
            answers[name] = _as_seen(_of_its_kind(answer, widgets, definition.box(name)), widgets, visibility)
        if is_drawn_anew:
            continue
        for widget in widgets:
            if not widget.lacks_value and (shown := widget.shown_instead(fonts)):
                answers[name] = replace(answers[name], shown=shown)
    return answers


def _is_bare(widgets: Sequence[WidgetValue]) -> bool:
    """Whether a field has no value at all, as most boxes of a form."""
    return len(widgets) == 1 and widgets[0].lacks_value


def _as_seen(answer: Answer, widgets: Sequence[WidgetValue], visibility: Visibility) -> Answer:
    """The answer with a doubt where no box that holds it shows on a page."""
    if len(widgets) > 1:
        widgets = [widget for widget in widgets if widget.text == answer.text] or widgets
    if any(map(visibility.shows, widgets)):
        return answer
    return replace(answer, doubts=answer.doubts | NOT_SEEN)


def _of_its_kind(answer: Answer, widgets: Sequence[WidgetValue], box: Box | None) -> Answer:
    """The answer with a doubt where its field is of another kind. What a tick says in a box for text nobody knows."""
    is_to_tick = box is not None and box.kind is Kind.TICKS
    ticks = [widget.ticks for widget in widgets if widget.text == answer.text] or [widget.ticks for widget in widgets]
    if not is_to_tick and all(ticks):
        return Answer("", doubts=UNREADABLE, page=answer.page)
    if is_to_tick and not all(ticks):
        return replace(answer, doubts=answer.doubts | OTHER_KIND)
    return answer


def _missing_pages(
    contents: Contents, form: FormFields, pages: Sequence[int], boxes: Set[str], definition: FormDefinition
) -> tuple[int, ...]:
    """The numbers of the pages that a form with fields lacks. `pages` are its own in the file, but for printed ones.

    Of printed pages only the drawn code says that they are another form's.
    """
    if not may_lack_pages([contents.pages[page] for page in pages], boxes, definition):
        return ()
    from thep_forms.reading.form_pages import page_texts  # takes time to import, and few files need it

    data = contents.copy()
    texts = page_texts(data)
    first, boxed = contents.first_code(form), pages_of(form.widgets)
    others = [page for page in pages if first and page not in boxed and has_number(texts[page])]
    foreign: set[int] = set()
    for page, codes in codes_on(data, others, contents.codes).items():
        if first and not any(code.belongs_to(first) for code in codes):
            foreign.add(page)
    return missing_pages(data, {page: texts[page] for page in pages if page not in foreign}, definition.identifier)


def _with_fields_shown(
    contents: Contents, form: FormFields, boxes: Mapping[str, Answer], definition: FormDefinition
) -> tuple[Mapping[str, Answer], bool]:
    """The answers with those of fields that have no value, but show a text; and whether damage was met.

    Such an answer is unreadable where the page does not say which box it stands in.
    """
    drawn = [name for name, answer in boxes.items() if answer.is_empty and _is_only_drawn(form.widgets[name])]
    damaged = contents.document.warned_of_damage()
    if not drawn:
        return boxes, damaged
    contents = contents.with_damage(damaged)
    shown, has_failed = attempt(lambda: _shown_in_boxes(contents, definition), dict[str, Answer]())
    answers = dict(boxes)
    for name in drawn:
        answer = shown.get(name) or Answer("", ReadFrom.PAGE_TEXT, UNREADABLE, page=boxes[name].page)
        if answer.says_something:
            answers[name] = answer
    return answers, damaged or has_failed


def _is_only_drawn(widgets: Iterable[WidgetValue]) -> bool:
    return any(widget.is_only_drawn for widget in widgets)


def _shown_in_boxes(contents: Contents, definition: FormDefinition) -> dict[str, Answer]:
    """What each box shows on the pages whose labels can be read."""
    shown: dict[str, Answer] = {}
    for page in _print_on(contents, flattened(contents.copy()), contents.boxed, definition):
        shown |= page.answers
    return shown


def _with_drawn_over(
    contents: Contents, entered: Entered, pages: Sequence[int], definition: FormDefinition
) -> tuple[Entered, bool]:
    """What is entered, with what is printed on pages that people drew on; and whether damage was met."""
    damaged = contents.document.warned_of_damage()
    if not pages:
        return entered, damaged
    contents = contents.with_damage(damaged)
    nothing: list[PrintedPage] = []
    printed, has_failed = attempt(lambda: _print_on(contents, contents.copy(), pages, definition), nothing)
    return with_print(entered, printed), damaged or has_failed or contents.document.warned_of_damage()


def _print_on(contents: Contents, data: bytes, pages: Collection[int], definition: FormDefinition) -> list[PrintedPage]:
    """What is printed on pages of a form with fields, in a copy of the file."""
    from thep_forms.reading.print.reader import page_reader  # takes time to import, and few files need it

    for number in pages:
        decode_streams(contents.pages[number])
    return page_reader(definition).boxes_on(data, pages, contents.boxed)


def _areas(form: FormFields, boxes: Iterable[str]) -> dict[str, BoxArea]:
    """Where the boxes are, by the first widget of each. Boxes on no page are left out."""
    areas: dict[str, BoxArea] = {}
    for name in boxes:
        widget = form.widgets[name][0]
        if widget.page is not None:
            areas[name] = BoxArea(widget.page, widget.area, widget.ticks)
    return areas
