"""Files dropped on the desk, the list of schools, the first run and the choice of the year, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import inbox, rows
from tests.support.commands import run
from tests.support.desk import context_of, drop, go_to, made_records, opened_at, require_accessible_light_and_dark, said
from tests.support.writing import SCHOOLS
from thep_forms.definition import Definitions
from thep_forms.desk.server import RunningDesk, running_desk

Filled = Callable[..., bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return made_records(folder, inbox(folder / "in", cedar=filled("2101")))


# --- dropping files ------------------------------------------------------------------------------------------------


def test_files_dropped_on_any_page_are_read_and_the_tray_says_what_came_of_each(
    page: Page, some: Path, filled: Filled
) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name="Schools").first.click()
    drop(page, ("Elm.pdf", filled("2103")), ("minutes.txt", b"Minutes"))
    page.locator("#tray .remove").wait_for(timeout=60_000)
    tray = page.locator("#tray").inner_text()
    assert "2 files were read. 1 return needs you." in tray
    assert re.search(r"Elm\.pdf\s+Elm Tree Primary School: Accepted", tray)
    assert re.search(r"minutes\.txt\s+Not our form – ", tray)
    assert {"Elm.pdf", "minutes.txt"} <= {row["source"] for row in rows(some / "returns.csv")}
    page.locator("#tray").get_by_role("link", name="Look at Elm Tree Primary School").click()
    expect(page.locator("h1")).to_have_text("Elm Tree Primary School")


def test_the_list_of_what_needs_somebody_has_what_was_dropped_on_it_at_once(page: Page) -> None:
    go_to(page, "/")
    drop(page, ("minutes.txt", b"Minutes"))
    line = page.locator("#tasks li").filter(has_text="minutes.txt")
    line.wait_for()
    page.keyboard.press("j")
    expect(page.locator("#tasks h2 a").first).to_be_focused()


def test_what_came_of_files_is_old_news_on_the_next_page_and_stays_under_add_returns(page: Page) -> None:
    drop(page, ("minutes.txt", b"Minutes"))
    page.locator("#tray .remove").wait_for(timeout=60_000)
    page.get_by_role("link", name="Schools").first.click()
    page.locator("#tray").wait_for(state="hidden")
    page.get_by_role("link", name="Add returns").click()
    expect(page.locator("#tray").get_by_text("minutes.txt")).not_to_have_count(0)
    page.get_by_role("button", name="Clear this").click()
    page.locator("#tray .batch").wait_for(state="detached")


def test_files_dropped_after_the_desk_was_closed_are_to_be_added_again(context: BrowserContext, some: Path) -> None:
    with running_desk(some, Definitions.of_today) as running:
        page = opened_at(context, running)
    drop(page, ("minutes.txt", b"Minutes"))
    expect(page.locator("#tray .error")).to_have_text(
        "The desk does not answer. Open it again, then add these files again: none counts twice."
    )


def test_without_scripts_the_page_add_returns_takes_files(
    chromium: Browser, desk: RunningDesk, some: Path, filled: Filled, tmp_path: Path
) -> None:
    (tmp_path / "Elm.pdf").write_bytes(filled("2103"))
    context = chromium.new_context(java_script_enabled=False)
    page = opened_at(context, desk, "/add")
    page.locator("#files").set_input_files(tmp_path / "Elm.pdf")
    page.get_by_role("button", name="Add them").click()
    for _ in range(100):
        if page.get_by_text("Accepted").count():
            break
        page.wait_for_timeout(200)
        page.goto(page.url)
    assert "Elm.pdf" in {row["source"] for row in rows(some / "returns.csv")}
    context.close()


def test_what_is_added_counts_for_the_year_in_sight(page: Page, some: Path, filled: Filled) -> None:
    page.get_by_label("Year", exact=True).select_option("2027-28")
    with page.expect_navigation():
        page.get_by_role("button", name="Change").click()
    drop(page, ("Elm.pdf", filled("2103")))
    page.locator("#tray .remove").wait_for(timeout=60_000)
    (elm,) = (row for row in rows(some / "returns.csv") if row["source"] == "Elm.pdf")
    assert (elm["verdict"], elm["problems"]) == ("needs_attention", "year_earlier")


def test_a_list_of_schools_that_is_dropped_leads_to_its_preview_and_is_no_return(page: Page, some: Path) -> None:
    before = rows(some / "returns.csv")
    drop(page, ("new list.csv", b"dfe_number,School\n2101,Cedar Academy\n2199,Willow School\n"))
    page.locator("#tray .remove").wait_for(timeout=60_000)
    expect(page.locator("#tray")).to_contain_text("This looks like a list of schools.")
    assert rows(some / "returns.csv") == before
    page.locator("#tray").get_by_role("link", name="Look at it as your list").click()
    expect(page.locator("main")).to_contain_text("New in the list of 2026-27: 211/2199 Willow School.")
    page.get_by_role("button", name="Use this list").click()
    expect(page.get_by_role("status").first).to_contain_text("2 schools are members in 2026-27")


# --- the year ------------------------------------------------------------------------------------------------------


def test_choosing_a_year_shows_its_schools_and_stays_chosen(page: Page) -> None:
    page.get_by_label("Year", exact=True).select_option("2027-28")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("h1")).to_have_text("To do 2027-28")
    page.get_by_role("link", name="Schools").first.click()
    expect(page.locator("h1")).to_have_text("Schools 2027-28")
    assert "2027" not in page.url


# --- the list of schools -------------------------------------------------------------------------------------------


def give_list(page: Page, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    go_to(page, "/lists")
    page.get_by_label("List of schools").set_input_files(path)
    page.get_by_role("button", name="Look at it").click()


def test_what_is_done_on_a_page_is_done_for_its_year_though_another_tab_shows_another_one(
    page: Page, tmp_path: Path
) -> None:
    go_to(page, "/lists")
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("header").get_by_label("Year", exact=True).select_option("2027-28")
    other.locator("header").get_by_role("button", name="Change").click()
    expect(other.locator("h1")).to_contain_text("2027-28")
    (tmp_path / "new.csv").write_text("dfe_number,school_name\n2101,Cedar Primary School\n", encoding="utf-8")
    page.get_by_label("List of schools").set_input_files(tmp_path / "new.csv")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Use this list").click()
    expect(page.locator(".done")).to_contain_text("1 school is a member in 2026-27.")
    drop(other, ("minutes.txt", b"Minutes"))
    expect(other.locator("#tray summary")).to_contain_text("2027-28")


def test_a_list_counts_only_once_it_is_used(page: Page, tmp_path: Path) -> None:
    text = "dfe_number,School,Fax\n2101,Cedar Academy,1\n2199,Willow School,2\n"
    give_list(page, tmp_path / "new.csv", text)
    shown = said(page)
    assert "New in the list of 2026-27: 211/2199 Willow School." in shown
    assert "211/2101 Cedar Primary School is now Cedar Academy" in shown
    assert "not used “Fax”" in shown
    page.get_by_role("link", name="Schools").first.click()
    expect(page.locator("tbody")).not_to_contain_text("Willow School")
    page.go_back()
    page.get_by_role("button", name="Use this list").click()
    expect(page.get_by_role("status").first).to_contain_text("2 schools are members in 2026-27")
    page.get_by_role("link", name="Schools").first.click()
    expect(page.locator("tbody")).to_contain_text("Willow School")


def test_rows_that_are_not_understood_are_named_with_the_reason(page: Page, tmp_path: Path) -> None:
    give_list(page, tmp_path / "new.csv", "dfe_number,School,E-mail\n2101,Cedar,x at y\n99,Elm,\n")
    wrong = said(page, "[role=alert]")
    assert "Row 2: E-mail is not an e-mail address" in wrong
    assert "Row 3: dfe_number is not a DfE number" in wrong
    expect(page.get_by_role("button", name="Use this list")).to_have_count(0)


def test_a_file_that_is_no_list_is_said_to_be_none_by_its_own_name(page: Page, tmp_path: Path) -> None:
    give_list(page, tmp_path / "notes.csv", "a,b\n1,2\n")
    wrong = said(page, "[role=alert]")
    assert "“notes.csv” has no column dfe_number" in wrong
    assert "/" not in wrong.replace("e-mail", "")


def test_a_list_given_meanwhile_makes_the_page_out_of_date(page: Page, some: Path, tmp_path: Path) -> None:
    give_list(page, tmp_path / "new.csv", "dfe_number,School\n2101,Cedar\n")
    (tmp_path / "other.csv").write_text("dfe_number,School\n2103,Elm\n", encoding="utf-8")
    assert run("status", "2026-27", "-o", some, "--schools", tmp_path / "other.csv").exit_code == 0
    page.get_by_role("button", name="Use this list").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has given another list")


# --- the first run -------------------------------------------------------------------------------------------------


def test_a_first_run_asks_three_questions_shows_the_form_and_tries_samples(
    context: BrowserContext, tmp_path: Path
) -> None:
    folder = tmp_path / "Membership records"
    (tmp_path / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    with running_desk(folder, Definitions.of_today) as running:
        page = opened_at(context, running)
        page.get_by_label("What is the partnership called?").fill("Borough Schools Together")
        page.get_by_label("Where do forms come back to?").fill("forms at borough")
        page.get_by_label("By when?").fill("15 june")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("Enter an e-mail address in the correct format")
        expect(page.get_by_label("What is the partnership called?")).to_have_value("Borough Schools Together")
        page.get_by_label("Where do forms come back to?").fill("forms@borough.example")
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("List of schools").set_input_files(tmp_path / "schools.csv")
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Use this list").click()
        width = "picture => picture.decode().then(() => picture.naturalWidth)"
        assert page.locator("#page-picture").evaluate(width) > 500
        page.get_by_role("button", name="Try it with samples").click()
        page.get_by_role("link", name="Open the samples").click(timeout=60_000)
        expect(page.locator("body")).to_contain_text("These are samples")
        expect(page.locator(".tasks li").nth(3)).to_be_visible()
    assert rows(folder / "returns.csv") == []
    assert run("generate", "2026-27", "-o", tmp_path / "forms", "--records", folder).exit_code == 0
    assert "Borough Schools Together" in (folder / "templates" / "partnership.toml").read_text(encoding="utf-8")
    with running_desk(folder, Definitions.of_today) as running:
        expect(opened_at(context, running).locator("h1")).to_have_text("To do 2026-27")


def test_a_first_run_can_begin_without_a_list(context: BrowserContext, tmp_path: Path) -> None:
    with running_desk(tmp_path / "new", Definitions.of_today) as running:
        page = opened_at(context, running, "/lists")
        page.get_by_role("button", name="I have no list yet").click()
        page.get_by_role("link", name="To do").first.click()
        expect(page.locator("main")).to_contain_text("Nothing needs you")


# --- for everyone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_violation_on_pages_of_files_and_lists(
    chromium: Browser, desk: RunningDesk, tmp_path: Path, width: int
) -> None:
    context = context_of(chromium, width=width)
    page = opened_at(context, desk)
    drop(page, ("minutes.txt", b"Minutes"))
    page.locator("#tray .remove").wait_for(timeout=60_000)
    require_accessible_light_and_dark(page)
    for path in ("/add", "/lists", "/start", "/start/form"):
        go_to(page, path)
        require_accessible_light_and_dark(page)
    for text in ("dfe_number,School\n2199,Willow School\n", "dfe_number,School\n99,Willow School\n", "a,b\n1,2\n"):
        give_list(page, tmp_path / "new.csv", text)
        require_accessible_light_and_dark(page)
    context.close()


def test_no_page_asks_the_desk_for_what_it_does_not_have(chromium: Browser, desk: RunningDesk) -> None:
    context = context_of(chromium)
    page = opened_at(context, desk)
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    for path in ("/add", "/lists", "/start", "/start/form", "/forms", "/send", "/schools"):
        go_to(page, path)
        page.wait_for_load_state("networkidle")
    assert missing == []
    context.close()
