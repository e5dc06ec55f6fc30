"""Marks by hand that miss their square: a person is asked what is meant."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.reading.test_paper_marks import PICTURES, Answers
from tests.support.paper import Paper
from thep_forms.checking.checker import check
from thep_forms.definition import FormDefinition
from thep_forms.reading import Doubt
from thep_forms.reading.read import read_file

BESIDE = {
    "phase_nursery": "over the words",
    "phase_special": "after",
    "phase_all_through": "below",
    "phase_other": "from the corner",
}


def answers_in(definition: FormDefinition, page: Image.Image, way: str) -> Answers:
    (reading,) = read_file(PICTURES[way](page), lambda _: definition)
    return reading.answers


@pytest.fixture(scope="module", params=PICTURES)
def read(request: pytest.FixtureRequest, definition: FormDefinition) -> Answers:
    """What is read from a page with marks that miss their squares, and one that does not."""
    paper = Paper(definition)
    for name, kind in {**BESIDE, "phase_secondary": "tick"}.items():
        paper.mark(name, kind)
    return answers_in(definition, paper.scanned(), request.param)


@pytest.mark.parametrize("name", BESIDE)
def test_mark_beside_its_square_is_asked_about(read: Answers, name: str) -> None:
    assert (read[name].text, read[name].others, read[name].doubts) == ("", (), {Doubt.UNREADABLE})


def test_box_with_a_mark_beside_it_is_said_to_be_unclear_and_not_to_hold_two_answers(
    definition: FormDefinition,
) -> None:
    paper = Paper(definition, values={"dfe_number": "2101"}).mark("phase_nursery", "over the words")
    (reading,) = read_file(PICTURES["scan"](paper.scanned()), lambda _: definition)
    found = {str(each.code) for each in check(reading, definition).problems if each.field == "phase_nursery"}
    assert found == {"value_unreadable", "scan_unconfirmed"}


def test_squares_without_a_mark_beside_them_are_empty(read: Answers) -> None:
    assert (read["phase_primary"].text, read["phase_primary"].doubts) == ("", frozenset())


def test_square_with_a_mark_is_ticked_among_others_with_marks_beside_them(read: Answers) -> None:
    assert (read["phase_secondary"].text, read["phase_secondary"].doubts) == ("yes", frozenset())


@pytest.mark.parametrize("way", PICTURES)
def test_tick_that_strays_and_writing_that_rises_from_below_mark_no_other_square(
    definition: FormDefinition, way: str
) -> None:
    paper = Paper(definition).mark("phase_special", "straying")
    left, top, right, _ = paper.edges("registered_address")
    for x in range(round(left) + 40, round(right) - 40, 90):
        paper.stroke((x, top + 50), (x + 6, top - 12))  # a tall letter
    answers = answers_in(definition, paper.scanned(), way)
    asked = {name: answer for name, answer in answers.items() if name.startswith("phase") and answer.says_something}
    assert {name: (answer.text, answer.doubts) for name, answer in asked.items()} == {"phase_special": ("yes", set())}
