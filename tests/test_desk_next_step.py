"""Where nothing can be done as wanted, the desk says why and what to do next, clicked in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import inbox, ingest
from tests.desk import go_to
from tests.writing import CEDAR, ELM, IVY, SCHOOLS, email

Filled = Callable[..., bytes]
WITHOUT_ADDRESSES = SCHOOLS.replace(CEDAR, "").replace(ELM, "").replace(IVY, "")


@pytest.fixture
def some(records: Path, schools: Path, tmp_path: Path) -> Path:
    """Three schools; none was written to, and none has answered."""
    ingest(records, [inbox(tmp_path / "in")], register=schools)
    return records


def main_of(page: Page) -> str:
    """What the page says."""
    return page.locator("main").inner_text()


def test_schools_without_an_address_are_counted_where_one_chooses_whom_to_write_to(
    page: Page, some: Path, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text(WITHOUT_ADDRESSES, encoding="utf-8")
    ingest(some, [inbox(tmp_path / "in")], register=tmp_path / "new.csv")
    go_to(page, "/send")
    assert "3 schools have no e-mail address, so the desk cannot write to them." in main_of(page)
    assert "No school is left" not in main_of(page)
    page.locator("main").get_by_role("link", name="Give a list with their addresses").click()
    assert page.locator("h1").inner_text().startswith("Your list of schools")


def test_reminders_that_are_not_due_say_from_when_and_the_form_can_go_out_again_before(
    page: Page, some: Path, schools: Path, tmp_path: Path
) -> None:
    assert email(schools, some, "--drafts", tmp_path / "drafts").exit_code == 0
    go_to(page, "/send?all=1")
    assert "No reminder is due today. The next are due on " in main_of(page)
    page.get_by_role("button", name="Remind the ticked schools").click()
    assert "They are reminded from " in main_of(page)
    page.get_by_role("button", name="Send them the form again").click()
    assert page.locator("h1").inner_text() == "The form to 3 schools"
