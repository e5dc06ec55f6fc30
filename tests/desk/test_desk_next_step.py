"""Where nothing can be done as wanted, the desk says why and what to do next, clicked in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from tests.conftest import inbox, ingest, rows
from tests.reading.test_typed_anew import typed_anew
from tests.remake_samples import answers, letter
from tests.support import packing
from tests.support.deciding import return_id, row_of
from tests.support.desk import go_to
from tests.support.messages import message, written
from tests.support.printers import scanned
from tests.support.viewer import type_into
from tests.support.writing import CEDAR, ELM, IVY, SCHOOLS, email
from thep_forms.definition import FormDefinition, MembershipYear, load_definition
from thep_forms.generate import generate, master_of

Filled = Callable[..., bytes]
YEAR = MembershipYear(2026)
WITHOUT_ADDRESSES = SCHOOLS.replace(CEDAR, "").replace(ELM, "").replace(IVY, "")


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def kept(folder: Path, name: str, data: bytes) -> Path:
    """A folder with a file of that name that came in."""
    (folder / f"in of {name}").mkdir()
    return packing.written(folder / f"in of {name}", name, data).parent


def ingest_messages(records: Path, folder: Path, *messages: EmailMessage) -> None:
    ingest(records, [kept(folder, f"{number}.eml", each.as_bytes()) for number, each in enumerate(messages)])


def main_of(page: Page) -> Locator:
    """What the page says."""
    return page.locator("main")


def require_nothing_asked(page: Page) -> None:
    """To do says that no file needs anybody, and asks about no form that came from another school's address."""
    go_to(page, "/")
    expect(main_of(page)).to_contain_text("No file needs you.")
    expect(main_of(page)).not_to_contain_text("none of its own")


def test_schools_without_an_address_are_counted_where_one_chooses_whom_to_write_to(
    page: Page, some: Path, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text(WITHOUT_ADDRESSES, encoding="utf-8")
    ingest(some, [inbox(tmp_path / "in")], register=tmp_path / "new.csv")
    go_to(page, "/send")
    expect(main_of(page)).to_contain_text("3 schools have no e-mail address, so the desk cannot write to them.")
    expect(main_of(page)).not_to_contain_text("No school is left")
    page.locator("main").get_by_role("link", name="Give a list with their addresses").click()
    expect(page.locator("h1")).to_contain_text("Your list of schools")


def test_reminders_that_are_not_due_say_from_when_and_the_form_can_go_out_again_before(
    page: Page, some: Path, schools: Path, tmp_path: Path
) -> None:
    assert email(schools, some, "--drafts", tmp_path / "drafts").exit_code == 0
    go_to(page, "/send?all=1")
    expect(main_of(page)).to_contain_text("No reminder is due today. The next are due on ")
    page.get_by_role("button", name="Remind the ticked schools").click()
    expect(main_of(page)).to_contain_text("They are reminded from ")
    page.get_by_role("button", name="Send them the form again").click()
    expect(page.locator("h1")).to_have_text("The form to 3 schools")


def test_a_list_without_addresses_says_before_it_is_used_that_the_desk_cannot_write_to_its_schools(
    page: Page, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text(WITHOUT_ADDRESSES, encoding="utf-8")
    go_to(page, "/lists")
    page.get_by_label("List of schools").set_input_files(tmp_path / "new.csv")
    page.get_by_role("button", name="Look at it").click()
    expect(main_of(page)).to_contain_text("In this list, no school has an e-mail address.")
    expect(main_of(page)).to_contain_text("the main contact on the school's form, or to where it wrote last.")
    expect(main_of(page)).to_contain_text("change its heading to “E-mail”")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("DfE number,Called,Email\n2101,Cedar,a@cedar.example\n", "In this list, no school has a name."),
        ("DfE number,School,Email\n2101,Cedar,a@cedar.example\n2103,Elm,\n", "1 school has no e-mail address: Elm."),
        ("DfE number,School\n2101,Cedar\n2101,Elm\n", "Correct it in your list"),
    ],
)
def test_a_list_says_which_schools_it_tells_too_little_of(page: Page, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    go_to(page, "/lists")
    page.get_by_label("List of schools").set_input_files(tmp_path / "new.csv")
    page.get_by_role("button", name="Look at it").click()
    expect(main_of(page)).to_contain_text(says)


def test_a_file_is_given_to_the_school_whose_name_was_typed_in_part(page: Page, some: Path, tmp_path: Path) -> None:
    ingest(some, [kept(tmp_path, "minutes.pdf", letter())])
    go_to(page, f"/returns/{return_id(some, 'minutes')}")
    school = page.get_by_label("DfE number of the school")
    school.fill("e")
    page.get_by_role("button", name="Assign").click()
    expect(main_of(page)).to_contain_text(
        "Several schools have “e” in their names: Cedar Primary School (211/2101), Elm Tree"
    )
    school.fill("elm tree")
    page.get_by_role("button", name="Assign").click()
    done = "minutes.pdf: a file belongs to Elm Tree Primary School (211/2103)."
    expect(page.locator(".done")).to_contain_text(done)


def test_a_form_of_an_earlier_year_is_counted_for_the_year_that_is_collected_with_one_click(
    page: Page, some: Path, tmp_path: Path
) -> None:
    earlier = type_into(generate(load_definition("2025-26")), answers("2101"))
    ingest(some, [kept(tmp_path, "old.pdf", earlier)], year=YEAR)
    go_to(page, f"/returns/{return_id(some, 'old')}")
    page.get_by_role("button", name="Count it for 2026-27").click()
    expect(page.locator(".done")).to_contain_text("a file counts as the form of 2026-27")
    found = row_of(some, return_id(some, "old"))
    assert (found["verdict"], found["membership_year"]) == ("accepted", "2026-27")


def test_a_message_of_a_school_whose_form_is_accepted_is_not_answered_with_a_request_for_the_form(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    note = written("Our chair of governors is now Rhys Newman.", CEDAR)
    ingest(some, [kept(tmp_path, "form.pdf", filled()), kept(tmp_path, "note.eml", note.as_bytes())])
    go_to(page, f"/returns/{return_id(some, 'note')}")
    expect(main_of(page)).to_contain_text("The school's form is accepted.")
    expect(main_of(page)).not_to_contain_text("Please save the form and send it again")
    page.get_by_role("link", name="Change its answers").click()
    page.locator("#chair_of_governors_name").fill("Rhys Newman")
    page.get_by_role("button", name="Save").click()
    expect(main_of(page)).to_contain_text("Nothing needs you any more.")
    (chair,) = (row for row in rows(some / "contacts.csv") if row["role"] == "chair_of_governors")
    assert chair["name"] == "Rhys Newman"
    go_to(page, f"/returns/{return_id(some, 'note')}")  # which needs nobody any more
    expect(main_of(page)).not_to_contain_text("close the message")


def test_file_in_a_zip_with_a_password_leads_to_adding_it_and_then_to_the_form_that_counts(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    packed = bytearray(packing.zipped({"form.pdf": filled()}))
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        packed[packed.index(start) + flags] |= 1  # encrypted
    sent = written("The password is Cedar2026", CEDAR)
    sent.add_attachment(bytes(packed), maintype="application", subtype="zip", filename="forms.zip")
    ingest(some, [kept(tmp_path, "locked.eml", sent.as_bytes())])
    go_to(page, "/")
    page.locator(".tasks").get_by_role("link", name="Cedar").click()
    locked = page.url
    expect(main_of(page)).to_contain_text("If you know its password, unpack the zip on your computer")
    ingest(some, [kept(tmp_path, "form.pdf", filled())])
    page.goto(locked)
    expect(main_of(page)).to_contain_text("The school's form is accepted.")
    expect(main_of(page)).to_contain_text("If it does not, close the file.")
    expect(main_of(page)).not_to_contain_text("Please save the form and send it again")


def test_story_of_a_school_calls_a_message_a_message(page: Page, some: Path, tmp_path: Path) -> None:
    ingest(some, [kept(tmp_path, "note.eml", written("Our form will follow.", CEDAR).as_bytes())])
    go_to(page, "/schools/211-2101")
    expect(page.locator(".story")).to_contain_text("A message without a form.")
    expect(page.locator(".story")).not_to_contain_text("nreadable")


def test_a_page_on_which_nothing_is_asked_is_not_answered_with_a_request_where_the_form_is_accepted(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    copy = master_of(load_definition("2026-27")).copy({"dfe_number": "2101"}, "211/2101")
    ingest(some, [kept(tmp_path, "form.pdf", filled()), kept(tmp_path, "page 2.pdf", scanned(copy, [1]))])
    go_to(page, "/")
    expect(main_of(page)).to_contain_text("A page of the form on which nothing is asked")
    go_to(page, f"/returns/{return_id(some, 'page 2')}")
    expect(main_of(page)).to_contain_text("The school's form of 2026-27 is accepted.")
    expect(main_of(page)).to_contain_text("If it does not, close the file.")
    expect(main_of(page)).not_to_contain_text("It is quicker if you fill in the PDF")


def test_a_form_with_an_error_leads_to_the_form_of_the_school_that_counts_until_it_is_settled(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    later = filled(chair_of_governors_name="Elif Stone", main_contact_name="")
    dated = {
        "form.eml": (filled(), "Mon, 4 May 2026 10:00:00 +0100"),
        "new.eml": (later, "Tue, 5 May 2026 10:00:00 +0100"),
    }
    sent = {name: message(form, CEDAR, Date=date) for name, (form, date) in dated.items()}
    ingest(some, [kept(tmp_path, name, each.as_bytes()) for name, each in sent.items()])
    (faulty,) = (row for row in rows(some / "returns.csv") if row["verdict"] == "needs_attention")
    go_to(page, f"/returns/{faulty['return_id']}")
    expect(main_of(page)).to_contain_text("Another form of the school counts until this one is settled.")
    page.get_by_role("link", name="Look at the one that counts").click()
    expect(page.locator("#main_contact_name")).not_to_have_value("")
    expect(main_of(page)).not_to_contain_text("until this one is settled")


def test_a_form_that_another_school_sent_in_the_place_of_its_own_is_asked_about(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    form = filled(chair_of_governors_name="Elif Stone")
    ingest(some, [kept(tmp_path, "form.eml", message(form, ELM).as_bytes())])
    go_to(page, "/")
    expect(main_of(page)).to_contain_text(
        "The form of Cedar Primary School came from Elm Tree Primary School, which has sent none of its own."
    )
    page.get_by_role("link", name="Look at it").click()
    page.locator("#dfe_number").fill("2103")
    page.get_by_label("Full Name of School").fill("Elm Tree Primary School")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".done")).to_contain_text("Elm Tree Primary School")
    go_to(page, "/")
    expect(main_of(page)).not_to_contain_text("none of its own")
    (chair,) = (row for row in rows(some / "contacts.csv") if row["role"] == "chair_of_governors")
    assert (chair["dfe_number"], chair["name"]) == ("211/2103", "Elif Stone")


def test_a_form_that_another_school_passed_on_beside_its_own_is_not_asked_about(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    own = filled(dfe_number="2103", school_name="Elm Tree Primary School")
    ingest_messages(some, tmp_path, message(filled(), ELM), message(own, ELM))
    require_nothing_asked(page)


def test_a_form_that_its_own_school_sent_too_is_not_asked_about(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    form = filled()
    passed_on = message(form, ELM, Date="Mon, 4 May 2026 10:00:00 +0100")
    own = message(form, CEDAR, Date="Tue, 5 May 2026 10:00:00 +0100")
    ingest_messages(some, tmp_path, passed_on, own)
    require_nothing_asked(page)


def test_forms_of_several_schools_from_one_who_sends_for_others_are_not_asked_about(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    ivy = filled(dfe_number="4242", school_name="Ivy Lane School", phase_primary=False, phase_secondary=True)
    ingest_messages(some, tmp_path, message(filled(), ELM), message(ivy, ELM))
    require_nothing_asked(page)


def test_what_came_is_downloaded_as_it_came(page: Page, some: Path, tmp_path: Path, filled: Filled) -> None:
    form = filled()
    ingest(some, [kept(tmp_path, "Our form.pdf", form)])
    go_to(page, f"/returns/{return_id(some, 'Our form')}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file as it came").click()
    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "Our form.pdf"
    assert (tmp_path / "saved").read_bytes() == form


def test_the_workbook_is_downloaded_as_things_stand_now(page: Page, some: Path, tmp_path: Path, filled: Filled) -> None:
    ingest(some, [kept(tmp_path, "form.pdf", filled())])
    go_to(page, "/schools/211-2101/enter")
    page.locator("#chair_of_governors_name").fill("Rhys Newman")
    page.get_by_role("button", name="Save").click()
    go_to(page, "/report")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook").click()
    download.value.save_as(tmp_path / "saved.xlsx")
    assert download.value.suggested_filename == "2026-27 records.xlsx"
    names = {cell.value for row in load_workbook(tmp_path / "saved.xlsx")["contacts"].iter_rows() for cell in row}
    assert "Rhys Newman" in names


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("Elm Tree answers (1).pdf", "211/2103"),
        ("elm_tree.pdf", "211/2103"),
        ("2026 IVY LANE.pdf", "211/4242"),
        ("Cedar and Ivy Lane.pdf", ""),
        ("minutes.pdf", ""),
        ("school.pdf", ""),
    ],
)
def test_the_school_of_which_the_name_of_a_file_speaks_is_proposed(
    page: Page, some: Path, tmp_path: Path, name: str, proposed: str
) -> None:
    ingest(some, [kept(tmp_path, name, letter())])
    go_to(page, f"/returns/{return_id(some, Path(name).stem)}")
    expect(page.get_by_label("DfE number of the school")).to_have_value(proposed)
    found = expect(main_of(page))
    check = found.to_contain_text if proposed else found.not_to_contain_text
    check("check it")


def test_the_school_that_sent_a_form_that_cannot_be_read_is_proposed(
    page: Page, some: Path, tmp_path: Path, definition: FormDefinition
) -> None:
    sent = packing.mail({"form.pdf": typed_anew(definition)})
    sent.replace_header("From", ELM)
    ingest_messages(some, tmp_path, sent)
    go_to(page, f"/returns/{return_id(some, 'form')}")
    expect(page.get_by_label("DfE number of the school")).to_have_value("211/2103")
    expect(main_of(page)).to_contain_text("The message came from Elm Tree Primary School: check it.")


def test_a_school_that_has_sent_nothing_has_its_answers_to_be_entered_not_changed(
    page: Page, some: Path, tmp_path: Path
) -> None:
    (tmp_path / "heads.csv").write_text("dfe_number,school,head\n2101,Cedar Primary School,Ann Lee\n", encoding="utf-8")
    ingest(some, [inbox(tmp_path / "in")], register=tmp_path / "heads.csv")
    go_to(page, "/schools/211-2101")
    expect(main_of(page)).to_contain_text("Ann Lee")
    expect(main_of(page).get_by_role("link", name="Enter its answers")).to_be_visible()


def test_post_that_nobody_holds_is_confirmed_with_one_click(
    page: Page, some: Path, filled: Filled, tmp_path: Path
) -> None:
    ingest(some, [kept(tmp_path, "form.pdf", filled(chair_of_governors_name="Vacant"))])
    go_to(page, f"/returns/{return_id(some, 'form')}")
    expect(main_of(page)).not_to_contain_text("leave the box empty")
    page.get_by_role("button", name="Confirm that nobody holds it").click()
    expect(main_of(page)).to_contain_text("Accepted")
    assert row_of(some, return_id(some, "form"))["verdict"] == "accepted"


def test_required_stands_beside_the_question_and_not_in_the_example_below_it(page: Page) -> None:
    go_to(page, "/start")
    label = page.locator("label[for=return_by]")
    mark, hint = label.locator(".required").bounding_box(), label.locator(".hint:not(.required)").bounding_box()
    assert mark
    assert hint
    assert mark["y"] + mark["height"] <= hint["y"]
    assert mark["x"] > label.bounding_box()["x"]  # on the line of the question


def test_a_school_that_is_not_in_the_list_and_one_that_is_lead_to_lists(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(some, [kept(tmp_path, "new.pdf", filled(dfe_number="2999", school_name="Rowan Primary School"))])
    go_to(page, f"/returns/{return_id(some, 'new')}")
    expect(main_of(page)).to_contain_text("If the school is new, or has a new DfE number, add it to your list")
    go_to(page, "/schools/211-2999")
    expect(main_of(page)).to_contain_text("It is not in your list of schools for 2026-27.")
    go_to(page, "/schools/211-2101")
    expect(main_of(page)).to_contain_text("If it has closed, or has a new DfE number, change it in your list")
    page.locator("main").get_by_role("link", name="Lists").click()
    expect(page.locator("h1")).to_contain_text("Your list of schools")
