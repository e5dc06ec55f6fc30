"""A school with a new DfE number: once a person notes the number before, what is known under it goes along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.support.commands import run
from tests.support.deciding import decide, entered, last_decision, refused, return_id
from tests.support.desk import go_to, require_accessible_light_and_dark

Filled = Callable[..., bytes]
HEADINGS = "dfe_number,school_name,email\n"
CEDAR = "2101,Cedar Primary School,office@cedar.example\n"
ELM = "2103,Elm Tree Primary School,head@elm.example\n"
ACADEMY = "2150,Elm Tree Academy,head@elm.example\n"


def given(folder: Path, records: Path, year: str, *schools: str) -> None:
    """Make this the list of the year."""
    (folder / f"{year}.csv").write_text(HEADINGS + "".join(schools), encoding="utf-8")
    result = run("status", year, "-o", records, "--schools", folder / f"{year}.csv")
    assert result.exit_code == 0, result.stderr


@pytest.fixture
def known(records: Path, tmp_path: Path, earlier: Filled) -> Path:
    """Elm Tree answered in 2025-26, and has another number in the list of 2026-27."""
    ingest(records, [inbox(tmp_path / "in", elm=earlier("2103", main_contact_name="Jo Ali"))])
    given(tmp_path, records, "2025-26", CEDAR, ELM)
    given(tmp_path, records, "2026-27", CEDAR, ACADEMY)
    return records


@pytest.fixture
def some(known: Path) -> Path:
    return known


def asked(page: Page) -> None:
    """Go to where the page of the academy asks for the number before."""
    page.locator("header").get_by_label("Year", exact=True).select_option("2026-27")
    page.get_by_role("button", name="Change").click()
    go_to(page, "/schools/211-2150")
    page.get_by_text("Did it have another DfE number before?").click()


def copy_of(records: Path, number: str, folder: Path) -> dict[str, str]:
    """What stands in the boxes of a school's copy of 2026-27."""
    result = run("generate", "2026-27", "-o", folder, "--records", records)
    assert result.exit_code == 0, result.stderr
    (path,) = folder.glob(f"*{number}*.pdf")
    with pikepdf.open(path) as pdf:
        return {str(field.T): str(field.get("/V", "")) for field in pdf.Root.AcroForm.Fields}


def test_the_copy_under_the_new_number_says_what_is_known_under_the_one_before(known: Path, tmp_path: Path) -> None:
    assert copy_of(known, "2150", tmp_path / "before")["main_contact_name"] == ""
    result = decide("note", known, "211/2150", "--number-before", "211/2103")
    assert "211/2150 Elm Tree Academy: noted." in result.stderr
    boxes = copy_of(known, "2150", tmp_path / "after")
    assert boxes["main_contact_name"] == "Jo Ali"
    assert (boxes["dfe_number"], boxes["school_name"]) == ("2150", "Elm Tree Academy")
    assert last_decision(known)["field"] == "follows"
    assert (last_decision(known)["dfe_number"], last_decision(known)["after"]) == ("211/2150", "211/2103")


def test_undone_the_school_is_a_new_one_again(known: Path, tmp_path: Path) -> None:
    decide("note", known, "2150", "--number-before", "2103")
    decide("undo", known, "1", why="two schools")
    assert copy_of(known, "2150", tmp_path / "after")["main_contact_name"] == ""


def test_nothing_has_changed_takes_the_answers_under_the_number_before(known: Path) -> None:
    assert "nobody knows this yet" in refused("enter", known, "2150", "2026-27", "--unchanged")
    decide("note", known, "2150", "--number-before", "2103")
    decide("enter", known, "2150", "2026-27", "--unchanged")
    (row,) = entered(known)
    assert (row["verdict"], row["dfe_number"]) == ("accepted", "211/2150")
    people = {row["name"] for row in rows(known / "contacts.csv") if row["dfe_number"] == "211/2150"}
    assert "Jo Ali" in people


def test_numbers_before_lead_on_to_the_first(known: Path, tmp_path: Path) -> None:
    decide("note", known, "2150", "--number-before", "2103")
    given(tmp_path, known, "2026-27", CEDAR, ACADEMY.replace("2150", "2160"))
    decide("note", known, "2160", "--number-before", "2150")
    assert copy_of(known, "2160", tmp_path / "copies")["main_contact_name"] == "Jo Ali"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["2150", "--number-before", "2150"], "211/2150 cannot be the number of 211/2150 before"),
        (["2103", "--number-before", "2150"], "211/2150 cannot be the number of 211/2103 before"),
        (["2150", "--number-before", "2999"], "Nothing is known of a school 211/2999"),
        (["2999", "--number-before", "2103"], "Nothing is known of a school 211/2999"),
        (["2150", "--number-before", "Elm"], "Elm is not a DfE number"),
    ],
)
def test_a_number_that_cannot_be_the_one_before_is_refused(known: Path, words: list[str], line: str) -> None:
    decide("note", known, "2150", "--number-before", "2103")
    assert line in refused("note", known, *words)


@pytest.mark.parametrize("words", [[], ["a word", "--on-paper", "2026-27"]])
def test_a_note_is_one_thing(known: Path, words: list[str]) -> None:
    result = run("note", "2150", *words, "-o", known)
    assert result.exit_code == 2
    assert "Give one thing to note: a TEXT, or --on-paper, or --number-before." in result.stderr


def test_the_page_of_the_school_asks_for_the_number_before_and_leads_there_and_back(page: Page) -> None:
    asked(page)
    page.get_by_label("Its DfE number before").fill("2103")
    page.get_by_role("button", name="Note the number").click()
    words = "Elm Tree Academy: it was Elm Tree Primary School (211/2103) before"
    expect(page.locator(".done")).to_contain_text(words)
    expect(page.locator(".people")).to_contain_text("Jo Ali")
    page.get_by_role("link", name="What came under that number").click()
    expect(page.locator("h1")).to_have_text("Elm Tree Primary School")
    expect(page.locator("main")).to_contain_text("It has the number 211/2150 now.")
    page.get_by_role("link", name="Look at it").click()
    expect(page.locator("h1")).to_have_text("Elm Tree Academy")


def test_a_wrong_number_is_said_beside_its_box(page: Page) -> None:
    asked(page)
    page.get_by_label("Its DfE number before").fill("2999")
    page.get_by_role("button", name="Note the number").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is known of a school 211/2999. Check the four digits.")
    box = page.get_by_label("Its DfE number before")
    expect(box).to_have_value("2999")
    expect(box).to_have_attribute("aria-invalid", "true")
    require_accessible_light_and_dark(page)


def test_a_form_under_the_new_number_is_shown_beside_the_answers_under_the_one_before(
    page: Page, known: Path, tmp_path: Path, filled: Filled
) -> None:
    decide("note", known, "2150", "--number-before", "2103")
    form = filled("2103", dfe_number="2150", school_name="Elm Tree Academy", main_contact_name="Kit Lee")
    ingest(known, [inbox(tmp_path / "new", academy=form)])
    go_to(page, f"/returns/{return_id(known, 'academy')}")
    expect(page.locator("main")).to_contain_text("Jo Ali")


def test_for_a_form_under_the_number_before_the_school_with_the_new_number_is_proposed(
    page: Page, known: Path, tmp_path: Path, filled: Filled
) -> None:
    decide("note", known, "2150", "--number-before", "2103")
    ingest(known, [inbox(tmp_path / "new", old=filled("2103"))])
    go_to(page, f"/returns/{return_id(known, 'old')}")
    expect(page.get_by_label("DfE number of the school")).to_have_value("211/2150")
    expect(page.locator("#whose")).to_contain_text("That was the number before of Elm Tree Academy: check it.")
