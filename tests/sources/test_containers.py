"""Every file in a zip, e-mail, mbox or Outlook message is found, with a source that a person can follow."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from pathlib import Path
from typing import BinaryIO

import pytest
from msgspec.structs import replace

from tests.conftest import ingest
from tests.support import outlook
from tests.support.packing import (
    PDF,
    PICTURE,
    Filled,
    found_in,
    mail,
    mbox,
    raw,
    received,
    returns,
    sources,
    tarred,
    zipped,
)
from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers import opener
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
    without_tar = tuple(kind for kind in opener.KINDS if kind.name != "tar archive")
    monkeypatch.setattr(opener, "KINDS", without_tar)
    assert sources(found_in(tmp_path, "a.zip", data)) == ["a.zip/forms.tar"]
    monkeypatch.setattr(opener, "KINDS", (*without_tar, tar))
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
