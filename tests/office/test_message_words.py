"""What people write in a message that carries a form is kept, shown beside the form, found, and forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.conftest import ingest, rows
from tests.support import outlook
from tests.support.commands import run
from tests.support.deciding import decide, return_id
from tests.support.desk import made_records, require_accessible
from tests.support.messages import completed_copy, forwarded, message, report, written
from tests.support.packing import mbox, zipped
from thep_forms.definition import Definitions
from thep_forms.office.display.one_return import look_up_return
from thep_forms.sources.mail.message_texts import divided

WORDS = "Our head, Zadie Quill, leaves in July."
MORE = "Please ring before you write."
QUOTED = (
    "On Mon, 4 May 2026 at 10:00, THE Partnership\n<us@partnership.example> wrote:\n> Here is the form.\n> Kind regards"
)


def saying(text: str, pdf: bytes = b"", **headers: str) -> EmailMessage:
    """A message of Cedar Primary School that says this and carries its form, or another file."""
    made = message(pdf or completed_copy(), **headers)
    plain = made.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    plain.set_content(text)
    return made


def kept(folder: Path, *messages: EmailMessage) -> Path:
    """Records of messages that came one after the other, each as `form.eml` in a folder `in`."""
    for number, made in enumerate(messages):
        came = folder / str(number) / "in"
        came.mkdir(parents=True)
        (came / "form.eml").write_bytes(made.as_bytes())
        ingest(folder / "records", [came])
    return folder / "records"


def own_words(records: Path) -> list[str]:
    shown = look_up_return(records, return_id(records, "form"), Definitions.of_today())
    return [words.own for words in shown.words]


def texts_in(records: Path) -> list[str]:
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger:
        return [words for (words,) in ledger.execute("SELECT words FROM message_text ORDER BY words")]


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_words_of_an_email_with_a_form_stand_beside_the_form(tmp_path: Path) -> None:
    assert own_words(kept(tmp_path, saying(WORDS))) == [WORDS]


def test_words_of_an_outlook_message_with_a_form_stand_beside_the_form(tmp_path: Path) -> None:
    html = f"<html><body><p>Dear all,</p><p>{WORDS}</p></body></html>"
    sent = outlook.message("Our form", None, [outlook.attachment("form.pdf", completed_copy())], html)
    (tmp_path / "form.msg").write_bytes(outlook.compound(sent))
    ingest(tmp_path / "records", [tmp_path / "form.msg"])
    assert own_words(tmp_path / "records") == [f"Dear all,\n{WORDS}"]


def test_words_of_both_messages_stand_beside_a_form_that_was_forwarded(tmp_path: Path) -> None:
    assert own_words(kept(tmp_path, forwarded(saying(WORDS)))) == ["See the message attached.", WORDS]


def test_words_stand_beside_a_form_in_a_zip_of_a_message(tmp_path: Path) -> None:
    made = written(WORDS)
    made.add_attachment(zipped({"form.pdf": completed_copy()}), maintype="application", subtype="zip", filename="a.zip")
    assert own_words(kept(tmp_path, made)) == [WORDS]


def test_a_message_that_is_quoted_is_told_apart_from_what_the_school_wrote(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(f"{WORDS}\n\n{QUOTED}"))
    (words,) = look_up_return(records, return_id(records, "form"), Definitions.of_today()).words
    assert (words.own, words.quoted) == (WORDS, QUOTED)


def test_answers_between_the_lines_of_a_quoted_message_count_as_written(tmp_path: Path) -> None:
    text = f"See below.\n\n{QUOTED}\n{WORDS}\n> the Partnership"
    assert own_words(kept(tmp_path, saying(text))) == [text]


def test_two_messages_that_bring_the_same_form_by_the_same_name_leave_the_words_of_both(tmp_path: Path) -> None:
    assert own_words(kept(tmp_path, saying(WORDS), saying(MORE), saying(WORDS))) == [WORDS, MORE]


def test_the_same_words_in_two_exports_of_a_mailbox_are_kept_once(tmp_path: Path) -> None:
    for name in ("one.mbox", "two.mbox"):
        ingest(tmp_path / "records", [mbox(tmp_path / name, [saying(WORDS)])])
    assert texts_in(tmp_path / "records") == [WORDS]
    assert own_words(tmp_path / "records") == [WORDS]


def test_words_of_bounces_and_of_our_own_messages_are_not_kept(tmp_path: Path) -> None:
    records = kept(tmp_path, report(saying("We could not deliver it.")), saying("Here is your form.", X_Unsent="1"))
    assert texts_in(records) == []


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPad",
        "Sent from my Galaxy",
        "Sent from my Samsung Galaxy smartphone.",
        "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
        "Get Outlook for Android <https://aka.ms/ghei36>",
        "Sent from Mail for Windows",
    ],
)
def test_a_line_that_a_mail_program_adds_is_nothing_that_a_person_has_to_read(tmp_path: Path, line: str) -> None:
    assert texts_in(kept(tmp_path, saying(line))) == []
    assert texts_in(kept(tmp_path / "more", saying(f"{MORE}\n\n{line}"))) == [f"{MORE}\n\n{line}"]


@pytest.mark.parametrize("line", ["Sent from my new office, please use its address", "Sent from Mail Road"])
def test_a_line_that_only_begins_like_one_of_a_mail_program_is_kept(tmp_path: Path, line: str) -> None:
    assert texts_in(kept(tmp_path, saying(line))) == [line]


def test_words_of_a_message_whose_file_is_a_link_are_kept(tmp_path: Path) -> None:
    sent = outlook.message("Our form", None, [outlook.attached_link("form.pdf")], f"<p>{WORDS}</p>")
    (tmp_path / "link.msg").write_bytes(outlook.compound(sent))
    ingest(tmp_path / "records", [tmp_path / "link.msg"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    shown = look_up_return(tmp_path / "records", row["return_id"], Definitions.of_today())
    assert [words.own for words in shown.words] == [WORDS]


OUTLOOK = """<html><head><style><!-- p {margin:0} --></style><!--[if gte mso 9]><xml><w:View>Normal</w:View></xml>
<![endif]--></head><body><p>Dear all,<br>see <b>below</b>: 3 &lt; 4</p><script>let a = 1 < 2;</script></body></html>"""


def test_only_what_a_browser_shows_of_an_html_message_counts_as_words(tmp_path: Path) -> None:
    made = written("")
    made.add_alternative(OUTLOOK, subtype="html")
    made.add_attachment(completed_copy(), maintype="application", subtype="pdf", filename="form.pdf")
    assert own_words(kept(tmp_path, made)) == ["Dear all,\nsee below: 3 < 4"]


@pytest.mark.parametrize("part", ["<", "<style ", "<br ", "<!-- ", "<script>"])
def test_a_form_is_accepted_whatever_html_stands_beside_it(tmp_path: Path, part: str) -> None:
    made = written("")
    made.add_alternative(part * (250_000 // len(part)), subtype="html")
    made.add_attachment(completed_copy(), maintype="application", subtype="pdf", filename="form.pdf")
    (row,) = rows(kept(tmp_path, made) / "returns.csv")
    assert row["verdict"] == "accepted"


@given(st.text(st.sampled_from("ab \n>:") | st.characters(exclude_categories=["Cs"])), st.booleans())
def test_dividing_a_message_loses_no_word(text: str, has_quote: bool) -> None:
    words = f"{text}\n{QUOTED}" if has_quote else text
    assert " ".join(divided(words)).split() == words.split()


# --- finding and forgetting -------------------------------------------------------------------------------------------


def test_a_person_in_the_words_of_a_message_is_found(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(WORDS))
    result = run("find", "Zadie Quill", "-o", records)
    assert (result.exit_code, WORDS in result.stdout) == (0, True)


def test_words_that_name_a_forgotten_person_go_and_do_not_come_back_while_the_form_stays(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(WORDS), saying(MORE))
    before = rows(records / "returns.csv")
    assert run("forget", "-o", records, "--person", "Zadie Quill", "--yes").exit_code == 0
    ingest(records, [tmp_path / "0" / "in"])
    assert own_words(records) == [MORE]
    assert b"Zadie" not in (records / "ledger.sqlite").read_bytes()
    assert rows(records / "returns.csv") == before


def test_words_go_with_the_return_that_they_came_with(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(WORDS))
    assert run("forget", "-o", records, "--school", "211/2101", "--yes").exit_code == 0
    assert b"Zadie" not in (records / "ledger.sqlite").read_bytes()


def test_words_that_came_after_the_last_copy_are_brought_back_when_a_ledger_is_restored(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(WORDS))
    copy = (records / "ledger-copy.sqlite").read_bytes()
    kept(tmp_path / "later", saying(MORE))
    ingest(records, [tmp_path / "later" / "0" / "in"])
    (records / "ledger-copy.sqlite").write_bytes(copy)
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM result_detail")
    assert run("restore", "-o", records).exit_code == 0
    assert texts_in(records) == [WORDS, MORE]
    assert run("verify", "-o", records).exit_code == 0


def test_a_text_that_was_changed_from_outside_is_noticed(tmp_path: Path) -> None:
    records = kept(tmp_path, saying(WORDS))
    with closing(sqlite3.connect(records / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE message_text SET words='Nothing.'")
    result = run("verify", "-o", records)
    assert (result.exit_code, "what the messages say" in result.stderr) == (1, True)


# --- at the desk ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """A form that is accepted and one with nothing in it, each with words."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "in").mkdir()
    (folder / "in" / "form.eml").write_bytes(saying(f"{WORDS}\n\n{QUOTED}").as_bytes())
    (folder / "in" / "blank.eml").write_bytes(saying("It would not save. Our chair is Bo Low.", form).as_bytes())
    (folder / "in" / "letter.eml").write_bytes(written("We will send it soon.").as_bytes())
    (folder / "in" / "minutes.eml").write_bytes(saying("Here are the minutes.", b"Minutes").as_bytes())
    return made_records(folder, folder / "in")


def test_words_with_an_accepted_form_are_read_by_a_link_on_the_first_page(page: Page, some: Path) -> None:
    (row,) = (row for row in rows(some / "returns.csv") if row["verdict"] == "not_a_form")
    decide("close", some, row["return_id"])
    page.reload()
    page.get_by_role("link", name="Read what schools wrote with their forms (1)").click()
    expect(page.locator("h1")).to_have_text("What schools wrote 2026-27")
    expect(page.locator("blockquote").first).to_have_text(WORDS)
    expect(page.get_by_text("Here is the form")).to_be_hidden()
    page.get_by_text("The message that it answers").click()
    expect(page.get_by_text("Here is the form")).to_be_visible()
    require_accessible(page)
    page.get_by_role("link", name="Cedar Primary School").click()
    expect(page.locator("blockquote").first).to_have_text(WORDS)
    require_accessible(page)


def test_words_with_a_form_that_needs_a_person_stand_on_its_line_and_where_its_answers_are_typed_in(page: Page) -> None:
    line = page.locator("#tasks li").filter(has_text="Our chair is Bo Low")
    expect(line).to_contain_text("The message says: It would not save. Our chair is Bo Low.")
    line.get_by_role("link", name="Look").click()
    expect(page.locator("main blockquote")).to_contain_text("Our chair is Bo Low")
    page.get_by_role("link", name="Type in its answers").click()
    expect(page.locator("main blockquote")).to_contain_text("Our chair is Bo Low")
    require_accessible(page)


def test_words_of_a_message_without_a_form_stand_on_its_line(page: Page) -> None:
    line = page.locator("#tasks li").filter(has_text="no file attached")
    expect(line).to_contain_text("The message says: We will send it soon.")


def test_a_person_in_a_message_is_erased_with_its_whole_text_and_the_page_says_so(page: Page) -> None:
    page.get_by_role("link", name="People").click()
    page.get_by_label("Find a person").fill("Zadie Quill")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Erase").click()
    expect(page.locator("main")).to_contain_text("The whole text of the message")
