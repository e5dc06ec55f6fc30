"""Mail servers that answer FETCH in odd ways, or not at all: no message is lost, cut or read twice."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.support.odd_imap import BODIES, HANG_UP, STAY_SILENT, Kept, OddImapServer, all_of, opened, read
from thep_forms.sources.mailbox import imap_wire

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
    monkeypatch.setattr("thep_forms.sources.mailbox.fetching.FETCHED_AT_ONCE", 100_000)
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
        b"\r\n" + HANG_UP,
        pytest.param(
            b"\r\n",
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="imaplib skips it since 3.14, and waits"),
        ),
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
