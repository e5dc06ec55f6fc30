"""Runs that are killed, meet a full disk or meet another run: they lose nothing and leave no half-written file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.conftest import ingest as ingest_folders
from tests.conftest import rows
from tests.remake_samples import SCHOOLS
from tests.support.commands import forked, program, run, run_on_full_disk
from tests.support.printers import by_qpdf
from thep_forms.definition import Definitions
from thep_forms.office.verify import faults

KILLS = 25  # from each seed
DISPOSALS = 12
FORMS = tuple(number for number, *_ in SCHOOLS[:8])


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory, filled: Callable[..., bytes]) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    for number in FORMS:
        (folder / f"{number}.pdf").write_bytes(filled(number))
    (folder / "copy.pdf").write_bytes((folder / "2101.pdf").read_bytes())
    (folder / "printed.pdf").write_bytes(by_qpdf(filled(SCHOOLS[8][0])))
    (folder / "note.txt").write_text("Dear all,")
    return folder


def tables(records: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in sorted(records.iterdir()) if path.suffix in (".csv", ".json", ".xlsx")
    }


def ingest(inbox: Path, records: Path) -> None:
    ingest_folders(records, [inbox])


@pytest.fixture(scope="module")
def undisturbed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The tables of a run that was not killed, and its seconds."""
    records = tmp_path_factory.mktemp("undisturbed") / "records"
    start = time.monotonic()
    ingest(inbox, records)
    return tables(records), time.monotonic() - start


@pytest.fixture(scope="module")
def crowded(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few dozen forms: each form of the inbox in three files, but for the printed form, which takes long to read."""
    folder = tmp_path_factory.mktemp("crowded")
    for path in inbox.iterdir():
        for n in range(1 if path.stem == "printed" else 3):
            (folder / f"{path.stem}-{n}{path.suffix}").write_bytes(path.read_bytes() + b"%" * n)
    return folder


@pytest.fixture(scope="module")
def undisturbed_crowd(
    crowded: Path, undisturbed: tuple[dict[str, bytes], float], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], float]:
    """The tables of a run over the crowded folder that was not killed, and its seconds. All is loaded by then."""
    assert undisturbed[0]
    records = tmp_path_factory.mktemp("undisturbed") / "records"
    start = time.monotonic()
    with forked("ingest", crowded, "-o", records) as process:
        process.join()
    return tables(records), time.monotonic() - start


def wait_for_work(process: BaseProcess, is_under_way: Callable[[], bool]) -> None:
    while process.is_alive() and not is_under_way():
        time.sleep(0.0002)  # what is looked for may be over in a millisecond


def seconds_at_work(command: list[str], is_under_way: Callable[[], bool]) -> float:
    """How long the program works, if nobody kills it."""
    with forked(*command) as process:
        wait_for_work(process, is_under_way)
        start = time.monotonic()
        process.join()
    return time.monotonic() - start


def run_killed(command: list[str], is_under_way: Callable[[], bool], seconds: float) -> bool:
    """Kill the program some seconds after it has started its work. Returns whether that cut it off."""
    with forked(*command) as process:
        wait_for_work(process, is_under_way)
        process.join(seconds)
        process.kill()
        process.join()
        return process.exitcode == -signal.SIGKILL


def changed(folder: Path) -> Callable[[], bool]:
    """A check whether anything in the folder has changed since this call."""

    def state() -> set[tuple[str, int]]:
        seen = set()
        for path in (folder, *folder.glob("*")):
            with suppress(FileNotFoundError):
                seen.add((path.name, path.stat().st_mtime_ns))
        return seen

    before = state()
    return lambda: state() != before


@pytest.mark.parametrize("seed", range(4))
def test_a_run_killed_at_any_moment_is_completed_by_the_next_run(
    crowded: Path, undisturbed_crowd: tuple[dict[str, bytes], float], tmp_path: Path, seed: int
) -> None:
    expected, seconds = undisturbed_crowd
    moments = random.Random(seed)
    records, killed, halfway = tmp_path / "records", 0, 0
    while killed < KILLS:
        command = ["ingest", str(crowded), "-o", str(records)]
        cut_off = run_killed(command, changed(records), moments.uniform(0, seconds))
        killed += cut_off
        halfway += cut_off and tables(records) != expected
        if not cut_off or moments.random() < 0.3 or killed == KILLS:
            ingest(crowded, records)
            assert tables(records) == expected
            assert not list(records.rglob(".*"))
            assert not (records / "ledger.sqlite-journal").exists()
            assert list(faults(records, Definitions.of_today())) == []
            assert {path.stat().st_mode & 0o077 for path in [records, *records.rglob("*")]} == {0}
            shutil.rmtree(records)
    assert halfway > KILLS / 2


def touched(folder: Path) -> Callable[[], bool]:
    """A check whether the folder has gained or lost a file since this call."""
    before = folder.stat().st_mtime_ns
    return lambda: folder.stat().st_mtime_ns != before


def test_a_forget_command_killed_at_any_moment_is_finished_by_the_next(
    crowded: Path, tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    whole, records = tmp_path / "whole", tmp_path / "records"
    duplicates = tmp_path / "more"
    duplicates.mkdir()
    for n in range(120):
        (duplicates / f"{n}.pdf").write_bytes(filled("4242", headteacher_name="Former Head") + b"%" * n)
    ingest_folders(whole, [crowded, duplicates])
    command = ["forget", "-o", str(records), "--school", "4242", "--yes"]
    moments = random.Random(1)
    killed = 0
    while killed < DISPOSALS:
        shutil.copytree(whole, records)
        moment = moments.uniform(0, 0.15) if killed % 2 else 0  # as soon as a PDF has gone, or later
        killed += run_killed(command, touched(records / "returns"), moment)
        assert run(*command).exit_code == 0
        for path in records.rglob("*"):
            assert not path.is_file() or b"Former Head" not in path.read_bytes(), path
        assert list(faults(records, Definitions.of_today())) == []
        shutil.rmtree(records)


def test_forgotten_data_is_in_no_journal_of_a_killed_run(inbox: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    ingest(inbox, records)
    script = (
        "import os, sys; from pathlib import Path; from thep_forms.records import Ledger\n"
        "with Ledger(Path(sys.argv[1])) as ledger:\n"
        "    with ledger.transaction():\n        ledger.forget([entry.return_id for entry in ledger.entries()], [])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    name = rows(records / "contacts.csv")[0]["name"].encode()
    assert name in (records / "ledger.sqlite").read_bytes()
    subprocess.run([sys.executable, "-c", script, str(records)])
    assert not any(name in path.read_bytes() for path in records.glob("ledger.sqlite*"))


def test_only_leftovers_of_a_killed_run_are_deleted(inbox: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    ingest(inbox, records)
    (records / ".schools.csv.abcd1234").write_text("half")
    (records / "returns" / f".{'0' * 64}.pdf.abcd1234").write_text("half")
    (records / ".notes").write_text("the office's own")
    (records / ".My notes.pdf.20260504").write_text("the office's own, too")
    ingest(inbox, records)
    assert sorted(path.name for path in records.rglob(".*")) == [".My notes.pdf.20260504", ".notes"]


@pytest.mark.parametrize("kilobytes", [0, 8, 40, 100, 150])
def test_a_full_disk_is_reported_in_one_line_and_the_next_run_completes_the_work(
    inbox: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], kilobytes: int
) -> None:
    records = tmp_path / "records"
    result = run_on_full_disk(kilobytes, "ingest", inbox, "-o", records)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "Make room and try again" in line
    assert not [path for path in records.rglob(".*") if path.is_file()]
    ingest(inbox, records)
    assert tables(records) == undisturbed[0]


@pytest.fixture
def busy(inbox: Path, tmp_path: Path) -> Iterator[Path]:
    """Records that another process holds open while the test runs."""
    records = tmp_path / "records"
    script = (
        "import sys, time; from pathlib import Path; from thep_forms.records import Ledger\n"
        "with Ledger(Path(sys.argv[1])):\n    print(flush=True); time.sleep(60)\n"
    )
    ingest(inbox, records)
    with subprocess.Popen([sys.executable, "-c", script, str(records)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield records
        process.kill()


def test_a_second_run_on_the_same_records_is_refused_in_one_line(
    inbox: Path, busy: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    commands = (["ingest", str(inbox)], ["verify"], ["forget", "--school", "2101", "--yes"])
    second = [
        subprocess.Popen(program(*command, "-o", busy), stderr=subprocess.PIPE, text=True) for command in commands
    ]
    for process in second:
        errors = process.communicate()[1]
        assert process.returncode == 2
        assert errors.splitlines() == [
            "Error: Another run is at work on these records. Wait until it has ended, and try again."
        ]
    assert tables(busy) == undisturbed[0]


def test_two_runs_at_once_lose_nothing(
    inbox: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    records = tmp_path / "records"
    command = program("ingest", inbox, "-o", records)
    runs = [subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) for _ in range(3)]
    assert {run.wait() for run in runs} <= {1, 2}
    assert len(rows(records / "returns.csv")) == len(list(inbox.iterdir()))
    assert tables(records) == undisturbed[0]
