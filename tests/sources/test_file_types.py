"""What type a file is: its first bytes tell, and a container that holds a PDF early on is not that PDF."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import ingest, read_return, rows
from tests.support.outlook import compound
from thep_forms.definition import FormDefinition
from thep_forms.sources.file_types import FileType, file_type

NAME = "form.pdf"


def stored_zip(pdf: bytes, name: str = NAME, *others: str) -> bytes:
    """A zip that holds the PDF as it is, so that its first bytes stand near the zip's start."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(name, pdf)
        for other in others:
            packed.writestr(other, "<Types/>")
    return out.getvalue()


def tar(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        info = tarfile.TarInfo(NAME)
        info.size = len(pdf)
        packed.addfile(info, io.BytesIO(pdf))
    return out.getvalue()


def old_tar(pdf: bytes) -> bytes:
    """A tar as Unix wrote it before POSIX: without a magic number, but with a check sum."""
    data = bytearray(tar(pdf))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def email(pdf: bytes) -> bytes:
    """An e-mail whose subject is what a PDF begins with."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "office@cedar.example", "us@partnership.example", "%PDF-1.7"
    message.set_content("Our form is attached.")
    message.add_attachment(pdf, "application", "pdf", filename=NAME)
    return message.as_bytes()


def email_as_it_is(pdf: bytes) -> bytes:
    """An e-mail that is one file, not encoded."""
    headers = "From: office@cedar.example\r\nTo: us@partnership.example\r\nMIME-Version: 1.0\r\n"
    content = f'Content-Type: application/pdf; name="{NAME}"\r\nContent-Transfer-Encoding: binary\r\n\r\n'
    return f"{headers}{content}".encode() + pdf


def mailbox(pdf: bytes) -> bytes:
    return b"From office@cedar.example Mon May  4 10:00:00 2026\n" + email(pdf) + b"\n"


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "a zip": stored_zip,
    "a tar": tar,
    "an old tar": old_tar,
    "gzip": lambda pdf: gzip.compress(pdf, 0),
    "bzip2": bz2.compress,
    "an e-mail": email,
    "an e-mail that is the PDF": email_as_it_is,
    "a mailbox": mailbox,
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_container_with_a_pdf_in_its_first_kilobyte_is_opened(tmp_path: Path, returned: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(CONTAINERS[kind](returned))
    assert ingest(tmp_path / "records", [tmp_path / "file"]).all_accepted
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert row["source"] != "file"
    (kept,) = (tmp_path / "records" / "returns").iterdir()
    assert kept.read_bytes() == returned


DOCUMENTS: dict[str, Callable[[bytes], bytes]] = {
    "a Word document": lambda pdf: stored_zip(pdf, "word/embeddings/a.bin", "[Content_Types].xml"),
    "an OpenDocument text": lambda pdf: stored_zip(pdf, "mimetype"),
    "an old Word document": lambda pdf: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + pdf,
    "a rich text": lambda pdf: b"{\\rtf1 " + pdf,
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_document_with_a_pdf_in_its_first_kilobyte_is_not_that_pdf(tmp_path: Path, returned: bytes, kind: str) -> None:
    (tmp_path / "letter.doc").write_bytes(DOCUMENTS[kind](returned))
    ingest(tmp_path / "records", [tmp_path / "letter.doc"])
    (row,) = rows(tmp_path / "records" / "returns.csv")
    assert row["verdict"] == "not_a_form"
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert "not a PDF" in problem["message"]


BEFORE = (b"", b"\n\n", b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n", b"\0junk")


@pytest.mark.parametrize("before", BEFORE)
def test_pdf_with_something_before_it_is_a_pdf(before: bytes) -> None:
    assert file_type(before + b"%PDF-1.7\n") is FileType.PDF


HEADERS = {
    "lost": b"",
    "changed": b"%pdf 1.7\n",
    "overwritten": bytes(16),
    "in two bytes a letter": "%PDF-1.7\n".encode("utf-16"),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_form_whose_first_line_is_damaged_is_read(returned: bytes, definition: FormDefinition, header: bytes) -> None:
    damaged = header + returned[returned.index(b"\n") + 1 :]
    answers = read_return(returned, definition).answers
    assert {name: answer.text for name, answer in read_return(damaged, definition).answers.items()} == {
        name: answer.text for name, answer in answers.items()
    }


def test_words_about_an_object_of_a_pdf_are_no_pdf() -> None:
    assert file_type(b"The second object is 12 0 obj, as we said.") is None
    assert file_type(b"\n12 0 obj\n<< /Type /Catalog >>") is FileType.PDF


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"GIF89a", b"\0\0\0\x18ftypheic"]
)
def test_picture_that_quotes_a_pdf_is_no_pdf(start: bytes) -> None:
    assert file_type(start + b"XMP made from %PDF-1.7") is not FileType.PDF


def test_each_type_of_file_is_told_by_its_start() -> None:
    starts = {
        b"%PDF-1.7": FileType.PDF,
        b"\xff\xd8\xff\xe1": FileType.JPEG,
        b"\x89PNG\r\n\x1a\n": FileType.PNG,
        b"MM\0*": FileType.TIFF,
        b"\0\0\0\x20ftypmif1": FileType.HEIC,
        b"RIFF\x24\0\0\0WEBPVP8 ": FileType.WEBP,
        b"GIF89a\x01\0\x01\0": FileType.GIF,
        b"BM" + bytes(12) + b"\x28\0\0\0": FileType.BMP,
        b"%FDF-1.2": FileType.FDF,
        b'\xef\xbb\xbf<?xml version="1.0"?><!-- > --><x:xfdf xmlns:x="y">': FileType.XFDF,
    }
    assert [file_type(start) for start in starts] == list(starts.values())
    assert {*starts.values()} == {*FileType}
    others = (b"", b"PK\x03\x04", b"<html>", b"\0\0\0\x18ftypmp42", b"RIFF\x24\0\0\0WAVEfmt ", b"BMW models, by name")
    assert [file_type(start) for start in others] == [None] * len(others)


NO_FORMS = {
    "This is a link to a file kept elsewhere, not a PDF.": (
        b"[InternetShortcut]\r\nURL=https://files.cedar.example/form\r\n",
        bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(200),
        b'<?xml version="1.0"?>\n<!DOCTYPE plist>\n<plist><dict><key>URL</key><string>https://x.example</string></dict>',
    ),
    "This is a web page, not a PDF.": (
        b"<!DOCTYPE html>\n<html lang='en'><title>Sign in</title></html>",
        b"\r\n<HTML><head><title>Your file</title></head></HTML>",
    ),
    "This is a document with a password, not a PDF.": (compound({"EncryptedPackage": b"x" * 9000}),),
    "This is a presentation, not a PDF.": (compound({"PowerPoint Document": b"x" * 9000}),),
    "This file is empty.": (b"", bytes(5000)),
}


@pytest.mark.parametrize(("reason", "data"), [(reason, data) for reason, each in NO_FORMS.items() for data in each])
def test_file_that_came_in_the_place_of_the_form_is_called_what_it_is(tmp_path: Path, reason: str, data: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(data)
    ingest(tmp_path / "records", [tmp_path / "form.pdf"])
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert (problem["code"], problem["value"]) == ("not_a_form", reason)
