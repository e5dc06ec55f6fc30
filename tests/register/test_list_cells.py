"""What a person sees in the cells of a list is what counts, or the list says where it cannot be told."""

from __future__ import annotations

import datetime
import logging
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from tests.support.packing import zipped
from tests.support.register_lists import refusal, register
from thep_forms.register import NOTES

HEADINGS = ["DfE number", "School name", "Phase", "E-mail", "Headteacher name", "Headteacher e-mail"]
CEDAR = ["2101", "Cedar", "primary", "office@cedar.example", "Ada Head", "ada@cedar.example"]
DOVECOTE = ["2102", "Dovecote", "primary", "office@dove.example", "Ben Head", "ben@dove.example"]
STRUCK = Font(strike=True)


@pytest.fixture
def notes() -> Iterator[list[str]]:
    """The lines that reading a list gives."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    NOTES.addHandler(handler)
    yield lines
    NOTES.removeHandler(handler)


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Makes a workbook of rows, after `change` had its sheet."""

    def make(
        change: Callable[[Worksheet], None], rows: Sequence[Sequence[object]] = (HEADINGS, CEDAR, DOVECOTE)
    ) -> Path:
        workbook = openpyxl.Workbook()
        workbook.active.title = "members"
        for row in rows:
            workbook.active.append(row)
        change(workbook.active)
        workbook.save(tmp_path / "list.xlsx")
        return tmp_path / "list.xlsx"

    return make


def put(at: str, value: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[at] = value

    return change


# --- struck through -------------------------------------------------------------------------------------------------


def test_struck_through_cell_is_not_used_and_named(book: Callable[..., Path], notes: list[str]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D2"].font = sheet["F3"].font = STRUCK

    cedar, dovecote = register(book(change))
    assert (cedar.email, dovecote.email) == ("ada@cedar.example", "office@dove.example")
    assert dovecote.record.contacts[0].parts == {"name": "Ben Head"}
    assert notes[1:] == [
        "list.xlsx: not used: struck-through words of “E-mail” in row 2 of sheet “members”, "
        "struck-through words of “Headteacher e-mail” in row 3 of sheet “members”."
    ]


def test_struck_through_words_of_a_cell_are_not_used_and_named(book: Callable[..., Path], notes: list[str]) -> None:
    text = CellRichText(
        TextBlock(InlineFont(strike=True), "old@cedar.example "), TextBlock(InlineFont(), "new@cedar.example")
    )
    cedar, _ = register(book(put("D2", text)))
    assert cedar.email == "new@cedar.example"
    assert "struck-through words of “E-mail” in row 2" in notes[1]


def test_struck_through_words_in_the_strings_of_a_workbook_are_not_used(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "list.xlsx")
    sheet = workbook.add_worksheet()
    for number, row in enumerate((HEADINGS, CEDAR)):
        sheet.write_row(number, 0, row)
    struck, plain = workbook.add_format({"font_strikeout": True}), workbook.add_format()
    sheet.write_rich_string(1, 3, struck, "old@cedar.example ", plain, "new@cedar.example")
    workbook.close()
    (cedar,) = register(tmp_path / "list.xlsx")
    assert cedar.email == "new@cedar.example"


# --- formulas -------------------------------------------------------------------------------------------------------


def test_formula_that_was_never_calculated_is_named_with_row_and_column(book: Callable[..., Path]) -> None:
    path = book(put("D3", '="office@school"&A3&".example"'))
    assert refusal(path).endswith(
        ", sheet “members”, has formulas that were never calculated: “E-mail” in row 3. "
        "Open it in Excel or LibreOffice, save it there, and give it again."
    )


def test_formula_that_stands_for_the_number_was_never_calculated_is_named(book: Callable[..., Path]) -> None:
    assert "“DfE number” in row 4" in refusal(book(put("A4", '="211/"&2103')))


def test_formula_in_an_unused_column_or_with_a_result_is_no_mistake(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "list.xlsx")
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, [*HEADINGS, "Pupils"])
    sheet.write_row(1, 0, CEDAR)
    sheet.write_formula(1, 3, '="office@"&"cedar.example"', None, "office@cedar.example")
    sheet.write_formula(1, 4, '=IF(1,"","")', None, "empty")
    sheet.write_formula(1, 6, "=1+1")
    workbook.close()
    with zipfile.ZipFile(tmp_path / "list.xlsx") as made:
        parts = {name: made.read(name).replace(b"<v>empty</v>", b"<v></v>") for name in made.namelist()}
    (tmp_path / "list.xlsx").write_bytes(zipped(parts))
    (cedar,) = register(tmp_path / "list.xlsx")
    assert cedar.email == "office@cedar.example"
    assert cedar.record.contacts[0].parts == {"email": "ada@cedar.example"}


def test_formula_with_the_zero_that_a_program_writes_for_no_result_is_named(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "list.xlsx")
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, CEDAR)
    sheet.write_formula(1, 1, "=B1")
    workbook.close()
    assert "“School name” in row 2" in refusal(tmp_path / "list.xlsx")


# --- numbers and dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "number_format", "shown"),
    [
        (42, "0000", "211/0042"),
        (2101, '"211/"0000', "211/2101"),
        (2112101, r"000\/0000", "211/2101"),
        (2101.0, "#,##0", "211/2101"),
        (2101, "0.00E+00", "211/2101"),
        (2101, "[Red]0000;@", "211/2101"),
    ],
)
def test_number_is_read_as_its_format_shows_it(
    book: Callable[..., Path], stored: float, number_format: str, shown: str
) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["A2"] = stored
        sheet["A2"].number_format = number_format

    assert register(book(change))[0].dfe_number == shown


def test_telephone_number_is_read_as_its_format_shows_it(book: Callable[..., Path]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["G1"], sheet["G2"], sheet["G3"] = "Headteacher telephone", 2079460018, 447700900123
        sheet["G2"].number_format, sheet["G3"].number_format = "00000 000000", r"\+#"

    numbers = [school.record.contacts[0].parts["telephone"] for school in register(book(change))]
    assert numbers == ["020 7946 0018", "07700 900123"]


@pytest.mark.parametrize("value", [datetime.date(2026, 5, 1), datetime.time(9, 30)])
def test_date_in_the_place_of_words_is_named_with_row_and_column(book: Callable[..., Path], value: object) -> None:
    expected = "row 3: Headteacher name is a date or a time; a spreadsheet may have made it of something else."
    assert expected in refusal(book(put("E3", value)))


@pytest.mark.parametrize("cell", ["01-May", "1-May-26", "May-26", "2026-05-01", "01/05/2026", "1.5.26", "10:30"])
def test_date_in_a_csv_in_the_place_of_words_is_named(tmp_path: Path, cell: str) -> None:
    (tmp_path / "list.csv").write_text(f"dfe_number,school_name\n2101,{cell}\n", encoding="utf-8")
    assert "row 2: school_name is a date or a time" in refusal(tmp_path / "list.csv")


@pytest.mark.parametrize("name", ["May Day School", "1-3 May Street", "School 21", "April Jones", "24/7 School"])
def test_name_with_a_month_or_a_number_is_no_date(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text(f"dfe_number,school_name\n2101,{name}\n", encoding="utf-8")
    assert [school.name for school in register(tmp_path / "list.csv")] == [name]


def test_date_in_an_unused_column_is_no_mistake(book: Callable[..., Path]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["G1"], sheet["G2"] = "Joined", datetime.date(2020, 9, 1)

    assert len(register(book(change))) == 2


def test_number_that_a_csv_shows_as_a_formula_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text('dfe_number,school_name\n"=""0042""",Cedar\n', encoding="utf-8")
    assert [school.dfe_number for school in register(tmp_path / "list.csv")] == ["211/0042"]


# --- merged cells and headings in two rows --------------------------------------------------------------------------


def test_merged_cells_count_for_each_of_their_rows(book: Callable[..., Path]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["C2"] = "special"
        sheet.merge_cells("C2:C5")

    schools = register(book(change))
    assert [(school.dfe_number, school.phases) for school in schools] == [
        ("211/2101", ("special",)),
        ("211/2102", ("special",)),
    ]


def test_struck_through_merged_cells_count_for_none_of_their_rows(book: Callable[..., Path]) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D2"].font = STRUCK
        sheet.merge_cells("D2:D3")

    assert [school.email for school in register(book(change))] == ["ada@cedar.example", "ben@dove.example"]


def test_cells_merged_across_columns_count_for_the_first_and_are_named(
    book: Callable[..., Path], notes: list[str]
) -> None:
    cedar, _ = register(book(lambda sheet: sheet.merge_cells("D2:F2")))
    assert (cedar.email, cedar.record.contacts) == ("office@cedar.example", ())
    line = "cells merged across columns count for the first column: “E-mail” in row 2 of sheet “members”."
    assert notes[1:] == [f"list.xlsx: {line}"]


def test_merged_cells_beside_the_table_are_ignored(book: Callable[..., Path], notes: list[str]) -> None:
    def change(sheet: Worksheet) -> None:
        for cells in ("H2:J2", "H1:H3", "A7:F7", "B8:B9"):
            sheet.merge_cells(cells)

    assert len(register(book(change))) == 2
    assert notes[1:] == []


TWO_ROWS = [
    ["DfE number", "School", "Headteacher", None, "Chair of governors", None],
    [None, None, "Name", "E-mail", "Name", "E-mail"],
    ["2101", "Cedar", "Ada Head", "ada@cedar.example", "Cy Chair", "cy@cedar.example"],
]
GROUPS_ABOVE = [
    [None, None, "Headteacher", None, "Chair of governors", None],
    ["DfE number", "School", "Name", "E-mail", "Name", "E-mail"],
    TWO_ROWS[2],
]


def merge_down_and_across(sheet: Worksheet) -> None:
    for cells in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
        sheet.merge_cells(cells)


def leave(sheet: Worksheet) -> None:
    """Change nothing."""


@pytest.mark.parametrize(
    ("rows", "change"), [(TWO_ROWS, merge_down_and_across), (TWO_ROWS, leave), (GROUPS_ABOVE, leave)]
)
def test_headings_over_two_rows_are_read_together(
    book: Callable[..., Path], rows: list[list[object]], change: Callable[[Worksheet], None]
) -> None:
    (cedar,) = register(book(change, [["Members of 2026-27"], *rows] if change is leave else rows))
    assert cedar.name == "Cedar"
    assert {contact.role: dict(contact.parts) for contact in cedar.record.contacts} == {
        "headteacher": {"name": "Ada Head", "email": "ada@cedar.example"},
        "chair_of_governors": {"name": "Cy Chair", "email": "cy@cedar.example"},
    }


def test_group_over_some_columns_does_not_reach_beyond_the_merged_cells(book: Callable[..., Path]) -> None:
    rows = [
        [None, None, "Headteacher", None, None],
        ["DfE number", "School", "Name", "E-mail", "E-mail"],
        ["2101", "Cedar", "Ada Head", "ada@cedar.example", "office@cedar.example"],
    ]
    (cedar,) = register(book(lambda sheet: sheet.merge_cells("C1:D1"), rows))
    assert (cedar.email, cedar.record.contacts[0].parts["email"]) == ("office@cedar.example", "ada@cedar.example")


# --- links ----------------------------------------------------------------------------------------------------------


def linked(at: str, text: str, target: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[at].hyperlink = target
        sheet[at].value = text

    return change


def test_address_that_stands_in_a_link_alone_is_read_and_said(book: Callable[..., Path], notes: list[str]) -> None:
    cedar, _ = register(book(linked("D2", "Write to us", "mailto:new%40cedar.example?subject=Form")))
    assert cedar.email == "new@cedar.example"
    assert notes[1] == "list.xlsx: took the e-mail addresses from links in row 2 of sheet “members”."


def test_address_in_the_link_of_a_persons_name_is_the_persons(book: Callable[..., Path]) -> None:
    rows = [HEADINGS[:5], CEDAR[:5]]
    (cedar,) = register(book(linked("E2", "Ada Head", "mailto:ada@cedar.example"), rows))
    assert cedar.record.contacts[0].parts == {"name": "Ada Head", "email": "ada@cedar.example"}


def test_address_in_the_link_of_a_schools_name_is_the_schools(book: Callable[..., Path]) -> None:
    rows = [HEADINGS[:3], CEDAR[:3]]
    (cedar,) = register(book(linked("B2", "Cedar", "mailto:office@cedar.example"), rows))
    assert (cedar.name, cedar.email) == ("Cedar", "office@cedar.example")


def test_address_in_a_cell_counts_before_the_one_in_its_link(book: Callable[..., Path], notes: list[str]) -> None:
    cedar, _ = register(book(linked("D2", "new@cedar.example", "mailto:old@cedar.example")))
    assert cedar.email == "new@cedar.example"
    cedar, _ = register(book(linked("E2", "Ada Head", "mailto:old@cedar.example")))
    assert cedar.record.contacts[0].parts["email"] == "ada@cedar.example"
    assert not [line for line in notes if "links" in line]


def test_link_of_a_formula_is_read(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "list.xlsx")
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, CEDAR)
    sheet.write_formula(1, 3, '=HYPERLINK("mailto:new@cedar.example","Office")', None, "Office")
    workbook.close()
    (cedar,) = register(tmp_path / "list.xlsx")
    assert cedar.email == "new@cedar.example"


def test_link_to_a_web_page_is_no_address(book: Callable[..., Path]) -> None:
    assert "row 2: E-mail is not an e-mail address" in refusal(book(linked("D2", "Our site", "https://cedar.example/")))


# --- encodings ------------------------------------------------------------------------------------------------------

NAMES = "dfe_number,school_name\n2101,École St Anne’s – José Muñoz\n2102,Siân Müller’s “Café”\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("cp1252", ""), ("mac_roman", "an old Mac’s encoding"), ("utf-16-le", ""), ("utf-16-be", ""), ("utf-16", "")],
)
def test_encoding_of_a_csv_is_told_by_its_letters(tmp_path: Path, notes: list[str], encoding: str, said: str) -> None:
    (tmp_path / "list.csv").write_bytes(NAMES.encode(encoding))
    assert [school.name for school in register(tmp_path / "list.csv")] == [
        "École St Anne’s – José Muñoz",
        "Siân Müller’s “Café”",
    ]
    line = f"list.csv: check the letters beyond A to Z: the file seems to have {said}."
    assert notes[1:] == ([line] if said else [])


def test_csv_of_ms_dos_is_read_and_said(tmp_path: Path, notes: list[str]) -> None:
    (tmp_path / "list.csv").write_bytes("dfe_number,school_name\n2101,École José\n2102,Siân Müller\n".encode("cp850"))
    assert [school.name for school in register(tmp_path / "list.csv")] == ["École José", "Siân Müller"]
    assert "MS-DOS’ encoding" in notes[1]


WINDOWS_NAMES = ["A–Z School", "and so on…", "’til late", "north–south", "“Oak”", "ŽIŽEK", "Name™", "½ day", "Peter’s"]


@pytest.mark.parametrize("name", WINDOWS_NAMES)
def test_marks_of_windows_are_taken_for_no_other_encoding(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_bytes(f"dfe_number,school_name\n2101,{name}\n".encode("cp1252"))
    assert [school.name for school in register(tmp_path / "list.csv")] == [name]


def test_csv_with_bars_between_its_cells_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("DfE number|School name\n2101|Cedar\n", encoding="utf-8")
    assert [school.name for school in register(tmp_path / "list.csv")] == ["Cedar"]


@pytest.mark.parametrize("typed", ["TBC", "Vacant", "n/a", "None"])
def test_cells_that_say_only_that_there_is_nobody_are_empty(book: Callable[..., Path], typed: str) -> None:
    (cedar,) = register(book(lambda _: None, [HEADINGS, [*CEDAR[:3], typed, typed, typed]]))
    assert (cedar.email, cedar.record.contacts) == ("", ())


@pytest.mark.parametrize("typed", ["Mr", "Headteacher"])
def test_cell_for_a_name_with_nothing_but_a_title_names_nobody(book: Callable[..., Path], typed: str) -> None:
    (cedar,) = register(book(put("E2", typed)))[:1]
    assert [contact.parts for contact in cedar.record.contacts] == [{"email": "ada@cedar.example"}]
