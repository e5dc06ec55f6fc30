"""The mailbox at the desk, in a real browser and on a real mail server: returns are fetched, drafts are put into it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Browser, Page, expect

from tests.conftest import rows
from tests.support.desk import context_of, go_to, opened_at, require_accessible, result, said
from tests.support.imapserver import PASSWORD, ImapServer, needs_dovecot
from tests.support.mailserver import MailServer
from tests.support.oauthserver import OAuthServer, browser
from tests.support.packing import mail
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.server import RunningDesk
from thep_forms.office.years import look_up_years

pytestmark = needs_dovecot


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


def sign_in(page: Page, imap: ImapServer, user: str, password: str = PASSWORD) -> None:
    """Type what the mailbox wants, and go on."""
    page.get_by_label("Mail server").fill(f"{imap.host}:{imap.port}")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=re.compile("Fetch|Put")).click()


def test_returns_are_fetched_from_the_mailbox_and_the_password_is_asked_for_once(
    page: Page, some: Path, imap: ImapServer, filled: Callable[..., bytes]
) -> None:
    imap.deliver("one", mail({"form.pdf": filled("2101")}))
    go_to(page, "/add")
    page.get_by_role("link", name="Fetch from the mailbox").click()
    require_accessible(page)
    sign_in(page, imap, "one")
    assert "1 new file or message came." in result(page)
    (row,) = rows(some / "returns.csv")
    assert row["verdict"] == "accepted"
    assert PASSWORD not in page.content() + page.url
    page.get_by_role("link", name="Fetch again").click()
    page.get_by_role("button", name="Fetch new messages").click()
    assert "No new message is there." in result(page)
    assert not [flags for flags in imap.flags("one") if b"\\Seen" in flags]


def test_what_is_fetched_counts_for_the_year_in_the_head_of_the_page(
    page: Page, some: Path, imap: ImapServer, filled: Callable[..., bytes]
) -> None:
    imap.deliver("next", mail({"form.pdf": filled("2101")}))
    page.locator("header").get_by_label("Year", exact=True).select_option("2027-28")
    page.locator("header").get_by_role("button", name="Change").click()
    page.wait_for_url("**/")
    go_to(page, "/mailbox")
    sign_in(page, imap, "next")
    result(page)
    assert look_up_years(some, Definitions.of_today()).latest == MembershipYear(2027)  # the latest that is collected


def test_page_for_files_does_not_say_that_nothing_came_after_the_mailbox_was_fetched(
    page: Page, imap: ImapServer, filled: Callable[..., bytes]
) -> None:
    imap.deliver("added", mail({"form.pdf": filled("2101")}))
    go_to(page, "/mailbox")
    sign_in(page, imap, "added")
    result(page)
    go_to(page, "/add")
    expect(page.locator("#nothing-yet")).to_have_text(
        "No file was dropped or chosen since the desk was opened. What came out of the mailbox is in To do, as far as "
        "it needs you."
    )


def test_heading_says_what_came_once_the_mailbox_is_fetched(
    page: Page, imap: ImapServer, filled: Callable[..., bytes]
) -> None:
    imap.deliver("ended", mail({"form.pdf": filled("2101")}))
    go_to(page, "/mailbox")
    sign_in(page, imap, "ended")
    result(page)
    assert said(page, "h1") == "1 new file or message came"
    page.get_by_role("link", name="Fetch again").click()
    page.get_by_role("button", name="Fetch new messages").click()
    result(page)
    assert said(page, "h1") == "No new message is there"


def test_wrong_password_is_said_and_asked_for_again(page: Page, imap: ImapServer) -> None:
    go_to(page, "/mailbox")
    sign_in(page, imap, "two", "guess")
    assert "refuses the user name or the password. Correct them." in result(page)
    go_to(page, "/mailbox")
    page.get_by_role("button", name="Fetch new messages").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the password of the mailbox.")
    require_accessible(page)


@pytest.mark.parametrize(
    ("host", "user", "words"),
    [
        ("", "jo", "Enter the name of the mail server"),
        ("mail example", "jo", "Enter the name"),
        ("x.example", "", "Enter your user name"),
    ],
)
def test_box_that_has_to_be_put_right_is_said(page: Page, host: str, user: str, words: str) -> None:
    go_to(page, "/mailbox")
    page.get_by_label("Mail server").fill(host)
    page.get_by_label("User name").fill(user)
    page.get_by_role("button", name="Fetch new messages").click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_sign_in_that_nobody_has_set_up_is_said_before_anything_starts(page: Page) -> None:
    go_to(page, "/mailbox")
    page.get_by_label("Mail server").fill("outlook.office365.com")
    page.get_by_label("User name").fill("office@example.org")
    page.get_by_label("At Microsoft").check()
    page.get_by_role("button", name="Fetch new messages").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody has set up the sign-in with Microsoft yet.")


def set_up(records: Path, oauth: OAuthServer) -> None:
    (records / "templates").mkdir(exist_ok=True)
    own = oauth.settings(has_device_flow=False).replace("[own]", "[microsoft]\ndevice_url = ''")
    (records / "templates" / "sign-in.toml").write_text(own, encoding="utf-8")


# The browser of a person outlives what opened it.
@pytest.mark.filterwarnings("ignore:.*Popen.__del__:pytest.PytestUnraisableExceptionWarning")
def test_user_signs_in_once_to_fetch_and_to_send(
    page: Page,
    some: Path,
    imap: ImapServer,
    module_authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BROWSER", browser(tmp_path))
    assert imap
    with (
        OAuthServer(module_authority) as oauth,
        ImapServer(module_authority, introspection=oauth.introspection) as server,
    ):
        set_up(some, oauth)
        go_to(page, "/mailbox")
        page.get_by_label("At Microsoft").check()
        sign_in(page, server, "office", "")
        assert "No new message is there." in result(page)
        expect(page.locator("#job")).to_contain_text("Your browser opens. Sign in there at Microsoft as office")
        mail_server = MailServer(module_authority, tokens=oauth.access)
        starting = threading.Thread(target=mail_server.__enter__)  # Playwright has this thread's loop
        starting.start()
        starting.join()
        go_to(page, "/send")
        page.get_by_role("button", name="Write to them").click()
        page.get_by_role("link", name="Go on").click()
        require_accessible(page)
        page.get_by_label("Mail server").fill(mail_server.host)
        page.get_by_label("User name").fill("office")
        expect(page.get_by_label("At Microsoft")).to_be_checked()
        page.get_by_text("More", exact=True).click()
        page.get_by_label("Port").fill(str(mail_server.port))
        page.get_by_label("Messages in a minute").fill("60000")
        page.get_by_role("button", name=re.compile("Send . message")).click()
        assert "3 messages were sent." in result(page)
        mail_server.__exit__()
        assert oauth.signed_in == 1


def test_drafts_are_put_into_the_mailbox_once(page: Page, imap: ImapServer) -> None:
    go_to(page, "/send")
    page.get_by_role("button", name="Write to them").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("link", name="Put drafts into the mailbox").click()
    require_accessible(page)
    sign_in(page, imap, "three")
    words = result(page)
    assert said(page, "h1") == "3 drafts are in your mailbox"
    assert "3 drafts are in your mailbox." in words
    assert "Elm Tree Primary School: put among the drafts" in words
    assert len(imap.subjects("three", "Ablage")) == 3
    go_to(page, "/send")
    expect(page.locator("main")).not_to_contain_text("3 schools were not sent the form")


def test_pages_fit_a_narrow_dark_screen(chromium: Browser, desk: RunningDesk) -> None:
    narrow = context_of(chromium, scheme="dark", width=360)
    page = opened_at(narrow, desk, "/mailbox")
    require_accessible(page)
    narrow.close()
