"""Marks by hand: ticks of all kinds, what was scratched out, ringed or crossed out, and handwriting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from PIL import Image

from tests.support.paper import Paper, faxed
from tests.support.photographs import jpeg, saved, taken_of
from thep_forms.definition import FormDefinition
from thep_forms.reading import Answer, Doubt, ReadFrom
from thep_forms.reading.read import read_file

MARKS = {
    "phase_nursery": "tick",
    "phase_primary": "cross",
    "phase_secondary": "filled",
    "phase_special": "straying",
    "phase_ap": "scratched",
    "phase_all_through": "ringed",
}
PICTURES: dict[str, Callable[[Image.Image], bytes]] = {
    "scan": lambda page: jpeg(page, 70),
    "fax": lambda page: saved(faxed(page), "TIFF", compression="group4"),
    "photograph": lambda page: jpeg(taken_of(page, degrees=3, perspective=0.1, shade=True, blur=0.7)),
}
Answers = Mapping[str, Answer]


@pytest.fixture(scope="module", params=PICTURES)
def read(request: pytest.FixtureRequest, definition: FormDefinition) -> Answers:
    """What is read from a page that was marked and written on."""
    known = {"main_contact_name": "Sam Okafor", "chair_of_governors_name": "Priya Rahman"}
    paper = Paper(definition, values=known)
    for name, kind in MARKS.items():
        paper.mark(name, kind)
    paper.cross_out("main_contact_name").write("main_contact_name", "Ben Lewis", right=True)
    paper.cross_out("chair_of_governors_name")
    paper.write("dfe_number", "2101").write("headteacher_telephone", "020 7946 0101")
    paper.write("registered_address", "3 Cedar Road\nTower Hamlets\nLondon\nE2 0AC")
    paper.write("headteacher_email", "a.yildiz@cedar2101.example")
    (reading,) = read_file(PICTURES[request.param](paper.scanned()), lambda _: definition)
    return reading.answers


@pytest.mark.parametrize("name", [name for name, kind in MARKS.items() if kind not in ("scratched", "ringed")])
def test_tick_cross_filled_square_and_straying_tick_are_ticks(read: Answers, name: str) -> None:
    assert (read[name].text, read[name].doubts) == ("yes", frozenset())


def test_tick_that_was_scratched_out_is_asked_about(read: Answers) -> None:
    answer = read["phase_ap"]
    assert (answer.text, answer.others, answer.doubts) == ("", ("yes",), {Doubt.STRUCK_OUT})


def test_label_with_a_ring_is_asked_about(read: Answers) -> None:
    answer = read["phase_all_through"]
    assert (answer.text, answer.others, answer.doubts) == ("yes", ("",), {Doubt.STRUCK_OUT})


def test_square_without_a_mark_is_empty(read: Answers) -> None:
    assert read["phase_other"] == Answer("", ReadFrom.SCAN, page=0, confidence=1.0)


def test_words_crossed_out_and_written_beside_are_asked_about_with_both(read: Answers) -> None:
    answer = read["main_contact_name"]
    assert (answer.text, answer.others, answer.doubts) == ("Ben Lewis", ("Sam Okafor",), {Doubt.STRUCK_OUT})


def test_words_crossed_out_alone_leave_an_empty_answer_that_is_asked_about(read: Answers) -> None:
    answer = read["chair_of_governors_name"]
    assert (answer.text, answer.others, answer.doubts) == ("", ("Priya Rahman",), {Doubt.STRUCK_OUT})


def test_slanted_writing_is_read(read: Answers) -> None:
    assert read["dfe_number"].text == "2101"
    assert read["headteacher_telephone"].text.replace(" ", "") == "02079460101"
    assert read["registered_address"].text.split("\n")[:3] == ["3 Cedar Road", "Tower Hamlets", "London"]
    assert read["headteacher_email"].text == "a.yildiz@cedar2101.example"
