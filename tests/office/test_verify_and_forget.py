"""Checking records, and permanently deleting data."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import change_ledger, ingest, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.printers import joined
from tests.support.viewer import type_into
from thep_forms.definition import load_definition, shipped
from thep_forms.generate import generate

SCHOOLS = ("2101", "3204", "4242")
OWN = {"main_contact_name": "Own Contact", "main_contact_email": "own.contact@cedar.example"}


@pytest.fixture(scope="module")
def shared_records(tmp_path_factory: pytest.TempPathFactory, form: bytes) -> Path:
    """Records of three schools and of a file that is not a PDF. One school has returned two forms."""
    inbox, records = tmp_path_factory.mktemp("inbox"), tmp_path_factory.mktemp("made") / "records"
    for number in SCHOOLS:
        (inbox / f"{number}.pdf").write_bytes(
            type_into(form, answers(number, **OWN) if number == "2101" else answers(number))
        )
    old = type_into(form, answers("2101", main_contact_name="Former Contact"))
    (inbox / "2101 old.pdf").write_bytes(old)
    last_year = generate(load_definition("2025-26"))
    earlier = inbox.parent / "2101 last year.pdf"
    earlier.write_bytes(type_into(last_year, answers("2101", main_contact_name="Earlier One")))
    ingest(records, [earlier])
    (inbox / "letter.txt").write_text("Dear all,")
    ingest(records, [inbox])
    return records


@pytest.fixture
def records(shared_records: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_records, tmp_path / "records"))


# --- verify -------------------------------------------------------------------------------------------------------


def test_verify_finds_no_fault_after_ingest(records: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in records.rglob("*")}
    result = run("verify", "-o", records)
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
    after = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in records.rglob("*")}
    assert after == before


def test_verify_accepts_a_read_only_folder_with_any_name(records: Path, tmp_path: Path) -> None:
    odd = records.rename(tmp_path / "Records? 50% #1 é")
    for path in (odd / "ledger.sqlite", odd / "returns", odd):
        path.chmod(0o500)
    assert run("verify", "-o", odd).exit_code == 0
    odd.chmod(0o700)


def a_pdf(records: Path) -> Path:
    return min((records / "returns").iterdir())


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a PDF that is gone": (lambda records: a_pdf(records).unlink(), "missing"),
    "a PDF that was changed": (lambda records: a_pdf(records).write_bytes(b"%PDF-1.7"), "changed"),
    "a strange PDF": (lambda records: (records / "returns" / "new.pdf").write_bytes(b"%PDF-1.7"), "not known"),
    "a PDF with another ending": (lambda records: a_pdf(records).rename(a_pdf(records).with_suffix(".bak")), "missing"),
    "what a killed run left": (lambda records: (records / ".schools.csv.abcd1234").touch(), "was cut off"),
    "a table that was changed": (lambda records: (records / "schools.csv").write_text("x"), "schools.csv is not what"),
    "a workbook that was changed": (
        lambda records: (records / "records.xlsx").write_bytes(b"PK"),
        "records.xlsx is not",
    ),
    "a workbook that is gone": (lambda records: (records / "records.xlsx").unlink(), "records.xlsx is missing"),
    "a workbook that was cut off": (lambda records: (records / ".records.xlsx.abcd1234").touch(), "was cut off"),
    "a table that is gone": (lambda records: (records / "contacts.csv").unlink(), "contacts.csv is missing"),
    "a package that was changed": (lambda records: (records / "datapackage.json").write_text("{}"), "datapackage.json"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_verify_reports_each_kind_of_fault(records: Path, fault: str) -> None:
    harm, words = FAULTS[fault]
    harm(records)
    result = run("verify", "-o", records)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 2 if fault == "a PDF with another ending" else 1)
    assert words in result.stderr


def damage(records: Path) -> None:
    ledger = records / "ledger.sqlite"
    data = bytearray(ledger.read_bytes())
    data[4096 * 2 : -4096] = bytes(len(data) - 4096 * 3)
    ledger.write_bytes(data)


def as_version(number: int) -> Callable[[Path], None]:
    def change(records: Path) -> None:
        with sqlite3.connect(records / "ledger.sqlite") as ledger:
            ledger.execute(f"PRAGMA user_version={number}")
        ledger.close()

    return change


def of_another_program(records: Path) -> None:
    (records / "ledger.sqlite").unlink()
    with sqlite3.connect(records / "ledger.sqlite") as ledger:
        ledger.execute("CREATE TABLE bookings (room)")
    ledger.close()


HARMS: dict[str, tuple[Callable[[Path], object], str, int]] = {
    "damaged": (damage, "is damaged: it cannot be read whole. Run thep-forms restore", 1),
    "no database": (lambda records: (records / "ledger.sqlite").write_text("x" * 9999), "not a ledger of this", 1),
    "another program's": (of_another_program, "not a ledger of this", 1),
    "emptied": (lambda records: (records / "ledger.sqlite").write_bytes(b""), "is empty, but other files", 1),
    "newer": (as_version(99), "newer version of this program. Install that one", 2),
    "older": (as_version(1), "older version of this program. Ingest the PDFs", 2),
}


@pytest.mark.parametrize("harm", HARMS)
def test_verify_reports_an_unusable_ledger(records: Path, harm: str) -> None:
    do, words, code = HARMS[harm]
    do(records)
    result = run("verify", "-o", records)
    assert (result.exit_code, result.stderr.count("\n"), words in result.stderr) == (code, 1, True)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("command", ["forget --before 2026-27 --yes", "ingest {inbox}"])
def test_no_command_changes_an_unusable_ledger(records: Path, tmp_path: Path, command: str, harm: str) -> None:
    do, words, _ = HARMS[harm]
    do(records)
    before = (records / "ledger.sqlite").read_bytes()
    (tmp_path / "inbox").mkdir()
    result = run(*command.format(inbox=tmp_path / "inbox").split(), "-o", records)
    assert (result.exit_code, result.stderr.count("\n"), words in result.stderr) == (2, 1, True)
    assert (records / "ledger.sqlite").read_bytes() == before


def test_a_pdf_that_is_missing_comes_back_when_its_form_is_ingested_again(
    shared_records: Path, records: Path, tmp_path: Path
) -> None:
    a_pdf(records).unlink()
    shutil.copytree(shared_records / "returns", tmp_path / "copies")
    assert run("verify", "-o", records).exit_code == 1
    run("ingest", tmp_path / "copies", "-o", records)
    assert run("verify", "-o", records).exit_code == 0


def test_an_unexpected_error_is_one_line_without_typed_text(records: Path) -> None:
    change_ledger(records, """UPDATE result_detail SET record=CAST('{"school": "Own Contact"}' AS BLOB)""")
    result = run("verify", "-o", records)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "The program has a fault: ValidationError" in result.stderr
    assert "Own Contact" not in result.stderr


def test_verify_refuses_a_folder_without_records(tmp_path: Path) -> None:
    result = run("verify", "-o", tmp_path / "none")
    assert (result.exit_code, "holds no records" in result.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", ["status", "mailing-list", "report"])
def test_commands_that_only_read_change_nothing_in_the_records(records: Path, tmp_path: Path, command: str) -> None:
    def everything() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_mode, path.stat().st_mtime_ns) for path in [records, *records.rglob("*")]}

    options = ["-o", tmp_path / "page.html", "--records", records] if command == "report" else ["-o", records]
    schools = [] if command == "mailing-list" else ["--schools", shipped("samples") / "schools.csv"]
    assert run(command, "2026-27", *options, *schools).exit_code == 0  # a list that is new stays in the records
    records.chmod(0o500)
    (records / "ledger.sqlite").chmod(0o400)
    before = everything()
    assert run(command, "2026-27", *options, *schools).exit_code == 0
    assert everything() == before
    records.chmod(0o700)


# --- forget -------------------------------------------------------------------------------------------------------


def traces(records: Path, text: str) -> list[str]:
    """The files of the records that hold the text in any encoding, including ledger and workbook."""
    needles = [text.encode(codec) for codec in ("utf-8", "utf-16-be", "utf-16-le")]
    files = {path.name: path.read_bytes() for path in records.rglob("*") if path.is_file()}
    with zipfile.ZipFile(records / "records.xlsx") as workbook:
        files |= {name: workbook.read(name) for name in workbook.namelist()}
    return [name for name, data in files.items() if any(needle in data for needle in needles)]


def test_forget_removes_a_school_from_every_file(records: Path) -> None:
    assert traces(records, "Own Contact")
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert result.exit_code == 0
    for text in (*OWN.values(), "Former Contact", "Earlier One", "211/2101"):
        assert traces(records, text) == []
    assert {row["dfe_number"] for row in rows(records / "schools.csv")} == {"211/3204", "211/4242"}
    assert len(list((records / "returns").iterdir())) == 2
    assert run("verify", "-o", records).exit_code == 0


def test_forget_before_a_year_keeps_that_year_and_later_years(records: Path) -> None:
    assert run("forget", "-o", records, "--before", "2026-27", "--yes").exit_code == 0
    assert traces(records, "Earlier One") == []
    assert {row["membership_year"] for row in rows(records / "returns.csv")} == {"2026-27", ""}
    assert run("verify", "-o", records).exit_code == 0


def test_forget_with_school_and_year_removes_the_old_years_of_the_school(records: Path) -> None:
    assert run("forget", "-o", records, "--before", "2026-27", "--school", "3204", "--yes").exit_code == 0
    assert traces(records, "Earlier One")
    assert len(rows(records / "returns.csv")) == 6


def test_forget_lists_what_it_would_delete_and_deletes_nothing_unless_confirmed(records: Path) -> None:
    before = {path: path.read_bytes() for path in records.rglob("*") if path.is_file()}
    result = run("forget", "-o", records, "--school", "211/2101", input="n\n")
    assert "This would delete 3 returns and 3 PDFs:\n  Cedar Primary School (211/2101)\n" in result.stderr
    assert "2101 last year.pdf" in result.stderr
    assert "Own Contact" not in result.output
    assert {path: path.read_bytes() for path in records.rglob("*") if path.is_file()} == before


def test_forget_without_a_terminal_deletes_nothing(records: Path) -> None:
    result = run("forget", "-o", records, "--school", "211/2101", input="")
    assert result.exit_code == 2
    assert "This would delete 3 returns" in result.stderr
    assert "In a script, use --yes." in result.stderr
    assert len(rows(records / "returns.csv")) == 6


def test_forget_with_nothing_to_delete_does_not_ask_and_rewrites_the_tables(records: Path) -> None:
    before = (records / "contacts.csv").read_bytes()
    run("forget", "-o", records, "--school", "211/2101", "--yes")
    (records / "contacts.csv").write_bytes(before)  # as a killed run leaves it
    result = run("forget", "-o", records, "--school", "211/2101", input="")
    assert (result.exit_code, "0 returns and 0 PDFs" in result.stderr) == (0, True)
    assert traces(records, "Own Contact") == []


def test_forget_removes_forms_that_need_attention_and_duplicates(
    records: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    wrong = filled("2101", main_contact_email="nobody@@cedar", headteacher_name="Wrong Head")
    for name in ("one", "two"):
        (tmp_path / f"{name}.pdf").write_bytes(wrong)
        ingest(records, [tmp_path / f"{name}.pdf"])
    assert {"needs_attention", "duplicate"} <= {row["verdict"] for row in rows(records / "returns.csv")}
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert "This would delete 4 returns and 4 PDFs" in result.stderr
    assert "one.pdf (came 2 times)" in result.stderr
    assert traces(records, "Wrong Head") == []
    assert {row["source"] for row in rows(records / "returns.csv")}.isdisjoint({"one.pdf", "two.pdf"})


def test_forget_lists_and_keeps_files_whose_school_is_unknown(records: Path) -> None:
    (records / "returns" / f"{'0' * 64}.pdf").write_bytes(b"%PDF-1.7")
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert "Not deleted: 1 file of an unknown school or year. See returns.csv." in result.stderr
    assert (
        "Not deleted: 1 file beside the PDFs that the ledger does not know. Run verify to see which." in result.stderr
    )
    assert "letter" in {Path(row["source"]).stem for row in rows(records / "returns.csv")}


def test_another_form_of_a_forgotten_school_can_be_ingested(
    records: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    (tmp_path / "2101.pdf").write_bytes(filled("2101"))
    run("forget", "-o", records, "--school", "211/2101", "--yes")
    ingest(records, [tmp_path / "2101.pdf"])
    assert "211/2101" in {row["dfe_number"] for row in rows(records / "schools.csv")}


def test_forget_names_other_schools_that_lose_the_same_pdf(tmp_path: Path, form: bytes) -> None:
    records = tmp_path / "records"
    (tmp_path / "both.pdf").write_bytes(joined(*(type_into(form, answers(number)) for number in ("2101", "3204"))))
    ingest(records, [tmp_path / "both.pdf"])
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert "without their PDF" in result.stderr
    assert list((records / "returns").iterdir()) == []
    assert {row["dfe_number"] for row in rows(records / "schools.csv")} == {"211/3204"}
    assert run("verify", "-o", records).exit_code == 0


def test_forget_refuses_an_invalid_school_and_a_missing_school(records: Path) -> None:
    assert run("forget", "-o", records).exit_code == 2
    result = run("forget", "-o", records, "--school", "213/1234", "--yes")
    assert (result.exit_code, "213/1234 is not a DfE number" in result.stderr) == (2, True)
