"""Returns that say nothing but what another return says, such as a photograph of one page of a filled-in PDF."""

from __future__ import annotations

from thep_forms.checking.section_contents import says_the_same
from thep_forms.deciding.decisions import InForce
from thep_forms.deciding.model import Entry
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import ReadFrom

_BESIDE_ANSWERS = frozenset(
    {ProblemCode.FIELD_UNKNOWN, ProblemCode.VALUE_CORRECTED, ProblemCode.VALUE_SHOWN_DIFFERENTLY}
)
_MAY_SAY_MORE = _BESIDE_ANSWERS | {  # what nobody can read for certain
    ProblemCode.FILE_DAMAGED,
    ProblemCode.VALUE_CONFLICT,
    ProblemCode.VALUE_COVERED,
    ProblemCode.VALUE_DAMAGED,
    ProblemCode.VALUE_STRUCK_OUT,
    ProblemCode.VALUE_TRUNCATED,
    ProblemCode.VALUE_UNCERTAIN,
    ProblemCode.VALUE_UNREADABLE,
}


def says_no_more(entry: Entry, form: Entry, decided: InForce) -> bool:
    """Whether a picture, or single pages, say what the form says, on the pages that came back, and nothing else.

    What the form said as it came counts as well. A picture with a corrected answer has to say what the form says now.
    """
    if entry.read_from != ReadFrom.SCAN:
        return is_part_of(entry, form, decided)
    has_same_answers = entry.content == form.content or _says_the_same(entry, form, decided)
    return has_same_answers and not _may_say_more(entry)


def is_part_of(entry: Entry, form: Entry, decided: InForce) -> bool:
    """Whether pages of an entry did not come back, and the others say what the form says, which has more of them."""
    has_other_sections = entry.section_contents != form.section_contents
    return has_other_sections and not _may_say_more(entry) and _says_the_same(entry, form, decided)


def has_more_beside(entry: Entry) -> bool:
    """Whether something stands beside its answers, such as a note, or words that the normal form leaves out."""
    return not _BESIDE_ANSWERS.isdisjoint(entry.codes.split(";"))


def _may_say_more(entry: Entry) -> bool:
    return not (entry.section_contents and _MAY_SAY_MORE.isdisjoint(entry.codes.split(";")))


def _says_the_same(entry: Entry, form: Entry, decided: InForce) -> bool:
    """Whether all sections of an entry that came back say what those of the form say, as they came."""
    return not decided.corrects(entry.return_id) and says_the_same(entry.section_contents, form.section_contents)
