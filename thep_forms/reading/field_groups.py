"""The forms in a file: several schools' may have been put into one, and merging renames fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile

from msgspec import Struct, field

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID
from thep_forms.reading.fields import WidgetValue

REPEATED = 5  # boxes of a page that a form has already: fewer are two widgets of one field that disagree
_INDEX = re.compile(r"\s*\[\d+\]$")
_SUFFIX = re.compile(r"(?:\s*\[\d+\]|[#_ .+~-]\d+|\s*\(\d+\)|[_ -]?copy)$", re.IGNORECASE)
NOWHERE = -1  # the index of no page
DEEPEST = 8  # parts of a name
LONGEST = 200  # characters of a name that may be one of ours


class FormFields(Struct):
    """What the widgets of one form say, by the form's own names of the boxes, and of others as they are called."""

    answers: dict[str, list[WidgetValue]] = field(default_factory=dict)

    def add(self, said: Mapping[str, list[WidgetValue]]) -> None:
        for name, answers in said.items():
            self.answers.setdefault(name, []).extend(answers)

    def other_than(self, said: Mapping[str, list[WidgetValue]]) -> list[str]:
        """The names of those that say something else than this form does; what is empty says nothing."""
        pairs = ((name, _texts(self.answers.get(name, ())), _texts(answers)) for name, answers in said.items())
        return [name for name, ours, theirs in pairs if ours and theirs and ours != theirs]


def _texts(said: Iterable[WidgetValue]) -> set[str]:
    return {one.text for one in said if one.text}


def forms_in(found: Mapping[str, list[WidgetValue]], is_box: Callable[[str], bool]) -> list[FormFields]:
    """The forms by the pages that their boxes are on; one at least, which may be empty."""
    pages: dict[int, dict[str, list[WidgetValue]]] = {}
    own = own_names(found, is_box)
    for name, said in found.items():
        for answer in said:
            pages.setdefault(NOWHERE if answer.page is None else answer.page, {}).setdefault(own[name], []).append(
                answer
            )
    loose = pages.pop(NOWHERE, {})
    forms = [FormFields()]
    for _, on_page in sorted(pages.items()):
        again = [name for name in on_page if name in forms[-1].answers and is_box(name)]
        if len(again) >= REPEATED:
            forms.append(FormFields())
        forms[-1].add(on_page)
    if loose:
        _add_loose(forms, loose, is_box)
    return forms


def _add_loose(forms: list[FormFields], loose: Mapping[str, list[WidgetValue]], is_box: Callable[[str], bool]) -> None:
    """Add fields that lie on no page to the form that says nothing else, or else as a form of their own."""
    mate = next((form for form in forms if len([*filter(is_box, form.other_than(loose))]) < REPEATED), FormFields())
    mate.add(loose)
    if all(mate is not form for form in forms):
        forms.insert(0, mate)


def are_mixed(kinds: Collection[tuple[bool, bool]]) -> bool:
    """Whether nobody can tell whose the pages of several forms are: one has no first page, or some have a later one.

    `kinds` says of each form whether it has the first, and whether it has a later one.
    """
    return len(kinds) > 1 and {*kinds} not in ({(True, False)}, {(True, True)})


def pages_had(form: FormFields, definition: FormDefinition) -> tuple[bool, bool]:
    """Whether it has its first page, and whether it has a later one, by its boxes."""
    later = any(_is_continued(name, definition) for name in form.answers)
    return definition.dfe_field.name in form.answers, later


def _is_continued(name: str, definition: FormDefinition) -> bool:
    """Whether the box is of a block that is not among the rows of the first page."""
    cells = [cell for section in definition.file.section for row in section.row for cell in row.cells]
    for role in definition.roles:
        if role.repeats and (position := definition.position(role, name)):
            return position > sum(cell.block == role.name for cell in cells)
    return False


def own_names(names: Collection[str], is_box: Callable[[str], bool]) -> dict[str, str]:
    """What the form calls the fields. Where it knows none, what all names have in common is no part of theirs."""
    own = {name: own_name(name, is_box) for name in names}
    if any(map(is_box, own.values())):
        return own
    head, tail = _common(names), _common([name[::-1] for name in names])
    cut = {name: own_name(name[head : len(name) - tail], is_box) for name in names}
    ours = {name: known for name, known in cut.items() if is_box(known) or known == FORM_ID}
    return own | ours if len(ours) >= REPEATED else own


def _common(names: Collection[str]) -> int:
    """With how many characters all the names begin."""
    pairs = zip(min(names, default=""), max(names, default=""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def own_name(name: str, is_box: Callable[[str], bool]) -> str:
    """What the form calls the field.

    Some programs put a form's name in front or a number behind it, or make `main_contact.name` or `Main contact name`
    of `main_contact_name`.
    """
    if is_box(name) or len(name) > LONGEST:
        return name
    return next((known for known in _readings(name) if is_box(known) or known == FORM_ID), name)


def _readings(name: str) -> Iterator[str]:
    parts = [_INDEX.sub("", part) for part in name.split(".", DEEPEST)]
    joined = ("_".join(parts[start:]) for start in range(len(parts)))
    for part in (name, name.rpartition(".")[2], parts[0], *joined):
        for spelt in (part, part.lower(), "_".join(part.lower().split())):
            yield spelt
            shorter = spelt
            while (cut := _SUFFIX.sub("", shorter)) != shorter:
                yield cut
                shorter = cut
