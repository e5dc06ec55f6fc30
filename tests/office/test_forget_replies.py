"""What schools wrote without a form is deleted with the rest of what is known of them."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import rows
from tests.support.commands import run
from tests.support.deciding import decide
from tests.support.replying import PICTURE, message, status, take_in, with_files
from tests.support.writing import CEDAR, ELM


def test_forget_deletes_what_a_school_wrote_without_a_form(records: Path, schools: Path) -> None:
    take_in(records, schools, message(CEDAR), with_files(CEDAR, {"a.gif": PICTURE}), message(ELM))
    assert run("forget", "-o", records, "--school", "211/2101", "--yes").exit_code == 0
    assert [row["dfe_number"] for row in rows(records / "returns.csv")] == ["211/2103"]
    held = (records / "ledger.sqlite").read_bytes()
    assert CEDAR.encode() not in held
    assert ELM.encode() in held


def test_forget_of_earlier_years_deletes_what_a_school_wrote_in_them(records: Path, schools: Path) -> None:
    earlier, picture = "Sat, 3 May 2025 10:00:00 +0100", {"a.gif": PICTURE}
    take_in(records, schools, message(CEDAR, "Then", earlier), with_files(CEDAR, picture, earlier))
    take_in(records, None, message(CEDAR, "Now"), message("stranger@else.example", "Then", earlier))
    result = run("forget", "-o", records, "--before", "2026-27", "--yes")
    assert "This would delete 2 returns" in result.stderr
    assert "Not deleted: 1 file of an unknown school or year" in result.stderr
    assert "Cedar Primary School (211/2101)\n    2025-26  " in result.stderr
    assert sorted(row["dfe_number"] for row in rows(records / "returns.csv")) == ["", "211/2101"]
    assert status(records, schools)["2101"][0] == "wrote"


def test_forget_of_earlier_years_deletes_the_message_that_was_typed_in_for_one_of_them(
    records: Path, schools: Path
) -> None:
    take_in(records, schools, message(CEDAR, "Ann Lee is our headteacher", "Wed, 14 Jan 2026 10:00:00 +0000"))
    decide("enter", records, "2101", "2025-26", "headteacher_name=Ann Lee")
    assert run("forget", "-o", records, "--before", "2026-27", "--yes").exit_code == 0
    assert rows(records / "returns.csv") == []  # it would need somebody again, who would take it for news
    assert b"Ann Lee" not in (records / "ledger.sqlite").read_bytes()


def test_forget_lists_what_a_school_wrote_at_the_school_with_its_year(records: Path, schools: Path) -> None:
    take_in(records, schools, message(CEDAR))
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert "  Cedar Primary School (211/2101)\n    2026-27  " in result.stderr
    assert "without a DfE number" not in result.stderr
