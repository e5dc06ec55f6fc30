"""What stands at the boxes of the desk: what is required, what was typed wrongly, what was decided about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import inbox, ingest, rows
from tests.support.deciding import decide, return_id
from tests.support.desk import go_to, opened_at
from tests.support.messages import written
from tests.support.writing import ELM, SCHOOLS
from thep_forms.definition import Definitions
from thep_forms.desk.server import RunningDesk, running_desk

Filled = Callable[..., bytes]
SAME = "Nothing has changed since last year."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records with a form to correct, and a school that writes "nothing has changed", of which too little is known."""
    folder = tmp_path_factory.mktemp("made")
    came = inbox(folder / "in", cedar=filled(main_contact_email="jo@cedar,example", phase_primary=False))
    (came / "same.eml").write_bytes(written(SAME, ELM).as_bytes())
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [came], register=folder / "schools.csv")
    return folder / "records"


# --- a return --------------------------------------------------------------------------------------------------------


def test_all_corrections_that_are_wrong_are_said_at_once_and_lead_to_their_boxes(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    email, chair = page.locator("#main_contact_email"), page.locator("#chair_of_governors_name")
    email.fill("jo at home")
    chair.fill("")
    email.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link")).to_have_count(2)
    expect(alert).to_contain_text("Nothing was changed.")
    for box, typed in ((email, "jo at home"), (chair, "")):
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_value(typed)
    alert.get_by_role("link").filter(has_text="Chair").click()
    expect(chair).to_be_focused()
    colour = "box => getComputedStyle(box).borderColor"
    assert chair.evaluate(colour) != page.locator("#chair_of_governors_email").evaluate(colour)


def test_all_that_nobody_knows_of_a_school_is_listed_before_it_is_entered_and_leads_to_its_boxes(page: Page) -> None:
    go_to(page, "/schools/211-2103/enter")
    for words, box in (("Main Contact", "main_contact_name"), ("Chair", "chair_of_governors_name")):
        page.locator(".query").get_by_role("link").filter(has_text=words).click()
        expect(page.locator(f"#{box}")).to_be_focused()


def test_all_that_nobody_knows_of_a_school_is_asked_at_once_and_leads_to_its_boxes(page: Page) -> None:
    go_to(page, "/schools/211-2103/enter")
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Give these answers too. Nothing was entered.")
    asked = alert.get_by_role("link")
    for words, box in (("Main Contact", "main_contact_name"), ("Chair", "chair_of_governors_name")):
        asked.filter(has_text=words).click()
        expect(page.locator(f"#{box}")).to_be_focused()


def test_the_page_of_a_school_says_what_is_asked_of_a_form_that_counts(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    page.locator("#main_contact_email").fill("jo@cedar.example")
    page.locator("#phase_primary").check()
    page.locator("#headteacher_email").fill("jo at home")
    page.locator("#main_contact_email").press("Enter")
    expect(page.locator(".next")).to_contain_text("Accepted.")
    go_to(page, "/schools/211-2101")
    expect(page.locator(".query")).to_contain_text(
        "Headteacher (if different from main contact): Email: not an email address"
    )
    page.locator(".query").get_by_role("link").click()
    expect(page.locator("#headteacher_email")).to_have_value("jo at home")


def test_the_boxes_to_tick_stand_in_one_group_and_are_ticked_with_the_keyboard(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    phases = page.get_by_role("group", name="Phase")
    expect(phases.get_by_role("checkbox")).to_have_count(7)
    expect(phases).to_contain_text("no box is ticked")
    phases.get_by_label("Primary").focus()
    page.keyboard.press("Space")
    page.get_by_label("Details of Main Contact for all mailings: Email", exact=True).fill("jo@cedar.example")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("is “jo@cedar.example”")
    (school,) = rows(some / "schools.csv")
    assert school["phases"] == "primary"


def test_a_tick_is_taken_away(page: Page, some: Path) -> None:
    decide("correct", some, return_id(some, "cedar"), "phase=primary;special", "main_contact_email=jo@cedar.example")
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    page.get_by_role("group", name="Phase").get_by_label("Special").uncheck()
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".done")).to_contain_text("Phase: Special")
    (school,) = rows(some / "schools.csv")
    assert school["phases"] == "primary"


def test_required_boxes_are_marked_in_words_and_no_other(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    chair, head = page.locator("#chair_of_governors_name"), page.locator("#headteacher_name")
    expect(chair).to_have_attribute("aria-required", "true")
    assert head.get_attribute("aria-required") is None
    expect(page.locator("[data-box=chair_of_governors_name]")).to_contain_text("required")
    expect(page.locator("[data-box=headteacher_name]")).not_to_contain_text("required")
    expect(page.locator("main")).not_to_contain_text("optional")


def test_another_persons_name_says_which_address_stays(page: Page, some: Path) -> None:
    decide("correct", some, return_id(some, "cedar"), "phase=primary", "main_contact_email=jo@cedar.example")
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    name, address = page.locator("#chair_of_governors_name"), page.locator("#chair_of_governors_email")
    name.fill("Quentin Zhao")
    name.press("Enter")
    done = page.locator(".done")
    expect(done).to_contain_text("These stay as they came: Details of the Chair of the Governing Body: Email.")
    address.fill("q.zhao@cedar2101.example")
    address.press("Enter")
    expect(done).to_contain_text("is “q.zhao@cedar2101.example”")
    expect(done).not_to_contain_text("These stay")


def test_what_happened_stands_in_plain_words_with_links(page: Page, some: Path) -> None:
    cedar = return_id(some, "cedar")
    decide("correct", some, cedar, "main_contact_email=jo@cedar.example", why="rang them")
    go_to(page, "/schools/211-2101")
    story = page.locator(".story")
    expect(story).not_to_contain_text(cedar)
    expect(story).not_to_contain_text("Decision")
    expect(story).to_contain_text("is “jo@cedar.example”. Decided by Jo: rang them.")
    story.get_by_role("link", name="Look").first.click()
    page.get_by_text("What happened").click()
    expect(page.locator(".story")).to_contain_text("Came for 2026-27 as in/cedar.pdf, read from its boxes.")
    expect(page.locator(".story")).not_to_contain_text(cedar)


# --- the list --------------------------------------------------------------------------------------------------------


def test_all_as_last_year_is_not_offered_where_last_years_answers_are_not_enough(page: Page) -> None:
    elm = page.locator(".tasks li").filter(has_text="Elm Tree Primary School")
    expect(elm.get_by_role("button", name="All as last year")).to_have_count(0)
    expect(elm).to_contain_text("nobody knows")
    elm.get_by_role("link", name="Type in its answers").click()
    expect(page.locator("h1")).to_contain_text("Enter the answers of Elm Tree Primary School")


# --- the first questions ---------------------------------------------------------------------------------------------


def test_a_return_date_that_has_passed_is_said_at_its_box_and_can_be_kept(
    context: BrowserContext, tmp_path: Path
) -> None:
    with running_desk(tmp_path / "records", Definitions.of_today) as running:
        page = opened_at(context, running)
        page.get_by_label("Where do forms come back to?").fill("forms@borough.example")
        page.get_by_label("By when?").fill("1 January")
        page.get_by_role("button", name="Continue").click()
        words = page.locator("#return_by-error")
        expect(words).to_contain_text("has passed. Enter a later day, or keep this one.")
        expect(page.locator("#return_by")).to_have_attribute("aria-describedby", "return_by-error")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("h1")).to_contain_text("Your list of schools")


def test_a_wrong_answer_to_the_first_questions_is_said_at_its_box(context: BrowserContext, tmp_path: Path) -> None:
    with running_desk(tmp_path / "records", Definitions.of_today) as running:
        page = opened_at(context, running)
        page.get_by_label("Where do forms come back to?").fill("forms at borough")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#return_address-error")).to_contain_text("Enter an e-mail address in the correct format")
        page.get_by_role("alert").get_by_role("link").click()
        expect(page.locator("#return_address")).to_be_focused()
        page.get_by_label("By when?").fill("soon")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
        expect(page.locator("#return_by-error")).to_contain_text("Enter a day and a month")


# --- every page ------------------------------------------------------------------------------------------------------


def test_single_letters_are_keys_until_a_person_turns_them_off(page: Page) -> None:
    page.keyboard.press("j")
    expect(page.locator(".tasks h2 a").first).to_be_focused()
    page.get_by_role("link", name="Turn these keys off").click()
    page.get_by_label("Single letters are keys").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("no keys any more")
    go_to(page, "/")
    page.keyboard.press("j")
    expect(page.locator(".tasks h2 a").first).not_to_be_focused()
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Single letters are keys").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("body")).to_have_attribute("data-keys", "on")


def test_on_a_telephone_the_menu_is_one_line_that_opens_without_scripts(chromium: Browser, desk: RunningDesk) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = opened_at(context, desk)
    head = page.locator("header.top").bounding_box()
    assert head
    assert head["height"] < 60
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("link", name="Schools").first.click()
    expect(page.locator("h1")).to_contain_text("Schools")
    context.close()
