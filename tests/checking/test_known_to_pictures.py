"""What is known of a school mends what was read from its picture, and shows it."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.conftest import inbox, ingest, record_files, rows
from tests.support.commands import run
from tests.support.deciding import decide, return_id, value
from tests.support.read_pictures import ANSWERS, CEDAR, CHAIR, EMAIL, put_in, read_from_picture, with_list
from thep_forms.checking.known_answers import Knowledge, KnownAnswers
from thep_forms.checking.record import Checked, SchoolRecord
from thep_forms.checking.scan import check_scan
from thep_forms.definition import load_definition
from thep_forms.reading import Doubt, Reading


def checked(reading: Reading, knowledge: Knowledge) -> Checked:
    return check_scan(reading, load_definition("2026-27"), knowledge=knowledge)


def known(members: dict[str, str], **school: str) -> Knowledge:
    """What is known of the members, and of the one that the answers are of."""
    return Knowledge(members, lambda number: KnownAnswers(members.get(number, ""), (SchoolRecord(school),)))


def found(reading: Reading, field: str, knowledge: Knowledge) -> tuple[str, str]:
    """What was read in a box, and what it probably is; empty where that is the same."""
    (answer,) = (answer for answer in checked(reading, knowledge).values if answer.field == field)
    return answer.raw, answer.likely


def test_code_of_a_copy_says_whose_it_is() -> None:
    reading = read_from_picture({"dfe_number": "2701"}, copy_of=CEDAR)
    assert checked(reading, Knowledge()).dfe_number == CEDAR
    assert found(reading, "dfe_number", Knowledge()) == ("2701", "2101")


def test_number_that_was_not_read_is_that_of_the_code_and_is_to_be_confirmed() -> None:
    result = checked(read_from_picture({"dfe_number": ""}, copy_of=CEDAR), Knowledge())
    assert result.dfe_number == CEDAR
    assert "dfe_number" in [each.field for each in result.problems if each.code == "scan_unconfirmed"]


def test_another_members_name_and_number_on_a_copy_are_its_own() -> None:
    members = {CEDAR: "Cedar Primary School", "211/2102": "Dovecote Primary School"}
    reading = read_from_picture({"dfe_number": "2102", "school_name": "Dovecote Primary School"}, copy_of=CEDAR)
    assert checked(reading, known(members)).dfe_number == "211/2102"


@pytest.mark.parametrize(
    ("read", "name", "number"),
    [
        ("2107", "Cedar Primary School", CEDAR),  # no member's, and one digit from the member of that name
        ("2107", "Cedar Prirnary Sch0ol", CEDAR),
        ("21?1", "Cedar Primary School", CEDAR),
        ("2107", "Quite another name", "211/2107"),
        ("2703", "Cedar Primary School", "211/2703"),  # two digits
        ("2102", "Dovecote Primary School", "211/2102"),
    ],
)
def test_number_is_checked_against_the_names_of_members(read: str, name: str, number: str) -> None:
    members = {CEDAR: "Cedar Primary School", "211/2102": "Dovecote Primary School"}
    reading = read_from_picture({"dfe_number": read, "school_name": name})
    assert checked(reading, known(members)).dfe_number == number


@pytest.mark.parametrize(
    ("read", "name", "number"),
    [
        ("2101", "Cedar Primary School", CEDAR),
        ("2107", "Cedar Prirnary School", CEDAR),
        ("2101", "Quite another name", ""),
        ("2102", "Cedar Primary School", ""),  # another member's
        ("2101", "", ""),
    ],
)
def test_number_of_which_the_reader_was_not_sure_counts_if_the_name_confirms_it(
    read: str, name: str, number: str
) -> None:
    members = {CEDAR: "Cedar Primary School", "211/2102": "Dovecote Primary School"}
    reading = read_from_picture({"dfe_number": read, "school_name": name})
    unsure = replace(reading.answers["dfe_number"], doubts=frozenset({Doubt.UNREADABLE}), confidence=0.4)
    result = checked(replace(reading, answers={**reading.answers, "dfe_number": unsure}), known(members))
    assert result.dfe_number == number
    codes = {each.code for each in result.problems if each.field == "dfe_number"}
    assert "scan_unconfirmed" in codes
    assert ("value_unreadable" in codes) != bool(number)


def test_known_answer_is_proposed_and_a_clear_difference_is_not_overridden() -> None:
    knowledge = known({CEDAR: "Cedar Primary School"}, registered_address="3 Cedar Road, London E2 0AC")
    read = read_from_picture(
        {"registered_address": "3 Cedar R0ad\nLondon E2 OAC", "school_name": "CEDAR PRIMARY SCHO0L"}
    )
    assert found(read, "registered_address", knowledge)[1] == "3 Cedar Road\nLondon E2 0AC"
    assert found(read, "school_name", knowledge)[1] == "Cedar Primary School"
    other = read_from_picture({"registered_address": "8 Cedar Road\nLondon E2 0AC"})
    assert found(other, "registered_address", knowledge)[1] == ""


def test_domain_of_the_other_boxes_is_proposed() -> None:
    addresses = {
        "main_contact_email": "jo@cedar.example",
        "chair_of_governors_email": "ann@cedar.example",
        "headteacher_email": "samecedar.example",
        "headteacher_name": "Sam Okafor",
    }
    assert found(read_from_picture(addresses), "headteacher_email", Knowledge()) == (
        "samecedar.example",
        "sam@cedar.example",
    )


@with_list
def test_domain_of_the_address_in_the_list_is_proposed(records: Path) -> None:
    """In a first year nothing else is known of a school."""
    others = dict.fromkeys(("chair_of_governors_email", "business_manager_email", "senior_leader_1_email"), "")
    cedar = put_in(records, read_from_picture({EMAIL: "head@cedar.examp", **others}))
    assert value(records, cedar, EMAIL)["value"] == "head@cedar.example"


@pytest.mark.parametrize("read", ["sam@cedar.exampl", "sam@cedar.exampi", "sam@cedar.", "sam@cedar"])
def test_domain_that_ran_out_of_its_box_is_proposed_as_the_other_boxes_have_it(read: str) -> None:
    addresses = {
        "main_contact_email": "jo@cedar.example",
        "chair_of_governors_email": "ann@cedar.example",
        "headteacher_email": read,
        "headteacher_name": "Sam Okafor",
    }
    assert found(read_from_picture(addresses), "headteacher_email", Knowledge()) == (read, "sam@cedar.example")


def test_domain_that_ran_out_of_as_many_boxes_as_it_fitted_into_is_proposed_in_these() -> None:
    addresses = {
        "main_contact_email": "jo@cedar.exam",
        "chair_of_governors_email": "ann@cedar.example",
        "headteacher_email": "sam@cedar.exam",
    }
    reading = read_from_picture(addresses)
    assert found(reading, "main_contact_email", Knowledge()) == ("jo@cedar.exam", "jo@cedar.example")
    assert found(reading, "headteacher_email", Knowledge()) == ("sam@cedar.exam", "sam@cedar.example")
    assert found(reading, "chair_of_governors_email", Knowledge())[1] == ""


@pytest.mark.parametrize("read", ["sam@cedar.org", "sam@c.org.u", "sam@dove.org.u"])
def test_domain_that_may_be_another_is_not_taken_for_a_part_of_the_other_boxes(read: str) -> None:
    addresses = {
        "main_contact_email": "jo@cedar.org.uk",
        "chair_of_governors_email": "ann@cedar.org.uk",
        "headteacher_email": read,
    }
    assert found(read_from_picture(addresses), "headteacher_email", Knowledge())[1] == ""


@with_list
def test_last_years_answers_mend_what_was_read(records: Path) -> None:
    decide("enter", records, "2101", "2025-26", *(f"{name}={text}" for name, text in ANSWERS.items()))
    photo = put_in(records, read_from_picture({CHAIR: "ANN LEE", EMAIL: "joecedar.example"}))
    assert value(records, photo, CHAIR)["value"] == "Ann Lee"
    assert (value(records, photo, EMAIL)["raw"], value(records, photo, EMAIL)["value"]) == (
        "joecedar.example",
        "jo@cedar.example",
    )


@with_list
def test_proposals_follow_what_is_known_and_confirmed_ones_stay(records: Path) -> None:
    photo = put_in(records, read_from_picture({CHAIR: "Amn Lee", EMAIL: "jo@cedar.example"}))
    decide("confirm", records, photo, EMAIL)
    texts = {**ANSWERS, EMAIL: "JO@cedar.example", CHAIR: "Arnn Lee"}  # hands write `m` and readers see `rn`
    decide("enter", records, "2101", "2025-26", *(f"{name}={text}" for name, text in texts.items()))
    assert value(records, photo, CHAIR)["value"] == "Arnn Lee"
    assert value(records, photo, EMAIL)["value"] == "jo@cedar.example"
    numbers = [row["decision_id"] for row in rows(records / "decisions.csv") if row["action"] == "enter"]
    assert run("undo", *numbers, "-o", records).exit_code == 0
    assert value(records, photo, CHAIR)["value"] == "Amn Lee"


def test_new_list_of_schools_mends_what_was_read(records: Path, schools: Path) -> None:
    photo = put_in(records, read_from_picture({"school_name": "Cedar Prirnary School"}))
    assert value(records, photo, "school_name")["value"] == "Cedar Prirnary School"
    assert run("status", "2026-27", "-o", records, "--schools", schools).exit_code in (0, 1)
    assert value(records, photo, "school_name")["value"] == "Cedar Primary School"


def test_order_of_files_and_years_changes_no_table(tmp_path: Path, schools: Path) -> None:
    pictures = (
        (read_from_picture({CHAIR: "ANN LEE"}), "now.png", 2026),
        (read_from_picture({CHAIR: "Ann Lee"}, year="2025-26"), "before.png", 2025),
        (read_from_picture({"dfe_number": "2107"}), "odd.png", 2026),
    )
    tables = []
    for number, order in enumerate(permutations(pictures)):
        records = tmp_path / f"records{number}"
        ingest(records, [inbox(tmp_path / "empty")], register=schools)
        for reading, name, year in order:
            put_in(records, reading, name, year=year)
        before = return_id(records, "before")
        decide("confirm", records, before)
        assert value(records, return_id(records, "now"), CHAIR)["value"] == "Ann Lee"
        found = record_files(records)
        tables.append({name: found[name] for name in found if name.endswith(".csv") and name != "decisions.csv"})
    for each in tables:
        assert each == tables[0]
