"""The form of another partnership and authority: `partnership.toml` alone changes, and nothing of ours is left."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pdfplumber
import pikepdf
import pytest
import zxingcpp

from tests.conftest import AWKWARD, ingest, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.viewer import draw, type_into
from thep_forms.definition import load_definition
from thep_forms.generate import Master, PaperCopy, generate, pack

OURS = ("211", "Tower Hamlets", "THEP", "THE Partnership")
THEIRS = """
name = "Birmingham Schools Together"
full_name = "Birmingham Schools Together Ltd"
short_name = "BST"
local_authority = "Birmingham"
local_authority_code = "330"
return_address = "forms@schools.example"
days_to_return = 28

[colours]
ink = "#1d1d1b"
accent = "#1f4e5f"
tint = "#e8eff1"
rule = "#5b6b72"
"""


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of templates with their `partnership.toml` and nothing else."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "partnership.toml").write_text(THEIRS, encoding="utf-8")
    return folder


def everything_in(pdf: bytes) -> str:
    """The words of the pages, the tooltips, values, bookmarks and metadata, and what the codes say."""
    words: list[str] = []
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        words += [page.extract_text() for page in opened.pages]
        pages = len(opened.pages)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        words += [str(value) for value in opened.docinfo.values()]
        words.append(opened.Root.Metadata.read_bytes().decode("utf-8"))
        for thing in opened.objects:
            if isinstance(thing, pikepdf.Dictionary):
                values = [thing.get(key) for key in ("/T", "/TU", "/V", "/Desc", "/Title", "/P")]
                words += [str(value) for value in values if isinstance(value, pikepdf.String)]
    for number in range(pages):
        words += [code.text for code in zxingcpp.read_barcodes(draw(pdf, number, scale=3))]
    return "\n".join(words)


def of_ours(words: str) -> list[str]:
    """The lines that name our partnership or our authority."""
    return [line for line in words.splitlines() for name in OURS if name.casefold() in line.casefold()]


def test_form_copies_and_prints_of_another_authority_do_not_name_ours(theirs: Path) -> None:
    blank, copies = load_definition("2026-27", theirs), load_definition("2026-27", theirs).for_copies
    for pdf in (
        generate(blank),
        Master(copies).copy(AWKWARD, "330/4242"),
        pack(copies, [PaperCopy(AWKWARD, "330/4242", "St Anne’s"), PaperCopy()]),
    ):
        words = everything_in(pdf)
        assert of_ours(words) == []
        assert "BST-MEMBERSHIP 2026-27 R1 P1/" in words
        assert "Birmingham Schools Together Data Sharing Protocol" in words
        assert "Birmingham Schools Together Ltd (BST)" in words
        assert "330/ is printed before the box" in words
        assert "Please return this form to forms@schools.example" in words


def test_own_form_has_each_of_our_names() -> None:
    words = everything_in(generate(load_definition("2026-27")))
    assert all(name.casefold() in words.casefold() for name in OURS)


def test_return_of_another_authority_is_recognised_by_its_identifier_and_code(theirs: Path, tmp_path: Path) -> None:
    form = generate(load_definition("2026-27", theirs))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "good.pdf").write_bytes(type_into(form, answers("2101")))
    (inbox / "other.pdf").write_bytes(type_into(form, answers("2102", dfe_number="211/2102")))
    (inbox / "ours.pdf").write_bytes(type_into(generate(load_definition("2026-27")), answers("2103")))
    ingest(tmp_path / "records", [inbox], templates=theirs)
    (school,) = rows(tmp_path / "records" / "schools.csv")
    assert school["dfe_number"] == "330/2101"
    problems = {row["code"]: row["message"] for row in rows(tmp_path / "records" / "problems.csv")}
    assert set(problems) == {"dfe_prefix", "form_other"}
    assert "The number of a Birmingham school starts with 330/" in problems["dfe_prefix"]


def test_email_of_another_authority_does_not_name_ours(theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "schools.csv").write_text(
        "dfe_number,school_name,email\n330/2101,Cedar Primary School,office@cedar.example\n", encoding="utf-8"
    )
    options = ("--schools", tmp_path / "schools.csv", "--templates", theirs, "-o", tmp_path / "records")
    assert run("email", "2026-27", *options, "--drafts", tmp_path / "drafts").exit_code == 0
    (draft,) = (tmp_path / "drafts").iterdir()
    message = message_from_bytes(draft.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    words = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            words.append(part.get_content())
        if part.get_content_type() == "application/pdf":
            words += [str(part.get_filename()), everything_in(part.get_content())]
    assert of_ours("\n".join(words)) == []
    assert message["Subject"] == "Birmingham Schools Together: School Membership Form 2026-27, Cedar Primary School"
