"""A person says which answer of a form is right, and which form of a school, where what came left that open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pikepdf import String
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.reading.test_under_annotations import WHITE, annotated
from tests.remake_samples import dated
from tests.support import printers
from tests.support.changing import changed, place
from tests.support.deciding import decide, last_decision, refused, return_id, row_of
from tests.support.desk import go_to
from tests.support.writing import SCHOOLS
from thep_forms.definition import FormDefinition

CHAIR = "chair_of_governors_name"
CHAIR_EMAIL = "chair_of_governors_email"
LEADER_TELEPHONE = "senior_leader_2_telephone"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Callable[..., bytes], definition: FormDefinition) -> Path:
    """Records of two forms whose chair somebody typed with a tool that knows no boxes: on white, and over the name."""
    folder, rect = tmp_path_factory.mktemp("made"), place(definition, CHAIR)
    on_white = annotated("/FreeText", rect, white(rect.width, rect.height), Contents=String("Zoe Brown"))
    came = inbox(
        folder / "in",
        cedar=changed(filled(), on_white),
        elm=printers.typed_on(filled("2103"), rect.x + 3, rect.y + 4, "Bo Grey"),
    )
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [came], register=folder / "schools.csv")
    return folder / "records"


def white(width: float, height: float) -> str:
    """What draws a white ground with something on it."""
    return f"{WHITE} 0 0 {width} {height} re f 0 g 10 5 30 3 re f"


def chairs(records: Path) -> dict[str, str]:
    contacts = rows(records / "contacts.csv")
    return {row["dfe_number"]: row["name"] for row in contacts if row["role"] == "chair_of_governors"}


def test_answer_that_stands_there_settles_what_was_covered_or_in_conflict(some: Path) -> None:
    assert {row["code"] for row in rows(some / "problems.csv") if row["severity"] == "error"} == {
        "value_covered",
        "value_conflict",
    }
    for name, chair in (("cedar", "Zoe Brown"), ("elm", "Priya Rahman")):
        found = return_id(some, name)
        decide("correct", some, found, f"{CHAIR}={chair}")
        assert row_of(some, found)["verdict"] == "accepted"
        assert (last_decision(some)["before"], last_decision(some)["after"]) == (chair, chair)
    assert chairs(some) == {"211/2101": "Zoe Brown", "211/2103": "Priya Rahman"}


def test_answer_of_which_nothing_is_asked_cannot_be_given_again(some: Path) -> None:
    email = next(
        row["value"]
        for row in rows(some / "values.csv")
        if (row["return_id"], row["field"]) == (return_id(some, "elm"), CHAIR_EMAIL)
    )
    assert "stand there already" in refused("correct", some, return_id(some, "elm"), f"{CHAIR_EMAIL}={email}")


def test_desk_keeps_the_answer_that_stands_there_with_a_click(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'elm')}")
    page.locator(f"[data-box={CHAIR}]").get_by_role("button", name="Keep").click()
    expect(page.locator(".done")).to_contain_text("is “Priya Rahman”, as it stands there")
    expect(page.locator(".next")).to_contain_text("Accepted.")
    assert chairs(some)["211/2103"] == "Priya Rahman"
    page.get_by_role("button", name="Undo").click()
    assert row_of(some, return_id(some, "elm"))["verdict"] == "needs_attention"


def test_confirmed_question_about_an_answer_that_was_covered_is_no_word_of_a_deleted_person(
    page: Page, some: Path
) -> None:
    decide("confirm", some, return_id(some, "cedar"))
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    expect(page.locator("main")).to_contain_text("something lies over it")
    expect(page.locator("main")).not_to_contain_text("A person was deleted")


def test_desk_offers_to_keep_nothing_but_an_uncertain_answer(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    expect(page.get_by_role("button", name="Keep")).to_have_count(1)


def test_desk_leaves_a_box_empty_in_which_there_are_signs_that_are_no_answer(
    page: Page, some: Path, tmp_path: Path, filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    rect = place(definition, LEADER_TELEPHONE)
    signs = "".join(f"{rect.x + 10 * at} {rect.y + 6} 7 9 re S\n" for at in range(1, 8))
    ingest(some, [inbox(tmp_path / "signs", signs=printers.drawn_on(printers.by_cairo(filled("4242")), signs))])
    found = return_id(some, "signs")
    go_to(page, f"/returns/{found}")
    box = page.locator(f"[data-box={LEADER_TELEPHONE}]")
    expect(box).to_contain_text("cannot read this answer for certain")
    box.get_by_role("button", name="Leave").click()
    expect(page.locator(".done")).to_contain_text("Telephone stays empty.")
    expect(page.locator(".next")).to_contain_text("Accepted.")
    assert row_of(some, found)["verdict"] == "accepted"


def test_desk_counts_many_boxes_that_cannot_be_read_and_leaves_them_empty_with_a_click(
    page: Page, some: Path, tmp_path: Path, filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    names = [f"senior_leader_{at}_{part}" for at in (1, 2) for part in ("name", "telephone")]
    rects = [place(definition, name) for name in names]
    signs = "".join(f"{rect.x + 10 * at} {rect.y + 6} 7 9 re S\n" for rect in rects for at in range(1, 8))
    form = filled("4242", **dict.fromkeys(names, ""))
    ingest(some, [inbox(tmp_path / "signs", signs=printers.drawn_on(printers.by_cairo(form), signs))])
    found = return_id(some, "signs")
    go_to(page, f"/returns/{found}")
    expect(page.locator(".what")).to_have_text("4 answers: cannot be read for certain")
    page.get_by_role("button", name="Leave all 4 empty").click()
    expect(page.locator(".next")).to_contain_text("Accepted.")
    assert row_of(some, found)["verdict"] == "accepted"


def test_desk_does_not_offer_to_leave_a_required_box_empty(
    page: Page, some: Path, tmp_path: Path, filled: Callable[..., bytes], definition: FormDefinition
) -> None:
    rect = place(definition, CHAIR)
    signs = "".join(f"{rect.x + 10 * at} {rect.y + 6} 7 9 re S\n" for at in range(1, 8))
    form = printers.drawn_on(printers.by_cairo(filled("4242", **{CHAIR: ""})), signs)
    ingest(some, [inbox(tmp_path / "signs", signs=form)])
    go_to(page, f"/returns/{return_id(some, 'signs')}")
    expect(page.locator(f"[data-box={CHAIR}]")).to_contain_text("cannot read this answer for certain")
    expect(page.get_by_role("button", name="Leave")).to_have_count(0)


def test_desk_lets_an_earlier_form_count_again(
    page: Page, some: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    dates = {"first": ("Wes Archer", "20260501"), "second": ("Xia Berg", "20260502")}
    forms = {name: dated(filled("4242", **{CHAIR: chair}), date) for name, (chair, date) in dates.items()}
    ingest(some, [inbox(tmp_path / "two", **forms)])
    assert chairs(some)["211/4242"] == "Xia Berg"
    go_to(page, f"/returns/{return_id(some, 'second')}")
    expect(page.get_by_role("button", name="This one counts")).to_have_count(0)
    go_to(page, f"/returns/{return_id(some, 'first')}")
    page.get_by_role("button", name="This one counts").click()
    expect(page.locator(".done")).to_contain_text("this form counts, and no other of the school")
    assert chairs(some)["211/4242"] == "Wes Archer"
    page.get_by_role("button", name="Undo").click()
    assert chairs(some)["211/4242"] == "Xia Berg"
