"""A person confirms what a return was asked about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.support.commands import run
from tests.support.deciding import decide, last_decision, refused, return_id, row_of, standing
from thep_forms.definition import load_definition
from thep_forms.generate import Master

Filled = Callable[..., bytes]
QUERIES = {"main_contact_telephone": "020 7946 0101 or 07700 900123", "business_manager_telephone": "N/A"}


@pytest.fixture
def asked(records: Path, filled: Filled) -> str:
    """The id of an accepted return with two queries."""
    ingest(records, [inbox(records.parent / "in", cedar=filled(**QUERIES))])
    return return_id(records, "cedar")


@pytest.fixture
def unchanged(records: Path, schools: Path) -> str:
    """The id of a copy that came back as it was sent."""
    answers = {
        "dfe_number": "2101",
        "school_name": "Cedar Primary School",
        "phase_primary": True,
        "registered_address": "3 Cedar Road\nLondon E2 0AC",
        "main_contact_name": "Jo Ali",
        "main_contact_designation": "Headteacher",
        "main_contact_email": "jo@cedar.example",
        "chair_of_governors_name": "Ann Lee",
    }
    copy = Master(load_definition("2026-27").for_copies).copy(answers, "211/2101")
    ingest(records, [inbox(records.parent / "in", cedar=copy)], register=schools)
    return return_id(records, "cedar")


def test_confirmed_queries_leave_the_tables_the_report_and_the_list(records: Path, asked: str, schools: Path) -> None:
    decide("confirm", records, asked)
    assert (row_of(records, asked)["problems"], rows(records / "problems.csv")) == ("", [])
    page = records.parent / "page.html"
    assert run("report", "2026-27", "-o", page, "--records", records, "--schools", schools).exit_code == 0
    assert "07700 900123" not in page.read_text(encoding="utf-8")


def test_one_field_is_confirmed_and_the_other_query_stays(records: Path, asked: str) -> None:
    decide("confirm", records, asked, "main_contact_telephone")
    assert [row["field"] for row in rows(records / "problems.csv")] == ["business_manager_telephone"]


def test_a_confirmation_is_on_record_with_the_problem_and_the_value(records: Path, asked: str) -> None:
    decide("confirm", records, asked, "main_contact_telephone", why="they said so")
    row = last_decision(records)
    assert (row["action"], row["field"], row["before"]) == ("confirm", "main_contact_telephone", "several_values")
    assert (row["after"], row["why"]) == (QUERIES["main_contact_telephone"], "they said so")


def test_an_unchanged_copy_that_is_confirmed_says_that_nothing_has_changed(records: Path, unchanged: str) -> None:
    assert row_of(records, unchanged)["verdict"] == "needs_attention"
    result = decide("confirm", records, unchanged, why="nothing has changed, says the school")
    assert "It is accepted" in result.stderr
    assert (row_of(records, unchanged)["verdict"], standing(records, "2101")) == ("accepted", "accepted")
    assert rows(records / "schools.csv")[0]["school_name"] == "Cedar Primary School"


def test_a_confirmed_query_is_asked_again_when_the_answer_changes(records: Path, asked: str) -> None:
    decide("confirm", records, asked)
    decide("correct", records, asked, "main_contact_telephone=020 7946 0101 or 07700 900124")
    assert [row["code"] for row in rows(records / "problems.csv")] == ["several_values"]


def test_a_name_that_is_not_the_lists_is_confirmed(records: Path, filled: Filled, schools: Path) -> None:
    pdf = filled(school_name="Oak Academy")
    ingest(records, [inbox(records.parent / "in", cedar=pdf)], register=schools)
    cedar = return_id(records, "cedar")
    assert row_of(records, cedar)["problems"] == "name_unlikely"
    decide("confirm", records, cedar)
    assert row_of(records, cedar)["problems"] == ""


def test_an_error_is_not_confirmed_but_corrected(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar"))])
    cedar = return_id(records, "cedar")
    line = refused("confirm", records, cedar)
    assert ("not an email address" in line, "thep-forms correct" in line) == (True, True)


@pytest.mark.parametrize(
    "typed",
    ["Vacant", "TBC", "To be elected in May", "None at the moment", "N/A", "No current chair", "Chair has resigned"],
)
def test_a_post_that_nobody_holds_is_confirmed_and_the_form_counts_without_a_name(
    records: Path, filled: Filled, typed: str
) -> None:
    pdf = filled(chair_of_governors_name=typed, chair_of_governors_designation="", chair_of_governors_email="")
    ingest(records, [inbox(records.parent / "in", cedar=pdf)])
    cedar = return_id(records, "cedar")
    assert row_of(records, cedar)["verdict"] == "needs_attention"
    decide("confirm", records, cedar, "chair_of_governors_name")
    assert (row_of(records, cedar)["verdict"], rows(records / "problems.csv")) == ("accepted", [])
    assert "chair_of_governors" not in {row["role"] for row in rows(records / "contacts.csv")}
    assert last_decision(records)["after"] == typed


@pytest.mark.parametrize(("address", "people"), [("", []), ("chair@cedar.example", [("", "chair@cedar.example")])])
def test_words_that_say_that_nobody_holds_a_post_are_nobodys_name(
    records: Path, filled: Filled, address: str, people: list[tuple[str, str]]
) -> None:
    pdf = filled(chair_of_governors_name="Vacant", chair_of_governors_email=address)
    ingest(records, [inbox(records.parent / "in", cedar=pdf)])
    decide("confirm", records, return_id(records, "cedar"))
    chairs = [row for row in rows(records / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert [(row["name"], row["email"]) for row in chairs] == people
    assert "Vacant" not in run("mailing-list", "2026-27", "-o", records).stdout


def test_an_office_types_that_a_post_is_vacant_and_confirms_it(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled(chair_of_governors_name=""))])
    cedar = return_id(records, "cedar")
    refused("confirm", records, cedar, "chair_of_governors_name")
    decide("correct", records, cedar, "chair_of_governors_name=vacant")
    decide("confirm", records, cedar)
    assert row_of(records, cedar)["problems"] == ""


def test_an_entered_form_with_a_vacant_post_waits_until_that_is_confirmed(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())])
    decide("enter", records, "2101", "2026-27", "chair_of_governors_name=To be elected")
    (entered,) = (row for row in rows(records / "returns.csv") if row["return_id"].startswith("office-"))
    assert (entered["verdict"], entered["problems"]) == ("needs_attention", "value_unlikely;contact_missing")
    decide("confirm", records, entered["return_id"])
    assert row_of(records, entered["return_id"])["verdict"] == "accepted"


@pytest.mark.parametrize(
    "answers",
    [
        {"chair_of_governors_name": "As above"},
        {"chair_of_governors_name": ""},
        {"main_contact_name": "Vacant"},
        {"main_contact_email": "None"},
    ],
)
def test_a_required_answer_that_is_no_vacant_post_is_not_confirmed(
    records: Path, filled: Filled, answers: dict[str, str]
) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled(**answers))])
    cedar = return_id(records, "cedar")
    assert "thep-forms correct" in refused("confirm", records, cedar, *answers)
    assert row_of(records, cedar)["verdict"] == "needs_attention"


def test_queries_are_confirmed_beside_an_error_that_stays(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar", **QUERIES))])
    cedar = return_id(records, "cedar")
    result = decide("confirm", records, cedar)
    assert ("2 questions confirmed" in result.stderr, "It still needs you" in result.stderr) == (True, True)
    assert row_of(records, cedar)["problems"] == "email_invalid"


def test_a_return_that_is_asked_nothing_has_nothing_to_confirm(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())])
    assert "nothing to confirm" in refused("confirm", records, return_id(records, "cedar"))


def test_a_file_without_answers_has_nothing_to_confirm(records: Path, form: bytes) -> None:
    ingest(records, [inbox(records.parent / "in", blank=form)])
    assert "thep-forms enter" in refused("confirm", records, return_id(records, "blank"))


def test_tick_boxes_are_confirmed_by_the_name_of_their_field(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled(phase_primary=False, phase_secondary=True))])
    cedar = return_id(records, "cedar")
    assert row_of(records, cedar)["problems"] == "phase_unlikely"
    assert "Asked is about: Phase." in refused("confirm", records, cedar, "main_contact_name")
    decide("confirm", records, cedar, "phases")
    assert row_of(records, cedar)["problems"] == ""
