"""A school whose required contact was erased counts as accepted, and the office is asked to find the next one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest
from tests.desk.test_desk_access import Client
from tests.support.commands import run
from tests.support.deciding import decide, return_id, standing
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.server import running_desk
from thep_forms.office.display.one_school import look_up_school
from thep_forms.office.display.to_do import look_up_to_do

Filled = Callable[..., bytes]
DEFINITIONS = Definitions(None, MembershipYear(2026))
CHAIR = "Details of the Chair of the Governing Body: Name"
WORDS = f"a person was deleted, so the form lacks {CHAIR}. Ask the school, and type it in"


@pytest.fixture
def erased(records: Path, schools: Path, filled: Filled) -> Path:
    """Records of an accepted form whose chair asked to be forgotten."""
    ingest(
        records,
        [inbox(records.parent / "in", cedar=filled(chair_of_governors_name="Ann Lee"), elm=filled("2103"))],
        register=schools,
    )
    assert look_up_to_do(records, DEFINITIONS).lacking == ()
    assert run("forget", "-o", records, "--person", "Ann Lee", "--yes").exit_code == 0
    return records


def test_an_erased_chair_is_asked_for_at_to_do_and_at_the_school(erased: Path) -> None:
    assert standing(erased, "2101") == "accepted"
    (school,) = look_up_to_do(erased, DEFINITIONS).lacking
    assert (school.dfe_number, school.why) == ("211/2101", WORDS)
    status = look_up_school(erased, "211/2101", DEFINITIONS).status
    assert status
    assert status.why == WORDS


def test_an_erased_chair_is_the_first_thing_to_type_in_on_the_return(erased: Path) -> None:
    with running_desk(erased, Definitions.of_today) as running:
        client = Client(running)
        to_do = client.get("/").body.decode()
        page = client.get(f"/returns/{return_id(erased, 'cedar')}").body.decode()
    assert "To do (1)" in to_do
    assert WORDS[1:] in to_do
    assert WORDS[1:] in page
    assert "a person asked to be forgotten.<" in page.replace(" <", "<")
    to_settle = page.partition("<h2>To settle</h2>")[2].partition("<h2>")[0]
    assert 'name="answer:chair_of_governors_name"' in to_settle
    assert 'name="answer:phase_' not in to_settle


def test_a_form_that_needs_somebody_is_not_listed_a_second_time(records: Path, schools: Path, filled: Filled) -> None:
    wrong = filled(chair_of_governors_name="Ann Lee", main_contact_email="jo@cedar,example")
    ingest(records, [inbox(records.parent / "in", cedar=wrong)], register=schools)
    assert run("forget", "-o", records, "--person", "Ann Lee", "--yes").exit_code == 0
    shown = look_up_to_do(records, DEFINITIONS)
    assert len(shown.tasks) == 1
    assert shown.lacking == ()


@pytest.mark.parametrize("way", ["correct", "enter"])
def test_a_school_whose_next_chair_is_known_lacks_nothing(erased: Path, way: str) -> None:
    answer = "chair_of_governors_name=Bea Low"
    decide(way, erased, *([return_id(erased, "cedar")] if way == "correct" else ["2101", "2026-27"]), answer)
    assert look_up_to_do(erased, DEFINITIONS).lacking == ()
    assert standing(erased, "2101") == "accepted"


def test_nobody_is_asked_who_chaired_in_a_year_after_which_the_school_has_answered(erased: Path) -> None:
    decide("enter", erased, "2101", "2027-28", "chair_of_governors_name=Bea Low")
    assert look_up_to_do(erased, DEFINITIONS, year=MembershipYear(2026)).lacking == ()
    decide("undo", erased, "2")
    assert len(look_up_to_do(erased, DEFINITIONS, year=MembershipYear(2026)).lacking) == 1
