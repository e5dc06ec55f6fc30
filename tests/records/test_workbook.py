"""`records.xlsx`: the tables as a workbook in which every cell is text."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from tests.conftest import ingest
from tests.support.commands import run
from thep_forms.checking.characters import without_controls
from thep_forms.checking.formula import exact as exact_value
from thep_forms.checking.formula import neutralised
from thep_forms.definition import Definitions, shipped
from thep_forms.records import Records, open_for_reading
from thep_forms.records.names import TableName
from thep_forms.records.tables import Row, Table, columns, sweep
from thep_forms.records.workbook import CUT, LONGEST, as_workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
AWKWARD = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12)
    | st.text("x05FaA\x01\x1f\r\n\t&<>'=", max_size=24)
    | st.sampled_from(
        ["0123", "1e5", "01/02/2026", "TRUE", "=1+1", "'=1", "+44 20 7946 0018", "http://a.example", " a "]
    )
)


def sheet_of(*values: str) -> bytes:
    return as_workbook([Table("t", {"c": "C"}, [[value] for value in values])], "Title")


def exact(data: bytes) -> list[list[str]]:
    """The cells of the first sheet, read as ECMA-376 says: by number from the shared strings, _xHHHH_ undone."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        strings = [item[0].text or "" for item in parsed(package, "sharedStrings.xml")]
        sheet = parsed(package, "worksheets/sheet1.xml")
    rows = [[cell.find(f"{MAIN}v") for cell in row] for row in sheet.iter(f"{MAIN}row")]
    return [[unescaped(strings[int(v.text or "")]) if v is not None else "" for v in row] for row in rows]


def parsed(package: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(package.read(f"xl/{name}"))  # noqa: S314 - the program under test wrote it, not a stranger


def unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def cells(sheet: Worksheet) -> list[list[str]]:
    return [[cell.value or "" for cell in row] for row in sheet.iter_rows()]


def below_header(sheet: Worksheet) -> list[Cell]:
    return [cell for row in sheet.iter_rows(min_row=2) for cell in row]


@pytest.fixture(scope="module")
def records(sample_records: Path) -> Path:
    """Records of the samples."""
    return sample_records


@pytest.fixture(scope="module")
def tables(records: Path) -> list[Table]:
    """The tables as the ledger has them."""
    definitions = Definitions.of_today()
    rows: dict[TableName, list[Row]] = {name: [] for name in TableName}
    with open_for_reading(records, definitions) as ledger:
        record_set = Records(ledger, definitions)
        for name, row in sweep(record_set):
            rows[name].append(row)
        return [Table(name, columns(record_set)[name], rows[name]) for name in TableName]


@pytest.fixture
def book(records: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(records / "records.xlsx")


def test_every_table_is_a_sheet_with_every_value_of_the_ledger(book: openpyxl.Workbook, tables: list[Table]) -> None:
    assert book.sheetnames == [table.name for table in tables]
    for table in tables:
        rows = [[cell.replace("\r", "_x000D_") for cell in row] for row in table.rows]
        assert cells(book[table.name]) == [list(table.columns), *rows]


def test_every_cell_is_text_and_stays_text_when_edited(book: openpyxl.Workbook) -> None:
    for sheet in book:
        for cell in below_header(sheet):
            assert (cell.number_format, cell.hyperlink) == ("@", None)
            assert cell.value is None or cell.data_type == "s"
            assert cell.quotePrefix == (cell.value or "x").startswith(("=", "+", "-", "@", "'"))
    names = [cell.value for cell in book["schools"]["C"]]
    assert "=Linden Primary School" in names


def test_the_header_is_bold_and_frozen_and_has_filters(book: openpyxl.Workbook) -> None:
    for sheet in book:
        assert all(cell.font.bold for cell in sheet[1])
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", sheet.dimensions)


def test_columns_fit_their_words_and_long_messages_are_wrapped(book: openpyxl.Workbook) -> None:
    for sheet in book:
        for column in sheet.columns:
            longest = max(len(cell.value or "") for cell in column)
            width = sheet.column_dimensions[column[0].column_letter].width
            assert longest < width or all(cell.alignment.wrap_text for cell in column[1:])
            assert 10 <= width < 70
    headings = [cell.value for cell in book["problems"][1]]
    messages = [row[headings.index("message")] for row in book["problems"].iter_rows(min_row=2)]
    assert all(cell.alignment.wrap_text for cell in messages)
    assert all(book["problems"].row_dimensions[cell.row].height >= 15 * len(cell.value) / 63 for cell in messages)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance, of `AARRGGBB`."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (2, 4, 6)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_problems_have_a_legible_colour_and_the_word_of_their_severity(book: openpyxl.Workbook) -> None:
    colours = {}
    severity = [cell.value for cell in book["problems"][1]].index("severity")
    for row in book["problems"].iter_rows(min_row=2):
        fills = {cell.fill.fgColor.rgb for cell in row}
        assert len(fills) == 1
        colours.setdefault(row[severity].value, set()).update(fills)
    assert colours.keys() == {"error", "query"}
    assert len({*colours["error"], *colours["query"]}) == 2
    for colour in (*colours["error"], *colours["query"], book["problems"]["A1"].fill.fgColor.rgb):
        assert (luminance(colour) + 0.05) / 0.05 > 7
    assert {cell.fill.patternType for cell in below_header(book["returns"])} == {None}


@given(st.lists(AWKWARD, min_size=1, max_size=6))
@example(["_x0041_", "a_x0041_b", "a\r\nb\rc\n", "\x01"])
def test_any_typed_text_is_in_the_workbook_exactly(values: list[str]) -> None:
    assert exact(sheet_of(*values)) == [["c"], *([without_controls(value)] for value in values)]


@given(st.lists(AWKWARD, min_size=1, max_size=6))
def test_any_typed_text_gives_a_workbook_that_other_programs_read(values: list[str]) -> None:
    sheet = opened(sheet_of(*values)).active
    assert [cell.value is None for cell in below_header(sheet)] == [without_controls(value) == "" for value in values]
    assert {cell.data_type for cell in below_header(sheet) if cell.value} <= {"s"}


@pytest.mark.parametrize("char", ["x", "é", "😀", "\t"])
def test_a_value_that_a_cell_cannot_hold_is_cut_off_and_says_so(char: str) -> None:
    units = len(char.encode("utf-16-le")) // 2
    whole, longer = char * (LONGEST // units), char * (LONGEST // units + 1)
    (_, (kept,), (cut,)) = exact(sheet_of(whole, longer))
    assert kept == whole
    assert cut.endswith(CUT)
    assert longer.startswith(cut.removesuffix(CUT))
    assert LONGEST - 1 <= len(cut.encode("utf-16-le")) // 2 <= LONGEST


@given(AWKWARD)
def test_a_cell_of_a_csv_gives_the_exact_value_back(value: str) -> None:
    assert exact_value(neutralised(value)) == value


def test_control_characters_reach_no_cell_of_a_workbook() -> None:
    assert exact(sheet_of("Jo\x1b[31m\x9b Ali\x00\x7f", "3 Road\nE2\t")) == [["c"], ["Jo[31m Ali"], ["3 Road\nE2\t"]]


@pytest.mark.parametrize("before", [" ", "\u00a0", "\ufeff", "\x00", "\u2800"])
def test_formula_after_blanks_is_marked_as_text_in_a_workbook(before: str) -> None:
    (cell,) = below_header(opened(sheet_of(f"{before}=1+1")).active)
    assert cell.quotePrefix


def test_characters_that_a_workbook_cannot_hold_are_marked() -> None:
    assert exact(sheet_of("a\ud83db", "\uffff")) == [["c"], ["a\ufffdb"], ["\ufffd"]]


def test_a_table_that_is_too_long_for_the_workbook_is_only_in_its_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thep_forms.records.workbook.MOST_CELLS", 2)
    long, short = ([[str(n)] for n in range(count)] for count in (3, 2))
    book = opened(as_workbook([Table("values", {"c": "C"}, long), Table("schools", {"c": "C"}, short)], "Title"))
    assert cells(book["schools"]) == [["c"], ["0"], ["1"]]
    ((message,),) = cells(book["values"])
    assert "3 rows" in message
    assert "values.csv" in message


def test_a_form_may_have_any_number_of_columns_and_one_called_severity() -> None:
    columns = {f"c{n}": "C" for n in range(60)} | {"severity": "Severity of weather"}
    sheet = opened(as_workbook([Table("schools", columns, [["storm"] * len(columns)])], "Title"))["schools"]
    assert sheet.dimensions == "A1:BI2"
    assert cells(sheet) == [list(columns), ["storm"] * 61]


def test_the_same_ledger_gives_the_same_bytes(records: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(records, tmp_path / "copy"))
    before = (copy / "records.xlsx").read_bytes()
    (copy / "records.xlsx").unlink()
    ingest(copy, [shipped("samples") / "returns"], register=shipped("samples") / "schools.csv")
    assert (copy / "records.xlsx").read_bytes() == before


def test_only_the_owner_can_read_the_workbook(records: Path) -> None:
    assert (records / "records.xlsx").stat().st_mode & 0o077 == 0


def test_a_workbook_that_agrees_with_the_ledger_is_not_rewritten(records: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(records, tmp_path / "copy"))
    before = (copy / "records.xlsx").stat()
    ingest(copy, [shipped("samples") / "returns"], register=shipped("samples") / "schools.csv")
    after = (copy / "records.xlsx").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_workbook_that_was_changed_by_hand_is_reported_and_rewritten(records: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(records, tmp_path / "copy"))
    book = openpyxl.load_workbook(copy / "records.xlsx")
    book["schools"]["C2"] = "Another name"
    book.save(copy / "records.xlsx")
    result = run("verify", "-o", copy)
    assert (result.exit_code, "records.xlsx is not what the ledger says" in result.stderr) == (1, True)
    ingest(copy, [shipped("samples") / "returns"], register=shipped("samples") / "schools.csv")
    assert run("verify", "-o", copy).exit_code == 0


def test_a_workbook_that_cannot_be_replaced_is_named_in_the_error(records: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(records, tmp_path / "copy"))
    (copy / "records.xlsx").unlink()
    (copy / "records.xlsx").mkdir()
    result = run("ingest", shipped("samples") / "returns", "-o", copy)
    assert result.exit_code == 2
    assert f"{copy / 'records.xlsx'}: " in result.stderr
