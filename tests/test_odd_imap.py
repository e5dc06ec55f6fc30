"""Mail servers that answer in odd ways: no message is lost, read twice or marked, and each error says what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.odd_imap import HANG_UP, STAY_SILENT, Kept, OddImapServer
from thep_forms.errors import ThepFormsError
from thep_forms.sign_in import Account
from thep_forms.sources import imap_wire
from thep_forms.sources.mailbox import Mailbox
from thep_forms.sources.mailbox_address import MailboxAddress
from thep_forms.sources.uid_set import UidSet

SECRET = "open-sesame"  # noqa: S105 - no real one
BODIES = {uid: f"From: a@school.example\r\nSubject: m{uid}\r\n\r\nBody {uid}.\r\n".encode() for uid in (3, 5, 9)}


@pytest.fixture
def odd(module_authority: trustme.CA, trusts_module_authority: None) -> Iterator[OddImapServer]:
    """An odd server with three messages."""
    assert trusts_module_authority is None
    with OddImapServer(module_authority) as server:
        server.messages = {uid: Kept(body) for uid, body in BODIES.items()}
        yield server


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thep_forms.sources.imap_retries.PAUSES", (0.0, 0.01, 0.01))


def opened(server: OddImapServer, folder: str = "INBOX", move_to: str = "") -> Mailbox:
    mailbox = Mailbox(MailboxAddress.parse(server.address(folder)), Account("office", SECRET), move_to)
    try:
        mailbox.open()
    except ThepFormsError:
        mailbox.close()
        raise
    return mailbox


def read(mailbox: Mailbox, tmp_path: Path) -> dict[int, bytes]:
    """The messages that were read, by their numbers."""
    found: dict[int, bytes] = {}
    for file in mailbox.messages(tmp_path):
        uid = int(file.path.stem)
        assert uid not in found
        found[uid] = file.path.read_bytes() if file.path.exists() else (file.note.reason if file.note else "").encode()
    mailbox.note_done([])
    mailbox.close()
    return found


def all_of(server: OddImapServer, tmp_path: Path) -> dict[int, bytes]:
    mailbox = opened(server)
    found = read(mailbox, tmp_path)
    assert mailbox.failure == ""
    return found


def words_of(server: OddImapServer, folder: str = "INBOX") -> str:
    """The sentence that says why the mailbox cannot be opened."""
    with pytest.raises(ThepFormsError) as raised:
        opened(server, folder)
    words = str(raised.value)
    assert SECRET not in words
    assert "b'" not in words
    assert len(words) < 400
    return words


# --- answers to FETCH ------------------------------------------------------------------------------------------------

QUOTED = b'* 1 FETCH (UID 3 BODY[]<0> "short UID 9 (")\r\n'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (QUOTED, {3: b"short UID 9 ("}),
        (b'* 1 FETCH (BODY[]<0> "say \\"hello\\"" UID 3)\r\n', {3: b'say "hello"'}),
        (b"* 1 FETCH (BODY[]<0> {5}\r\nthree UID 3)\r\n", {3: b"three"}),
        (b"* 1 FETCH (UID 3 BODY[]<0> ~{5}\r\nthree)\r\n", {3: b"three"}),
        (b"* 1 FETCH (UID 3 FLAGS (\\Seen $x) BODY[] {5}\r\nthree MODSEQ (12))\r\n", {3: b"three"}),
        (b"* 1 FETCH (UID 3 body[]<0> {5}\r\nthree)\r\n", {3: b"three"}),
        (b"* 1 FETCH (UID 3 BODY[]<0> {5}\r\nthree)\r\n* 1 FETCH (UID 3 BODY[]<0> {5}\r\nthree)\r\n", {3: b"three"}),
        (
            b"* 4 EXISTS\r\n* 1 FETCH (UID 3 BODY[]<0> {5}\r\nthree)\r\n* 1 FETCH (FLAGS (\\Seen) UID 3)\r\n",
            {3: b"three"},
        ),
        (b"* 1 FETCH (UID 3 BODY[]<0> {7}\r\nUID 9 ()\r\n)\r\n".replace(b"()\r\n)", b"()") + b"", {3: b"UID 9 ("}),
        (b"* 1 FETCH (UID 3 BODY[]<0> {5}\r\n\xff\xfe\x00\x80\n)\r\n", {3: b"\xff\xfe\x00\x80\n"}),
    ],
)
def test_message_is_read_however_the_server_writes_it(
    odd: OddImapServer, tmp_path: Path, answer: bytes, expected: dict[int, bytes]
) -> None:
    odd.answer(
        r"UID FETCH .*BODY", answer + b"".join(odd.fetched(uid, "<0.999>") for uid in (9, 5)) + b"TAG OK\x20\r\n"
    )
    assert all_of(odd, tmp_path) == BODIES | expected


def test_message_without_its_number_is_not_taken_for_the_next(odd: OddImapServer, tmp_path: Path) -> None:
    answer = b"* 1 FETCH (BODY[]<0> {5}\r\nwhose)\r\n* 2 FETCH (FLAGS (\\Seen) UID 5)\r\n"
    odd.answer(r"UID FETCH 3,5,9 .*BODY", answer + b"TAG OK done\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize("number", ["NIL", '""', "{0}\r\n"])
def test_message_that_the_server_lists_and_does_not_hand_over_is_named(
    odd: OddImapServer, tmp_path: Path, number: str
) -> None:
    odd.answer(r"UID FETCH (?:3,)?5(?:,9)? .*BODY", f"* 2 FETCH (UID 5 BODY[]<0> {number})\r\nTAG OK done\r\n".encode())
    mailbox = opened(odd)
    found = read(mailbox, tmp_path)
    assert 5 not in found or b"hand" in found[5]
    assert found[3] == BODIES[3]
    assert found[9] == BODIES[9]
    assert "m5" not in mailbox.failure


def test_message_that_is_left_out_of_an_answer_is_asked_for_again(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(r"UID FETCH 3,5,9 .*BODY", odd.fetched(9, "<0.999>") + b"TAG OK done\r\n")
    odd.answer(r"UID FETCH 3,5,9 .*SIZE", odd.listed(9) + odd.listed(3) + b"TAG OK done\r\n")
    assert all_of(odd, tmp_path) == BODIES


def test_message_that_the_server_refuses_keeps_no_other_back(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(r"UID FETCH (?:3,)?5(?:,9)? .*BODY", b"TAG NO FETCH Server error while fetching messages\r\n")
    mailbox = opened(odd)
    found = read(mailbox, tmp_path)
    assert {uid: found[uid] for uid in (3, 9)} == {uid: BODIES[uid] for uid in (3, 9)}


def test_message_whose_list_the_server_refuses_keeps_no_other_back(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(r"UID FETCH 3,5,9 .*SIZE", b"TAG NO FETCH Server error while fetching messages\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize("size", [b"0", b"1", b"99999", b"250000000", b"-1", b"NIL", b"99999999999999999999999"])
def test_wrong_size_cuts_no_message(odd: OddImapServer, tmp_path: Path, size: bytes) -> None:
    real = b" %d " % len(BODIES[5])
    odd.answer(r"UID FETCH .*SIZE", b"".join(map(odd.listed, BODIES)).replace(real, b" %s " % size) + b"TAG OK .\r\n")
    found = all_of(odd, tmp_path)
    if size != b"250000000" and len(size) < 10:
        assert found == BODIES


def test_list_without_sizes_and_dates_loses_nothing(odd: OddImapServer, tmp_path: Path) -> None:
    answer = b"".join(b"* 1 FETCH (UID %d FLAGS () INTERNALDATE NIL)\r\n" % uid for uid in BODIES)
    odd.answer(r"UID FETCH .*SIZE", answer + b"TAG OK done\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize(
    "date", [b'"99-Foo-2026 10:00:00 +0000"', b'"04-May-2026"', b'""', b"NIL", b'"4-May-26 1:0:0 Z"']
)
def test_odd_date_loses_nothing(odd: OddImapServer, tmp_path: Path, date: bytes) -> None:
    whole = b"".join(map(odd.listed, BODIES)).replace(b'"04-May-2026 10:00:00 +0000"', date)
    odd.answer(r"UID FETCH .*SIZE", whole + b"TAG OK done\r\n")
    assert all_of(odd, tmp_path) == BODIES


@pytest.mark.parametrize("most", [1000, 2**16])
def test_server_that_hands_over_shorter_pieces_cuts_no_message(odd: OddImapServer, tmp_path: Path, most: int) -> None:
    odd.messages = {1: Kept(bytes(range(256)) * 600)}

    def shorter(_: object) -> bytes:
        return odd.fetched(1, odd.commands[-1].replace(".4194304>", f".{most}>")) + b"TAG OK done\r\n"

    odd.answer(r"UID FETCH .*BODY", shorter)
    assert all_of(odd, tmp_path) == {1: odd.messages[1].body}


def test_server_that_knows_no_pieces_hands_over_each_message_once(
    odd: OddImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thep_forms.sources.fetching.FETCHED_AT_ONCE", 100_000)
    odd.messages = {1: Kept(b"x" * 70_000), 2: Kept(b"y" * 300_000)}

    def whole(_: object) -> bytes:
        return (
            b"".join(
                b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n"
                % (uid, uid, len(odd.messages[uid].body), odd.messages[uid].body)
                for uid in odd.of(odd.commands[-1])
            )
            + b"TAG OK done\r\n"
        )

    odd.answer(r"UID FETCH .*BODY", whole)
    assert all_of(odd, tmp_path) == {uid: kept.body for uid, kept in odd.messages.items()}


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 3 BODY[]<0> {10000000000}\r\nonly this",
        b"* 1 FETCH (UID 3 BODY[]<0> {99999999999999999999999999}\r\nonly this",
        b"* 1 FETCH (UID 3 BODY[]<0> {500}\r\nonly this" + HANG_UP,
        b"* BYE Session invalidated - AccessTokenExpired\r\n" + HANG_UP,
        b"* 1 FETCH (UID 3 BODY" + HANG_UP,
        b"nonsense\r\n",
        b"\r\n",
    ],
)
def test_answer_that_breaks_off_is_asked_for_again(odd: OddImapServer, tmp_path: Path, answer: bytes) -> None:
    odd.answer(r"UID FETCH .*BODY", answer, times=2)
    assert all_of(odd, tmp_path) == BODIES


def test_server_that_sends_nonsense_for_good_is_one_line(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(r"UID FETCH .*BODY", b"* 1 FETCH (UID 3 BODY[]<0> {10000000000}\r\nonly this")
    mailbox = opened(odd)
    assert read(mailbox, tmp_path) == {}
    assert "Do the same again" in mailbox.failure


def test_line_of_two_megabytes_ends_nothing(odd: OddImapServer, tmp_path: Path) -> None:
    odd.answer(
        r"UID FETCH .*SIZE", b"".join(map(odd.listed, BODIES)) + b"TAG OK " + b"x" * 2_000_000 + b"\r\n", times=1
    )
    assert all_of(odd, tmp_path) == BODIES


# --- silence ---------------------------------------------------------------------------------------------------------


def test_server_that_goes_silent_is_given_up(
    odd: OddImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_wire, "SECONDS", 0.3)
    odd.answer(r"UID FETCH 3,5,9 .*BODY", b"* 1 FETCH (UID 3" + STAY_SILENT)
    mailbox = opened(odd)
    began = time.monotonic()
    read(mailbox, tmp_path)
    assert time.monotonic() - began < 10
    assert "Do the same again" in mailbox.failure


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
