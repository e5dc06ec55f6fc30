"""The name and source of a file in a container are safe to show, the same in every run, and never twice."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ingest
from tests.support.packing import (
    PDF,
    SENT,
    found,
    found_in,
    mail,
    mbox,
    raw,
    sources,
    zipped,
)


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
