"""changes.csv: answers of a return that differ from the known answers of its school."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.viewer import type_into
from thep_forms.definition import MembershipYear, load_definition
from thep_forms.generate import generate

ChangedAnswers = list[tuple[str, ...]]
CEDAR = "211/2101"
EARLIER = {
    "senior_leader_1_designation": "",
    "senior_leader_1_name": "Ann Lee",
    "senior_leader_1_email": "ann@cedar.example",
    "senior_leader_2_name": "Bo Grey",
}


@pytest.fixture(scope="module")
def blank() -> dict[str, bytes]:
    """The forms of two years."""
    return {year: generate(load_definition(year)) for year in ("2025-26", "2026-27")}


def returned(folder: Path, form: bytes, name: str, number: str = "2101", **answered: str | bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.pdf").write_bytes(type_into(form, answers(number, **answered)))
    return folder


def listed_changes(records: Path, year: str = "2026-27") -> ChangedAnswers:
    """The rows of that year, without the columns of year and school."""
    of_year = [row for row in rows(records / "changes.csv") if row["membership_year"] == year]
    return [tuple(row[column] for column in ("role", "field", "before", "after")) for row in of_year]


def listed(path: Path, cells: Mapping[str, str]) -> Path:
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", encoding="utf-8")
    return path


@pytest.fixture
def inbox(tmp_path: Path, blank: dict[str, bytes]) -> Path:
    """A return of last year."""
    return returned(tmp_path / "inbox", blank["2025-26"], "last year", **EARLIER)


def changed(inbox: Path, blank: dict[str, bytes], **answered: str | bool) -> ChangedAnswers:
    """The rows for a return of this year after a return of last year, which came in last year."""
    records = inbox.parent / "records"
    ingest(records, [inbox])
    ingest(records, [returned(inbox, blank["2026-27"], "this year", **{**EARLIER, **answered})])
    return listed_changes(records)


# --- Against last year's return -----------------------------------------------------------------------------------


def test_the_same_answers_are_no_change(inbox: Path, blank: dict[str, bytes]) -> None:
    assert changed(inbox, blank) == []


def test_changes_table_has_its_documented_columns(inbox: Path, blank: dict[str, bytes]) -> None:
    changed(inbox, blank, business_manager_name="Di Marsh")
    (row,) = rows(inbox.parent / "records" / "changes.csv")
    assert list(row.values())[:3] == ["2026-27", CEDAR, "Cedar Primary School"]
    assert ",".join(row) == "membership_year,dfe_number,school_name,role,field,before,after"


def test_a_new_person_in_a_role_has_a_row_for_each_part(inbox: Path, blank: dict[str, bytes]) -> None:
    new = {"business_manager_name": "Di Marsh", "business_manager_email": "di.marsh@cedar2101.example"}
    before = answers("2101")
    assert changed(inbox, blank, **new) == [
        ("business_manager", part, before[f"business_manager_{part}"], new[f"business_manager_{part}"])
        for part in ("name", "email")
    ]


def test_an_answer_that_was_or_becomes_empty_is_a_change(inbox: Path, blank: dict[str, bytes]) -> None:
    parts = ("designation", "name", "email", "telephone")
    before = {f"business_manager_{part}": "" for part in parts}
    after = {"headteacher_name": "Cy Brook", "headteacher_email": "cy@cedar.example"}
    changes = changed(inbox, blank, **before, **after, main_contact_designation="Clerk")
    assert ("headteacher", "name", "Sam Okafor", "Cy Brook") in changes
    assert [change[3] for change in changes if change[0] == "business_manager"] == [""] * 4


def test_spaces_and_capitals_in_an_address_are_no_change(inbox: Path, blank: dict[str, bytes]) -> None:
    address = str(answers("2101")["main_contact_email"])
    same = {"main_contact_email": address.upper(), "main_contact_name": " Sam   Okafor"}
    same["registered_address"] = str(answers("2101")["registered_address"]).replace("E2 0AC", "E20AC")
    assert changed(inbox, blank, **same) == []


def test_senior_leaders_are_matched_by_their_names(inbox: Path, blank: dict[str, bytes]) -> None:
    """The order does not matter. One leader has another address, one has left, one is new."""
    changes = changed(
        inbox,
        blank,
        senior_leader_1_name="Cy Brook",
        senior_leader_1_email="",
        senior_leader_2_name="Ann Lee",
        senior_leader_2_email="ann.lee@cedar.example",
    )
    assert changes == [
        ("senior_leader", "email", "ann@cedar.example", "ann.lee@cedar.example"),
        ("senior_leader", "name", "Bo Grey", ""),
        ("senior_leader", "name", "", "Cy Brook"),
    ]


def test_changes_of_the_school_come_before_those_of_its_people(inbox: Path, blank: dict[str, bytes]) -> None:
    changes = changed(
        inbox, blank, school_name="Cedar Academy", registered_address="1 New Road\nLondon\nE1 0ZZ", phase_nursery=True
    )
    assert [change[:2] for change in changes] == [
        ("", "school_name"),
        ("", "phases"),
        ("", "registered_address"),
        ("", "postcode"),
    ]
    assert changes[1][2:] == ("primary", "nursery;primary")


def test_returns_in_any_order_give_the_same_bytes(inbox: Path, blank: dict[str, bytes], tmp_path: Path) -> None:
    returned(inbox, blank["2026-27"], "this year", main_contact_name="Di Marsh")
    paths = sorted(inbox.iterdir())
    for name, order in (("one", paths), ("other", paths[::-1])):
        for path in order:
            year = "2025-26" if path.stem == "last year" else "2026-27"
            ingest(tmp_path / name, [path], year=MembershipYear.parse(year))
    assert (tmp_path / "one" / "changes.csv").read_bytes() == (tmp_path / "other" / "changes.csv").read_bytes()
    assert "Di Marsh" in (tmp_path / "one" / "changes.csv").read_text()


def test_a_return_that_is_not_accepted_makes_no_change(inbox: Path, blank: dict[str, bytes]) -> None:
    assert changed(inbox, blank, main_contact_name="Di Marsh", chair_of_governors_name="") == []


# --- Against the list ---------------------------------------------------------------------------------------------

LIST = {
    "dfe_number": CEDAR,
    "school_name": "Cedar Primary School",
    "headteacher_name": "Former Head",
    "chair_of_governors_email": "",
}


@pytest.fixture
def records(tmp_path: Path, blank: dict[str, bytes]) -> Path:
    """Records of a run with a list that has the name of the head."""
    source = returned(tmp_path / "inbox", blank["2026-27"], "this year")
    run("ingest", source, "-o", tmp_path / "records", "--schools", listed(tmp_path / "list.csv", LIST))
    return tmp_path / "records"


HEAD = ("headteacher", "name", "Former Head", "Sam Okafor")


def test_only_answers_that_the_list_holds_are_compared(records: Path) -> None:
    assert listed_changes(records) == [HEAD]


def test_the_list_of_an_earlier_run_is_used_again(records: Path, blank: dict[str, bytes], tmp_path: Path) -> None:
    run("ingest", returned(tmp_path / "more", blank["2026-27"], "again"), "-o", records)
    assert listed_changes(records) == [HEAD]


def test_a_later_list_replaces_an_earlier_list(records: Path, tmp_path: Path) -> None:
    mended = listed(tmp_path / "list.csv", LIST | {"headteacher_name": "Sam Okafor"})
    run("ingest", tmp_path / "inbox", "-o", records, "--schools", mended)
    assert listed_changes(records) == []


def test_the_return_of_last_year_is_compared_before_the_list(
    records: Path, blank: dict[str, bytes], tmp_path: Path
) -> None:
    earlier = returned(tmp_path / "more", blank["2025-26"], "last year", main_contact_telephone="020 7946 0999")
    run("ingest", earlier, "-o", records, "--year", "2025-26")
    assert listed_changes(records)[0] == ("main_contact", "telephone", "020 7946 0999", "020 7946 0101")
    assert HEAD not in listed_changes(records)
    assert listed_changes(records, "2025-26") == []


def test_records_of_last_year_can_serve_as_the_list(blank: dict[str, bytes], tmp_path: Path) -> None:
    ingest(tmp_path / "then", [returned(tmp_path / "a", blank["2025-26"], "then", **EARLIER)])
    source = returned(tmp_path / "b", blank["2026-27"], "now", senior_leader_3_name="Cy Brook", **EARLIER)
    run("ingest", source, "-o", tmp_path / "now", "--schools", tmp_path / "then")
    assert listed_changes(tmp_path / "now") == [("senior_leader", "name", "", "Cy Brook")]


# --- Care ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [("--school", CEDAR), ("--before", "2027-28")])
def test_answers_from_the_list_can_be_forgotten(records: Path, what: tuple[str, str]) -> None:
    assert b"Former Head" in (records / "ledger.sqlite").read_bytes()
    result = run("forget", "-o", records, *what, "--yes")
    assert result.exit_code == 0
    assert "what your list says about 1 school" in result.stderr
    for path in records.rglob("*"):
        assert path.is_dir() or b"Former Head" not in path.read_bytes(), path
    assert run("verify", "-o", records).exit_code == 0
    assert rows(records / "changes.csv") == []


def test_verify_checks_the_changes_table(records: Path) -> None:
    (records / "changes.csv").write_text("")
    result = run("verify", "-o", records)
    assert (result.exit_code, "changes.csv" in result.stdout + result.stderr) == (1, True)
