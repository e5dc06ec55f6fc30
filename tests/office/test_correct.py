"""A person corrects answers of a return: what came in stays beside what is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, record_files, rows
from tests.support.commands import run
from tests.support.deciding import decide, last_decision, refused, return_id, row_of, value

Filled = Callable[..., bytes]
CHAIR = "chair_of_governors_name"


@pytest.fixture
def wrong(records: Path, filled: Filled, schools: Path) -> str:
    """The id of a return with an e-mail address that is none."""
    ingest(
        records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar,example"))], register=schools
    )
    return return_id(records, "cedar")


def test_a_corrected_error_lets_the_return_be_accepted(records: Path, wrong: str) -> None:
    result = decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
    assert "It is accepted" in result.stderr
    assert row_of(records, wrong)["verdict"] == "accepted"
    assert rows(records / "contacts.csv")[0]["email"] == "jo@cedar.example"
    assert rows(records / "problems.csv") == []


def test_what_came_in_stays_beside_the_correction(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=Jo@Cedar.example")
    row = value(records, wrong, "main_contact_email")
    assert (row["raw"], row["value"], row["corrected"]) == ("jo@cedar,example", "Jo@cedar.example", "Jo@Cedar.example")
    assert (row["read_from"], row_of(records, wrong)["read_from"]) == ("fields", "fields")


def test_a_correction_is_on_record_with_who_and_why(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example", why="rang on 4 May", by="Sam")
    row = last_decision(records)
    assert (row["action"], row["who"], row["why"], row["return_id"]) == ("correct", "Sam", "rang on 4 May", wrong)
    assert (row["field"], row["before"], row["after"]) == ("main_contact_email", "jo@cedar,example", "jo@cedar.example")
    assert (row["membership_year"], row["dfe_number"], row["school_name"]) == (
        "2026-27",
        "211/2101",
        "Cedar Primary School",
    )


def test_several_answers_are_corrected_at_once_by_name_or_by_label(records: Path, wrong: str) -> None:
    label = "details of the chair of the governing body: name"
    decide(
        "correct", records, wrong, "main_contact_email=jo@cedar.example", f"{label}=Ann Lee", "phases=nursery;primary"
    )
    (school,) = rows(records / "schools.csv")
    chair = next(row for row in rows(records / "contacts.csv") if row["role"] == "chair_of_governors")
    assert (school["phases"], chair["name"]) == ("nursery;primary", "Ann Lee")


def test_the_later_of_two_corrections_counts(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=a@cedar.example")
    decide("correct", records, wrong, "main_contact_email=b@cedar.example")
    assert rows(records / "contacts.csv")[0]["email"] == "b@cedar.example"
    assert last_decision(records)["before"] == "a@cedar.example"


def test_an_answer_that_is_taken_away_leaves_its_place_empty(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example", "business_manager_telephone=")
    row = value(records, wrong, "business_manager_telephone")
    assert (bool(row["raw"]), row["value"], row["corrected"]) == (True, "", "")


def test_a_person_who_was_not_on_the_form_is_added(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example", "senior_leader_3_name=Ann Lee")
    names = [row["name"] for row in rows(records / "contacts.csv") if row["role"] == "senior_leader"]
    assert "Ann Lee" in names


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("main_contact_email=jo@cedar", "is not an email address"),
        (f"{CHAIR}=", "there is no answer yet"),
        ("main_contact_name=TBC", "there is no answer yet"),
        ("phases=", "no box is ticked"),
        ("phases=kindergarten", "kindergarten"),
        ("dfe_number=212/2101", "another local authority"),
        ("dfe_number=9999", "not in the list of member schools"),
        ("chair_of_govenors_name=Ann Lee", "Did you mean “chair_of_governors_name”?"),
        ("zzz=Ann Lee", "The column field of values.csv has the names."),
        ("Ann Lee", "FIELD=ANSWER"),
    ],
)
def test_a_wrong_correction_is_refused_in_one_line_and_changes_nothing(
    records: Path, wrong: str, answer: str, words: str
) -> None:
    assert words in refused("correct", records, wrong, answer)


@pytest.mark.usefixtures("wrong")
def test_a_return_that_does_not_exist_is_refused(records: Path) -> None:
    assert "There is no return 0123456789abcdef." in refused("correct", records, "0123456789abcdef", f"{CHAIR}=Ann Lee")


def test_a_file_that_is_no_form_is_not_corrected_but_entered(records: Path) -> None:
    minutes = records.parent / "minutes.txt"
    minutes.write_text("Minutes")
    ingest(records, [minutes])
    assert "thep-forms enter" in refused("correct", records, return_id(records, "minutes"), f"{CHAIR}=Ann Lee")


def test_a_correction_of_a_query_leaves_the_other_queries(records: Path, filled: Filled) -> None:
    pdf = filled(main_contact_telephone="020 7946 0101 or 07700 900123", business_manager_telephone="N/A")
    ingest(records, [inbox(records.parent / "in", cedar=pdf)])
    cedar = return_id(records, "cedar")
    result = decide("correct", records, cedar, "main_contact_telephone=020 7946 0018")
    assert [row["field"] for row in rows(records / "problems.csv")] == ["business_manager_telephone"]
    assert "it has queries left" in result.stderr


def test_another_dfe_number_makes_it_another_schools_return(records: Path, filled: Filled, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in", ivy=filled("2101", school_name="Ivy Lane School"))], register=schools)
    ivy = return_id(records, "ivy")
    assert row_of(records, ivy)["problems"] == "dfe_other_school"
    decide("correct", records, ivy, "dfe_number=4242")
    assert (row_of(records, ivy)["verdict"], row_of(records, ivy)["dfe_number"]) == ("accepted", "211/4242")
    assert (last_decision(records)["action"], last_decision(records)["field"]) == ("assign", "school")


def test_a_correction_of_a_superseded_return_says_so(records: Path, filled: Filled) -> None:
    inbox(records.parent / "in", cedar=filled(), later=filled(main_contact_name="Ann Lee"))
    ingest(records, [records.parent / "in"])
    run("prefer", return_id(records, "later"), "-o", records)
    result = decide("correct", records, return_id(records, "cedar"), f"{CHAIR}=Bea Low")
    assert f"Another return of the school counts, {return_id(records, 'later')}" in result.stderr
    assert "Bea Low" not in (records / "contacts.csv").read_text()


def test_a_later_return_of_the_school_supersedes_a_corrected_one(records: Path, wrong: str, filled: Filled) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
    later = inbox(records.parent / "later", later=filled(main_contact_name="Ann Lee"))
    ingest(records, [later])
    run("prefer", return_id(records, "later"), "-o", records)
    assert (row_of(records, wrong)["verdict"], rows(records / "contacts.csv")[0]["name"]) == ("superseded", "Ann Lee")


def test_a_correction_outlives_that_the_file_comes_again(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
    before = record_files(records)
    (records / "returns").joinpath(next((records / "returns").iterdir()).name).unlink()  # so that it is read again
    ingest(records, [records.parent / "in"])
    assert {name: data for name, data in record_files(records).items() if name.endswith("csv")} == {
        name: data for name, data in before.items() if name.endswith("csv")
    }


def test_a_correction_counts_when_all_is_checked_again(records: Path, wrong: str, templates: Path) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
    with (templates / "problems.toml").open("a") as file:
        file.write("\n# changed\n")
    assert run("status", "2026-27", "-o", records, "--templates", templates).exit_code == 0
    assert row_of(records, wrong)["verdict"] == "accepted"
    assert value(records, wrong, "main_contact_email")["corrected"] == "jo@cedar.example"


def test_corrected_records_have_no_faults(records: Path, wrong: str) -> None:
    decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
    result = run("verify", "-o", records, "--deep")
    assert (result.exit_code, "There are no faults" in result.stderr) == (0, True), result.stderr


def test_a_form_that_was_read_from_the_page_still_gives_one_query_for_it(records: Path, filled: Filled) -> None:
    from tests.support import printers

    ingest(records, [inbox(records.parent / "in", cedar=printers.by_qpdf(filled()))])
    cedar = return_id(records, "cedar")
    before = row_of(records, cedar)["problems"]
    decide("correct", records, cedar, f"{CHAIR}=Ann Lee")
    assert (row_of(records, cedar)["problems"], row_of(records, cedar)["read_from"]) == (before, "page_text")


def test_a_reason_is_asked_for_in_words(records: Path, wrong: str) -> None:
    for why in ((), ("--why", ""), ("--why", "…")):
        result = run("correct", wrong, f"{CHAIR}=Ann Lee", "-o", records, *why)
        assert (result.exit_code, "why" in result.stderr, "fault" in result.stderr) == (2, True, False)
    assert rows(records / "decisions.csv") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("phase_special=maybe", "is neither yes nor no"),
        ("main_contact_email=…", "Type the answer for main_contact_email"),
    ],
)
def test_an_answer_that_is_none_is_refused(records: Path, wrong: str, answer: str, words: str) -> None:
    assert words in refused("correct", records, wrong, answer)


def test_a_number_whose_school_has_another_name_is_refused(records: Path, wrong: str) -> None:
    line = refused("correct", records, wrong, "dfe_number=2103", "school_name=Cedar Primary School")
    assert "211/2103 is Elm Tree Primary School in the list" in line


def test_another_persons_name_says_which_address_stays(records: Path, wrong: str) -> None:
    result = decide("correct", records, wrong, "business_manager_name=Quentin Zhao")
    assert "These stay as they came:" in result.stderr
