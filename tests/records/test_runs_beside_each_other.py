"""Runs that follow each other at once, or are at work at once: none does another one harm."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from tests.conftest import inbox, ingest, rows
from tests.support.deciding import decide, return_id
from thep_forms.definition import Definitions
from thep_forms.office.verify import faults
from thep_forms.records import Ledger, Records, Views, last_copy
from thep_forms.records.names import ARCHIVE, LAST_COPY, LAST_RUN, LEDGER
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


def test_nobody_writes_while_the_records_are_verified(made: Path) -> None:
    (made / ARCHIVE / "strange.txt").touch()
    found = faults(made, DEFINITIONS)
    assert "strange.txt" in next(found)
    begin = f"import sqlite3; sqlite3.connect({str(made / LEDGER)!r}, timeout=0).execute('BEGIN EXCLUSIVE')"
    another = subprocess.run([sys.executable, "-c", begin], stderr=subprocess.PIPE, text=True, check=False)
    assert "database is locked" in another.stderr
    assert list(found) == []


def test_verify_waits_for_the_copy_that_a_run_makes_at_its_end(made: Path) -> None:
    copy = made / LAST_COPY
    before = copy.read_bytes()
    decide("correct", made, return_id(made, "cedar"), "chair_of_governors_name=Bo Ek")
    after = copy.read_bytes()
    copy.write_bytes(before)
    end = Timer(0.2, copy.write_bytes, [after])
    end.start()
    assert list(faults(made, DEFINITIONS)) == []
    end.join()
