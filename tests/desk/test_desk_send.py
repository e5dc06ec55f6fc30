"""What the desk sends, clicked in a real browser: messages to a real mail server, and drafts."""

from __future__ import annotations

import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import inbox, ingest
from tests.support.commands import run
from tests.support.deciding import return_id, standing
from tests.support.desk import MISTYPED, context_of, go_to, opened_at, require_accessible_light_and_dark, result, said
from tests.support.mailserver import PASSWORD, USER, MailServer
from tests.support.writing import CEDAR, ELM, IVY, SCHOOLS, form_in, send
from thep_forms.definition import Definitions
from thep_forms.desk.server import RunningDesk, running_desk

Filled = Callable[..., bytes]

MOST_TABS = 80
NAME_IN_FOCUS = """(() => {
  const here = document.activeElement;
  return (here.labels?.[0] ?? here).innerText.trim();
})()"""


@pytest.fixture
def mail(authority: trustme.CA) -> Iterator[MailServer]:
    """A server that wants a user name and a password. Playwright has this thread's loop, so another one starts it."""
    server = MailServer(authority, wants_login=True)
    starting = threading.Thread(target=server.__enter__)
    starting.start()
    starting.join()
    yield server
    server.__exit__()


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def sign_in(page: Page, server: MailServer, password: str = PASSWORD, per_minute: int = 60000) -> None:
    """Type what the mail server wants, and send."""
    page.get_by_label("Mail server").fill(server.host)
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill(password)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Port").fill(str(server.port))
    page.get_by_label("Messages in a minute").fill(str(per_minute))
    page.get_by_role("button", name=re.compile("Send . message")).click()


def test_the_form_is_seen_and_then_sent_to_each_school_that_was_not_sent_it(
    page: Page, some: Path, mail: MailServer
) -> None:
    page.get_by_label("Pages").get_by_role("link", name="Send").click()
    expect(page.locator("main")).to_contain_text("3 schools were not sent the form")
    page.get_by_role("button", name="Write to them").click()
    letter = page.locator(".mail")
    for words in (CEDAR, "Membership Form 2026-27, Cedar Primary School", "211-2101 Cedar Primary School.pdf", "kB"):
        expect(letter).to_contain_text(words)
    page.get_by_role("link", name="Next").click()
    expect(letter).to_contain_text(ELM)
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail)
    words = result(page)
    assert "3 messages were sent." in words
    assert "Ivy Lane School: sent" in words
    assert [received.to for received in mail.received] == [(CEDAR,), (ELM,), (IVY,)]
    assert {(received.secure, received.user) for received in mail.received} == {(True, USER)}
    assert form_in(mail.received[0].message)[0] == "2026-27 211-2101 Cedar Primary School.pdf"
    assert standing(some, "2101") == "sent"


def press(page: Page, name: str, key: str = "Enter", then: str = "") -> None:
    """Go with the Tab key to what has that name, press a key on it, and type."""
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME_IN_FOCUS).startswith(name):
            page.keyboard.press(key)
            page.keyboard.type(then)
            return
    pytest.fail(f"The Tab key does not lead to {name}.")


def test_forms_are_sent_with_the_keyboard_alone(page: Page, mail: MailServer) -> None:
    press(page, "Send")
    expect(page.locator("h1")).to_contain_text("Send")
    press(page, "Write to them")
    expect(page.locator(".mail")).to_contain_text(CEDAR)
    press(page, "Next")
    expect(page.locator(".mail")).to_contain_text(ELM)
    press(page, "Go on")
    expect(page.get_by_label("Mail server")).to_be_visible()
    for label, typed in (("Mail server", mail.host), ("User name", USER), ("Password", PASSWORD)):
        press(page, label, "Control+a", typed)
    press(page, "More")
    press(page, "Port", "Control+a", str(mail.port))
    press(page, "Send 3 messages")
    assert "3 messages were sent." in result(page)
    assert [received.to for received in mail.received] == [(CEDAR,), (ELM,), (IVY,)]


def test_schools_are_unticked_and_the_other_is_reminded_with_the_keyboard_alone(
    page: Page, some: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(some, [inbox(tmp_path / "in", cedar=filled(main_contact_email=MISTYPED))])
    go_to(page, "/send?all=1")
    for others in ("Elm Tree Primary School", "Ivy Lane School"):
        press(page, others, "Space")
        expect(page.get_by_label(others)).not_to_be_checked()
    press(page, "Remind the ticked schools")
    expect(page.locator("h1")).to_have_text("A reminder to 1 school")
    expect(page.locator(".mail")).to_contain_text("We cannot use it yet")


def test_the_password_is_kept_in_memory_alone(page: Page, some: Path, mail: MailServer) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    how = page.url
    sign_in(page, mail)
    result(page)
    page.goto(how)
    assert PASSWORD not in page.content()
    held = [path for path in some.rglob("*") if path.is_file()]
    assert held
    assert not [path for path in held if PASSWORD.encode() in path.read_bytes()]


def test_a_wrong_password_sends_nothing_and_can_be_typed_again(page: Page, mail: MailServer) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail, "wrong")
    words = result(page)
    assert "refuses the user name or the password" in words
    assert mail.received == []
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("User name")).to_have_value(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Messages in a minute").fill("60000")
    page.get_by_role("button", name="Send 3 messages").click()
    assert "3 messages were sent." in result(page)


def test_sending_is_stopped_and_goes_on_with_the_others_without_the_password_again(
    page: Page, mail: MailServer
) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to all").click()
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail, per_minute=1)
    page.wait_for_selector("text=Cedar Primary School: sent")
    page.get_by_role("button", name="Stop").click()
    words = result(page)
    assert "Stopped." in words
    assert "2 schools are left." in words
    page.get_by_role("link", name="Go on with the others").click()
    expect(page.locator("h1")).to_have_text("The form to 2 schools")
    page.get_by_role("link", name="Go on").click()
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Messages in a minute").fill("60000")
    page.get_by_role("button", name="Send 2 messages").click()
    assert "2 messages were sent." in result(page)
    assert [received.to for received in mail.received] == [(CEDAR,), (ELM,), (IVY,)]


def test_while_messages_are_sent_others_work_on_the_records_and_nobody_is_written_to_twice(
    page: Page, some: Path, schools: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail, per_minute=1)
    page.wait_for_selector("text=Cedar Primary School: sent")
    job = page.url
    go_to(page, "/send")
    page.get_by_role("link", name="Sending the form to 3 schools. See how far it is").click()
    page.wait_for_url(job)
    go_to(page, "/schools/211-2103")
    page.get_by_label("What the office should know of the school").fill("Ring after 3 pm")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator(".story")).to_contain_text("Ring after 3 pm")
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    assert send(schools, some, mail, "--smtp-user", USER).exit_code == 0
    assert [received.to for received in mail.received] == [(CEDAR,), (ELM,), (IVY,)]
    page.goto(job)
    page.get_by_role("button", name="Stop").click()
    result(page)
    page.get_by_role("link", name="Go on with the others").click()
    expect(page.locator("h1")).to_have_text("Nobody is left to write to")


def test_a_refused_address_is_listed_as_a_problem(page: Page, mail: MailServer) -> None:
    mail.at_rcpt[ELM] = ["550 5.1.1 no such mailbox"]
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail)
    words = result(page)
    assert "1 message was not sent: see below." in words
    expect(page.locator(".steps .problem")).to_contain_text("Elm Tree Primary School: NOT sent")
    assert "If an address is wrong, correct it in your list of schools, and give the list again." in words
    links = page.locator("main").get_by_role("link")
    expect(links.filter(has_text="Go on with the others")).to_have_count(0)
    expect(links.filter(has_text="Your list of schools")).to_have_attribute("href", "/lists")


def test_drafts_are_downloaded_in_one_file(page: Page, some: Path, tmp_path: Path) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Write 3 drafts").click()
    result(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the drafts").click()
    started.value.save_as(tmp_path / "drafts.zip")
    assert zipfile.ZipFile(tmp_path / "drafts.zip").namelist() == [
        "2026-27 211-2101 Cedar Primary School.eml",
        "2026-27 211-2103 Elm Tree Primary School.eml",
        "2026-27 211-4242 Ivy Lane School.eml",
    ]
    assert standing(some, "4242") == "drafted"


def test_drafts_are_noted_as_sent_once_a_person_says_so(page: Page, some: Path) -> None:
    go_to(page, "/send")
    expect(page.locator("main")).not_to_contain_text("Did you send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Write 3 drafts").click()
    result(page)
    expect(page.locator("h1")).to_have_text("3 drafts written")
    page.get_by_role("link", name="Say that you sent them").click()
    expect(page.locator("main")).to_contain_text("Did you send the 3 drafts?")
    expect(page.locator(".ticks")).to_contain_text("Form drafted on")
    page.get_by_role("button", name="Yes, all 3 were sent").click()
    expect(page.get_by_role("status").first).to_contain_text("3 drafts are noted as sent.")
    expect(page.locator("main")).not_to_contain_text("Did you send")
    assert standing(some, "4242") == "sent"


def test_schools_that_still_have_time_get_no_reminder_and_the_page_says_why(
    page: Page, some: Path, schools: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    assert send(schools, some, mail, "--smtp-user", USER).exit_code == 0
    go_to(page, "/send?all=1")
    page.get_by_role("button", name="Remind the ticked schools").click()
    expect(page.locator("h1")).to_have_text("Nobody is left to write to")
    expect(page.locator("main")).to_contain_text("Not written to: 3 that have the form and some time left.")


def test_the_mail_server_is_remembered_and_the_password_is_not(
    some: Path, context: BrowserContext, mail: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    with running_desk(some, Definitions.of_today) as running:
        first = opened_at(context, running, "/send")
        first.get_by_role("button", name="Write to them").click()
        first.get_by_role("link", name="Go on").click()
        sign_in(first, mail)
        assert "3 messages sent" in result(first)
    kept = [path for path in (tmp_path / "settings").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]
    with running_desk(some, Definitions.of_today) as running:
        again = opened_at(context, running, "/send")
        again.get_by_role("button", name="Write to all").click()
        again.get_by_role("link", name="Go on").click()
        expect(again.get_by_label("Mail server")).to_have_value(mail.host)
        expect(again.get_by_label("User name")).to_have_value(USER)
        expect(again.locator("#port")).to_have_value(str(mail.port))
        expect(again.get_by_label("Password")).to_have_value("")


def test_schools_are_chosen_by_their_ticks(page: Page) -> None:
    go_to(page, "/send")
    page.get_by_label("Schools of which phase").select_option("primary")
    page.get_by_label("Where they stand").select_option("open")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("checkbox")).to_have_count(2)
    page.get_by_role("button", name="Send the form to the ticked schools").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the schools")
    page.get_by_label("Elm Tree Primary School").check()
    page.get_by_role("button", name="Send the form to the ticked schools").click()
    expect(page.locator("h1")).to_have_text("The form to 1 school")
    expect(page.locator(".mail")).to_contain_text(ELM)


def test_what_a_school_is_to_correct_is_written_to_it_from_its_return(
    page: Page, some: Path, tmp_path: Path, filled: Filled, mail: MailServer
) -> None:
    ingest(some, [inbox(tmp_path / "in", cedar=filled(main_contact_email=MISTYPED))])
    go_to(page, f"/returns/{return_id(some, 'cedar')}")
    page.get_by_role("button", name="Write to the school…").click()
    expect(page.locator("h1")).to_have_text("A reminder to 1 school")
    expect(page.locator(".mail")).to_contain_text("We cannot use it yet")
    page.get_by_role("link", name="Go on").click()
    sign_in(page, mail)
    assert "1 message was sent." in result(page)
    assert [received.to for received in mail.received] == [(CEDAR,)]


def test_one_school_is_written_to_and_its_copy_downloaded_from_its_page(page: Page, tmp_path: Path) -> None:
    go_to(page, "/schools/211-4242")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download its copy of the form").click()
    assert started.value.suggested_filename == "2026-27 211-4242 Ivy Lane School.pdf"
    started.value.save_as(tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF-")
    page.get_by_role("button", name="Write to it…").click()
    expect(page.locator("h1")).to_have_text("The form to 1 school")
    expect(page.locator(".mail")).to_contain_text(IVY)


def test_the_example_address_is_put_right_before_anything_is_sent(page: Page) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    expect(page.locator("main")).to_contain_text("which is an example")
    seen = page.url
    page.get_by_role("link", name="Enter your own address").click()
    page.locator("[name=return_address]").fill("forms@example.org")
    page.locator("main form button").first.click()
    page.wait_for_url(seen)
    expect(page.locator(".headers")).to_contain_text("forms@example.org")
    expect(page.locator("main")).not_to_contain_text("which is an example")


def test_what_is_missing_for_the_mail_server_is_said_at_its_box(page: Page) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_label("User name").fill(USER)
    page.get_by_role("button", name="Send 3 messages").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the name of the mail server")
    expect(page.get_by_label("Mail server")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("User name")).to_have_value(USER)


def test_a_school_without_an_address_is_listed_with_what_to_do(page: Page, some: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(SCHOOLS.replace(ELM, ""), encoding="utf-8")
    run("status", "2026-27", "-o", some, "--schools", tmp_path / "new.csv")
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    main = said(page)
    assert "The form to 2 schools" in main
    assert "have no e-mail address that can be used" in main
    expect(page.get_by_role("link", name="Elm Tree Primary School")).to_be_visible()


@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_violation_on_any_page_that_sends(chromium: Browser, desk: RunningDesk, width: int) -> None:
    context = context_of(chromium, width=width)
    page = opened_at(context, desk)
    go_to(page, "/forms")
    require_accessible_light_and_dark(page)
    go_to(page, "/report")
    require_accessible_light_and_dark(page)
    go_to(page, "/send")
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Send the form to the ticked schools").click()
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Write to all").click()
    require_accessible_light_and_dark(page)
    page.get_by_role("link", name="Go on").click()
    page.get_by_text("More", exact=True).click()
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Send 3 messages").click()
    require_accessible_light_and_dark(page)
    page.get_by_role("button", name="Write 3 drafts").click()
    page.wait_for_selector(".done")
    require_accessible_light_and_dark(page)
    go_to(page, "/send/1")
    require_accessible_light_and_dark(page)
    context.close()
