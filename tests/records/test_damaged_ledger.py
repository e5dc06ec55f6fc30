"""A ledger that was damaged, emptied, lost or changed by hand: nothing is built on it, and it comes back."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.conftest import ingest, rows
from tests.conftest import record_files as tables
from tests.remake_samples import answers
from tests.support.commands import forked, run
from tests.support.kept_ledger import CONTACTS, COPY, LEDGER, ingest_nothing
from tests.support.viewer import type_into
from thep_forms.definition import Definitions
from thep_forms.records import ReadReturn, open_for_writing
from thep_forms.records.results import made_from

PLACES = 50
KILLS = 10


@pytest.fixture
def records(shared_records: Path, tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return Path(shutil.copytree(shared_records, tmp_path / "records"))


def flip_a_bit(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] ^= 1 << chance.randrange(8)


def clear_a_stretch(data: bytearray, at: int, _: random.Random) -> None:
    data[at : at + 64] = bytes(len(data[at : at + 64]))


def fill_a_page(data: bytearray, at: int, chance: random.Random) -> None:
    start = at // 4096 * 4096
    data[start : start + 4096] = chance.randbytes(4096)


def cut_off(data: bytearray, at: int, _: random.Random) -> None:
    del data[at:]


DAMAGES: tuple[Callable[[bytearray, int, random.Random], None], ...] = (
    flip_a_bit,
    clear_a_stretch,
    fill_a_page,
    cut_off,
)


@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_is_found_and_nothing_is_built_on_it_and_restore_brings_everything_back(
    records: Path, shared_records: Path, seed: int
) -> None:
    chance = random.Random(seed)
    whole = (shared_records / LEDGER).read_bytes()
    before = tables(records)
    for _ in range(PLACES // 4):
        data = bytearray(whole)
        chance.choice(DAMAGES)(data, chance.randrange(len(data)), chance)
        if data == whole:
            continue
        (records / LEDGER).write_bytes(data)
        found = run("verify", "-o", records)
        assert (found.exit_code, "restore" in found.stderr) == (1, True), found.stderr
        code, words = ingest_nothing(records)
        assert (
            code == 2 or "Run thep-forms restore" not in words
        )  # it is refused, unless the damage is where nothing stands
        assert tables(records) == before
        restored = run("restore", "-o", records)
        assert restored.exit_code == 0 or "Look in your mailbox" in restored.stderr
        assert "Lost" not in restored.stderr
        assert tables(records) == before
        assert run("verify", "-o", records).exit_code == 0
        for path in records.glob("ledger-damaged-*"):
            path.unlink()
        shutil.copyfile(shared_records / COPY, records / COPY)


CHANGES_BY_HAND = {
    "an answer": "UPDATE reading SET reading=replace(CAST(reading AS TEXT), 'Cedar', 'Cider')",
    "all answers": "DELETE FROM reading",
    "a return": "DELETE FROM entry WHERE kind='form'",
    "a source": "UPDATE arrival SET source='other.pdf' WHERE source LIKE '%2101.pdf'",
    "a message": "DELETE FROM message",
    "a decision": "UPDATE decision SET who='somebody'",
    "a school of the list": "INSERT INTO register SELECT '2026-27', '211/9999', 'New', '', NULL",
    "a checked return": "UPDATE result SET dfe_number='211/2102' WHERE dfe_number='211/2101'",
    "a checksum": "DELETE FROM checksum WHERE table_name='file'",
}


@pytest.mark.parametrize("change", CHANGES_BY_HAND)
def test_a_row_changed_by_hand_is_refused_and_brought_back(records: Path, change: str) -> None:
    before = tables(records)
    with sqlite3.connect(records / LEDGER) as ledger:
        assert ledger.execute(CHANGES_BY_HAND[change]).rowcount > 0
    ledger.close()
    found = run("verify", "-o", records)
    assert found.exit_code == 1
    assert "something other than this program changed" in found.stderr
    assert ".csv" not in found.stderr  # the tables are right, and nobody is told to overwrite them
    assert ingest_nothing(records)[0] == 2
    assert tables(records) == before
    assert run("restore", "-o", records).exit_code == 0
    assert run("verify", "-o", records).exit_code == 0
    assert tables(records) == before


@pytest.mark.parametrize("state", ["empty", "gone"])
def test_an_emptied_or_lost_ledger_never_counts_as_new_records(records: Path, state: str) -> None:
    before = tables(records)
    ledger = records / LEDGER
    ledger.write_bytes(b"") if state == "empty" else ledger.unlink()
    code, words = ingest_nothing(records)
    assert (code, f"is {state}, but other files of these records are there. Run thep-forms restore" in words) == (
        2,
        True,
    )
    sent = run("email", "2026-27", "-o", records, "--drafts", records.parent / "drafts")
    assert (sent.exit_code, "Run thep-forms restore" in sent.stderr) == (2, True)
    assert not (records.parent / "drafts").exists()
    assert tables(records) == before
    restored = run("restore", "-o", records)
    assert (restored.exit_code, "Look in your mailbox" in restored.stderr) == (1, True)
    assert tables(records) == before
    assert run("verify", "-o", records).exit_code == 0


def test_a_ledger_that_is_lost_with_its_copy_is_read_again_from_the_archive(records: Path) -> None:
    accepted = [row["school_name"] for row in rows(records / "schools.csv") if row["dfe_number"] != "211/4242"]
    for name in (LEDGER, COPY):
        (records / name).unlink()
    lost = {row["return_id"] for row in rows(records / "returns.csv") if row["verdict"] in ("not_a_form", "unreadable")}
    restored = run("restore", "-o", records)
    assert restored.exit_code == 1
    assert "4 archived files" in restored.stderr
    assert all(return_id in restored.stderr for return_id in lost)
    assert "Lost: the decisions 1. Take them again." in restored.stderr
    assert [row["school_name"] for row in rows(records / "schools.csv")] == accepted
    assert run("verify", "-o", records).exit_code == 0


def test_a_damaged_name_in_the_ledger_is_damage_like_any_other(records: Path) -> None:
    """SQLite quotes it in its message, which is then no text."""
    before = tables(records)
    data = (records / LEDGER).read_bytes()
    (records / LEDGER).write_bytes(data.replace(b"CREATE TABLE register", b"CREATE T\xc1BLE register"))
    assert "Run thep-forms restore" in run("verify", "-o", records).stderr
    code, words = ingest_nothing(records)
    assert (code, "Run thep-forms restore" in words) == (2, True)
    assert run("restore", "-o", records).exit_code in (0, 1)
    assert run("verify", "-o", records).exit_code == 0
    assert tables(records) == before


def test_a_strange_file_in_the_archive_is_to_be_moved(records: Path) -> None:
    (records / "returns" / "desktop.ini").write_text("[.ShellClassInfo]")
    assert run("verify", "-o", records).stderr.splitlines() == [
        "returns/desktop.ini is not known to the ledger. Move it out of returns. If it is a return, ingest it then."
    ]


def test_verify_names_the_copy_where_the_copy_is_damaged_and_restore_makes_it_again(records: Path) -> None:
    data = bytearray((records / COPY).read_bytes())
    data[5000] ^= 1
    (records / COPY).write_bytes(data)
    found = run("verify", "-o", records)
    assert (found.exit_code, COPY in found.stderr) == (1, True)
    assert run("restore", "-o", records).exit_code == 0
    assert run("verify", "-o", records).exit_code == 0


def test_what_was_noted_after_the_copy_was_made_is_taken_from_the_sound_rows_of_the_damaged_ledger(
    records: Path, form: bytes
) -> None:
    earlier = (records / COPY).read_bytes()
    (records.parent / "new").mkdir()
    (records.parent / "new" / "3205.pdf").write_bytes(type_into(form, answers("3204", school_name="Another")))
    ingest(records, [records.parent / "new"])
    before = tables(records)
    (records / COPY).write_bytes(earlier)
    with sqlite3.connect(records / LEDGER) as ledger:
        ledger.execute("DELETE FROM message")
    ledger.close()
    restored = run("restore", "-o", records)
    assert (restored.exit_code, "Look in your mailbox" in restored.stderr) == (1, True)
    assert tables(records) == before


def test_a_deep_check_finds_a_return_that_is_read_otherwise_than_the_ledger_says(records: Path) -> None:
    assert run("verify", "-o", records, "--deep").exit_code == 0
    definitions = Definitions.of_today()
    with open_for_writing(records, definitions) as ledger, ledger.transaction():
        return_id, sha256 = min(ledger.files().items())
        reading = ledger.reading(return_id)
        assert reading
        other = ReadReturn(replace(reading, title="Another title"))
        ledger.add_file(sha256, [other], made_from(definitions), is_kept=True)
    found = run("verify", "-o", records, "--deep")
    assert (found.exit_code, return_id in found.stderr) == (1, True)


@pytest.mark.parametrize("table", ["file", "entry", "reading", "arrival", "result", "result_detail"])
def test_what_is_damaged_in_ledger_and_copy_is_made_again_of_the_rest_and_the_archive(
    records: Path, table: str
) -> None:
    (letter,) = [row["return_id"] for row in rows(records / "returns.csv") if row["verdict"] == "not_a_form"]
    before = tables(records)
    for name in (LEDGER, COPY):
        with sqlite3.connect(records / name) as ledger:
            ledger.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of the schema
        ledger.close()
    restored = run("restore", "-o", records)
    lost = {letter} if table in ("entry", "arrival") else set()  # it is not in the archive
    assert ("Lost" in restored.stderr, letter in restored.stderr) == (bool(lost), bool(lost))
    assert run("verify", "-o", records).stderr.startswith("There are no faults")
    known = {row["return_id"] for row in rows(records / "returns.csv")}
    assert tables(records)["schools.csv"] == before["schools.csv"]
    assert tables(records)["contacts.csv"] == before["contacts.csv"]
    if not lost:
        assert tables(records) == before
    assert known | lost >= {row.split(b",")[0].decode() for row in before["returns.csv"].splitlines()[1:]}


def test_a_return_that_the_office_entered_is_brought_back_without_its_entry(records: Path) -> None:
    answers_of_elm = ["phase_primary=yes", "main_contact_name=Ann Lee", "main_contact_email=ann@elm.example"]
    words = [
        "enter",
        "2103",
        "2026-27",
        *answers_of_elm,
        "chair_of_governors_name=Bo Ek",
        "-o",
        records,
        "--why",
        "phone",
    ]
    entered = run(*words)
    assert entered.exit_code == 0, entered.stderr
    before = (records / "schools.csv").read_bytes()
    assert b"office-" in before
    for name in (LEDGER, COPY):
        with sqlite3.connect(records / name) as ledger:
            ledger.execute("DELETE FROM entry")
        ledger.close()
    run("restore", "-o", records)
    assert run("verify", "-o", records).exit_code == 0
    assert (records / "schools.csv").read_bytes() == before


def test_restore_of_a_whole_ledger_changes_nothing(records: Path) -> None:
    before = {path: path.read_bytes() for path in records.rglob("*") if path.is_file()}
    result = run("restore", "-o", records)
    assert (result.exit_code, "nothing to bring back" in result.stderr) == (0, True)
    assert {path: path.read_bytes() for path in records.rglob("*") if path.is_file()} == before


def test_forget_leaves_no_trace_in_the_copy_or_in_a_damaged_ledger(records: Path) -> None:
    with sqlite3.connect(records / LEDGER) as ledger:
        ledger.execute("DELETE FROM message")
    ledger.close()
    assert run("restore", "-o", records).exit_code == 0
    contact = CONTACTS["2101"].encode()
    assert all(contact in path.read_bytes() for path in records.glob("ledger*"))
    assert len(list(records.glob("ledger-damaged-*"))) == 1
    result = run("forget", "-o", records, "--school", "211/2101", "--yes")
    assert result.exit_code == 0
    assert "and 1 damaged ledger that restore put aside" in result.stderr
    assert "earlier version" not in result.stderr
    assert not list(records.glob("ledger-damaged-*"))
    assert all(contact not in path.read_bytes() for path in records.glob("ledger*"))


def cut_off_in_the_middle(records: Path) -> None:
    """Leave the ledger as a run that was killed in a transaction leaves it: changed pages, and a journal."""
    code = (
        "import sqlite3, sys, os; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('PRAGMA journal_mode=TRUNCATE'); c.execute('PRAGMA cache_size=1'); c.execute('BEGIN IMMEDIATE'); "
        "c.execute('UPDATE reading SET reading=zeroblob(9000)'); c.execute('UPDATE arrival SET year_given=?', ('x',)); "
        "os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(records / LEDGER)], check=False)
    assert (records / "ledger.sqlite-journal").stat().st_size


def test_restore_after_a_run_that_was_cut_off_loses_nothing_that_the_run_had_finished(
    records: Path, form: bytes
) -> None:
    earlier = (records / COPY).read_bytes()
    (records.parent / "new").mkdir()
    (records.parent / "new" / "3205.pdf").write_bytes(type_into(form, answers("3204", school_name="Another")))
    ingest(records, [records.parent / "new"])
    before = tables(records)
    (records / COPY).write_bytes(earlier)  # the run was cut off before it could make the copy
    cut_off_in_the_middle(records)
    restored = run("restore", "-o", records)
    assert (restored.exit_code, "nothing to bring back" in restored.stderr) == (0, True)
    assert tables(records) == before
    assert run("verify", "-o", records).exit_code == 0


def test_a_table_without_rows_that_is_dropped_is_noticed(records: Path) -> None:
    with sqlite3.connect(records / LEDGER) as ledger:
        ledger.execute("DELETE FROM unopened")
        ledger.execute("DELETE FROM checksum WHERE table_name='unopened'")
        ledger.execute("DROP TABLE unopened")
    ledger.close()
    code, words = ingest_nothing(records)
    assert (code, "is damaged" in words) == (2, True)


@pytest.mark.parametrize("harm", ["damaged", "lost with its copy"])
def test_a_restore_command_killed_at_any_moment_is_finished_by_the_next(
    records: Path, shared_records: Path, harm: str
) -> None:
    def harmed() -> None:
        shutil.rmtree(records)
        shutil.copytree(shared_records, records)
        if harm == "damaged":
            (records / LEDGER).write_bytes((records / LEDGER).read_bytes()[:20_000])
        else:
            (records / LEDGER).unlink()
            (records / COPY).unlink()

    harmed()
    run("restore", "-o", records)  # and load what it needs, for the forked commands
    expected = tables(records)
    harmed()
    start = time.monotonic()
    with forked("restore", "-o", records) as process:
        process.join()
    seconds = time.monotonic() - start
    moments = random.Random(1)
    killed = 0
    while killed < KILLS:
        harmed()
        with forked("restore", "-o", records) as process:
            process.join(moments.uniform(0, seconds))
            process.kill()
            process.join()
            killed += process.exitcode == -signal.SIGKILL
        assert run("restore", "-o", records).exit_code in (0, 1)
        assert run("verify", "-o", records).exit_code == 0
        assert not list(records.rglob(".*"))
        assert tables(records) == expected
