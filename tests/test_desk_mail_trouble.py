"""What goes wrong with a mail server is said at the desk so that a person knows what to do, in a real browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk import go_to, result, said
from tests.mailserver import MailServer
from tests.test_desk_send import mail, sign_in
from tests.writing import CEDAR, ELM

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
    page.get_by_role("button", name="Write to them").click()
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
