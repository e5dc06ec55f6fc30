"""Readings with their checked records."""

from __future__ import annotations

from thep_forms.checking.checker import check, check_scan, year_of
from thep_forms.checking.unchanged import with_copy_unchanged
from thep_forms.definition import Definitions
from thep_forms.reading import FileKind, Reading
from thep_forms.records.ledger import ReadReturn


def check_reading(reading: Reading, definitions: Definitions) -> ReadReturn:
    """The reading with its checked record, if it is a form or a picture of a form."""
    checkers = {FileKind.FORM: check, FileKind.SCAN: check_scan}
    checker = checkers.get(reading.kind)
    if not checker:
        return ReadReturn(reading)
    definition_of_year = definitions(year_of(reading))
    checked = checker(reading, definition_of_year)
    if reading.kind is FileKind.FORM:
        checked = with_copy_unchanged(checked, reading, definition_of_year)
    return ReadReturn(reading, checked)
