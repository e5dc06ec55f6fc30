"""What goes wrong with a mail server is said at the desk so that a person knows what to do, in a real browser."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import inbox, ingest
from tests.desk.test_desk_send import mail, sign_in
from tests.support.desk import go_to, result, said
from tests.support.mailserver import MailServer
from tests.support.messages import report
from tests.support.writing import CEDAR, ELM
from thep_forms.office.dates import in_words, today

__all__ = ["mail"]


@pytest.fixture
def some(three_schools: Path) -> Path:
    return three_schools


@pytest.fixture
def mailbox_server() -> Iterator[MailServer]:
    """A server of mailboxes, whose port a person took for that of the mail server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=greet, args=(listening,), daemon=True).start()
        server = MailServer()
        server.port = listening.getsockname()[1]
        yield server


def greet(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"* OK IMAP4rev1 ready\r\n")
        connection.recv(100)


def to_the_server(page: Page) -> None:
    """Choose all schools, and go to where the mail server is asked for."""
    go_to(page, "/send")
    page.get_by_role("button", name=re.compile("Write to (?:them|it)")).click()
    page.get_by_role("link", name="Go on").click()


def test_a_message_that_may_have_arrived_is_not_called_unsent_and_the_page_says_what_to_do(
    page: Page, mail: MailServer
) -> None:
    mail.at_rcpt[CEDAR] = ["550 5.1.1 no such user"]
    mail.at_data[ELM] = [MailServer.TAKE_AND_HANG_UP]
    to_the_server(page)
    sign_in(page, mail)
    words = result(page)
    assert "1 message was sent." in words
    assert "1 message may have been sent: see below. Ask the school. If nothing arrived, tick it" in words
    assert "1 message was not sent: see below." in words
    assert "left" not in words
    page.get_by_role("link", name="Write to those again").click()
    assert "nobody knows whether the message arrived. Ask the school." in said(page)


@pytest.mark.parametrize("host", ["https://mail.example", "mail.example:587", "mail server", "office@mail.example"])
def test_what_is_no_name_of_a_mail_server_is_said_at_its_box(page: Page, mail: MailServer, host: str) -> None:
    to_the_server(page)
    mail.host = host
    sign_in(page, mail)
    expect(page.get_by_role("alert")).to_contain_text("Enter the name of the mail server")
    expect(page.get_by_label("Mail server")).to_have_value(host)


@pytest.mark.parametrize("host", ["mail..example", f"{'m' * 64}.example"])
def test_a_name_that_no_server_can_have_is_no_fault_of_the_program(page: Page, mail: MailServer, host: str) -> None:
    to_the_server(page)
    mail.host = host
    sign_in(page, mail)
    assert "cannot be reached: there can be no such name. Check its name and its port." in result(page)


def test_the_port_of_a_mailbox_is_said_to_send_no_mail(page: Page, mailbox_server: MailServer) -> None:
    to_the_server(page)
    sign_in(page, mailbox_server)
    assert "what answers there sends no mail. Check its name and its port. The port is most often 587." in result(page)


def test_why_an_address_was_refused_is_said_where_the_office_looks_for_the_school(page: Page, mail: MailServer) -> None:
    mail.at_rcpt[CEDAR] = [f"550 5.1.1 <{CEDAR}>: no such user here"]
    to_the_server(page)
    sign_in(page, mail)
    result(page)
    why = f"he mail server refused {CEDAR} on {in_words(today())}: there is no such address; find another address"
    for path in ("/", "/schools", "/schools/211-2101"):
        go_to(page, path)
        assert why in page.locator("main").text_content()
    assert f"The mail server said of {CEDAR}: “550 5.1.1 …: no such user here”" in said(page)
    assert "correct it in your list of schools" in said(page)


def test_an_address_that_is_refused_beside_another_is_named_until_it_takes_mail(
    page: Page, some: Path, mail: MailServer, tmp_path: Path
) -> None:
    other = "head@cedar2101.example"
    listed = tmp_path / "two.csv"
    listed.write_text(f"dfe_number,school_name,email\n2101,Cedar,{CEDAR}; {other}\n", encoding="utf-8")
    ingest(some, [], register=listed)
    mail.at_rcpt[other] = ["552 5.2.2 mailbox full"]
    to_the_server(page)
    sign_in(page, mail)
    assert "sent, but not to 1 of 2 addresses" in result(page)
    for path in ("/schools", "/schools/211-2101", "/"):
        go_to(page, path)
        words = page.locator("main").text_content()
        assert f"he mail server refused {other} on {in_words(today())}: the mailbox is full; ring the school" in words
        assert path == "/schools" or f"he form went to {CEDAR}" in words
    go_to(page, "/schools/211-2101")
    page.get_by_role("button", name="Write to it").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name=re.compile("Send . message")).click()
    result(page)
    go_to(page, "/schools/211-2101")
    assert f"refused {other}" not in said(page)


def test_an_address_that_bounced_beside_another_is_named_though_the_form_was_accepted(
    page: Page, some: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    other = "head@cedar2101.example"
    listed = tmp_path / "two.csv"
    listed.write_text(f"dfe_number,school_name,email\n2101,Cedar,{CEDAR}; {other}\n", encoding="utf-8")
    ingest(some, [inbox(tmp_path / "in", cedar=filled())], register=listed)
    (tmp_path / "bounce.eml").write_bytes(report(None, recipient=other).as_bytes())
    ingest(some, [tmp_path / "bounce.eml"])
    for path in ("/schools", "/schools/211-2101", "/"):
        go_to(page, path)
        words = page.locator("main").text_content()
        assert f"ail to {other} came back" in words
        assert "there is no such address; find another address" in words
        assert "he form went to" not in words  # the desk sent none


def test_a_form_that_may_have_arrived_says_when_to_whom_and_what_to_do_and_no_message_id(
    page: Page, mail: MailServer
) -> None:
    mail.at_data[ELM] = [MailServer.TAKE_AND_HANG_UP]
    to_the_server(page)
    sign_in(page, mail)
    result(page)
    for path in ("/schools", "/schools/211-2103"):
        go_to(page, path)
        words = said(page)
        assert f"ay have been sent on {in_words(today())} to {ELM}. The connection broke" in words
        assert "Ask the school. If nothing arrived, send it again on its page with “Write to it”" in words
        assert "Message-ID" not in words
