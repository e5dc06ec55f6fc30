"""A picture of the form, with what was read from it, against the form's definition."""

from __future__ import annotations

from thep_forms.checking import normalise
from thep_forms.checking.checker import check, year_with
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, corrected
from thep_forms.checking.from_picture import with_likely_answers, with_what_was_read
from thep_forms.checking.known_answers import NO_KNOWLEDGE, Knowledge
from thep_forms.checking.problems import problem
from thep_forms.checking.record import Checked
from thep_forms.checking.unchanged import with_copy_unchanged
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import school_in
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import Reading


def check_scan(
    reading: Reading,
    definition: FormDefinition,
    corrections: Corrections = NO_CORRECTIONS,
    knowledge: Knowledge = NO_KNOWLEDGE,
) -> Checked:
    """Check what was read from a picture like a form. Each answer has a problem until a person has confirmed it.

    `knowledge` tells what probably stood there. Without answers, nothing of the picture is known but what its code
    says: the year, and whose copy it is.
    """
    if not reading.answers:
        return _without_answers(reading, definition, corrections)
    likely = with_likely_answers(reading, definition, corrections, knowledge)
    checked = with_what_was_read(check(likely, definition, corrections), reading)
    return with_copy_unchanged(checked, corrected(likely, corrections, definition), definition)


def _without_answers(reading: Reading, definition: FormDefinition, corrections: Corrections) -> Checked:
    school = corrections.school or school_in(reading.form_id)
    number = normalise.dfe_number(school, definition.partnership.dfe_prefix)
    problems = (problem(definition, ProblemCode.SCAN, value=reading.reason),)
    return Checked(year_with(reading, corrections), number.value, problems=problems)
