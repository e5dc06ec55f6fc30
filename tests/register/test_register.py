"""The list of member schools, as offices keep it: read through `generate --schools`."""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path

import olefile
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packing import zipped
from tests.support.register_lists import DEFINITION, generated, in_csv, refused, register, told, written
from tests.support.viewer import typed
from thep_forms.errors import SourceError
from thep_forms.generate import Master
from thep_forms.office.copies import answers
from thep_forms.register import ListMistakesError

ROWS = [
    {"DfE Number": "211/2101", "School Name": "École Cedar", "Phases": "Primary; Nursery", "Notes": "x"},
    {"DfE Number": "4242", "School Name": "Ivy Lane School", "Phases": "secondary", "Notes": ""},
]


def test_column_with_another_allowed_name_is_read(tmp_path: Path) -> None:
    own = {"DfE no.": "2101", "School": "Cedar", "Phase": "primary", "Address": "1 Road"}
    addresses = {"E-mail": "a@cedar.example", "Headteacher e-mail": "b@cedar.example"}
    (cedar,) = register(written(tmp_path, own | addresses))
    assert (cedar.dfe_number, cedar.email) == ("211/2101", "a@cedar.example")
    assert cedar.record.school == {"school_name": "Cedar", "phases": "primary", "registered_address": "1 Road"}
    assert cedar.record.contacts[0].parts == {"email": "b@cedar.example"}


def test_column_with_another_allowed_name_is_ignored_beside_one_with_the_own_name(tmp_path: Path) -> None:
    (cedar,) = register(written(tmp_path, {"dfe_number": "2101", "school_name": "Cedar", "School": "No. 7"}))
    assert cedar.record.school == {"school_name": "Cedar"}


# --- Tables -------------------------------------------------------------------------------------------------------

EXPECTED = (
    ("211/2101", {"school_name": "École Cedar", "phases": "nursery;primary"}),
    ("211/4242", {"school_name": "Ivy Lane School", "phases": "secondary"}),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_any_encoding_with_any_delimiter_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(in_csv(ROWS, delimiter), encoding=encoding)
    assert told(register(path)) == EXPECTED


@pytest.mark.parametrize("order", [("Phases", "DfE Number", "School Name"), ("Notes", "School Name", "DfE Number")])
def test_columns_in_any_order_are_read_and_unknown_ones_ignored(tmp_path: Path, order: tuple[str, ...]) -> None:
    rows = [{column: row[column] for column in order} for row in ROWS]
    assert [number for number, _ in told(register(written(tmp_path, *rows)))] == ["211/2101", "211/4242"]


def test_title_and_blank_rows_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("Members of the partnership\n\n" + in_csv(ROWS).replace("4242", "\n,,,\n4242"), encoding="utf-8")
    assert told(register(path)) == EXPECTED


def workbook(path: Path, *rows: Sequence[object], first: bool = True) -> Path:
    book = openpyxl.Workbook()
    if not first:
        book.active["A1"] = "Read this first"
        book.create_sheet("Members")
    for row in rows:
        book.worksheets[-1].append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("first", [True, False])
def test_workbook_with_cells_that_excel_changed_is_read(tmp_path: Path, first: bool) -> None:
    rows = (
        ["Members of the partnership", datetime.date(2026, 4, 1)],
        [],
        ["DfE Number", "School Name", "Phases", "Joined"],
        ["211/2101", "École Cedar", "Primary; Nursery", datetime.date(2020, 9, 1)],
        [],
        [4242.0, "Ivy Lane School", "secondary", None],
    )
    assert told(register(workbook(tmp_path / "schools.xlsx", *rows, first=first))) == EXPECTED


def test_workbook_with_the_name_of_a_csv_is_read_as_a_workbook(tmp_path: Path) -> None:
    workbook(tmp_path / "schools.xlsx", ["dfe_number"], [2101]).rename(tmp_path / "schools.csv")
    assert [number for number, _ in told(register(tmp_path / "schools.csv"))] == ["211/2101"]


def test_people_in_a_list_are_filled_into_the_copies(tmp_path: Path) -> None:
    people = {"headteacher_name": "Ann Lee", "main_contact_email": "Office@Cedar.example", "senior_leader_2_name": "Bo"}
    path = written(tmp_path, ROWS[0] | people)
    assert generated(path).exit_code == 0
    (copy,) = (tmp_path / "forms").iterdir()
    held = typed(copy.read_bytes())
    assert {name: held[name] for name in people} == people | {"main_contact_email": "Office@cedar.example"}
    assert held["phase_primary"] == held["phase_nursery"] == "Yes"
    assert register(path)[0].email == "Office@cedar.example"


def test_address_and_postcode_in_two_columns_are_joined(tmp_path: Path) -> None:
    (member,) = register(
        written(tmp_path, ROWS[0] | {"Registered Address": "3 Cedar Road, London", "Postcode": "e20ac"})
    )
    assert member.record.school["registered_address"] == "3 Cedar Road, London, E2 0AC"
    assert member.record.school["postcode"] == "E2 0AC"


# --- Mistakes -----------------------------------------------------------------------------------------------------


def test_missing_column_is_reported_before_bad_rows(tmp_path: Path) -> None:
    said = refused(written(tmp_path, {"School": "Cedar", "Phases": "wrong"}))
    assert "has no column dfe_number. Give the column of DfE numbers that name." in said
    assert "It may also be called “DFE Number”, “dfe no”, “dfe”, “laestab”." in said


def test_bad_rows_are_reported_by_row_and_column_without_their_content(tmp_path: Path) -> None:
    bad = {"DfE Number": "99", "Phases": "primari", "Headteacher Email": "jo at home", "Email": "", "Postcode": "?9"}
    said = refused(written(tmp_path, {**ROWS[0], **dict.fromkeys(bad, ""), **ROWS[0]}, {**bad, "School Name": "A"}))
    for words in (
        "row 3: DfE Number is not a DfE number",
        "row 3: Phases is none of nursery",
        "row 3: Headteacher Email",
    ):
        assert words in said
    assert "jo at home" not in said


def test_a_school_without_a_number_is_not_said_to_have_a_wrong_one(tmp_path: Path) -> None:
    nursery = {**dict.fromkeys(ROWS[0], ""), "School Name": "Tiny Steps Nursery"}
    assert "row 3: DfE Number is empty" in refused(written(tmp_path, ROWS[0], nursery))


def test_schools_listed_twice_are_reported_together_with_bad_rows(tmp_path: Path) -> None:
    twice = written(tmp_path, ROWS[0], ROWS[1], {**ROWS[0], "DfE Number": "2101"})
    assert "211/2101 is in the rows 2, 4" in refused(twice)
    said = refused(written(tmp_path, ROWS[0], ROWS[0], {**ROWS[0], "DfE Number": "99"}))
    assert "row 4: DfE Number is not a DfE number; 211/2101 is in the rows 2, 3" in said


def test_mistakes_of_all_kinds_and_sheets_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    headings = ["dfe_number", "Phase", "email", "E-mail"]
    workbook(path, headings, [2101, "primari", "", ""], [2102, "", "", ""], [2102, "secondary", "", ""])
    book = openpyxl.load_workbook(path)
    more = book.create_sheet("More")
    for row in (
        ["dfe_number", "Phase"],
        [2101, "special"],
        [99, "primary"],
        [2103, "="],
        [4242, "=A1"],
        ["=A2", "sec"],
    ):
        more.append(row)
    book.save(path)
    with pytest.raises(ListMistakesError) as refused_at_once:
        register(path)
    assert [mistake.partition(" none of")[0] for mistake in refused_at_once.value.mistakes] == [
        "sheet “Sheet”, the table has 2 columns email. Keep one of them",
        "sheet “Sheet”, row 2: Phase is",
        "sheet “Sheet”, 211/2102 is in the rows 3, 4: keep one of them",
        "sheet “More”, row 3: dfe_number is not a DfE number",
        "sheet “More”, row 6: Phase is",
        "sheet “More”, “Phase” in row 5 has a formula that was never calculated: open and save the list in Excel "
        "or LibreOffice",
        "sheet “More”, “dfe_number” in row 6 has a formula that was never calculated: open and save the list in Excel "
        "or LibreOffice",
    ]


def test_mistakes_beyond_ten_are_counted_instead_of_listed(tmp_path: Path) -> None:
    said = refused(written(tmp_path, *({"dfe_number": f"9{number}"} for number in range(14))))
    assert "row 11:" in said
    assert "row 12:" not in said
    assert "and 4 more" in said


def test_row_with_too_many_cells_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("dfe_number,school_name\n2101,Cedar, Primary\n")
    assert "row 2 has more cells than there are headings" in refused(path)


def test_note_beside_the_table_of_a_workbook_is_ignored(tmp_path: Path) -> None:
    path = workbook(tmp_path / "s.xlsx", ["dfe_number", "school_name"], [2101, "Cedar", None, "ask again in May"])
    assert told(register(path)) == (("211/2101", {"school_name": "Cedar"}),)


def test_column_that_is_there_twice_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("dfe_number,School Name,school_name\n2101,A,B\n")
    assert "has 2 columns school_name. Keep one of them." in refused(path)


def test_error_of_a_spreadsheet_is_reported_with_its_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "s.xlsx", ["dfe_number", "school_name"], [2101, "#N/A"])
    assert "sheet “Sheet”, row 2: school_name is an error of the spreadsheet" in refused(path)


FILES = {
    "an .ods": (
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, zipfile.ZIP_STORED),
        "is an OpenDocument spreadsheet (.ods). Open it in Excel or LibreOffice and save it as .xlsx",
    ),
    "an .xls": (olefile.MAGIC + bytes(512) + "Workbook".encode("utf-16-le"), "a workbook of an old kind (.xls)."),
    "an encrypted workbook": (
        olefile.MAGIC + bytes(512) + "EncryptedPackage".encode("utf-16-le"),
        "a workbook with a password",
    ),
    "HTML called .xls": (
        b"\xef\xbb\xbf\n<html xmlns:x='x'><table><tr><td>dfe_number",
        "is a web page (HTML), whatever its name ends in",
    ),
    "an .xlsb": (zipped({"xl/workbook.bin": b""}), "is a binary workbook (.xlsb)."),
    "a workbook of an old kind or with a password": (olefile.MAGIC + bytes(2048), "old kind, or one with a password"),
    "a damaged workbook": (b"PK\x03\x04" + bytes(200), "no Excel workbook that can be read"),
    "nothing": (b"", "has no column dfe_number"),
    "headings alone": (b"dfe_number,school_name\n", "has no school of Tower Hamlets in it"),
    "a quotation mark without its other half": (
        b'dfe_number,name\n2101,"Cedar\n2102,Dovecote\n2103,Elm\n',
        "has a cell that does not end. Look for a lone quotation mark",
    ),
    "a cell of many pages": (
        b'dfe_number,school_name\n2101,"' + b"Cedar\n" * 40_000,
        "Look for a lone quotation mark",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "has no column dfe_number"),
}


@pytest.mark.parametrize("what", FILES)
def test_file_that_is_not_a_list_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    data, words = FILES[what]
    (tmp_path / "schools.csv").write_bytes(data)
    assert words in refused(tmp_path / "schools.csv")


# --- Whatever people type -----------------------------------------------------------------------------------------

COLUMNS = ("dfe_number", "school_name", "phases", "registered_address", "postcode", "email", "headteacher_email", "x")
CELLS = st.one_of(
    st.text(max_size=20), st.sampled_from(["2101", "211/2101", "primary;AP", "-", "#N/A", "a@b.example", "E1 0AA"])
)


@settings(max_examples=150)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=9), max_size=4))
def test_list_with_any_content_gives_copies_or_one_line(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "schools.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    try:
        members = register(path)
    except SourceError as error:
        assert "\n" not in str(error)
        return
    for member in members:
        assert Master(DEFINITION).copy(answers(DEFINITION, member), member.dfe_number)
