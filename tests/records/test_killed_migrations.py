"""Migrations that are killed, and old records that nobody may write to: nothing is lost, and nothing is changed."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.support.commands import run
from tests.support.old_records import (
    CONFLICT_LOST,
    STATUS,
    VERSION_7,
    status,
    version_of,
)

OLD, COPY = VERSION_7.folder, VERSION_7.copy_name
KILLS = 25


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "records"))


# Waits for a line, so that a test can kill it before it opens the ledger.
MIGRATE = """
import sys
from pathlib import Path
from thep_forms.records import Ledger
print(flush=True)
sys.stdin.readline()
Ledger(Path(sys.argv[1]))
"""


def test_a_migration_killed_at_any_moment_leaves_the_old_ledger_or_the_new_one(tmp_path: Path) -> None:
    """Kills at three named moments, which any machine reaches, and then at random moments."""
    moments = random.Random(1)
    completed: set[tuple[str, ...]] = set()
    seconds = migration_seconds(Path(shutil.copytree(OLD, tmp_path / "whole")))
    for number in range(KILLS):
        records = Path(shutil.copytree(OLD, tmp_path / f"records {number}"))
        kill_migration(records, number, moments.uniform(0, seconds))
        if number < 3:
            assert has_copy(records) is (number > 0)
        assert_migration_can_be_completed(records, completed)
        shutil.rmtree(records)


def kill_migration(records: Path, number: int, later: float) -> None:
    """Kill it before it starts, when its copy of the ledger appears, when the copy is finished, or `later`."""
    with waiting_migration(records) as process:
        if number == 1:
            go_on(process, lambda: has_copy(records))
        elif number == 2:
            go_on(process, lambda: (records / COPY).exists())
        elif number > 2:
            go_on(process)
            time.sleep(later)
        process.kill()


def has_copy(records: Path) -> bool:
    """Whether the migration has begun or finished its copy of the ledger."""
    return bool(list(records.glob(f".{COPY}.*"))) or (records / COPY).exists()


def assert_migration_can_be_completed(records: Path, completed: set[tuple[str, ...]]) -> None:
    """`completed` are the states in which an ingest has found such records: it completes each once."""
    if (records / COPY).exists():
        assert version_of(records / COPY) == 7
    assert status(records) == rows(STATUS)
    found = state(records)
    if found not in completed:
        completed.add(found)
        (records.parent / "empty").mkdir(exist_ok=True)
        ingest(records, [records.parent / "empty"])
        assert not list(records.rglob(".*"))
        assert run("verify", "-o", records).exit_code == 0


def state(records: Path) -> tuple[str, ...]:
    """All rows of a sound ledger but its random number, and the names of the files, without their random endings."""
    connection = sqlite3.connect(records / "ledger.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    dump = [line for line in connection.iterdump() if "identity" not in line]
    connection.close()
    names = [re.sub(r"^(\..*)\.\w+$", r"\1", path.name) for path in records.rglob("*")]
    return (*dump, *sorted(names))


def waiting_migration(records: Path) -> subprocess.Popen[bytes]:
    """A process that migrates the records as soon as it may `go_on`."""
    command = [sys.executable, "-c", MIGRATE, str(records)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    return process


def go_on(process: subprocess.Popen[bytes], until: Callable[[], bool] = lambda: True) -> None:
    """Start the migration and return when `until` is true, at the latest when the migration ends."""
    assert process.stdin
    process.stdin.write(b"\n")
    process.stdin.flush()
    while not until() and process.poll() is None:
        pass


def migration_seconds(records: Path) -> float:
    with waiting_migration(records) as process:
        start = time.monotonic()
        go_on(process)
        process.wait()
    assert process.returncode == 0
    return time.monotonic() - start


# --- Records that nobody may write to ---------------------------------------------------------------------------------

needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="folders have no modes on Windows")


@pytest.fixture
def read_only(records: Path) -> Iterator[Path]:
    """Records that no user may write to, in a folder that all may enter."""
    everything = [records, *records.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield records
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)


def as_nobody(work: Callable[[], int]) -> int:
    """Do `work` without the superuser's right to write everywhere."""
    child = os.fork()
    if child == 0:
        code = -1  # where work() raises: nothing else of these tests may go on in the child
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_modes
def test_old_records_in_a_read_only_folder_can_be_read_and_are_not_changed(read_only: Path) -> None:
    before = {path: path.read_bytes() for path in read_only.rglob("*") if path.is_file()}
    for path in (read_only, *read_only.parents):
        if os.access(path, os.W_OK) and path != read_only and path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o011)

    def look() -> int:
        return 0 if status(read_only) == rows(STATUS) else 1

    assert as_nobody(look) == 0
    assert {path: path.read_bytes() for path in read_only.rglob("*") if path.is_file()} == before


@needs_modes
def test_commands_that_write_refuse_old_records_in_a_read_only_folder(read_only: Path) -> None:
    for path in read_only.parents:
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o011)

    def write() -> int:
        return run("prefer", CONFLICT_LOST, "-o", read_only).exit_code

    assert as_nobody(write) == 2
    assert version_of(read_only / "ledger.sqlite") == 7
