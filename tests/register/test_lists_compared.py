"""What a new list of schools changes is told before anything is made by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

from tests.support.commands import run

HEADINGS = "dfe_number,school_name,email,registered_address\n"
CEDAR = '2101,Cedar Primary School,office@cedar.example,"3 Cedar Road, London E2 0AC"\n'
ELM = '2103,Elm Tree Infant School,head@elm.example,"5 Elm Tree Close, London E3 0AE"\n'
IVY = '4242,Ivy Lane School,info@ivy.example,"9 Ivy Lane, London E1W 0AJ"\n'


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Records with the list of 2026-27."""
    folder = tmp_path / "records"
    assert drafted(folder, "2026-27", CEDAR, ELM, IVY).exit_code == 0
    return folder


def drafted(records: Path, year: str, *schools: str) -> Result:
    """Draft the e-mails of a year to a list of schools."""
    path = records.parent / f"{year}.csv"
    path.write_text(HEADINGS + "".join(schools), encoding="utf-8")
    return run("email", year, "-o", records, "--schools", path, "--drafts", records.parent / "drafts")


def test_the_first_list_changes_nothing(tmp_path: Path) -> None:
    assert "New in the list" not in drafted(tmp_path / "records", "2026-27", CEDAR, ELM).stderr


def test_schools_that_join_and_leave_are_named_before_anything_is_made(known: Path) -> None:
    lines = drafted(known, "2027-28", CEDAR, IVY, "2110,Linden Primary School,l@linden.example,\n").stderr.splitlines()
    assert lines[:2] == [
        "New in the list of 2027-28: 211/2110 Linden Primary School.",
        "No longer in the list of 2027-28: 211/2103 Elm Tree Infant School.",
    ]
    assert "3 new drafts" in lines[2]


def test_a_school_with_another_name_is_named(known: Path) -> None:
    result = drafted(known, "2027-28", CEDAR.replace("Primary School", "Academy"), ELM, IVY)
    assert "Other names in the list: 211/2101 Cedar Primary School is now Cedar Academy." in result.stderr


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('2150,Elm Tree Primary Academy,e@elm.example,"5 Elm Tree Close, London E3 0AE"\n', "the same postcode"),
        ("2150,Elm Tree Infants School,e@elm.example,\n", "their names are alike"),
        ("2150,Elm Tree Infant Academy,e@elm.example,\n", "their names are alike"),
        ("2150,The Heath Academy,Head@elm.example,\n", "the same e-mail address"),
    ],
)
def test_a_school_that_may_follow_another_is_named_with_the_reason(known: Path, row: str, reason: str) -> None:
    result = drafted(known, "2027-28", CEDAR, IVY, row)
    (line,) = (line for line in result.stderr.splitlines() if "may follow 211/2103 Elm Tree Infant School" in line)
    assert reason in line
    assert "“Did it have another DfE number before?”" in line  # else its people stay with the old number
    result = drafted(known, "2026-27", CEDAR, IVY, row)
    assert "Check whether they are one school.\n" in result.stderr  # its form of this year can be assigned


def test_the_same_list_again_changes_nothing(known: Path) -> None:
    drafted(known, "2027-28", CEDAR, IVY)
    assert "No longer" not in drafted(known, "2027-28", CEDAR, IVY).stderr


def test_ingest_says_what_its_list_changes(known: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(HEADINGS + CEDAR + IVY, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    result = run("ingest", tmp_path / "empty", "-o", known, "--year", "2027-28", "--schools", path)
    assert "No longer in the list of 2027-28: 211/2103 Elm Tree Infant School." in result.stderr


def test_generate_says_what_its_list_changes(known: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(HEADINGS + CEDAR + IVY, encoding="utf-8")
    result = run("generate", "2027-28", "-o", tmp_path / "forms", "--schools", path, "--records", known)
    assert "No longer in the list of 2027-28: 211/2103 Elm Tree Infant School." in result.stderr


def test_where_the_program_wrote_last_counts_where_nobody_gives_an_address(known: Path, tmp_path: Path) -> None:
    result = drafted(known, "2027-28", "2101,Cedar Primary School,,\n")
    assert "1 new draft" in result.stderr
    (draft,) = (tmp_path / "drafts").glob("2027-28*2101*")
    assert b"To: office@cedar.example" in draft.read_bytes()
