"""Who sent what came: the desk knows a school by the domain of the addresses in the list, and asks a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.desk.test_desk_next_step import ingest_messages, main_of
from tests.support.deciding import return_id, row_of
from tests.support.desk import go_to
from tests.support.messages import message, written
from tests.support.writing import CEDAR, SCHOOLS

Filled = Callable[..., bytes]
CLERK = "kit.lee@elm.example"  # whom no list names
LATER = "Tue, 12 May 2026 10:00:00 +0100"


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


@pytest.fixture
def neighbours(some: Path, tmp_path: Path, filled: Filled) -> Path:
    """Elm Tree filled in Cedar's copy with its own people."""
    ingest_messages(some, tmp_path, message(filled(main_contact_email=CLERK), CLERK))
    return some


@pytest.mark.usefixtures("neighbours")
def test_a_form_with_the_address_of_its_sender_is_asked_about_where_that_is_of_another_school(page: Page) -> None:
    go_to(page, "/")
    expect(main_of(page)).to_contain_text(
        "The form of Cedar Primary School came from Elm Tree Primary School, which has sent none of its own."
    )


def test_a_message_is_not_that_of_the_school_whose_form_was_used_by_mistake(
    page: Page, neighbours: Path, tmp_path: Path, filled: Filled
) -> None:
    (later := tmp_path / "later").mkdir()
    own = message(filled(), CEDAR, Date=LATER)
    ingest_messages(neighbours, later, own, written("We used the form of Cedar by mistake.", CLERK))
    note = return_id(neighbours, "1")
    assert row_of(neighbours, note)["dfe_number"] == ""
    go_to(page, f"/returns/{note}")
    expect(page.get_by_label("DfE number of the school")).to_have_value("211/2103")
    expect(main_of(page)).to_contain_text("It came from an address that ends like that of Elm Tree Primary School")


@pytest.mark.parametrize(("known", "sender"), [("cedar@gmail.com", "jo@gmail.com"), (CLERK, "jo@cedar.example")])
def test_an_address_that_ends_like_those_of_several_schools_or_of_anybody_proposes_none(
    page: Page, some: Path, tmp_path: Path, known: str, sender: str
) -> None:
    two = SCHOOLS.replace("head@elm.example", "elm@cedar.example").replace("info@ivy.example", known)
    (tmp_path / "list.csv").write_text(two, encoding="utf-8")
    ingest(some, [inbox(tmp_path / "again")], register=tmp_path / "list.csv")
    ingest_messages(some, tmp_path, written("Nothing has changed.", sender))
    go_to(page, f"/returns/{return_id(some, '0')}")
    expect(page.get_by_label("DfE number of the school")).to_have_value("")


@pytest.mark.parametrize(("own_form_came", "was"), [(False, "accepted"), (True, "superseded")])
def test_a_form_that_counts_for_another_school_or_counted_for_it_is_given_to_its_own(
    page: Page, neighbours: Path, tmp_path: Path, filled: Filled, own_form_came: bool, was: str
) -> None:
    (form,) = rows(neighbours / "returns.csv")
    (later := tmp_path / "later").mkdir()
    if own_form_came:
        ingest_messages(neighbours, later, message(filled(), CEDAR, Date=LATER))
    assert row_of(neighbours, form["return_id"])["verdict"] == was
    go_to(page, f"/returns/{form['return_id']}")
    page.get_by_text("Not the form of this school? Say whose it is").click()
    page.get_by_label("DfE number of the school").fill("elm tree")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator(".done")).to_contain_text("a file belongs to Elm Tree Primary School (211/2103).")
    given = row_of(neighbours, form["return_id"])
    assert (given["verdict"], given["dfe_number"]) == ("accepted", "211/2103")
