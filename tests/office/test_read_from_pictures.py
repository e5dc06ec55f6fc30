"""What was read from a picture is a proposal until a person has confirmed it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Rows, inbox, ingest, record_files, rows
from tests.remake_samples import answers, dated
from tests.support.commands import run
from tests.support.deciding import decide, entered, last_decision, refused, return_id, row_of, standing, value
from tests.support.read_pictures import ANSWERS, CEDAR, CHAIR, DEFINITIONS, EMAIL, put_in, read_from_picture, with_list
from thep_forms.office.display.to_do import look_up_to_do
from thep_forms.office.tasks import Act, TaskKind
from thep_forms.reading import Answer, Doubt, FileKind, ReadFrom, Reading
from thep_forms.reading.model import Answer as ReadAnswer

Filled = Callable[..., bytes]


def codes(records: Path, return_id: str) -> set[str]:
    return set(row_of(records, return_id)["problems"].split(";")) - {""}


def problems(records: Path, return_id: str, code: str) -> Rows:
    return [row for row in rows(records / "problems.csv") if (row["return_id"], row["code"]) == (return_id, code)]


# --- proposals --------------------------------------------------------------------------------------------------------


def test_answers_from_a_picture_are_not_accepted_before_a_person_confirms_them(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    row = row_of(records, photo)
    assert (row["verdict"], row["read_from"], row["dfe_number"]) == ("needs_attention", "scan", CEDAR)
    filled_in = [name for name, text in answers("2101").items() if text]
    assert {problem["field"] for problem in problems(records, photo, "scan_unconfirmed")} == set(filled_in)
    assert rows(records / "schools.csv") == []


def test_confirmed_picture_counts_as_any_other_return(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    result = decide("confirm", records, photo)
    assert "It is accepted" in result.stderr
    assert (row_of(records, photo)["verdict"], row_of(records, photo)["problems"]) == ("accepted", "")
    assert [row["return_id"] for row in rows(records / "schools.csv")] == [photo]
    assert row_of(records, photo)["read_from"] == "scan"


def test_confirmed_picture_that_needs_somebody_again_is_no_longer_among_the_pictures(
    records: Path, tmp_path: Path
) -> None:
    photo = put_in(records, read_from_picture())
    assert [task.kind for task in look_up_to_do(records, DEFINITIONS).tasks] == [TaskKind.PICTURE]
    decide("confirm", records, photo)
    (tmp_path / "schools.csv").write_text("dfe_number,school_name\n2103,Elm Tree Primary School\n", encoding="utf-8")
    ingest(records, [inbox(tmp_path / "empty")], register=tmp_path / "schools.csv")
    (task,) = look_up_to_do(records, DEFINITIONS).tasks
    assert (task.kind, task.act) == (TaskKind.CORRECTION, Act.ASSIGN_SCHOOL)


def test_answers_are_confirmed_box_by_box(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    boxes = [row["field"] for row in problems(records, photo, "scan_unconfirmed")]
    decide("confirm", records, photo, *boxes[:-1])
    assert row_of(records, photo)["verdict"] == "needs_attention"
    decide("confirm", records, photo, boxes[-1])
    assert row_of(records, photo)["verdict"] == "accepted"


def test_answers_confirmed_in_one_go_are_one_line_of_the_history(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    count = len(problems(records, photo, "scan_unconfirmed"))
    decide("confirm", records, photo)
    _, line = run("history", photo, "-o", records).stdout.splitlines()
    assert f"{count} answers, as they were read from the picture. Decisions 1 to {count}" in line


def test_values_say_what_was_read_and_how_sure_the_reader_was(records: Path) -> None:
    photo = put_in(records, read_from_picture({"dfe_number": "2l01"}, confidence=0.876))
    row = value(records, photo, "dfe_number")
    assert (row["raw"], row["value"], row["read_from"], row["confidence"]) == ("2l01", CEDAR, "scan", "0.88")


def test_values_of_a_form_have_no_confidence(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", cedar=filled())])
    assert {row["confidence"] for row in rows(records / "values.csv")} == {""}


def test_picture_without_answers_is_as_before(records: Path) -> None:
    reading = Reading(FileKind.SCAN, form_id=f"thep-membership 2026-27 r1 {CEDAR}", reason="This is a picture.")
    photo = put_in(records, reading)
    assert (row_of(records, photo)["problems"], row_of(records, photo)["read_from"]) == ("scan", "scan")
    assert "Type them in" in refused("confirm", records, photo)
    assert "Type them in" in refused("correct", records, photo, f"{CHAIR}=Ann Lee")


def test_undone_confirmation_takes_the_return_out_again(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    decide("confirm", records, photo)
    numbers = [row["decision_id"] for row in rows(records / "decisions.csv")]
    assert run("undo", *numbers, "-o", records).exit_code == 0
    assert row_of(records, photo)["verdict"] == "needs_attention"


# --- correcting -------------------------------------------------------------------------------------------------------


def test_corrected_answer_needs_no_confirmation(records: Path) -> None:
    photo = put_in(records, read_from_picture({CHAIR: "Amn Lcc"}))
    decide("correct", records, photo, f"{CHAIR}=Ann Lee")
    assert CHAIR not in {row["field"] for row in problems(records, photo, "scan_unconfirmed")}
    row = value(records, photo, CHAIR)
    assert (row["raw"], row["value"], row["corrected"], row["read_from"]) == ("Amn Lcc", "Ann Lee", "Ann Lee", "scan")


def test_box_with_another_error_is_left_out_of_a_confirmation(records: Path) -> None:
    photo = put_in(records, read_from_picture({EMAIL: "jo at cedar"}))
    decide("confirm", records, photo)
    assert codes(records, photo) == {"email_invalid", "scan_unconfirmed"}
    assert "not an email address" in refused("confirm", records, photo, EMAIL)
    decide("correct", records, photo, f"{EMAIL}=jo@cedar.example")
    assert row_of(records, photo)["verdict"] == "accepted"


def test_answer_that_is_corrected_to_what_was_read_is_confirmed(records: Path) -> None:
    photo = put_in(records, read_from_picture({CHAIR: "Ann Lee"}))
    decide("correct", records, photo, f"{CHAIR}=Ann Lee")
    assert (last_decision(records)["action"], last_decision(records)["after"]) == ("confirm", "Ann Lee")
    assert CHAIR not in {row["field"] for row in problems(records, photo, "scan_unconfirmed")}


@with_list
def test_other_number_is_assigned(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    decide("assign", records, photo, "--school", "4242")
    assert row_of(records, photo)["dfe_number"] == "211/4242"
    assert "dfe_number" not in {row["field"] for row in problems(records, photo, "scan_unconfirmed")}


# --- struck out -------------------------------------------------------------------------------------------------------


def struck(text: str, *others: str) -> Answer:
    return Answer(text, ReadFrom.SCAN, frozenset({Doubt.STRUCK_OUT}), others, page=0, confidence=0.8)


def with_answers(reading: Reading, **changed: ReadAnswer) -> Reading:
    return Reading(FileKind.SCAN, {**reading.answers, **changed}, form_id=reading.form_id, places=reading.places)


def test_words_crossed_out_are_asked_about_with_both_readings(records: Path) -> None:
    photo = put_in(records, with_answers(read_from_picture(), **{CHAIR: struck("Bea Low", "Ann Lee")}))
    (problem,) = problems(records, photo, "value_struck_out")
    assert ("“Bea Low” and “Ann Lee”" in problem["message"], problem["severity"]) == (True, "error")
    assert problems(records, photo, "value_conflict") == []


def test_mark_in_an_empty_box_is_asked_about_in_words_that_say_it_once(records: Path) -> None:
    photo = put_in(records, with_answers(read_from_picture(), business_manager_email=struck("", "")))
    (problem,) = problems(records, photo, "value_struck_out")
    assert "and we read no answer. Please tell us" in problem["message"]


@pytest.mark.parametrize(("text", "words"), [("yes", "we read a tick"), ("", "we read no tick")])
def test_scratched_tick_is_asked_about_until_it_is_confirmed(records: Path, text: str, words: str) -> None:
    photo = put_in(records, with_answers(read_from_picture(), phase_special=struck(text)))
    (problem,) = problems(records, photo, "value_struck_out")
    assert (problem["field"], words in problem["message"]) == ("phase_special", True)
    decide("confirm", records, photo)
    assert row_of(records, photo)["verdict"] == "accepted"


def test_one_tick_is_confirmed_with_all_that_is_asked_about_it(records: Path) -> None:
    photo = put_in(records, with_answers(read_from_picture(), phase_special=struck("yes")))
    decide("confirm", records, photo, "phase_special")
    assert problems(records, photo, "value_struck_out") == []
    left = {row["field"] for row in problems(records, photo, "scan_unconfirmed")}
    assert ("phase_special" in left, "phase_primary" in left) == (False, True)


# --- copies -----------------------------------------------------------------------------------------------------------


def test_copy_that_came_back_on_paper_as_it_was_printed_is_unchanged(records: Path) -> None:
    photo = put_in(records, read_from_picture(copy_of=CEDAR, printed=answers("2101")))
    assert codes(records, photo) == {"scan_unconfirmed", "copy_unchanged"}
    decide("confirm", records, photo)
    assert row_of(records, photo)["verdict"] == "accepted"


def test_copy_that_says_what_the_school_said_last_year_is_unchanged(records: Path) -> None:
    before = put_in(records, read_from_picture(year="2025-26"), "before.png", year=2025)
    decide("confirm", records, before)
    now = put_in(records, read_from_picture(copy_of=CEDAR), "now.png")
    assert "copy_unchanged" in codes(records, now)
    typed_anew = put_in(records, read_from_picture(), "blank-form.png", day=2)
    assert "copy_unchanged" not in codes(records, typed_anew)


# --- which return counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "verdicts"), [(2, ("accepted", "superseded")), (20, ("superseded", "accepted"))])
def test_of_a_typed_form_and_a_confirmed_picture_the_later_one_counts(
    records: Path, filled: Filled, day: int, verdicts: tuple[str, str]
) -> None:
    ingest(records, [inbox(records.parent / "in", typed=dated(filled(), "20260510"))])
    photo = put_in(records, read_from_picture({CHAIR: "Bea Low"}), day=day)
    typed = return_id(records, "typed")
    assert row_of(records, typed)["verdict"] == "accepted"  # whatever a picture says that nobody has confirmed
    if day == 20:
        decide("confirm", records, photo)
    assert (row_of(records, typed)["verdict"], row_of(records, photo)["verdict"]) == verdicts


def test_picture_that_says_what_the_accepted_form_says_needs_nobody(records: Path, filled: Filled) -> None:
    ingest(records, [inbox(records.parent / "in", typed=dated(filled(), "20260502"))])
    same = put_in(records, read_from_picture(), "same.png", day=20)
    other = put_in(records, read_from_picture({CHAIR: "Bea Low"}), "other.png", day=20)
    assert (row_of(records, same)["verdict"], row_of(records, other)["verdict"]) == ("superseded", "needs_attention")


@with_list
def test_answers_that_the_office_enters_settle_a_picture(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    decide("enter", records, "2101", "2026-27", *(f"{name}={text}" for name, text in ANSWERS.items()))
    assert row_of(records, photo)["verdict"] == "superseded"
    assert [row["verdict"] for row in entered(records)] == ["accepted"]


def test_picture_is_closed_and_opened_again(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    decide("close", records, photo)
    assert row_of(records, photo)["verdict"] == "closed"
    assert run("undo", last_decision(records)["decision_id"], "-o", records).exit_code == 0
    assert row_of(records, photo)["verdict"] == "needs_attention"


# --- in words ---------------------------------------------------------------------------------------------------------


@with_list
def test_list_of_what_needs_a_person_says_how_many_answers_to_compare(records: Path) -> None:
    photo = put_in(records, read_from_picture())
    count = len(problems(records, photo, "scan_unconfirmed"))
    result = run("ingest", inbox(records.parent / "nothing"), "-o", records)
    assert f"{count} answers were read from a picture: compare and confirm" in " ".join(result.stderr.lower().split())
    assert f"thep-forms confirm {photo}" in result.stderr
    assert standing(records, "2101") == "needs_attention"


def test_no_school_is_asked_to_confirm_what_we_read_from_a_picture(records: Path, schools: Path) -> None:
    put_in(records, read_from_picture({EMAIL: "jo at cedar"}))
    page = records.parent / "page.html"
    assert run("report", "2026-27", "-o", page, "--records", records, "--schools", schools).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert ("is not an email address" in text, "Compare it with the page" in text) == (True, False)


def test_results_made_from_the_same_are_not_made_again(records: Path, tmp_path: Path) -> None:
    photo = put_in(records, read_from_picture())
    before = record_files(records)
    shutil.copytree(records, tmp_path / "copy")
    assert run("history", photo, "-o", records).exit_code == 0
    assert record_files(records) == before
