"""The office enters the answers of a school that came without a form."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.support import printers
from tests.support.commands import run, table
from tests.support.deciding import decide, entered, last_decision, refused, return_id, row_of, standing, value
from tests.support.packing import mbox
from tests.support.viewer import typed
from tests.support.writing import CEDAR
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.decisions.enter import look_up_known

Filled = Callable[..., bytes]
ANSWERS = (
    "school_name=Cedar Primary School",
    "phases=primary",
    "registered_address=3 Cedar Road, London E2 0AC",
    "main_contact_name=Jo Ali",
    "main_contact_designation=Headteacher",
    "main_contact_email=jo@cedar.example",
    "chair_of_governors_name=Ann Lee",
)


@pytest.fixture
def listed(records: Path, schools: Path, tmp_path: Path) -> Path:
    """Records that hold the list of three schools, and no return."""
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"], register=schools)
    return records


def message_without_form(records: Path, text: str) -> str:
    """Take in a message of Cedar's without a file. Gives its id."""
    message = EmailMessage()
    message["From"], message["To"], message["Date"] = CEDAR, "us@example.org", "Sun, 3 May 2026 10:00:00 +0100"
    message.set_content(text)
    ingest(records, [mbox(records.parent / "mail.mbox", [message])])
    (found,) = {row["return_id"] for row in rows(records / "returns.csv") if row["verdict"] == "unreadable"}
    return found


def test_answers_by_telephone_are_a_return_without_a_file(listed: Path) -> None:
    result = decide("enter", listed, "211/2101", "2026-27", *ANSWERS)
    assert "It is accepted" in result.stderr
    (row,) = entered(listed)
    assert (row["verdict"], row["read_from"], row["source"]) == ("accepted", "office", "entered by the office")
    assert (row["dfe_number"], row["membership_year"], bool(row["received_at"])) == ("211/2101", "2026-27", True)
    assert [row["name"] for row in rows(listed / "contacts.csv")] == ["Jo Ali", "Ann Lee", "Jo Ali"]
    assert standing(listed, "2101") == "accepted"


def test_what_was_entered_is_on_record_with_who_and_why(listed: Path) -> None:
    decide("enter", listed, "2101", "2026", *ANSWERS, why="letter of 3 May", by="Sam")
    row = last_decision(listed)
    assert (row["action"], row["who"], row["why"]) == ("enter", "Sam", "letter of 3 May")
    assert row["return_id"] == entered(listed)[0]["return_id"]
    assert value(listed, row["return_id"], "main_contact_name")["read_from"] == "office"


def test_unchanged_takes_the_answers_of_the_last_return(records: Path, filled: Filled, schools: Path) -> None:
    last_year = inbox(records.parent / "in", cedar=filled())
    ingest(records, [last_year], register=schools)
    decide("enter", records, "2101", "2027-28", "--unchanged")
    found = [row for row in rows(records / "contacts.csv") if row["membership_year"] == "2027-28"]
    before = [row for row in rows(records / "contacts.csv") if row["membership_year"] == "2026-27"]
    assert [row["name"] for row in found] == [row["name"] for row in before]
    assert rows(records / "changes.csv") == []


def test_only_what_changed_has_to_be_given(records: Path, filled: Filled, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())], register=schools)
    decide("enter", records, "2101", "2026-27", "chair_of_governors_name=Bea Low", "chair_of_governors_email=")
    chair = next(row for row in rows(records / "contacts.csv") if row["role"] == "chair_of_governors")
    assert (chair["name"], chair["email"]) == ("Bea Low", "")
    assert row_of(records, return_id(records, "cedar"))["verdict"] == "superseded"
    assert last_decision(records)["after"] == "chair_of_governors_name;chair_of_governors_email"


def test_the_mailing_list_has_a_change_in_mid_year_at_once(records: Path, filled: Filled, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())], register=schools)
    decide("enter", records, "2101", "2026-27", "headteacher_name=Ann Lee", "headteacher_email=ann@cedar.example")
    result = run("mailing-list", "2026-27", "-o", records, "--role", "headteacher")
    assert [row["Name"] for row in table(result)] == ["Ann Lee"]


def test_what_is_entered_settles_everything_that_came_before(listed: Path, filled: Filled) -> None:
    wrote = message_without_form(listed, "Nothing to change this year.")
    faulty, scan = filled(main_contact_email="jo@cedar"), printers.scanned(filled())
    ingest(listed, [inbox(listed.parent / "in", faulty=faulty)])
    assert standing(listed, "2101") == "needs_attention"
    ingest(listed, [inbox(listed.parent / "in2", scan=scan)])
    decide("assign", listed, return_id(listed, "scan"), "--school", "2101")
    decide("enter", listed, "211/2101", "2026-27", *ANSWERS)
    found = {row["return_id"]: row["verdict"] for row in rows(listed / "returns.csv")}
    assert found[wrote] == found[return_id(listed, "faulty")] == found[return_id(listed, "scan")] == "superseded"
    assert standing(listed, "2101") == "accepted"
    result = run("ingest", listed.parent / "in", "-o", listed)
    assert (result.exit_code, "needs you" in result.stderr) == (0, False)


def test_what_settled_something_still_does_after_the_school_answered_again(listed: Path) -> None:
    wrote = message_without_form(listed, "Nothing to change this year.")
    decide("enter", listed, "2101", "2026-27", *ANSWERS)
    decide("enter", listed, "2101", "2026-27", "chair_of_governors_name=Bea Low")
    assert row_of(listed, wrote)["verdict"] == "superseded"
    assert sorted(row["verdict"] for row in entered(listed)) == ["accepted", "superseded"]


def test_a_form_that_comes_later_counts_over_what_was_entered(listed: Path, filled: Filled) -> None:
    decide("enter", listed, "2101", "2026-27", *ANSWERS)
    message = EmailMessage()
    message["From"], message["To"], message["Date"] = CEDAR, "us@example.org", "Sun, 3 May 2037 10:00:00 +0100"
    message.add_attachment(filled(), maintype="application", subtype="pdf", filename="form.pdf")
    ingest(listed, [mbox(listed.parent / "mail.mbox", [message])])
    assert entered(listed)[0]["verdict"] == "superseded"
    assert row_of(listed, return_id(listed, "form"))["verdict"] == "accepted"


def test_what_is_missing_can_follow(listed: Path) -> None:
    result = decide("enter", listed, "2101", "2026-27", *ANSWERS[:-1])
    assert "no answer" in result.stderr
    (row,) = entered(listed)
    assert row["verdict"] == "needs_attention"
    decide("correct", listed, row["return_id"], "chair_of_governors_name=Ann Lee")
    assert row_of(listed, row["return_id"])["verdict"] == "accepted"


def test_answers_of_an_earlier_year_count_in_that_year(records: Path, filled: Filled, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in", ivy=filled("4242"))], register=schools)
    decide("enter", records, "2101", "2025-26", *ANSWERS)
    assert [(row["membership_year"], row["dfe_number"]) for row in rows(records / "schools.csv")] == [
        ("2025-26", "211/2101"),
        ("2026-27", "211/4242"),
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("9999", "2026-27", "--unchanged"), "is not in the list of member schools"),
        (("cedar", "2026-27", "--unchanged"), "is not a DfE number"),
        (("2101", "2026-27"), "--unchanged"),
        (("2101", "2026-27", "--unchanged"), "so “nothing has changed” does not say enough"),
        (("2101", "2026-27", "main_contact_email=jo@cedar"), "is not an email address"),
        (("2101", "2026-27", "dfe_number=2103"), "Leave it out"),
        (("2101", "2026-27", "head=Ann"), "The form has no field"),
    ],
)
def test_what_cannot_be_entered_is_refused_in_one_line_and_changes_nothing(
    listed: Path, words: tuple[str, ...], line: str
) -> None:
    assert line in refused("enter", listed, *words)


def test_all_that_nobody_knows_is_said_at_once(listed: Path) -> None:
    said = refused("enter", listed, "2101", "2026-27", "--unchanged")
    assert "Details of Main Contact for all mailings: nobody knows this yet" in said
    assert "Details of the Chair of the Governing Body: nobody knows this yet" in said
    assert said.rstrip().endswith("Give these answers too. Nothing was entered.")


def test_records_with_entered_answers_have_no_faults_and_open_again(listed: Path) -> None:
    decide("enter", listed, "2101", "2026-27", *ANSWERS)
    result = run("verify", "-o", listed, "--deep")
    assert (result.exit_code, "There are no faults" in result.stderr) == (0, True), result.stderr


def test_entered_answers_fill_in_the_next_years_copy(listed: Path, tmp_path: Path) -> None:
    decide("enter", listed, "2101", "2026-27", *ANSWERS)
    result = run("generate", "2027-28", "-o", tmp_path / "forms", "--records", listed)
    assert result.exit_code == 0, result.stderr
    (copy,) = (tmp_path / "forms").glob("*2101*")
    assert typed(copy.read_bytes())["main_contact_name"] == "Jo Ali"


def test_another_person_does_not_get_the_address_and_number_of_the_one_before(
    records: Path, filled: Filled, schools: Path
) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())], register=schools)
    result = decide("enter", records, "2101", "2026-27", "business_manager_name=Quentin Zhao")
    (manager,) = (row for row in rows(records / "contacts.csv") if row["role"] == "business_manager")
    assert (manager["name"], manager["email"], manager["telephone"]) == ("Quentin Zhao", "", "")
    assert manager["designation"] == "School Business Manager"
    assert "Left out, as they were those of the person before" in result.stderr


def test_another_spelling_of_a_name_keeps_the_address_and_number(records: Path, filled: Filled, schools: Path) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())], register=schools)
    decide("enter", records, "2101", "2026-27", "business_manager_name=Jo Lindquist")
    (manager,) = (row for row in rows(records / "contacts.csv") if row["role"] == "business_manager")
    assert (manager["name"], bool(manager["email"])) == ("Jo Lindquist", True)


@pytest.mark.parametrize("command", [("enter", "2101", "2062-63", "--unchanged")])
def test_a_year_that_is_too_far_ahead_is_refused(listed: Path, command: tuple[str, ...]) -> None:
    assert "too far ahead" in refused(command[0], listed, *command[1:])


def test_the_name_of_another_member_is_refused(listed: Path) -> None:
    line = refused("enter", listed, "2101", "2026-27", "school_name=Elm Tree Primary School", *ANSWERS[1:])
    assert "“Elm Tree Primary School” is 211/2103" in line


def test_there_are_boxes_for_all_leaders_that_the_first_page_asks_for_and_for_one_more_than_is_known(
    listed: Path,
) -> None:
    assert leaders_asked_for(listed) == [1, 2]
    decide("enter", listed, "2101", "2026-27", *ANSWERS, "senior_leader_2_name=Kim Bo")
    assert leaders_asked_for(listed) == [1, 2, 3]


def leaders_asked_for(records: Path) -> list[int]:
    """The positions of the senior leaders whose names can be entered for Cedar."""
    known = look_up_known(records, "2101", MembershipYear(2026), Definitions.of_today())
    boxes = [answer.box for answer in known.answers if answer.box.name.startswith("senior_leader_")]
    return [int(box.name.split("_")[2]) for box in boxes if box.name.endswith("_name")]
