"""Whether a school's copy came back exactly as it was sent."""

from __future__ import annotations

from msgspec.structs import replace

from thep_forms.checking.problems import problem
from thep_forms.checking.record import Checked
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import digest_in, digest_of, school_in
from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import Doubt, Reading


def with_copy_unchanged(checked: Checked, reading: Reading, definition: FormDefinition) -> Checked:
    """The checked return, with the problem `copy_unchanged` where nobody changed anything on the copy."""
    if checked.blank or not is_unchanged(reading, definition):
        return checked
    return replace(checked, problems=(*checked.problems, problem(definition, ProblemCode.COPY_UNCHANGED)))


def is_unchanged(reading: Reading, definition: FormDefinition) -> bool:
    """Whether the form is a school's copy with the answers that it was filled in with, and nothing else.

    The digest in its hidden field tells. Earlier copies have none: then the file has to be as it was written. A
    damaged file may show old answers, so it is never called unchanged.
    """
    if reading.damaged or reading.notes or not school_in(reading.form_id):
        return False
    entered = {**reading.unknown_fields, **reading.answers}
    for name, answer in entered.items():
        is_beside_the_form = not definition.box(name) and answer.says_something
        if is_beside_the_form or answer.others or Doubt.UNREADABLE in answer.doubts:
            return False
    digest = digest_in(reading.form_id)
    if not digest:
        return reading.is_as_written
    answers = {name: answer.text for name, answer in entered.items() if definition.box(name)}
    return digest_of(definition.without_prefix(answers)) == digest
