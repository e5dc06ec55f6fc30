"""Records of version 8, which had one register for all years: they open, and lose nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import rows, verdicts
from tests.support.commands import run, table
from tests.support.old_records import VERSION_8, WRITTEN, listed
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.records import Ledger, open_for_reading

STATUS = WRITTEN / "status-version-8.csv"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return VERSION_8.copied_into(tmp_path)


def test_status_of_migrated_records_says_the_same_without_being_given_the_list(records: Path) -> None:
    assert table(run("status", "2026-27", "-o", records, "--csv")) == rows(STATUS)


def test_the_register_becomes_that_of_the_latest_year_that_was_sent_or_returned(records: Path) -> None:
    run("status", "2026-27", "-o", records)
    with open_for_reading(records, Definitions.of_today()) as ledger:
        assert ledger.registers().by_year == {"2026-27": {row["dfe_number"]: row["school_name"] for row in listed()}}
        assert ledger.registers().members("2025-26").keys() == {row["dfe_number"] for row in listed()}


def test_an_undated_return_of_an_earlier_year_stays_accepted(records: Path) -> None:
    run("status", "2026-27", "-o", records)
    assert verdicts(records)["linden-last-year"] == "accepted"
    assert {row["membership_year"] for row in rows(records / "schools.csv")} == {"2025-26", "2026-27"}


def test_a_register_in_records_without_returns_becomes_that_of_the_current_year(records: Path) -> None:
    ledger = sqlite3.connect(records / "ledger.sqlite")
    for name in ("file", "entry", "reading", "arrival", "decision", "message", "result", "result_detail"):
        ledger.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of the schema
    ledger.commit()
    ledger.close()
    with Ledger.existing(records) as migrated:
        assert list(migrated.registers().by_year) == [str(MembershipYear.of(datetime.now(UTC).date()))]
