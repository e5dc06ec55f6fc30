"""RECORDS that a program keeps in memory: what it shows is what the folder holds now."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import inbox, ingest, rows
from tests.records.test_tables_follow import Office, require_as_written_anew
from tests.support.commands import run
from tests.support.deciding import decide, return_id
from tests.support.messages import written
from tests.support.writing import ELM
from thep_forms.definition import Definitions, MembershipYear, shipped
from thep_forms.errors import RecordsError, ThepFormsError
from thep_forms.office.decisions.correct import correct
from thep_forms.office.decisions.undo import undo
from thep_forms.office.display.one_return import look_up_return
from thep_forms.office.display.to_do import look_up_to_do
from thep_forms.office.opening import kept_in_memory, open_records
from thep_forms.office.schools.school_status import Standing
from thep_forms.office.schools.status import statuses_of_members
from thep_forms.office.tasks import open_questions, tasks
from thep_forms.office.verify import faults
from thep_forms.records import Ledger, Records, Views, kept, later, open_for_writing
from thep_forms.records.database import Checks
from thep_forms.records.names import LEDGER, WORKBOOK
from thep_forms.register import members_of_year

Filled = Callable[..., bytes]
DEFINITIONS = Definitions(None, MembershipYear(2026))
YEARS = ("2025-26", "2026-27", "2027-28")


@pytest.fixture
def wrong(records: Path, filled: Filled, schools: Path) -> str:
    """The id of a return with an e-mail address that is none."""
    files = inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar,example"))
    ingest(records, [files], register=schools)
    return return_id(records, "cedar")


def test_what_a_command_changes_is_shown_at_the_next_look(records: Path, wrong: str) -> None:
    with kept_in_memory(records):
        assert len(look_up_to_do(records, DEFINITIONS).tasks) == 1
        decide("correct", records, wrong, "main_contact_email=jo@cedar.example")
        assert look_up_to_do(records, DEFINITIONS).tasks == ()
        assert look_up_return(records, wrong, DEFINITIONS).returned.verdict == "accepted"


@pytest.mark.usefixtures("wrong")
def test_what_has_not_changed_is_not_read_again(records: Path) -> None:
    with kept_in_memory(records):
        with open_records(records, DEFINITIONS) as first:
            pass
        with open_records(records, DEFINITIONS) as second:
            assert second is first


def test_a_command_need_not_wait_while_records_are_kept(records: Path, wrong: str) -> None:
    with kept_in_memory(records), open_records(records, DEFINITIONS):
        decide("correct", records, wrong, "main_contact_email=jo@cedar.example")


def test_while_another_run_is_at_work_what_was_known_before_is_shown(records: Path, wrong: str) -> None:
    with kept_in_memory(records):
        assert len(look_up_to_do(records, DEFINITIONS).tasks) == 1
        correct(records, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        with open_for_writing(records, DEFINITIONS):
            assert len(look_up_to_do(records, DEFINITIONS).tasks) == 1
        assert look_up_to_do(records, DEFINITIONS).tasks == ()


@pytest.mark.usefixtures("wrong")
def test_a_ledger_that_was_damaged_since_is_refused_as_ever(records: Path) -> None:
    with kept_in_memory(records):
        look_up_to_do(records, DEFINITIONS)
        (records / LEDGER).write_bytes(b"")
        with pytest.raises(RecordsError, match="is empty"):
            look_up_to_do(records, DEFINITIONS)


def test_other_templates_check_the_returns_again(records: Path, wrong: str, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    shipped_text = (shipped("templates") / "partnership.toml").read_text(encoding="utf-8")
    (templates / "partnership.toml").write_text(shipped_text.replace('"211"', '"330"'), encoding="utf-8")
    with kept_in_memory(records):
        before = look_up_return(records, wrong, DEFINITIONS)
        after = look_up_return(records, wrong, Definitions(templates, MembershipYear(2026)))
        assert before.state != after.state


@pytest.mark.usefixtures("wrong")
def test_threads_see_the_same_records(records: Path) -> None:
    found: list[int] = []

    def look() -> None:
        found.extend(len(look_up_to_do(records, DEFINITIONS).tasks) for _ in range(20))

    with kept_in_memory(records):
        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [1] * 80


def test_the_workbook_follows_a_decision_and_is_whole_at_the_end(records: Path, wrong: str) -> None:
    with kept_in_memory(records):
        before = (records / WORKBOOK).read_bytes()
        correct(records, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        assert rows(records / "contacts.csv")[0]["email"] == "jo@cedar.example"
        assert (records / WORKBOOK).read_bytes() == before
    assert (records / WORKBOOK).read_bytes() != before
    assert run("verify", "-o", records).exit_code == 0


def test_the_workbook_follows_while_the_records_are_still_kept(records: Path, wrong: str) -> None:
    with kept_in_memory(records):
        before = (records / WORKBOOK).read_bytes()
        correct(records, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        deadline = time.monotonic() + 60
        while (records / WORKBOOK).read_bytes() == before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert (records / WORKBOOK).read_bytes() != before


def test_verify_beside_a_desk_waits_for_what_follows_a_decision(records: Path, wrong: str) -> None:
    with kept_in_memory(records):
        correct(records, wrong, ["main_contact_email=jo@cedar.example"], "rang", DEFINITIONS)
        assert WORKBOOK in set(stale(records))
        assert list(faults(records, DEFINITIONS)) == []


def test_a_copy_of_the_ledger_that_is_still_being_written_is_not_left_of_a_run(records: Path, wrong: str) -> None:
    assert wrong
    written = records / ".ledger-copy.sqlite.abcdefgh"
    written.touch(mode=0o600)
    ends = threading.Timer(0.4, written.unlink)
    ends.start()
    assert list(faults(records, DEFINITIONS)) == []
    ends.join()
    written.touch(mode=0o600)
    (found,) = faults(records, DEFINITIONS)
    assert found.startswith(f"{written.name} is left of a run that was cut off.")


def stale(records: Path) -> list[str]:
    """The files that are not as the ledger says."""
    with Ledger.existing(records, unchanged=True, checks=Checks.NONE) as ledger:
        return list(Views(records, Records(ledger, DEFINITIONS)).stale())


def test_a_program_that_ends_waits_for_what_another_thread_is_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    began, may_end = threading.Event(), threading.Event()
    written: list[Definitions] = []

    def write(definitions: Definitions) -> None:
        began.set()
        may_end.wait(60)
        written.append(definitions)

    monkeypatch.setattr(later, "MOMENT", 0)
    follows = later.WrittenLater(write)
    follows.ask(DEFINITIONS)
    assert began.wait(60)
    threading.Timer(0.2, may_end.set).start()
    follows.finish()
    assert written == [DEFINITIONS]


# --- many returns: the tables follow ------------------------------------------------------------------------------


@pytest.fixture
def many(records: Path, wrong: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records that are taken for so large that the tables follow a decision."""
    assert wrong
    monkeypatch.setattr(kept, "_LARGE", 0)
    ingest(records, [])  # what a run knew that only looked up who the members are
    return records


def test_a_decision_about_one_of_many_returns_is_in_the_ledger_and_shown_at_once(many: Path, wrong: str) -> None:
    with kept_in_memory(many):
        assert len(look_up_to_do(many, DEFINITIONS).tasks) == 1
        before = (many / "contacts.csv").read_bytes()
        correct(many, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        assert (many / "contacts.csv").read_bytes() == before
        assert look_up_to_do(many, DEFINITIONS).tasks == ()
        assert look_up_return(many, wrong, DEFINITIONS).returned.verdict == "accepted"
        with Ledger.existing(many, unchanged=True) as ledger:
            assert [decision.after for decision in ledger.decisions()] == ["jo@cedar.example"]
    assert rows(many / "contacts.csv")[0]["email"] == "jo@cedar.example"
    assert run("verify", "-o", many).exit_code == 0


def test_the_tables_of_many_returns_follow_while_the_records_are_still_kept(many: Path, wrong: str) -> None:
    with kept_in_memory(many):
        look_up_to_do(many, DEFINITIONS)
        correct(many, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        with open_records(many, DEFINITIONS) as shown:
            pass
        deadline = time.monotonic() + 60
        while run("verify", "-o", many).exit_code and time.monotonic() < deadline:
            time.sleep(0.1)
        assert rows(many / "contacts.csv")[0]["email"] == "jo@cedar.example"
        with open_records(many, DEFINITIONS) as still_shown:
            assert still_shown is shown  # nothing had to be read again


def test_a_program_that_is_killed_before_the_tables_follow_loses_no_decision(many: Path, wrong: str) -> None:
    code = (
        "import os, sys; from pathlib import Path; from thep_forms.definition import Definitions, MembershipYear; "
        "from thep_forms.records import kept; from thep_forms.office.opening import kept_in_memory, open_records; "
        "from thep_forms.office.decisions.correct import correct; kept._LARGE = 0\n"
        "records, definitions = Path(sys.argv[1]), Definitions(None, MembershipYear(2026))\n"
        "with kept_in_memory(records):\n"
        "    with open_records(records, definitions): pass\n"
        "    correct(records, sys.argv[2], ['main_contact_email=jo@cedar.example'], 'rang', definitions)\n"
        "    os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(many), wrong], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert rows(many / "decisions.csv") == []
    assert "decisions.csv" in run("verify", "-o", many).stderr
    assert run("status", "2026-27", "-o", many).exit_code == 0
    (many.parent / "empty").mkdir()
    assert run("ingest", many.parent / "empty", "-o", many).exit_code in (0, 1)
    assert rows(many / "contacts.csv")[0]["email"] == "jo@cedar.example"
    assert len(rows(many / "decisions.csv")) == 1
    assert run("verify", "-o", many).exit_code == 0


def test_a_command_between_two_decisions_about_many_returns_counts_too(many: Path, wrong: str) -> None:
    with kept_in_memory(many):
        look_up_to_do(many, DEFINITIONS)
        correct(many, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        decide("correct", many, wrong, "chair_of_governors_name=Ann Lee")
        correct(many, wrong, ["headteacher_name=Bo Ek"], "rang on 5 May", DEFINITIONS)
        record = look_up_return(many, wrong, DEFINITIONS)
        assert record.returned.verdict == "accepted"
    assert [row["after"] for row in rows(many / "decisions.csv")] == ["jo@cedar.example", "Ann Lee", "Bo Ek"]
    assert run("verify", "-o", many).exit_code == 0


def test_message_is_the_schools_as_soon_as_a_decision_makes_its_address_known(many: Path, wrong: str) -> None:
    (many.parent / "letter.eml").write_bytes(written("We have moved.", "jo@cedar.example").as_bytes())
    run("ingest", many.parent / "letter.eml", "-o", many)
    with kept_in_memory(many):
        assert {task.dfe_number for task in look_up_to_do(many, DEFINITIONS).tasks} == {"211/2101", ""}
        decided = correct(many, wrong, ["main_contact_email=jo@cedar.example"], "rang on 4 May", DEFINITIONS)
        (letter,) = look_up_to_do(many, DEFINITIONS).tasks
        assert (letter.dfe_number, letter.school_name) == ("211/2101", "Cedar Primary School")
        undo(many, decided.numbers, "a mistake", DEFINITIONS)
        assert {task.dfe_number for task in look_up_to_do(many, DEFINITIONS).tasks} == {"211/2101", ""}


def test_school_no_longer_wrote_once_a_decision_makes_its_address_that_of_two_schools(many: Path, wrong: str) -> None:
    def standing_of_elm() -> str:
        with open_records(many, DEFINITIONS) as (_, records):
            statuses = statuses_of_members(records, MembershipYear(2026), DEFINITIONS)
        (found,) = [status.standing for status in statuses if status.dfe_number == "211/2103"]
        return found

    (many.parent / "letter.eml").write_bytes(written("We have moved.", ELM).as_bytes())
    run("ingest", many.parent / "letter.eml", "-o", many)
    with kept_in_memory(many):
        assert standing_of_elm() == Standing.WROTE
        decided = correct(many, wrong, [f"main_contact_email={ELM}"], "rang on 4 May", DEFINITIONS)
        assert standing_of_elm() == Standing.NOT_RETURNED
        undo(many, decided.numbers, "a mistake", DEFINITIONS)
        assert standing_of_elm() == Standing.WROTE


def looked_up(records: Records) -> dict[str, object]:
    """What the pages of the desk show of all returns, and of the schools of each year."""
    found: dict[str, object] = {"returns": list(records.returns()), "tasks": tasks(records)}
    for year in map(MembershipYear.parse, YEARS):
        found[f"members of {year}"] = members_of_year(records, year)
        found[f"standings in {year}"] = statuses_of_members(records, year, DEFINITIONS)
        found[f"questions of {year}"] = open_questions(records, str(year))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_after_any_decisions_at_the_desk_pages_and_tables_are_those_of_records_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(kept, "_LARGE", 0)
    office = Office(tmp_path / "records", seed)
    for _ in range(14):
        office.take_in()
    with kept_in_memory(office.folder):
        for _ in range(20):
            with open_records(office.folder, DEFINITIONS) as shown:
                looked_up(shown[1])  # so that it is kept
            with suppress(ThepFormsError):
                office.chance.choice((office.decide, office.decide, office.undo))()
            with open_records(office.folder, DEFINITIONS) as shown:
                now = looked_up(shown[1])
            with Ledger.existing(office.folder, unchanged=True, checks=Checks.EVERY_ROW) as ledger:
                assert now == looked_up(Records(ledger, DEFINITIONS))
    assert require_as_written_anew(office.folder)
