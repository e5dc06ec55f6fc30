"""Runs that follow each other at once: what one of them notes at its end does the next one no harm."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.deciding import decide, return_id
from thep_forms.definition import Definitions
from thep_forms.records import Ledger, Records, Views, last_copy
from thep_forms.records.names import LAST_COPY, LAST_RUN, LEDGER
from thep_forms.records.opening import leave

Filled = Callable[..., bytes]
DEFINITIONS = Definitions.of_today()


@pytest.fixture
def made(records: Path, filled: Filled) -> Path:
    ingest(records, [inbox(records.parent / "in", cedar=filled())])
    return records


def run_up_to_its_end(records: Path) -> Callable[[], None]:
    """A run that has written the tables and let go of the ledger, up to what it notes; that is what is given."""
    with Ledger.existing(records) as ledger:
        Views(records, Records(ledger, DEFINITIONS)).write()
        noted, checked_at = ledger.noted(), ledger.checked_at
    return lambda: leave(records, None, (), checked_at, noted)


def test_nobody_writes_while_a_run_notes_what_it_knows(made: Path) -> None:
    refused: list[str] = []

    def begin_to_write(*_: object) -> None:
        with (
            closing(sqlite3.connect(made / LEDGER, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError) as why,
        ):
            other.execute("BEGIN EXCLUSIVE")
        refused.append(str(why.value))

    last_copy.renew(made, note=begin_to_write)
    assert refused == ["database is locked"]


def test_a_run_that_another_one_overtook_notes_nothing_in_its_place(made: Path) -> None:
    end = run_up_to_its_end(made)
    decide("correct", made, return_id(made, "cedar"), "chair_of_governors_name=Bo Ek")
    known = (made / LAST_RUN).read_bytes()
    end()
    assert (made / LAST_RUN).read_bytes() == known
    decide("correct", made, return_id(made, "cedar"), "registered_address=3 Elm Road, London E2 0AC")
    (row,) = [row for row in rows(made / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert row["name"] == "Bo Ek"


def test_a_run_ends_well_while_another_one_is_at_work(made: Path) -> None:
    end = run_up_to_its_end(made)
    with Ledger.existing(made):
        end()
    decide("correct", made, return_id(made, "cedar"), "chair_of_governors_name=Bo Ek")
    assert (made / LAST_COPY).read_bytes() == (made / LEDGER).read_bytes()
