"""Pages of several forms in one PDF are told apart by their codes, and a page alone finds its school."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
import pytest

from tests.conftest import Rows, inbox, ingest, read_return, rows
from tests.remake_samples import answers
from tests.support.changing import changed
from tests.support.printers import FLATTENED, by_cairo, by_qpdf, joined, on_sheets, pages_of
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition, MembershipYear, load_definition
from thep_forms.definition.identity import Code, read_code, school_in
from thep_forms.generate import Master
from thep_forms.reading import FileKind
from thep_forms.reading.read import read_file

Way = Callable[[bytes], bytes]
FIRST, LAST = (0,), (3,)  # pages of the form with boxes
OURS, THEIRS = ("2101", "Cedar Leader"), ("4242", "Ivy Leader")


def filled(number: str, leader: str, year: str = "2026-27", copy_of: str | None = None) -> bytes:
    """A school's copy, or a blank form, with a leader on the continuation page and a new chair."""
    told = answers(number, senior_leader_3_name=leader)
    school = f"211/{number}" if copy_of is None else copy_of
    copy = Master(load_definition(year).for_copies).copy(told, school)
    return type_into(copy, {"chair_of_governors_name": "Edith Newly-Elected"})


@pytest.fixture(scope="module")
def ours() -> bytes:
    return filled(*OURS)


@pytest.fixture(scope="module")
def theirs() -> bytes:
    return filled(*THEIRS)


@pytest.fixture(scope="module")
def earlier() -> bytes:
    return filled(*OURS, year="2025-26")


@pytest.fixture(scope="module")
def blank() -> bytes:
    """A blank form, which our school filled in."""
    return filled(*OURS, copy_of="")


def taken_in(folder: Path, pdf: bytes) -> tuple[Rows, list[str]]:
    """The rows of `returns.csv`, and the names in `contacts.csv`."""
    ingest(folder / "records", [inbox(folder / "inbox", joined=pdf)])
    names = [row["name"] for row in rows(folder / "records" / "contacts.csv")]
    return rows(folder / "records" / "returns.csv"), names


# --- what a code says -------------------------------------------------------------------------------------------------


def test_code_of_a_copy_says_what_it_was_filled_in_with() -> None:
    code = Code("thep-membership", MembershipYear(2026), 1, 2, 4, "211/4242", "0123456789ab")
    assert str(code) == "THEP-MEMBERSHIP 2026-27 R1 P2/4 211/4242 0123456789AB"
    assert read_code(str(code)) == code
    assert code.form_id == "thep-membership 2026-27 r1 211/4242 0123456789ab"


def test_code_of_an_earlier_version_has_no_digest() -> None:
    code = read_code("THEP-MEMBERSHIP 2026-27 R1 P1/4 211/4242")
    assert code is not None
    assert (code.school, code.digest) == ("211/4242", "")


# --- pages of two schools ---------------------------------------------------------------------------------------------


WAYS: dict[str, tuple[Way, Way]] = {
    "with boxes": (bytes, bytes),
    "flattened": (by_qpdf, by_qpdf),
    "printed": (by_cairo, by_cairo),
    "the first with boxes": (bytes, by_qpdf),
    "the first with boxes, the other printed": (bytes, by_cairo),
    "the other with boxes": (by_cairo, bytes),
}
CHOICES: dict[str, tuple[Sequence[int], Sequence[int]]] = {
    "a first and a last page": (FIRST, LAST),
    "a first page and all that follow": (FIRST, (1, 2, 3)),
    "a whole form and a last page": ((0, 1, 2, 3), LAST),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("way", WAYS)
def test_people_on_a_page_of_another_school_never_become_those_of_the_first(
    tmp_path: Path, ours: bytes, theirs: bytes, way: str, choice: str
) -> None:
    (first, other), (own, foreign) = WAYS[way], CHOICES[choice]
    found, names = taken_in(tmp_path, joined((first(ours), own), (other(theirs), foreign)))
    assert "Ivy Leader" not in names
    assert any(row["verdict"] not in ("accepted", "superseded") for row in found)


@pytest.mark.parametrize("way", WAYS)
def test_pages_of_two_schools_are_a_return_of_each(tmp_path: Path, ours: bytes, theirs: bytes, way: str) -> None:
    first, other = WAYS[way]
    found, _ = taken_in(tmp_path, joined((first(ours), FIRST), (other(theirs), LAST)))
    by_school = {row["dfe_number"]: row for row in found}
    assert {*by_school} == {"211/2101", "211/4242"}
    assert "pages_missing" in by_school["211/2101"]["problems"]
    assert by_school["211/4242"]["verdict"] == "needs_attention"


@pytest.mark.parametrize("way", WAYS)
def test_page_of_last_years_form_is_no_page_of_this_years(
    tmp_path: Path, ours: bytes, earlier: bytes, way: str
) -> None:
    first, other = WAYS[way]
    found, names = taken_in(tmp_path, joined((first(ours), FIRST), (other(earlier), LAST)))
    problems = {row["membership_year"]: row["problems"] for row in found}
    assert "pages_missing" in problems["2026-27"]
    assert "year_earlier" in problems["2025-26"]
    assert "Cedar Leader" not in names


@pytest.mark.parametrize("way", FLATTENED)
def test_page_without_boxes_of_another_school_did_not_come_back(
    definition: FormDefinition, ours: bytes, theirs: bytes, way: str
) -> None:
    pdf = joined((FLATTENED[way](ours), (0, 3)), (FLATTENED[way](theirs), (1,)), (FLATTENED[way](ours), (2,)))
    assert read_return(pdf, definition).pages_missing == (2,)


def test_page_without_boxes_of_another_school_behind_a_page_with_boxes_did_not_come_back(
    definition: FormDefinition, ours: bytes, theirs: bytes
) -> None:
    reading = read_return(joined((ours, FIRST), (theirs, (1, 2))), definition)
    assert reading.pages_missing == (2, 3, 4)


def test_continuation_of_a_blank_form_belongs_to_a_schools_copy(tmp_path: Path, ours: bytes, blank: bytes) -> None:
    found, names = taken_in(tmp_path, joined((by_cairo(ours), (0, 1, 2)), (by_cairo(blank), LAST)))
    assert [(row["verdict"], row["dfe_number"]) for row in found] == [("accepted", "211/2101")]
    assert "Cedar Leader" in names


@pytest.mark.parametrize("way", WAYS)
def test_continuation_of_a_schools_copy_does_not_belong_to_a_blank_form(
    tmp_path: Path, blank: bytes, theirs: bytes, way: str
) -> None:
    first, other = WAYS[way]
    found, names = taken_in(tmp_path, joined((first(blank), FIRST), (other(theirs), LAST)))
    assert {row["dfe_number"] for row in found} == {"211/2101", "211/4242"}
    assert "Ivy Leader" not in names


@pytest.mark.parametrize("way", [bytes, by_qpdf, by_cairo])
def test_pages_of_one_form_in_any_order_are_one_return(ours: bytes, definition: FormDefinition, way: Way) -> None:
    reading = read_return(joined((way(ours), (3, 1, 0, 2))), definition)
    assert (reading.kind, reading.pages_missing) == (FileKind.FORM, ())
    assert reading.answers["senior_leader_3_name"].text == "Cedar Leader"


def test_forms_of_two_schools_on_one_sheet_are_two_returns(
    ours: bytes, theirs: bytes, definition: FormDefinition
) -> None:
    sheet = on_sheets(joined((by_qpdf(ours), FIRST), (by_qpdf(theirs), FIRST)), 2)
    found = read_file(sheet, lambda _: definition)
    assert [school_in(reading.form_id) for reading in found] == ["211/2101", "211/4242"]


def written_anew(pdf: bytes) -> bytes:
    """As a viewer saves it that writes the content of each page anew, and keeps its fields."""

    def change(opened: pikepdf.Pdf) -> None:
        for page in opened.pages:
            drawn = page.obj.Resources.XObject
            for name in [name for name in list(drawn) if name.startswith("/Code")]:
                drawn["/Fm0"] = drawn[name]
                drawn["/Fm0"].write(drawn[name].read_bytes().partition(b"\n")[2])
                del drawn[name]
                page.contents_coalesce()
                page.obj.Contents.write(page.obj.Contents.read_bytes().replace(name.encode(), b"/Fm0"))
            del page.obj["/PieceInfo"]

    return changed(pdf, change)


def test_pages_with_boxes_that_a_viewer_wrote_anew_are_told_apart_by_their_drawn_codes(
    definition: FormDefinition, ours: bytes, theirs: bytes
) -> None:
    pdf = joined((written_anew(ours), FIRST), (written_anew(theirs), LAST))
    first, other = read_file(pdf, lambda _: definition)
    assert (first.answers["dfe_number"].text, "senior_leader_3_name" in first.answers) == ("2101", False)
    assert other.answers["senior_leader_3_name"].text == "Ivy Leader"
    assert other.form_id.startswith("thep-membership 2026-27 r1 211/4242")


# --- a page alone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", range(4))
@pytest.mark.parametrize("way", [bytes, by_qpdf, by_cairo, written_anew])
def test_page_alone_finds_its_school_and_year(tmp_path: Path, ours: bytes, way: Way, page: int) -> None:
    ((row,), _) = taken_in(tmp_path, pages_of(way(ours), page))
    assert (row["dfe_number"], row["membership_year"]) == ("211/2101", "2026-27")
    assert row["verdict"] == ("accepted" if page == 0 else "needs_attention" if page == 3 else "blank")
