"""Records of version 9, which knew no decision but `prefer`: they open, lose nothing, and can be finished."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import rows, verdicts
from tests.support.commands import run
from tests.support.deciding import decide, row_of
from tests.support.old_records import TABLES, VERSION_9
from thep_forms.records.checksums import add_function, make_all


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return VERSION_9.copied_into(tmp_path)


def test_what_a_person_preferred_with_version_9_still_counts_and_can_be_undone(records: Path) -> None:
    assert verdicts(records)["ivy-two"] == "accepted"
    decide("undo", records, "1")
    assert {verdicts(records)[name] for name in ("ivy-one", "ivy-two")} == {"needs_attention"}


def test_a_return_of_version_9_is_corrected(records: Path) -> None:
    (elm,) = (row["return_id"] for row in rows(records / "returns.csv") if row["dfe_number"] == "211/2103")
    decide("correct", records, elm, "main_contact_email=head@elm.example")
    assert row_of(records, elm)["verdict"] == "accepted"


def test_a_ledger_that_is_damaged_after_its_migration_keeps_its_newer_rows_beside_a_copy_of_version_9(
    records: Path,
) -> None:
    shutil.copyfile(records / "ledger.sqlite", records / "ledger-copy.sqlite")
    earlier = (records / "ledger-copy.sqlite").read_bytes()
    decide("undo", records, "1")
    before = [rows(records / f"{name}.csv") for name in TABLES]
    (records / "ledger-copy.sqlite").write_bytes(earlier)  # the run was cut off before it could make the copy
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM unopened")
        ledger.execute("DELETE FROM result_detail")
    assert run("verify", "-o", records).exit_code == 1
    assert run("restore", "-o", records).exit_code == 0
    assert run("verify", "-o", records).exit_code == 0
    assert [rows(records / f"{name}.csv") for name in TABLES] == before


def test_a_damaged_ledger_of_version_9_keeps_rows_that_are_newer_than_its_copy(records: Path) -> None:
    shutil.copyfile(records / "ledger.sqlite", records / "ledger-copy.sqlite")
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger, ledger:
        add_function(ledger)
        ledger.execute("UPDATE identity SET changes=changes+1")
        ledger.execute("UPDATE entry SET reason='newer' WHERE kind='not_a_form'")
        make_all(ledger)  # as the program would have
        ledger.execute("DELETE FROM result_detail")
    run("restore", "-o", records)
    assert run("verify", "-o", records).exit_code == 0
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT count(*) FROM entry WHERE reason='newer'").fetchone()[0] == 1
