"""Finding, exporting and erasing a person at the desk, and deleting the data of a school: clicked in a real browser."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import inbox, rows
from tests.support.commands import run
from tests.support.deciding import decide
from tests.support.desk import context_of, go_to, made_records, opened_at, require_accessible_light_and_dark, said
from tests.support.printers import scanned
from thep_forms.desk.server import RunningDesk

Filled = Callable[..., bytes]
NAME = "Quentin Zhao"
SURE = "I have looked at what goes. It cannot be brought back."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records of a person at two schools, with a scan that no program reads, and minutes of a meeting."""
    folder = tmp_path_factory.mktemp("made")
    came = inbox(
        folder / "in",
        cedar=filled(chair_of_governors_name=NAME),
        elm=filled("2103", business_manager_name=NAME),
        scan=scanned(filled("4242")),
    )
    (came / "minutes.txt").write_text("Minutes")
    return made_records(folder, came)


@pytest.fixture
def page(page: Page) -> Page:
    """The page People."""
    page.get_by_role("link", name="People").click()
    return page


def find(page: Page, words: str) -> str:
    page.get_by_label("Find a person").fill(words)
    page.get_by_role("button", name="Find").click()
    return said(page)


def held(records: Path, words: str) -> str:
    return run("find", words, "-o", records).stdout


def test_a_person_is_found_at_every_school_and_stands_in_no_address(page: Page) -> None:
    shown = find(page, "quentin zhao")
    assert "“quentin zhao” stands in" in shown
    assert ("Cedar Primary School" in shown, "Elm Tree Primary School" in shown) == (True, True)
    assert "uentin" not in page.url
    assert "in/scan.pdf" in shown  # nobody knows whom it shows


def test_nothing_to_look_for_is_refused_in_words(page: Page) -> None:
    assert "Give a name, an e-mail address or a number" in find(page, "?!")


def test_what_is_held_is_saved_as_a_zip_of_a_page_and_the_files(page: Page, tmp_path: Path) -> None:
    find(page, NAME)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export for them").click()
    downloading.value.save_as(tmp_path / "held.zip")
    assert downloading.value.suggested_filename == "what is held.zip"
    with zipfile.ZipFile(tmp_path / "held.zip") as saved:
        names = saved.namelist()
        assert NAME in saved.read("what is held.html").decode()
    assert sorted(name.rpartition(".")[2] for name in names) == ["html", "pdf", "pdf"]


def test_a_person_is_erased_only_after_a_look_at_what_goes(page: Page, some: Path) -> None:
    find(page, NAME)
    page.get_by_role("button", name="Erase…").click()
    shown = said(page)
    assert ("Cedar Primary School" in shown, "with 2 files that hold the person" in shown) == (True, True)
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was deleted")
    assert "stands in" in held(some, NAME)
    page.get_by_label(SURE).check()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.locator(".done")).to_contain_text("It is deleted for good.")
    assert "Nothing is held" in held(some, NAME)
    assert len(rows(some / "returns.csv")) == 4


def test_what_changed_since_the_look_is_looked_at_again(page: Page, some: Path) -> None:
    find(page, NAME)
    page.get_by_role("button", name="Erase…").click()
    decide("note", some, "4242", f"{NAME} has moved here")
    page.get_by_label(SURE).check()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("alert")).to_contain_text("What would be deleted has changed")
    expect(page.locator("main")).to_contain_text("Ivy Lane School")
    assert "stands in" in held(some, NAME)


def test_a_file_that_shows_the_person_goes_too(page: Page, some: Path) -> None:
    find(page, NAME)
    page.get_by_role("button", name="Erase…").click()
    page.get_by_label("in/scan.pdf").check()
    page.get_by_role("button", name="Add the ticked files").click()
    expect(page.locator("main")).to_contain_text("with 3 files that hold the person")
    page.get_by_label(SURE).check()
    page.get_by_role("button", name="Erase for good").click()
    assert not list((some / "returns").glob("*.pdf"))


def test_the_data_of_a_school_is_deleted_after_a_look_at_what_goes(page: Page, some: Path) -> None:
    page.get_by_role("link", name="Choose what to delete").click()
    page.get_by_label("DfE number of the school").fill("2103")
    page.get_by_role("button", name="Show what goes").first.click()
    expect(page.locator("main")).to_contain_text("Elm Tree Primary School")
    page.get_by_label(SURE).check()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".done")).to_contain_text("It is deleted for good.")
    assert {row["dfe_number"] for row in rows(some / "schools.csv")} == {"211/2101"}


def test_what_nobody_can_place_is_deleted_and_nothing_else(page: Page, some: Path) -> None:
    kept = {row["return_id"] for row in rows(some / "schools.csv")}
    page.get_by_role("link", name="Choose what to delete").click()
    page.get_by_role("button", name="Show what goes").last.click()
    expect(page.locator("main")).to_contain_text("in/minutes.txt")
    page.get_by_label(SURE).check()
    page.get_by_role("button", name="Delete for good").click()
    assert kept <= {row["return_id"] for row in rows(some / "returns.csv")}
    assert "in/minutes.txt" not in {row["source"] for row in rows(some / "returns.csv")}


@pytest.mark.parametrize(
    ("school", "before", "words"),
    [("cedar", "", "is not a DfE number"), ("", "soon", "soon"), ("", "", "Choose what to delete")],
)
def test_a_wrong_choice_of_what_to_delete_is_said_in_words(page: Page, school: str, before: str, words: str) -> None:
    page.get_by_role("link", name="Choose what to delete").click()
    page.get_by_label("DfE number of the school").fill(school)
    page.get_by_label("Only the years before this one").fill(before)
    page.get_by_role("button", name="Show what goes").first.click()
    expect(page.get_by_role("alert")).to_contain_text(words)


@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_violation_where_people_are_found_and_erased(
    chromium: Browser, desk: RunningDesk, width: int
) -> None:
    context = context_of(chromium, width=width)
    page = opened_at(context, desk, "/people")
    require_accessible_light_and_dark(page)
    find(page, NAME)
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Erase…").click()
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Erase for good").click()
    require_accessible_light_and_dark(page)
    go_to(page, "/people/delete")
    require_accessible_light_and_dark(page)
    page.get_by_label("DfE number of the school").fill("2103")
    page.get_by_role("button", name="Show what goes").first.click()
    require_accessible_light_and_dark(page)
    context.close()
