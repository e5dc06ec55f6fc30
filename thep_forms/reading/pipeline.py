"""How a file is read, stage by stage.

    opening.opened             qpdf opens it, or pypdf or PDFium repairs it first
    classify.classify          its fields by forms, its markup, which pages are as we made them
    read_fields.read_fields    what the fields of each form hold, and what people drew or noted over them
    read_pages.read_pages      forms that are printed or pictured on pages, where these can count
    policy                     what counts where several readers found something

Pages take twenty times as long to read as fields, and the libraries for them take time to load. So they are read only
where they may say more: where boxes show what they do not hold, where people drew on a page, and where fields are
empty, missing or of unknown names.

Each stage returns what it read and whether it met damage. Damage belongs to the whole file: all its readings have it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, form_in
from thep_forms.layout.seal import State
from thep_forms.reading import reasons
from thep_forms.reading.classify import Contents, DefinitionOfYear, Found
from thep_forms.reading.damage import attempt
from thep_forms.reading.fields.field_groups import REPEATED, are_mixed, are_of_one_school, page_span
from thep_forms.reading.fields.reader import combined
from thep_forms.reading.model import Answer, FileKind, Reading
from thep_forms.reading.page_codes import are_several_forms
from thep_forms.reading.policy import (
    is_illegible,
    is_news,
    joined,
    may_be_lost,
    once,
    with_unknown_fields,
    without_repeated,
)
from thep_forms.reading.read_fields import read_fields
from thep_forms.reading.renamed_forms import RenamedFields, renamed_fields, with_renamed


def readings_in(contents: Contents, definitions: DefinitionOfYear) -> tuple[Reading, ...]:
    """The readings of an open file: one for each form in it, one at least."""
    any_year = definitions(None)
    fields = read_fields(contents, definitions)
    contents = contents.with_damage(fields.damaged)
    is_filled = any(reading.says_something for reading in fields.readings)
    if unknown := _unknown_fields(contents, any_year):
        found = _read_unknown(contents, fields.readings, unknown, definitions)
    elif len(fields.readings) > 1 and _are_mixed(contents, any_year):
        found = _read_mixed(contents, fields.readings, definitions)
    elif fields.readings:
        found = _read_fields(contents, fields.readings, definitions, is_filled=is_filled)
    else:
        found = _read_pages(contents, definitions)
    damaged = contents.damaged or found.damaged or contents.document.warned_of_damage()
    readings = found.readings or [contents.reading(FileKind.NOT_A_FORM, reasons.NO_FORM)]
    readings = [replace(reading, notes=once(reading.notes)) for reading in readings]
    return _with_damage(contents, readings, is_filled=is_filled) if damaged else tuple(readings)


def _with_damage(contents: Contents, readings: Sequence[Reading], *, is_filled: bool) -> tuple[Reading, ...]:
    """The readings of a damaged file. `is_filled`: a form has something in its fields."""
    damaged: list[Reading] = []
    for reading in readings:
        if reading.kind is FileKind.NOT_A_FORM:
            reading = contents.reading(FileKind.UNREADABLE, reasons.NO_FORM_LEFT)
        elif may_be_lost(reading) and not is_filled:
            reading = contents.reading(FileKind.UNREADABLE, reasons.NO_ANSWER_LEFT)
        damaged.append(replace(reading, damaged=True))
    return tuple(damaged)


def _are_mixed(contents: Contents, definition: FormDefinition) -> bool:
    """Whether the pages of several forms with fields cannot be told apart."""
    forms = [form for form in contents.forms if any(definition.box(name) for name in form.widgets)]
    if are_several_forms([contents.first_code(form) for form in forms]):
        return False
    return are_mixed([page_span(form, definition) for form in forms])


# --- pages ------------------------------------------------------------------------------------------------------------


def _read_pages(
    contents: Contents, definitions: DefinitionOfYear, pages: Sequence[int] | None = None, *, with_boxes: bool = False
) -> Found:
    from thep_forms.reading.read_pages import read_pages  # takes time to import, and few files need it

    return read_pages(contents, definitions, pages, with_boxes=with_boxes)


def _read_fields(
    contents: Contents, fields: Sequence[Reading], definitions: DefinitionOfYear, *, is_filled: bool
) -> Found:
    """Forms with fields, and what is on the file's other pages.

    Where the fields hold no words, a picture over them may show some: a scan, or what a pen wrote on a tablet.
    """
    renamed, damaged = attempt(lambda: renamed_fields(contents, definitions(None)), RenamedFields())
    contents = contents.with_damage(damaged)
    if is_filled and not renamed.pages and all(map(is_illegible, fields)):
        found, has_failed = attempt(lambda: _read_pages(contents, definitions), Found())
        contents = contents.with_damage(found.damaged or has_failed)
        if pictures := [reading for reading in found.readings if reading.kind is FileKind.SCAN and reading.answers]:
            return Found(pictures, contents.damaged)
    if is_filled or renamed.pages:
        return _read_filled(contents, fields, renamed, definitions)
    return _read_empty(contents, fields, definitions)


def _read_filled(
    contents: Contents, fields: Sequence[Reading], renamed: RenamedFields, definitions: DefinitionOfYear
) -> Found:
    """Forms with fields, at least one filled in, and printed or pictured forms on the file's other pages."""
    damaged = contents.damaged
    if renamed.pages:
        found, has_failed = attempt(lambda: _read_pages(contents, definitions, renamed.pages, with_boxes=True), Found())
        fields = with_renamed(fields, found.readings, renamed, definitions(None).identifier)
        damaged = damaged or found.damaged or has_failed
    beside, has_failed = attempt(lambda: _read_beside(contents, definitions, renamed.pages), Found())
    return Found(joined(fields, beside.readings), damaged or beside.damaged or has_failed)


def _read_mixed(contents: Contents, fields: Sequence[Reading], definitions: DefinitionOfYear) -> Found:
    """Forms with fields whose pages cannot be told apart, unless they are pages of one school that came twice."""
    once_each = without_repeated(fields)
    number = definitions(None).dfe_field.name
    if not are_of_one_school([reading.text_of(number) for reading in once_each]):
        return Found([contents.reading(FileKind.UNREADABLE, reasons.MIXED)])
    return _read_fields(contents, once_each, definitions, is_filled=True)


def _read_empty(contents: Contents, fields: Sequence[Reading], definitions: DefinitionOfYear) -> Found:
    """Forms with empty fields: what is printed on their pages counts, else pictures of forms on other pages."""
    printed, has_failed = attempt(lambda: _read_pages(contents, definitions), Found())
    contents = contents.with_damage(printed.damaged or has_failed)
    for reading in printed.readings:
        is_printed = reading.kind is not FileKind.SCAN and reading.says_something
        if is_printed or reading.kind is FileKind.UNREADABLE:
            return Found(printed.readings, contents.damaged)
    beside, has_failed = attempt(lambda: _read_beside(contents, definitions), Found())
    pictures = [reading for reading in beside.readings if reading.kind is FileKind.SCAN]
    return Found(pictures or fields, contents.damaged or beside.damaged or has_failed)


def _read_beside(contents: Contents, definitions: DefinitionOfYear, read: Collection[int] = ()) -> Found:
    """Printed and pictured forms on the pages without fields, but for pages that are as we made them, or were read."""
    pages = [
        number
        for number, seal in enumerate(contents.seals)
        if seal is not State.AS_MADE and number not in contents.boxed and number not in read
    ]
    if not pages:
        return Found()
    found = _read_pages(contents, definitions, pages)
    if all(widget.page is not None for _, widget in contents.widgets()):
        return found
    # Fields that are on no page may belong to one of these pages, which then shows what they hold.
    held = {(name, widget.text) for name, widget in contents.widgets()}
    news = [reading for reading in found.readings if is_news(reading, held, definitions(None))]
    return Found(news, found.damaged)


# --- fields with names that we do not know ----------------------------------------------------------------------------


def _unknown_fields(contents: Contents, definition: FormDefinition) -> dict[str, Answer]:
    """The fields that hold or show something by names that we do not know, where hardly any has a name that we know."""
    known = (name for form in contents.forms for name in form.widgets if definition.box(name))
    if len(list(islice(known, REPEATED))) == REPEATED:
        return {}
    unknown: dict[str, Answer] = {}
    for form in contents.forms:
        for name, widgets in form.widgets.items():
            if not definition.box(name) and any(widget.says_something or widget.is_only_drawn for widget in widgets):
                unknown[name] = combined(widgets)
    return unknown


def _read_unknown(
    contents: Contents, fields: Sequence[Reading], unknown: Mapping[str, Answer], definitions: DefinitionOfYear
) -> Found:
    """What the pages show with the fields in them. What a field holds and its page does not show is kept beside it.

    `fields` are the readings by the few names that we know.
    """
    any_year = definitions(None)
    hidden = [name for name, answer in unknown.items() if _names_form(name, answer, any_year.identifier)]
    form_id = unknown[hidden[0]].text if hidden else ""
    left = {name: answer for name, answer in unknown.items() if name not in hidden}
    if fields or form_in(form_id) == any_year.identifier:
        found, has_failed = attempt(lambda: _read_pages(contents, definitions, with_boxes=True), Found())
        readings = found.readings or fields or ([contents.reading(FileKind.FORM)] if left else [])
    else:
        found, has_failed = _read_pages(contents, definitions, with_boxes=True), False
        readings = found.readings
    damaged = found.damaged or has_failed
    if not readings:
        return Found([], damaged)
    first, *others = readings
    known = _known_answers(fields, any_year)
    first = with_unknown_fields(first, known, left)
    if not (first.form_id or others):
        first = replace(first, form_id=form_id)
    return Found([first, *others], damaged)


def _names_form(name: str, answer: Answer, form: str) -> bool:
    """Whether the field is the hidden one that says which form it is of."""
    return name == FORM_ID or form_in(answer.text) == form


def _known_answers(fields: Sequence[Reading], definition: FormDefinition) -> dict[str, Answer]:
    """What the fields hold that have names of ours."""
    answers = [item for reading in fields for item in reading.answers.items()]
    return {name: answer for name, answer in answers if definition.box(name) and not answer.is_empty}
