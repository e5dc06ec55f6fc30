"""Records of an earlier version: they open, lose nothing, and end equal to new records of the same files."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import ingest, prefer, record_files, rows
from tests.support.commands import run
from tests.support.deciding import return_id
from tests.support.old_records import (
    COMMANDS,
    CONFLICT_LOST,
    CONFLICT_WON,
    REGISTER,
    STATUS,
    TABLES,
    VERSION_7,
    VERSION_8,
    VERSION_9,
    VERSION_10,
    OldRecords,
    listed,
    require_migration,
    status,
    version_of,
)
from thep_forms.deciding import Action
from thep_forms.definition import Definitions
from thep_forms.records import Records, SentState, open_for_reading
from thep_forms.records.migrations import MIGRATIONS, VERSION

OLD, COPY = VERSION_7.folder, VERSION_7.copy_name

BY_ARRIVAL = {"return_conflict", "year_earlier"}  # problems that depend on how and when returns came


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "records"))


def run_command(name: str, records: Path) -> Result:
    (records.parent / "empty").mkdir(exist_ok=True)
    words = {"records": records, "register": REGISTER, "folder": records.parent}
    return run(*(word.format_map(words) for word in COMMANDS[name]))


def test_migrations_are_numbered_without_a_gap() -> None:
    assert sorted(MIGRATIONS) == list(range(8, VERSION + 1))


# --- Nothing is lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_any_command_migrates_records_of_version_7_and_keeps_a_copy(records: Path, command: str) -> None:
    result = run_command(command, records)
    assert result.exit_code in (0, 1), result.stderr
    assert version_of(records / "ledger.sqlite") == VERSION
    result = run("verify", "-o", records)
    assert (result.exit_code, "There are no faults" in result.stderr) == (0, True), result.stderr
    if command != "forget":
        assert version_of(records / COPY) == 7
        assert (records / COPY).stat().st_mode & 0o077 == 0


def test_status_of_migrated_records_says_the_same(records: Path) -> None:
    assert status(records) == rows(STATUS)


def test_verdicts_dates_and_problems_of_migrated_records_are_the_same(records: Path) -> None:
    run_command("status", records)
    for name in ("returns.csv", "problems.csv", "values.csv", "contacts.csv", "schools.csv"):
        before, after = rows(OLD / name), rows(records / name)
        shared = before[0].keys()
        assert sorted([tuple(row[column] for column in shared) for row in after]) == sorted(
            [tuple(row.values()) for row in before]
        )


def test_messages_register_and_preference_of_migrated_records_survive(records: Path) -> None:
    definitions = Definitions.of_today()
    with open_for_reading(records, definitions) as ledger:
        sent = ledger.sent()
        assert [(message.dfe_number, message.state, message.at.day) for message in sent] == [
            ("211/2101", SentState.SENT, 14),
            ("211/2102", SentState.DRAFTED, 14),
            ("211/2102", SentState.SENT, 28),
            ("211/2103", SentState.SENT, 14),
            ("211/4243", SentState.SENDING, 14),
        ]
        assert sent[0].message_id == "<2101.14@thepartnership.example>"
        assert ledger.registers().by_year == {"2026-27": {row["dfe_number"]: row["school_name"] for row in listed()}}
        school = ledger.listed_school("2026-27", "211/4242")
        assert school
        assert (school.record.contacts[0].parts["name"], school.record.complete) == ("Ada Byron", False)
        (decision,) = Records(ledger, definitions).decisions()
        assert (decision.action, decision.return_id, decision.before) == (Action.PREFER, CONFLICT_WON, CONFLICT_LOST)
        assert (decision.school_name, decision.year, decision.at, decision.who) == (
            "Ivy Lane School",
            "2026-27",
            "",
            "",
        )


def test_a_preference_of_version_7_is_replaced_by_a_new_preference(records: Path) -> None:
    prefer(records, CONFLICT_LOST)
    verdict_by_return = {
        row["return_id"]: row["verdict"] for row in rows(records / "returns.csv") if row["verdict"] != "duplicate"
    }
    assert (verdict_by_return[CONFLICT_LOST], verdict_by_return[CONFLICT_WON]) == ("accepted", "superseded")


# --- Readings, which version 7 did not keep -------------------------------------------------------------------------


def settled(records: Path) -> dict[str, object]:
    """What reading a PDF once more leaves as it is. This version words some problems in another way than version 7."""
    files: dict[str, object] = {
        name: content for name, content in record_files(records).items() if name.endswith(".csv")
    }
    codes = [(row["return_id"], row["field"], row["code"], row["severity"]) for row in rows(records / "problems.csv")]
    return files | {"problems.csv": codes}


def test_the_next_ingest_reads_every_archived_pdf_once_more(records: Path, tmp_path: Path) -> None:
    run_command("status", records)
    (tmp_path / "empty").mkdir(exist_ok=True)
    for files_without_reading in (13, 0):
        with open_for_reading(records, Definitions.of_today()) as ledger:
            archived = set(ledger.files().values())
            assert len(ledger.files_without_reading()) == (len(archived) if files_without_reading else 0)
        before = settled(records)
        assert ingest(records, [tmp_path / "empty"]).new == 0
        assert settled(records) == before


def test_a_pdf_that_the_archive_lacks_keeps_what_version_7_read_until_it_comes_again(
    records: Path, tmp_path: Path
) -> None:
    gone = records / "returns" / next(path.name for path in OLD.glob(f"returns/{CONFLICT_WON}*"))
    shutil.move(gone, tmp_path / gone.name)
    (tmp_path / "empty").mkdir()
    before = rows(OLD / "values.csv")
    ingest(records, [tmp_path / "empty"])
    after = {(row["return_id"], row["field"]): row["value"] for row in rows(records / "values.csv")}
    assert after == {(row["return_id"], row["field"]): row["value"] for row in before}
    assert made_from(records)[CONFLICT_WON] == "version 7"
    ingest(records, [tmp_path / gone.name])
    assert made_from(records)[CONFLICT_WON] != "version 7"
    assert {row["verdict"] for row in rows(records / "returns.csv") if row["return_id"] == CONFLICT_WON} == {
        "accepted",
        "duplicate",
    }


def test_an_archived_pdf_that_is_damaged_does_not_replace_the_answers_of_version_7(
    records: Path, tmp_path: Path
) -> None:
    damaged = next(records.glob(f"returns/{CONFLICT_WON}*"))
    damaged.write_bytes(damaged.read_bytes()[:5000])
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"])
    assert made_from(records)[CONFLICT_WON] == "version 7"
    assert "211/4242" in {row["dfe_number"] for row in rows(records / "schools.csv")}


def made_from(records: Path) -> dict[str, str]:
    connection = sqlite3.connect(records / "ledger.sqlite")
    made_from_by_return = dict(connection.execute("SELECT return_id, made_from FROM result"))
    connection.close()
    return made_from_by_return


def test_migrated_records_equal_new_records_of_the_same_files(records: Path, tmp_path: Path) -> None:
    """The archive has every PDF as it came. Only the ledger has the arrivals and the files that are not PDFs."""
    (tmp_path / "empty").mkdir()
    ingest(records, [tmp_path / "empty"])
    anew = tmp_path / "anew"
    ingest(anew, [records / "returns"], register=REGISTER)
    kept = {path.stem[:16] for path in (records / "returns").iterdir()}
    for name in ("values.csv", "problems.csv", "returns.csv"):
        before = comparable(records / name, kept)
        assert comparable(anew / name, kept) == before
        assert before
    assert rows(anew / "schools.csv")[0].keys() == rows(records / "schools.csv")[0].keys()


def comparable(table: Path, kept: set[str]) -> list[dict[str, str]]:
    """The rows of archived PDFs, without their arrivals and the values that depend on arrivals."""
    comparable_rows = []
    for row in rows(table):
        if row["return_id"][:16] in kept and row.get("verdict") != "duplicate":
            row = {name: value for name, value in row.items() if name not in ("source", "received_at", "verdict")}
            codes = set(row.get("problems", "").split(";")) - BY_ARRIVAL
            row["problems"] = ";".join(sorted(codes))
            if row.get("code") not in BY_ARRIVAL:
                comparable_rows.append(row)
    return sorted(comparable_rows, key=lambda row: tuple(row.values()))


# --- Versions that kept readings -------------------------------------------------------------------------------------


def of_versions(*versions: OldRecords) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("old", versions, ids=lambda old: f"version {old.version}")


@pytest.mark.parametrize("command", COMMANDS)
@of_versions(VERSION_8, VERSION_9, VERSION_10)
def test_any_command_migrates_records_of_a_version_and_keeps_a_copy(
    tmp_path: Path, old: OldRecords, command: str
) -> None:
    records = old.copied_into(tmp_path)
    require_migration(command, records, old.preferred)
    if command != "forget":
        assert version_of(records / old.copy_name) == old.version


@of_versions(VERSION_8, VERSION_9, VERSION_10)
def test_tables_of_migrated_records_have_the_same_rows(tmp_path: Path, old: OldRecords) -> None:
    records = old.copied_into(tmp_path)
    assert run("status", "2026-27", "-o", records).exit_code == 0
    for name in TABLES:
        assert rows(records / f"{name}.csv") == rows(old.folder / f"{name}.csv"), name


@of_versions(VERSION_9, VERSION_10)
def test_a_damaged_ledger_of_a_version_is_restored_from_its_copy(tmp_path: Path, old: OldRecords) -> None:
    records = old.copied_into(tmp_path)
    shutil.copyfile(records / "ledger.sqlite", records / "ledger-copy.sqlite")
    (records / "ledger.sqlite").write_bytes(b"")
    result = run("restore", "-o", records)
    assert result.exit_code in (0, 1), result.stderr
    assert version_of(records / "ledger.sqlite") == VERSION
    assert return_id(records, "ivy-two") == old.preferred


def test_forget_removes_the_copy_of_the_earlier_ledger(records: Path) -> None:
    run_command("status", records)
    assert b"211/4242" in (records / COPY).read_bytes()
    result = run("forget", "-o", records, "--school", "211/4242", "--yes")
    assert "1 ledger that an earlier version of the program wrote" in result.stderr
    assert not [path for path in records.rglob("*") if path.is_file() and b"Grace Hopper" in path.read_bytes()]
    assert rows(records / "decisions.csv") == []
    assert run("verify", "-o", records).exit_code == 0
