"""One return at the desk, beside its page, and the list that leads there: clicked and typed in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import inbox, ingest, rows
from tests.office.test_enter import ANSWERS
from tests.support.deciding import decide, return_id, row_of, standing
from tests.support.desk import PATIENCE, context_of, go_to, opened_at, require_accessible_light_and_dark
from tests.support.messages import written
from tests.support.printers import by_pdfium, scanned
from tests.support.writing import CEDAR, ELM, SCHOOLS
from thep_forms.definition import Definitions
from thep_forms.desk.server import RunningDesk
from thep_forms.office.dates import today
from thep_forms.office.display.box_places import BoxPlace, look_up_places

Filled = Callable[..., bytes]
expect.set_options(timeout=PATIENCE)
CHAIR = "chair_of_governors_name"
LETTER = "Dear all,\nour new chair is Bea Low.\n<b>Not bold</b> <img src=x>"
SAME = "Nothing has changed since last year."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records with a form to correct, a scan, a letter, "nothing has changed", a stray, and two forms that differ."""
    folder = tmp_path_factory.mktemp("made")
    came = inbox(
        folder / "in",
        cedar=filled(main_contact_email="jo@cedar,example", phase_special="yes"),
        ivy=filled("4242"),
        later=filled("4242", main_contact_name="Ann Lee", phase_nursery="yes"),
        scan=scanned(filled("2101")),
    )
    (came / "letter.eml").write_bytes(written(LETTER, CEDAR).as_bytes())
    (came / "same.eml").write_bytes(written(SAME, ELM).as_bytes())
    (came / "minutes.txt").write_text("Minutes")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    records = folder / "records"
    ingest(records, [inbox(folder / "empty")], register=folder / "schools.csv")
    decide("enter", records, "2101", "2025-26", *ANSWERS)
    others = [answer for answer in ANSWERS if not answer.startswith("school_name=")]
    decide("enter", records, "2103", "2025-26", "school_name=Elm Tree Primary School", *others)
    ingest(records, [came])
    return records


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return context


def test_return_that_came_in_no_message_came_on_the_day_on_which_it_was_taken_in(page: Page, some: Path) -> None:
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    expect(page.locator(".details").first).to_contain_text(f"came {today().day} {today():%B}")


def open_return(page: Page, records: Path, name: str) -> None:
    go_to(page, f"/returns/{return_id(records, name)}")


def middle_of(page: Page, of: str) -> tuple[float, float]:
    box = page.locator(of).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def middle(place: BoxPlace) -> tuple[int, int]:
    return round(place.left + place.width / 2), round(place.top + place.height / 2)


def sideways(form: bytes) -> bytes:
    """The form with its fields, its pages turned by a quarter."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf:
        for each in pdf.pages:
            each.rotate(90, relative=True)
        pdf.save(out)
    return out.getvalue()


# --- the page and its boxes ------------------------------------------------------------------------------------------


def test_a_box_is_found_by_the_fields_of_the_file_and_on_a_print_by_the_layout(tmp_path: Path, filled: Filled) -> None:
    form = filled()
    came = inbox(tmp_path / "in", typed=form, printed=by_pdfium(form), sideways=sideways(form))
    ingest(tmp_path / "records", [came])
    places = {
        name: look_up_places(tmp_path / "records", return_id(tmp_path / "records", name), Definitions.of_today())
        for name in ("typed", "printed", "sideways")
    }
    x, y = middle(places["typed"].boxes[CHAIR])
    assert places["typed"].boxes["senior_leader_3_name"].page == 3
    assert middle(places["printed"].boxes[CHAIR]) == (x, y)
    assert middle(places["sideways"].boxes[CHAIR]) == (100 - y, x)


def test_the_answer_in_hand_is_lit_up_on_its_page_and_a_click_on_the_page_leads_to_it(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    expect(page.locator("#mark")).to_be_visible()  # the first that has to be settled
    first = middle_of(page, "#mark")
    page.locator("#school_name").focus()
    at = middle_of(page, "#mark")
    assert at[1] < first[1] - 50
    page.locator("#main_contact_email").focus()
    page.mouse.click(*at)
    assert page.evaluate("document.activeElement.id") == "school_name"


def test_the_page_of_the_answer_in_hand_is_shown(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    expect(page.locator("#page-number")).to_have_text("Page 1 of 4")
    page.locator("#main_contact_name").evaluate(
        "box => { box.closest('[data-box]').dataset.box = 'senior_leader_3_name'; }"
    )
    page.locator("#main_contact_name").focus()
    expect(page.locator("#page-number")).to_have_text("Page 4 of 4")
    expect(page.locator("#mark")).to_be_visible()


def test_nothing_is_lit_up_on_another_page_than_that_of_the_answer_in_hand(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    expect(page.locator("#mark")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("#page-number")).to_have_text("Page 2 of 4")
    expect(page.locator("#mark")).to_be_hidden()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_click_finds_its_box_on_a_page_that_was_turned_and_enlarged(page: Page, some: Path, turns: int) -> None:
    open_return(page, some, "cedar")
    page.get_by_role("button", name="Larger").click()
    for _ in range(turns):
        page.get_by_role("button", name="Turn").click()
    page.locator("#main_contact_email").focus()
    expect(page.locator("#mark")).to_be_visible()
    page.get_by_role("button", name="Larger").evaluate("button => button.focus({ preventScroll: true })")
    page.mouse.click(*middle_of(page, "#mark"))
    assert page.evaluate("document.activeElement.id") == "main_contact_email"


# --- answers ---------------------------------------------------------------------------------------------------------


def test_last_years_tick_is_taken_with_a_click(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.get_by_role("button", name="Take the last known answer for Phase: Special").click()
    values = {
        row["field"]: row["value"] for row in rows(some / "values.csv") if row["return_id"] == return_id(some, "cedar")
    }
    assert (values["phase_primary"], values.get("phase_special", "")) == ("yes", "")


def test_enter_in_a_box_saves_what_was_typed_and_takes_no_other_answer(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.locator("#main_contact_email").fill("jo@cedar.example")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("is “jo@cedar.example”")
    assert rows(some / "decisions.csv")[-1]["field"] == "main_contact_email"
    expect(page.locator("#phase_special")).to_be_checked()


def test_an_answer_that_was_emptied_stays_empty(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.locator("#main_contact_telephone").fill("")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#main_contact_telephone")).to_have_value("")


def test_the_sentence_for_the_school_is_copied(page: Page, some: Path) -> None:
    open_return(page, some, "cedar")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "“jo@cedar,example” is not an email address" in page.evaluate("navigator.clipboard.readText()")


def test_two_forms_that_differ_are_side_by_side_with_their_differences_alone(page: Page, some: Path) -> None:
    open_return(page, some, "ivy")
    table = page.locator(".conflict")
    expect(table).to_contain_text("Ann Lee")
    expect(table).not_to_contain_text("Registered Address")
    expect(table).to_contain_text("not ticked")
    page.get_by_role("button", name="This one counts: in/later.pdf").click()
    assert row_of(some, return_id(some, "later"))["verdict"] == "accepted"


def test_what_a_message_says_stands_beside_the_boxes_as_plain_text(page: Page, some: Path) -> None:
    open_return(page, some, "letter")
    expect(page.locator(".letter")).to_contain_text("our new chair is Bea Low.")
    page.get_by_role("link", name="Type in its answers").click()
    expect(page.locator(".letter")).to_contain_text("<b>Not bold</b> <img src=x>")
    page.get_by_label("Details of the Chair of the Governing Body: Name", exact=True).fill("Bea Low")
    page.get_by_role("button", name="Save").click()
    assert row_of(some, return_id(some, "letter"))["verdict"] == "superseded"


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_shown_by_kind(page: Page) -> None:
    page.get_by_role("link", name="Messages (2)").click()
    expect(page.locator(".tasks li")).to_have_count(2)
    page.get_by_role("link", name="Conflicts (2)").click()
    expect(page.locator(".tasks li").first).to_contain_text("Ivy Lane School")
    page.get_by_role("link", name=re.compile("^All")).click()
    expect(page.locator(".tasks li")).to_have_count(7)


def test_all_as_last_year_is_one_click(page: Page, some: Path) -> None:
    page.get_by_role("button", name="All as last year").click()
    expect(page.locator(".done")).to_contain_text("Elm Tree Primary School: the answers for 2026-27 are entered.")
    assert standing(some, "2103") == "accepted"
    page.get_by_text("Done today (3)").click()
    expect(page.locator(".plain").last).to_contain_text("Elm Tree Primary School: the answers for 2026-27 are entered.")


def test_a_stray_is_closed_with_one_click_and_opened_again_with_another(page: Page, some: Path) -> None:
    page.get_by_role("button", name="Close").click()
    assert row_of(some, return_id(some, "minutes"))["verdict"] == "closed"
    page.get_by_role("button", name="Undo").click()
    assert row_of(some, return_id(some, "minutes"))["verdict"] == "not_a_form"


def test_what_somebody_else_dealt_with_is_not_closed_again(page: Page, some: Path) -> None:
    decide("close", some, return_id(some, "minutes"))
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has dealt with this")


def test_the_keys_go_from_one_to_the_next_and_to_the_note_of_closing(page: Page, some: Path) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".position")).to_contain_text("1 of 7")
    page.wait_for_load_state()
    page.locator(".details").first.click()  # out of the box in hand
    page.keyboard.press("j")
    expect(page.locator(".position")).to_contain_text("2 of 7")
    page.wait_for_load_state()  # the keys are heard from then on
    page.keyboard.press("c")
    expect(page.locator("#close-why")).to_be_focused()
    page.keyboard.type("rang them")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("a file is closed", timeout=PATIENCE)
    assert rows(some / "decisions.csv")[-1]["why"] == "rang them"


def test_c_on_the_list_leads_to_the_note_of_closing(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_url("**/returns/*#close-why")
    expect(page.locator("#close-why")).to_be_focused()


def test_with_nothing_left_the_list_says_what_is_next(page: Page, some: Path) -> None:
    ids = [
        row["return_id"]
        for row in rows(some / "returns.csv")
        if row["verdict"] not in ("accepted", "closed", "superseded")
    ]
    decide("close", some, *ids)
    page.reload()
    expect(page.locator("main")).to_contain_text("Nothing needs you.")
    expect(page.locator("main")).to_contain_text("3 schools have not answered")


@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_violation_beside_pages_messages_and_conflicts(
    chromium: Browser, desk: RunningDesk, some: Path, width: int
) -> None:
    context = context_of(chromium, width=width)
    page = opened_at(context, desk)
    paths = [f"/returns/{return_id(some, name)}" for name in ("cedar", "ivy", "letter", "scan")]
    for path in ("/", "/?kind=messages", *paths, f"/schools/211-2101/enter?return={return_id(some, 'letter')}"):
        go_to(page, path)
        require_accessible_light_and_dark(page)
    context.close()
