"""Nothing that came in a container is lost, and what only decorates a message is no alarm."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import rows
from tests.packing import (
    PDF,
    PICTURE,
    Filled,
    found_in,
    mail,
    raw,
    returns,
    ways,
    zipped,
)
from tests.remake_samples import letter
from tests.test_cli import run
from thep_forms.office.ingest import Ingester
from thep_forms.sources import Found


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
    assert "need attention" not in result.stderr
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
