"""The copy of the ledger: of a large one, a run writes the blocks that changed, and may be cut off at any moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.opening import filled
from tests.conftest import rows
from tests.support.commands import run
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.records import last_copy
from thep_forms.records.names import COPY_CHANGES, LAST_COPY, LEDGER
from thep_forms.records.opening import bring_up_to_date
from thep_forms.records.raw_bytes import BLOCK

RETURNS = 800  # of which the ledger has some 90 blocks


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = tmp_path_factory.mktemp("many") / "records"
    definitions = Definitions(None, MembershipYear(2026))
    filled(records, 0, RETURNS, definitions)
    bring_up_to_date(records, definitions)
    return records


@pytest.fixture
def many(made: Path, tmp_path: Path) -> Path:
    """Records of many returns, as a run left them."""
    return Path(shutil.copytree(made, tmp_path / "records"))


def correct(records: Path) -> None:
    first = next(row["return_id"] for row in rows(records / "returns.csv") if row["verdict"] == "accepted")
    assert run("correct", first, "main_contact_name=Ann Lee", "-o", records, "--why", "rang").exit_code == 0


def is_whole(records: Path) -> bool:
    """Whether the copy is the ledger, byte for byte, and nothing is left to be written to it."""
    same = (records / LAST_COPY).read_bytes() == (records / LEDGER).read_bytes()
    return same and not (records / COPY_CHANGES).exists()


def cut_off(records: Path, monkeypatch: pytest.MonkeyPatch) -> dict[int, bytes]:
    """Correct an answer, and stop before the copy is changed. Gives the blocks of the ledger that it lacks."""
    with monkeypatch.context() as patch:
        patch.setattr(last_copy, "complete", lambda _: None)
        correct(records)
    ledger, copy = (records / LEDGER).read_bytes(), (records / LAST_COPY).read_bytes()
    starts = range(0, len(ledger), BLOCK)
    return {start: ledger[start : start + BLOCK] for start in starts if ledger[start:][:BLOCK] != copy[start:][:BLOCK]}


def test_a_decision_about_one_of_many_returns_is_written_to_the_copy_that_is_there(many: Path) -> None:
    before = (many / LAST_COPY).stat().st_ino
    correct(many)
    assert is_whole(many)
    assert (many / LAST_COPY).stat().st_ino == before


def test_a_copy_of_which_most_differs_is_written_whole(many: Path) -> None:
    (many / LAST_COPY).write_bytes(bytes((many / LEDGER).stat().st_size))
    before = (many / LAST_COPY).stat().st_ino
    correct(many)
    assert is_whole(many)
    assert (many / LAST_COPY).stat().st_ino != before


def test_a_copy_that_was_damaged_is_mended_by_the_next_run_that_writes(many: Path) -> None:
    with (many / LAST_COPY).open("r+b") as copy:
        copy.seek(5 * BLOCK + 100)
        copy.write(b"damage")
    correct(many)
    assert is_whole(many)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_a_run_that_was_cut_off_while_it_wrote_to_the_copy_leaves_what_restore_needs(
    many: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    before = len(rows(many / "returns.csv"))
    lacking = cut_off(many, monkeypatch)
    with (many / LAST_COPY).open("r+b") as copy:
        for start in list(lacking)[: round(share * len(lacking))]:
            copy.seek(start)
            copy.write(lacking[start][: BLOCK // 2])
    with (many / LEDGER).open("r+b") as ledger:
        ledger.write(bytes(3 * BLOCK))
    assert run("restore", "-o", many).exit_code in (0, 1)
    assert [row["after"] for row in rows(many / "decisions.csv")] == ["Ann Lee"]
    assert len(rows(many / "returns.csv")) == before
    assert run("verify", "-o", many).exit_code == 0
    assert is_whole(many)


def test_a_run_that_was_cut_off_while_it_wrote_to_the_copy_is_finished_by_the_next(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cut_off(many, monkeypatch)
    (many.parent / "empty").mkdir()
    assert run("ingest", many.parent / "empty", "-o", many).exit_code in (0, 1)
    assert is_whole(many)
    assert run("verify", "-o", many).exit_code == 0
