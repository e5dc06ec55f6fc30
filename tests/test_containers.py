"""Zips, e-mails, mboxes and Outlook messages: every file inside is found, under a way that a person can follow."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import outlook
from tests.conftest import ingest, rows
from tests.packing import (
    PDF,
    PICTURE,
    SENT,
    Filled,
    found,
    found_in,
    mail,
    mbox,
    raw,
    returns,
    ways,
    zipped,
)
from tests.remake_samples import dated
from thep_forms.sources import Found


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
    summary = ingest(tmp_path / "records", [inbox])
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
    first = ingest(records, [path])
    before = (records / "returns.csv").read_bytes()
    again = ingest(records, [path])
    assert (first.new, again.new) == (3, 0)
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
        ingest(records, [mbox(tmp_path / f"{turn}.mbox", order)])
        assert returns(records) == {
            f"{turn}.mbox/Early.eml/form.pdf": "superseded",
            f"{turn}.mbox/Late.eml/form.pdf": "accepted",
        }
        assert "Kit Adeyemi" in {row["name"] for row in rows(records / "contacts.csv")}
        times = {row["received_at"] for row in rows(records / "returns.csv")}
        assert times == {"2026-05-04T09:00:00+00:00", "2026-05-05T09:00:00+00:00"}
