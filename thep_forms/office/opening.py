"""Opening a RECORDS folder to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.records import Ledger, Records, open_for_reading


@contextmanager
def open_records(folder: Path, definitions: Definitions) -> Iterator[tuple[Ledger, Records]]:
    """The ledger and the records of a RECORDS folder, brought up to date and open to be read.

    Raises `RecordsError` when the folder holds no records, or another run uses them; `TemplateError`, `OSError`.
    """
    with open_for_reading(folder, definitions) as ledger:
        yield ledger, Records(ledger, definitions)
