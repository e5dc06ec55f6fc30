"""Readings with their checked records."""

from __future__ import annotations

from thep_forms.checking.checker import check, check_scan, year_of
from thep_forms.checking.corrections import NO_CORRECTIONS, Corrections, without_confirmed
from thep_forms.checking.unchanged import with_copy_unchanged
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.reading import FileKind, Reading
from thep_forms.records.ledger import ReadReturn


def check_reading(reading: Reading, definitions: Definitions, corrections: Corrections = NO_CORRECTIONS) -> ReadReturn:
    """The reading with its checked record, if it is a form or a picture of a form.

    What a person said of it counts: answers, school and year, and which problems are none.
    """
    checkers = {FileKind.FORM: check, FileKind.SCAN: check_scan}
    checker = checkers.get(reading.kind)
    if not checker:
        return ReadReturn(reading)
    year = MembershipYear.parse(corrections.year) if corrections.year else year_of(reading)
    definition_of_year = definitions(year)
    checked = checker(reading, definition_of_year, corrections)
    if reading.kind is FileKind.FORM:
        checked = with_copy_unchanged(checked, reading, definition_of_year)
    if corrections.confirmed:
        checked = without_confirmed(checked, corrections)
    return ReadReturn(reading, checked)
