"""A year rehearsed with one export of the office's mail: only the schools' own answers count."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from pathlib import Path

import pypdf
import pytest
from msgspec import Struct

from tests.conftest import record_files, rows
from tests.remake_samples import answers, listed, school
from tests.support.commands import run, table
from tests.support.mailboxes import gmail, thunderbird
from tests.support.viewer import type_into
from tests.support.writing import form_in
from thep_forms.definition import load_definition
from thep_forms.generate import generate

US = "membership@thepartnership.example"
NUMBERS = ("1042", "1107", "2101", "2102", "2103", "3204", "3205", "2106", "4242", "4243", "7004", "2110")
CHAIR = "Edith Newly-Elected"  # the chair of governors in every answer, and in no copy that we sent


def address(number: str) -> str:
    return f"office@school{number}.example"


class Office(Struct):
    """The office's mail by what a mail program would do with it; each list in the order in which it came."""

    inbox: list[EmailMessage] = []
    sent: list[EmailMessage] = []
    drafts: list[EmailMessage] = []
    trash: list[EmailMessage] = []
    spam: list[EmailMessage] = []
    deleted: list[EmailMessage] = []


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of member schools, with all that the copies are filled in with."""
    path = tmp_path_factory.mktemp("list") / "members.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        people = ("main_contact_designation", "main_contact_name", "main_contact_email", "chair_of_governors_name")
        writer.writerow(("dfe_number", "school_name", "phases", "registered_address", "email", *people))
        for number in NUMBERS:
            known = listed(number)
            person = ("Headteacher", "Sam Okafor", f"head@school{number}.example", "Priya Rahman")
            place = str(known["registered_address"]).replace("\n", ", ")
            writer.writerow((number, known["school_name"], school(number)[2], place, address(number), *person))
    return path


@pytest.fixture(scope="module")
def drafted(members: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the records and the drafts of the program."""
    folder = tmp_path_factory.mktemp("drafted")
    result = run("email", "2026-27", "--schools", members, "-o", folder / "records", "--drafts", folder / "drafts")
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def sent(drafted: Path) -> dict[str, EmailMessage]:
    """Our message to each school, as it was sent: the program's draft with a date and a Message-ID."""
    return {path.name[12:16]: as_sent(path.read_bytes()) for path in sorted((drafted / "drafts").iterdir())}


def as_sent(draft: bytes, day: str = "Wed, 1 Apr 2026") -> EmailMessage:
    """A draft as the mail program sent it on a day."""
    message = message_from_bytes(draft, policy=default)
    assert isinstance(message, EmailMessage)
    for header in ("X-Unsent", "X-Uniform-Type-Identifier", "Date", "Message-ID"):
        del message[header]
    message["Date"], message["Message-ID"] = f"{day} 10:00:00 +0100", f"<{abs(hash(draft))}@thepartnership.example>"
    return message


def reply(number: str, subject: str, day: int, text: str = "Here is our form.", **headers: str) -> EmailMessage:
    """A message of a school to us, received in May; headers have `_` for `-`."""
    made = EmailMessage()
    made["Received"] = f"from mx.example by ours.example with ESMTPS id {day}; {day} May 2026 10:00:09 +0100"
    made["From"], made["To"] = headers.pop("From", f"School Office <{address(number)}>"), f"THE Partnership <{US}>"
    made["Subject"], made["Date"] = subject, f"{day} May 2026 10:00:00 +0100"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(f"{text}\n\nSchool Office\n")
    return made


def attach(message: EmailMessage, **pdfs: bytes) -> EmailMessage:
    """The message with PDFs attached, by their names without ending."""
    for name, pdf in pdfs.items():
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


def report(number: str, subject: str, day: int, about: EmailMessage | None, kind: str, action: str) -> EmailMessage:
    """A bounce with our whole message, or a receipt (RFC 3464, RFC 8098)."""
    made = reply(number, subject, day, From=f"Mail Delivery System <MAILER-DAEMON@mx{number}.example>")
    if kind == "disposition-notification":
        made.replace_header("From", address(number))
    made.clear_content()
    made["Content-Type"] = f'multipart/report; report-type={kind}; boundary="report"'
    words, status, fields = MIMEPart(), MIMEPart(), MIMEPart()
    words.set_content("This is an automatic message.")
    status["Content-Type"] = f"message/{kind}"
    fields["Final-Recipient"], fields["Action"] = f"rfc822; {address(number)}", action
    status.set_payload([fields])
    made.set_payload([words, status])
    if about:
        whole = MIMEPart()
        whole.set_content(about)
        made.attach(whole)
    return made


def copy_in(message: EmailMessage) -> bytes:
    return form_in(message)[1]


def changed(message: EmailMessage) -> bytes:
    """The copy in our message as the school fills it in with a browser."""
    return type_into(copy_in(message), {"chair_of_governors_name": CHAIR})


def changed_by_pypdf(message: EmailMessage) -> bytes:
    writer, out = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(copy_in(message)))), io.BytesIO()
    writer.update_page_form_field_values(writer.pages[0], {"chair_of_governors_name": CHAIR}, auto_regenerate=False)
    writer.write(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def office(sent: dict[str, EmailMessage]) -> Office:
    """A year's mail: what we sent, what came back, and what is no answer."""
    blank = generate(load_definition("2026-27"))
    reminder = as_sent(bytes(sent["7004"]), "Mon, 1 Jun 2026")
    reminder.replace_header("Subject", "Reminder – THE Partnership: Kestrel School")
    forwarded = reply("2106", "Fwd: your form", 7, "We cannot open this.")
    forwarded.add_attachment(sent["2106"])
    inline = reply("4243", "Fw: THE Partnership", 8, "Jo, can you do this?", Cc="Jo <jo@school4243.example>")
    return Office(
        inbox=[
            attach(reply("2101", "Cedar", 4), form=changed(sent["2101"])),
            attach(reply("2102", "Dovecote", 5), form=copy_in(sent["2102"])),
            attach(reply("2103", "Elm", 6), blank=blank, completed=changed(sent["2103"])),
            report("3204", "Undeliverable", 2, sent["3204"], "delivery-status", "failed"),
            reply("3205", "Out of office", 2, "Back in June.", Auto_Submitted="auto-replied", In_Reply_To="<1@x>"),
            forwarded,
            reply("4242", "Ivy", 9, "Our form: https://ivy-my.sharepoint.com/:b:/g/personal/office/Ea?e=1"),
            attach(inline, copy=copy_in(sent["4243"])),
            attach(reply("4243", "Juniper", 10), form=changed(sent["4243"])),
            report("4243", "Read: THE Partnership", 3, None, "disposition-notification", "displayed"),
            attach(reply("7004", "Kestrel", 11), form=changed_by_pypdf(sent["7004"])),
            attach(reply("2110", "Scan", 12, Auto_Submitted="auto-generated"), scan=changed(sent["2110"])),
            reply("1107", "Bridge", 13, "Nothing has changed."),
            reply("9999", "Newsletter", 14, "News of the week", From="News <news@shop.example>"),
        ],
        sent=[*sent.values(), reminder],
        drafts=[as_sent(bytes(sent["1042"]))],
        trash=[attach(reply("1042", "Acorn, thrown away", 15), form=changed(sent["1042"]))],
        spam=[attach(reply("1042", "Acorn, spam", 16), form=type_into(blank, answers("1042")))],
        deleted=[attach(reply("1042", "Acorn, deleted", 17), form=type_into(blank, answers("1042", dfe_number="")))],
    )


# What becomes of each file: the school and the verdict, by the start of the message's subject and the file's name.
INBOX = {
    "Cedar/form.pdf": ("2101", "accepted"),
    "Dovecote/form.pdf": ("2102", "needs_attention"),  # its copy, as we sent it
    "Elm/blank.pdf": ("2103", "superseded"),
    "Elm/completed.pdf": ("2103", "accepted"),
    "Undeliverable/2026-27 211-3204 St Fillan’s Church of England Primary School.pdf": ("3204", "automatic"),
    "Out of office/": ("3205", "automatic"),
    "Fwd: your form/2026-27 211-2106 Harbour Primary School.pdf": ("2106", "needs_attention"),  # its copy, too
    "Ivy/": ("4242", "unreadable"),  # a link
    "Fw: THE Partnership/copy.pdf": ("4243", "superseded"),
    "Juniper/form.pdf": ("4243", "accepted"),
    "Read: THE Partnership/": ("4243", "automatic"),
    "Kestrel/form.pdf": ("7004", "accepted"),
    "Scan/scan.pdf": ("2110", "accepted"),
    "Bridge/": ("1107", "unreadable"),  # a few words
    "Newsletter/": ("", "unreadable"),
}
DISCARDED = {
    "Acorn, thrown away/form.pdf": ("1042", "automatic"),
    "Acorn, spam/form.pdf": ("1042", "automatic"),
    "Acorn, deleted/form.pdf": ("", "automatic"),
}
ACCEPTED = ("2101", "2103", "2110", "4243", "7004")
STANDINGS = {
    **dict.fromkeys(ACCEPTED, ("accepted", "")),
    "2102": ("needs_attention", "the copy came back exactly as we sent it"),
    "2106": ("needs_attention", "the copy came back exactly as we sent it"),
    "1107": (
        "wrote",
        "the school wrote on 13 May 2026: the message says that nothing has changed, and no form is attached",
    ),
    "4242": ("wrote", "the school wrote on 9 May 2026: a link to OneDrive came instead of a file"),
    "3204": ("undeliverable", "mail to office@school3204.example bounced; find another address"),
    "1042": ("drafted", ""),
    "3205": ("drafted", "an automatic reply came on 2 May 2026"),
}


def returned(records: Path) -> tuple[dict[str, tuple[str, str]], Counter[str]]:
    """The school and the verdict of each file from outside, and how many files of our own there are by school."""
    found: dict[str, tuple[str, str]] = {}
    ours: Counter[str] = Counter()
    for row in rows(records / "returns.csv"):
        way = row["source"].split("/")
        messages = [step for step in way if step.endswith(".eml")]
        number = row["dfe_number"].partition("/")[2]
        if row["verdict"] == "sent_by_us":
            ours[number] += 1
        elif messages:
            name = "" if way[-1] == messages[-1] else way[-1]
            found[f"{messages[0].removesuffix('.eml')}/{name}"] = (number, row["verdict"])
    return found, ours


def require_only_schools_answers(drafted: Path, members: Path, records: Path, export: Path) -> None:
    """Ingest an export beside the records of what was drafted, and check every table."""
    shutil.copytree(drafted / "records", records)
    result = run("ingest", export, "-o", records, "--schools", members)
    assert result.exit_code == 1
    found, ours = returned(records)
    assert found == INBOX | DISCARDED
    assert ours == Counter([*NUMBERS, "7004", "1042"])  # a reminder and a draft more
    assert "3 files came in messages that lie in Trash or Spam, or were deleted. They are passed over." in result.stderr
    assert re.search(r"  211/4242 Ivy Lane School: .*/Ivy\.eml\n      a link to OneDrive came", result.stderr)
    assert [row["dfe_number"] for row in rows(records / "schools.csv")] == [f"211/{number}" for number in ACCEPTED]
    chairs = {row["name"] for row in rows(records / "contacts.csv") if row["role"] == "chair_of_governors"}
    assert chairs == {CHAIR}
    open_problems = {(row["dfe_number"], row["code"]) for row in rows(records / "problems.csv")}
    assert open_problems == {
        ("211/1107", "unreadable"),
        ("211/2102", "copy_unchanged"),
        ("211/2106", "copy_unchanged"),
        ("211/4242", "unreadable"),
        ("211/4243", "copy_unchanged"),  # of the superseded copy
        ("", "unreadable"),
    }
    listed_by_status = run("status", "2026-27", "-o", records, "--schools", members, "--csv")
    standings = {row["dfe_number"][4:]: (row["status"], row["why"]) for row in table(listed_by_status)}
    assert standings == STANDINGS
    again = run("ingest", export, "-o", records)
    assert ", 0 of them new:" in again.stderr


def test_only_the_schools_own_answers_in_a_thunderbird_export_count(
    office: Office, drafted: Path, members: Path, tmp_path: Path
) -> None:
    folders = {
        "INBOX": office.inbox,
        "Sent": office.sent,
        "Drafts": office.drafts,
        "Trash": office.trash,
        "Junk": office.spam,
        "Archives.sbd/2026": [],
    }
    thunderbird(tmp_path / "Mail" / "mail.thepartnership.example", folders, office.deleted)
    require_only_schools_answers(drafted, members, tmp_path / "records", tmp_path / "Mail")


@pytest.mark.parametrize("language", ["English", "German"])
def test_only_the_schools_own_answers_in_a_gmail_export_count(
    office: Office, drafted: Path, members: Path, tmp_path: Path, language: str
) -> None:
    labels = {
        "English": ("Inbox,Opened,Category Personal", "Sent,Opened", "Drafts", "Trash,Opened", "Spam,Unread"),
        "German": (
            "Posteingang,Geöffnet,Kategorie: Allgemein",
            "Gesendet,Geöffnet",
            "Entwürfe",
            "Papierkorb,Geöffnet",
            "Spam,Ungelesen",
        ),
    }
    names = {
        "English": "All mail Including Spam and Trash.mbox",
        "German": "Alle Nachrichten einschließlich Spam und Papierkorb.mbox",
    }
    folders = (office.inbox, office.sent, office.drafts, [*office.trash, *office.deleted], office.spam)
    labelled: list[tuple[str, EmailMessage]] = []
    for label, messages in zip(labels[language], folders, strict=True):
        labelled += [(label, message) for message in messages]
    export = gmail(tmp_path, labelled, names[language])
    require_only_schools_answers(drafted, members, tmp_path / "records", export)


def test_export_written_in_another_order_gives_the_same_tables(office: Office, members: Path, tmp_path: Path) -> None:
    written: list[dict[str, bytes]] = []
    for number, messages in enumerate((office.inbox, office.inbox[::-1])):
        export = thunderbird(tmp_path / str(number) / "Mail", {"INBOX": messages, "Sent": office.sent})
        records = tmp_path / str(number) / "records"
        run("ingest", export, "-o", records, "--schools", members)
        written.append({name: data for name, data in record_files(records).items() if name.endswith(".csv")})
    assert written[0] == written[1]
