"""Forms whose fields a program renamed when it joined them to another form.

PDFBox gives a field whose name is taken a name that says nothing, such as `dummyFieldName12`. Only what the pages show
then says which box each field is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID, form_in
from thep_forms.reading.classify import Contents
from thep_forms.reading.fields.field_groups import REPEATED
from thep_forms.reading.fields.reader import WidgetValue, combined
from thep_forms.reading.model import Answer, FileKind, Reading
from thep_forms.reading.policy import with_unknown_fields, without_fields


class RenamedFields(Struct, frozen=True):
    """Fields with names that are not ours, on pages where no field has one of ours, and what they hold.

    `pages` are these pages, each with the pages without fields that follow it.
    """

    pages: Sequence[int] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)


def renamed_fields(contents: Contents, definition: FormDefinition) -> RenamedFields:
    """The fields that may be those of forms of ours: as many are on a page as one of our pages has at least."""
    ours: set[int] = set()
    others: dict[int, dict[str, list[WidgetValue]]] = {}
    for name, widget in contents.widgets():
        if widget.page is not None and definition.box(name):
            ours.add(widget.page)
        elif widget.page is not None and name != FORM_ID:
            others.setdefault(widget.page, {}).setdefault(name, []).append(widget)
    if not ours:
        return RenamedFields()
    renamed = {page: fields for page, fields in others.items() if page not in ours and len(fields) >= REPEATED}
    answers = {name: combined(widgets) for fields in renamed.values() for name, widgets in fields.items()}
    if not any(answer.says_something for answer in answers.values()):
        return RenamedFields()
    pages: list[int] = []
    is_renamed = False
    for number in range(len(contents.pages)):
        is_renamed = number in renamed if number in contents.boxed else is_renamed
        pages += [number] if is_renamed else []
    return RenamedFields(pages, answers)


def with_renamed(
    fields: Sequence[Reading], shown: Sequence[Reading], renamed: RenamedFields, form: str
) -> list[Reading]:
    """The readings of forms with fields, and those of what the pages with renamed fields show.

    What none of these pages shows stays among the fields that we do not know. `form` is our form's name, which its
    hidden field holds.
    """
    forms: list[Reading] = []
    left = {name: answer for name, answer in renamed.answers.items() if form_in(answer.text) != form}
    hidden = {answer.page: answer.text for name, answer in renamed.answers.items() if name not in left}
    for reading in shown:
        if reading.kind is not FileKind.FORM or not reading.says_something:
            continue
        pages = {answer.page for answer in reading.answers.values()}
        own = {name: answer for name, answer in left.items() if answer.page in pages}
        left = {name: answer for name, answer in left.items() if name not in own}
        form_id = reading.form_id or next((hidden[page] for page in hidden if page in pages), "")
        forms.append(with_unknown_fields(replace(reading, form_id=form_id), {}, own))
    first, *others = [without_fields(reading, renamed.answers) for reading in fields]
    return [with_unknown_fields(first, {}, left), *others, *forms]
