"""Drafts in a mailbox on a real mail server: each message once, among the drafts, ready to be sent from there."""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
import trustme

from tests.support.commands import run
from tests.support.imapserver import ImapServer, needs_dovecot
from tests.support.writing import CEDAR, ELM, IVY, email, form_in
from thep_forms.records import Ledger, SentState

pytestmark = needs_dovecot


def drafts(imap: ImapServer, user: str, folder: str = "Ablage") -> list[EmailMessage]:
    connection = imap.signed_in(user)
    assert connection.select(f'"{folder}"', readonly=True)[0] == "OK"
    _, found = connection.uid("FETCH", "1:*", "(BODY.PEEK[])")
    connection.logout()
    parser = BytesParser(_class=EmailMessage, policy=default)
    return [parser.parsebytes(line[1]) for line in found if isinstance(line, tuple)]


def test_each_school_has_one_draft_in_any_number_of_runs(imap: ImapServer, schools: Path, records: Path) -> None:
    for _ in range(2):
        result = email(schools, records, "--drafts", imap.address("one", ""))
        assert result.exit_code == 0, result.stderr
    assert "No new drafts in the mailbox, among the drafts." in result.stderr
    found = drafts(imap, "one")
    assert [draft["To"] for draft in found] == [CEDAR, ELM, IVY]
    assert form_in(found[0])[0].endswith(".pdf")
    assert [
        set(flags.partition(b"FLAGS (")[2].rstrip(b")").split()) & {b"\\Draft", b"\\Seen"}
        for flags in imap.flags("one", "Ablage")
    ] == [{b"\\Draft", b"\\Seen"}] * 3
    with Ledger.existing(records) as ledger:
        noted = ledger.sent()
    assert {sent.state for sent in noted} == {SentState.DRAFTED}
    assert [sent.message_id for sent in noted] == [draft["Message-ID"] for draft in found]


def test_draft_that_a_killed_run_put_there_and_did_not_note_is_not_put_there_again(
    imap: ImapServer, schools: Path, records: Path, tmp_path: Path
) -> None:
    email(schools, records, "--drafts", imap.address("two", ""))
    assert email(schools, tmp_path / "others", "--drafts", imap.address("two", "")).exit_code == 0
    assert len(drafts(imap, "two")) == 3


def test_drafts_are_ours_when_the_folder_is_read(imap: ImapServer, schools: Path, records: Path) -> None:
    email(schools, records, "--drafts", imap.address("three", ""))
    result = run("ingest", imap.address("three", "Ablage"), "-o", records)
    assert result.exit_code == 0, result.stderr
    assert "3  sent by us" in result.stderr


def test_address_may_name_another_folder_for_drafts(imap: ImapServer, schools: Path, records: Path) -> None:
    imap.create("four", "Letters")
    email(schools, records, "--drafts", imap.address("four", "Letters"))
    assert len(drafts(imap, "four", "Letters")) == 3


@pytest.mark.usefixtures("imap")
def test_drafts_folder_is_found_by_its_name_where_the_server_does_not_say_what_folders_are_for(
    module_authority: trustme.CA, schools: Path, records: Path, tmp_path: Path
) -> None:
    with ImapServer(module_authority, special_use=False) as server:
        without = email(schools, tmp_path / "others", "--drafts", server.address("six", ""))
        assert "does not say which folder is for drafts" in without.stderr.splitlines()[-1]
        server.create("six", "Entw&APw-rfe")
        assert email(schools, records, "--drafts", server.address("six", "")).exit_code == 0
        assert len(drafts(server, "six", "Entw&APw-rfe")) == 3


def test_nothing_is_noted_of_a_draft_that_the_server_does_not_take(
    imap: ImapServer, schools: Path, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = email(schools, records, "--drafts", imap.address("five", "Nowhere"))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        2,
        "Error: There is no folder Nowhere in the mailbox. Check its name in your mail program.",
    )
    monkeypatch.setenv("THEP_FORMS_IMAP_PASSWORD", "guess")
    assert email(schools, records, "--drafts", imap.address("five", "")).exit_code == 2
    with Ledger.existing(records) as ledger:
        assert ledger.sent() == []
