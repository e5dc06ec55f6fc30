"""A person says whose a return is, of which year, or that it is dealt with; and notes something of a school."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.remake_samples import answers, listed
from tests.support import printers
from tests.support.commands import run, table
from tests.support.deciding import decide, last_decision, refused, return_id, row_of, standing
from tests.support.viewer import type_into
from tests.support.writing import SCHOOLS
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.generate import master_of

Filled = Callable[..., bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """A folder of records, beside the folder `in` that their files came from, and the list of schools."""
    folder = tmp_path_factory.mktemp("strays")
    scan = printers.scanned(filled("4242", dfe_number="", school_name=""))
    came = inbox(folder / "in", cedar=filled(), scan=scan)
    (came / "minutes.txt").write_text("Minutes")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [came], register=folder / "schools.csv")
    return folder


@pytest.fixture
def strays(made: Path, tmp_path: Path) -> Path:
    """Records with an accepted form of Cedar's, a picture of a form that names no school, and minutes of a meeting."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "records"


# --- assign -------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_counts_as_its_schools_answer(strays: Path) -> None:
    assert standing(strays, "4242") == "not_returned"
    minutes = return_id(strays, "minutes")
    result = decide("assign", strays, minutes, "--school", "211/4242", why="their letterhead")
    assert "Ivy Lane School" in result.stderr
    assert row_of(strays, minutes)["dfe_number"] == "211/4242"
    assert standing(strays, "4242") == "wrote"
    page = run("status", "2026-27", "-o", strays, "--csv")
    why = {row["dfe_number"]: row["why"] for row in table(page)}
    assert why["211/4242"].startswith("the school wrote")


def test_a_scan_of_no_known_school_becomes_its_schools_return(strays: Path) -> None:
    scan = return_id(strays, "scan")
    decide("assign", strays, scan, "--school", "4242", "--year", "2026-27")
    assert (row_of(strays, scan)["dfe_number"], row_of(strays, scan)["membership_year"]) == ("211/4242", "2026-27")
    assert standing(strays, "4242") == "needs_attention"


def test_a_form_with_the_number_of_another_school_becomes_its_own_schools(
    records: Path, filled: Filled, schools: Path
) -> None:
    ingest(records, [inbox(records.parent / "in", ivy=filled("2101", school_name="Ivy Lane School"))], register=schools)
    ivy = return_id(records, "ivy")
    decide("assign", records, ivy, "--school", "4242")
    assert (row_of(records, ivy)["verdict"], row_of(records, ivy)["dfe_number"]) == ("accepted", "211/4242")
    assert rows(records / "schools.csv")[0]["dfe_number"] == "211/4242"


def test_the_address_on_a_form_that_was_made_for_another_school_is_asked_about(
    records: Path, definition: FormDefinition, schools: Path
) -> None:
    known = listed("2101")
    changes = {"school_name": "Ivy Lane School", "phase_primary": False, "phase_secondary": True}
    typed = {name: text for name, text in answers("4242").items() if "_name" in name or "_email" in name} | changes
    lent = type_into(master_of(definition).copy(known, "211/2101"), typed)
    ingest(records, [inbox(records.parent / "in", ivy=lent)], register=schools)
    ivy = return_id(records, "ivy")
    decide("assign", records, ivy, "--school", "4242")
    (asked,) = (row for row in rows(records / "problems.csv") if row["field"] == "registered_address")
    assert (asked["severity"], asked["code"]) == ("query", "value_uncertain")
    assert "on the copy that we made for 211/2101" in asked["message"]
    decide("correct", records, ivy, "registered_address=9 Ivy Lane, London, E1W 0AJ", "--why", "told so")
    assert not [row for row in rows(records / "problems.csv") if row["field"] == "registered_address"]


@pytest.fixture
def late(records: Path, filled: Filled, schools: Path) -> str:
    """The id of a form of 2026-27 that came while 2027-28 was collected."""
    ingest(records, [inbox(records.parent / "in", cedar=filled())], register=schools)
    came = inbox(records.parent / "late", elm=filled("2103"))
    ingest(records, [came], year=MembershipYear.parse("2027-28"))
    return return_id(records, "elm")


def test_last_years_form_that_is_meant_for_this_year_becomes_this_years(records: Path, late: str) -> None:
    assert row_of(records, late)["problems"] == "year_earlier"
    decide("assign", records, late, "--year", "2027-28", why="they used the old form")
    assert (row_of(records, late)["verdict"], row_of(records, late)["membership_year"]) == ("accepted", "2027-28")


def test_last_years_form_that_is_meant_for_last_year_is_accepted_there(records: Path, late: str) -> None:
    decide("assign", records, late, "--year", "2026-27")
    assert (row_of(records, late)["verdict"], row_of(records, late)["membership_year"]) == ("accepted", "2026-27")


def test_what_was_assigned_is_on_record(strays: Path) -> None:
    minutes = return_id(strays, "minutes")
    decide("assign", strays, minutes, "--school", "4242", "--year", "2026-27", why="their letterhead")
    school, year = rows(strays / "decisions.csv")[-2:]
    assert (school["action"], school["field"], school["after"]) == ("assign", "school", "211/4242")
    assert (year["action"], year["field"], year["after"]) == ("assign", "membership_year", "2026-27")
    assert (school["why"], year["return_id"]) == ("their letterhead", minutes)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--school", "9999"), "is not in the list of member schools"),
        (("--school", "Ivy"), "is not a DfE number"),
        ((), "--school"),
    ],
)
def test_what_cannot_be_assigned_is_refused_in_one_line(strays: Path, words: tuple[str, ...], line: str) -> None:
    assert line in refused("assign", strays, return_id(strays, "minutes"), *words)


# --- close --------------------------------------------------------------------------------------------------------


def test_what_is_closed_needs_nobody_and_keeps_its_row(strays: Path) -> None:
    minutes, scan = return_id(strays, "minutes"), return_id(strays, "scan")
    decide("close", strays, minutes, scan, why="a newsletter")
    assert (row_of(strays, minutes)["verdict"], row_of(strays, scan)["verdict"]) == ("closed", "closed")
    assert rows(strays / "problems.csv") == []
    result = run("ingest", strays.parent / "in", "-o", strays)
    assert (result.exit_code, "minutes" in result.stderr) == (0, False)


def test_a_closed_file_that_comes_again_stays_closed(strays: Path) -> None:
    decide("close", strays, return_id(strays, "minutes"))
    again = strays.parent / "again"
    again.mkdir()
    (again / "other name.txt").write_text("Minutes")
    ingest(strays, [again])
    found = {row["verdict"] for row in rows(strays / "returns.csv") if row["return_id"] == return_id(strays, "minutes")}
    assert found == {"closed", "duplicate"}


def test_the_report_no_longer_shows_what_is_closed(strays: Path) -> None:
    page = strays.parent / "page.html"
    decide("close", strays, return_id(strays, "minutes"), return_id(strays, "scan"))
    assert run("report", "2026-27", "-o", page, "--records", strays).exit_code == 0
    assert "minutes.txt" not in page.read_text(encoding="utf-8")


def test_an_accepted_return_is_not_closed(strays: Path) -> None:
    assert "would take the school out of the tables" in refused("close", strays, return_id(strays, "cedar"))


def test_what_is_closed_already_is_not_closed_again(strays: Path) -> None:
    decide("close", strays, return_id(strays, "minutes"))
    assert "is closed already" in refused("close", strays, return_id(strays, "minutes"))


def test_one_wrong_id_among_several_closes_nothing(strays: Path) -> None:
    assert "There is no return" in refused("close", strays, return_id(strays, "minutes"), "0123456789abcdef")


# --- note ---------------------------------------------------------------------------------------------------------


def test_a_note_on_a_school_is_kept(strays: Path) -> None:
    decide("note", strays, "2103", "Ring after 3 pm only")
    row = last_decision(strays)
    assert (row["action"], row["dfe_number"], row["why"]) == ("note", "211/2103", "Ring after 3 pm only")
    assert (row["who"], row["school_name"]) == ("Jo", "Elm Tree Primary School")


def test_a_note_on_a_school_that_nobody_knows_is_refused(strays: Path) -> None:
    assert "Nothing is known of a school 211/9999" in refused("note", strays, "9999", "Ring")
