"""A command that decides and is killed, meets a full disk or another run: it decided all of it, or nothing."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.records.test_killed import changed, run_killed, seconds_at_work
from tests.support.commands import program, run, run_on_full_disk
from tests.support.deciding import return_id
from thep_forms.definition import Definitions
from thep_forms.office.verify import faults
from thep_forms.records import Ledger

Filled = Callable[..., bytes]
KILLS = 12
WHY = ("--why", "rang")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, filled: Filled) -> Path:
    """Records of a form with two errors."""
    folder = tmp_path_factory.mktemp("decided")
    pdf = filled(main_contact_email="jo@cedar", chair_of_governors_name="")
    ingest(folder / "records", [inbox(folder / "in", cedar=pdf, ivy=filled("4242"))])
    return folder / "records"


def commands(records: Path) -> dict[str, list[str]]:
    answers = ["main_contact_email=jo@cedar.example", "chair_of_governors_name=Ann Lee"]
    where = ["-o", str(records), *WHY]
    return {
        "correct": ["correct", return_id(records, "cedar"), *answers, *where],
        "enter": ["enter", "4242", "2027-28", "--unchanged", *where],
        "close": ["close", return_id(records, "cedar"), *where],
    }


def require_all_or_nothing(records: Path, empty: Path, decided: int) -> None:
    """After the next run there is no fault, and the command has decided all that it would, or nothing."""
    assert run("ingest", empty, "-o", records).exit_code in (0, 1)
    assert list(faults(records, Definitions.of_today(), deep=False)) == []
    assert len(rows(records / "decisions.csv")) in (0, decided)


@pytest.mark.parametrize(("command", "decided"), [("correct", 2), ("enter", 1), ("close", 1)])
def test_a_command_that_is_killed_at_any_moment_decided_all_or_nothing(
    made: Path, tmp_path: Path, command: str, decided: int
) -> None:
    chance = random.Random(command)
    (tmp_path / "empty").mkdir()
    records = Path(shutil.copytree(made, tmp_path / "undisturbed"))
    seconds = seconds_at_work(commands(records)[command], changed(records))
    cut_off = 0
    while cut_off < KILLS:
        records = Path(shutil.copytree(made, tmp_path / "records"))
        cut_off += run_killed(commands(records)[command], changed(records), chance.uniform(0, seconds))
        require_all_or_nothing(records, tmp_path / "empty", decided)
        shutil.rmtree(records)


@pytest.mark.parametrize("kilobytes", [90, 110, 140, 200])
def test_a_command_on_a_full_disk_says_so_and_decided_all_or_nothing(
    made: Path, tmp_path: Path, kilobytes: int
) -> None:
    records = Path(shutil.copytree(made, tmp_path / "records"))
    (tmp_path / "empty").mkdir()

    done = run_on_full_disk(kilobytes, *commands(records)["correct"])
    assert done.returncode == 0 or "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 or done.returncode == 0, done.stderr
    require_all_or_nothing(records, tmp_path / "empty", 2)


def test_a_command_waits_for_no_other_run_but_says_that_there_is_one(made: Path, tmp_path: Path) -> None:
    records = Path(shutil.copytree(made, tmp_path / "records"))
    with Ledger.existing(records):
        done = subprocess.run(program(*commands(records)["correct"]), capture_output=True, text=True, check=False)
    assert (done.returncode, "Another run is at work on these records." in done.stderr) == (2, True)
    assert rows(records / "decisions.csv") == []
