"""Opens RECORDS for writing or reading, and renews results that are out of date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from thep_forms.definition import Definitions
from thep_forms.records import last_copy, last_run
from thep_forms.records.last_copy import Identity
from thep_forms.records.last_run import LastRun, Noted
from thep_forms.records.ledger import Ledger
from thep_forms.records.ledger_errors import (
    BusyError,
    CutOffError,
    OutdatedError,
    ReadOnlyError,
    errors_in_words,
    is_read_only,
)
from thep_forms.records.records import Records
from thep_forms.records.results import is_outdated, renew_results, rules_of
from thep_forms.records.views import Views


@contextmanager
def open_for_writing(records: Path, definitions: Definitions, *, must_exist: bool = True) -> Iterator[Ledger]:
    """The ledger, brought up to date and locked against other processes. Write the tables after you change it.

    Creates a missing ledger unless it `must_exist`. Renews its copy afterwards. Raises `RecordsError`, `TemplateError`,
    `OSError`.
    """
    with Ledger.existing(records) if must_exist else Ledger(records) as ledger:
        if not counts_on_last_run(ledger, definitions):
            renew_results(ledger, definitions)
        yield ledger
        noted = ledger.noted()
    leave(records, ledger.last_run, ledger.block_hashes, ledger.checked_at, noted)


def leave(records: Path, before: LastRun | None, known: Sequence[bytes], checked_at: int, noted: Noted) -> None:
    """Renew the copy of a ledger that was closed, and what the next run is to know of it.

    `before` is what this run knew; `known` is that of `last_copy.renew`, `checked_at` that of `LastRun`. Another run,
    which has changed the ledger since or is at work on it, does this at its own end. Raises `RecordsError`, `OSError`.
    """

    def note(ledger: Identity, hashed: bytes) -> None:
        if ledger != noted.ledger:
            return
        left = LastRun(hashed, checked_at, noted.rules, noted.content)
        worked_out_anew = before and before.content and left.content and left.rules != before.rules
        if before is None or before.ledger != left.ledger or worked_out_anew:
            last_run.save(records, left)
        elif checked_at != before.checked_at:
            last_run.save(records, replace(before, checked_at=checked_at))

    with suppress(BusyError), errors_in_words():
        last_copy.renew(records, known, note)


def counts_on_last_run(ledger: Ledger, definitions: Definitions) -> bool:
    """Whether what the last run worked out counts. Then no result is out of date."""
    ledger.worked_out = ledger.last_run.worked_out(rules_of(definitions)) if ledger.last_run else None
    return ledger.worked_out is not None


@contextmanager
def open_for_reading(records: Path, definitions: Definitions) -> Iterator[Ledger]:
    """The ledger for reading, locked against writers.

    If it is out of date, or a run was cut off, updates it and its tables first. In a folder that cannot be written to,
    updates a copy in memory instead. Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    if ledger := _current(records, definitions):
        with ledger:
            yield ledger
        return
    if not _is_brought_up_to_date(records, definitions):
        with Ledger.existing(records, in_memory=True) as ledger:
            renew_results(ledger, definitions)
            yield ledger
        return
    with Ledger.existing(records, unchanged=True) as ledger:
        counts_on_last_run(ledger, definitions)
        yield ledger


def _is_brought_up_to_date(records: Path, definitions: Definitions) -> bool:
    """Bring the records up to date. False if their folder cannot be written to."""
    try:
        bring_up_to_date(records, definitions)
    except ReadOnlyError:
        return False
    except OSError as error:
        if not is_read_only(error):
            raise
        return False
    return True


def is_current(records: Path, definitions: Definitions) -> bool:
    """Whether the ledger is of this version, and no result that can be renewed is out of date."""
    ledger = _current(records, definitions)
    if ledger:
        with ledger:
            return True
    return False


def _current(records: Path, definitions: Definitions) -> Ledger | None:
    """The ledger, opened for reading; None if it is of an earlier version, or any result is out of date."""
    try:
        ledger = Ledger.existing(records, unchanged=True)
    except (OutdatedError, CutOffError):
        return None
    is_up_to_date = False
    try:
        is_up_to_date = counts_on_last_run(ledger, definitions) or not is_outdated(ledger, definitions)
    finally:
        if not is_up_to_date:
            ledger.__exit__(None, None, None)
    return ledger if is_up_to_date else None


def bring_up_to_date(records: Path, definitions: Definitions) -> None:
    """Migrate the ledger if it is of an earlier version, renew its results, and write the tables.

    Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    with open_for_writing(records, definitions) as ledger:
        Views(records, Records(ledger, definitions)).write()
