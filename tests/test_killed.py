"""Runs that are killed, that find the disk full, or that meet another run: nothing is lost, nothing half-written."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import rows
from tests.printers import by_qpdf
from tests.remake_samples import SCHOOLS
from thep_forms.ingest import Ingester

KILLS = 100
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
    return {path.name: path.read_bytes() for path in sorted(records.iterdir()) if path.suffix in (".csv", ".json")}


def ingest(inbox: Path, records: Path) -> None:
    Ingester(records).ingest([inbox])


@pytest.fixture(scope="module")
def undisturbed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The tables of a run that nobody killed, and the seconds that it took."""
    records = tmp_path_factory.mktemp("undisturbed") / "records"
    start = time.monotonic()
    ingest(inbox, records)
    return tables(records), time.monotonic() - start


@pytest.mark.skipif(sys.platform != "linux", reason="the runs are forks of this process")
def test_a_run_killed_at_any_moment_leaves_what_the_next_run_completes(
    inbox: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    expected, seconds = undisturbed
    moments = random.Random(1)  # noqa: S311 - moments, not secrets
    records, killed = tmp_path / "records", 0
    fork = multiprocessing.get_context("fork")
    while killed < KILLS:
        run = fork.Process(target=ingest, args=(inbox, records))
        run.start()
        time.sleep(moments.uniform(0, seconds))
        run.kill()
        run.join()
        killed += run.exitcode != 0
        if run.exitcode == 0 or moments.random() < 0.3:
            ingest(inbox, records)
            assert tables(records) == expected
            assert not list(records.rglob(".*"))
            assert {path.stat().st_mode & 0o077 for path in [records, *records.rglob("*")]} == {0}
            shutil.rmtree(records)


def test_leftovers_of_a_killed_run_are_cleared_away_and_nothing_else(inbox: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    ingest(inbox, records)
    (records / ".schools.csv.abcd1234").write_text("half")
    (records / "returns" / f".{'0' * 64}.pdf.abcd1234").write_text("half")
    (records / ".notes").write_text("the office's own")
    ingest(inbox, records)
    assert [path.name for path in records.rglob(".*")] == [".notes"]


@pytest.mark.parametrize("kilobytes", [0, 8, 40, 100, 150])
def test_a_full_disk_is_told_of_in_a_line_and_the_next_run_completes(
    inbox: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], float], kilobytes: int
) -> None:
    """A limit of the size of files fails writes as a full disk does."""
    records = tmp_path / "records"
    command = [sys.executable, "-m", "thep_forms", "ingest", str(inbox), "-o", str(records)]

    def with_a_full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    result = subprocess.run(command, preexec_fn=with_a_full_disk, capture_output=True, text=True)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
    assert not [path for path in records.rglob(".*") if path.is_file()]
    ingest(inbox, records)
    assert tables(records) == undisturbed[0]


@pytest.fixture
def busy(inbox: Path, tmp_path: Path) -> Iterator[Path]:
    """Records at which another process is at work, for as long as the test runs."""
    records = tmp_path / "records"
    script = (
        "import sys, time; from pathlib import Path; from thep_forms.keep import Ledger\n"
        "with Ledger(Path(sys.argv[1])):\n    print(flush=True); time.sleep(60)\n"
    )
    ingest(inbox, records)
    with subprocess.Popen([sys.executable, "-c", script, str(records)], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        yield records
        other.kill()


def test_a_second_run_on_the_same_records_is_refused_in_a_line(
    inbox: Path, busy: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    command = [sys.executable, "-m", "thep_forms", "ingest", str(inbox), "-o", str(busy)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "Error: Another run is at work on these records. Wait until it has ended, and run again."
    ]
    assert tables(busy) == undisturbed[0]


def test_two_runs_at_once_lose_nothing(
    inbox: Path, tmp_path: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    records = tmp_path / "records"
    command = [sys.executable, "-m", "thep_forms", "ingest", str(inbox), "-o", str(records)]
    runs = [subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) for _ in range(3)]
    assert {run.wait() for run in runs} <= {1, 2}
    assert len(rows(records / "returns.csv")) == len(list(inbox.iterdir()))
    assert tables(records) == undisturbed[0]
