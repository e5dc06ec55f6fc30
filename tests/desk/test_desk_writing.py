"""Writing beside the boxes of a form on paper, at the desk: a person looks at the page, and confirms."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, Route, expect

from tests.conftest import inbox, ingest, rows
from tests.support.deciding import decide, row_of
from tests.support.desk import PATIENCE, go_to, require_accessible
from tests.support.photographs import tiff
from tests.support.read_pictures import put_in, read_from_picture
from tests.support.writing import SCHOOLS
from tests.support.written_on import Sheet
from thep_forms.definition import FormDefinition
from thep_forms.reading import Note

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, definition: FormDefinition) -> Path:
    """Records with a list of schools and a scan, with a remark on its third page."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [inbox(folder / "empty")], register=folder / "schools.csv")
    sheets = [Sheet(definition, number) for number in (1, 2, 3, 4)]
    sheets[2].words((40, 200), "we do not agree to point 4")
    reading = replace(read_from_picture(), notes=(Note("", 2),), shows_more=True)
    put_in(folder / "records", reading, "scan.tif", picture=tiff([sheet.scanned(100) for sheet in sheets]))
    return folder / "records"


@pytest.fixture
def scan(some: Path) -> str:
    (row,) = rows(some / "returns.csv")
    return row["return_id"]


def test_link_at_the_question_shows_the_page(page: Page, scan: str) -> None:
    go_to(page, f"/returns/{scan}")
    expect(page.get_by_text("Writing on page 3: this is not in a box of our form.").first).to_be_visible()
    page.get_by_role("link", name="Look at page 3").click()
    expect(page.locator("#page-picture")).to_have_attribute("alt", "Page 3 of the file as it came")
    require_accessible(page)


def test_page_that_a_person_chose_stays_when_the_places_of_the_boxes_come_later(page: Page, scan: str) -> None:
    held: list[Route] = []
    page.route("**/places", lambda route: held.append(route))
    go_to(page, f"/returns/{scan}")
    page.get_by_role("link", name="Look at page 3").click()
    expect(page.locator("#page-number")).to_have_text("Page 3")
    with page.expect_response("**/places"):
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#page-picture")).to_have_attribute("alt", "Page 3 of the file as it came")


def test_page_is_shown_where_nothing_else_is_asked_and_the_question_can_be_confirmed(
    page: Page, some: Path, scan: str
) -> None:
    names = [row["field"] for row in rows(some / "problems.csv") if row["field"]]
    decide("confirm", some, scan, *names)
    assert (row_of(some, scan)["verdict"], row_of(some, scan)["problems"]) == ("accepted", "field_unknown")
    go_to(page, f"/returns/{scan}")
    expect(page.locator("#page-picture")).to_have_attribute("alt", "Page 3 of the file as it came")
    page.get_by_role("button", name="Confirm it").click()
    page.wait_for_load_state()
    assert row_of(some, scan)["problems"] == ""
