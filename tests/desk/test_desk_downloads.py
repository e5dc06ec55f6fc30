"""What the desk hands out, clicked in a real browser: forms, the report, mailing lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.support.desk import MISTYPED, go_to, require_accessible, result, said
from tests.support.writing import CEDAR

Filled = Callable[..., bytes]


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def test_forms_of_the_year_are_downloaded(page: Page) -> None:
    go_to(page, "/forms")
    with page.expect_download() as blank:
        page.get_by_role("link", name="Download the blank form").click()
    assert blank.value.suggested_filename == "2026-27 School Membership Form.pdf"
    page.get_by_label("School", exact=True).select_option("211/2103")
    with page.expect_download() as copy:
        page.get_by_role("button", name="Download its copy").click()
    assert copy.value.suggested_filename == "2026-27 211-2103 Elm Tree Primary School.pdf"
    page.get_by_label("How many").fill("0")
    page.get_by_role("button", name="Download blank forms").click()
    expect(page.get_by_role("alert")).to_contain_text("from 1 to 1000")
    page.get_by_role("button", name="Print for all 3 schools").click()
    assert "3 forms, by DfE number." in result(page)
    with page.expect_download() as pack:
        page.get_by_role("link", name="Download the print pack").click()
    assert pack.value.suggested_filename == "2026-27 School Membership Form for printing.pdf"


def test_the_report_shows_how_the_year_stands_now(page: Page, some: Path, tmp_path: Path, filled: Filled) -> None:
    go_to(page, "/report")
    expect(page.locator("main")).to_contain_text("0 of 3 schools have returned the form.")
    ingest(some, [inbox(tmp_path / "in", cedar=filled(), elm=filled("2103", main_contact_email=MISTYPED))])
    page.reload()
    main = said(page)
    assert "2 of 3 schools have returned the form." in main
    assert page.get_by_role("row", name="Primary").inner_text().split() == ["Primary", "1", "1", "0", "2"]
    page.get_by_role("link", name="Needs attention: 1").click()
    expect(page.locator("tbody")).to_contain_text("Elm Tree Primary School")
    expect(page.locator("tbody")).not_to_contain_text("Cedar Primary School")


def test_the_report_to_share_has_no_personal_data_and_that_for_the_office_has(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(some, [inbox(tmp_path / "in", cedar=filled(main_contact_email=MISTYPED))])
    go_to(page, "/report")
    shared, own = saved(page, "Download a page to share"), saved(page, "Download it for the office")
    assert "Cedar Primary School" in shared
    assert (MISTYPED in shared, CEDAR in shared) == (False, False)
    assert (MISTYPED in own, CEDAR in own) == (True, True)


def saved(page: Page, link: str) -> str:
    """What is downloaded by a link."""
    with page.expect_download() as started:
        page.get_by_role("link", name=link).click()
    return started.value.path().read_text(encoding="utf-8")


def test_people_without_an_address_are_said_to_be_in_no_mailing_list(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    words = "People without an e-mail address are in no mailing list"
    ingest(some, [inbox(tmp_path / "in", ivy=filled("4242"))])
    go_to(page, "/report")
    expect(page.locator("main")).not_to_contain_text(words)
    ingest(some, [inbox(tmp_path / "more", cedar=filled(chair_of_governors_email=""), elm=filled("2103"))])
    go_to(page, "/report")
    page.get_by_text(words).click()
    expect(page.locator("main")).to_contain_text("Chair of governors: 1 school")
    require_accessible(page)
    page.locator("main").get_by_role("link", name="Cedar Primary School").click()
    expect(page.locator("h1")).to_have_text("Cedar Primary School")


def test_a_mailing_list_is_downloaded_by_role_and_phase(page: Page, some: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(some, [inbox(tmp_path / "in", cedar=filled(), ivy=filled("4242"))])
    go_to(page, "/report")
    page.get_by_label("Headteacher").check()
    page.get_by_label("Secondary").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the mailing list").click()
    assert started.value.suggested_filename == "2026-27 mailing list headteacher secondary.csv"
    people = rows(started.value.path())
    assert {(row["School"], row["Role"]) for row in people} == {("Ivy Lane School", "headteacher")}
    page.get_by_label("Nursery").check()
    page.get_by_label("Secondary").uncheck()
    page.get_by_role("button", name="Download the mailing list").click()
    expect(page.get_by_role("alert")).to_contain_text("No accepted form has such a person")
