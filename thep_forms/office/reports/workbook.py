"""The workbook of the records, to be saved by a person."""

from __future__ import annotations

from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.records.names import WORKBOOK
from thep_forms.records.opening import bring_up_to_date


def make_workbook(folder: Path, definitions: Definitions) -> bytes:
    """The workbook with all tables, brought up to date. Raises `RecordsError`, `TemplateError`, `OSError`."""
    bring_up_to_date(folder, definitions)
    return (folder / WORKBOOK).read_bytes()
