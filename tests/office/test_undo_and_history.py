"""Every decision can be undone, and the history tells all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, record_files, rows
from tests.office.test_enter import ANSWERS
from tests.support.commands import run
from tests.support.deciding import decide, entered, last_decision, refused, return_id, row_of, standing

Filled = Callable[..., bytes]


@pytest.fixture
def some(records: Path, filled: Filled, schools: Path) -> Path:
    """Records with a form to correct, two forms that differ, and minutes of a meeting."""
    folder = inbox(
        records.parent / "in",
        cedar=filled(main_contact_email="jo@cedar"),
        ivy=filled("4242"),
        later=filled("4242", main_contact_name="Ann Lee"),
    )
    (folder / "minutes.txt").write_text("Minutes")
    ingest(records, [folder], register=schools)
    return records


def tables(records: Path) -> dict[str, bytes]:
    """The tables without that of the decisions."""
    files = record_files(records)
    return {name: data for name, data in files.items() if name.endswith(".csv") and name != "decisions.csv"}


@pytest.mark.parametrize(
    "words",
    [
        ("correct", "{cedar}", "main_contact_email=jo@cedar.example"),
        ("close", "{minutes}"),
        ("assign", "{minutes}", "--school", "2103", "--year", "2026-27"),
        ("prefer", "{later}"),
        ("note", "2101", "Ring after 3 pm"),
    ],
)
def test_an_undone_decision_leaves_the_tables_as_they_were(some: Path, words: tuple[str, ...]) -> None:
    before = tables(some)
    ids = {name: return_id(some, name) for name in ("cedar", "ivy", "later", "minutes")}
    result = decide(words[0], some, *(word.format_map(ids) for word in words[1:]))
    numbers = [row["decision_id"] for row in rows(some / "decisions.csv")]
    decide("undo", some, *numbers, why="a mistake", by="Sam")
    assert tables(some) == before
    assert all(row["undone_by"] for row in rows(some / "decisions.csv") if row["action"] != "undo")
    row = last_decision(some)
    assert (row["action"], row["who"], row["why"]) == ("undo", "Sam", "a mistake")
    if words[0] != "prefer":
        assert f"thep-forms undo {' '.join(numbers)} -o" in result.stderr


def test_what_the_office_entered_and_took_back_counts_no_more_but_keeps_its_row(some: Path) -> None:
    before = rows(some / "schools.csv")
    decide("enter", some, "2101", "2026-27", *ANSWERS)
    decide("undo", some, last_decision(some)["decision_id"])
    assert rows(some / "schools.csv") == before
    assert [row["verdict"] for row in entered(some)] == ["closed"]
    assert standing(some, "2101") == "needs_attention"


def test_an_undone_undo_lets_the_decision_count_again(some: Path) -> None:
    cedar = return_id(some, "cedar")
    decide("correct", some, cedar, "main_contact_email=jo@cedar.example")
    decide("undo", some, "1")
    decide("undo", some, "2")
    assert row_of(some, cedar)["verdict"] == "accepted"
    assert [row["undone_by"] for row in rows(some / "decisions.csv")] == ["", "3", ""]
    decide("undo", some, "1")
    assert row_of(some, cedar)["verdict"] == "needs_attention"


@pytest.mark.parametrize(("number", "line"), [("99", "There is no decision 99."), ("x", "x")])
def test_a_decision_that_does_not_exist_is_not_undone(some: Path, number: str, line: str) -> None:
    result = run("undo", number, "-o", some)
    assert (result.exit_code, line in result.stderr) == (2, True)


def test_a_decision_is_not_undone_twice(some: Path) -> None:
    decide("close", some, return_id(some, "minutes"))
    decide("undo", some, "1")
    assert "was undone before, by decision 2" in refused("undo", some, "1")


def test_the_history_of_a_school_tells_what_came_and_what_was_decided_in_order(
    records: Path, filled: Filled, schools: Path
) -> None:
    drafts = records.parent / "drafts"
    assert run("email", "2026-27", "-o", records, "--schools", schools, "--drafts", drafts).exit_code == 0
    ingest(records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar"))])
    decide("correct", records, return_id(records, "cedar"), "main_contact_email=jo@cedar.example", why="rang", by="Sam")
    decide("note", records, "2101", "Ring after 3 pm")
    result = run("history", "211/2101", "-o", records)
    assert result.exit_code == 0, result.stderr
    drafted, came, corrected, noted = result.stdout.strip().splitlines()
    assert re.match(
        r"\s*\d+ \w+ \d{4} \d\d:\d\d  Came for 2026-27 as in/cedar.pdf \([0-9a-f]{16}\), read from its boxes\. "
        r"Accepted\.",
        came,
    )
    assert "The form of 2026-27 was drafted to office@cedar.example." in drafted
    assert "was “jo@cedar” and is “jo@cedar.example”. Decision 1 by Sam: rang" in corrected
    assert "Noted. Decision 2 by Jo: Ring after 3 pm" in noted


def test_the_history_of_a_return_says_what_is_wrong_without_codes(some: Path) -> None:
    result = run("history", return_id(some, "cedar"), "-o", some)
    assert "Needs attention: Details of Main Contact for all mailings: Email: not an email address." in result.stdout


def test_the_history_of_something_unknown_is_refused(some: Path) -> None:
    assert "Nothing is known of 211/9999." in refused("history", some, "211/9999")
    assert "Nothing is known of abc." in refused("history", some, "abc")


def test_the_same_files_and_decisions_give_the_same_tables_whatever_the_order_of_ingesting(
    tmp_path: Path, filled: Filled, schools: Path
) -> None:
    forms = {
        "cedar": filled(main_contact_email="jo@cedar"),
        "ivy": filled("4242"),
        "later": filled("4242", main_contact_name="Ann Lee"),
    }
    folder = inbox(tmp_path / "in", **forms)
    found = []
    for number, order in enumerate((list(forms), list(forms)[::-1])):
        records = tmp_path / f"records{number}"
        for name in order:
            ingest(records, [folder / f"{name}.pdf"], register=schools)
        decide("prefer", records, return_id(records, "ivy"))
        decide("correct", records, return_id(records, "cedar"), "main_contact_email=jo@cedar.example")
        found.append(tables(records))
    assert found[0] == found[1]


def test_the_line_that_takes_back_an_undo_names_all_of_it(some: Path) -> None:
    cedar = return_id(some, "cedar")
    decide("correct", some, cedar, "main_contact_email=jo@cedar.example", "chair_of_governors_name=Ann Lee")
    assert "thep-forms undo 3 4 -o" in decide("undo", some, "1", "2").stderr
