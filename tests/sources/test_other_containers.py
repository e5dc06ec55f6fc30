"""winmail.dat, Apple Mail, tars, signed messages and uuencode are opened, and other kinds of containers named."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import struct
import tarfile
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.packing import (
    PDF,
    SENT,
    emlx,
    found_in,
    mail,
    raw,
    received,
    smime,
    sources,
    tarred,
    tnef,
    tnef_file,
    tnef_properties,
    zipped,
)


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


JPEG, PNG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(50), b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.mark.parametrize(
    ("encoding", "body", "data"),
    [
        ("7bit", base64.encodebytes(PDF), PDF),
        ("x-base64", b"\n" + base64.encodebytes(PDF), PDF),
        ("base64", base64.encodebytes(base64.encodebytes(PDF)), PDF),
        ("7bit", base64.encodebytes(JPEG), JPEG),
        ("7bit", base64.encodebytes(PNG), PNG),
    ],
)
def test_a_file_in_base64_that_its_headers_do_not_tell_of_is_decoded(
    tmp_path: Path, encoding: str, body: bytes, data: bytes
) -> None:
    headers = f"From: a@b.example\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: {encoding}"
    files = found_in(tmp_path, "a.eml", raw(headers, body))
    assert [(file.source, file.data) for file in files] == [("a.eml/a.pdf", data)]


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
