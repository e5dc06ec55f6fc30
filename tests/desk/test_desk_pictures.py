"""A picture at the desk: each answer beside its piece of the page, confirmed one by one or all together."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest, rows
from tests.support.deciding import decide, return_id, row_of
from tests.support.desk import PATIENCE, go_to, require_accessible
from tests.support.photographs import photograph
from tests.support.read_pictures import DEFINITIONS, lying_straight, put_in, read_from_picture
from tests.support.viewer import draw
from tests.support.writing import SCHOOLS
from thep_forms.definition import load_definition
from thep_forms.generate import PaperCopy, pack
from thep_forms.office.display.box_crops import draw_crop
from thep_forms.office.display.box_places import look_up_places
from thep_forms.reading import Doubt, PagePlace

Filled = Callable[..., bytes]
expect.set_options(timeout=PATIENCE)
CHAIR, EMAIL, NUMBER = "chair_of_governors_name", "main_contact_email", "dfe_number"
CHANGES = {NUMBER: "2l01", CHAIR: "Ann Lce", EMAIL: "jo cedar", "headteacher_email": "sam at cedar"}
SCALE = 2.0


def paper(filled: bytes, page: int = 0, turned: int = 0) -> bytes:
    """A page as a scanner makes it."""
    out = io.BytesIO()
    draw(filled, page, scale=SCALE).convert("L").rotate(turned, expand=True).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records with a list of schools and the picture of a form."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(folder / "records", [inbox(folder / "empty")], register=folder / "schools.csv")
    put_in(folder / "records", read_from_picture(CHANGES, confidence=0.95), picture=paper(filled()))
    return folder / "records"


@pytest.fixture
def photo(some: Path) -> str:
    (row,) = rows(some / "returns.csv")
    return row["return_id"]


def look(page: Page, photo: str) -> None:
    go_to(page, f"/returns/{photo}")


def codes(records: Path, photo: str) -> set[str]:
    return set(row_of(records, photo)["problems"].split(";")) - {""}


def unconfirmed(records: Path) -> set[str]:
    return {row["field"] for row in rows(records / "problems.csv") if row["code"] == "scan_unconfirmed"}


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_each_answer_stands_beside_its_piece_of_the_picture(page: Page, photo: str) -> None:
    look(page, photo)
    piece = page.locator(f"[data-box={CHAIR}]").get_by_role("img")
    piece.scroll_into_view_if_needed()
    expect(piece).to_have_js_property("complete", True)
    assert piece.evaluate("image => image.naturalWidth") > 100
    require_accessible(page)


def test_what_was_mended_shows_what_was_read(page: Page, photo: str) -> None:
    look(page, photo)
    box = page.locator(f"[data-box={NUMBER}]")
    expect(box).to_contain_text("We read “2l01”")
    expect(page.locator(f"#{NUMBER}")).to_have_value("2101")


def test_list_has_the_picture_among_pictures_with_what_to_do(page: Page) -> None:
    go_to(page, "/?kind=pictures")
    expect(page.locator(".tasks .what")).to_contain_text("answers were read from a picture: compare and confirm")


def test_answers_of_which_the_reader_was_not_sure_are_marked_in_words(page: Page, some: Path, filled: Filled) -> None:
    unsure = put_in(some, read_from_picture(number="4242", confidence=0.4), picture=paper(filled("4242")))
    look(page, unsure)
    expect(page.locator(f"[data-box={CHAIR}]")).to_contain_text("Our program is not sure")


@pytest.mark.parametrize("turned", [0, 180])
def test_piece_of_a_box_has_what_stands_in_it(some: Path, filled: Filled, turned: int) -> None:
    straight = lying_straight(load_definition("2026-27"))
    across, down = straight.matrix[0], straight.matrix[4]
    upside_down = PagePlace(0, 1, (-across, 0.0, 1.0, 0.0, -down, 1.0, 0.0, 0.0, 1.0))
    reading = read_from_picture(number="4242", places=(upside_down if turned else straight,))
    photo = put_in(some, reading, picture=paper(filled("4242"), turned=turned))
    with_words, empty = (draw_crop(some, photo, name, DEFINITIONS) for name in (CHAIR, "senior_leader_2_name"))
    inked, blank = (sum(Image.open(io.BytesIO(png)).histogram()[:100]) for png in (with_words, empty))
    assert inked > blank + 50
    assert look_up_places(some, photo, DEFINITIONS).boxes[CHAIR].page == 0


@pytest.mark.parametrize(("layout", "page", "number"), [("2026-27", 3, 4), ("2017-18", 0, 1), ("2017-18", 3, 4)])
def test_piece_of_a_box_is_where_the_forms_own_layout_has_it(some: Path, layout: str, page: int, number: int) -> None:
    definition = load_definition(layout)
    name = CHAIR if number == 1 else "senior_leader_3_name"
    printed = pack(definition, [PaperCopy({name: "Mary-Jane Weatherbottom"})])
    place = replace(lying_straight(definition, number=number), layout=layout)
    photo = put_in(some, read_from_picture({name: "x"}, places=(place,)), picture=paper(printed, page))
    with_words, empty = (
        draw_crop(some, photo, each, DEFINITIONS) for each in (name, name.replace("name", "telephone"))
    )
    inked, blank = (sum(Image.open(io.BytesIO(png)).histogram()[:100]) for png in (with_words, empty))
    assert inked > blank + 50


def test_box_that_is_not_in_the_picture_has_no_piece(page: Page, some: Path, photo: str) -> None:
    assert draw_crop(some, photo, "senior_leader_9_name", DEFINITIONS) == b""
    look(page, photo)
    expect(page.get_by_role("img", name="Senior Leader (9)")).to_have_count(0)


# --- confirming -------------------------------------------------------------------------------------------------------


def test_enter_confirms_an_answer_and_goes_to_the_next(page: Page, some: Path, photo: str) -> None:
    look(page, photo)
    page.locator("#school_name").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("is confirmed, as it was read")
    assert "school_name" not in unconfirmed(some)
    expect(page.locator("#phase_primary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{NUMBER}")).to_be_focused()
    assert "phase_primary" not in unconfirmed(some)


def test_enter_on_an_answer_that_was_changed_corrects_it(page: Page, some: Path, photo: str) -> None:
    look(page, photo)
    page.locator(f"#{CHAIR}").fill("Ann Lee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("was “Ann Lce” and is “Ann Lee”")
    assert CHAIR not in unconfirmed(some)


def test_all_that_is_right_is_confirmed_together_with_what_was_changed(page: Page, some: Path, photo: str) -> None:
    look(page, photo)
    page.locator(f"#{CHAIR}").fill("Ann Lee")
    page.locator(f"#{EMAIL}").fill("jo@cedar.example")
    page.get_by_role("button", name="Confirm all that is right").first.click()
    expect(page.locator(".done")).to_contain_text("answers that were read from a picture are confirmed")
    chair = [row for row in rows(some / "values.csv") if row["field"] == CHAIR]
    assert [row["corrected"] for row in chair] == ["Ann Lee"]
    assert (row_of(some, photo)["verdict"], unconfirmed(some)) == ("accepted", set())


def test_what_is_confirmed_together_is_counted_once_and_named_as_on_the_form(page: Page, some: Path) -> None:
    changes = {"phase_secondary": "", "phase_primary": "yes", "main_contact_telephone": "020 7946 001"}
    other = put_in(some, read_from_picture(changes, number="4242"))
    asked = [row["code"] for row in rows(some / "problems.csv") if row["return_id"] == other]
    look(page, other)
    page.get_by_role("button", name="Confirm all that is right").first.click()
    done = page.locator(".done").first
    expect(done).to_contain_text(f": {asked.count('scan_unconfirmed')} answers that were read from a picture are conf")
    expect(done).to_contain_text("confirmed: Phase: not the usual phase")


def test_confirmed_answers_leave_what_is_asked_about_the_whole_form(page: Page, some: Path) -> None:
    first_page = put_in(some, read_from_picture(number="4242", pages_missing=(2, 3, 4)))
    look(page, first_page)
    page.get_by_role("button", name="Confirm all that is right").first.click()
    expect(page.locator(".done")).to_contain_text("answers that were read from a picture are confirmed")
    assert (row_of(some, first_page)["verdict"], codes(some, first_page)) == ("accepted", {"pages_missing"})
    look(page, first_page)
    page.get_by_text("What to write to the school").click()
    expect(page.get_by_label("What to write to the school")).to_have_value(re.compile("did not come back"))
    page.get_by_role("button", name="Confirm it").click()
    expect(page.locator(".done")).to_contain_text("confirmed")
    assert codes(some, first_page) == set()


def test_everything_that_was_just_confirmed_is_undone_at_once(page: Page, some: Path, photo: str) -> None:
    look(page, photo)
    before = unconfirmed(some)
    page.get_by_role("button", name="Confirm all that is right").first.click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".done")).to_contain_text("undone")
    assert unconfirmed(some) == before


def test_wrong_answer_with_the_rest_confirmed_stays_and_says_why(page: Page, some: Path, photo: str) -> None:
    look(page, photo)
    page.get_by_role("button", name="Confirm all that is right").first.click()
    expect(page.locator(f"[data-box={EMAIL}]")).to_contain_text("is not an email address")
    assert unconfirmed(some) == {EMAIL}


def test_answer_with_something_crossed_out_is_confirmed_by_itself(page: Page, some: Path) -> None:
    reading = read_from_picture(number="4242")
    struck = replace(reading.answers[CHAIR], doubts=frozenset({Doubt.STRUCK_OUT}), others=("Priya Rahman",))
    crossed_out = put_in(some, replace(reading, answers={**reading.answers, CHAIR: struck}))
    look(page, crossed_out)
    expect(page.locator("main")).to_contain_text("Answers with something crossed out stay")
    page.get_by_role("button", name="Confirm all that is right").first.click()
    expect(page.locator("main")).to_contain_text("The answer has something crossed out: correct or confirm it")
    expect(page.get_by_role("button", name="Confirm all that is right")).to_have_count(0)  # it would do nothing
    assert codes(some, crossed_out) == {"scan_unconfirmed", "value_struck_out"}
    page.locator(f"[data-box={CHAIR}]").get_by_role("button", name="Confirm").click()
    expect(page.locator(".done")).to_contain_text("confirmed")
    assert row_of(some, crossed_out)["verdict"] == "accepted"


# --- from the photograph to the tables --------------------------------------------------------------------------------


def test_photograph_is_read_compared_and_accepted(tmp_path: Path, filled: Filled) -> None:
    folder, records = tmp_path / "in", tmp_path / "records"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(photograph(filled(), width=1800, degrees=3, perspective=0.06, shade=True))
    (tmp_path / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ingest(records, [folder], register=tmp_path / "schools.csv")
    photo = return_id(records, "photo")
    assert row_of(records, photo)["dfe_number"] == "211/2101"
    assert {EMAIL, CHAIR, "phase_primary"} <= unconfirmed(records)
    with_words, empty = (draw_crop(records, photo, name, DEFINITIONS) for name in (CHAIR, "senior_leader_2_name"))
    assert _darkest(with_words) < _darkest(empty) - 40  # the pieces are cut out where the words are
    decide("confirm", records, photo)
    assert row_of(records, photo)["verdict"] == "accepted"
    assert [row["email"] for row in rows(records / "contacts.csv") if row["role"] == "main_contact"] == [
        "head@cedar2101.example"
    ]


def _darkest(png: bytes) -> float:
    """The darkest grey in the middle of a picture, against what surrounds it."""
    picture = Image.open(io.BytesIO(png))
    middle = picture.crop((20, 20, picture.width - 20, picture.height - 20))
    return float(min(middle.tobytes()))
