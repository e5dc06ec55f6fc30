"""Zips, e-mails, mboxes and Outlook messages: every file inside is found, under a way that a person can follow."""

from __future__ import annotations

import io
import mailbox
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import outlook
from tests.conftest import rows
from tests.remake_samples import dated, letter
from tests.test_cli import run
from thep_forms.check.problems import QUOTED
from thep_forms.collect import Found, collect, fetch
from thep_forms.ingest import Ingester

Filled = Callable[..., bytes]

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
SENT = "Mon, 4 May 2026 10:00:00 +0100"


def mail(
    files: Mapping[str, bytes] | None = None, subject: str | None = "Re: form", sent: str | None = SENT
) -> EmailMessage:
    """A message of an invented school with files attached."""
    message = EmailMessage()
    message["From"], message["To"] = "office@cedar2101.example", "forms@partnership.example"
    if subject is not None:
        message["Subject"] = subject
    if sent is not None:
        message["Date"] = sent
    message.set_content("Dear colleagues, here is our form.\n\nFrom all of us: thank you.\n")
    message.add_alternative("<p>Dear colleagues, here is our form.</p>", subtype="html")
    for name, data in (files or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def mbox(path: Path, messages: Iterable[Message]) -> Path:
    box = mailbox.mbox(path)
    for message in messages:
        box.add(message)
    box.close()
    return path


def found(path: Path) -> list[Found]:
    files = [one for place in collect([path]) for one in fetch(place)]
    assert all(len(one.reason) <= QUOTED for one in files), "problems.csv would cut the reason"
    return files


def found_in(folder: Path, name: str, data: bytes) -> list[Found]:
    path = folder / name
    path.write_bytes(data)
    return found(path)


def ways(files: Iterable[Found]) -> list[str]:
    return [one.source for one in files]


def returns(records: Path) -> dict[str, str]:
    return {row["source"]: row["verdict"] for row in rows(records / "returns.csv")}


def raw(headers: str, body: bytes = b"") -> bytes:
    return headers.strip("\n").replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


# What is found, and what it is called.


def test_forms_come_in_whatever_they_are_sent_in(tmp_path: Path, filled: Filled) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "all.zip").write_bytes(
        zipped({"May/cedar.pdf": filled("2101"), "more.zip": zipped({"elm.pdf": filled("2103")})})
    )
    (inbox / "one.eml").write_bytes(mail({"ivy.pdf": filled("4242")}).as_bytes())
    mbox(
        inbox / "spring.mbox",
        [mail({"linden.pdf": filled("2110")}), mail({"forms.zip": zipped({"harbour.pdf": filled("2106")})})],
    )
    attached = outlook.attachment("acorn.pdf", filled("1042"), "application/pdf")
    (inbox / "saved.msg").write_bytes(outlook.compound(outlook.message("Form", None, [attached])))
    summary = Ingester(tmp_path / "records").ingest([inbox])
    assert returns(tmp_path / "records") == {
        "inbox/all.zip/May/cedar.pdf": "accepted",
        "inbox/all.zip/more.zip/elm.pdf": "accepted",
        "inbox/one.eml/ivy.pdf": "accepted",
        "inbox/saved.msg/acorn.pdf": "accepted",
        "inbox/spring.mbox/Re: form.eml/linden.pdf": "accepted",
        "inbox/spring.mbox/Re: form (2).eml/forms.zip/harbour.pdf": "accepted",
    }
    assert summary.all_accepted


def test_a_container_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    assert ways(found_in(tmp_path, "a.pdf", zipped({"form.pdf": PDF}))) == ["a.pdf/form.pdf"]
    assert ways(found_in(tmp_path, "b.txt", mail({"form.pdf": PDF}).as_bytes())) == ["b.txt/form.pdf"]
    assert ways(found_in(tmp_path, "c", mbox(tmp_path / "m", [mail({"form.pdf": PDF})]).read_bytes())) == [
        "c/Re: form.eml/form.pdf"
    ]
    assert ways(
        found_in(tmp_path, "d.doc", outlook.compound(outlook.message("", None, [outlook.attachment("form.pdf", PDF)])))
    ) == ["d.doc/form.pdf"]
    plain = {
        "e.zip": PDF,
        "f.eml": PDF,
        "g.mbox": b"From the head's desk\n\nDear all",
        "h.msg": b"Subject",
        "i.eml": b"\0",
    }
    for name, data in plain.items():
        assert found_in(tmp_path, name, data) == [Found(name, data)]


@pytest.mark.parametrize(
    "inside",
    [{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}, {"mimetype": b"x", "content.xml": b"<x/>"}],
)
def test_an_office_file_is_one_file_though_it_is_a_zip(tmp_path: Path, inside: dict[str, bytes]) -> None:
    office = zipped(inside)
    assert found_in(tmp_path, "letter.docx", office) == [Found("letter.docx", office)]
    nested = found_in(tmp_path, "both.zip", zipped({"letter.docx": office, "form.pdf": PDF}))
    assert [(one.source, one.data) for one in nested] == [("both.zip/letter.docx", office), ("both.zip/form.pdf", PDF)]


def test_an_old_word_file_is_one_file_though_it_is_a_compound_file(tmp_path: Path) -> None:
    word = outlook.compound({"WordDocument": b"x" * 9000, "1Table": b"y"})
    assert found_in(tmp_path, "letter.doc", word) == [Found("letter.doc", word)]


def test_forwarded_messages_and_zips_in_each_other_are_followed(tmp_path: Path) -> None:
    inner = mail({"form.pdf": PDF}, "Our form")
    bare = mail({"form.pdf": PDF}, None)
    outer = mail(subject="Fwd")
    outer.add_attachment(inner)
    outer.add_attachment(bare)
    outer.add_attachment(
        zipped({"saved/old.eml": outer_of(inner)}), maintype="application", subtype="zip", filename="old.zip"
    )
    assert ways(found_in(tmp_path, "fwd.eml", outer.as_bytes())) == [
        "fwd.eml/Our form.eml/form.pdf",
        "fwd.eml/message.eml/form.pdf",
        "fwd.eml/old.zip/saved/old.eml/Our form.eml/form.pdf",
    ]


def outer_of(inner: EmailMessage) -> bytes:
    outer = MIMEMultipart()
    outer["Subject"], outer["From"] = "Old", "office@elm2103.example"
    outer.attach(MIMEMessage(inner))
    return outer.as_bytes()


def test_a_message_that_is_nothing_but_a_pdf_has_one_file(tmp_path: Path) -> None:
    message = raw(
        "From: scanner@cedar2101.example\nSubject: A\nContent-Type: application/pdf\nContent-Transfer-Encoding: 8bit",
        PDF,
    )
    assert found_in(tmp_path, "scan.eml", message) == [Found("scan.eml/attachment-1.pdf", PDF)]


def test_an_outlook_message_gives_its_files_those_of_attached_messages_and_their_dates(tmp_path: Path) -> None:
    inner = outlook.message(
        "Our form", datetime(2026, 5, 4, 9, tzinfo=UTC), [outlook.attachment("form.pdf", PDF)], header=24
    )
    attachments = [
        outlook.attachment("large.pdf", PDF * 9),
        outlook.attached_message(inner),
        outlook.attachment("", PDF, "application/pdf"),
        outlook.attachment("logo.png", PICTURE, "image/png", "logo@cedar2101.example"),
        outlook.attachment("photograph.png", PICTURE, "image/png"),
        outlook.attached_link("form.pdf"),
    ]
    sent = datetime(2026, 5, 6, 9, tzinfo=UTC)
    html = '<img src="cid:logo@cedar2101.example">'
    data = outlook.compound(outlook.message("Fwd", sent, attachments, html))
    assert [(one.source, one.data, one.received_at, one.aside) for one in found_in(tmp_path, "a.msg", data)] == [
        ("a.msg/large.pdf", PDF * 9, sent, False),
        ("a.msg/Our form.eml/form.pdf", PDF, datetime(2026, 5, 4, 9, tzinfo=UTC), False),
        ("a.msg/attachment-1.pdf", PDF, sent, False),
        ("a.msg/logo.png", PICTURE, sent, True),
        ("a.msg/photograph.png", PICTURE, sent, False),
        ("a.msg/form.pdf", None, sent, False),
    ]


def test_equal_names_are_numbered(tmp_path: Path) -> None:
    message = mail()
    for n in range(3):
        message.add_attachment(PDF + bytes([n]), maintype="application", subtype="pdf", filename="form.pdf")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="form (2).pdf")
    assert ways(found_in(tmp_path, "a.eml", message.as_bytes())) == [
        "a.eml/form.pdf",
        "a.eml/form (2).pdf",
        "a.eml/form (3).pdf",
        "a.eml/form (2) (2).pdf",
    ]


def test_a_file_and_a_folder_of_one_name_are_told_apart(tmp_path: Path) -> None:
    data = zipped({"a.zip": zipped({"form.pdf": PDF}), "a.zip/form.pdf": PDF + b"2"})
    assert ways(found_in(tmp_path, "b.zip", data)) == ["b.zip/a (2).zip/form.pdf", "b.zip/a.zip/form.pdf"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('filename="form.pdf"', "form.pdf"),
        ("filename*=UTF-8''St%20Fillan%E2%80%99s.pdf", "St Fillan’s.pdf"),
        ("filename*0*=UTF-8''St%20Fil; filename*1=\"lan.pdf\"", "St Fillan.pdf"),
        ('filename="=?UTF-8?Q?=C5=81ukasz_=C5=BB=C3=B3=C5=82=C4=87=2Epdf?="', "Łukasz Żółć.pdf"),
        ('filename="=?iso-8859-1?B?Wm/rLnBkZg==?="', "Zoë.pdf"),
        ('filename="Zoë =?utf-8?Q?=C5=81?= Ł.pdf"', "Zoë Ł Ł.pdf"),
        ('filename="=?no-such-set?Q?form=2Epdf?="', "form.pdf"),
        ("filename*=no-such-set''form.pdf", "form.pdf"),
        ('filename="Zoë.pdf"', "Zoë.pdf"),
        ('filename="../../forms/form.pdf"', "..∕..∕forms∕form.pdf"),
        ('filename="C:\\\\Forms\\\\form.pdf"', "C:∖Forms∖form.pdf"),
        ('filename=".."', "attachment-1.pdf"),
        ('filename="a\x1b[2Jb\x00\u202efdp.pdf"', "a[2Jbfdp.pdf"),
        ("", "attachment-1.pdf"),
    ],
)
def test_a_name_is_read_however_it_was_written(tmp_path: Path, header: str, name: str) -> None:
    message = raw(
        f"From: a@cedar2101.example\nDate: {SENT}\nContent-Type: application/pdf\n"
        f"Content-Disposition: attachment; {header}",
        PDF,
    )
    (one,) = found_in(tmp_path, "a.eml", message)
    assert (one.source, one.data) == (f"a.eml/{name}", PDF)


def test_names_in_a_zip_are_read_in_the_code_page_of_dos_or_in_utf_8_and_never_climb(tmp_path: Path) -> None:
    names = ["Zo\xeb.pdf", "../../form.pdf", "/etc/form.pdf", "..\\up.pdf", "./\x1b/a\nb.pdf", ".."]
    data = zipped(dict.fromkeys(names, PDF))
    dos = zipped({"Zo?.pdf": PDF}).replace(b"Zo?.pdf", b"Zo\x89.pdf")
    mac = zipped({"Zo??.pdf": PDF}).replace(b"Zo??.pdf", "Zoë.pdf".encode())
    assert ways(found_in(tmp_path, "a.zip", data)) == [
        "a.zip/Zoë.pdf",
        "a.zip/form.pdf",
        "a.zip/etc/form.pdf",
        "a.zip/up.pdf",
        "a.zip/a b.pdf",
        "a.zip/unnamed",
    ]
    assert ways(found_in(tmp_path, "b.zip", dos)) == ["b.zip/Zoë.pdf"]
    assert ways(found_in(tmp_path, "c.zip", mac)) == ["c.zip/Zoë.pdf"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["a", "A", "..", "a/b", "a (2)", "\u202e", "\0"]), max_size=6))
def test_no_name_climbs_breaks_a_line_or_is_given_twice(
    tmp_path_factory: pytest.TempPathFactory, subjects: list[str]
) -> None:
    box = b""
    for n, subject in enumerate(subjects):
        encoded = subject.encode("utf-8", "replace").hex("=").upper()
        word = f"=?UTF-8?Q?={encoded}?=" if encoded else ""
        box += (
            b"From - Mon May  4 10:00:00 2026\n"
            + mail({"form.pdf": PDF + bytes([n])}, None)
            .as_bytes()
            .replace(b"From:", f"Subject: {word}\nFrom:".encode(), 1)
            + b"\n"
        )
    files = found_in(tmp_path_factory.mktemp("names"), "in.mbox", box or b"-")
    assert len(files) == max(1, len(subjects))
    assert len(set(ways(files))) == len(files)
    for one in files:
        steps = one.source.split("/")
        assert len(steps) == (3 if subjects else 1)
        kinds = {unicodedata.category(char) for char in one.source if char not in "\u200c\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not {"", ".", ".."} & set(steps)


def test_the_same_files_have_the_same_ways_in_every_run(tmp_path: Path) -> None:
    path = mbox(tmp_path / "in.mbox", [mail({"form.pdf": PDF}), mail({"a.zip": zipped({"x.pdf": PDF, "y.pdf": PDF})})])
    assert found(path) == found(path)
    records = tmp_path / "records"
    first = Ingester(records).ingest([path])
    before = (records / "returns.csv").read_bytes()
    again = Ingester(records).ingest([path])
    assert (first.new, again.new) == (1, 0)
    assert (records / "returns.csv").read_bytes() == before


@pytest.mark.parametrize("between", [b"\n\nFrom - \n", b"\nFrom a@cedar2101.example Mon May  4 10:00:00 2026\n"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_messages_of_an_mbox_are_told_apart_and_text_that_looks_so_is_text(
    tmp_path: Path, between: bytes, line_end: bytes
) -> None:
    message = mail({"form.pdf": PDF}).as_bytes()
    assert b"\n\nFrom all of us" in message
    box = b"From - Mon May  4 10:00:00 2026\n" + message.rstrip(b"\n") + between + message
    assert [(one.source, one.data) for one in found_in(tmp_path, "in.mbox", box.replace(b"\n", line_end))] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Re: form (2).eml/form.pdf", PDF),
    ]


# Dates.


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("Mon, 4 May 2026 10:00:00 +0100", "2026-05-04T09:00:00+00:00"),
        ("4 May 2026 10:00:00 GMT", "2026-05-04T10:00:00+00:00"),
        ("Mon, 4 May 2026 10:00:00 -0000", "2026-05-04T10:00:00+00:00"),
        ("Mon, 99 Foo 2026 10:00:00 +0100", None),
        ("Mon, 4 May 1970 10:00:00 +0100", None),
        ("Mon, 4 May 9999 23:59:59 -2359", None),
        ("Mon, 4 May 2026 10:00:00 +9999999999", None),
        ("Mon, 4 May 99999999999999999999999 10:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_date_of_a_message_is_in_utc_or_none(tmp_path: Path, written: str, date: str | None) -> None:
    message = raw(f"From: office@cedar2101.example\nDate: {written}\nContent-Type: application/pdf", PDF)
    (one,) = found_in(tmp_path, "a.eml", message)
    assert one.data == PDF
    assert (one.received_at.isoformat() if one.received_at else None) == date


def test_a_file_has_the_date_of_the_innermost_message_that_has_one(tmp_path: Path) -> None:
    outer = mail({"outer.pdf": PDF}, sent="Wed, 6 May 2026 10:00:00 +0000")
    outer.add_attachment(mail({"dated.zip": zipped({"dated.pdf": PDF})}, "Dated", "Mon, 4 May 2026 10:00:00 +0000"))
    outer.add_attachment(mail({"undated.pdf": PDF}, "Undated", None))
    dates = {one.source.rpartition("/")[2]: one.received_at for one in found_in(tmp_path, "a.eml", outer.as_bytes())}
    assert dates == {
        "outer.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
        "dated.pdf": datetime(2026, 5, 4, 10, tzinfo=UTC),
        "undated.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
    }
    (plain,) = found_in(tmp_path, "a.zip", zipped({"form.pdf": PDF}))
    assert plain.received_at is None


def test_of_two_forms_of_a_school_the_one_in_the_later_message_counts(tmp_path: Path, filled: Filled) -> None:
    """Whatever the files themselves say of when they were saved, and whichever message is read first."""
    early = mail({"form.pdf": dated(filled(), "20260601")}, "Early", "Mon, 4 May 2026 10:00:00 +0100")
    late = mail(
        {"form.pdf": dated(filled(main_contact_name="Kit Adeyemi"), "20260401")},
        "Late",
        "Tue, 5 May 2026 10:00:00 +0100",
    )
    for turn, order in enumerate(([early, late], [late, early])):
        records = tmp_path / f"records{turn}"
        Ingester(records).ingest([mbox(tmp_path / f"{turn}.mbox", order)])
        assert returns(records) == {
            f"{turn}.mbox/Early.eml/form.pdf": "superseded",
            f"{turn}.mbox/Late.eml/form.pdf": "accepted",
        }
        assert "Kit Adeyemi" in {row["name"] for row in rows(records / "contacts.csv")}
        times = {row["received_at"] for row in rows(records / "returns.csv")}
        assert times == {"2026-05-04T09:00:00+00:00", "2026-05-05T09:00:00+00:00"}


# Nothing is lost, and decorations are no alarm.


def decorated(files: Mapping[str, bytes]) -> EmailMessage:
    """A message with a logo in its text, a card, an invitation and a signature."""
    message = mail(files)
    html = message.get_body(("html",))
    assert html
    html.add_related(PICTURE, "image", "png", cid="<logo@cedar2101.example>")
    message.add_attachment(PICTURE + b"2", "image", "png", filename="banner.png", disposition="inline")
    message.add_attachment(b"BEGIN:VCARD\nEND:VCARD\n", "text", "x-vcard", filename="card.vcf")
    message.add_attachment(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "text", "calendar", filename="invite.ics")
    message.add_attachment(b"0", "application", "pkcs7-signature", filename="smime.p7s")
    return message


def test_a_logo_in_a_signature_is_no_alarm(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({"form.pdf": filled()}).as_bytes())
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 0
    assert "To look at" not in result.stderr
    assert sorted(returns(tmp_path / "records").values()) == ["accepted", *["not_a_form"] * 5]
    assert {row["problems"] for row in rows(tmp_path / "records" / "returns.csv")} == {""}
    assert rows(tmp_path / "records" / "problems.csv") == []


def test_a_message_with_decorations_alone_carries_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({}).as_bytes())
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 1
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert (problem["source"], problem["code"]) == ("a.eml", "unreadable")
    assert "This message carries no file." in problem["message"]


def test_a_picture_that_also_came_by_itself_is_looked_at(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({"form.pdf": filled()}).as_bytes())
    (tmp_path / "scan.png").write_bytes(PICTURE)
    records = tmp_path / "records"
    assert run("ingest", tmp_path / "a.eml", "-o", records).exit_code == 0
    result = run("ingest", tmp_path / "scan.png", "-o", records)
    assert result.exit_code == 1
    assert [row["code"] for row in rows(records / "problems.csv")] == ["not_a_form"]


@pytest.mark.parametrize(
    ("headers", "data", "aside"),
    [
        ("Content-Type: image/png\nContent-Disposition: inline; filename=x.png", PICTURE, True),
        ("Content-Type: image/png; name=x.png\nContent-ID: <logo>", PICTURE, True),
        ("Content-Type: image/png; name=x.png\nContent-ID: <shown>\nContent-Disposition: attachment", PICTURE, True),
        ("Content-Type: image/png; name=x.png\nContent-ID: <f_1>\nContent-Disposition: attachment", PICTURE, False),
        ("Content-Type: image/png\nContent-Disposition: attachment; filename=x.png", PICTURE, False),
        ("Content-Type: application/pdf\nContent-Disposition: inline; filename=x.pdf", PDF, False),
        ("Content-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline; filename=x.pdf", PDF, False),
        ("Content-Type: application/ms-tnef; name=winmail.dat", b"x", False),
        ("Content-Type: text/plain\nContent-Disposition: attachment; filename=x.txt", b"x", False),
        ("Content-Type: text/plain; name=x.txt", b"x", False),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m", b"x", False),
        ("Content-Type: nonsense; name=x.doc", b"x", False),
    ],
)
def test_what_is_a_decoration(tmp_path: Path, headers: str, data: bytes, aside: bool) -> None:
    start = "From: office@cedar2101.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
    html = b'--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:shown">\r\n'
    body = (
        html
        + b"--b\r\n"
        + raw(headers, data)
        + b"\r\n--b\r\n"
        + raw("Content-Type: application/pdf", PDF)
        + b"\r\n--b--\r\n"
    )
    first, second = found_in(tmp_path, "a.eml", raw(start, body))
    assert (first.data, first.aside) == (data, aside)
    assert (second.data, second.aside) == (PDF, False)


@pytest.mark.parametrize(
    "message",
    [
        mail(),
        mail(subject=None, sent=None),
        raw("From: a@cedar2101.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b"),
    ],
)
def test_a_message_without_a_file_has_a_row(tmp_path: Path, message: EmailMessage | bytes) -> None:
    data = message if isinstance(message, bytes) else message.as_bytes()
    for one in (*found_in(tmp_path, "a.eml", data), *found_in(tmp_path, "b.zip", zipped({"a.eml": data}))):
        assert one.source in ("a.eml", "b.zip/a.eml")
        assert one.data is None
        assert one.reason.startswith("This message")


def test_other_files_have_their_rows(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail({"letter.pdf": letter(), "notes.txt": b"Hello", "empty.pdf": b""}).as_bytes())
    Ingester(tmp_path / "records").ingest([tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == dict.fromkeys(
        ["a.eml/letter.pdf", "a.eml/notes.txt", "a.eml/empty.pdf"], "not_a_form"
    )
    assert {row["code"] for row in rows(tmp_path / "records" / "problems.csv")} == {"not_a_form"}


def test_what_macs_and_windows_leave_behind_is_no_file_and_all_else_is(tmp_path: Path) -> None:
    files = {
        "forms/": b"",
        "forms/form.pdf": PDF,
        "__MACOSX/forms/._form.pdf": b"x",
        "forms/.DS_Store": b"x",
        "Thumbs.db": b"x",
    }
    assert ways(found_in(tmp_path, "a.zip", zipped(files | {"__MACOSX/form.pdf": PDF}))) == [
        "a.zip/forms/form.pdf",
        "a.zip/__MACOSX/form.pdf",
    ]
    for empty in (zipped({}), zipped({"forms/": b""})):
        assert found_in(tmp_path, "b.zip", empty) == [Found("b.zip", None, "This zip holds no file.")]


def tmp_path_of(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


# What is damaged, locked, or made to do harm.


def test_a_locked_file_in_a_zip_is_told_of_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"locked.pdf": PDF, "form.pdf": PDF}, zipfile.ZIP_STORED))
    data[6] |= 1  # the flag of the first file, in its header and in the list of files
    data[data.index(b"PK\x01\x02") + 8] |= 1
    locked, form = found_in(tmp_path, "a.zip", bytes(data))
    assert (locked.source, locked.data) == ("a.zip/locked.pdf", None)
    assert "password" in locked.reason
    assert form == Found("a.zip/form.pdf", PDF)


def test_a_damaged_file_in_a_zip_is_told_of_and_the_rest_is_read(tmp_path: Path) -> None:
    data = zipped({"torn.pdf": PDF, "form.pdf": PDF}, zipfile.ZIP_STORED).replace(b"%PDF", b"%PDX", 1)
    torn, form = found_in(tmp_path, "a.zip", data)
    assert (torn.source, torn.data, torn.reason) == ("a.zip/torn.pdf", None, "This file was damaged in its zip.")
    assert form == Found("a.zip/form.pdf", PDF)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_packed_in_an_unusual_way_is_told_of(tmp_path: Path, method: int) -> None:
    (one,) = found_in(tmp_path, "a.zip", zipped({"form.pdf": PDF}, method))
    assert one.data is None
    assert "ordinary zip" in one.reason


def test_a_zip_cut_short_is_told_of(tmp_path: Path) -> None:
    whole = zipped({"form.pdf": PDF, "more.pdf": PDF})
    for end in range(4, len(whole) - 1, 7):
        (one,) = found_in(tmp_path, "a.zip", whole[:end])
        assert (one.source, one.data, one.reason[:19]) == ("a.zip", None, "This zip is damaged")


@given(
    at=st.integers(0, 10**6),
    value=st.binary(min_size=1, max_size=8),
    kind=st.sampled_from(["zip", "eml", "msg", "mbox"]),
)
def test_whatever_is_damaged_nothing_is_raised_and_nothing_vanishes(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: bytes, kind: str
) -> None:
    message = mail({"form.pdf": PDF, "a.zip": zipped({"b.pdf": PDF})}).as_bytes()
    whole = {
        "zip": zipped({"form.pdf": PDF, "a.eml": message}),
        "eml": message,
        "msg": outlook.compound(
            outlook.message(
                "x",
                None,
                [outlook.attachment("form.pdf", PDF * 9), outlook.attachment("a.zip", zipped({"b.pdf": PDF}))],
            )
        ),
        "mbox": b"From - x\n" + message + b"\nFrom - x\n" + message,
    }[kind]
    at %= len(whole)
    files = found_in(tmp_path_factory.mktemp("damaged"), f"a.{kind}", whole[:at] + value + whole[at + len(value) :])
    assert files
    assert all(one.data is not None or one.reason for one in files)


def test_a_message_cut_short_gives_what_there_is_of_its_file(tmp_path: Path) -> None:
    whole = mail({"form.pdf": PDF}).as_bytes()
    (one,) = found_in(tmp_path, "a.eml", whole[: whole.index(b"filename") + 400])
    assert one.source == "a.eml/form.pdf"
    assert one.data
    assert PDF.startswith(one.data)
    assert len(one.data) > 100


def test_a_damaged_outlook_message_is_told_of(tmp_path: Path) -> None:
    whole = outlook.compound(outlook.message("x", None, [outlook.attachment("form.pdf", PDF * 9)]))
    for data in (whole[:-1024], whole[:64] + b"\xff" * 12 + whole[76:], whole[:30] + b"\xff\xff" + whole[32:]):
        (one,) = found_in(tmp_path, "a.msg", data)
        assert (one.source, one.data) == ("a.msg", None)
        assert "This Outlook message is damaged" in one.reason


def test_a_bomb_in_a_zip_is_refused_by_what_comes_out_of_it(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(250)) + packer.flush()
    honest = one_in_a_zip(packed, 250 * 2**20)
    liar = one_in_a_zip(packed, 10)
    (told,) = found_in(tmp_path, "a.zip", honest)
    assert (told.data, told.reason) == (None, "This file has over 200 MB, far more than a form.")
    (told,) = found_in(tmp_path, "b.zip", liar)
    assert (told.data, told.reason) == (None, "This file was damaged in its zip.")


def one_in_a_zip(packed: bytes, size: int, copies: int = 1) -> bytes:
    """A zip whose one file is said to have that size, listed so many times."""
    name = b"form.pdf"
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + common + name + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, copies & 0xFFFF, copies & 0xFFFF, len(entry) * copies, len(local), 0
    )
    return local + entry * copies + end


def test_files_of_a_zip_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(PDF) + packer.flush()
    (told,) = found_in(tmp_path, "a.zip", one_in_a_zip(packed, len(PDF), copies=50))
    assert told.data is None
    assert "share the same bytes" in told.reason


def test_a_zip_that_lists_a_million_files_is_refused(tmp_path: Path) -> None:
    (told,) = found_in(tmp_path, "a.zip", one_in_a_zip(b"", 0, copies=10**6))
    assert (told.source, told.data) == ("a.zip", None)
    assert "10,000" in told.reason


def test_of_more_than_ten_thousand_files_the_first_are_read(tmp_path: Path) -> None:
    *files, told = found_in(tmp_path, "a.zip", zipped({f"{n}.pdf": b"" for n in range(10_001)}, zipfile.ZIP_STORED))
    assert len(files) == 10_000
    assert (told.source, told.data) == ("a.zip", None)
    assert "10,000" in told.reason


def test_over_a_gigabyte_in_zips_in_a_zip_is_refused(tmp_path: Path) -> None:
    inner = zipped({f"{n}.pdf": bytes(150 * 2**20) for n in range(2)})
    data = zipped({f"{n}.zip": inner for n in range(9)})
    *files, told = (
        (one.source, one.reason) for place in collect([tmp_path_of(tmp_path, "a.zip", data)]) for one in fetch(place)
    )
    assert len(files) == 6
    assert told[0] == "a.zip"
    assert "over 1 GB" in told[1]


def test_zips_in_zips_end_at_eight(tmp_path: Path) -> None:
    data = PDF
    for _ in range(8):
        data = zipped({"a.zip": data})
    (one,) = found_in(tmp_path, "a.zip", data)
    assert (one.source.count("/"), one.data) == (8, PDF)
    (told,) = found_in(tmp_path, "b.zip", zipped({"a.zip": data}))
    assert (told.source.count("/"), told.data) == (8, None)
    assert "over 8 other files" in told.reason


@pytest.mark.parametrize("end", [b"", b"\r\n--b--"])
def test_ten_thousand_parts_in_each_other_are_refused(tmp_path: Path, end: bytes) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000))
    (tmp_path / "a.eml").write_bytes(b"From: a@cedar2101.example\r\nSubject: x\r\n" + nested + end)
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 1
    assert returns(tmp_path / "records") == {"a.eml": "unreadable"}
    assert (
        "packed too deep into each other to be read. Please"
        in rows(tmp_path / "records" / "problems.csv")[0]["message"]
    )


def test_messages_in_messages_end_at_eight(tmp_path: Path) -> None:
    message = mail({"form.pdf": PDF}, "x").as_bytes()
    for _ in range(20):
        message = raw("From: a@cedar2101.example\nSubject: x\nContent-Type: message/rfc822", message)
    (told,) = found_in(tmp_path, "a.eml", message)
    assert (told.source.count("/"), told.data) == (8, None)


def test_a_hundred_thousand_headers_are_no_hindrance(tmp_path: Path) -> None:
    message = (
        b"From: a@cedar2101.example\r\nSubject: x\r\n"
        + b"X-A: b\r\n" * 100_000
        + raw("Content-Type: application/pdf", PDF)
    )
    (one,) = found_in(tmp_path, "a.eml", message)
    assert one.data == PDF


def test_a_hundred_thousand_parts_are_refused(tmp_path: Path) -> None:
    start = "From: a@cedar2101.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b"
    (told,) = found_in(tmp_path, "a.eml", raw(start, b"--b\r\n\r\nx\r\n" * 100_000))
    assert told.data is None
    assert "10,000" in told.reason


def test_one_message_of_an_mbox_that_is_too_large_does_not_hinder_the_others(tmp_path: Path) -> None:
    path = mbox(tmp_path / "in.mbox", [mail({"form.pdf": PDF})])
    with path.open("ab") as file:
        file.write(b"From - x\nFrom: a@elm2103.example\nSubject: Photographs\n\n")
        for _ in range(201):
            file.write(b"x" * (2**20 - 1) + b"\n")
        file.write(b"\nFrom - x\n" + mail({"more.pdf": PDF}, "Last").as_bytes())
    files = found(path)
    assert [(one.source, one.data) for one in files] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Photographs.eml", None),
        ("in.mbox/Last.eml/more.pdf", PDF),
    ]


def test_no_reason_quotes_what_was_sent(tmp_path: Path) -> None:
    typed = "Priya Rahman"
    damaged = zipped({f"{typed}.pdf": PDF}).replace(b"PK\x01\x02", b"PK\x01\x03")
    message = raw(f"From: {typed} <chair@elm2103.example>\nSubject: {typed}\nDate: {typed}", typed.encode())
    for name, data in {"a.zip": damaged, "a.eml": message}.items():
        (told,) = found_in(tmp_path, name, data)
        assert told.data is None
        assert typed not in told.reason
