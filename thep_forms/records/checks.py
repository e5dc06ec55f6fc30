"""Readings with their checked records."""

from __future__ import annotations

from msgspec.structs import replace

from thep_forms.checking.checker import check, year_of
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, without_confirmed
from thep_forms.checking.from_picture import reads_another_number
from thep_forms.checking.known_answers import NO_KNOWLEDGE, Knowledge
from thep_forms.checking.record import Checked
from thep_forms.checking.scan import check_scan
from thep_forms.checking.section_contents import section_contents
from thep_forms.checking.unchanged import with_copy_unchanged
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.reading import FileKind, Reading
from thep_forms.records.ledger import ReadReturn


def check_reading(
    reading: Reading,
    definitions: Definitions,
    corrections: Corrections = NO_CORRECTIONS,
    knowledge: Knowledge = NO_KNOWLEDGE,
) -> ReadReturn:
    """The reading with its checked record, if it is a form or a picture of a form.

    What a person said of it counts: answers, school and year, and which problems are none. `knowledge` counts for
    pictures alone.
    """
    if reading.kind not in (FileKind.FORM, FileKind.SCAN):
        return ReadReturn(reading)
    definition = definitions(MembershipYear.parse(corrections.year) if corrections.year else year_of(reading))
    checked = _checked(reading, definition, corrections, knowledge)
    is_as_it_came = not (corrections.answers or corrections.school)
    came = checked if is_as_it_came else _checked(reading, definition, NO_CORRECTIONS, knowledge)
    tells_all = not (reading.shows_more or reads_another_number(came.values, definition))
    contents = section_contents(reading, came.values, definition) if tells_all else b""
    return ReadReturn(reading, replace(without_confirmed(checked, corrections), section_contents=contents))


def _checked(reading: Reading, definition: FormDefinition, corrections: Corrections, knowledge: Knowledge) -> Checked:
    if reading.kind is FileKind.SCAN:
        return check_scan(reading, definition, corrections, knowledge)
    return with_copy_unchanged(check(reading, definition, corrections), reading, definition)
