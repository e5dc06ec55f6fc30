"""Who sent a message and what kind it is: only what a school sent is a return."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support import outlook
from tests.support.messages import (
    AUTOMATIC,
    OURS,
    SCHOOL,
    US,
    cedars_copy,
    completed_copy,
    forwarded,
    ingested,
    message,
    report,
    verdicts,
    written,
)
from tests.support.packing import mbox
from tests.support.viewer import type_into
from thep_forms.sources import find_files, open_file
from thep_forms.sources.model import MessageKind


@pytest.fixture(scope="module")
def copy() -> bytes:
    return cedars_copy()


@pytest.fixture(scope="module")
def completed() -> bytes:
    return completed_copy()


# --- one message ----------------------------------------------------------------------------------------------------

SENT_BY_US: dict[str, Callable[[bytes], EmailMessage]] = {
    "from our address": lambda pdf: message(pdf, f"THE Partnership <{US.upper()}>"),
    "from our address with a tag": lambda pdf: message(pdf, US.replace("@", "+forms@")),
    "a draft": lambda pdf: message(pdf, "somebody@else.example", X_Unsent="1"),
    "a draft of Thunderbird": lambda pdf: message(pdf, "somebody@else.example", X_Mozilla_Draft_Info="internal/draft"),
    "labelled as sent by Gmail": lambda pdf: message(pdf, "somebody@else.example", X_Gmail_Labels="Important,Sent"),
    "ours to ourselves in Gmail": lambda pdf: message(pdf, US, To=US, X_Gmail_Labels="Inbox,Sent"),
    "with another address for replies": lambda pdf: message(pdf, US, To=SCHOOL, Reply_To="Jo <jo@else.example>"),
    "ours by way of our list": lambda pdf: message(
        pdf, f"Sam via Forms <{US}>", Reply_To=US, List_Post=f"<mailto:{US}>"
    ),
    "our message in our message": lambda pdf: forwarded(message(pdf, US), US),
}
NOBODYS: dict[str, Callable[[bytes], EmailMessage]] = {
    "a bounce": lambda pdf: report(message(pdf, US)),
    "a receipt": lambda pdf: report(message(pdf, US), "disposition-notification"),
    "a receipt without our message": lambda _: report(None, "disposition-notification"),
    "an automatic reply": lambda pdf: message(pdf, Auto_Submitted="auto-replied (vacation)"),
    "a ticket system's reply": lambda pdf: message(pdf, Auto_Submitted="auto-generated", References="<1@us>"),
    "a generated message that holds ours": lambda pdf: forwarded(message(pdf, US), Auto_Submitted="auto-generated"),
    "an automatic reply that holds our message": lambda pdf: forwarded(message(pdf, US), Auto_Submitted="auto-replied"),
    "an old bounce": lambda pdf: forwarded(message(pdf, US), "MAILER-DAEMON@cedar2101.example"),
    "a bounce with a null sender": lambda pdf: forwarded(message(pdf, US), Return_Path="<>"),
    "a bounce with a null sender and a file": lambda pdf: message(
        pdf, Return_Path="<>", Subject="Undeliverable: Membership form"
    ),
    "a note of absence that holds our message": lambda pdf: forwarded(
        message(pdf, US), Subject="Abwesenheitsnotiz: Membership form"
    ),
    "labelled as spam by Gmail": lambda pdf: message(pdf, X_Gmail_Labels="Spam,Unread"),
    "labelled as trash by Gmail": lambda pdf: message(pdf, US, X_Gmail_Labels="=?UTF-8?Q?Trash,Opened?="),
    "deleted in Thunderbird": lambda pdf: message(pdf, X_Mozilla_Status="0009"),
}
SCHOOLS: dict[str, Callable[[bytes], EmailMessage]] = {
    "from a school": message,
    "shared by a service": lambda pdf: message(
        pdf, "Jo via OneDrive <no-reply@sharepointonline.com>", Auto_Submitted="auto-generated", Reply_To=SCHOOL
    ),
    "from a scanner": lambda pdf: message(pdf, Auto_Submitted="auto-generated"),
    "not automatic": lambda pdf: message(pdf, Auto_Submitted="no", X_Mozilla_Status="0001"),
    "forwarded by a rule": lambda pdf: message(pdf, Auto_Submitted="auto-forwarded"),
    "a forward that holds our message": lambda pdf: forwarded(message(pdf, US)),
    "a school's message that we forwarded": lambda pdf: forwarded(message(pdf), US),
    "with the subject of an automatic reply": lambda pdf: message(pdf, Subject="Automatic reply: our form"),
    "with a null sender": lambda pdf: message(pdf, Return_Path="<>"),
    "with signs of a program": lambda pdf: message(pdf, Precedence="bulk", X_Loop=US, X_Auto_Response_Suppress="All"),
    "with the subject of a receipt": lambda pdf: message(pdf, Subject="Read: Membership form"),
    "in the inbox of Gmail": lambda pdf: message(pdf, X_Gmail_Labels="Inbox,Opened"),
    "labelled as received and as sent by Gmail": lambda pdf: message(pdf, X_Gmail_Labels="Inbox,Sent"),
    "by way of a list of Mailman": lambda pdf: message(
        pdf,
        f"Jo via Forms <{US}>",
        Reply_To=f"Forms <{US}>, Jo <{SCHOOL}>",
        List_Id="<membership.thepartnership.example>",
    ),
    "by way of Google Groups": lambda pdf: message(
        pdf, US, Reply_To=f"Jo <{SCHOOL}>", Mailing_List=f"list {US}; contact owner@thepartnership.example"
    ),
    "from a form on our web site": lambda pdf: message(pdf, US, To=US, Reply_To=SCHOOL),
    "by way of our shared inbox": lambda pdf: message(pdf, f"'Jo' via Forms <{US}>", X_Original_From=f"Jo <{SCHOOL}>"),
}


@pytest.mark.parametrize("kind", SENT_BY_US)
def test_file_in_our_own_message_is_sent_by_us_and_needs_nobody(tmp_path: Path, completed: bytes, kind: str) -> None:
    assert ingested(tmp_path, "message.eml", SENT_BY_US[kind](completed)) == [OURS]
    assert not rows(tmp_path / "records" / "problems.csv")
    assert not rows(tmp_path / "records" / "schools.csv")


@pytest.mark.parametrize("kind", NOBODYS)
def test_file_in_an_automatic_or_discarded_message_is_automatic_and_needs_nobody(
    tmp_path: Path, completed: bytes, kind: str
) -> None:
    assert ingested(tmp_path, "message.eml", NOBODYS[kind](completed)) == [AUTOMATIC]
    assert not rows(tmp_path / "records" / "problems.csv")
    assert not rows(tmp_path / "records" / "schools.csv")


@pytest.mark.parametrize("kind", SCHOOLS)
def test_file_in_a_schools_message_counts(tmp_path: Path, completed: bytes, kind: str) -> None:
    assert ingested(tmp_path, "message.eml", SCHOOLS[kind](completed)) == ["accepted"]


def test_automatic_reply_without_a_file_needs_nobody(tmp_path: Path) -> None:
    reply = EmailMessage()
    reply["From"], reply["Date"], reply["Auto-Submitted"] = SCHOOL, "Mon, 4 May 2026 10:00:00 +0100", "auto-replied"
    reply.set_content("The office is closed.")
    assert ingested(tmp_path, "reply.eml", reply) == [AUTOMATIC]
    assert not rows(tmp_path / "records" / "problems.csv")


def test_message_by_a_list_that_keeps_the_sender_is_the_senders(tmp_path: Path, completed: bytes) -> None:
    path = tmp_path / "list.eml"
    path.write_bytes(message(completed, List_Post=f"<mailto:{US}>", Reply_To=US, To=US).as_bytes())
    (found,) = [file for place in find_files([path]) for file in open_file(place)]
    assert [origin.sender for origin in found.carried_by] == [SCHOOL]


@pytest.mark.parametrize(
    "subject",
    [
        *("Automatic reply: form", "[EXTERNAL] Auto-reply: form", "Out of Office", "Automated response"),
        *("Automatische Antwort: form", "Abwesenheitsnotiz: form", "Gelesen: form", "Lesebestätigung: form"),
        *("Réponse automatique : form", "Message d’absence", "Lu : form", "Accusé de lecture : form"),
        *("Respuesta automática: form", "Respuesta automatica: form", "Leído: form", "Fuera de la oficina: form"),
        *("Risposta automatica: form", "Letto: form", "Resposta automática: form", "Lida: form"),
        *("Automatisch antwoord: form", "Gelezen: form", "Odpowiedź automatyczna: form", "Przeczytane: form"),
        "Ateb awtomatig: form",
        *("Read: form", "Not read: form", "Recall: form", "Message Recall Failure: form", "Unzustellbar: form"),
    ],
)
def test_message_without_a_file_and_with_an_automatic_subject_needs_nobody(tmp_path: Path, subject: str) -> None:
    assert ingested(tmp_path, "message.eml", written("We are away.", Subject=subject)) == [AUTOMATIC]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Precedence": "bulk"}, {"Precedence": "auto_reply"}, {"Precedence": "junk"}, {"X_Loop": "cedar"}),
        *({"X_Auto_Response_Suppress": "All"}, {"X_Autoreply": "yes"}, {"X_Autorespond": "away"}),
    ],
)
def test_message_without_a_file_and_with_signs_of_a_program_needs_nobody(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    logo = written("We answer in three days.", **headers)
    logo.add_attachment(b"GIF89a", maintype="image", subtype="gif", disposition="inline", filename="logo.gif")
    assert set(ingested(tmp_path, "message.eml", logo)) == {AUTOMATIC}


@pytest.mark.parametrize("subject", ["Re: Automatic reply: form", "Reading list", "Lunch", "Absences this year"])
def test_message_of_a_person_without_a_file_needs_attention(tmp_path: Path, subject: str) -> None:
    assert ingested(tmp_path, "message.eml", written("Who is it?", Subject=subject)) == ["unreadable"]


def test_message_by_a_discussion_list_without_a_file_needs_attention(tmp_path: Path) -> None:
    made = written("Who is it?", Precedence="bulk", List_Post="<mailto:heads@list.example>")
    assert ingested(tmp_path, "message.eml", made) == ["unreadable"]


def test_answer_to_an_invitation_needs_nobody(tmp_path: Path) -> None:
    made = written("", Subject="Accepted: Meeting")
    made.add_alternative(
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n", subtype="calendar", params={"method": "REPLY"}
    )
    assert set(ingested(tmp_path, "message.eml", made)) == {AUTOMATIC}


def test_other_addresses_of_the_partnership_are_ours(tmp_path: Path, templates: Path, completed: bytes) -> None:
    path = templates / "partnership.toml"
    text = path.read_text(encoding="utf-8").replace("other_addresses = []", 'other_addresses = ["Sam@thep.example"]')
    path.write_text(text, encoding="utf-8")
    (tmp_path / "message.eml").write_bytes(message(completed, "sam@thep.example").as_bytes())
    ingest(tmp_path / "records", [tmp_path / "message.eml"], templates=templates)
    assert verdicts(tmp_path / "records") == [OURS]


# --- several messages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_return_that_a_school_sent_too_counts_whatever_the_order(
    tmp_path: Path, completed: bytes, order: tuple[int, ...]
) -> None:
    messages = [report(message(completed, US)), message(completed, US), message(completed)]
    for number in order:
        path = tmp_path / f"{number}.eml"
        path.write_bytes(messages[number].as_bytes())
        ingest(tmp_path / "records", [path])
    found = {row["source"].partition("/")[0]: row["verdict"] for row in rows(tmp_path / "records" / "returns.csv")}
    assert found == {"0.eml": AUTOMATIC, "1.eml": OURS, "2.eml": "accepted"}


def test_our_later_reminder_does_not_take_the_place_of_a_schools_answer(
    tmp_path: Path, copy: bytes, completed: bytes
) -> None:
    answer = message(completed, Date="Mon, 4 May 2026 10:00:00 +0100")
    reminder = message(copy, US, Date="Mon, 1 Jun 2026 10:00:00 +0100")
    mbox(tmp_path / "all.mbox", [answer, reminder, report(reminder)])
    assert ingest(tmp_path / "records", [tmp_path / "all.mbox"]).all_accepted
    assert sorted(verdicts(tmp_path / "records")) == ["accepted", AUTOMATIC, OURS]
    (school,) = rows(tmp_path / "records" / "schools.csv")
    (chair,) = [row for row in rows(tmp_path / "records" / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert (school["dfe_number"], chair["name"]) == ("211/2101", "Edith Newly-Elected")


# --- when it was received -------------------------------------------------------------------------------------------


def test_later_return_is_the_one_that_our_server_received_later(tmp_path: Path, copy: bytes, completed: bytes) -> None:
    wrong_clock = "Thu, 1 Jan 2026 00:00:00 +0000"
    first = message(
        type_into(copy, {"chair_of_governors_name": "Old Chair"}),
        Date="Tue, 5 May 2026 10:00:00 +0100",
        Received="from a.example by ours.example with ESMTPS id 1; Tue, 5 May 2026 10:00:03 +0100 (BST)",
    )
    then = message(completed, Date=wrong_clock)
    then["Received"] = "from b.example by ours.example with ESMTPS id 2; Wed, 6 May 2026 10:00:03 +0100"
    then["Received"] = f"from c.example by b.example; {wrong_clock}"
    mbox(tmp_path / "all.mbox", [first, then])
    assert ingest(tmp_path / "records", [tmp_path / "all.mbox"]).all_accepted
    (chair,) = [row for row in rows(tmp_path / "records" / "contacts.csv") if row["role"] == "chair_of_governors"]
    assert chair["name"] == "Edith Newly-Elected"


# --- Outlook --------------------------------------------------------------------------------------------------------


def test_scan_in_an_outlook_message_of_a_scanner_is_not_automatic(tmp_path: Path) -> None:
    scan = outlook.message("Scan", None, [outlook.attachment("scan.pdf", b"%PDF-1.7")])
    headers = f"From: Copier <{SCHOOL}>\r\nAuto-Submitted: auto-generated\r\n\r\n"
    scan["__substg1.0_007D001F"] = headers.encode("utf-16-le")
    (tmp_path / "scan.msg").write_bytes(outlook.compound(scan))
    (found,) = [file for place in find_files([tmp_path / "scan.msg"]) for file in open_file(place)]
    assert [origin.kind for origin in found.carried_by] == [MessageKind.ORDINARY]


@pytest.mark.parametrize(
    ("message_class", "name", "kind"),
    [
        ("IPM.Schedule.Meeting.Resp.Pos", "", MessageKind.AUTOMATIC),
        ("IPM.Outlook.Recall", "", MessageKind.AUTOMATIC),
        ("IPM.Outlook.Recall", "form.docx", MessageKind.ORDINARY),
        ("IPM.Note", "", MessageKind.ORDINARY),
    ],
)
def test_outlook_message_of_an_automatic_class_is_automatic_unless_a_file_is_attached(
    tmp_path: Path, message_class: str, name: str, kind: MessageKind
) -> None:
    files = [outlook.attachment(name, b"Our form")] if name else []
    made = outlook.message("Meeting", None, files)
    made["__substg1.0_001A001F"] = message_class.encode("utf-16-le")
    (tmp_path / "answer.msg").write_bytes(outlook.compound(made))
    (found,) = [file for place in find_files([tmp_path / "answer.msg"]) for file in open_file(place)]
    assert [origin.kind for origin in found.carried_by] == [kind]


def test_outlook_message_with_headers_of_a_bounce_is_automatic(tmp_path: Path) -> None:
    headers = "From: Mail System <postmaster@cedar.example>\r\nAuto-Submitted: auto-replied\r\n\r\n"
    bounce = outlook.message("Undeliverable", None, [outlook.attachment("form.pdf", b"%PDF-1.7")])
    bounce["__substg1.0_007D001F"] = headers.encode("utf-16-le")
    (tmp_path / "bounce.msg").write_bytes(outlook.compound(bounce))
    (found,) = [file for place in find_files([tmp_path / "bounce.msg"]) for file in open_file(place)]
    assert [(origin.sender, origin.kind) for origin in found.carried_by] == [
        ("postmaster@cedar.example", MessageKind.AUTOMATIC)
    ]
