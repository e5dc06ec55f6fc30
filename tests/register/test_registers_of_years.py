"""Each year has its own register of member schools, and a list counts for its year and what comes after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox as folder
from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.earlier_years import codes, members, of_year, status
from tests.support.viewer import typed

Filled = Callable[..., bytes]


def test_a_school_that_left_stays_in_the_years_that_it_was_a_member_of(
    tmp_path: Path, earlier: Filled, filled: Filled
) -> None:
    records = tmp_path / "records"
    then, now = members(tmp_path / "then.csv", "2101", "2103"), members(tmp_path / "now.csv", "2103", "2110")
    ingest(records, [folder(tmp_path / "a", cedar=earlier(), elm=earlier("2103"))], register=then)
    before = {name: rows(records / f"{name}.csv") for name in ("schools", "contacts")}
    ingest(records, [folder(tmp_path / "b", elm2=filled("2103"), cedar2=filled())], register=now)
    assert {name: of_year(records / f"{name}.csv", "2025-26") for name in before} == before
    assert codes(records) == {"cedar": "", "elm": "", "elm2": "", "cedar2": "dfe_unknown"}
    assert list(status(records, "2025-26")) == ["211/2101", "211/2103"]
    assert set(status(records)) == {"211/2103", "211/2110"}


def test_a_list_given_to_a_command_becomes_the_register_of_its_year(tmp_path: Path, filled: Filled) -> None:
    records = tmp_path / "records"
    ingest(records, [folder(tmp_path / "inbox", cedar=filled())])
    given = status(records, "2026-27", "--schools", members(tmp_path / "one.csv", "2101", "2103"))
    assert status(records) == given
    assert status(records, "2028-29").keys() == given.keys()  # the nearest earlier list
    assert status(records, "2025-26").keys() == given.keys()  # the nearest later list
    assert status(records, "2027-28", "--schools", members(tmp_path / "two.csv", "2110")).keys() == {"211/2110"}
    assert status(records) == given


def test_copies_and_messages_are_for_the_members_of_the_year(tmp_path: Path, earlier: Filled) -> None:
    records, names = tmp_path / "records", {"2103": "Elm Tree Primary School", "2110": "Linden Primary School"}
    then, now = members(tmp_path / "then.csv", "2101", "2103"), members(tmp_path / "now.csv", "2103", "2110")
    ingest(records, [folder(tmp_path / "a", cedar=earlier(), elm=earlier("2103"))], register=then)
    assert run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", now, "--records", records).exit_code == 0
    expected = [f"2026-27 211-{number} {name}.pdf" for number, name in names.items()]
    assert sorted(path.name for path in (tmp_path / "forms").iterdir()) == expected
    assert run("print", "2026-27", "-o", tmp_path / "pack.pdf", "--records", records).exit_code == 0
    messages = run("email", "2026-27", "-o", records, "--dry-run").stdout
    assert ("office@2110.example" in messages, "office@2101.example" in messages) == (True, False)


def test_a_filled_cell_of_the_list_counts_before_an_older_return_and_the_return_for_the_rest(
    tmp_path: Path, earlier: Filled
) -> None:
    records, schools = tmp_path / "records", tmp_path / "now.csv"
    ingest(records, [folder(tmp_path / "a", cedar=earlier(headteacher_name="Ada Head", headteacher_email="a@b.org"))])
    schools.write_text("dfe_number,chair_of_governors_name,email\n2101,New Chair,where@to.write\n", encoding="utf-8")
    run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", schools, "--records", records)
    (path,) = (tmp_path / "forms").iterdir()
    held = typed(path.read_bytes())
    assert (held["headteacher_name"], held["headteacher_email"]) == ("Ada Head", "a@b.org")
    assert (held["chair_of_governors_name"], held.get("chair_of_governors_email", "")) == ("New Chair", "")
    assert "To: where@to.write" in run("email", "2026-27", "-o", records, "--dry-run").stdout


LIST = "dfe_number,school_name,registered_address,chair_of_governors_name,chair_of_governors_email,email\n"


@pytest.mark.parametrize(
    ("now", "chair", "address"),
    [
        ("Cedar,1 Old Road E2 0AC,Old Chair,old@cedar.example", ("Edith New", "e@cedar.example"), "3 New Road E2 0AC"),
        ("Cedar,1 Old Road E2 0AC,Third Chair,", ("Third Chair", ""), "3 New Road E2 0AC"),
        (
            "Cedar,1 Old Road E2 0AC,Old Chair,other@cedar.example",
            ("Old Chair", "other@cedar.example"),
            "3 New Road E2 0AC",
        ),
        (
            "Cedar,5 Third Road E2 0AC,Old Chair,old@cedar.example",
            ("Edith New", "e@cedar.example"),
            "5 Third Road E2 0AC",
        ),
    ],
    ids=["the same list", "another person", "another address of the person", "another address of the school"],
)
def test_what_the_list_repeats_from_an_earlier_year_does_not_undo_what_the_school_returned_since(
    tmp_path: Path, earlier: Filled, now: str, chair: tuple[str, str], address: str
) -> None:
    then, listed = tmp_path / "then.csv", tmp_path / "now.csv"
    then.write_text(f"{LIST}2101,Cedar,1 Old Road E2 0AC,Old Chair,old@cedar.example,where@to.write\n")
    listed.write_text(f"{LIST}2101,{now},where@to.write\n")
    changes = {
        "registered_address": "3 New Road E2 0AC",
        "chair_of_governors_name": "Edith New",
        "chair_of_governors_email": "e@cedar.example",
    }
    inbox = folder(tmp_path / "a", cedar=earlier(**changes))
    assert run("ingest", inbox, "-o", tmp_path / "records", "--year", "2025-26", "--schools", then).exit_code == 0
    run("generate", "2026-27", "-o", tmp_path / "forms", "--schools", listed, "--records", tmp_path / "records")
    (path,) = (tmp_path / "forms").iterdir()
    held = typed(path.read_bytes())
    assert (held["chair_of_governors_name"], held.get("chair_of_governors_email", "")) == chair
    assert " ".join(held["registered_address"].split()).replace(",", "") == address
    assert "To: where@to.write" in run("email", "2026-27", "-o", tmp_path / "records", "--dry-run").stdout


def test_a_list_that_was_first_given_after_the_return_counts_in_every_later_year(
    tmp_path: Path, earlier: Filled
) -> None:
    records, listed = tmp_path / "records", tmp_path / "schools.csv"
    listed.write_text("dfe_number,chair_of_governors_name\n2101,New Chair\n", encoding="utf-8")
    ingest(records, [folder(tmp_path / "a", cedar=earlier())])
    for year in ("2026-27", "2027-28"):
        forms = tmp_path / year
        assert run("generate", year, "-o", forms, "--schools", listed, "--records", records).exit_code == 0
        (path,) = forms.iterdir()
        assert typed(path.read_bytes())["chair_of_governors_name"] == "New Chair"


@pytest.mark.parametrize(
    "command",
    [
        ["status", "2026-27", "-o", "{records}"],
        ["email", "2026-27", "-o", "{records}", "--drafts", "{folder}/drafts"],
        ["generate", "2026-27", "-o", "{folder}/forms", "--records", "{records}"],
        ["print", "2026-27", "-o", "{folder}/pack.pdf", "--records", "{records}"],
        ["report", "2026-27", "-o", "{folder}/page.html", "--records", "{records}"],
    ],
)
def test_without_any_list_a_command_says_what_is_missing_and_writes_nothing(tmp_path: Path, command: list[str]) -> None:
    words = {"records": tmp_path / "records", "folder": tmp_path}
    result = run(*(word.format_map(words) for word in command))
    assert (result.exit_code, "holds no records" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
    ingest(tmp_path / "records", [folder(tmp_path / "inbox")])
    result = run(*(word.format_map(words) for word in command))
    assert (result.exit_code, "Give a list with --schools" in result.stderr) == (2, True)
    assert {path.name for path in tmp_path.iterdir()} == {"records", "inbox"}


def test_forget_of_earlier_years_leaves_the_list_of_this_year(tmp_path: Path, earlier: Filled, filled: Filled) -> None:
    records = tmp_path / "records"
    then, now = members(tmp_path / "then.csv", "2101"), members(tmp_path / "now.csv", "2101", "2103")
    ingest(records, [folder(tmp_path / "a", cedar=earlier())], register=then)
    ingest(records, [folder(tmp_path / "b", cedar2=filled())], register=now)
    offered = run("forget", "-o", records, "--before", "2026-27", input="n\n")
    assert "1 return, 1 PDF and what your list says about 1 school" in offered.stderr
    assert run("forget", "-o", records, "--before", "2026-27", "--yes").exit_code == 0
    messages = run("email", "2026-27", "-o", records, "--dry-run").stdout
    assert "office@2103.example" in messages
