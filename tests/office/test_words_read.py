"""What a school wrote with a form that needs nobody stays in sight until a person says that it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ingest, rows
from tests.office.test_message_words import MORE, WORDS, saying
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.desk import go_to, made_records, require_accessible, said
from tests.support.viewer import type_into
from thep_forms.definition import Definitions
from thep_forms.office.display.school_words import look_up_words

ELM = "The head of Elm, Abel Quince, is now full time."
READ = "Read what schools wrote with their forms"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """Two forms that are accepted, each with words."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "in").mkdir()
    (folder / "in" / "cedar.eml").write_bytes(saying(WORDS).as_bytes())
    (folder / "in" / "elm.eml").write_bytes(saying(ELM, type_into(form, answers("2103"))).as_bytes())
    return made_records(folder, folder / "in")


def unread(records: Path) -> int:
    return look_up_words(records, Definitions.of_today()).unread


def form_of_elm(records: Path) -> str:
    (row,) = (row for row in rows(records / "returns.csv") if row["dfe_number"] == "211/2103")
    return row["return_id"]


def test_nothing_needs_you_stands_only_when_what_schools_wrote_is_read(page: Page, some: Path) -> None:
    assert "No file needs you." in said(page)
    assert "The messages that came with 2 forms have not been read." in said(page)
    require_accessible(page)
    page.get_by_role("link", name=f"{READ} (2)").click()
    require_accessible(page)
    page.get_by_role("button", name="I have read it: Cedar Primary School").click()
    assert "Cedar Primary School: the message with its form is read." in said(page, ".done")
    go_to(page, "/")
    assert "The message that came with 1 form has not been read." in said(page)
    page.get_by_role("link", name=f"{READ} (1)").click()
    page.get_by_role("button", name="I have read it").click()
    go_to(page, "/")
    assert "Nothing needs you." in said(page)
    page.get_by_role("link", name="What schools wrote with their forms (2)").click()
    expect(page.locator("blockquote")).to_have_count(2)
    assert {row["action"] for row in rows(some / "decisions.csv")} == {"note"}


def test_all_that_is_unread_is_noted_as_read_at_once_and_undone_at_once(page: Page, some: Path) -> None:
    go_to(page, "/messages")
    page.get_by_role("button", name="I have read all 2").click()
    assert "The messages with 2 forms are read." in said(page, ".done")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/returns/**")
    go_to(page, "/messages")
    expect(page.get_by_role("button", name="I have read all 2")).to_be_visible()
    assert run("verify", "-o", some).exit_code == 0


def test_words_are_noted_as_read_beside_their_form_which_goes_on_to_count(page: Page, some: Path) -> None:
    elm = form_of_elm(some)
    go_to(page, f"/returns/{elm}")
    page.get_by_role("button", name="I have read it").click()
    assert "Elm Tree Primary School: the message with its form is read." in said(page, ".done")
    assert "The message that came with 1 form is still to be read." in said(page)
    expect(page.get_by_role("button", name="I have read it")).to_have_count(0)
    require_accessible(page)
    assert {row["verdict"] for row in rows(some / "returns.csv")} == {"accepted"}
    assert "the message with the form is read" in run("history", elm, "-o", some).stdout


def test_words_that_come_later_with_the_same_form_are_unread(page: Page, some: Path, tmp_path: Path) -> None:
    go_to(page, "/messages")
    ingest(some, [kept(tmp_path)])  # while somebody looks at the page
    page.get_by_role("button", name="I have read all 2").click()
    page.wait_for_selector(".done")
    assert unread(some) == 1


def test_words_are_still_read_once_those_that_name_a_person_were_forgotten(page: Page, some: Path) -> None:
    go_to(page, "/messages")
    page.get_by_role("button", name="I have read all 2").click()
    page.wait_for_selector(".done")
    assert run("forget", "--person", "Zadie Quill", "-o", some, "--yes").exit_code == 0
    assert unread(some) == 0


def kept(folder: Path) -> Path:
    """The form of Cedar Primary School once more, in another message."""
    (folder / "again").mkdir()
    (folder / "again" / "cedar.eml").write_bytes(saying(MORE).as_bytes())
    return folder / "again"


def test_a_page_on_which_somebody_else_has_noted_it_says_so(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{form_of_elm(some)}")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="I have read it").click()
    other.wait_for_selector(".done")
    page.get_by_role("button", name="I have read it").click()
    assert "Somebody has noted this since you opened the page." in said(page)
