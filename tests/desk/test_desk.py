"""The desk in a real browser: what needs a person is finished by clicking and typing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import inbox, rows
from tests.remake_samples import letter
from tests.support.deciding import decide, return_id, row_of, standing
from tests.support.desk import MISTYPED, context_of, go_to, made_records, opened_at, require_accessible_light_and_dark
from tests.support.printers import scanned
from thep_forms.desk.server import RunningDesk

Filled = Callable[..., bytes]
SCANNED = {
    "Full Name of School": "Ivy Lane School",
    "Registered Address": "9 Ivy Lane\nLondon\nE1W 0AJ",
    "Details of Main Contact for all mailings: Name": "Ann Lee",
    "Details of Main Contact for all mailings: Designation": "Headteacher",
    "Details of the Chair of the Governing Body: Name": "Bea Low",
}
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records with an accepted form, one to correct, a scan of a letter, two that differ, and minutes of a meeting."""
    folder = tmp_path_factory.mktemp("made")
    came = inbox(
        folder / "in",
        cedar=filled(main_contact_email=MISTYPED, headteacher_name=HOSTILE),
        elm=filled("2103", business_manager_telephone="N/A"),
        ivy=filled("4242"),
        later=filled("4242", main_contact_name="Ann Lee"),
        scan=scanned(letter()),
    )
    (came / "minutes.txt").write_text("Minutes")
    return made_records(folder, came)


def open_return(page: Page, some: Path, name: str) -> None:
    go_to(page, f"/returns/{return_id(some, name)}")


def test_the_first_page_lists_what_needs_a_person_in_words(page: Page) -> None:
    expect(page).to_have_title(re.compile(r"^To do \(5\)"))
    cedar = page.locator(".tasks li").filter(has_text="Cedar Primary School").first
    expect(cedar).to_contain_text("Details of Main Contact for all mailings: Email: not an email address")
    assert "key=" not in page.url


def test_an_error_is_corrected_beside_the_page(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    assert page.locator("#page-picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 500
    box = page.get_by_label("Details of Main Contact for all mailings: Email", exact=True)
    expect(box).to_have_value(MISTYPED)
    box.fill("jo@cedar.example")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").first).to_contain_text("was “jo@cedar,example” and is “jo@cedar.example”")
    assert row_of(some, return_id(some, "cedar"))["verdict"] == "accepted"
    expect(page.locator(".next")).to_contain_text("Next:")


def test_what_was_done_is_undone_with_a_click(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("jo@cedar.example")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Undo").click()
    assert row_of(some, return_id(some, "cedar"))["verdict"] == "needs_attention"
    expect(page.get_by_role("status").first).to_contain_text("is undone")


def test_a_wrong_correction_says_so_at_its_box_and_keeps_what_was_typed(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("jo at cedar")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“jo at cedar” is not an email address")
    box = page.get_by_label("Details of Main Contact for all mailings: Email", exact=True)
    assert (box.input_value(), box.get_attribute("aria-invalid")) == ("jo at cedar", "true")
    assert rows(some / "decisions.csv") == []


def test_queries_are_confirmed_at_once(page: Page, some: Path) -> None:
    open_return(page, some, "elm")
    page.get_by_role("button", name="Confirm it").click()
    assert row_of(some, return_id(some, "elm"))["problems"] == ""


def test_of_two_forms_one_is_chosen(page: Page, some: Path) -> None:
    open_return(page, some, "later")
    page.get_by_role("button", name="This one counts: in/later.pdf").click()
    assert row_of(some, return_id(some, "later"))["verdict"] == "accepted"
    assert row_of(some, return_id(some, "ivy"))["verdict"] == "superseded"


def test_a_stray_is_assigned_and_closed(page: Page, some: Path) -> None:
    open_return(page, some, "minutes")
    page.get_by_label("DfE number of the school").fill("2103")
    page.get_by_role("button", name="Assign").click()
    assert row_of(some, return_id(some, "minutes"))["dfe_number"] == "211/2103"
    page.get_by_role("button", name="Close it").click()
    assert row_of(some, return_id(some, "minutes"))["verdict"] == "closed"


def test_answers_by_telephone_are_entered_at_the_school(page: Page, some: Path) -> None:
    open_return(page, some, "elm")
    page.get_by_role("link", name="Elm Tree Primary School").click()
    expect(page.locator(".people")).to_contain_text("Sam Okafor")
    page.get_by_role("link", name="Change something").click()
    expect(page.get_by_label("Details of Main Contact for all mailings: Name", exact=True)).to_have_value("Sam Okafor")
    page.get_by_label("Details of the Chair of the Governing Body: Name", exact=True).fill("Bea Low")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".people")).to_contain_text("Bea Low")
    assert row_of(some, return_id(some, "elm"))["verdict"] == "superseded"


def test_the_answers_of_a_scan_are_typed_in_beside_its_picture(page: Page, some: Path) -> None:
    open_return(page, some, "scan")
    page.get_by_label("DfE number of the school").fill("4242")
    page.get_by_role("button", name="Assign").click()
    page.get_by_role("link", name="Type in its answers").click()
    assert page.locator("#page-picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 500
    for label, answer in SCANNED.items():
        page.get_by_label(label, exact=True).fill(answer)
    page.get_by_role("group", name="Phase").get_by_label("Secondary").check()
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("ann at ivy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("“ann at ivy” is not an email address")
    for label, answer in SCANNED.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(answer)
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("ann@ivy.example")
    page.get_by_role("button", name="Save").click()
    assert row_of(some, return_id(some, "scan"))["verdict"] == "superseded"
    assert standing(some, "4242") == "accepted"


def test_what_stands_in_the_boxes_counts_beside_a_new_name_too(page: Page, some: Path) -> None:
    open_return(page, some, "elm")
    page.get_by_role("link", name="Elm Tree Primary School").click()
    page.get_by_role("link", name="Change something").click()
    page.get_by_label("Details of Main Contact for all mailings: Name", exact=True).fill("Quentin Zhao")
    kept = page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).input_value()
    page.get_by_role("button", name="Save").click()
    contacts = [row for row in rows(some / "contacts.csv") if row["role"] == "main_contact"]
    assert ("Quentin Zhao", kept) in {(row["name"], row["email"]) for row in contacts}


def test_several_boxes_are_saved_at_once(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("jo@cedar.example")
    page.get_by_label("Details of the Chair of the Governing Body: Name", exact=True).fill("Bea Low")
    page.get_by_role("button", name="Save").first.click()
    assert {row["field"] for row in rows(some / "decisions.csv")} == {"main_contact_email", "chair_of_governors_name"}


def test_a_wrong_year_is_said_on_the_page_of_the_return(page: Page, some: Path) -> None:
    open_return(page, some, "minutes")
    page.get_by_label("Membership year").fill("soon")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("alert")).to_contain_text("soon")
    expect(page.get_by_role("button", name="Close it")).to_be_visible()


def test_a_note_on_a_school_is_in_its_story(page: Page, some: Path) -> None:
    open_return(page, some, "elm")
    page.get_by_role("link", name="Elm Tree Primary School").click()
    page.get_by_label("What the office should know of the school").fill("Ring after 3 pm")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator(".story")).to_contain_text("Ring after 3 pm")


def test_a_file_that_was_closed_long_ago_is_opened_again_on_its_page(page: Page, some: Path) -> None:
    decide("close", some, return_id(some, "cedar"))
    open_return(page, some, "cedar")
    page.get_by_role("button", name="Take that back").click()
    expect(page.get_by_role("status").first).to_contain_text("undone")
    assert row_of(some, return_id(some, "cedar"))["verdict"] == "needs_attention"


def test_nobody_is_told_to_say_whose_a_closed_file_is(page: Page, some: Path) -> None:
    open_return(page, some, "minutes")
    told = page.get_by_text("Say first whose it is")
    expect(told).to_be_visible()
    decide("close", some, return_id(some, "minutes"))
    page.reload()
    expect(told).to_have_count(0)


def test_a_page_that_is_out_of_date_says_so_and_changes_nothing(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    decide("correct", some, return_id(some, "cedar"), "main_contact_email=other@cedar.example")
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("jo@cedar.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed this")
    # What the other one saved stands in the box: to press Save again does not take it away.
    expect(page.locator("#main_contact_email")).to_have_value("other@cedar.example")
    assert len(rows(some / "decisions.csv")) == 1


def test_answers_that_are_typed_in_on_a_page_out_of_date_take_none_away_that_somebody_else_typed_in(
    page: Page, some: Path
) -> None:
    go_to(page, "/schools/211-2103/enter")
    decide("enter", some, "2103", "2026-27", "headteacher_name=Ann Lee")
    page.get_by_label("Details of the Chair of the Governing Body: Name", exact=True).fill("Bea Low")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed this")
    head = page.get_by_label("Details of the Headteacher (if different from main contact): Name", exact=True)
    expect(head).to_have_value("Ann Lee")
    page.get_by_label("Details of the Chair of the Governing Body: Name", exact=True).fill("Bea Low")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".done")).to_contain_text("are entered")
    people = {row["name"] for row in rows(some / "contacts.csv") if row["dfe_number"] == "211/2103"}
    assert {"Ann Lee", "Bea Low"} <= people


def test_schools_are_listed_by_where_they_stand(page: Page) -> None:
    page.get_by_role("link", name="Schools").first.click()
    expect(page.locator("tbody")).to_contain_text("Cedar Primary School")
    page.get_by_label("Where it stands").select_option(label="Accepted")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_list_is_gone_through_with_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/returns/*")
    expect(page.locator("h1")).to_have_count(1)


def test_what_a_school_typed_is_never_html(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    expect(page.locator("img[src=x]")).to_have_count(0)
    name = page.get_by_label("Details of the Headteacher (if different from main contact): Name", exact=True)
    expect(name).to_have_value(HOSTILE)


@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_violation_on_any_page(chromium: Browser, desk: RunningDesk, some: Path, width: int) -> None:
    context = context_of(chromium, width=width)
    page = opened_at(context, desk)
    for path in (
        "/",
        "/schools",
        "/schools/211-2101",
        "/schools/211-2103/enter",
        *(f"/returns/{return_id(some, name)}" for name in ("cedar", "minutes")),
    ):
        go_to(page, path)
        require_accessible_light_and_dark(page)
    context.close()
