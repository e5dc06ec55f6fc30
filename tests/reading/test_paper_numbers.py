"""The DfE number on paper: with or without the digits of the authority, and what stands there that is no number."""

from __future__ import annotations

import pytest

from tests.support.paper import Paper
from tests.support.photographs import jpeg
from thep_forms.definition import FormDefinition
from thep_forms.reading import Answer
from thep_forms.reading.read import read_file


def read(definition: FormDefinition, written: str) -> Answer:
    """What is read where that was written into the box for the number."""
    paper = Paper(definition).write("dfe_number", written)
    (reading,) = read_file(jpeg(paper.scanned()), lambda _: definition)
    return reading.answers["dfe_number"]


@pytest.mark.parametrize(("written", "number"), [("4736", "4736"), ("211/4736", "211/4736"), ("2114736", "211/4736")])
def test_number_is_read_with_and_without_its_authority(definition: FormDefinition, written: str, number: str) -> None:
    answer = read(definition, written)
    assert (answer.text, answer.doubts) == (number, frozenset())
    assert answer.confidence is not None
    assert answer.confidence > 0.9


def test_stroke_that_looks_like_a_one_is_a_stroke(definition: FormDefinition) -> None:
    assert read(definition, "21114736").text == "211/4736"


@pytest.mark.parametrize("written", ["473", "47361", "211/473", "212/4736"])
def test_digits_that_are_no_number_stay_as_they_are(definition: FormDefinition, written: str) -> None:
    assert "".join(read(definition, written).text.split()) == written
