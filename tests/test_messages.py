"""Who sent a message and what kind it is: only what a school sent is a return."""

from __future__ import annotations

import email
import itertools
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest

from tests import outlook
from tests.commands import run
from tests.conftest import ingest, rows
from tests.packing import mail, mbox, zipped
from tests.remake_samples import answers
from tests.viewer import type_into
from thep_forms.definition import Definitions, MembershipYear, load_definition
from thep_forms.generate import Master
from thep_forms.office.status import look_up_statuses
from thep_forms.sources import find_files, open_file
from thep_forms.sources.model import MessageKind

US, SCHOOL = "membership@thepartnership.example", "office@cedar2101.example"
OURS, AUTOMATIC = "sent_by_us", "automatic"


@pytest.fixture(scope="module")
def copy() -> bytes:
    return Master(load_definition("2026-27", prefilled=True)).copy(answers("2101"), "211/2101")


@pytest.fixture(scope="module")
def completed(copy: bytes) -> bytes:
    return type_into(copy, {"chair_of_governors_name": "Edith Newly-Elected"})


def message(pdf: bytes, sender: str = SCHOOL, **headers: str) -> EmailMessage:
    """A message that carries a PDF; `headers` replace its own, with `_` for `-`."""
    made = mail({"form.pdf": pdf})
    for name, value in {"From": sender, **headers}.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    return made


def forwarded(inner: EmailMessage, sender: str = SCHOOL, **headers: str) -> EmailMessage:
    """A message that has another one attached."""
    made = message(b"", sender, **headers)
    made.clear_content()
    made.set_content("See the message attached.")
    made.add_attachment(inner)
    return made


def report(inner: EmailMessage | None, kind: str = "delivery-status", **headers: str) -> EmailMessage:
    """A bounce or a receipt (RFC 3462), which carries the message that it is about."""
    made = message(b"", "Mail System <mail@cedar2101.example>", **headers)
    made.clear_content()
    made["Content-Type"] = f'multipart/report; report-type={kind}; boundary="between"'
    status = MIMEPart()
    status["Content-Type"] = f"message/{kind}"
    about = MIMEPart()
    about["Final-Recipient"], about["Action"], about["Status"] = f"rfc822; {SCHOOL}", "failed", "5.1.1"
    status.set_payload([about])
    parts = [status]
    if inner:
        whole = MIMEPart()
        whole.set_content(inner)
        parts.append(whole)
    made.set_payload(parts)
    return made


def verdicts(records: Path) -> list[str]:
    return [row["verdict"] for row in rows(records / "returns.csv")]


def ingested(folder: Path, name: str, made: EmailMessage) -> list[str]:
    path = folder / "inbox" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(made.as_bytes())
    ingest(folder / "records", [folder / "inbox"])
    return verdicts(folder / "records")


# --- one message ----------------------------------------------------------------------------------------------------

SENT_BY_US: dict[str, Callable[[bytes], EmailMessage]] = {
    "from our address": lambda pdf: message(pdf, f"THE Partnership <{US.upper()}>"),
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


def written(text: str, sender: str = SCHOOL, html: str = "", **headers: str) -> EmailMessage:
    """A message without a file."""
    made = message(b"", sender, **headers)
    made.clear_content()
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


@pytest.mark.parametrize(
    "subject",
    [
        *("Automatic reply: form", "[EXTERNAL] Auto-reply: form", "Out of Office", "Automated response"),
        *("Automatische Antwort: form", "Abwesenheitsnotiz: form", "Gelesen: form", "Lesebestätigung: form"),
        *("Réponse automatique : form", "Message d’absence", "Lu : form", "Accusé de lecture : form"),
        *("Respuesta automática: form", "Respuesta automatica: form", "Leído: form", "Fuera de la oficina: form"),
        *("Risposta automatica: form", "Letto: form", "Resposta automática: form", "Lida: form"),
        *("Automatisch antwoord: form", "Gelezen: form", "Odpowiedź automatyczna: form", "Przeczytane: form"),
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


SAFE_LINK = "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcedar.sharepoint.com%2Fs%2Fa.pdf&data=05"
OUR_LINK = (
    "On Mon, 4 May 2026 at 10:00, THE Partnership\n<membership@thepartnership.example> wrote:\n> https://we.tl/t-1"
)
WITHOUT_FILE = {
    "Please see https://cedar.sharepoint.com/:b:/s/office/EXf?e=1": "A link to SharePoint came instead of a file.",
    f"Our form: {SAFE_LINK}": "A link to SharePoint came instead of a file.",
    "Jo shared <https://cedar-my.sharepoint.com/:b:/g/personal/jo>": "A link to OneDrive came instead of a file.",
    "It is at https://drive.google.com/file/d/1/view": "A link to Google Drive came instead of a file.",
    "https://www.dropbox.com/s/1/form.pdf?dl=0": "A link to Dropbox came instead of a file.",
    "Files: https://we.tl/t-abc": "A link to WeTransfer came instead of a file.",
    "Dear all,\nNothing has changed since\nlast year. Jo": "The message says that nothing has changed",
    "There are no changes this year.": "The message says that nothing has changed",
    "All details are still the same.": "The message says that nothing has changed",
    "Nothing has changed, except our chair: Edith": "This message has no file attached.",
    "No, our chair is Edith Newly-Elected": "This message has no file attached.",
    "Our site: https://cedar.example/sharepoint.com": "This message has no file attached.",
    f"We will send it next week.\n\n{OUR_LINK}": "This message has no file attached.",
}


@pytest.mark.parametrize("text", WITHOUT_FILE)
def test_message_without_a_file_is_called_what_it_is(tmp_path: Path, text: str) -> None:
    assert ingested(tmp_path, "message.eml", written(text)) == ["unreadable"]
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["message"].startswith(WITHOUT_FILE[text])


def test_link_that_only_the_html_of_a_message_has_is_called_a_link(tmp_path: Path) -> None:
    html = '<p>Our <a href="https://docs.google.com/document/d/1">form</a></p>'
    quoted = '<p>Soon.</p><blockquote><a href="https://docs.google.com/document/d/1">form</a></blockquote>'
    for number, page in enumerate((html, quoted)):
        (tmp_path / f"{number}.eml").write_bytes(written("Our form", html=page).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "0.eml", tmp_path / "1.eml"])
    messages = {row["source"]: row["message"].partition(".")[0] for row in rows(tmp_path / "records" / "problems.csv")}
    assert messages == {
        "0.eml": "A link to Google Drive came instead of a file",
        "1.eml": "This message has no file attached",
    }


def test_large_picture_in_the_text_of_a_message_is_called_a_picture(tmp_path: Path) -> None:
    for name, size in (("logo", 5_000), ("photo", 150_000)):
        made = written("Our form")
        picture = b"\xff\xd8\xff\xe0" + bytes(size)
        made.add_attachment(picture, maintype="image", subtype="jpeg", disposition="inline", filename=f"{name}.jpg")
        (tmp_path / f"{name}.eml").write_bytes(made.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "logo.eml", tmp_path / "photo.eml"])
    found = {row["source"]: row["value"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert found["logo.eml"].startswith("This message has no file attached.")
    assert found["photo.eml"].startswith("A picture in the message came instead of a file.")


def test_outlook_message_with_a_link_is_called_a_link(tmp_path: Path) -> None:
    sent = outlook.message("Form", None, [])
    sent["__substg1.0_1000001F"] = "See https://1drv.ms/b/s!A".encode("utf-16-le")
    (tmp_path / "link.msg").write_bytes(outlook.compound(sent))
    ingest(tmp_path / "records", [tmp_path / "link.msg"])
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert problem["value"] == "A link to OneDrive came instead of a file. Attach the form as a PDF."


def test_files_that_are_no_pdfs_are_called_what_they_are(tmp_path: Path) -> None:
    document = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    workbook = zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"})
    text = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<c/>"}, 0)
    photo = b"GIF89a" + bytes(100)
    made = mail(
        {"a.docx": document, "b.xlsx": workbook, "c.odt": text, "d.gif": photo, "e.txt": b"Hello", "f.doc": b""}
    )
    ingested(tmp_path, "message.eml", made)
    found = {row["source"].rpartition("/")[2]: row["value"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert found == {
        "a.docx": "This is a Word document, not a PDF.",
        "b.xlsx": "This is a spreadsheet, not a PDF.",
        "c.odt": "This is a text document, not a PDF.",
        "d.gif": "This is a picture, not a PDF.",
        "e.txt": "This is not a PDF.",
        "f.doc": "This file is empty.",
    }


def test_other_addresses_of_the_partnership_are_ours(tmp_path: Path, templates: Path, completed: bytes) -> None:
    path = templates / "partnership.toml"
    text = path.read_text(encoding="utf-8").replace("other_addresses = []", 'other_addresses = ["Sam@thep.example"]')
    path.write_text(text, encoding="utf-8")
    (tmp_path / "message.eml").write_bytes(message(completed, "sam@thep.example").as_bytes())
    ingest(tmp_path / "records", [tmp_path / "message.eml"], templates=templates)
    assert verdicts(tmp_path / "records") == [OURS]


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


# --- folders of an export -------------------------------------------------------------------------------------------

FOLDERS = {
    "Sent": OURS,
    "Takeout/Mail/Sent.mbox": OURS,
    "Mail/Drafts": OURS,
    "[Gmail].sbd/Sent Mail": OURS,
    "Gesendete Elemente": OURS,
    "Gesendete Nachrichten.mbox/mbox": OURS,
    "Éléments envoyés": OURS,
    "E\u0301le\u0301ments envoye\u0301s": OURS,
    ".&AMk-l&AOk-ments envoy&AOk-s/cur": OURS,
    "Entw&APw-rfe": OURS,
    "Borradores": OURS,
    "Posta inviata.mbox/mbox": OURS,
    "Wysłane": OURS,
    "Wyslane": OURS,
    "Corbeille": AUTOMATIC,
    "Papierkorb.mbox/mbox": AUTOMATIC,
    "Correo no deseado": AUTOMATIC,
    "Gel&APY-schte Objekte": AUTOMATIC,
    "Forms & more-": "accepted",
    "a/b/concept": "accepted",
    "Trash": AUTOMATIC,
    "Junk": AUTOMATIC,
    "Mail/Deleted Items.mbox": AUTOMATIC,
    "INBOX": "accepted",
    "All mail Including Spam and Trash.mbox": "accepted",
    "Sent to us": "accepted",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_of_an_export_tells_the_kind_of_its_messages(tmp_path: Path, completed: bytes, folder: str) -> None:
    path = tmp_path / "export" / folder
    path.parent.mkdir(parents=True)
    mbox(path, [message(completed, "somebody@else.example")])
    ingest(tmp_path / "records", [tmp_path / "export"])
    assert verdicts(tmp_path / "records") == [FOLDERS[folder]]


@pytest.mark.parametrize(("folder", "verdict"), [("Sent", OURS), (".INBOX.Trash/cur", AUTOMATIC), ("Form", "accepted")])
def test_folder_of_single_messages_tells_their_kind_in_a_zip_too(
    tmp_path: Path, completed: bytes, folder: str, verdict: str
) -> None:
    made = message(completed, "somebody@else.example").as_bytes()
    (tmp_path / "mail.zip").write_bytes(zipped({f"{folder}/1.eml": made}))
    ingest(tmp_path / "records", [tmp_path / "mail.zip"])
    assert verdicts(tmp_path / "records") == [verdict]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        *(("cur/1.M1.host:2,ST", AUTOMATIC), ("cur/1.M1.host;2,RT", AUTOMATIC), ("cur/1.M1.host:2,DS", OURS)),
        *((".Drafts/cur/1.M1.host:2,DT", AUTOMATIC), ("cur/1.M1.host:2,RS", "accepted"), ("new/1.M1.TD", "accepted")),
    ],
)
def test_flags_of_a_maildir_tell_the_kind_of_a_message(
    tmp_path: Path, completed: bytes, name: str, verdict: str
) -> None:
    path = tmp_path / "Maildir" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(message(completed).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "Maildir"])
    assert verdicts(tmp_path / "records") == [verdict]


def test_name_of_a_message_or_of_a_schools_zip_tells_nothing(tmp_path: Path, completed: bytes) -> None:
    made = mail({"Sent.zip": zipped({"Drafts/form.pdf": completed})}, subject="Sent")
    (tmp_path / "Sent.eml").write_bytes(made.as_bytes())
    ingest(tmp_path / "records", [tmp_path / "Sent.eml"])
    assert verdicts(tmp_path / "records") == ["accepted"]


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
