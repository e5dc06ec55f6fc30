"""Which fields are one form: several schools' forms may have been joined in a file, and joining renames fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import takewhile

from msgspec import Struct, field

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID
from thep_forms.reading.fields.reader import WidgetValue

REPEATED = 5  # boxes of a page that a form has already: fewer are widgets of one field that disagree
DEEPEST = 8  # parts of a name
DIGITS = 4  # of a school's number, after its authority's
LONGEST = 200  # characters of a name that may be one of ours
LONGEST_KEPT = 20_000  # characters of all names of a file, which are kept for the next file
_NO_PAGE = -1
_INDEX = re.compile(r"\s*\[\d+\]$")
_SUFFIX = re.compile(r"(?:\s*\[\d+\]|[#_ .+~-]\d+|\s*\(\d+\)|[_ -]?copy)$", re.IGNORECASE)

Widgets = dict[str, list[WidgetValue]]
IsBox = Callable[[str], bool]


class FormFields(Struct):
    """The widgets of one form by the form's own names of its boxes; other fields by their names in the file."""

    widgets: Widgets = field(default_factory=dict)

    def add(self, widgets: Mapping[str, list[WidgetValue]]) -> None:
        """Add the widgets to those of the same names."""
        for name, more in widgets.items():
            self.widgets.setdefault(name, []).extend(more)

    def contradicts(self, name: str, widgets: Iterable[WidgetValue]) -> bool:
        """Whether the widgets hold texts that differ from those that the form holds by that name."""
        ours, theirs = _texts(self.widgets.get(name, ())), _texts(widgets)
        return bool(ours and theirs and ours != theirs)


class PageSpan(Struct, frozen=True):
    """Which pages of the form were found: its first page, and any of the later ones."""

    first: bool
    later: bool


def forms_in(found: Mapping[str, list[WidgetValue]], is_box: IsBox) -> list[FormFields]:
    """The forms in a file, by the pages that their boxes are on: at least one, which may be empty."""
    pages = _by_page(found, is_box)
    loose = pages.pop(_NO_PAGE, {})
    forms = [FormFields()]
    for _, widgets in sorted(pages.items()):
        repeated = sum(1 for name in widgets if name in forms[-1].widgets and is_box(name))
        if repeated >= REPEATED:
            forms.append(FormFields())
        forms[-1].add(widgets)
    return _with_loose(forms, loose, is_box) if loose else forms


def _by_page(found: Mapping[str, list[WidgetValue]], is_box: IsBox) -> dict[int, Widgets]:
    """The widgets of each page by their own names."""
    pages: dict[int, Widgets] = {}
    own = own_names(found, is_box)
    for name, widgets in found.items():
        for widget in widgets:
            page = _NO_PAGE if widget.page is None else widget.page
            pages.setdefault(page, {}).setdefault(own[name], []).append(widget)
    return pages


def _with_loose(forms: list[FormFields], loose: Widgets, is_box: IsBox) -> list[FormFields]:
    """The forms with the fields that lie on no page: part of the form that they do not contradict, or one more."""
    for form in forms:
        differing = sum(1 for name, widgets in loose.items() if is_box(name) and form.contradicts(name, widgets))
        if differing < REPEATED:
            form.add(loose)
            return forms
    return [FormFields(loose), *forms]


def _texts(widgets: Iterable[WidgetValue]) -> set[str]:
    return {widget.text for widget in widgets if widget.text}


def are_mixed(spans: Collection[PageSpan]) -> bool:
    """Whether the pages of several forms cannot be told apart: one lacks its first page, or only some have later ones.

    `spans` has the pages found of each form.
    """
    kinds = {(span.first, span.later) for span in spans}
    return len(spans) > 1 and kinds not in ({(True, False)}, {(True, True)})


def are_of_one_school(numbers: Collection[str]) -> bool:
    """Whether forms with these DfE numbers, as they were typed, are all of one school: pages of it came twice."""
    digits = {"".join(filter(str.isdigit, number))[-DIGITS:] for number in numbers}
    return len(digits) == 1 and "" not in digits


def page_span(form: FormFields, definition: FormDefinition) -> PageSpan:
    """Which pages of the form its boxes are on."""
    later = any(_is_continued(name, definition) for name in form.widgets)
    return PageSpan(first=definition.dfe_field.name in form.widgets, later=later)


def _is_continued(name: str, definition: FormDefinition) -> bool:
    """Whether the box is in a block that is not among the rows of the first page."""
    cells = [cell for section in definition.file.section for row in section.row for cell in row.cells]
    for role in definition.roles:
        if role.repeats and (position := definition.position(role, name)):
            return position > sum(1 for cell in cells if cell.block == role.name)
    return False


def own_names(names: Collection[str], is_box: IsBox) -> Mapping[str, str]:
    """The form's own name of each field. If it has none of them, what all names have in common is taken off."""
    return _own_names_once(tuple(names), is_box) if sum(map(len, names)) <= LONGEST_KEPT else _own_names(names, is_box)


def _own_names(names: Collection[str], is_box: IsBox) -> Mapping[str, str]:
    own = {name: own_name(name, is_box) for name in names}
    if any(map(is_box, own.values())):
        return own
    head, tail = _common(names), _common([name[::-1] for name in names])
    ours: dict[str, str] = {}
    for name in names:
        shorter = own_name(name[head : len(name) - tail], is_box)
        if is_box(shorter) or shorter == FORM_ID:
            ours[name] = shorter
    return own | ours if len(ours) >= REPEATED else own


_own_names_once = lru_cache(maxsize=8)(_own_names)  # the returns of a year have the same names


def _common(names: Collection[str]) -> int:
    """The number of characters that all the names begin with."""
    pairs = zip(min(names, default=""), max(names, default=""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def own_name(name: str, is_box: IsBox) -> str:
    """The form's own name of a field, or the field's name where it is not one of ours.

    Some programs put a form's name in front or a number behind, or make `main_contact.name` or `Main contact name`
    of `main_contact_name`.
    """
    if is_box(name) or len(name) > LONGEST:
        return name
    for spelling in _spellings(name):
        if is_box(spelling) or spelling == FORM_ID:
            return spelling
    return name


def _spellings(name: str) -> Iterator[str]:
    """What the name may have been before a program changed it."""
    parts = [_INDEX.sub("", part) for part in name.split(".", DEEPEST)]
    joined = ("_".join(parts[start:]) for start in range(len(parts)))
    for part in (name, name.rpartition(".")[2], parts[0], *joined):
        for spelling in (part, part.lower(), "_".join(part.lower().split())):
            yield spelling
            yield from _without_suffixes(spelling)


def _without_suffixes(name: str) -> Iterator[str]:
    while (shorter := _SUFFIX.sub("", name)) != name:
        yield shorter
        name = shorter
