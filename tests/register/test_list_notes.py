"""What is read of a register list, and what the command notes about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from tests.support.register_lists import notes, refusal, register, told, written
from thep_forms.errors import SourceError

HEADINGS = ["DfE number", "School name", "Phase"]


def book_of(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in [HEADINGS, *rows]:
            sheet.append(row)
    book.save(path)
    return book


def numbers(path: Path) -> list[str]:
    return [member.dfe_number for member in register(path)]


def test_every_visible_sheet_is_read_and_hidden_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    book = book_of(
        path,
        {
            "leavers": [["2999", "Gone", "primary"]],
            "secret": [["2998", "Gone too", "primary"]],
            "primary": [["2101", "Cedar", "primary"]],
            "secondary": [["4242", "Ivy", "secondary"]],
        },
    )
    book["leavers"].sheet_state, book["secret"].sheet_state = "hidden", "veryHidden"
    book.save(path)
    assert numbers(path) == ["211/2101", "211/4242"]
    assert "not used: the hidden sheet “leavers”, the hidden sheet “secret”." in notes(path)


def test_hidden_and_struck_through_rows_are_not_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    rows = [["2101", "Cedar", ""], ["2102", "Dovecote", ""], ["2103", "Elm", ""], [], ["4242", "Ivy", ""]]
    book = book_of(path, {"members": rows})
    book["members"].row_dimensions[3].hidden = True
    book["members"]["B4"].font = openpyxl.styles.Font(strike=True)
    book.save(path)
    assert numbers(path) == ["211/2101", "211/4242"]
    assert "not used: hidden row 3 of sheet “members”, struck-through row 4 of sheet “members”." in notes(path)


def test_school_in_two_sheets_is_joined_unless_they_differ(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    book_of(path, {"all": [["2101", "Cedar", ""], ["4242", "Ivy", ""]], "primary": [["211/2101", "Cedar", "primary"]]})
    assert told(register(path)) == (
        ("211/2101", {"school_name": "Cedar", "phases": "primary"}),
        ("211/4242", {"school_name": "Ivy"}),
    )
    book_of(path, {"all": [["2101", "Cedar", ""]], "primary": [["2101", "Cedar Tree", ""]]})
    assert "211/2101 is in several sheets with different content, last in “primary”" in refusal(path)


def test_rows_of_totals_are_passed_over_and_named(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    book_of(path, {"members": [["2101", "Cedar", ""], ["", "Total schools", 1], ["Grand total: 1", "", ""]]})
    assert numbers(path) == ["211/2101"]
    assert "not used: totals rows 3, 4 of sheet “members”." in notes(path)


def test_headings_and_notes_in_the_table_are_passed_over_and_named(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    cedar, elm = ["2101", "Cedar", "primary"], ["2102", "Elm", "primary"]
    book_of(path, {"members": [["Primary schools", "", ""], cedar, elm, ["", "", "Updated on 4 May 2026"]]})
    assert numbers(path) == ["211/2101", "211/2102"]
    assert "not used: heading or note rows 2, 5 of sheet “members”." in notes(path)


@pytest.mark.parametrize("row", [["", "Elm", ""], ["21O2", "", ""], ["#REF!", "", ""], ["Elm", "Elm", ""]])
def test_row_that_may_be_a_schools_is_not_passed_over(tmp_path: Path, row: list[str]) -> None:
    path = tmp_path / "s.xlsx"
    book_of(path, {"members": [["2101", "Cedar", "primary"], row]})
    with pytest.raises(SourceError, match="row 3"):
        register(path)


def test_columns_used_and_unused_are_named_with_what_the_nearest_may_mean(tmp_path: Path) -> None:
    row = {"DfE Number": "2101", "School": "Cedar", "Headteacher mail": "a@cedar.example", "Ward": "x"}
    assert notes(written(tmp_path, row)) == (
        "schools.csv: used “DfE Number”, “School”; not used “Headteacher mail”, “Ward”. "
        "If “Headteacher mail” means “headteacher email”, give it that name."
    )


@pytest.mark.parametrize("heading", ["Contact Tel", "Headteacher start"])
def test_no_other_column_is_proposed_for_one_that_holds_something_else(tmp_path: Path, heading: str) -> None:
    assert notes(written(tmp_path, {"DfE Number": "2101", heading: "x"})).endswith(f"; not used “{heading}”.")


@pytest.mark.parametrize(
    "typed_phases", ["Primary & Nursery", "primary and nursery", "Primary with Nursery", "Nursery + Primary"]
)
def test_phases_joined_by_a_word_or_a_sign_are_understood(tmp_path: Path, typed_phases: str) -> None:
    (cedar,) = register(written(tmp_path, {"dfe_number": "2101", "Phase": typed_phases}))
    assert cedar.record.school == {"phases": "nursery;primary"}


@pytest.mark.parametrize(
    ("typed", "phases"),
    [
        ("Infant", "primary"),
        ("Juniors", "primary"),
        ("Infant & Nursery", "nursery;primary"),
        ("PRU", "ap"),
        ("Pupil Referral Unit", "ap"),
        ("Secondary; Sixth form", "secondary;other"),
    ],
)
def test_phases_by_other_words_that_schools_use_are_understood(tmp_path: Path, typed: str, phases: str) -> None:
    (cedar,) = register(written(tmp_path, {"dfe_number": "2101", "Phase": typed}))
    assert cedar.record.school == {"phases": phases}


def test_byte_of_another_encoding_changes_no_other_row_and_its_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    rows = ["dfe_number,school_name", "2101,École Cedar", "2102,Saint-Zoë", "4242,Siân Lane"]
    path.write_bytes("\n".join(rows[:3]).encode() + b"\n" + rows[3].encode("cp1252"))
    names = [member.name for member in register(path)]
    assert names == ["École Cedar", "Saint-Zoë", "Siân Lane"]
    assert "schools.csv: check the letters in row 4: they had another encoding." in notes(path)
