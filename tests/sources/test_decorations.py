"""Files that only decorate a message need nobody's attention, and no other file is overlooked."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.project.test_cli import run
from tests.remake_samples import letter
from tests.support.packing import (
    PDF,
    PICTURE,
    Filled,
    found_in,
    mail,
    raw,
    received,
    returns,
    sources,
    zipped,
)


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


def test_decorations_beside_a_form_need_no_attention(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({"form.pdf": filled()}).as_bytes())
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 0
    assert "need you" not in result.stderr and "needs you" not in result.stderr
    assert sorted(returns(tmp_path / "records").values()) == ["accepted", *["not_a_form"] * 5]
    assert {row["problems"] for row in rows(tmp_path / "records" / "returns.csv")} == {""}
    assert rows(tmp_path / "records" / "problems.csv") == []


def test_a_message_with_decorations_alone_is_unreadable_as_it_has_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({}).as_bytes())
    result = run("ingest", tmp_path / "a.eml", "-o", tmp_path / "records")
    assert result.exit_code == 1
    (problem,) = rows(tmp_path / "records" / "problems.csv")
    assert (problem["source"], problem["code"]) == ("a.eml", "unreadable")
    assert "This message has no file attached. Attach the form as a PDF." in problem["message"]


def test_a_decoration_that_also_came_by_itself_needs_attention(tmp_path: Path, filled: Filled) -> None:
    (tmp_path / "a.eml").write_bytes(decorated({"form.pdf": filled()}).as_bytes())
    (tmp_path / "scan.png").write_bytes(PICTURE)
    records = tmp_path / "records"
    assert run("ingest", tmp_path / "a.eml", "-o", records).exit_code == 0
    result = run("ingest", tmp_path / "scan.png", "-o", records)
    assert result.exit_code == 1
    assert [row["code"] for row in rows(records / "problems.csv")] == ["not_a_form"]


@pytest.mark.parametrize(
    ("headers", "data", "is_decoration"),
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
        ("Content-Type: text/plain; name=ATT00001.txt", b"x", True),
        ("Content-Type: text/html\nContent-Disposition: attachment; filename=ATT00002.htm", b"x", True),
        ("Content-Type: text/html; name=ATT00002.htm", PDF, False),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m", b"x", False),
        ("Content-Type: nonsense; name=x.doc", b"x", False),
    ],
)
def test_an_attachment_is_a_decoration_by_its_type_and_by_what_the_text_shows(
    tmp_path: Path, headers: str, data: bytes, is_decoration: bool
) -> None:
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
    assert (first.data, first.is_decoration) == (data, is_decoration)
    assert (second.data, second.is_decoration) == (PDF, False)


@pytest.mark.parametrize(
    "message",
    [
        mail(),
        mail(subject=None, sent=None),
        raw("From: a@cedar2101.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b"),
    ],
)
def test_a_message_without_a_file_has_a_row_with_the_reason(tmp_path: Path, message: EmailMessage | bytes) -> None:
    data = message if isinstance(message, bytes) else message.as_bytes()
    for file in (*found_in(tmp_path, "a.eml", data), *found_in(tmp_path, "b.zip", zipped({"a.eml": data}))):
        assert file.source in ("a.eml", "b.zip/a.eml")
        assert file.data is None
        assert file.reason.startswith(("This message has no file", "This e-mail is damaged"))


def test_other_files_in_a_message_have_a_row_each(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail({"letter.pdf": letter(), "notes.txt": b"Hello", "empty.pdf": b""}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == dict.fromkeys(
        ["a.eml/letter.pdf", "a.eml/notes.txt", "a.eml/empty.pdf"], "not_a_form"
    )
    assert {row["code"] for row in rows(tmp_path / "records" / "problems.csv")} == {"not_a_form"}


def test_files_that_macs_and_windows_add_to_zips_are_left_out(tmp_path: Path) -> None:
    files = {
        "forms/": b"",
        "forms/form.pdf": PDF,
        "__MACOSX/forms/._form.pdf": b"x",
        "forms/.DS_Store": b"x",
        "Thumbs.db": b"x",
    }
    assert sources(found_in(tmp_path, "a.zip", zipped(files | {"__MACOSX/form.pdf": PDF}))) == [
        "a.zip/forms/form.pdf",
        "a.zip/__MACOSX/form.pdf",
    ]
    for empty in (zipped({}), zipped({"forms/": b""})):
        assert found_in(tmp_path, "b.zip", empty) == [
            received(tmp_path / "b.zip", reason="This zip holds no file. Put the form into it.")
        ]
