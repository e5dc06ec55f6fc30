"""A school answers in words what its form lacks: the form and the message lead to each other, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import rows
from tests.desk.test_desk_next_step import ingest_messages, main_of
from tests.support.deciding import decide, return_id, row_of
from tests.support.desk import MISTYPED, go_to
from tests.support.messages import message, written
from tests.support.writing import CEDAR

Filled = Callable[..., bytes]
WORDS = "Our chair of governors is Rhys Newman."
SAME = "Nothing has changed since last year."
LAST_YEAR = (
    "school_name=Cedar Primary School",
    "phase_primary=yes",
    "main_contact_name=Jo Ali",
    "main_contact_email=jo@cedar.example",
    "chair_of_governors_name=Ann Lee",
)


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


@pytest.fixture
def answered(some: Path, tmp_path: Path, filled: Filled) -> Path:
    """Cedar sent a form without its chair, and then a message that names it."""
    form = message(filled(chair_of_governors_name=""), CEDAR)
    ingest_messages(some, tmp_path, form, written(WORDS, CEDAR, Date="Tue, 12 May 2026 10:00:00 +0100"))
    return some


def test_a_message_leads_to_the_form_of_the_school_that_waits_and_the_form_shows_the_message(
    page: Page, answered: Path
) -> None:
    go_to(page, f"/returns/{return_id(answered, '1')}")
    expect(main_of(page)).to_contain_text("The school's form waits for somebody.")
    expect(main_of(page)).not_to_contain_text("Please save the form and send it again")
    page.get_by_role("link", name="Go to its form").click()
    expect(main_of(page)).to_contain_text(WORDS)
    page.get_by_label("Details of the Chair of the Governing Body: Name").fill("Rhys Newman")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".next")).to_contain_text("Accepted.")
    by_role = {row["role"]: row["name"] for row in rows(answered / "contacts.csv")}
    assert by_role["chair_of_governors"] == "Rhys Newman"
    assert by_role["headteacher"]  # which the form has, and nobody else knows
    page.locator("#next").click()
    expect(main_of(page)).to_contain_text("If it does not, close the message.")


def test_the_page_for_answers_by_telephone_leads_to_the_form_that_waits(page: Page, answered: Path) -> None:
    go_to(page, "/schools/211-2101")
    page.get_by_role("link", name="Enter its answers").click()
    expect(main_of(page)).to_contain_text("A form of the school came, and waits for somebody.")
    page.get_by_role("link", name="Put it right there").click()
    expect(page.get_by_label("Details of the Headteacher", exact=False).first).to_be_visible()
    assert page.url.partition("?")[0].endswith(return_id(answered, "form"))


def test_all_as_last_year_does_not_set_aside_a_form_that_waits(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    decide("enter", some, "2101", "2025-26", *LAST_YEAR)
    form = message(filled(headteacher_name="Elif Stone", main_contact_email=MISTYPED), CEDAR)
    ingest_messages(some, tmp_path, form, written(SAME, CEDAR, Date="Tue, 12 May 2026 10:00:00 +0100"))
    go_to(page, "/")
    expect(main_of(page)).to_contain_text("A form of the school waits for somebody.")
    expect(page.get_by_role("button", name="All as last year")).to_have_count(0)
    assert row_of(some, return_id(some, "form"))["verdict"] == "needs_attention"
