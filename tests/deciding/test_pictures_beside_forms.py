"""A photograph of a page needs nobody if it says what the filled-in PDF of the school says, which is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest
from tests.remake_samples import answers, dated
from tests.support.deciding import decide, row_of
from tests.support.desk import go_to
from tests.support.paged import LEADER, id_of, photos, sent, verdicts
from tests.support.photographs import jpeg, photograph
from tests.support.read_pictures import CEDAR, DEFINITIONS, EMAIL, put_in, read_from_picture
from tests.support.viewer import draw, type_into
from thep_forms.definition import FormDefinition
from thep_forms.generate import master_of
from thep_forms.office.display.history import history
from thep_forms.reading import Answer, Doubt, ReadFrom

Filled = Callable[..., bytes]
FAX = "chair_of_governors_telephone"  # which the samples leave empty


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled, definition: FormDefinition) -> Path:
    """Records of messages that brought a filled-in PDF with photographs of single pages."""
    folder = tmp_path_factory.mktemp("made")
    came = folder / "in"
    came.mkdir()

    def copy(number: str, **changes: str) -> bytes:
        return type_into(master_of(definition).copy({}, f"211/{number}"), answers("2101", dfe_number=number, **changes))

    first = copy("2101", **{LEADER: "Ada Hill"})
    sent(came, "first", {"form.pdf": first, "1.jpg": photograph(first, degrees=2, perspective=0.03, shade=True)})
    last = copy("2102", **{LEADER: "Bo Khan"})
    sent(came, "last", {"form.pdf": last, **photos(last, 4)})
    nameless = filled("2101", dfe_number="2103", **{LEADER: "Cy Dale"})
    sent(came, "nameless", {"form.pdf": nameless, **photos(nameless, 4)})
    sent(came, "alone", {"4.jpg": jpeg(draw(nameless, 3, scale=2))})
    changed = {"main_contact_name": "Eve Moss"}
    sent(came, "changed", {"form.pdf": copy("2104"), **photos(copy("2104", **changed), 1)})
    sent(came, "longer", {"form.pdf": copy("2105"), **photos(copy("2105", **{LEADER: "Flo Reid"}), 4)})
    ingest(folder / "records", [came])
    return folder / "records"


# --- photographs of single pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("message", "photo"), [("first", "1.jpg"), ("last", "4.jpg")])
def test_a_page_of_a_schools_copy_that_says_the_same_needs_nobody(made: Path, message: str, photo: str) -> None:
    assert verdicts(made, f"{message}.eml") == {"form.pdf": "accepted", photo: "superseded"}


def test_a_last_page_that_names_no_school_needs_nobody_beside_the_form_that_says_the_same(made: Path) -> None:
    assert verdicts(made, "nameless.eml") == {"form.pdf": "accepted", "4.jpg": "superseded"}


def test_a_last_page_that_names_no_school_is_looked_at_where_it_came_alone(made: Path) -> None:
    assert verdicts(made, "alone.eml") == {"4.jpg": "needs_attention"}


@pytest.mark.parametrize(("message", "photo"), [("changed", "1.jpg"), ("longer", "4.jpg")])
def test_a_page_that_says_something_else_is_looked_at(made: Path, message: str, photo: str) -> None:
    assert verdicts(made, f"{message}.eml") == {"form.pdf": "accepted", photo: "needs_attention"}


def test_the_history_says_why_nobody_is_asked(made: Path) -> None:
    for message, photo in (("first", "1.jpg"), ("nameless", "4.jpg")):
        events = history(made, id_of(made, f"{message}.eml", photo), DEFINITIONS)
        assert any("nother form of the school counts" in event.plain for event in events)


def test_the_desk_says_that_nothing_is_to_be_done_and_leads_to_the_form(some: Path, page: Page) -> None:
    form, photo = id_of(some, "first.eml", "form.pdf"), id_of(some, "first.eml", "1.jpg")
    go_to(page, f"/returns/{photo}")
    expect(page.get_by_text("Nothing is to be done here, as another form of the school counts.")).to_be_visible()
    page.get_by_role("link", name="Look at the one that counts").click()
    expect(page).to_have_url(re.compile(f"/returns/{form}"))


def test_a_page_needs_nobody_where_the_form_was_corrected_since(some: Path) -> None:
    decide("correct", some, id_of(some, "last.eml", "form.pdf"), f"{LEADER}=Bo Khan-Low")
    assert verdicts(some, "last.eml") == {"form.pdf": "accepted", "4.jpg": "superseded"}


def test_a_page_of_which_a_person_corrected_an_answer_is_looked_at(some: Path) -> None:
    decide("correct", some, id_of(some, "first.eml", "1.jpg"), "main_contact_name=Joe Ali")
    assert verdicts(some, "first.eml") == {"form.pdf": "accepted", "1.jpg": "needs_attention"}


# --- what nobody can read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("doubt", [Doubt.UNREADABLE, Doubt.STRUCK_OUT, Doubt.COVERED])
def test_a_picture_with_something_that_nobody_can_read_is_looked_at(
    records: Path, filled: Filled, doubt: Doubt
) -> None:
    ingest(records, [inbox(records.parent / "in", typed=dated(filled(), "20260502"))])
    reading = read_from_picture()
    scrawl = Answer("", ReadFrom.SCAN, frozenset({doubt}), page=0, confidence=0.2)
    photo = put_in(records, replace(reading, answers={**reading.answers, FAX: scrawl}), day=None)
    assert row_of(records, photo)["verdict"] == "needs_attention"


# --- what is in no answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [(), (4,)])
def test_a_picture_with_writing_outside_of_the_boxes_is_looked_at(
    records: Path, filled: Filled, missing: tuple[int, ...]
) -> None:
    ingest(records, [inbox(records.parent / "in", typed=dated(filled(), "20260502"))])
    reading = read_from_picture(pages_missing=missing)
    same = put_in(records, reading, "same.png", day=None)
    more = put_in(records, replace(reading, shows_more=True), "more.png", day=None)
    assert row_of(records, same)["verdict"] == "superseded"
    assert row_of(records, more)["verdict"] == "needs_attention"


def test_a_picture_with_words_beside_an_address_is_looked_at(records: Path, filled: Filled) -> None:
    form = filled(main_contact_email="jo@cedar.example")
    ingest(records, [inbox(records.parent / "in", typed=dated(form, "20260502"))])
    photo = put_in(records, read_from_picture({EMAIL: "jo@cedar.example (until May)"}), day=None)
    assert row_of(records, photo)["verdict"] == "needs_attention"


def test_a_picture_of_a_schools_copy_with_another_number_on_it_is_looked_at(
    records: Path, definition: FormDefinition
) -> None:
    copy = type_into(master_of(definition).copy({}, CEDAR), answers("2101"))
    ingest(records, [inbox(records.parent / "in", typed=dated(copy, "20260502"))])
    for number, verdict in (("2101", "superseded"), ("2102", "needs_attention")):
        photo = put_in(records, read_from_picture({"dfe_number": number}, copy_of=CEDAR), f"{number}.png", day=None)
        assert row_of(records, photo)["verdict"] == verdict
