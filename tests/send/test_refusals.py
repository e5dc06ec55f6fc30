"""Refusals of a mail server: those about us end the run, those about a recipient stay with the school."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.support.mailserver import PASSWORD, USER, MailServer
from tests.support.writing import CEDAR, ELM, IVY, send
from thep_forms.records import Ledger

ABOUT_US = {
    "550 5.4.5 Daily user sending limit exceeded. See https://support.example/a": "Wait until tomorrow.",
    "550-5.4.5 Daily SMTP relay limit\r\n550 5.4.5 exceeded for customer": "Wait until tomorrow.",
    "452 4.4.5 Quota exceeded": "Wait until tomorrow.",
    "450 4.7.1 Error: your hourly sending quota has been reached": "Wait until tomorrow.",
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for recipients": "tomorrow.",
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender": "the right “Send as”",
    "554 5.2.252 SendAsDenied; membership@thepartnership.example not allowed to send as": "the right “Send as”",
    "553 5.7.1 <membership@thepartnership.example>: Sender address rejected: not owned by user": "“Send as”",
    "550 5.1.8 Access denied, bad outbound sender AS(42004)": "lets this account or this computer send nothing",
    "550 5.7.501 Service unavailable. Spam abuse detected from 192.0.2.1": "send nothing",
    "554 5.7.1 Your account has been blocked": "send nothing",
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP": "send nothing",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example.org": "send nothing",
    "554 5.7.1 <head@elm.example>: Relay access denied": "send nothing",
    "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail": "your user name on the mail server",
    "530 5.7.0 Authentication required": "your user name on the mail server",
    "550 5.7.30 Basic authentication is not supported for Client Submission": "Write drafts instead",
    "552 5.3.4 Message size exceeds fixed limit": "too large for this server",
    "552 Error: Too much mail data": "too large for this server",
    "450 4.7.28 Our system has detected an unusual rate of mail": "send more slowly",
    "451 4.7.500 Server busy. Please try again later": "send more slowly",
    "451 4.7.1 Too many messages, slow down": "send more slowly",
    "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded": "send more slowly",
    "421 4.7.0 Try again later, closing connection": "Wait an hour",
    "421 Service not available": "Wait an hour",
}
ABOUT_A_SCHOOL = [
    "550 5.1.1 no such mailbox",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
    "552 5.2.2 Mailbox full, quota exceeded",
    "552 Mailbox quota exceeded for this user",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.7.1 The recipient takes mail from its own domain alone",
    "554 5.7.1 Message rejected as spam",
    "554 looks like spam",
    "550 no",
]


@pytest.mark.parametrize("reply", ABOUT_US)
@pytest.mark.parametrize("stage", ["at_rcpt", "at_data"])
def test_refusal_about_us_ends_the_run_and_the_next_one_goes_on(
    schools: Path, records: Path, server: MailServer, reply: str, stage: str
) -> None:
    getattr(server, stage)[ELM] = [reply]
    stopped = send(schools, records, server)
    assert stopped.exit_code == 2
    sent, error = (line for line in stopped.stderr.splitlines() if not line.startswith("schools.csv"))
    assert sent == "211/2101 Cedar Primary School: sent"
    assert error.startswith(f"Error: The mail server refuses what we send: {reply[:3]} ")
    assert ABOUT_US[reply] in error
    assert error.endswith(
        "1 of 3 messages were sent, and nothing after that. Then run the same command again for the rest."
    )
    assert "@" not in error
    assert server.attempts == [CEDAR, ELM]
    with Ledger.existing(records) as ledger:
        assert [note.dfe_number for note in ledger.sent()] == ["211/2101"]
    assert send(schools, records, server).exit_code == 0
    assert [received.to for received in server.received] == [(CEDAR,), (ELM,), (IVY,)]


@pytest.mark.parametrize("reply", ABOUT_A_SCHOOL)
@pytest.mark.parametrize("stage", ["at_rcpt", "at_data"])
def test_refusal_about_a_recipient_stays_the_schools(
    schools: Path, records: Path, server: MailServer, reply: str, stage: str
) -> None:
    getattr(server, stage)[ELM] = [reply]
    result = send(schools, records, server)
    assert result.exit_code == 1
    assert f"211/2103 Elm Tree Primary School: NOT sent, the mail server refused it: {reply}" in result.stderr
    assert [received.to for received in server.received] == [(CEDAR,), (IVY,)]


SIGN_IN = {
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.": "takes no passwords from programs",
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.": "no passwords",
    "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.": "If they are right: It takes no",
    "535 5.7.3 Authentication unsuccessful": "If they are right: It takes no passwords from programs.",
    "535 5.7.8 Error: authentication failed": "refuses the user name or the password (535 5.7.8",
    "454 4.7.0 Temporary authentication failure": "cannot sign you in now (454",
}


@pytest.mark.parametrize("reply", SIGN_IN)
def test_refusal_to_sign_in_says_in_one_line_what_to_do(
    schools: Path, records: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    monkeypatch.setenv("THEP_FORMS_SMTP_PASSWORD", PASSWORD)
    with MailServer(authority, wants_login=True, at_login=reply) as server:
        result = send(schools, records, server, "--smtp-user", USER)
    assert result.exit_code == 2
    (error,) = (line for line in result.stderr.splitlines() if not line.startswith("schools.csv"))
    assert SIGN_IN[reply] in error
    assert PASSWORD not in result.output
    assert server.attempts == []


def test_refusal_of_the_first_message_says_that_nothing_was_sent(
    schools: Path, records: Path, server: MailServer
) -> None:
    server.at_rcpt[CEDAR] = ["550 5.7.60 SMTP; Client does not have permissions to send as this sender"]
    result = send(schools, records, server)
    assert result.exit_code == 2
    assert "Nothing was sent. Then run the same command again." in result.stderr
    assert server.attempts == [CEDAR]
