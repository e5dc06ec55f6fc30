"""Mail servers that sign in, list and move in odd ways: nothing is lost or marked, and each error says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.odd_imap import BODIES, HANG_UP, SECRET, OddImapServer, all_of, opened, read
from thep_forms.errors import ThepFormsError
from thep_forms.sign_in import Account
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.reader import Mailbox
from thep_forms.sources.mailbox.uid_set import UidSet


def words_of(server: OddImapServer, folder: str = "INBOX") -> str:
    """The sentence that says why the mailbox cannot be opened."""
    with pytest.raises(ThepFormsError) as raised:
        opened(server, folder)
    words = str(raised.value)
    assert SECRET not in words
    assert "b'" not in words
    assert len(words) < 400
    return words


# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"* BYE Too many connections from your address\r\n" + HANG_UP, "Wait"),
        (b"* BYE [ALERT] Maintenance for office@example.org\r\n", "Wait"),
        (b"* PREAUTH hello\r\n", "signed"),
        (b"+OK POP3 ready\r\n", "Check its name and its port"),
        (b"220 smtp ready\r\n", "Check its name and its port"),
        (b"\xff\xfe\r\n", "Check its name and its port"),
    ],
)
def test_greeting_that_lets_nobody_in_is_one_line(odd: OddImapServer, greeting: bytes, words: str) -> None:
    odd.greeting = greeting
    said = words_of(odd)
    assert words in said
    assert "example.org" not in said


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "refuses the user name or the password"),
        (b"NO [UNAVAILABLE] Temporary authentication failure", "Wait a few minutes"),
        (b"NO Server Unavailable. 15", "Wait a few minutes"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "Wait a few minutes"),
        (b"NO [LIMIT] too many", "Wait a few minutes"),
        (b"NO [IN-USE] busy", "Wait a few minutes"),
        (b"NO [ALERT] Application-specific password required: https://support.google.com/x", "Sign in with"),
        (b"BAD command unknown", "refuses the user name or the password"),
    ],
)
def test_refusal_to_let_the_user_in_says_what_to_do(odd: OddImapServer, reply: bytes, words: str) -> None:
    odd.answer("(AUTHENTICATE|LOGIN)", b"TAG " + reply + b"\r\n")
    assert words in words_of(odd)


@pytest.mark.parametrize(
    "capabilities", ["IMAP4rev1", "IMAP4rev1 LOGINDISABLED AUTH=PLAIN", "IMAP4rev1 STARTTLS ID", "IMAP4 AUTH=NTLM"]
)
def test_server_may_say_little_before_somebody_is_signed_in(
    odd: OddImapServer, tmp_path: Path, capabilities: str
) -> None:
    odd.capabilities = capabilities
    odd.greeting = f"* OK [CAPABILITY {capabilities}] ready\r\n* OK [ALERT] Read this {{3}}\r\n".encode().replace(
        b" {3}", b""
    )
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize("challenge", [b"+ !!not base64!!!\r\n", b"+ a\r\n"])
def test_challenge_that_is_no_base64_is_one_line(odd: OddImapServer, challenge: bytes) -> None:
    odd.answer("AUTHENTICATE", challenge + b"TAG NO done\r\n")
    assert words_of(odd)


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "typed"),
    [
        ('(\\HasNoChildren) "." INBOX.Forms', "Forms"),
        ('(\\HasNoChildren) "." "INBOX.Forms.2026"', "Forms/2026"),
        ('(\\HasNoChildren) "/" M&APw-ll', "Müll"),
        ('(\\HasNoChildren) "/" "Müll"', "Müll"),
        ('(\\HasNoChildren) "/" {5}\r\nMüll', "Müll"),
        ('(\\HasNoChildren) "/" "&AE0-&APw-ll"', "Müll"),
        ("(\\HasNoChildren) NIL Forms", "Forms"),
        ('() "/" "Tom & Jerry"', "Tom & Jerry"),
        ('(\\HasNoChildren) "/" "Mu\u0308ll"', "Müll"),
        ('(\\HasNoChildren) "/" "Forms" ("CHILDINFO" ("SUBSCRIBED"))', "Forms"),
    ],
)
def test_folder_is_found_however_the_server_writes_its_name(
    odd: OddImapServer, tmp_path: Path, listed: str, typed: str
) -> None:
    odd.folders = ['(\\HasNoChildren) "/" INBOX', listed]
    mailbox = opened(odd, typed)
    assert read(mailbox, tmp_path) == BODIES


@pytest.mark.parametrize(
    ("command", "reply", "words"),
    [
        ("LIST", b"BAD User is authenticated but not connected.", "ask your IT support"),
        ("LIST", b"NO Server Unavailable. 15", "Wait a few minutes"),
        ("EXAMINE", b"NO [UNAVAILABLE] try later", "Wait a few minutes"),
        ("EXAMINE", b"NO [NOPERM] Access denied for a@b.example", "Ask your IT support"),
        ("EXAMINE", b"NO Account exceeded command or bandwidth limits. (Failure)", "Wait"),
        ("UID SEARCH", b"NO [SERVERBUG] Internal error", "Try again"),
        ("UID SEARCH", b"BAD The specified message set is invalid.", "Try again"),
    ],
)
def test_refusal_to_show_the_folder_says_what_to_do(odd: OddImapServer, command: str, reply: bytes, words: str) -> None:
    odd.answer(command, b"TAG " + reply + b"\r\n")
    said = words_of(odd)
    assert words.lower() in said.lower()
    assert "example" not in said


def test_list_by_numbers_that_the_server_refuses_is_asked_for_as_a_whole(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(r"UID SEARCH \d", b"TAG BAD The specified message set is invalid.\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize(
    "answer",
    [
        b"* SEARCH 9 3\r\n* SEARCH 5 5 3\r\n* 1 EXPUNGE\r\n* 3 EXISTS\r\n",
        b"* SEARCH 3 5 9 x 99999999999999999999999999 0 (MODSEQ 917162500)\r\n",
    ],
)
def test_numbers_in_any_order_are_read_once(odd: OddImapServer, tmp_path: Path, answer: bytes) -> None:
    odd.answer("UID SEARCH", answer + b"TAG OK done\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize(
    "exists", [b"", b"* 1 EXISTS\r\n* 3 EXISTS\r\n", b"* 2 EXISTS\r\n* 3 EXISTS\r\n* 1 RECENT\r\n"]
)
def test_count_that_is_missing_or_comes_twice_loses_nothing(odd: OddImapServer, tmp_path: Path, exists: bytes) -> None:
    odd.answer("EXAMINE", exists + b"* OK [UIDVALIDITY 7] so\r\nTAG OK [READ-ONLY] done\r\n")
    assert all_of(odd, tmp_path) == BODIES


# --- numbers that hold -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("validity", ["[UIDNEXT 10]", "[UIDVALIDITY 0]", "[UIDVALIDITY x]", "[UIDVALIDITY]"])
def test_numbers_without_validity_are_not_trusted_in_the_next_run(
    odd: OddImapServer, tmp_path: Path, validity: str
) -> None:
    odd.uid_validity = validity
    mailbox = opened(odd)
    mailbox.leave_out(mailbox.uid_validity, UidSet([3, 5, 9]))
    assert read(mailbox, tmp_path) == BODIES


def test_validity_that_changes_after_the_connection_was_lost_ends_the_run(odd: OddImapServer, tmp_path: Path) -> None:
    mailbox = opened(odd)
    odd.uid_validity = "[UIDVALIDITY 8]"
    odd.answer(r"UID FETCH .*BODY", HANG_UP, times=1)
    assert read(mailbox, tmp_path) == {}
    assert "Do the same again" in mailbox.failure


def test_sign_in_that_is_refused_later_keeps_what_was_read(odd: OddImapServer, tmp_path: Path) -> None:
    mailbox = opened(odd)
    odd.answer(r"UID FETCH .*BODY", odd.fetched(3, "<0.999>") + b"TAG OK done\r\n", times=1)
    odd.answer(r"UID FETCH .*BODY", HANG_UP, times=1)
    odd.answer("AUTHENTICATE", b"TAG NO [AUTHENTICATIONFAILED] no\r\n")
    mailbox.close()
    mailbox = Mailbox(MailboxAddress.parse(odd.address()), Account("office", SECRET))
    odd.answered.pop()
    mailbox.open()
    odd.answer("AUTHENTICATE", b"TAG NO [AUTHENTICATIONFAILED] no\r\n")
    assert read(mailbox, tmp_path) == {3: BODIES[3]}
    assert "What was read until then counts." in mailbox.failure
    assert str(mailbox.seen) == "3"


# --- moving ----------------------------------------------------------------------------------------------------------


def test_message_is_copied_once_where_the_server_cannot_expunge_it_alone(odd: OddImapServer) -> None:
    odd.folders.append('(\\HasNoChildren) "/" Forms')
    for _ in range(2):
        mailbox = opened(odd, move_to="Forms")
        mailbox.leave_out(7, UidSet([3, 5, 9]))
        mailbox.move_done()
        mailbox.close()
        assert mailbox.failure == ""
    assert odd.asked("UID COPY") == 1
    assert odd.asked("UID STORE 3,5,9 ") == 1
    assert odd.asked("UID EXPUNGE|EXPUNGE|CLOSE") == 0


def test_folder_that_may_not_be_changed_is_one_line(odd: OddImapServer, tmp_path: Path) -> None:
    odd.folders.append('(\\HasNoChildren) "/" Forms')
    odd.answer("SELECT", b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] so\r\nTAG OK [READ-ONLY] done\r\n")
    mailbox = opened(odd, move_to="Forms")
    read(mailbox, tmp_path)
    mailbox.move_done()
    assert "may not be changed" in mailbox.failure
    assert odd.asked("UID COPY") == 0


def test_nothing_is_ever_marked_or_opened_for_changes(odd: OddImapServer, tmp_path: Path) -> None:
    all_of(odd, tmp_path)
    assert odd.asked("SELECT|UID STORE|UID COPY|UID MOVE|EXPUNGE|CLOSE|UID FETCH .*BODY\\[") == 0
