"""Ctrl-C at any moment ends a command as it says, and never passes for damage."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from tests.conftest import ingest
from tests.sources.test_limits import endless_pdf
from tests.support.commands import interruptible, run
from thep_forms.definition import Definitions
from thep_forms.records import Ledger, open_for_writing
from thep_forms.records.checksums import row_checksum
from thep_forms.records.names import LAST_COPY
from thep_forms.records.restoring import restore_ledger

Filled = Callable[..., bytes]


@contextmanager
def pressed_in_checksum(number: int) -> Iterator[None]:
    """Press Ctrl-C while SQLite has that checksum made, where Python runs inside of a statement."""
    calls = 0

    def press(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event == "call" and frame.f_code is row_checksum.__code__:
            calls += 1
            if calls == number:
                signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.setprofile(press)
    try:
        yield
    finally:
        sys.setprofile(None)
        signal.signal(signal.SIGINT, before)
    assert calls >= number


@pytest.fixture
def records(tmp_path: Path, filled: Filled) -> Path:
    (tmp_path / "inbox").mkdir()
    for number in ("2101", "4242"):
        (tmp_path / "inbox" / f"{number}.pdf").write_bytes(filled(number))
    ingest(tmp_path / "records", [tmp_path / "inbox"])
    (tmp_path / "empty").mkdir()
    return tmp_path / "records"


def note_and_press(ledger: Ledger) -> None:
    with pressed_in_checksum(1), pytest.raises(KeyboardInterrupt), ledger.transaction():
        ledger.note_written("noted", "0", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_a_run_that_is_stopped_says_what_to_do_and_the_next_run_reads_the_rest(tmp_path: Path, filled: Filled) -> None:
    inbox, records = tmp_path / "inbox", tmp_path / "records"
    inbox.mkdir()
    (inbox / "a.pdf").write_bytes(filled())
    (inbox / "b.pdf").write_bytes(endless_pdf(1))
    with subprocess.Popen(
        interruptible("ingest", inbox, "-o", records, "--timeout", 300), stderr=subprocess.PIPE, text=True
    ) as command:
        deadline = time.monotonic() + 60
        while not list(records.glob("returns/*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=60)
    assert (errors, command.returncode) == ("Stopped. Nothing is lost: run ingest again to read the rest.\n", 130)
    (inbox / "b.pdf").unlink()
    assert ingest(records, [inbox]).all_accepted


@pytest.mark.parametrize("number", [1, 5])
def test_ctrl_c_while_the_ledger_is_checked_is_no_damage(records: Path, number: int) -> None:
    opening = open_for_writing(records, Definitions.of_today())
    with pressed_in_checksum(number), pytest.raises(KeyboardInterrupt), opening:
        pass
    assert run("verify", "-o", records).exit_code == 0


def test_ctrl_c_while_a_row_is_written_leaves_the_ledger_as_it_was(records: Path) -> None:
    with open_for_writing(records, Definitions.of_today()) as ledger:
        note_and_press(ledger)
    assert run("verify", "-o", records).exit_code == 0
    with open_for_writing(records, Definitions.of_today()) as ledger:
        assert ledger.written("noted") is None


@pytest.mark.parametrize("number", [1, 8, 20])
def test_ctrl_c_while_the_ledger_is_restored_loses_no_row(records: Path, number: int) -> None:
    before = (records / "returns.csv").read_bytes()
    (records / LAST_COPY).unlink()
    with pressed_in_checksum(number), pytest.raises(KeyboardInterrupt):
        restore_ledger(records)
    ingest(records, [records.parent / "empty"])
    assert (records / "returns.csv").read_bytes() == before
    assert run("verify", "-o", records).exit_code == 0
