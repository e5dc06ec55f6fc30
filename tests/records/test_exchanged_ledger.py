"""A ledger that was exchanged for an old one, for that of other records, or for one without tables is noticed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.conftest import record_files as tables
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.kept_ledger import COPY, LEDGER, ingest_nothing
from tests.support.viewer import type_into


@pytest.fixture
def records(shared_records: Path, tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return Path(shutil.copytree(shared_records, tmp_path / "records"))


def test_an_old_ledger_in_the_place_of_the_last_one_is_refused_and_the_copy_comes_back(
    records: Path, form: bytes
) -> None:
    old = (records / LEDGER).read_bytes()
    (records.parent / "new").mkdir()
    (records.parent / "new" / "3205.pdf").write_bytes(type_into(form, answers("3204", school_name="Another")))
    ingest(records, [records.parent / "new"])
    before = tables(records)
    (records / LEDGER).write_bytes(old)
    code, words = ingest_nothing(records)
    assert (code, "is older than ledger-copy.sqlite" in words) == (2, True)
    assert run("restore", "-o", records).exit_code == 0
    assert tables(records) == before


def test_an_old_ledger_with_its_old_copy_is_noticed_by_verify_and_restore_reads_what_they_lack(
    records: Path, form: bytes
) -> None:
    old = {name: (records / name).read_bytes() for name in (LEDGER, COPY)}
    (records.parent / "new").mkdir()
    (records.parent / "new" / "3205.pdf").write_bytes(type_into(form, answers("3205")))
    ingest(records, [records.parent / "new"])
    schools = (records / "schools.csv").read_bytes()
    for name in old:
        (records / name).write_bytes(old[name])
    found = run("verify", "-o", records)
    assert (found.exit_code, "If not, run thep-forms restore, which reads the file." in found.stderr) == (1, True)
    assert run("restore", "-o", records).exit_code == 0
    assert run("verify", "-o", records).exit_code == 0
    assert (records / "schools.csv").read_bytes() == schools


def test_a_ledger_with_its_copy_that_are_older_than_a_decision_are_noticed_before_the_tables_are_written(
    records: Path,
) -> None:
    old = {name: (records / name).read_bytes() for name in (LEDGER, COPY)}
    other = next(row["return_id"] for row in rows(records / "returns.csv") if row["source"].endswith("4242.pdf"))
    assert run("prefer", other, "-o", records).exit_code == 0
    for name in old:
        (records / name).write_bytes(old[name])
    found = run("verify", "-o", records)
    assert (found.exit_code, "the ledger is older than the tables" in found.stderr) == (1, True)
    assert "ingest" not in found.stderr
    restored = run("restore", "-o", records)
    assert (restored.exit_code, "Lost: the decisions 2. Take them again." in restored.stderr) == (1, True)
    assert run("verify", "-o", records).exit_code == 0


def test_the_ledger_of_other_records_is_refused(records: Path, tmp_path: Path) -> None:
    before = tables(records)
    ingest(tmp_path / "others", [tmp_path / "empty"])
    shutil.copyfile(tmp_path / "others" / LEDGER, records / LEDGER)
    code, words = ingest_nothing(records)
    assert (code, "is the ledger of other records" in words) == (2, True)
    assert tables(records) == before


def test_a_ledger_that_another_program_made_anew_without_tables_never_counts_as_new_records(records: Path) -> None:
    before = tables(records)
    (records / LEDGER).unlink()
    with sqlite3.connect(records / LEDGER) as ledger:
        ledger.execute("CREATE TABLE passing (row)")
        ledger.execute("DROP TABLE passing")
    ledger.close()
    code, words = ingest_nothing(records)
    assert (code, "is empty, but other files of these records are there" in words) == (2, True)
    assert tables(records) == before
    assert run("restore", "-o", records).exit_code == 1  # messages may be unknown
    assert tables(records) == before
