"""Mailboxes as Microsoft and Google keep them: labels, shared mailboxes, and drafts over a connection that breaks.

The servers are our own: they answer as the documentation of Microsoft and Google says.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from click.testing import Result

from tests.conftest import rows
from tests.support.commands import run
from tests.support.messages import completed_copy, message, written
from tests.support.oauthserver import OAuthServer
from tests.support.odd_imap import HANG_UP, Kept, OddImapServer
from tests.support.writing import email
from thep_forms.records import Ledger, SentState

ALL_MAIL = "[Gmail]/All Mail"
GMAIL = [
    '(\\HasNoChildren) "/" "INBOX"',
    '(\\HasChildren \\Noselect) "/" "[Gmail]"',
    '(\\All \\HasNoChildren) "/" "[Gmail]/All Mail"',
    '(\\HasNoChildren \\Sent) "/" "[Gmail]/Sent Mail"',
    '(\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"',
    '(\\HasNoChildren \\Trash) "/" "[Gmail]/Bin"',
    '(\\HasNoChildren) "/" "Forms"',
]
MICROSOFT = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
REFUSED = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')


@pytest.fixture
def odd(odd: OddImapServer, monkeypatch: pytest.MonkeyPatch) -> OddImapServer:
    """An odd server without messages, with the password in the environment."""
    monkeypatch.setenv("THEP_FORMS_IMAP_PASSWORD", "sesame")
    monkeypatch.setattr("thep_forms.send.drafts_folder.PAUSES", (0.01, 0.01, 0.01))
    odd.messages = {}
    return odd


# --- Gmail's labels --------------------------------------------------------------------------------------------------


@pytest.fixture
def gmail(odd: OddImapServer) -> OddImapServer:
    odd.capabilities_signed_in = "IMAP4rev1 UNSELECT IDLE NAMESPACE UIDPLUS SPECIAL-USE X-GM-EXT-1 MOVE"
    odd.folders = GMAIL
    return odd


def labelled(made: EmailMessage, *labels: str) -> Kept:
    """A message as Gmail lists it. The label of the folder that is open is not among them."""
    return Kept(made.as_bytes(), extra=f" X-GM-LABELS ({' '.join(labels)})")


def fetch(records: Path, server: OddImapServer, folder: str) -> dict[str, str]:
    """The verdicts on what came from a folder."""
    run("ingest", server.address(folder), "-o", records)
    found = {row["source"].partition("/")[2]: row["verdict"] for row in rows(records / "returns.csv")}
    return {source: verdict for source, verdict in found.items() if source.startswith(f"{folder}/")}


def test_message_with_several_labels_counts_once(gmail: OddImapServer, records: Path) -> None:
    form = message(completed_copy(), Subject="form")
    gmail.messages = {4: labelled(form, "Forms", '"\\\\Important"')}
    assert fetch(records, gmail, "INBOX") == {"INBOX/form (4).eml/form.pdf": "accepted"}
    gmail.messages, gmail.uid_validity = {1: labelled(form, '"\\\\Inbox"')}, "[UIDVALIDITY 11]"
    assert len(fetch(records, gmail, "Forms")) == 1
    gmail.messages, gmail.uid_validity = {90: labelled(form, '"\\\\Inbox"', "Forms")}, "[UIDVALIDITY 12]"
    assert len(fetch(records, gmail, ALL_MAIL)) == 1
    found = rows(records / "returns.csv")
    assert len({row["return_id"] for row in found}) == 1
    assert sorted(row["verdict"] for row in found) == ["accepted", "duplicate", "duplicate"]


@pytest.mark.parametrize(
    ("labels", "verdict"),
    [
        (['"\\\\Inbox"'], "accepted"),
        ([], "accepted"),  # archived
        (['"\\\\Sent"'], "sent_by_us"),
        (["\\Sent", "Important"], "sent_by_us"),
        (['"\\\\Draft"'], "sent_by_us"),
        (['"\\\\Trash"'], "automatic"),
        (['"\\\\Inbox"', '"\\\\Sent"'], "accepted"),  # to a group that the office is in
        (['"Sent"', "&AOQ-rger", '"Re: (1) \\"Spam\\""'], "accepted"),  # labels of the user's own
    ],
)
def test_labels_tell_whose_a_message_in_all_mail_is(
    gmail: OddImapServer, records: Path, labels: list[str], verdict: str
) -> None:
    gmail.messages = {8: labelled(message(completed_copy(), Subject="form"), *labels)}
    assert list(fetch(records, gmail, ALL_MAIL).values()) == [verdict]


@pytest.mark.parametrize(
    ("folder", "verdict"), [("Spam", "automatic"), ("Bin", "automatic"), ("Sent Mail", "sent_by_us")]
)
def test_folders_of_gmail_tell_the_kind(gmail: OddImapServer, records: Path, folder: str, verdict: str) -> None:
    gmail.messages = {8: labelled(message(completed_copy(), Subject="form"))}
    assert list(fetch(records, gmail, f"[Gmail]/{folder}").values()) == [verdict]


@pytest.mark.parametrize(
    ("folder", "verdict"), [("Sent Items", "sent_by_us"), ("Deleted Items", "automatic"), ("Junk E-Mail", "automatic")]
)
def test_folder_tells_the_kind_by_its_name_where_the_server_has_no_flags(
    odd: OddImapServer, records: Path, folder: str, verdict: str
) -> None:
    odd.folders.append(f'(\\HasNoChildren) "/" "{folder}"')
    odd.messages = {8: Kept(message(completed_copy(), Subject="form").as_bytes())}
    assert list(fetch(records, odd, folder).values()) == [verdict]


# --- shared mailboxes of Microsoft 365 -------------------------------------------------------------------------------


@pytest.fixture
def oauth(module_authority: trustme.CA, trusts_module_authority: None, records: Path) -> Iterator[OAuthServer]:
    assert trusts_module_authority is None
    with OAuthServer(module_authority, user="jo.clerk@example.org") as server:
        (records / "templates").mkdir(parents=True)
        (records / "templates" / "sign-in.toml").write_text(server.settings(has_device_flow=True), "utf-8")
        yield server


def open_shared(odd: OddImapServer, records: Path) -> Result:
    return run("ingest", odd.address(user="forms@example.org"), "-o", records, "--sign-in", "own")


def test_person_opens_a_shared_mailbox_with_an_account_of_their_own(
    odd: OddImapServer, oauth: OAuthServer, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    odd.capabilities = odd.capabilities_signed_in = MICROSOFT
    odd.messages = {1: Kept(written("Next week.").as_bytes())}
    result = open_shared(odd, records)
    assert len(rows(records / "returns.csv")) == 1, result.stderr
    (answer,) = odd.challenged
    user, token, *_ = base64.b64decode(answer).split(b"\1")
    assert user == b"user=forms@example.org"
    assert oauth.access[token.removeprefix(b"auth=Bearer ").decode()][0] == "jo.clerk@example.org"
    assert "as forms@example.org, or as yourself if you share that mailbox" in result.stderr


@pytest.mark.parametrize(
    ("command", "reply", "words"),
    [
        ("AUTHENTICATE", b"TAG NO AUTHENTICATE failed.\r\n", "whether you may open it"),
        ("AUTHENTICATE", b"+ " + REFUSED + b"\r\nTAG NO SASL authentication failed\r\n", "whether you may open it"),
        ("LIST", b"TAG BAD User is authenticated but not connected.\r\n", "may not use this mailbox"),
    ],
)
def test_shared_mailbox_that_the_person_may_not_open_is_one_line(
    odd: OddImapServer,
    oauth: OAuthServer,
    records: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    reply: bytes,
    words: str,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    odd.capabilities = odd.capabilities_signed_in = MICROSOFT
    odd.answer(command, reply)
    result = open_shared(odd, records)
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]
    assert odd.challenged[1:2] == ([b""] if reply.startswith(b"+") else odd.challenged[1:2])
    assert not [token for token in oauth.access if token in result.stderr]
    assert not (records / "ledger.sqlite").exists()


# --- drafts ----------------------------------------------------------------------------------------------------------


def noted(records: Path) -> int:
    with Ledger.existing(records) as ledger:
        return sum(sent.state is SentState.DRAFTED for sent in ledger.sent())


@pytest.mark.parametrize("is_kept", [True, False])
def test_draft_is_put_there_once_when_the_connection_is_cut_before_the_answer(
    odd: OddImapServer, schools: Path, records: Path, *, is_kept: bool
) -> None:
    odd.answer("APPEND", b"KEPT" * is_kept + HANG_UP, times=2)
    result = email(schools, records, "--drafts", odd.address(""))
    assert result.exit_code == 0, result.stderr
    assert len(odd.messages) == noted(records) == 3
    assert len({kept.body for kept in odd.messages.values()}) == 3


def test_draft_is_put_there_once_when_the_connection_is_cut_for_good(
    odd: OddImapServer, schools: Path, records: Path
) -> None:
    odd.answer("APPEND", b"KEPT" + HANG_UP, times=1)
    odd.answer("EXAMINE", b"* 0 EXISTS\r\nTAG OK done\r\n", times=1)
    odd.answer("EXAMINE", HANG_UP, times=3)
    result = email(schools, records, "--drafts", odd.address(""))
    assert result.exit_code == 2
    assert "no draft is put there twice" in result.stderr
    assert (len(odd.messages), noted(records)) == (1, 0)
    assert email(schools, records, "--drafts", odd.address("")).exit_code == 0
    assert len(odd.messages) == noted(records) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"TAG NO [OVERQUOTA] Quota exceeded\r\n", "The mailbox is full."),
        (b"TAG NO [TRYCREATE] no such mailbox\r\n", "ask your IT support"),
        (b"TAG BAD too large\r\n", "ask your IT support"),
        (b"TAG NO Server Unavailable. 15\r\n", "Wait a few minutes"),
    ],
)
def test_draft_that_the_server_refuses_is_one_line(
    odd: OddImapServer, schools: Path, records: Path, reply: bytes, words: str
) -> None:
    odd.answer("APPEND", reply)
    result = email(schools, records, "--drafts", odd.address(""))
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]
    assert not odd.messages
