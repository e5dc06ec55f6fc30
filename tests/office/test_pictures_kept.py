"""What was read from pictures is found, erased, verified and exported like any other answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import rows
from tests.support.commands import run
from tests.support.deciding import decide, row_of, value
from tests.support.read_pictures import put_in, read_from_picture

CHAIR = "chair_of_governors_name"
PERSON = {CHAIR: "Bea L0w", "chair_of_governors_email": "bea.low@cedar.example"}


@pytest.fixture
def photo(records: Path) -> str:
    """The id of a picture of which one answer was corrected, and all others are confirmed."""
    found = put_in(records, read_from_picture(PERSON))
    decide("confirm", records, found, "chair_of_governors_email")
    return found


def everything_in(records: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(records.rglob("*")) if path.is_file())


def test_person_is_found_by_what_was_read_and_by_what_it_probably_is(records: Path, photo: str) -> None:
    for words in ("Bea Low", "bea.low@cedar.example"):
        result = run("find", words, "-o", records)
        assert (result.exit_code, photo in result.stdout) == (0, True), words


def test_export_for_a_person_has_the_picture(records: Path, photo: str, tmp_path: Path) -> None:
    assert run("find", "Bea Low", "-o", records, "--export", tmp_path / "out").exit_code == 0
    assert [path.suffix for path in (tmp_path / "out").rglob("*.png")] == [".png"]
    assert photo in "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html"))


def test_erased_person_is_in_no_answer_decision_or_picture(records: Path, photo: str) -> None:
    assert list((records / "returns").iterdir()) != []
    result = run("forget", "-o", records, "--person", "Bea Low", "--yes")
    assert result.exit_code == 0, result.stderr
    left = everything_in(records)
    assert [text for text in (b"Bea L", b"bea.low") if text in left] == []
    assert list((records / "returns").iterdir()) == []
    assert row_of(records, photo)["verdict"] == "needs_attention"  # the other answers are still to be confirmed


def test_what_is_left_of_a_picture_can_be_confirmed(records: Path, photo: str) -> None:
    assert run("forget", "-o", records, "--person", "Bea Low", "--yes").exit_code == 0
    decide("confirm", records, photo)
    assert row_of(records, photo)["verdict"] == "accepted"
    assert "Bea" not in "".join(row["name"] for row in rows(records / "contacts.csv"))


@pytest.mark.usefixtures("photo")
def test_records_with_a_picture_are_sound_and_a_changed_picture_is_not(records: Path) -> None:
    assert run("verify", "-o", records, "--deep").exit_code == 0
    (picture,) = (records / "returns").iterdir()
    picture.write_bytes(picture.read_bytes() + b" ")
    result = run("verify", "-o", records, "--deep")
    assert (result.exit_code, picture.name in result.stdout + result.stderr) == (1, True)


def test_picture_is_read_without_what_was_known_of_a_year_that_is_forgotten(records: Path) -> None:
    before = put_in(records, read_from_picture({CHAIR: "Ann Lee"}, year="2025-26"), "before.png", year=2025)
    decide("confirm", records, before)
    now = put_in(records, read_from_picture({CHAIR: "AnnLee"}), "now.png")
    assert value(records, now, CHAIR)["value"] == "Ann Lee"
    assert run("forget", "-o", records, "--before", "2026", "--yes").exit_code == 0
    assert value(records, now, CHAIR)["value"] == "AnnLee"
    assert run("verify", "-o", records).exit_code == 0


def test_schools_with_pictures_are_forgotten_with_them(records: Path, photo: str) -> None:
    assert run("forget", "-o", records, "--school", "2101", "--yes").exit_code == 0
    assert list((records / "returns").iterdir()) == []
    assert photo not in (records / "values.csv").read_text(encoding="utf-8")
