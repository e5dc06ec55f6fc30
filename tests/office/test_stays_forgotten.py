"""What was forgotten is not taken in again; and all that is held of a school, or of nobody, can be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.support.commands import run
from tests.support.deciding import decide, return_id
from tests.support.packing import mail, mbox
from tests.support.writing import CEDAR, ELM

Filled = Callable[..., bytes]
MAY_3 = "Sun, 3 May 2026 10:00:00 +0100"


def forget(records: Path, *what: str) -> str:
    result = run("forget", "-o", records, *what, "--yes")
    assert result.exit_code == 0, result.stderr
    return result.stderr


def take_in(records: Path, *sources: Path) -> str:
    return run("ingest", *sources, "-o", records).stderr


def returned(records: Path) -> list[str]:
    """The sources of all returns, without the folder or mailbox."""
    return sorted(row["source"].partition("/")[2] for row in rows(records / "returns.csv"))


def without_file(sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Date"] = sender, "us@example.org", MAY_3
    message["Subject"] = f"From {sender.partition('@')[2]}"
    message.set_content("Dear all")
    return message


def with_file(sender: str, name: str, data: bytes) -> EmailMessage:
    message = mail({name: data}, sent=MAY_3)
    message.replace_header("From", sender)
    return message


# --- it is not taken in again --------------------------------------------------------------------------------------


def test_the_same_file_is_not_taken_in_again_wherever_it_lies(records: Path, tmp_path: Path, filled: Filled) -> None:
    form = filled("2101")
    source = inbox(tmp_path / "inbox", cedar=form, fillan=filled("3204"))
    take_in(records, source)
    forget(records, "--school", "211/2101")
    copies = [source, inbox(tmp_path / "elsewhere", renamed=form)]
    copies.append(mbox(tmp_path / "mail.mbox", [with_file(CEDAR, "again.pdf", form)]))
    assert "3 files were deleted with forget before, so not taken in again." in take_in(records, *copies)
    assert returned(records) == ["fillan.pdf"]
    assert sum(path.is_file() for path in (records / "returns").iterdir()) == 1
    assert run("verify", "-o", records).exit_code == 0


def test_another_form_of_the_school_is_taken_in(records: Path, tmp_path: Path, filled: Filled) -> None:
    take_in(records, inbox(tmp_path / "inbox", cedar=filled("2101")))
    forget(records, "--school", "211/2101")
    later = inbox(tmp_path / "inbox", cedar=filled("2101", headteacher_name="New Head"))
    assert "forget" not in take_in(records, later)
    assert returned(records) == ["cedar.pdf"]


def test_old_years_stay_forgotten(records: Path, tmp_path: Path, filled: Filled) -> None:
    source = inbox(tmp_path / "inbox", cedar=filled("2101"))
    take_in(records, source)
    forget(records, "--before", "2027-28")
    assert "1 file was deleted with forget before" in take_in(records, source)
    assert returned(records) == []


def test_a_mailbox_brings_back_no_message_of_a_forgotten_school(
    records: Path, schools: Path, tmp_path: Path, filled: Filled
) -> None:
    messages = [
        without_file(CEDAR),
        without_file(ELM),
        with_file(CEDAR, "form.pdf", filled("2101")),
        with_file(CEDAR, "letter.docx", b"PK\x03\x04" + bytes(50)),
    ]
    ingest(records, [mbox(tmp_path / "mail.mbox", messages)], register=schools)
    forget(records, "--school", "211/2101")
    # In another mailbox the messages have other paths, and they come with a new one.
    moved = mbox(tmp_path / "moved.mbox", [*messages, without_file("new@cedar.example")])
    assert "3 files were deleted with forget before" in take_in(records, moved)
    senders = {row["source"].partition("/")[2].removesuffix(".eml") for row in rows(records / "returns.csv")}
    assert senders == {"From elm.example", "From cedar.example (2)"}
    assert CEDAR.encode() not in (records / "ledger.sqlite").read_bytes()


def test_a_message_file_with_a_forgotten_form_alone_leaves_nothing(
    records: Path, tmp_path: Path, filled: Filled
) -> None:
    message = tmp_path / "cedar.eml"
    message.write_bytes(with_file(CEDAR, "form.pdf", filled("2101")).as_bytes())
    take_in(records, message)
    forget(records, "--school", "211/2101")
    assert "1 file was deleted with forget before" in take_in(records, message)
    assert rows(records / "returns.csv") == []
    assert CEDAR.encode() not in (records / "ledger.sqlite").read_bytes()


def test_a_blank_form_of_another_school_is_taken_in_though_one_was_forgotten(
    records: Path, schools: Path, tmp_path: Path, form: bytes
) -> None:
    box = mbox(tmp_path / "mail.mbox", [with_file(CEDAR, "form.pdf", form)])
    ingest(records, [box], register=schools)
    forget(records, "--school", "211/2101")
    later = mbox(tmp_path / "later.mbox", [with_file(CEDAR, "form.pdf", form), with_file(ELM, "form.pdf", form)])
    assert "1 file was deleted with forget before" in take_in(records, later)
    assert [row["dfe_number"] for row in rows(records / "returns.csv")] == ["211/2103"]


def test_the_ledger_notes_of_forgotten_files_only_hashes(records: Path, tmp_path: Path, filled: Filled) -> None:
    take_in(records, inbox(tmp_path / "2101 Cedar", cedar=filled("2101", headteacher_name="Former Head")))
    forget(records, "--school", "211/2101")
    ledger = (records / "ledger.sqlite").read_bytes()
    assert not any(text in ledger for text in (b"Former Head", b"Cedar", b"cedar", b"211/2101"))


# --- all of a school -----------------------------------------------------------------------------------------------


def test_forget_takes_the_school_out_of_the_lists_until_a_later_list_has_it(
    records: Path, schools: Path, tmp_path: Path
) -> None:
    ingest(records, [inbox(tmp_path / "empty")], register=schools)
    told = forget(records, "--school", "211/2101")
    assert "what your list says about 1 school" in told
    assert "  Cedar Primary School (211/2101), of which there is no return\n" in told
    assert b"Cedar" not in (records / "ledger.sqlite").read_bytes()
    assert "Cedar" not in run("status", "2026-27", "-o", records).output
    ingest(records, [tmp_path / "empty"], register=schools)
    assert "Cedar" in run("status", "2026-27", "-o", records).output


def test_forget_of_old_years_of_a_school_leaves_it_in_the_list_of_this_year(
    records: Path, schools: Path, tmp_path: Path
) -> None:
    for year in ("2025-26", "2026-27"):
        assert run("ingest", inbox(tmp_path / "empty"), "-o", records, "--year", year, "--schools", schools)
    forget(records, "--school", "211/2101", "--before", "2026-27")
    assert "Cedar" in run("status", "2026-27", "-o", records).output
    assert "Cedar" not in run("status", "2025-26", "-o", records).output


def test_forget_deletes_decisions_and_notes_of_a_school(
    records: Path, schools: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(records, [inbox(tmp_path / "inbox", cedar=filled("2101"))], register=schools)
    decide("correct", records, return_id(records, "cedar"), "headteacher_name=Ann Lee", why="rang Zoe Ash")
    decide("note", records, "211/2101", "ask for Zoe Ash")
    decide("note", records, "211/2103", "ask for Kit Lee")
    assert "1 decision about the school" in forget(records, "--school", "211/2101")
    assert [row["why"] for row in rows(records / "decisions.csv")] == ["ask for Kit Lee"]
    ledger = (records / "ledger.sqlite").read_bytes()
    assert not any(text in ledger for text in (b"Zoe Ash", b"Ann Lee", b"211/2101"))
    assert run("verify", "-o", records).exit_code == 0


def test_forget_leaves_no_word_of_a_school_in_decisions_about_the_form_of_another(
    records: Path, schools: Path, tmp_path: Path, filled: Filled
) -> None:
    ingest(records, [inbox(tmp_path / "inbox", form=filled("2101"))], register=schools)
    form = return_id(records, "form")
    decide("assign", records, form, "--school", "211/2103")
    decide("correct", records, form, "headteacher_name=Ann Lee", "school_name=Elm Tree Primary School")
    forget(records, "--school", "211/2101")
    assert [row["dfe_number"] for row in rows(records / "schools.csv")] == ["211/2103"]
    assert {row["dfe_number"] for row in rows(records / "decisions.csv")} == {"", "211/2103"}
    assert "Ann Lee" in {row["name"] for row in rows(records / "contacts.csv")}


# --- what nobody can place -----------------------------------------------------------------------------------------


@pytest.fixture
def with_strays(records: Path, schools: Path, tmp_path: Path, filled: Filled) -> Path:
    """Records of a school's form, and of a letter and a message that nobody can place."""
    source = inbox(tmp_path / "inbox", cedar=filled("2101"))
    (source / "letter.txt").write_text("Dear all,")
    (source / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    mbox(source / "mail.mbox", [without_file("stranger@else.example")])
    ingest(records, [source], register=schools)
    return records


def test_strays_are_listed_before_they_are_deleted(with_strays: Path) -> None:
    before = (with_strays / "ledger.sqlite").read_bytes()
    result = run("forget", "-o", with_strays, "--strays", input="n\n")
    assert "This would delete 3 returns and 1 PDF:" in result.stderr
    for name in ("letter.txt", "broken.pdf", "From else.example.eml"):
        assert name in result.stderr
    assert "cedar.pdf" not in result.stderr
    assert (with_strays / "ledger.sqlite").read_bytes() == before


def test_strays_go_and_stay_away(with_strays: Path, tmp_path: Path) -> None:
    (with_strays / "returns" / f"{'0' * 64}.pdf").write_bytes(b"%PDF-1.7")  # which nobody knows
    assert "1 archived file that the ledger does not know" in forget(with_strays, "--strays")
    assert returned(with_strays) == ["cedar.pdf"]
    assert len(list((with_strays / "returns").iterdir())) == 1
    assert "3 files were deleted with forget before" in take_in(with_strays, tmp_path / "inbox")
    assert returned(with_strays) == ["cedar.pdf"]
    assert run("verify", "-o", with_strays).exit_code == 0


def test_without_strays_there_is_nothing_to_delete(records: Path, tmp_path: Path, filled: Filled) -> None:
    take_in(records, inbox(tmp_path / "inbox", cedar=filled("2101")))
    assert "There was nothing to delete.\n" in forget(records, "--strays")


@pytest.mark.parametrize("words", [[], ["--strays", "--school", "2101"], ["--strays", "--before", "2026-27"]])
def test_forget_of_nothing_or_of_two_kinds_is_refused(with_strays: Path, words: list[str]) -> None:
    result = run("forget", "-o", with_strays, "--yes", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "Choose what to delete" in result.stderr
