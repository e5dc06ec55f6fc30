"""What a person decides about pages of a form, and takes back, loses no page: none is read in the place of another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ingest, rows
from tests.remake_samples import answers
from tests.support.commands import run
from tests.support.deciding import decide, row_of
from tests.support.paged import LEADER, id_of, photos, sent, typed, verdicts
from tests.support.viewer import type_into
from thep_forms.definition import FormDefinition
from thep_forms.generate import master_of

Filled = Callable[..., bytes]
APART = {"1.jpg": "needs_attention", "4.jpg": "needs_attention"}


@pytest.fixture(scope="module")
def pages(filled: Filled) -> dict[str, bytes]:
    """The first and the last page of a form, and another last page, which says something else."""
    other = photos(filled("2101", **{LEADER: "Bo Khan"}), 4)
    return photos(filled("2101", **{LEADER: "Ada Hill"}), 1, 4) | {"other 4.jpg": other["4.jpg"]}


def come(records: Path, pages: dict[str, bytes], name: str, *files: str) -> None:
    """Have a message come with these pages."""
    folder = records.parent / "in"
    folder.mkdir(exist_ok=True)
    sent(folder, name, {file: pages[file] for file in files})
    ingest(records, [folder])


def undo_all(records: Path, return_id: str) -> None:
    found = [row for row in rows(records / "decisions.csv") if row["return_id"] == return_id]
    decide("undo", records, *(row["decision_id"] for row in found))


def test_a_page_that_is_put_back_is_not_read_in_the_place_of_one_that_came_since(
    records: Path, pages: dict[str, bytes]
) -> None:
    come(records, pages, "both", "1.jpg", "4.jpg")
    last = id_of(records, "both.eml", "4.jpg")
    decide("assign", records, last, "--school", "211/2103")
    come(records, pages, "other", "1.jpg", "other 4.jpg")
    undo_all(records, last)
    assert verdicts(records, "both.eml") == APART
    assert verdicts(records, "other.eml")["other 4.jpg"] == "needs_attention"


def test_a_form_that_was_decided_about_since_keeps_the_page_that_it_has(records: Path, pages: dict[str, bytes]) -> None:
    come(records, pages, "both", "1.jpg", "4.jpg")
    first, last = id_of(records, "both.eml", "1.jpg"), id_of(records, "both.eml", "4.jpg")
    decide("assign", records, last, "--school", "211/2103")
    come(records, pages, "other", "1.jpg", "other 4.jpg")
    decide("confirm", records, first)
    undo_all(records, last)
    assert typed(records, first)[LEADER] == "Bo Khan"
    assert verdicts(records, "both.eml")["4.jpg"] == "needs_attention"


def test_no_other_page_takes_the_place_of_one_that_a_person_confirmed_by_itself(
    records: Path, pages: dict[str, bytes]
) -> None:
    come(records, pages, "all", *pages)
    decide("confirm", records, id_of(records, "all.eml", "4.jpg"))
    come(records, pages, "first", "1.jpg")
    assert set(verdicts(records, "all.eml").values()) == {"needs_attention"}


def test_once_a_decision_is_undone_pages_go_together_as_if_there_had_been_none(
    records: Path, pages: dict[str, bytes]
) -> None:
    come(records, pages, "both", "1.jpg", "4.jpg")
    first = id_of(records, "both.eml", "1.jpg")
    decide("confirm", records, first)
    come(records, pages, "other", "1.jpg", "other 4.jpg")
    assert typed(records, first)[LEADER] == "Ada Hill"
    undo_all(records, first)
    assert verdicts(records, "both.eml") == APART
    assert LEADER not in typed(records, first)


def test_a_page_stays_apart_that_came_beside_a_form_of_which_a_person_says_whose_it_is(
    records: Path, pages: dict[str, bytes], filled: Filled
) -> None:
    form = {"form.pdf": filled("2102")}
    come(records, pages | form, "both", "1.jpg", "4.jpg", "form.pdf")
    assert verdicts(records, "both.eml")["4.jpg"] == "needs_attention"
    decide("assign", records, id_of(records, "both.eml", "form.pdf"), "--school", "211/2101")
    come(records, pages, "first", "1.jpg")
    assert verdicts(records, "both.eml")["4.jpg"] == "needs_attention"


def test_a_page_of_another_school_stays_its_when_the_school_of_its_form_is_forgotten(
    records: Path, definition: FormDefinition
) -> None:
    own = type_into(master_of(definition).copy({}, "211/2101"), answers("2101", **{LEADER: "Ada Hill"}))
    come(records, photos(own, 1, 4), "both", "1.jpg", "4.jpg")
    last = id_of(records, "both.eml", "4.jpg")
    decide("assign", records, last, "--school", "211/2103")
    for number in ("1", "2"):  # the second lets the first count again
        decide("undo", records, number)
    assert run("forget", "-o", records, "--school", "211/2101", "--yes").exit_code == 0
    assert row_of(records, last)["dfe_number"] == "211/2103"


# --- what is forgotten ------------------------------------------------------------------------------------------------


def test_a_page_goes_with_its_form_once_the_other_first_page_that_came_with_it_is_forgotten(
    records: Path, pages: dict[str, bytes], filled: Filled
) -> None:
    (records.parent / "in").mkdir()
    sent(records.parent / "in", "rival", {"rival 1.jpg": photos(filled("2102"), 1)["1.jpg"], "4.jpg": pages["4.jpg"]})
    come(records, pages, "both", "1.jpg", "4.jpg")
    assert verdicts(records, "both.eml") == APART
    assert run("forget", "-o", records, "--school", "211/2102", "--yes").exit_code == 0
    assert verdicts(records, "both.eml") == {"1.jpg": "needs_attention", "4.jpg": "superseded"}
    assert typed(records, id_of(records, "both.eml", "1.jpg"))[LEADER] == "Ada Hill"


def test_a_page_goes_with_its_form_once_two_first_pages_that_differ_in_a_forgotten_person_say_the_same(
    records: Path, filled: Filled
) -> None:
    told = {LEADER: "Ada Hill", "senior_leader_3_email": "ada.hill"}
    forms = [filled("2101", chair_of_governors_name=name, **told) for name in ("Zoe Quill", "ZOE QUILL")]
    firsts = {f"{at} 1.jpg": photos(form, 1)["1.jpg"] for at, form in enumerate(forms)}
    come(records, firsts | photos(forms[0], 4), "all", *firsts, "4.jpg")
    assert set(verdicts(records, "all.eml").values()) == {"needs_attention"}
    assert run("forget", "-o", records, "--person", "Zoe Quill", "--yes").exit_code == 0
    assert sorted(verdicts(records, "all.eml").values()) == ["needs_attention", "superseded", "superseded"]
    assert "senior_leader_3_email" in {row["field"] for row in rows(records / "problems.csv")}
    assert "senior_leader_3_email" not in {row["field"] for row in rows(records / "decisions.csv")}
