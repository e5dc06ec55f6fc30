"""Opens RECORDS for writing or reading, and renews results that are out of date."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.records import last_copy
from thep_forms.records.database import CutOffError, OutdatedError, ReadOnlyError, errors_in_words
from thep_forms.records.ledger import Ledger
from thep_forms.records.records import Records
from thep_forms.records.results import is_outdated, renew_results
from thep_forms.records.views import Views

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def open_for_writing(records: Path, definitions: Definitions, *, must_exist: bool = True) -> Iterator[Ledger]:
    """The ledger, brought up to date and locked against other processes. Write the tables after you change it.

    Creates a missing ledger unless it `must_exist`. Renews its copy afterwards. Raises `RecordsError`, `TemplateError`,
    `OSError`.
    """
    with Ledger.existing(records) if must_exist else Ledger(records) as ledger:
        renew_results(ledger, definitions)
        yield ledger
    with errors_in_words():
        last_copy.renew(records)


@contextmanager
def open_for_reading(records: Path, definitions: Definitions) -> Iterator[Ledger]:
    """The ledger for reading, locked against writers.

    If it is out of date, or a run was cut off, updates it and its tables first. In a folder that cannot be written to,
    updates a copy in memory instead. Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    if is_current(records, definitions):
        with Ledger.existing(records, unchanged=True) as ledger:
            yield ledger
        return
    if not _is_brought_up_to_date(records, definitions):
        with Ledger.existing(records, in_memory=True) as ledger:
            renew_results(ledger, definitions)
            yield ledger
        return
    with Ledger.existing(records, unchanged=True) as ledger:
        yield ledger


def _is_brought_up_to_date(records: Path, definitions: Definitions) -> bool:
    """Bring the records up to date. False if their folder cannot be written to."""
    try:
        bring_up_to_date(records, definitions)
    except ReadOnlyError:
        return False
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise
        return False
    return True


def is_current(records: Path, definitions: Definitions) -> bool:
    """Whether the ledger is of this version, and no result that can be renewed is out of date."""
    try:
        with Ledger.existing(records, unchanged=True) as ledger:
            return not is_outdated(ledger, definitions)
    except (OutdatedError, CutOffError):
        return False


def bring_up_to_date(records: Path, definitions: Definitions) -> None:
    """Migrate the ledger if it is of an earlier version, renew its results, and write the tables.

    Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    with open_for_writing(records, definitions) as ledger:
        Views(records, Records(ledger, definitions)).write()
