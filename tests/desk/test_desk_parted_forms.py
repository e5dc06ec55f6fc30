"""The pages of a form that came in several files are put together at the desk, clicked in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.remake_samples import answers
from tests.support.deciding import decide, return_id, row_of
from tests.support.desk import go_to
from tests.support.printers import by_qpdf, pages_of, scanned
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.generate import master_of

LEADERS: dict[str, str | bool] = {
    f"senior_leader_{number}_name": name for number, name in enumerate(("Ada Hill", "Bo Khan", "Cy Dale", "Di Ford"), 1)
}
ADD = "Add these answers to that form"


@pytest.fixture(scope="module")
def copy(definition: FormDefinition) -> bytes:
    """Cedar's form with four leaders, two of whom are on its last page."""
    return type_into(master_of(definition).copy({}, "211/2101"), answers("2101", **LEADERS))


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def leaders(records: Path) -> list[str]:
    return [row["name"] for row in rows(records / "contacts.csv") if row["role"] == "senior_leader"]


def read(records: Path, folder: Path, **files: bytes) -> None:
    ingest(records, [inbox(folder / "pages", **files)])


def test_answers_of_a_later_page_are_added_to_the_form_with_the_first(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=pages_of(printed, 0), last=pages_of(printed, 3))
    go_to(page, "/")
    expect(page.locator("main")).to_contain_text("whose first page came in another file")
    go_to(page, f"/returns/{return_id(some, 'last')}")
    expect(page.get_by_label("Full Name of School")).to_have_count(0)
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(f"/returns/{return_id(some, 'first')}"))
    assert leaders(some) == ["Ada Hill", "Bo Khan", "Cy Dale", "Di Ford"]
    assert row_of(some, return_id(some, "last"))["verdict"] == "closed"


def test_answers_of_a_scanned_page_are_compared_before_they_are_added(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    read(some, tmp_path, first=scanned(copy))
    ingest(some, [inbox(tmp_path / "another folder", last=scanned(copy, [3]))])
    go_to(page, f"/returns/{return_id(some, 'last')}")
    expect(page.get_by_text("Compare the answers below with the page")).to_be_visible()
    expect(page.get_by_role("button", name=ADD)).to_have_count(0)
    page.get_by_role("button", name="Confirm all that is right").first.click()
    page.get_by_role("button", name=ADD).click()
    decide("confirm", some, return_id(some, "first"))
    assert leaders(some) == ["Ada Hill", "Bo Khan", "Cy Dale", "Di Ford"]


def test_answers_of_a_page_of_which_all_was_confirmed_are_added_to_the_first_page_that_comes_later(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    printed = by_qpdf(copy)
    ingest(some, [inbox(tmp_path / "before", last=pages_of(printed, 3))])
    decide("confirm", some, return_id(some, "last"))
    read(some, tmp_path, first=pages_of(printed, 0))
    go_to(page, f"/returns/{return_id(some, 'last')}")
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(f"/returns/{return_id(some, 'first')}"))
    assert leaders(some) == ["Ada Hill", "Bo Khan", "Cy Dale", "Di Ford"]


@pytest.mark.parametrize("others", [(), ("2102",), ("2101", "2101")])
def test_a_later_page_is_not_added_where_nobody_knows_to_which_form(
    page: Page,
    some: Path,
    tmp_path: Path,
    copy: bytes,
    filled: Callable[..., bytes],
    others: tuple[str, ...],
) -> None:
    forms = {
        f"form{at}": filled(number, chair_of_governors_name=f"Ann {'Lee' * at}", main_contact_email="none")
        for at, number in enumerate(others, 1)
    }
    read(some, tmp_path, last=pages_of(by_qpdf(copy), 3), **forms)
    go_to(page, f"/returns/{return_id(some, 'last')}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cedar")
    expect(page.get_by_role("button", name=ADD)).to_have_count(0)


def test_answers_of_the_form_that_the_pages_would_replace_are_named_first(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=pages_of(printed, 0), last=pages_of(printed, 3))
    decide("correct", some, return_id(some, "first"), "senior_leader_3_name=Zed Moss", "senior_leader_4_name=Di Ford")
    go_to(page, f"/returns/{return_id(some, 'last')}")
    label = "Details of Phase / Senior Leaders for our mailing list (3): Name"
    expect(page.get_by_text(f"That form has other answers for: {label}.")).to_be_visible()
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(f"/returns/{return_id(some, 'first')}"))
    assert leaders(some) == ["Ada Hill", "Bo Khan", "Cy Dale", "Di Ford"]


def test_a_page_whose_answers_the_form_has_already_is_closed(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=pages_of(printed, 0), last=pages_of(printed, 3))
    on_last_page = [f"{name}={LEADERS[name]}" for name in ("senior_leader_3_name", "senior_leader_4_name")]
    decide("correct", some, return_id(some, "first"), *on_last_page)
    go_to(page, f"/returns/{return_id(some, 'last')}")
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(f"/returns/{return_id(some, 'first')}"))
    assert row_of(some, return_id(some, "last"))["verdict"] == "closed"


def test_a_page_of_a_whole_form_that_came_is_not_asked_about(some: Path, tmp_path: Path, copy: bytes) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=printed, last=pages_of(printed, 3))
    assert row_of(some, return_id(some, "last"))["verdict"] == "superseded"


def test_what_is_not_on_the_later_pages_is_not_added(page: Page, some: Path, tmp_path: Path, copy: bytes) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=pages_of(printed, 0), last=pages_of(printed, 3))
    decide("correct", some, return_id(some, "last"), "headteacher_name=Zed Moss")
    go_to(page, f"/returns/{return_id(some, 'last')}")
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(f"/returns/{return_id(some, 'first')}"))
    assert "Zed Moss" not in (some / "contacts.csv").read_text(encoding="utf-8")


def test_a_page_opened_before_another_form_counts_adds_nothing_to_that_one(
    page: Page, some: Path, tmp_path: Path, copy: bytes
) -> None:
    printed = by_qpdf(copy)
    read(some, tmp_path, first=pages_of(printed, 0), last=pages_of(printed, 3))
    go_to(page, f"/returns/{return_id(some, 'last')}")
    decide("correct", some, return_id(some, "first"), "senior_leader_3_name=Zed Moss")
    page.get_by_role("button", name=ADD).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed this")
    assert leaders(some) == ["Ada Hill", "Bo Khan", "Zed Moss"]
