"""Opening a RECORDS folder to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.records import Ledger, Records


@contextmanager
def open_records(folder: Path, definitions: Definitions) -> Iterator[tuple[Ledger, Records]]:
    """The ledger and the records of a RECORDS folder, open to be read; nothing in the folder changes.

    Raises `RecordsError` when the folder holds no records, or another run uses them.
    """
    with Ledger.existing(folder, unchanged=True) as ledger:
        yield ledger, Records(ledger, definitions)
