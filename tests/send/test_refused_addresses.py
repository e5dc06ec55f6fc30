"""Addresses of schools that the mail server refused: they are kept, found, forgotten, and new to older records."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ingest
from tests.office.test_replies import bounce
from tests.support.commands import run
from tests.support.mailserver import MailServer
from tests.support.old_records import VERSION_11, version_of
from tests.support.writing import CEDAR, ELM, send
from thep_forms.records import Ledger
from thep_forms.records.migrations import VERSION

HEAD = "ann.lee@elm.example"


def refused(records: Path) -> list[tuple[str, str, str]]:
    with Ledger.existing(records) as ledger:
        return [(each.dfe_number, each.address, each.reply) for each in ledger.refused()]


@pytest.fixture
def sent(schools: Path, records: Path, server: MailServer) -> Path:
    """Records of a sending in which two addresses were refused."""
    listed = schools.read_text(encoding="utf-8")
    schools.write_text(listed.replace(ELM, HEAD), encoding="utf-8")
    server.at_rcpt[HEAD] = [f"550 5.1.1 <{HEAD}>: no such mailbox"]
    server.at_data[CEDAR] = ["554 5.6.0 not like this"]
    assert send(schools, records, server).exit_code == 1
    return records


def test_addresses_that_were_refused_are_kept_with_the_words_of_the_server(sent: Path) -> None:
    assert refused(sent) == [
        ("211/2101", CEDAR, "554 5.6.0 not like this"),
        ("211/2103", HEAD, "550 5.1.1 …: no such mailbox"),
    ]
    assert run("verify", "-o", sent).exit_code == 0


def test_refused_address_is_named_until_it_takes_a_message_and_a_draft_is_none(
    sent: Path, schools: Path, tmp_path: Path, server: MailServer
) -> None:
    words = f"the mail server refused {HEAD}"
    assert words in run("status", "2026-27", "-o", sent).output
    drafts = ("--drafts", tmp_path / "drafts")
    assert run("email", "2026-27", "--schools", schools, "-o", sent, *drafts).exit_code == 0
    assert words in run("status", "2026-27", "-o", sent).output
    assert send(schools, sent, server, "--again", "--only", "2103").exit_code == 0
    assert words not in run("status", "2026-27", "-o", sent).output


def test_refused_address_is_named_beside_a_longer_one_that_ends_like_it(
    schools: Path, records: Path, server: MailServer, tmp_path: Path
) -> None:
    longer = f"office.{ELM}"
    listed = schools.read_text(encoding="utf-8")
    schools.write_text(listed.replace(ELM, f"{ELM};{longer}"), encoding="utf-8")
    server.at_rcpt[ELM] = ["550 5.1.1 no such mailbox"]
    send(schools, records, server)
    (tmp_path / "bounce.eml").write_bytes(bytes(bounce("5.2.2", longer)))
    ingest(records, [tmp_path / "bounce.eml"])
    output = run("status", "2026-27", "-o", records).output
    assert f"mail to {longer} was refused" in output
    assert f"the mail server refused {ELM} on" in output


def test_bounce_of_one_address_that_is_gone_and_another_that_is_full_tells_of_both(
    schools: Path, records: Path, tmp_path: Path
) -> None:
    full = f"office.{ELM}"
    listed = schools.read_text(encoding="utf-8")
    schools.write_text(listed.replace(ELM, f"{ELM};{full}"), encoding="utf-8")
    of_both = bytes(bounce("5.1.1", ELM)).replace(
        b"\n\n--between--",
        b"\n\nFinal-Recipient: rfc822; " + full.encode() + b"\nAction: failed\nStatus: 5.2.2\n\n--between--",
    )
    (tmp_path / "bounce.eml").write_bytes(of_both)
    run("ingest", tmp_path / "bounce.eml", "-o", records, "--schools", schools)
    output = run("status", "2026-27", "-o", records).output
    assert f"mail to {ELM} came back on 3 May 2026: there is no such address" in output
    assert f"mail to {full} was refused on 3 May 2026 (5.2.2): the mailbox is full" in output


def test_refused_address_of_a_person_is_found_and_erased(sent: Path) -> None:
    assert HEAD in run("find", "Ann Lee", "-o", sent).output
    assert run("forget", "-o", sent, "--person", "Ann Lee", "--yes").exit_code == 0
    assert [address for _, address, _ in refused(sent)] == [CEDAR]


def test_refused_address_goes_with_the_data_of_its_school(sent: Path) -> None:
    assert run("forget", "-o", sent, "--school", "2103", "--yes").exit_code == 0
    assert [address for _, address, _ in refused(sent)] == [CEDAR]


def test_records_of_version_11_open_and_nothing_in_them_is_lost(tmp_path: Path) -> None:
    records = VERSION_11.copied_into(tmp_path)
    result = run("status", "2026-27", "-o", records)
    assert (result.exit_code, version_of(records / "ledger.sqlite")) == (0, VERSION)
    assert version_of(records / VERSION_11.copy_name) == 11
    assert "Cedar Primary School" in result.output
    assert refused(records) == []
    assert "Ring after 3 pm only" in run("history", "211/2103", "-o", records).output
    assert run("verify", "-o", records).exit_code == 0
