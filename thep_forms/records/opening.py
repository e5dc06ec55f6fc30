"""RECORDS opened so that no result is older than what it was made from, for writing or only to be looked at."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thep_forms.definition import Definitions
from thep_forms.records.database import CutOffError, OutdatedError, ReadOnlyError
from thep_forms.records.ledger import Ledger
from thep_forms.records.records import Records
from thep_forms.records.results import made_from, renew_results
from thep_forms.records.views import Views

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def open_for_writing(records: Path, definitions: Definitions, *, must_exist: bool = True) -> Iterator[Ledger]:
    """The ledger, brought up to date; nobody else can use it meanwhile. Who changes it writes the tables afterwards.

    Unless it `must_exist`, it is made where there is none. Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    with Ledger.existing(records) if must_exist else Ledger(records) as ledger:
        renew_results(ledger, definitions)
        yield ledger


@contextmanager
def open_for_reading(records: Path, definitions: Definitions) -> Iterator[Ledger]:
    """The ledger, to be looked at; nobody can write to it meanwhile.

    Where it is out of date, or a run was cut off, it and its tables are brought up to date first. In a folder that
    cannot be written to, that is done with a copy in memory. Raises `RecordsError`, `TemplateError`, `OSError`.
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
    """Bring the records up to date; whether their folder can be written to."""
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
    """Whether the ledger is of this version, and every result that can be made again is made from what counts now."""
    try:
        with Ledger.existing(records, unchanged=True) as ledger:
            return not ledger.outdated(made_from(definitions))
    except (OutdatedError, CutOffError):
        return False


def bring_up_to_date(records: Path, definitions: Definitions) -> None:
    """Migrate the ledger if it is of an earlier version, make its results again, and write the tables.

    Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    with open_for_writing(records, definitions) as ledger:
        Views(records, Records(ledger, definitions)).write()
