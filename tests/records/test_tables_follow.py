"""Tables that follow a change are, byte for byte, those that are written anew; and so is all that is kept for it."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.remake_samples import answers
from tests.support.commands import run
from thep_forms.deciding import Arrival
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import ThepFormsError, UnsoundError
from thep_forms.files import private_folder
from thep_forms.office.arrivals.ingest import ingest
from thep_forms.office.decisions.assign import assign, close
from thep_forms.office.decisions.confirm import confirm
from thep_forms.office.decisions.correct import correct
from thep_forms.office.decisions.enter import enter
from thep_forms.office.decisions.notes import note, note_number_before, note_on_paper
from thep_forms.office.decisions.prefer import prefer
from thep_forms.office.decisions.undo import undo
from thep_forms.office.people.forget import forget
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.model import Answer
from thep_forms.records import (
    Ledger,
    ListedSchool,
    ReadReturn,
    Records,
    Views,
    bring_up_to_date,
    open_for_reading,
    open_for_writing,
    return_id_of,
)
from thep_forms.records.checks import check_reading
from thep_forms.records.database import Checks
from thep_forms.records.last_run import load, save
from thep_forms.records.names import ARCHIVE, LAST_RUN, LEDGER, TableName
from thep_forms.records.raw_bytes import block_hashes, hash_of
from thep_forms.records.results import made_from, renew_results, rules_of
from thep_forms.sources.model import MessageKind, MessageOrigin

DEFINITIONS = Definitions(None, MembershipYear(2026))
ACTS = 14
SCHOOLS = ("2101", "2102", "3204", "4242")
YEARS = ("2025-26", "2026-27")
NAMES = ("Ann Lee", "Bo “Bobby” Ek", "=1+1", "Zoë,\nNéé", "Łukasz Żółć")
WHY = "rang"


class Office:
    """Somebody who takes in returns and decides about them, by chance."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance, self.number = folder, random.Random(seed), 0
        private_folder(folder / ARCHIVE)

    def ids(self) -> list[str]:
        with open_for_reading(self.folder, DEFINITIONS) as ledger:
            return [each.return_id for each in Records(ledger, DEFINITIONS).returns()]

    def one(self) -> str:
        return self.chance.choice(self.ids())

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        with open_for_writing(self.folder, DEFINITIONS, must_exist=False) as ledger:
            with ledger.transaction():
                yield ledger
                ledger.end_run()
            renew_results(ledger, DEFINITIONS)
            Views(self.folder, Records(ledger, DEFINITIONS)).write()

    def arrival(self, sha256: str, ending: str) -> Arrival:
        self.number += 1
        chance = self.chance
        message = f"mail {chance.randrange(3)}.eml"
        if chance.random() < 0.5:
            return Arrival(f"in/{self.number}{ending}", return_id_of(sha256), year_given=chance.choice(("", *YEARS)))
        kind = chance.choice((MessageKind.ORDINARY, MessageKind.ORDINARY, MessageKind.AUTOMATIC))
        sender = chance.choice(("ann@school.example", "jo.other@elsewhere.example", "post@thep.example"))
        carried = (MessageOrigin(sender, kind, path_length=len(message)),)
        at = datetime(2026, chance.randrange(1, 12), 3, tzinfo=UTC)
        return Arrival(f"{message}/{self.number}{ending}", return_id_of(sha256), at, carried_by=carried)

    def take_in(self) -> None:
        """A form, whole or with errors, or a file that is none."""
        chance = self.chance
        year = chance.choice((*YEARS, "2026-27"))
        if chance.random() < 0.25:
            found = ReadReturn(Reading(FileKind.NOT_A_FORM, reason="It is a letter."))
        else:
            given = answers(chance.choice(SCHOOLS), main_contact_name=chance.choice(NAMES))
            if chance.random() < 0.4:
                given["main_contact_email"] = chance.choice(("jo@cedar", "ann@school.example", ""))
            texts = {name: Answer("yes" if text is True else str(text)) for name, text in given.items() if text}
            copy = f" 211/{chance.choice(SCHOOLS)}" if chance.random() < 0.3 else ""
            found = check_reading(
                Reading(
                    FileKind.FORM, texts if chance.random() < 0.9 else {}, form_id=f"thep-membership {year} r1{copy}"
                ),
                DEFINITIONS,
            )
        sha256 = hashlib.sha256(str(chance.random()).encode()).hexdigest()
        count = 2 if chance.random() < 0.1 else 1
        with self.writing() as ledger:
            ledger.add_file(sha256, [found] * count, made_from(DEFINITIONS), is_kept=False)
            for _ in range(chance.choice((1, 1, 2))):
                ledger.add_arrivals(self.arrival(sha256, ".pdf"), sha256)

    def take_in_again(self) -> None:
        """A file that came before, by another way."""
        return_id = self.one()
        with self.writing() as ledger:
            sha256 = ledger.hashes().get(return_id)
            if sha256:
                ledger.add_arrivals(self.arrival(sha256, " again.pdf"), sha256)

    def decide(self) -> None:
        chance, folder = self.chance, self.folder
        match chance.randrange(10):
            case 0 | 1:
                name = chance.choice(NAMES)
                correct(folder, self.one(), [f"main_contact_name={name}"], WHY, DEFINITIONS)
            case 2:
                correct(folder, self.one(), ["main_contact_email=ann@school.example"], WHY, DEFINITIONS)
            case 3:
                confirm(folder, self.one(), (), WHY, DEFINITIONS)
            case 4:
                close(folder, [self.one()], WHY, DEFINITIONS)
            case 5:
                prefer(folder, self.one(), DEFINITIONS)
            case 6:
                year = MembershipYear.parse(chance.choice(YEARS)) if chance.random() < 0.5 else None
                school = chance.choice(SCHOOLS) if not year else None
                assign(folder, self.one(), school, year, WHY, DEFINITIONS)
            case 7 | 9:
                self.note()
            case 8:
                year = MembershipYear.parse(chance.choice(YEARS))
                enter(folder, chance.choice(SCHOOLS), year, ["headteacher_name=Cy Orr"], WHY, DEFINITIONS)

    def note(self) -> None:
        chance, folder = self.chance, self.folder
        school, other = chance.choice(SCHOOLS), chance.choice(SCHOOLS)
        match chance.randrange(3):
            case 0:
                note(folder, school, "Ring after three", DEFINITIONS)
            case 1:
                note_on_paper(folder, MembershipYear.parse(chance.choice(YEARS)), [school], DEFINITIONS)
            case 2:
                note_number_before(folder, school, other, DEFINITIONS)

    def undo(self) -> None:
        with open_for_reading(self.folder, DEFINITIONS) as ledger:
            numbers = [decision.number for decision in ledger.decisions()]
        if numbers:
            undo(self.folder, [self.chance.choice(numbers)], WHY, DEFINITIONS)

    def forget(self) -> None:
        forget(self.folder, DEFINITIONS, self.chance.choice(SCHOOLS), None, lambda _: True)

    def give_list(self) -> None:
        with self.writing() as ledger:
            members = [
                ListedSchool(f"211/{number}", f"School {number}") for number in SCHOOLS[self.chance.randrange(3) :]
            ]
            ledger.set_register(self.chance.choice(YEARS), members)

    def look(self) -> None:
        ingest(self.folder, [], definitions=DEFINITIONS)

    def act(self) -> None:
        acts = [self.take_in] * 4 + [self.decide] * 8 + [self.undo] * 2
        acts += [self.take_in_again, self.forget, self.give_list, self.look]
        with suppress(ThepFormsError):  # what cannot be decided is refused, and changes nothing
            self.chance.choice(acts)()


def require_as_written_anew(folder: Path) -> bool:
    """The tables and what is kept are as if all was worked out anew. Whether there is something kept."""
    with Ledger.existing(folder, unchanged=True, checks=Checks.EVERY_ROW) as ledger:
        anew = Records(ledger, DEFINITIONS)
        assert anew.renewed is None
        assert list(Views(folder, anew).stale()) == []
        expected = list(anew.returns())
        judgements = anew.judgements
    with open_for_reading(folder, DEFINITIONS) as ledger:
        assert ledger.last_run  # it is known to be whole
        kept = ledger.last_run.worked_out(rules_of(DEFINITIONS))
    if not kept:
        return False
    assert list(kept.returns.values()) == expected
    assert (kept.latest_year, kept.years, kept.began) == (judgements.latest_year, judgements.years, judgements.began)
    return True


@pytest.mark.parametrize("seed", range(6))
def test_after_any_acts_all_tables_are_those_of_a_full_rewrite(tmp_path: Path, seed: int) -> None:
    office = Office(tmp_path / "records", seed)
    for _ in range(4):
        office.take_in()
    kept = 0
    for _ in range(ACTS):
        office.act()
        kept += require_as_written_anew(office.folder)
    assert kept == ACTS


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "records", 1)
    for _ in range(6):
        office.take_in()
    return office


@pytest.mark.parametrize("table", TableName)
def test_a_table_that_somebody_has_changed_is_replaced_by_the_next_decision(office: Office, table: TableName) -> None:
    path = office.folder / table.file
    text = path.read_bytes()
    path.write_bytes(text[:-9] + bytes([text[-9] ^ 1]) + text[-8:])
    close(office.folder, [office.one()], WHY, DEFINITIONS)
    assert require_as_written_anew(office.folder)


def test_a_table_that_is_gone_is_written_by_the_next_decision(office: Office) -> None:
    for name in TableName:
        (office.folder / name.file).unlink()
    close(office.folder, [office.one()], WHY, DEFINITIONS)
    assert require_as_written_anew(office.folder)


@pytest.mark.parametrize("harm", ["cut off", "changed", "emptied", "of another day"])
def test_a_cache_that_is_not_of_this_ledger_counts_for_nothing(office: Office, harm: str) -> None:
    path = office.folder / LAST_RUN
    earlier = path.read_bytes()
    close(office.folder, [office.one()], WHY, DEFINITIONS)
    whole = path.read_bytes()
    middle = len(whole) // 2
    harmed = {
        "cut off": whole[:middle],
        "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "emptied": b"",
        "of another day": earlier,
    }[harm]
    path.write_bytes(harmed)
    bring_up_to_date(office.folder, DEFINITIONS)
    assert require_as_written_anew(office.folder)


def test_rows_are_checked_one_by_one_once_a_day_even_if_all_bytes_are_as_the_last_run_left_them(
    office: Office,
) -> None:
    """So what was damaged while a run was at work, and passed for its own change, is found."""
    ledger = office.folder / LEDGER
    with sqlite3.connect(ledger) as connection:
        connection.execute("UPDATE result SET school_name='Somebody else’s'")
    connection.close()
    found = load(office.folder)
    assert found
    as_left = replace(found, ledger=hash_of(block_hashes(ledger)))
    save(office.folder, as_left)
    with Ledger.existing(office.folder, unchanged=True):
        pass
    save(office.folder, replace(as_left, checked_at=found.checked_at - 25 * 60 * 60))
    with pytest.raises(UnsoundError, match="the checked returns"):
        Ledger.existing(office.folder, unchanged=True)
    save(office.folder, as_left)
    assert "the checked returns" in run("verify", "-o", office.folder).stderr
