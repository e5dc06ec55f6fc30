"""Messages of schools that brought no form: whose they are, and what the office and the school are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.deciding import decide, return_id
from tests.support.mailserver import MailServer
from tests.support.packing import mbox
from tests.support.replying import (
    MAY_3,
    MAY_10,
    PEOPLE,
    PICTURE,
    message,
    reminder,
    returned,
    status,
    take_in,
    with_files,
)
from tests.support.writing import CEDAR, ELM, SCHOOLS, email, send
from thep_forms.definition import load_definition
from thep_forms.generate import Master
from thep_forms.records import Arrival, Ledger, Sent, SentKind, SentState
from thep_forms.sources.mail.message_texts import NO_FILE

# --- whose a message is ---------------------------------------------------------------------------------------------


def test_message_of_an_address_on_the_list_belongs_to_its_school(records: Path, schools: Path) -> None:
    take_in(records, schools, message(f"The Office <{CEDAR.upper()}>"), message("stranger@else.example"))
    assert returned(records) == {
        "message.eml": ("211/2101", "Cedar Primary School", "unreadable"),
        "message (2).eml": ("", "", "unreadable"),
    }
    (known, _) = sorted(rows(records / "problems.csv"), key=lambda row: row["dfe_number"], reverse=True)
    assert (known["dfe_number"], known["school_name"]) == ("211/2101", "Cedar Primary School")


def test_message_of_a_person_on_the_list_belongs_to_the_school(records: Path, schools: Path) -> None:
    schools.write_text(PEOPLE, encoding="utf-8")
    take_in(records, schools, message("jo@cedar.example"))
    assert returned(records)["message.eml"][0] == "211/2101"


def test_message_of_a_person_in_an_earlier_return_belongs_to_the_school(
    records: Path, filled: Callable[..., bytes]
) -> None:
    form = with_files("somebody@else.example", {"form.pdf": filled(chair_of_governors_email="edith@home.example")})
    take_in(records, None, form, message("edith@home.example", date=MAY_10))
    assert returned(records)["message.eml"] == ("211/2101", "Cedar Primary School", "unreadable")


def test_message_belongs_to_the_school_whose_return_has_the_address_now(
    records: Path, filled: Callable[..., bytes]
) -> None:
    """Each command learns from the one before what the other returns tell."""
    new = "kim@new.example"
    forms = {"cedar.pdf": filled("2101", school_name="Cedar"), "elm.pdf": filled("2103", school_name="Elm")}
    take_in(records, None, message(new), with_files("post@else.example", forms))
    seen = [returned(records)["message.eml"][:2]]
    for name, address in (("cedar", new), ("elm", new), ("cedar", "jo@old.example")):
        decide("correct", records, return_id(records, name), f"main_contact_email={address}")
        seen.append(returned(records)["message.eml"][:2])
    decide("undo", records, "3")
    seen.append(returned(records)["message.eml"][:2])
    assert seen == [("", ""), ("211/2101", "Cedar"), ("", ""), ("211/2103", "Elm"), ("", "")]


def test_message_of_an_address_that_we_wrote_to_belongs_to_the_school(records: Path) -> None:
    sent = datetime(2026, 4, 1, tzinfo=UTC)
    with Ledger(records) as ledger, ledger.transaction():
        addresses = "head@ivy.example;info@ivy.example"
        ledger.note_sent(Sent("2026-27", "211/4242", sent, SentKind.FORM, SentState.SENT, addresses, "<1@x.example>"))
    take_in(records, None, message("info@ivy.example"))
    assert returned(records)["message.eml"][0] == "211/4242"


@pytest.mark.parametrize(
    ("service", "link"),
    [
        ("Jo (via Google Drive) <drive-shares-dm-noreply@google.com>", "https://drive.google.com/file/d/1"),
        ("Jo <no-reply@sharepointonline.com>", "https://cedar.sharepoint.com/:b:/s/office/E1"),
        ("WeTransfer <noreply@wetransfer.com>", "https://we.tl/t-1"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-generated"}])
def test_word_of_a_shared_file_belongs_to_the_school_that_shared_it(
    records: Path, schools: Path, service: str, link: str, headers: dict[str, str]
) -> None:
    take_in(records, schools, message(service, f"Jo shared a file: {link}", Reply_To=CEDAR, **headers))
    assert returned(records) == {"message.eml": ("211/2101", "Cedar Primary School", "unreadable")}
    assert "came instead of a file" in status(records, schools)["2101"][1]


def test_message_of_an_address_of_two_schools_belongs_to_nobody(records: Path, schools: Path) -> None:
    schools.write_text(SCHOOLS.replace(ELM, CEDAR), encoding="utf-8")
    take_in(records, schools, message(CEDAR))
    assert returned(records) == {"message.eml": ("", "", "unreadable")}
    assert {standing for standing, _ in status(records, schools).values()} == {"not_returned"}


def test_message_that_we_wrote_belongs_to_nobody_else(records: Path, schools: Path) -> None:
    schools.write_text(SCHOOLS.replace(CEDAR, "membership@thepartnership.example"), encoding="utf-8")
    take_in(records, schools, message("membership@thepartnership.example"))
    assert returned(records) == {"message.eml": ("", "", "sent_by_us")}
    assert status(records, schools)["2101"] == ("not_returned", "")


def test_form_without_a_number_takes_none_from_its_sender(
    records: Path, schools: Path, filled: Callable[..., bytes]
) -> None:
    take_in(records, schools, with_files(ELM, {"form.pdf": filled(dfe_number="", school_name="A school")}))
    assert returned(records)["Re: form.eml/form.pdf"] == ("", "A school", "needs_attention")
    assert status(records, schools)["2103"][0] == "wrote"


# --- what is said of it ---------------------------------------------------------------------------------------------

KINDS = {
    "words alone": (message(CEDAR, "Our chair is Edith."), "this message has no file attached", ""),
    "a link": (
        message(CEDAR, "See https://drive.google.com/file/d/1"),
        "a link to Google Drive came instead of a file",
        "A link to Google Drive came instead of a file. Attach the form as a PDF.",
    ),
    "no changes": (
        message(CEDAR, "Nothing has changed."),
        "the message says that nothing has changed, and no form is attached",
        "The message says that nothing has changed, and no form is attached.",
    ),
    "a picture": (
        with_files(CEDAR, {"IMG 1.gif": PICTURE}),
        "this is a picture, not a PDF",
        "IMG 1.gif: This is a picture, not a PDF.",
    ),
    "an old Word file": (
        with_files(CEDAR, {"form.rtf": b"{\\rtf1 Our answers}"}),
        "this is a text document, not a PDF",
        "form.rtf: This is a text document, not a PDF.",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_status_and_reminder_say_that_the_school_wrote_and_what(records: Path, schools: Path, kind: str) -> None:
    made, why, sentence = KINDS[kind]
    take_in(records, schools, made)
    assert status(records, schools)["2101"] == ("wrote", f"the school wrote on 3 May 2026: {why}")
    text = reminder(records, schools, "2101")
    assert "You wrote to us on 3 May 2026, but we still need the membership form for April 2026" in text
    assert sentence in text
    assert ("We cannot use what you sent" in text) == bool(sentence)
    assert "We have not yet received" not in text
    assert "We have not yet received" in reminder(records, schools, "2103")


def test_blank_form_of_a_known_address_belongs_to_its_school(records: Path, schools: Path, form: bytes) -> None:
    take_in(records, schools, with_files(CEDAR, {"form.pdf": form}), with_files(ELM, {"form.pdf": form}, MAY_10))
    assert [(number, verdict) for number, _, verdict in returned(records).values()] == [
        ("211/2103", "duplicate"),
        ("211/2101", "blank"),
    ]
    standings = status(records, schools)
    assert standings["2101"] == ("wrote", "the school wrote on 3 May 2026: nothing is filled in")
    assert standings["2103"] == ("wrote", "the school wrote on 10 May 2026: nothing is filled in")
    assert "form.pdf: The form came back with nothing filled in." in reminder(records, schools, "2101")


def test_message_beside_whose_file_a_form_came_is_no_message_without_a_form(
    records: Path, schools: Path, filled: Callable[..., bytes]
) -> None:
    take_in(records, schools, with_files(CEDAR, {"form.pdf": filled(main_contact_name=""), "a.gif": PICTURE}))
    assert status(records, schools)["2101"][0] == "needs_attention"
    assert "the school wrote" not in status(records, schools)["2101"][1]
    assert returned(records)["Re: form.eml/a.gif"] == ("211/2101", "Cedar Primary School", "not_a_form")


def test_school_whose_form_was_accepted_stays_accepted_when_it_writes(
    records: Path, schools: Path, filled: Callable[..., bytes]
) -> None:
    take_in(records, schools, with_files(CEDAR, {"form.pdf": filled()}), message(CEDAR, "Thank you.", MAY_10))
    assert status(records, schools)["2101"] == ("accepted", "")


def test_what_a_school_wrote_after_a_faulty_form_is_said_beside_its_errors(
    records: Path, schools: Path, filled: Callable[..., bytes]
) -> None:
    form = with_files(CEDAR, {"form.pdf": filled(chair_of_governors_name="")})
    take_in(records, schools, message(CEDAR, date="Fri, 1 May 2026 10:00:00 +0100"), form)
    assert "the school wrote" not in status(records, schools)["2101"][1]
    take_in(records, schools, message(CEDAR, "Sorry", MAY_10))
    standing, why = status(records, schools)["2101"]
    assert standing == "needs_attention"
    assert why.endswith("no answer; the school wrote on 10 May 2026: this message has no file attached")


@pytest.mark.parametrize("returned_form", ["faulty", "untouched"])
def test_reminder_says_what_the_school_wrote_after_a_form_that_cannot_be_used(
    records: Path, schools: Path, filled: Callable[..., bytes], returned_form: str
) -> None:
    known = {"school_name": "Cedar Primary School", "dfe_number": "211/2101"}
    untouched = Master(load_definition("2026-27").for_copies).copy(known, "211/2101")
    form = untouched if returned_form == "untouched" else filled(chair_of_governors_name="")
    take_in(records, schools, with_files(CEDAR, {"form.pdf": form}))
    assert "You also wrote" not in reminder(records, schools, "2101")
    take_in(records, schools, message(CEDAR, "See https://we.tl/t-1", MAY_10))
    text = reminder(records, schools, "2101")
    assert "Thank you for returning a membership form of Cedar Primary School" in text
    assert "You also wrote to us on 10 May 2026. We cannot use what you sent yet for April 2026" in text
    assert "A link to WeTransfer came instead of a file." in text


def test_message_of_another_calendar_year_counts_for_the_form_that_was_sent_before_it(
    records: Path, schools: Path
) -> None:
    take_in(records, schools, message(CEDAR, date="Mon, 1 Feb 2027 10:00:00 +0000"))
    assert status(records, schools)["2101"] == ("not_returned", "")
    with Ledger(records) as ledger, ledger.transaction():
        at = datetime(2026, 12, 1, tzinfo=UTC)
        ledger.note_sent(Sent("2026-27", "211/2101", at, SentKind.FORM, SentState.SENT, CEDAR, "<1@x.example>"))
    assert status(records, schools)["2101"][0] == "wrote"


def test_school_that_wrote_before_it_was_sent_the_form_is_sent_it_once(records: Path, schools: Path) -> None:
    take_in(records, schools, message(CEDAR))
    with MailServer() as server:
        send(schools, records, server)
        send(schools, records, server)
    assert sorted(received.to for received in server.received) == [(ELM,), ("info@ivy.example",), (CEDAR,)]


def test_report_lists_what_a_school_wrote_at_the_school(records: Path, schools: Path) -> None:
    take_in(records, schools, message(CEDAR, "https://we.tl/t-1"), message("stranger@else.example"))
    page = records.parent / "report.html"
    assert run("report", "2026-27", "-o", page, "--records", records, "--schools", schools).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "Needs attention: 1<" in text
    assert "No member school: 1<" in text
    assert "Missing: 3<" in text
    assert "A link to WeTransfer came instead of a file" in text


def test_reminder_lists_the_queries_of_a_form_after_its_errors(
    records: Path, schools: Path, filled: Callable[..., bytes]
) -> None:
    form = filled(chair_of_governors_name="", registered_address="3 Cedar Road, London")
    take_in(records, schools, with_files(CEDAR, {"form.pdf": form}))
    text = reminder(records, schools, "2101")
    error, query = text.find("Please give us the"), text.find("we found no postcode")
    assert 0 < error < query
    assert "postcode" not in status(records, schools)["2101"][1]


# --- what came twice ---------------------------------------------------------------------------------------------


def test_message_without_a_file_in_two_exports_is_one_return_that_came_twice(records: Path, schools: Path) -> None:
    made, other = message(CEDAR, Message_ID="<1@cedar>"), message(CEDAR, Message_ID="<2@cedar>")
    take_in(records, schools, made)
    (folder := records.parent / "Archive").mkdir()
    moved = b"X-Mozilla-Status: 0001\r\nX-Gmail-Labels: Inbox,Opened\r\n" + made.as_bytes().replace(b"\n", b"\r\n")
    (folder / "moved.eml").write_bytes(moved)
    (folder / "other.eml").write_bytes(other.as_bytes())
    for _ in range(2):
        ingest(records, [folder])
        found = {row["source"]: (row["return_id"], row["verdict"]) for row in rows(records / "returns.csv")}
        first, moved_there, another = (found[name] for name in sorted(found, key=len, reverse=True))
        assert len(found) == 3
        assert {first[1], moved_there[1]} == {"unreadable", "duplicate"}
        assert (first[0] == moved_there[0], another[0] == first[0], another[1]) == (True, False, "unreadable")
    assert len(rows(records / "problems.csv")) == 2
    assert status(records, schools)["2101"][0] == "wrote"
    assert run("verify", "-o", records).exit_code == 0


def test_message_that_an_earlier_version_noted_by_its_path_keeps_its_id(records: Path, schools: Path) -> None:
    made = message(CEDAR, Message_ID="<1@cedar>")
    path = mbox(records.parent / "a.mbox", [made])
    ingest(records, [], register=schools)
    arrival = Arrival("a.mbox/message.eml", "")
    with Ledger.existing(records) as ledger, ledger.transaction():
        ledger.add_unopened(arrival, NO_FILE)
    ingest(records, [path])
    (row,) = rows(records / "returns.csv")
    assert row["return_id"] == sha256(b"a.mbox/message.eml").hexdigest()[:16]


# --- what nobody wrote ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Content_Type": "multipart/report"},
        {"X_Autoreply": "yes"},
        {"Subject": "Automatic reply: Membership"},
    ],
)
def test_automatic_reply_is_noted_at_its_school_and_needs_nobody(
    records: Path, schools: Path, headers: dict[str, str]
) -> None:
    reply = message(CEDAR, "Out of office")
    for name, value in headers.items():
        del reply[name.replace("_", "-")]
        reply[name.replace("_", "-")] = value
    take_in(records, schools, reply)
    assert list(returned(records).values()) == [("211/2101", "Cedar Primary School", "automatic")]
    assert rows(records / "problems.csv") == []
    assert ingest(records, []).all_accepted
    assert status(records, schools)["2101"] == ("not_returned", "an automatic reply came on 3 May 2026")
    assert "We have not yet received" in reminder(records, schools, "2101")


def bounce(status: str, address: str = CEDAR) -> EmailMessage:
    """A report that mail to the address failed, with that status (RFC 3464)."""
    text = (
        f"From: postmaster@mx.example\nTo: membership@thepartnership.example\nDate: {MAY_3}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="between"\n\n'
        "--between\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\n\n--between--\n"
    )
    return message_from_bytes(text.encode(), EmailMessage)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("5.7.1", "its mail server does not say whether that is about us or about the address; ring the school"),
        ("5.7.26", "its mail server refuses mail from us; ask your IT support"),
        ("5.7.133", "this address takes mail only from some senders; ask the school to let us in"),
        ("5.2.2", "the mailbox is full; ring the school, and write again later"),
    ],
)
def test_bounce_of_an_address_that_may_exist_is_noted_at_its_school_with_what_to_do(
    records: Path, schools: Path, code: str, words: str
) -> None:
    take_in(records, schools, bounce(code))
    assert list(returned(records).values()) == [("211/2101", "Cedar Primary School", "automatic")]
    why = f"mail to {CEDAR} was refused on 3 May 2026 ({code}): {words}"
    assert status(records, schools)["2101"] == ("not_returned", why)
    assert f"To: {CEDAR}" in email(schools, records, "--chase", "--dry-run", "--only", "2101").stdout
    page = records.parent / "report.html"
    assert run("report", "2026-27", "-o", page, "--records", records, "--schools", schools).exit_code == 0
    assert words in page.read_text(encoding="utf-8")


def test_message_in_the_trash_is_noted_at_no_school(records: Path, schools: Path) -> None:
    take_in(records, schools, message(CEDAR, X_Gmail_Labels="Trash"))
    assert returned(records) == {"message.eml": ("", "", "automatic")}
    assert status(records, schools)["2101"] == ("not_returned", "")
