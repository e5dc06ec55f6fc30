"""The rehearsal of a year at the desk, from the first questions to the next year's forms, by clicks and keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import inbox
from tests.support.deciding import return_id
from tests.support.desk import go_to, made_records, require_accessible
from tests.support.desk_year import CEDAR, DOVECOTE, ELM, HARBOUR, IVY, KESTREL, year_begun
from tests.support.messages import written
from tests.support.viewer import typed
from tests.support.writing import ELM as ELM_MAIL

NARROW = 320  # CSS pixels: a window of 1,280 at 400 % (WCAG 2.2, 1.4.10)
# What of a page reaches beyond the window, other than what scrolls by itself or is meant for screen readers alone.
CUT = """() => [...document.querySelectorAll('body *')].filter(each =>
    each.getBoundingClientRect().right > window.innerWidth + 1
    && each.checkVisibility() && !each.closest('.wide, .sheet, .unseen, .skip'))
    .map(each => each.outerHTML.slice(0, 100))"""


def require_no_scrolling_to_the_side(page: Page, width: int = NARROW) -> None:
    """Check the page in a narrow window, and go back to the window as it was."""
    page.wait_for_load_state()  # with its style sheet
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": width, "height": size["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert page.evaluate(CUT) == [], page.url
    page.set_viewport_size(size)


def check(page: Page, _: str) -> None:
    require_accessible(page)
    require_no_scrolling_to_the_side(page)


def test_a_year_is_done_by_clicks_from_the_first_questions_to_the_next_years_forms(
    chromium: Browser, tmp_path: Path
) -> None:
    with year_begun(chromium, tmp_path, check) as year:
        year.answer_first_questions()
        assert year.heading() == "Your list of schools 2026-27"
        year.give_list()
        assert year.heading() == "Your form 2026-27"
        check(year.page, "")
        year.click("Send it to the schools", "link")
        forms = year.send_form()
        assert set(forms) == {CEDAR, DOVECOTE, ELM, HARBOUR, IVY, KESTREL}
        assert "6 drafts are noted as sent." in year.said()

        year.drop_returns(forms)
        year.look_at_to_do()
        expect(year.page).to_have_title(re.compile(r"^To do \(3\)"))
        assert set(year.remind()) == {DOVECOTE, ELM}
        assert "2 drafts are noted as sent." in year.said()
        year.open("To do")
        year.correct()
        assert "is “head@dovecote2102.example”" in year.said()
        year.enter()
        assert "the answers for 2026-27 are entered" in year.said()
        year.close()
        assert "a file is closed" in year.said()
        year.confirm()
        year.open("To do")
        words = year.read()
        assert "No file needs you." in words
        check(year.page, "")
        assert "2 schools have not answered" in words

        page, chairs = year.report()
        assert b"Cedar" in page
        assert b"Priya Rahman" not in page
        assert chairs.count(b"Priya Rahman") == 4

        again = year.begin_next_year()
        assert set(again) == set(forms)
        assert typed(again[DOVECOTE])["main_contact_email"] == "head@dovecote2102.example"
        assert typed(again[ELM])["chair_of_governors_name"] == "Priya Rahman"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Callable[..., bytes]) -> Path:
    """Records with a form to correct, a message, two forms that differ, and a file that is no form."""
    folder = tmp_path_factory.mktemp("made")
    came = inbox(
        folder / "in",
        cedar=filled(main_contact_email="a-very-long-name.that-is-no-address@cedar-primary-school.borough,example"),
        ivy=filled("4242"),
        later=filled("4242", main_contact_name="Ann Lee"),
    )
    (came / "letter.eml").write_bytes(written("Our new chair is Bea Low.", ELM_MAIL).as_bytes())
    (came / "minutes.txt").write_text("Minutes")
    return made_records(folder, came)


@pytest.mark.parametrize("width", [NARROW, 390])
def test_no_page_scrolls_to_the_side_at_400_per_cent_or_on_a_telephone(page: Page, some: Path, width: int) -> None:
    returns = [f"/returns/{return_id(some, name)}" for name in ("cedar", "ivy", "letter", "minutes")]
    schools = ["/schools", "/schools/211-2101", "/schools/211-2103/enter"]
    others = ["/", "/send", "/lists", "/forms", "/people", "/people/delete", "/report", "/add", "/start", "/start/form"]
    for path in (*returns, *schools, *others, "/messages", "/keys", "/nothing"):
        go_to(page, path)
        require_no_scrolling_to_the_side(page, width)
    page.locator(".menu").evaluate("menu => { menu.open = true; }")
    require_no_scrolling_to_the_side(page, width)
    page.locator("header").get_by_role("link", name="Send").click()
    page.get_by_role("button", name="Write to all").click()
    require_no_scrolling_to_the_side(page, width)
    page.get_by_role("link", name="Go on").click()
    require_no_scrolling_to_the_side(page, width)
    page.locator("header").get_by_role("link", name="People").click()
    page.get_by_label("Find a person").fill("Priya Rahman")
    page.get_by_role("button", name="Find").click()
    require_no_scrolling_to_the_side(page, width)
    page.get_by_role("button", name="Erase").click()
    require_no_scrolling_to_the_side(page, width)
