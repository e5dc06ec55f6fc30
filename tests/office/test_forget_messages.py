"""What is forgotten of the messages to a school."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import ingest
from tests.support.chasing import list_of_schools, note, own_copies, returned, status
from tests.support.commands import run
from thep_forms.records import SentKind


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_copies(tmp_path_factory.mktemp("forms"))


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    return list_of_schools(tmp_path / "schools.csv")


def test_forget_removes_the_messages_of_a_school(records: Path, forms: Path, tmp_path: Path) -> None:
    returned(records, tmp_path, forms, "2101", dfe_number="")
    for number in ("2101", "2102"):
        note(records, number, 30)
        note(records, number, 3, kind=SentKind.REMINDER)
    asked = run("forget", "-o", records, "--school", "211/2101")
    assert "This would delete 1 return, 1 PDF and the notes of 2 e-mails:" in asked.stderr
    assert b"office@school2101.example" in (records / "ledger.sqlite").read_bytes()
    assert run("forget", "-o", records, "--school", "211/2101", "--yes").exit_code == 0
    held = (records / "ledger.sqlite").read_bytes()
    assert b"school2101" not in held
    assert b"2101.30@x" not in held
    assert list((records / "returns").iterdir()) == []
    assert b"office@school2102.example" in held


def test_forget_before_a_year_keeps_the_messages_of_that_year_and_later_years(records: Path, schools: Path) -> None:
    note(records, "2101", 30)
    ingest(records, [])
    kept = shutil.copytree(records, records.parent / "copy")
    assert run("forget", "-o", records, "--before", "2027-28", "--yes").exit_code == 0
    assert b"office@school2101.example" not in (records / "ledger.sqlite").read_bytes()
    assert run("forget", "-o", kept, "--before", "2026-27", "--yes").exit_code == 0
    assert status(kept, schools)["2101"]["status"] == "overdue"
