"""Pictures that say nothing but what a form says that came as well, such as a photograph beside the filled-in PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from thep_forms.checking.section_contents import says_the_same
from thep_forms.deciding.decisions import InForce
from thep_forms.deciding.model import Entry
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import ReadFrom

_MAY_SAY_MORE = frozenset(  # what nobody can read for certain, or stands beside the boxes
    {
        ProblemCode.FIELD_UNKNOWN,
        ProblemCode.VALUE_CONFLICT,
        ProblemCode.VALUE_COVERED,
        ProblemCode.VALUE_STRUCK_OUT,
        ProblemCode.VALUE_UNREADABLE,
    }
)


def is_picture_of(entry: Entry, form: Entry, decided: InForce) -> bool:
    """Whether an entry is a picture that says what the form says, on the pages that it has, and nothing else.

    What the form said as it came counts as well. A picture with a corrected answer has to say what the form says now.
    """
    if entry.read_from != ReadFrom.SCAN or not _MAY_SAY_MORE.isdisjoint(entry.codes.split(";")):
        return False
    if entry.content == form.content:
        return True
    return not decided.corrects(entry.return_id) and says_the_same(entry.section_contents, form.section_contents)


def names_no_school(entry: Entry) -> bool:
    """Whether it is a picture with answers that does not say whose it is, as a later page of a blank form."""
    return entry.read_from == ReadFrom.SCAN and not entry.dfe_number and not entry.copy_of


def pictures_of_forms_beside(
    pictures: Iterable[Entry], forms: Iterable[Entry], messages: Mapping[str, Set[str]], decided: InForce
) -> set[str]:
    """The ids of the pictures that say what a form of their year says, in each message that brought them.

    `messages` are the paths of those that brought each return, by its id; an empty path where none did.
    """
    by_message: dict[str, list[Entry]] = {}
    for form in forms:
        for message in messages.get(form.return_id, ()):
            by_message.setdefault(message, []).append(form)
    by_message.pop("", None)
    found: set[str] = set()
    for picture in pictures:
        beside = [by_message.get(message, []) for message in messages.get(picture.return_id, ("",))]
        if all(_is_picture_of_one(picture, forms, decided) for forms in beside):
            found.add(picture.return_id)
    return found


def _is_picture_of_one(picture: Entry, forms: Iterable[Entry], decided: InForce) -> bool:
    return any(form.year == picture.year and is_picture_of(picture, form, decided) for form in forms)
