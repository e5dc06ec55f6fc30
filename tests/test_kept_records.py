"""RECORDS that a program keeps in memory: what it shows is what the folder holds now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import inbox, ingest, rows
from tests.deciding import decide, return_id
from thep_forms.definition import Definitions, MembershipYear, shipped
from thep_forms.errors import RecordsError
from thep_forms.office.correct import correct
from thep_forms.office.one_return import look_up_return
from thep_forms.office.opening import kept_in_memory, open_records
from thep_forms.office.to_do import look_up_to_do
from thep_forms.records.names import LEDGER, WORKBOOK

Filled = Callable[..., bytes]
DEFINITIONS = Definitions(None, MembershipYear(2026))


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
