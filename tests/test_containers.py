"""Every file in a zip, e-mail, mbox or Outlook message is found, with a source that a person can follow."""

from __future__ import annotations

import binascii
import gzip
import io
import struct
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests import outlook
from tests.conftest import ingest, rows
from tests.packing import (
    PDF,
    PICTURE,
    SENT,
    Filled,
    emlx,
    found,
    found_in,
    mail,
    mbox,
    raw,
    received,
    returns,
    smime,
    sources,
    tarred,
    tnef,
    tnef_file,
    tnef_properties,
    zipped,
)
from tests.remake_samples import dated
from thep_forms.sources import containers
from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.limits import Budget
from thep_forms.sources.model import MessageOrigin
from thep_forms.sources.names import clean_path


def test_forms_in_containers_of_every_kind_are_accepted(tmp_path: Path, filled: Filled) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "all.zip").write_bytes(
        zipped({"May/cedar.pdf": filled("2101"), "more.zip": zipped({"elm.pdf": filled("2103")})})
    )
    (inbox / "file.eml").write_bytes(mail({"ivy.pdf": filled("4242")}).as_bytes())
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
        "inbox/file.eml/ivy.pdf": "accepted",
        "inbox/saved.msg/acorn.pdf": "accepted",
        "inbox/spring.mbox/Re: form.eml/linden.pdf": "accepted",
        "inbox/spring.mbox/Re: form (2).eml/forms.zip/harbour.pdf": "accepted",
    }
    assert summary.all_accepted


def test_a_container_is_recognised_by_its_content_whatever_its_name_is(tmp_path: Path) -> None:
    assert sources(found_in(tmp_path, "a.pdf", zipped({"form.pdf": PDF}))) == ["a.pdf/form.pdf"]
    assert sources(found_in(tmp_path, "b.txt", mail({"form.pdf": PDF}).as_bytes())) == ["b.txt/form.pdf"]
    assert sources(found_in(tmp_path, "c", mbox(tmp_path / "m", [mail({"form.pdf": PDF})]).read_bytes())) == [
        "c/Re: form.eml/form.pdf"
    ]
    assert sources(
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
        assert found_in(tmp_path, name, data) == [received(tmp_path / name, data=data)]


def test_a_kind_of_container_added_to_the_list_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_tar(file: BinaryIO, budget: Budget) -> Iterator[ContainedFile]:
        with tarfile.open(fileobj=file) as archive:
            for member in archive:
                budget.spend(member.size, files=1)
                content = archive.extractfile(member)
                assert content
                yield ContainedFile(clean_path(member.name), content.read())

    tar = ContainerKind("tar", lambda head, _: head[257:262] == b"ustar", open_tar)
    data = zipped({"forms.tar": tarred({"May/form.pdf": PDF})})
    without_tar = tuple(kind for kind in containers.KINDS if kind.name != "tar archive")
    monkeypatch.setattr(containers, "KINDS", without_tar)
    assert sources(found_in(tmp_path, "a.zip", data)) == ["a.zip/forms.tar"]
    monkeypatch.setattr(containers, "KINDS", (*without_tar, tar))
    assert found_in(tmp_path, "a.zip", data) == [received(tmp_path / "a.zip", "forms.tar", "May/form.pdf", data=PDF)]


@pytest.mark.parametrize(
    "inside",
    [{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}, {"mimetype": b"x", "content.xml": b"<x/>"}],
)
def test_an_office_file_which_is_a_zip_comes_whole(tmp_path: Path, inside: dict[str, bytes]) -> None:
    office = zipped(inside)
    assert found_in(tmp_path, "letter.docx", office) == [received(tmp_path / "letter.docx", data=office)]
    nested = found_in(tmp_path, "both.zip", zipped({"letter.docx": office, "form.pdf": PDF}))
    assert [(file.source, file.data) for file in nested] == [
        ("both.zip/letter.docx", office),
        ("both.zip/form.pdf", PDF),
    ]


def test_an_old_word_file_which_is_a_compound_file_comes_whole(tmp_path: Path) -> None:
    word = outlook.compound({"WordDocument": b"x" * 9000, "1Table": b"y"})
    assert found_in(tmp_path, "letter.doc", word) == [received(tmp_path / "letter.doc", data=word)]


def test_forwarded_emails_and_zips_in_each_other_are_opened(tmp_path: Path) -> None:
    inner = mail({"form.pdf": PDF}, "Our form")
    bare = mail({"form.pdf": PDF}, None)
    outer = mail(subject="Fwd")
    outer.add_attachment(inner)
    outer.add_attachment(bare)
    outer.add_attachment(
        zipped({"saved/old.eml": outer_of(inner)}), maintype="application", subtype="zip", filename="old.zip"
    )
    assert sources(found_in(tmp_path, "fwd.eml", outer.as_bytes())) == [
        "fwd.eml/Our form.eml/form.pdf",
        "fwd.eml/message.eml/form.pdf",
        "fwd.eml/old.zip/saved/old.eml/Our form.eml/form.pdf",
    ]


def outer_of(inner: EmailMessage) -> bytes:
    outer = MIMEMultipart()
    outer["Subject"], outer["From"] = "Old", "office@elm2103.example"
    outer.attach(MIMEMessage(inner))
    return outer.as_bytes()


def test_an_email_without_a_text_yields_its_pdf(tmp_path: Path) -> None:
    message = raw(
        "From: scanner@cedar2101.example\nSubject: A\nContent-Type: application/pdf\nContent-Transfer-Encoding: 8bit",
        PDF,
    )
    expected = received(tmp_path / "scan.eml", "attachment-1.pdf", data=PDF)
    carried_by = (MessageOrigin("scanner@cedar2101.example", path_length=len("scan.eml")),)
    assert found_in(tmp_path, "scan.eml", message) == [replace(expected, carried_by=carried_by)]


def test_an_outlook_message_yields_its_files_and_those_of_attached_messages_with_their_dates(tmp_path: Path) -> None:
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
    assert [
        (file.source, file.data, file.received_at, file.is_decoration) for file in found_in(tmp_path, "a.msg", data)
    ] == [
        ("a.msg/large.pdf", PDF * 9, sent, False),
        ("a.msg/Our form.eml/form.pdf", PDF, datetime(2026, 5, 4, 9, tzinfo=UTC), False),
        ("a.msg/attachment-1.pdf", PDF, sent, False),
        ("a.msg/logo.png", PICTURE, sent, True),
        ("a.msg/photograph.png", PICTURE, sent, False),
        ("a.msg/form.pdf", None, sent, False),
    ]


def test_files_of_equal_names_are_numbered(tmp_path: Path) -> None:
    message = mail()
    for n in range(3):
        message.add_attachment(PDF + bytes([n]), maintype="application", subtype="pdf", filename="form.pdf")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="form (2).pdf")
    assert sources(found_in(tmp_path, "a.eml", message.as_bytes())) == [
        "a.eml/form.pdf",
        "a.eml/form (2).pdf",
        "a.eml/form (3).pdf",
        "a.eml/form (2) (2).pdf",
    ]


def test_a_file_with_the_name_of_a_folder_is_numbered(tmp_path: Path) -> None:
    data = zipped({"a.zip": zipped({"form.pdf": PDF}), "a.zip/form.pdf": PDF + b"2"})
    assert sources(found_in(tmp_path, "b.zip", data)) == ["b.zip/a (2).zip/form.pdf", "b.zip/a.zip/form.pdf"]


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
def test_the_name_of_an_attachment_is_decoded_from_every_form_that_mail_programs_write(
    tmp_path: Path, header: str, name: str
) -> None:
    message = raw(
        f"From: a@cedar2101.example\nDate: {SENT}\nContent-Type: application/pdf\n"
        f"Content-Disposition: attachment; {header}",
        PDF,
    )
    (file,) = found_in(tmp_path, "a.eml", message)
    assert (file.source, file.data) == (f"a.eml/{name}", PDF)


def test_names_in_a_zip_are_decoded_from_dos_or_utf_8_and_never_climb(tmp_path: Path) -> None:
    names = ["Zo\xeb.pdf", "../../form.pdf", "/etc/form.pdf", "..\\up.pdf", "./\x1b/a\nb.pdf", ".."]
    data = zipped(dict.fromkeys(names, PDF))
    dos = zipped({"Zo?.pdf": PDF}).replace(b"Zo?.pdf", b"Zo\x89.pdf")
    mac = zipped({"Zo??.pdf": PDF}).replace(b"Zo??.pdf", "Zoë.pdf".encode())
    assert sources(found_in(tmp_path, "a.zip", data)) == [
        "a.zip/Zoë.pdf",
        "a.zip/form.pdf",
        "a.zip/etc/form.pdf",
        "a.zip/up.pdf",
        "a.zip/a b.pdf",
        "a.zip/unnamed",
    ]
    assert sources(found_in(tmp_path, "b.zip", dos)) == ["b.zip/Zoë.pdf"]
    assert sources(found_in(tmp_path, "c.zip", mac)) == ["c.zip/Zoë.pdf"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["a", "A", "..", "a/b", "a (2)", "\u202e", "\0"]), max_size=6))
def test_sources_whatever_the_subjects_are_never_climb_break_a_line_or_repeat(
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
    assert len(set(sources(files))) == len(files)
    for file in files:
        steps = file.source.split("/")
        assert len(steps) == (3 if subjects else 1)
        kinds = {unicodedata.category(char) for char in file.source if char not in "\u200c\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not {"", ".", ".."} & set(steps)


def test_the_same_files_have_the_same_sources_in_every_run(tmp_path: Path) -> None:
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
def test_an_mbox_is_divided_between_emails_and_not_at_text_that_starts_with_from(
    tmp_path: Path, between: bytes, line_end: bytes
) -> None:
    message = mail({"form.pdf": PDF}).as_bytes()
    assert b"\n\nFrom all of us" in message
    box = b"From - Mon May  4 10:00:00 2026\n" + message.rstrip(b"\n") + between + message
    assert [(file.source, file.data) for file in found_in(tmp_path, "in.mbox", box.replace(b"\n", line_end))] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Re: form (2).eml/form.pdf", PDF),
    ]


FROM = b"From a@cedar2101.example Mon May  4 10:00:00 2026\n"


def with_length(error: int, line_end: bytes) -> bytes:
    """A message with lines that look like the start of another, and its length, which is wrong by `error`."""
    made = mail({"form.pdf": PDF}).as_bytes()
    made = made.replace(b"From all of us", FROM + b"Date: last week\n\n" + FROM + b"To: you\n\nFrom all of us")
    head, _, content = made.replace(b"\n", line_end).partition(2 * line_end)
    return head + line_end + b"Content-Length: %d" % (len(content) + error) + 2 * line_end + content


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("after", [b"", b"\n"])
def test_an_mbox_with_the_lengths_of_its_messages_is_divided_by_them(
    tmp_path: Path, line_end: bytes, after: bytes
) -> None:
    after, begin = after.replace(b"\n", line_end), FROM.replace(b"\n", line_end)
    made = with_length(0, line_end)
    box = begin + made + after + begin + made + after
    assert [(file.source, file.data) for file in found_in(tmp_path, "in.mbox", box)] == [
        ("in.mbox/Re: form.eml/form.pdf", PDF),
        ("in.mbox/Re: form (2).eml/form.pdf", PDF),
    ]


@pytest.mark.parametrize("error", [-40, -1000000, 5, 300, 10**9])
def test_an_mbox_with_a_wrong_length_loses_no_later_message(tmp_path: Path, error: int) -> None:
    box = FROM + with_length(error, b"\n") + b"\n" + FROM + mail({"late.pdf": PDF}).as_bytes()
    assert "late.pdf" in [file.source.rpartition("/")[2] for file in found_in(tmp_path, "in.mbox", box)]


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
def test_received_at_is_the_date_of_the_email_in_utc_or_none_if_it_is_not_plausible(
    tmp_path: Path, written: str, date: str | None
) -> None:
    message = raw(f"From: office@cedar2101.example\nDate: {written}\nContent-Type: application/pdf", PDF)
    (file,) = found_in(tmp_path, "a.eml", message)
    assert file.data == PDF
    assert (file.received_at.isoformat() if file.received_at else None) == date


def test_received_at_is_the_date_of_the_innermost_email_that_has_one(tmp_path: Path) -> None:
    outer = mail({"outer.pdf": PDF}, sent="Wed, 6 May 2026 10:00:00 +0000")
    outer.add_attachment(mail({"dated.zip": zipped({"dated.pdf": PDF})}, "Dated", "Mon, 4 May 2026 10:00:00 +0000"))
    outer.add_attachment(mail({"undated.pdf": PDF}, "Undated", None))
    dates = {file.source.rpartition("/")[2]: file.received_at for file in found_in(tmp_path, "a.eml", outer.as_bytes())}
    assert dates == {
        "outer.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
        "dated.pdf": datetime(2026, 5, 4, 10, tzinfo=UTC),
        "undated.pdf": datetime(2026, 5, 6, 10, tzinfo=UTC),
    }
    (plain,) = found_in(tmp_path, "a.zip", zipped({"form.pdf": PDF}))
    assert plain.received_at is None


def test_of_two_forms_of_a_school_that_in_the_later_email_is_accepted(tmp_path: Path, filled: Filled) -> None:
    """Whatever the files' own dates are, and whichever e-mail is read first."""
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


# --- winmail.dat, Apple Mail, tars, signed messages, uuencode -----------------------------------------------------


def test_a_winmail_dat_with_several_forms_yields_each_by_its_long_name(tmp_path: Path) -> None:
    long_name = tnef_properties(
        (0x3707, 0x1F, "Membership form – Café.pdf\0".encode("utf-16-le")), (0x3714, 3, bytes(4))
    )
    data = tnef(
        (1, 0x69007, struct.pack("<II", 1252, 0)),
        *tnef_file("MEMBER~1.PDF", PDF, long_name),
        *tnef_file("caf\xe9.pdf", PDF),
    )
    files = found_in(tmp_path, "a.eml", mail({"winmail.dat": data}).as_bytes())
    assert sources(files) == [
        "a.eml/winmail.dat/Membership form – Café.pdf",
        "a.eml/winmail.dat/café.pdf",
    ]
    assert {file.data for file in files} == {PDF}
    assert {file.received_at for file in files} == {datetime(2026, 5, 4, 9, tzinfo=UTC)}


def test_a_winmail_dat_with_short_numbers_and_bytes_at_its_end_is_read(tmp_path: Path) -> None:
    short = tnef(*((level, number & 0xFFFF, value) for level, number, value in tnef_file("form.pdf", PDF)))
    assert found_in(tmp_path, "a.dat", short + b"\r\n\0") == [received(tmp_path / "a.dat", "form.pdf", data=PDF)]


def test_a_message_attached_in_a_winmail_dat_is_opened_with_its_own_date(tmp_path: Path) -> None:
    ticks = int((datetime(2026, 3, 2, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7
    sent_at = tnef_properties((0x0039, 0x40, struct.pack("<Q", ticks)))
    inner = bytes.fromhex("0703020000000000c000000000000046") + tnef((1, 0x69003, sent_at), *tnef_file("a.pdf", PDF))
    named = tnef_properties((0x3701, 0x0D, inner), (0x3001, 0x1E, b"Our form\0"))
    (file,) = found_in(tmp_path, "winmail.dat", tnef((2, 0x69002, bytes(14)), (2, 0x69005, named)))
    assert (file.source, file.data) == ("winmail.dat/Our form.eml/a.pdf", PDF)
    assert file.received_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_winmail_dat_of_the_text_alone_decorates_its_message(tmp_path: Path) -> None:
    data = tnef((1, 0x69003, tnef_properties((0x1009, 0x102, b"rich text"))))
    text, form = found_in(tmp_path, "a.eml", mail({"winmail.dat": data, "form.pdf": PDF}).as_bytes())
    assert (text.source, text.is_decoration) == ("a.eml/winmail.dat", True)
    assert (form.data, form.is_decoration) == (PDF, False)
    *_, message = found_in(tmp_path, "b.eml", mail({"winmail.dat": data}).as_bytes())
    assert "no file attached" in message.reason


def test_an_email_of_apple_mail_yields_its_files_with_its_date(tmp_path: Path) -> None:
    (file,) = found_in(tmp_path, "20771.emlx", emlx(mail({"form.pdf": PDF}).as_bytes()))
    assert (file.source, file.data) == ("20771.emlx/form.pdf", PDF)
    assert file.received_at == datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tbz", "w:bz2")]
)
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_a_tar_yields_its_files_in_folders_by_their_names(tmp_path: Path, name: str, mode: str, form: int) -> None:
    long_name = "May/" + "x" * 99 + "/" + "y" * 60 + ".pdf"
    files = found_in(tmp_path, name, tarred({"../May/café.pdf": PDF, long_name: PDF, "a.eml": b""}, mode, form))
    assert [file.source for file in files] == [f"{name}/May/café.pdf", f"{name}/{long_name}", f"{name}/a.eml"]
    assert [file.data for file in files] == [PDF, PDF, b""]


def test_a_tar_that_starts_with_a_pdf_is_a_tar_and_no_pdf(tmp_path: Path) -> None:
    data = tarred({"first.pdf": PDF, "second.pdf": PDF})
    assert b"%PDF-" in data[:1024]
    assert sources(found_in(tmp_path, "a.pdf", data)) == ["a.pdf/first.pdf", "a.pdf/second.pdf"]


def test_a_winmail_dat_zip_or_email_that_holds_a_pdf_in_its_first_kilobyte_is_opened(tmp_path: Path) -> None:
    message = raw("From: a@b.example\nTo: c@d.example\nContent-Type: application/pdf; name=form.pdf", PDF)
    for name, data in {
        "a": tnef(*tnef_file("form.pdf", PDF)),
        "b": zipped({"form.pdf": PDF}, zipfile.ZIP_STORED),
        "c": message,
        "d": b"From - Mon May 4 10:00:00 2026\n" + message,
        "e": emlx(message),
    }.items():
        assert b"%PDF-" in data[:1024]
        (file,) = found_in(tmp_path, name, data)
        assert (file.inside[-1], file.data and file.data[: len(PDF)]) == ("form.pdf", PDF)


def test_a_file_packed_by_gzip_is_unpacked(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile("form.pdf", "wb", fileobj=packed) as file:
        file.write(PDF)
    assert found_in(tmp_path, "a.gz", packed.getvalue()) == [received(tmp_path / "a.gz", "form.pdf", data=PDF)]
    assert sources(found_in(tmp_path, "b.gz", gzip.compress(mail({"form.pdf": PDF}).as_bytes()))) == [
        "b.gz/unpacked/form.pdf"
    ]


@pytest.mark.parametrize("indefinite", [False, True])
def test_the_message_in_a_signed_message_is_opened(tmp_path: Path, indefinite: bool) -> None:
    attached = mail({"form.pdf": PDF})
    for header in ("From", "To", "Subject", "Date"):  # they stand in the message around it
        del attached[header]
    message = EmailMessage()
    message["From"], message["To"], message["Date"] = "office@cedar2101.example", "forms@partnership.example", SENT
    message.set_content(
        smime(attached.as_bytes(), indefinite=indefinite), "application", "pkcs7-mime", filename="smime.p7m"
    )
    (file,) = found_in(tmp_path, "a.eml", message.as_bytes())
    assert (file.source, file.data) == ("a.eml/smime.p7m/message.eml/form.pdf", PDF)
    assert file.received_at == datetime(2026, 5, 4, 9, tzinfo=UTC)


def test_a_signature_without_the_message_comes_whole(tmp_path: Path) -> None:
    signature = smime(b"", is_detached=True)
    assert found_in(tmp_path, "a.p7b", signature) == [received(tmp_path / "a.p7b", data=signature)]


def test_files_in_the_text_of_a_message_are_decoded(tmp_path: Path) -> None:
    lines = b"".join(binascii.b2a_uu(PDF[at : at + 45]) for at in range(0, len(PDF), 45))
    encoded = (
        b"Our forms are below.\n\nbegin 644 a.pdf\n" + lines + b"`\nend\n\nbegin 644 b.pdf\n" + lines + b"`\nend\n"
    )
    files = found_in(tmp_path, "a.eml", raw("From: a@b.example\nTo: c@d.example", encoded))
    assert [(file.source, file.data) for file in files] == [("a.eml/a.pdf", PDF), ("a.eml/b.pdf", PDF)]


def test_a_text_that_speaks_of_a_beginning_holds_no_file(tmp_path: Path) -> None:
    (message,) = found_in(
        tmp_path, "a.eml", raw("From: a@b.example\nTo: c@d.example", b"We\nbegin 644 times a day.\nBest\n")
    )
    assert "no file attached" in message.reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"7z\xbc\xaf\x27\x1c\0\4" + PDF, "This is a 7z archive. The office can unpack it"),
        (b"Rar!\x1a\x07\x01\0" + PDF, "This is a RAR archive."),
        (b"!BDN" + PDF, "This is an Outlook data file."),
        (zipped({"Accounts/a/com.microsoft.__Messages/Inbox/m_0.xml": b"<m/>"}), "This is an Outlook for Mac export."),
        (
            b'<?xml version="1.0"?>\n<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">',
            "This is XFA form data without the form.",
        ),
        (smime(PDF, kind=3), "This message is encrypted"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQ==", "This message is encrypted"),
    ],
)
def test_a_file_that_cannot_be_opened_says_what_it_is_and_what_to_do(tmp_path: Path, data: bytes, words: str) -> None:
    (file,) = found_in(tmp_path, "returns.bin", data)
    assert (file.source, file.data) == ("returns.bin", None)
    assert file.reason.startswith(words)
    (attached,) = found_in(tmp_path, "a.eml", mail({"returns.bin": data}).as_bytes())
    assert (attached.source, attached.reason) == ("a.eml/returns.bin", file.reason)


@pytest.mark.parametrize(
    "name",
    [
        *("INBOX.msf", "table_of_contents", "Mail/User Settings/Filters.json", "archive_browser.html", ".DS_Store"),
        *("Maildir/dovecot-uidlist", "dovecot.index.log", "Maildir/subscriptions", "maildirfolder"),
    ],
)
def test_side_files_of_exports_are_passed_over_unless_they_may_be_a_form(tmp_path: Path, name: str) -> None:
    tgz = tarred({name: b"// <!-- <mdb:mork:z v=1.4/> -->"}, "w:gz")
    (file,) = found_in(tmp_path, "Takeout.tgz", tgz)
    assert file.is_decoration
    (file,) = found_in(tmp_path, "Takeout2.tgz", tarred({name: PDF}, "w:gz"))
    assert not file.is_decoration


def test_an_empty_mail_folder_is_passed_over_and_an_empty_form_is_not(tmp_path: Path) -> None:
    (folder,) = found_in(tmp_path, "Sent", b"")
    (form,) = found_in(tmp_path, "form.pdf", b"")
    assert (folder.is_decoration, form.is_decoration) == (True, False)
