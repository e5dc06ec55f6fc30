"""Which addresses a bounce says mail did not reach, and what that means for them."""

from __future__ import annotations

import email
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import ingest
from tests.support import outlook
from tests.support.commands import run
from tests.support.messages import (
    SCHOOL,
    US,
    completed_copy,
    ingested,
    message,
    report,
    written,
)
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.schools.status import look_up_statuses
from thep_forms.sources import find_files, open_file
from thep_forms.sources.model import MessageKind


@pytest.fixture(scope="module")
def completed() -> bytes:
    return completed_copy()


def test_bounces_that_come_one_after_the_other_by_the_same_name_all_count(tmp_path: Path, completed: bytes) -> None:
    records, schools, other = tmp_path / "records", tmp_path / "schools.csv", "head@cedar2101.example"
    for address in (SCHOOL, other):  # both return the same message of ours
        made = report(message(completed, US), recipient=address)
        (tmp_path / "Undeliverable.eml").write_bytes(made.as_bytes())
        ingest(records, [tmp_path / "Undeliverable.eml"])
    schools.write_text(f"dfe_number,school_name,email\n2101,Cedar,{SCHOOL}; {other}\n", encoding="utf-8")
    (status,) = look_up_statuses(records, MembershipYear.parse("2026-27"), schools, Definitions.of_today())
    assert status.standing == "undeliverable"
    assert run("verify", "-o", records).exit_code == 0


def test_second_bounce_by_the_same_name_counts_from_its_own_day(tmp_path: Path, completed: bytes) -> None:
    records, schools = tmp_path / "records", tmp_path / "schools.csv"
    for day, made in ((3, report(message(completed, US))), (8, written("Hello")), (12, report(message(completed, US)))):
        del made["Date"]
        made["Date"] = f"{day} May 2026 09:00:00 +0100"
        path = tmp_path / ("Hello.eml" if day == 8 else "Undeliverable.eml")
        path.write_bytes(made.as_bytes())
        ingest(records, [path])
    schools.write_text(f"dfe_number,school_name,email\n2101,Cedar,{SCHOOL}\n", encoding="utf-8")
    (status,) = look_up_statuses(records, MembershipYear.parse("2026-27"), schools, Definitions.of_today())
    assert status.standing == "undeliverable"


@pytest.mark.parametrize("holds_our_message", [True, False])
def test_bounce_marks_the_address_as_undeliverable_until_it_changes(
    tmp_path: Path, completed: bytes, *, holds_our_message: bool
) -> None:
    records, schools = tmp_path / "records", tmp_path / "schools.csv"
    ingested(tmp_path, "bounce.eml", report(message(completed, US) if holds_our_message else None))
    for address, standing in ((SCHOOL, "undeliverable"), ("new@cedar2101.example", "not_returned")):
        schools.write_text(f"dfe_number,school_name,email\n2101,Cedar Primary School,{address}\n", encoding="utf-8")
        (status,) = look_up_statuses(records, MembershipYear.parse("2026-27"), schools, Definitions.of_today())
        assert status.standing == standing
    drafts = ("--drafts", tmp_path / "drafts")
    schools.write_text(f"dfe_number,school_name,email\n2101,Cedar Primary School,{SCHOOL}\n", encoding="utf-8")
    assert run("email", "2026-27", "--schools", schools, "-o", records, *drafts).exit_code == 0
    assert not list(tmp_path.glob("drafts/*.eml"))


@pytest.mark.parametrize("options", [["--chase"], ["--again", "--only", "2101"]])
def test_email_writes_to_no_address_that_bounced_even_if_the_school_returned_a_form(
    tmp_path: Path, completed: bytes, filled: Callable[..., bytes], options: list[str]
) -> None:
    records, schools, drafts = tmp_path / "records", tmp_path / "schools.csv", tmp_path / "drafts"
    ingested(tmp_path, "bounce.eml", report(message(completed, US)))
    (tmp_path / "saved.pdf").write_bytes(filled(main_contact_name=""))
    ingest(records, [tmp_path / "saved.pdf"])
    command = ("email", "2026-27", "--schools", schools, "-o", records, "--drafts", drafts, *options)
    schools.write_text(f"dfe_number,school_name,email\n2101,Cedar Primary School,{SCHOOL}\n", encoding="utf-8")
    result = run(*command)
    assert (result.exit_code, list(drafts.glob("*.eml"))) == (1, [])
    assert f"211/2101 Cedar Primary School: {SCHOOL}" in result.stderr
    (status,) = look_up_statuses(records, MembershipYear.parse("2026-27"), schools, Definitions.of_today())
    assert status.standing == "needs_attention"
    assert status.why.endswith(f"mail to {SCHOOL} bounced; find another address")
    schools.write_text(
        f"dfe_number,school_name,email\n2101,Cedar Primary School,{SCHOOL};new@cedar2101.example\n", encoding="utf-8"
    )
    assert run(*command).exit_code == 0
    (draft,) = drafts.glob("*.eml")
    assert message_from_bytes(draft.read_bytes(), policy=policy.default)["To"] == "new@cedar2101.example"


def failed(tmp_path: Path, made: EmailMessage) -> list[str]:
    """The addresses that a bounce says do not exist."""
    path = tmp_path / "bounce.eml"
    path.write_bytes(made.as_bytes())
    (found, *_) = [file for place in find_files([path]) for file in open_file(place)]
    assert found.carried_by[0].kind is MessageKind.AUTOMATIC
    return list(found.carried_by[0].failed)


def bounce(status: str, diagnostic: str = "", action: str = "failed", **headers: str) -> EmailMessage:
    """A bounce that says of a school's address what `status` and `diagnostic` say."""
    made = report(None, **headers)
    (part,) = made.iter_parts()
    (about,) = part.iter_parts()
    about.replace_header("Action", action)
    about.replace_header("Status", status)
    if diagnostic:
        about["Diagnostic-Code"] = f"smtp; {diagnostic}"
    return made


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        *(("5.1.1", ""), ("5.1.10", ""), ("5.1.2", ""), ("5.4.4", ""), ("5.2.1", ""), ("5.0.0", "")),
        *(("5.0.0", "550 No such user"), ("5.0.0", "550 5.1.1 User unknown")),
        ("5.1.1", "550 5.1.1 relay.example does not know this user. Do not try again."),
    ],
)
def test_bounce_of_an_address_that_does_not_exist_marks_it(tmp_path: Path, status: str, diagnostic: str) -> None:
    assert failed(tmp_path, bounce(status, diagnostic)) == [SCHOOL]


@pytest.mark.parametrize(
    ("status", "diagnostic", "action"),
    [
        *(("5.7.1", "", "failed"), ("5.7.26", "", "failed"), ("5.2.2", "", "failed"), ("5.3.4", "", "failed")),
        *(("4.4.1", "", "delayed"), ("4.2.2", "", "failed"), ("5.1.8", "", "failed"), ("2.0.0", "", "delivered")),
        ("5.1.0", "550 Client host blocked using Spamhaus", "failed"),
        ("5.0.0", "550 rejected because of our DMARC policy", "failed"),
        ("5.0.0", "550 5.7.1 Service unavailable", "failed"),
        ("5.0.0", "552 Mailbox full", "failed"),
    ],
)
def test_bounce_about_us_a_full_mailbox_or_a_delay_marks_no_address(
    tmp_path: Path, status: str, diagnostic: str, action: str
) -> None:
    assert failed(tmp_path, bounce(status, diagnostic, action)) == []
    assert failed(tmp_path, bounce(status, diagnostic, action, X_Failed_Recipients=SCHOOL)) == []


def test_bounce_with_an_international_report_marks_the_address(tmp_path: Path) -> None:
    made = bounce("5.1.1").as_bytes().replace(b"message/delivery-status", b"message/global-delivery-status")
    assert failed(tmp_path, email.message_from_bytes(made.replace(b"rfc822;", b"utf-8;"), EmailMessage)) == [SCHOOL]


QMAIL = """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<office@cedar2101.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user

<head@elm.example>:
Sorry, no mailbox here by that name. (#5.1.1)

<full@elm.example>:
The user's mailbox is over quota.

<shy@elm.example>:
10.5.1.1 does not like us. Remote host said: 554 5.7.1 blocked

--- Below this line is a copy of the message.

<nobody@elm.example>:
"""


def test_bounce_of_qmail_marks_the_addresses_that_do_not_exist(tmp_path: Path) -> None:
    made = written(QMAIL, "MAILER-DAEMON@mx.example.net", Subject="failure notice")
    assert failed(tmp_path, made) == ["head@elm.example", SCHOOL]


@pytest.mark.parametrize(("reason", "marked"), [("Unrouteable address", [SCHOOL]), ("550 SPF check failed", [])])
def test_bounce_of_exim_marks_an_address_unless_it_is_about_us(tmp_path: Path, reason: str, marked: list[str]) -> None:
    text = f"A message could not be delivered.\n\n  {SCHOOL}\n    {reason}\n\n--- This is a copy of the message ---"
    assert failed(tmp_path, written(text, X_Failed_Recipients=SCHOOL)) == marked


TEXTS = {
    "Postfix": f"I'm sorry.\n\n<{SCHOOL}>: host mx.example[192.0.2.1] said: 550 5.1.1 <{SCHOOL}>:\n    User unknown\n",
    "sendmail": f"  --- The following addresses had errors ---\n<{SCHOOL}>\n    (reason: 550 5.1.1 User unknown)\n",
    "Exim": f"This failed:\n\n  {SCHOOL}\n    host mx.example [192.0.2.1]\n    550 5.1.1 No such user\n",
    "qmail in German": f"Hallo. Hier ist qmail.\n\n<{SCHOOL}>:\n192.0.2.1 Remote host said: 550 5.1.1 no such user\n",
    "Exchange": f"It has failed to:\n\n{SCHOOL} ({SCHOOL})\nNot found.\n\nRemote Server returned '550 5.1.10'",
}


@pytest.mark.parametrize("server", TEXTS)
def test_bounce_that_is_text_alone_marks_the_address_that_it_names(tmp_path: Path, server: str) -> None:
    assert failed(tmp_path, written(TEXTS[server], "Mail System <MAILER-DAEMON@mx.example>", Subject="Failure")) == [
        SCHOOL
    ]


_ERROR = "<p>Reported error:<br><i>550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found</i></p>"
PAGES = {
    "its name is a link": "<b>Delivery has failed to these recipients or groups:</b><br>\n"
    f'<a href="mailto:{SCHOOL}?subject=Hello">Cedar Office</a><br>\nThe address could not be found.{_ERROR}',
    "it follows the name": f"<p>Delivery has failed to:</p><p>Cedar Office ({SCHOOL})</p>{_ERROR}",
    "a sentence has it": f"<p>Your message to <b>{SCHOOL}</b> couldn’t be delivered.</p><p>Not there.</p>{_ERROR}",
    "a table has it": "<style>td { color: red }</style><table><tr><td>Sender Address:</td><td>us@x.example</td></tr>"
    f"<tr><td>Recipient Address:</td><td> {SCHOOL}</td></tr></table>{_ERROR}",
}


@pytest.mark.parametrize("page", PAGES)
def test_bounce_of_exchange_that_is_html_alone_marks_the_address_that_it_names(tmp_path: Path, page: str) -> None:
    made = written("", "Microsoft Outlook <postmaster@mx.example>", Subject="Undeliverable: Form")
    made.set_content(f"<html><body>{PAGES[page]}</body></html>", subtype="html")
    assert failed(tmp_path, made) == [SCHOOL]


def test_html_of_exchange_about_a_delay_marks_no_address(tmp_path: Path) -> None:
    made = written("", "Microsoft Outlook <postmaster@mx.example>", Subject="Delivery delayed: Form")
    made.set_content(f"<p>Your message to {SCHOOL} is delayed. The server tries again.</p>", subtype="html")
    assert failed(tmp_path, made) == []


@pytest.mark.parametrize(("kind", "marked"), [("NDR", [SCHOOL]), ("DELAYED", []), ("IPNRN", [])])
def test_bounce_that_outlook_saved_marks_its_address(tmp_path: Path, kind: str, marked: list[str]) -> None:
    text = f"<p>It has failed to:</p><p>{SCHOOL}</p><p>Remote Server returned '550 5.1.10 RecipientNotFound'</p>"
    saved = outlook.message("Undeliverable: Form", None, [], text)
    saved["__substg1.0_001A001F"] = f"REPORT.IPM.Note.{kind}".encode("utf-16-le")
    (tmp_path / "Undeliverable.msg").write_bytes(outlook.compound(saved))
    (found, *_) = [file for place in find_files([tmp_path / "Undeliverable.msg"]) for file in open_file(place)]
    assert (found.carried_by[0].kind, list(found.carried_by[0].failed)) == (MessageKind.AUTOMATIC, marked)


@pytest.mark.parametrize(
    "text",
    [
        f"Your message is delayed. The server goes on trying.\n\n<{SCHOOL}>: connect to mx.example: timed out\n",
        f"Your message to these was held in quarantine:\n\n{SCHOOL}\n",
        f"<{SCHOOL}>: host mx.example said: 552 5.2.2 Mailbox full\n",
        "Your message could not be delivered.\n",
    ],
)
def test_text_of_a_mail_server_that_names_an_address_which_may_exist_marks_none(tmp_path: Path, text: str) -> None:
    assert failed(tmp_path, written(text, "Mail System <MAILER-DAEMON@mx.example>", Subject="Your message")) == []


def test_automatic_reply_that_names_another_address_marks_none(tmp_path: Path) -> None:
    text = f"I have left, and my mailbox does not exist any more. Please write to:\n{SCHOOL}\nNo such luck: 550 5.1.1"
    assert failed(tmp_path, written(text, "jo@cedar2101.example", Auto_Submitted="auto-replied")) == []


def test_bounce_whose_report_puts_the_address_into_a_line_of_its_own_marks_it(tmp_path: Path) -> None:
    made = bounce("5.1.1").as_bytes().replace(b"rfc822; ", b"rfc822;\n ")
    assert b"rfc822;\n " in made
    assert failed(tmp_path, email.message_from_bytes(made, EmailMessage)) == [SCHOOL]


def test_bounce_of_gmail_about_a_domain_that_does_not_exist_marks_the_address(tmp_path: Path) -> None:
    diagnostic = "DNS Error: DNS type 'mx' lookup of cedar2101.example responded with code NXDOMAIN"
    assert failed(tmp_path, bounce("4.0.0", diagnostic)) == [SCHOOL]


def refusals(tmp_path: Path, made: EmailMessage) -> list[tuple[str, str, str]]:
    """The addresses that a bounce says mail did not reach, though they may exist: with the cause and the code."""
    assert failed(tmp_path, made) == []
    (found, *_) = [file for place in find_files([tmp_path / "bounce.eml"]) for file in open_file(place)]
    return [(refusal.address, refusal.cause, refusal.code) for refusal in found.carried_by[0].refusals]


@pytest.mark.parametrize(
    ("status", "diagnostic", "cause"),
    [
        ("5.7.1", "", "unknown"),
        ("5.7.1", "550 5.7.1 Delivery not authorized, message refused", "unknown"),
        ("5.7.1", "550 5.7.1 Message rejected as spam", "about_us"),
        ("5.7.1", "550-5.7.1 Our system has detected that this message is likely unsolicited mail", "about_us"),
        ("5.7.1", "550 5.7.1 Client does not have permissions to send as this sender", "about_us"),
        ("5.7.1", "550 5.7.1 Unauthenticated email is not accepted because of the DMARC policy", "about_us"),
        ("5.7.1", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", "restricted"),
        ("5.7.1", "550 5.7.1 You are not authorised to send messages to this group", "restricted"),
        *(("5.7.26", "", "about_us"), ("5.7.606", "", "about_us"), ("5.1.8", "", "about_us")),
        *(("5.7.133", "", "restricted"), ("5.7.2", "", "restricted")),
        *(("5.2.2", "", "full"), ("4.2.2", "", "full"), ("5.0.0", "552 Mailbox full", "full")),
        *(("5.3.4", "", "too_large"), ("4.4.7", "", "too_late"), ("5.0.0", "451 try later", "too_late")),
    ],
)
def test_bounce_of_an_address_that_may_exist_says_which_and_whether_it_is_about_us(
    tmp_path: Path, status: str, diagnostic: str, cause: str
) -> None:
    code = "" if status == "5.0.0" else status
    found = refusals(tmp_path, bounce(status, diagnostic))
    assert [(address, why) for address, why, _ in found] == [(SCHOOL, cause)]
    assert not code or found[0][2] == code


def test_delay_and_delivery_are_no_refusals(tmp_path: Path) -> None:
    for status, action in (("4.4.1", "delayed"), ("2.0.0", "delivered"), ("2.0.0", "relayed")):
        assert refusals(tmp_path, bounce(status, "", action)) == []
