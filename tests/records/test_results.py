"""Stored results are renewed when the readings, decisions or templates behind them change."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import change_ledger, edit, record_files, rows
from tests.support.commands import run
from thep_forms.definition import Definitions, shipped
from thep_forms.records import bring_up_to_date, is_current


@pytest.fixture(scope="module")
def samples(sample_records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of the samples. No PDF is left that could be read again."""
    records = Path(shutil.copytree(sample_records, tmp_path_factory.mktemp("made") / "records"))
    for path in (records / "returns").iterdir():
        path.write_bytes(b"%PDF-")
    return records


@pytest.fixture
def made(samples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(samples, tmp_path / "records"))


def stricter(folder: Path) -> Path:
    """Templates in which a missing headteacher is an error."""
    shutil.copytree(shipped("templates"), folder)
    severity = "[headteacher_missing]\nseverity = "
    edit(folder / "problems.toml", f'{severity}"query"', f'{severity}"error"')
    return folder


def details(records: Path) -> dict[str, tuple[bytes, ...]]:
    ledger = sqlite3.connect(records / "ledger.sqlite")
    rows = ledger.execute("SELECT * FROM result NATURAL LEFT JOIN result_detail ORDER BY return_id").fetchall()
    ledger.close()
    return {row[0]: row[1:] for row in rows}


def test_a_stored_reading_is_checked_to_the_same_result_as_a_fresh_one(made: Path) -> None:
    fresh, tables = details(made), record_files(made)
    change_ledger(
        made,
        "UPDATE result SET made_from='another version', dfe_number='', problem_codes='', content=x''",
        "UPDATE result_detail SET record='{}', problems='[]', answers='[]'",
    )
    assert details(made) != fresh
    bring_up_to_date(made, Definitions.of_today())
    assert details(made) == fresh
    assert record_files(made) == tables


@pytest.mark.parametrize("command", ["status", "mailing-list", "report", "ingest", "prefer", "forget", "email"])
def test_changed_templates_make_every_command_check_the_readings_again(
    made: Path, tmp_path: Path, command: str
) -> None:
    before = {row["source"]: row["verdict"] for row in rows(made / "returns.csv")}
    (tmp_path / "empty").mkdir()
    accepted = next(row["return_id"] for row in rows(made / "schools.csv") if row["dfe_number"] == "211/4242")
    schools = ["--schools", str(shipped("samples") / "schools.csv")]
    arguments = {
        "status": ["2026-27", "-o", str(made), *schools],
        "mailing-list": ["2026-27", "-o", str(made)],
        "report": ["2026-27", "-o", str(tmp_path / "page.html"), "--records", str(made), *schools],
        "ingest": [str(tmp_path / "empty"), "-o", str(made)],
        "prefer": [accepted, "-o", str(made)],
        "forget": ["--before", "2001", "--yes", "-o", str(made)],
        "email": ["2026-27", "-o", str(made), *schools, "--drafts", str(tmp_path / "drafts")],
    }
    templates = stricter(tmp_path / "templates")
    result = run(command, *arguments[command], "--templates", templates)
    assert result.exit_code in (0, 1), result.stderr
    after = {row["source"]: row["verdict"] for row in rows(made / "returns.csv")}
    changed = {Path(source).stem for source in before if before[source] != after[source]}
    assert changed == {"Linden"}
    assert {row["code"] for row in rows(made / "problems.csv") if "Linden" in row["source"]} >= {"headteacher_missing"}


def test_verify_reports_records_that_were_made_with_other_templates_and_changes_nothing(
    made: Path, tmp_path: Path
) -> None:
    before = record_files(made)
    result = run("verify", "-o", made, "--templates", stricter(tmp_path / "templates"))
    assert result.exit_code == 1
    assert "with other templates. Run ingest again" in result.stderr
    assert record_files(made) == before


def test_changed_letters_do_not_make_a_result_outdated(made: Path, tmp_path: Path) -> None:
    templates = Path(shutil.copytree(shipped("templates"), tmp_path / "templates"))
    first = Definitions.of_today(templates)
    bring_up_to_date(made, first)
    (templates / "reminder.j2").write_text("Please.", encoding="utf-8")
    assert is_current(made, first)
    (templates / "gias.toml").write_text("# changed\n" + (templates / "gias.toml").read_text(), encoding="utf-8")
    assert not is_current(made, first)
