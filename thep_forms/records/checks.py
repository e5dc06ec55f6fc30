"""Readings with their checked records."""

from __future__ import annotations

from thep_forms.checking.checker import check, year_of
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, without_confirmed
from thep_forms.checking.known_answers import NO_KNOWLEDGE, Knowledge
from thep_forms.checking.scan import check_scan
from thep_forms.checking.unchanged import with_copy_unchanged
from thep_forms.definition import Definitions, MembershipYear
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
    if reading.kind is FileKind.FORM:
        checked = with_copy_unchanged(check(reading, definition, corrections), reading, definition)
    else:
        checked = check_scan(reading, definition, corrections, knowledge)
    if corrections.confirmed:
        checked = without_confirmed(checked, corrections)
    return ReadReturn(reading, checked)
