"""What somebody wrote beside the boxes of a form on paper: the office is asked about it, and confirms it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support.deciding import decide, row_of
from tests.support.packing import mail, returns
from tests.support.paper import Paper
from tests.support.photographs import jpeg, tiff
from tests.support.read_pictures import put_in, read_from_picture
from tests.support.written_on import Sheet
from thep_forms.definition import FormDefinition
from thep_forms.reading import Note
from thep_forms.reading.later_pages import with_later_pages

CLAUSE = [(20, 195, 59), (20, 193, 64), (20, 151, 69.5)]
BESIDE = "field_unknown"


@pytest.fixture(scope="module")
def pages(definition: FormDefinition) -> list[Image.Image]:
    """A form that was filled in by hand, and scanned."""
    first = Paper(definition, seed=3).fill(answers("2101")).scanned()
    return [first, *(Sheet(definition, number).scanned() for number in (2, 3, 4))]


def asked(records: Path) -> list[tuple[str, str, str]]:
    """The severity, the code and the beginning of each question that is not about an answer."""
    found = [row for row in rows(records / "problems.csv") if not row["field"]]
    return [(row["severity"], row["code"], row["message"].partition(":")[0]) for row in found]


def test_struck_clause_and_remark_are_questions_about_their_pages(
    tmp_path: Path, definition: FormDefinition, pages: list[Image.Image]
) -> None:
    remark = Sheet(definition, 2).words((40, 252), "we do not agree to point 2").scanned()
    struck = Sheet(definition, 3).strike(CLAUSE).scanned()
    (tmp_path / "form.tif").write_bytes(tiff([pages[0], remark, struck, pages[3]]))
    ingest(tmp_path / "records", [tmp_path / "form.tif"])
    assert asked(tmp_path / "records") == [
        ("query", BESIDE, "Writing on page 2"),
        ("query", BESIDE, "Writing on page 3"),
    ]
    (noted,) = {row["read_from"] for row in rows(tmp_path / "records" / "values.csv") if not row["field"]}
    assert noted == "scan"


def test_form_without_writing_beside_its_boxes_is_asked_nothing_about_it(
    tmp_path: Path, pages: list[Image.Image]
) -> None:
    (tmp_path / "form.tif").write_bytes(tiff(pages))
    ingest(tmp_path / "records", [tmp_path / "form.tif"])
    assert asked(tmp_path / "records") == []


def test_remark_in_the_margin_of_the_first_page_is_a_question(
    tmp_path: Path, definition: FormDefinition, pages: list[Image.Image]
) -> None:
    first = Paper(definition, seed=3).fill(answers("2101"))
    first.stroke((420, 100), (520, 150), (620, 100), (720, 150))
    (tmp_path / "form.tif").write_bytes(tiff([first.scanned(), *pages[1:]]))
    ingest(tmp_path / "records", [tmp_path / "form.tif"])
    assert asked(tmp_path / "records") == [("query", BESIDE, "Writing on page 1")]


def test_photograph_of_a_page_without_boxes_is_read_with_its_form_and_asked_about(
    tmp_path: Path, definition: FormDefinition, pages: list[Image.Image]
) -> None:
    struck = Sheet(definition, 3).strike(CLAUSE).scanned()
    (tmp_path / "a.eml").write_bytes(mail({"1.jpg": jpeg(pages[0]), "3.jpg": jpeg(struck)}).as_bytes())
    ingest(tmp_path / "records", [tmp_path / "a.eml"])
    assert returns(tmp_path / "records") == {"a.eml/1.jpg": "needs_attention", "a.eml/3.jpg": "superseded"}
    assert ("query", BESIDE, "Writing on page 2") in asked(tmp_path / "records")  # of the form's pictures


def test_page_with_writing_that_comes_alone_needs_somebody(tmp_path: Path, definition: FormDefinition) -> None:
    (tmp_path / "3.jpg").write_bytes(jpeg(Sheet(definition, 3).strike(CLAUSE).scanned()))
    ingest(tmp_path / "records", [tmp_path / "3.jpg"])
    assert returns(tmp_path / "records") == {"3.jpg": "needs_attention"}


def test_question_is_closed_by_confirming(tmp_path: Path) -> None:
    reading = replace(read_from_picture(), notes=(Note("", 2),), shows_more=True)
    records = tmp_path / "records"
    photo = put_in(records, reading)
    assert asked(records) == [("query", BESIDE, "Writing on page 3")]
    decide("confirm", records, photo)
    assert (row_of(records, photo)["verdict"], row_of(records, photo)["problems"]) == ("accepted", "")


def test_writing_on_a_page_that_comes_again_is_kept_beside_that_on_another_page() -> None:
    first = replace(read_from_picture(), notes=(Note("", 0),), pages=(1, 2), page_count=2)
    again = replace(read_from_picture(), answers={}, notes=(Note("", 0),), pages=(2,), page_count=1)
    assert with_later_pages(first, [("again", again)]).notes == (Note("", 0), Note("", 2))
