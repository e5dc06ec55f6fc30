"""Forms that schools are given on paper: a person notes it at the desk, and the schools then count as sent the form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from tests.conftest import rows
from tests.support.commands import run
from tests.support.deciding import YEAR, last_decision, refused, standing
from tests.support.desk import go_to, require_accessible_light_and_dark, result
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.notes import note_on_paper
from thep_forms.records import open_for_writing

CEDAR = "Cedar Primary School"
COLLECTED = MembershipYear.parse(YEAR)
DEFINITIONS = Definitions(None, COLLECTED)


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def note(page: Page, *schools: str) -> None:
    """Note on the page Send that these schools were given the form on paper."""
    go_to(page, "/send")
    for school in schools:
        page.get_by_label(school).check()
    page.get_by_role("button", name="Note that they were given it on paper").click()


def written_to(page: Page, school: str) -> str:
    """What the table on the page Send says of when a school was written to."""
    row = page.get_by_role("row").filter(has_text=school)
    return row.get_by_role("cell").last.inner_text()


def test_schools_that_were_given_the_form_on_paper_count_as_sent_the_form(page: Page, some: Path) -> None:
    note(page, CEDAR, "Elm Tree Primary School")
    expect(page.locator(".done")).to_contain_text("2 schools were given the form of 2026-27 on paper.")
    expect(page.locator("main")).to_contain_text("1 school was not sent the form")
    assert re.match(r"Form on paper on \d+ \w+", written_to(page, CEDAR))
    assert [standing(some, number) for number in ("2101", "2103", "4242")] == ["sent", "sent", "not_sent"]
    require_accessible_light_and_dark(page)


def test_a_note_that_a_school_has_it_on_paper_is_undone_with_one_click(page: Page, some: Path) -> None:
    note(page, CEDAR)
    expect(page.locator(".done")).to_contain_text(f"{CEDAR}: it was given the form of 2026-27 on paper.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_contain_text("this is undone: it was given the form of 2026-27 on paper")
    assert standing(some, "2101") == "not_returned"
    go_to(page, "/send")
    assert written_to(page, CEDAR) == "Not yet"


def test_nobody_is_noted_where_no_school_is_ticked(page: Page, some: Path) -> None:
    note(page)
    expect(page.get_by_role("alert")).to_contain_text("Tick the schools that were given the form on paper.")
    assert standing(some, "2101") == "not_returned"


def test_schools_of_a_print_pack_are_ticked_once_it_is_printed(page: Page, some: Path) -> None:
    go_to(page, "/forms")
    page.get_by_text("Choose schools").click()
    page.get_by_label(CEDAR).check()
    page.get_by_role("button", name="Print for the schools that are ticked").click()
    result(page)
    page.get_by_role("link", name="Once they are sent, note it").click()
    expect(page.get_by_label(CEDAR)).to_be_checked()
    expect(page.get_by_label("Ivy Lane School")).not_to_be_checked()
    page.get_by_role("button", name="Note that they were given it on paper").click()
    expect(page.locator(".done")).to_contain_text(CEDAR)
    assert standing(some, "2101") == "sent"


def test_the_page_of_a_school_notes_it_and_tells_it(page: Page, some: Path) -> None:
    go_to(page, "/schools/211-2101")
    button = page.get_by_role("button", name="Note that it was given the form on paper")
    button.click()
    expect(page.locator(".done")).to_contain_text("it was given the form of 2026-27 on paper")
    expect(page.locator(".story")).to_contain_text("It was given the form of 2026-27 on paper. Decided by")
    expect(button).to_have_count(0)
    assert last_decision(some) | {"at": "", "who": "", "decision_id": ""} == {
        **dict.fromkeys(last_decision(some), ""),
        "action": "note",
        "membership_year": YEAR,
        "dfe_number": "211/2101",
        "school_name": CEDAR,
        "field": "on_paper",
    }


def test_a_school_that_does_not_send_the_paper_back_is_overdue(some: Path) -> None:
    note_on_paper(some, COLLECTED, ["211/2101"], DEFINITIONS)
    with open_for_writing(some, DEFINITIONS) as ledger, ledger.transaction():
        (noted,) = ledger.decisions()
        long_ago = datetime.now(UTC) - timedelta(days=365)
        ledger.forget_decisions([noted.number])
        ledger.add_decision(replace(noted, at=long_ago.isoformat(timespec="seconds")))
    told = run("status", YEAR, "-o", some).stdout
    assert "overdue" in told
    assert f"given on paper on {long_ago.day} {long_ago:%B %Y}" in told


def test_a_school_that_is_no_member_is_not_noted(some: Path) -> None:
    with pytest.raises(DecisionError, match="211/2999 is not in the list of member schools of 2026-27"):
        note_on_paper(some, COLLECTED, ["211/2101", "211/2999"], DEFINITIONS)
    assert rows(some / "decisions.csv") == []


def test_a_year_that_nobody_collects_yet_is_refused(some: Path) -> None:
    assert "2040-41 is too far ahead" in refused("note", some, "211/2101", "--on-paper", "2040-41")


def test_the_terminal_tells_which_school_has_it_on_paper(some: Path) -> None:
    note_on_paper(some, COLLECTED, ["211/2101", "211/2103"], DEFINITIONS, "Jo")
    told = run("history", "211/2101", "-o", some).stdout
    assert "It was given the form of 2026-27 on paper. Decision 1 by Jo" in told
    assert "no decision 7" in refused("undo", some, "7")
