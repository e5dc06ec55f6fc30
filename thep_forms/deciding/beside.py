"""What gives way to a form that came beside it, in each message that brought it: blank forms, nameless pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from thep_forms.deciding.decisions import InForce
from thep_forms.deciding.model import Entry
from thep_forms.deciding.same_answers import says_no_more
from thep_forms.reading.reasons import NOTHING_ASKED, NOTHING_WRITTEN

Messages = Mapping[str, Set[str]]  # the paths of those that brought each return, by its id; "" where none did


def is_blank_or_empty(entry: Entry) -> bool:
    """Whether it is a blank form, or a picture of a page on which nothing is asked, or nothing written."""
    is_empty_page = entry.reason in (NOTHING_ASKED, NOTHING_WRITTEN) and not entry.has_answers
    return entry.is_form and (entry.blank or is_empty_page)


def names_no_school(entry: Entry) -> bool:
    """Whether it has answers and does not say whose it is, as a later page of a blank form."""
    return entry.has_answers and not entry.dfe_number and not entry.copy_of


def blanks_beside_forms(entries: Sequence[Entry], school_of: Callable[[Entry], str], messages: Messages) -> set[str]:
    """The ids of blank forms and empty pages that came with a form with answers: in each message, or in their file.

    `school_of` says whose a form is. A copy that was emptied, and a page of a copy, give way only to a form of the
    school that it was made for.
    """
    schools: dict[str, set[str]] = {}  # of the forms with answers, by message and by file
    for entry in entries:
        if entry.is_filled_in and not is_blank_or_empty(entry):
            for place in (*messages.get(entry.return_id, ()), _file_of(entry)):
                schools.setdefault(place, set()).add(school_of(entry))
    schools.pop("", None)
    found: set[str] = set()
    for entry in filter(is_blank_or_empty, entries):
        in_file = schools.get(_file_of(entry), set())
        beside = [schools.get(message, set()) | in_file for message in messages.get(entry.return_id, ("",))]
        if beside and all(_takes_its_place(schools_there, entry) for schools_there in beside):
            found.add(entry.return_id)
    return found


def _takes_its_place(schools: Set[str], blank: Entry) -> bool:
    """Whether the forms of those schools, in the same message, take the place of a blank one."""
    return bool(schools) and (not blank.copy_of or blank.copy_of in schools)


def _file_of(entry: Entry) -> str:
    """What the ids of all forms in one file begin with."""
    return entry.return_id.partition("-")[0]


def nameless_beside_forms(
    nameless: Iterable[Entry], forms: Iterable[Entry], messages: Messages, decided: InForce
) -> set[str]:
    """The ids of those that name no school and say what one of the forms says, of the same year, in each message."""
    by_message: dict[str, list[Entry]] = {}
    for form in forms:
        for message in messages.get(form.return_id, ()):
            by_message.setdefault(message, []).append(form)
    by_message.pop("", None)
    found: set[str] = set()
    for entry in nameless:
        beside = [by_message.get(message, []) for message in messages.get(entry.return_id, ("",))]
        if all(_says_no_more_than_one(entry, forms_there, decided) for forms_there in beside):
            found.add(entry.return_id)
    return found


def _says_no_more_than_one(entry: Entry, forms: Iterable[Entry], decided: InForce) -> bool:
    return any(form.year == entry.year and says_no_more(entry, form, decided) for form in forms)
