"""Bounces, automatic replies and letters that come from nobody's address, and still find the school they are about."""

from __future__ import annotations

from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest

from tests.conftest import rows
from tests.support.commands import run, table
from tests.support.mailserver import MailServer
from tests.support.messages import message, report, written
from tests.support.writing import ELM, send

STRANGER = "jo@trust.example"


@pytest.fixture
def ours(schools: Path, records: Path, server: MailServer) -> EmailMessage:
    """The message that Elm Tree Primary School was sent."""
    send(schools, records, server)
    (found,) = [received.message for received in server.received if received.to == (ELM,)]
    return found


def take_in(records: Path, made: EmailMessage) -> None:
    path = records.parent / "came.eml"
    path.write_bytes(made.as_bytes())
    run("ingest", path, "-o", records)


def about(number: str, records: Path) -> tuple[str, str]:
    """Where a school stands, and why."""
    (row,) = [row for row in table(run("status", "2026-27", "-o", records, "--csv")) if row["dfe_number"] == number]
    return row["status"], row["why"]


@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_automatic_reply_from_another_address_is_noted_at_the_school_that_was_written_to(
    records: Path, ours: EmailMessage, header: str
) -> None:
    reply = written("I am away.", STRANGER, Auto_Submitted="auto-replied")
    reply[header] = f"<first@x.example> {ours['Message-ID']}" if header == "References" else ours["Message-ID"]
    take_in(records, reply)
    assert about("211/2103", records)[1].startswith("an automatic reply came on")
    (row,) = rows(records / "returns.csv")
    assert (row["dfe_number"], row["verdict"]) == ("211/2103", "automatic")


def test_letter_from_another_address_belongs_to_the_school_whose_message_it_answers(
    records: Path, ours: EmailMessage
) -> None:
    letter = written("Nothing to change.", STRANGER)
    letter["In-Reply-To"] = ours["Message-ID"]
    take_in(records, letter)
    assert about("211/2103", records)[0] == "wrote"


def test_letter_that_answers_nothing_of_ours_belongs_to_nobody(records: Path, ours: EmailMessage) -> None:
    letter = written("Nothing to change.", STRANGER)
    letter["In-Reply-To"] = ours["Message-ID"].replace("<", "<not-")
    take_in(records, letter)
    (row,) = rows(records / "returns.csv")
    assert row["dfe_number"] == ""


@pytest.mark.parametrize("returned", ["whole", "headers", "nothing"])
@pytest.mark.parametrize(("status", "words"), [("5.1.1", "came back"), ("5.7.1", "was refused")])
def test_bounce_of_an_address_that_mail_was_passed_on_to_finds_the_message_it_returns(
    records: Path, ours: EmailMessage, returned: str, status: str, words: str
) -> None:
    bounce = report(ours if returned == "whole" else None, recipient=STRANGER, status=status)
    if returned == "headers":
        headers = MIMEPart()
        headers["Content-Type"] = "text/rfc822-headers"
        headers.set_payload(f"From: us@x.example\nMessage-ID: {ours['Message-ID']}\n")
        bounce.attach(headers)
    take_in(records, bounce)
    why = about("211/2103", records)[1]
    assert (f"mail to {STRANGER} {words}" in why) == (returned != "nothing")
    assert about("211/2103", records)[0] == "sent"


def test_receipt_that_names_our_message_is_noted_at_its_school(records: Path, ours: EmailMessage) -> None:
    receipt = message(b"", STRANGER)
    receipt.clear_content()
    receipt["Content-Type"] = 'multipart/report; report-type=disposition-notification; boundary="between"'
    part = MIMEPart()
    part["Content-Type"] = "message/disposition-notification"
    part.set_payload(f"Final-Recipient: rfc822;{STRANGER}\nOriginal-Message-ID: {ours['Message-ID']}\n")
    receipt.set_payload([part])
    take_in(records, receipt)
    (row,) = rows(records / "returns.csv")
    assert (row["dfe_number"], row["verdict"]) == ("211/2103", "automatic")


@pytest.mark.parametrize("status", ["5.1.1", "5.7.1"])
def test_address_that_a_bounce_names_is_found_and_forgotten(records: Path, ours: EmailMessage, status: str) -> None:
    take_in(records, report(ours, recipient=STRANGER, status=status))
    assert STRANGER in run("find", STRANGER, "-o", records).stdout
    assert run("forget", "-o", records, "--person", STRANGER, "--yes").exit_code == 0
    for path in records.glob("*.sqlite"):
        assert STRANGER.encode() not in path.read_bytes()
