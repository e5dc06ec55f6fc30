"""What somebody wrote on paper outside of the boxes: it is not read, but noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.conftest import edit
from tests.remake_samples import answers
from tests.support.paper import ITALICS, PEN, Paper
from tests.support.photographs import curved, jpeg, taken_of, tiff
from tests.support.viewer import draw
from tests.support.written_on import Sheet
from thep_forms.definition import FormDefinition, load_definition
from thep_forms.generate import generate
from thep_forms.reading.read import read_file
from thep_forms.reading.reasons import NOTHING_WRITTEN, PICTURE

VALUES = answers("2101")


@pytest.fixture(scope="module")
def paper(definition: FormDefinition) -> Image.Image:
    """The first page of the form, filled in by hand."""
    return Paper(definition, seed=3).fill(VALUES).picture


def noted(paper: Image.Image, place: tuple[float, float], words: str) -> Image.Image:
    """The paper with words at a place, given as shares of its width and height."""
    found = paper.copy()
    at = (place[0] * paper.width, place[1] * paper.height)
    ImageDraw.Draw(found).text(at, words, fill=PEN, font=ImageFont.truetype(ITALICS, 40))
    return found


def shows_more(definition: FormDefinition, data: bytes) -> bool:
    (reading,) = read_file(data, lambda _: definition)
    return reading.shows_more


def test_answers_by_hand_are_nothing_more(definition: FormDefinition, paper: Image.Image) -> None:
    assert not shows_more(definition, jpeg(paper))


def test_a_table_and_a_shadow_are_nothing_more(definition: FormDefinition, paper: Image.Image) -> None:
    assert not shows_more(definition, jpeg(taken_of(paper, degrees=2, perspective=0.04, shade=True)))


@pytest.mark.parametrize("number", [1, 4])
def test_print_of_a_curved_page_is_nothing_more(definition: FormDefinition, paper: Image.Image, number: int) -> None:
    page = paper if number == 1 else Sheet(definition, number).picture
    assert not shows_more(definition, jpeg(taken_of(curved(page, 20, 1.5), degrees=2, perspective=0.04, shade=False)))


def test_words_on_a_curved_page_are_noticed(definition: FormDefinition) -> None:
    page = Sheet(definition, 3).words((60, 7), "see over").picture
    assert shows_more(definition, jpeg(taken_of(curved(page, 20, 1.5), degrees=2, perspective=0.04, shade=False)))


@pytest.mark.parametrize("place", [(0.12, 0.02), (0.025, 0.5), (0.4, 0.94)], ids=["above", "left", "below"])
def test_words_in_a_margin_are_noticed(
    definition: FormDefinition, paper: Image.Image, place: tuple[float, float]
) -> None:
    assert shows_more(definition, jpeg(noted(paper, place, "see over")))


def test_a_last_page_with_words_in_its_margin_alone_is_not_called_empty(definition: FormDefinition) -> None:
    page = draw(generate(definition), 3, scale=200 / 72)
    reasons = []
    for paper in (page, noted(page, (0.12, 0.02), "Bob Ray is our chair")):
        (reading,) = read_file(jpeg(paper), lambda _: definition)
        reasons.append(reading.reason)
    assert reasons == [NOTHING_WRITTEN, PICTURE]


def test_a_letter_scanned_with_the_page_is_noticed(definition: FormDefinition, paper: Image.Image) -> None:
    page = paper.resize((paper.width // 2, paper.height // 2))
    back = Image.new("RGB", (450, 635), "white")
    assert not shows_more(definition, tiff([page, back]))
    assert shows_more(definition, tiff([page, noted(back, (0.1, 0.1), "Our new chair\nis Bob Ray,\nsince last May.")]))


@pytest.fixture(scope="module", params=["2017-18", "2026-27"])
def form(request: pytest.FixtureRequest) -> FormDefinition:
    return load_definition(request.param)


def test_words_that_only_copies_with_answers_have_are_nothing_more(form: FormDefinition) -> None:
    for values in ({}, VALUES):
        (paper,) = read_file(jpeg(Paper(form.for_copies, values, seed=3).fill(VALUES).picture), lambda _: form)
        assert not paper.shows_more


def test_another_day_and_address_of_return_are_nothing_more(templates: Path, form: FormDefinition) -> None:
    """They may have changed after the form was sent."""
    edit(templates / "partnership.toml", "31 May", "15 September")
    edit(templates / "partnership.toml", "membership@thepartnership", "returned.membership.forms@thepartnership")
    before = load_definition(str(form.year), templates)
    for definition in (before, before.for_copies):
        (paper,) = read_file(jpeg(Paper(definition, seed=3).fill(VALUES).picture), lambda _: form)
        assert not paper.shows_more


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_form_with_the_partnerships_name_of_before_is_nothing_more(
    templates: Path, form: FormDefinition, number: int
) -> None:
    edit(templates / "partnership.toml", 'name = "THE Partnership"', 'name = "Harbour Schools Together"')
    before = load_definition(str(form.year), templates)
    assert not shows_more(form, jpeg(Sheet(before, number).scanned()))


def test_words_across_a_text_that_is_the_same_in_all_copies_are_noticed(
    definition: FormDefinition, paper: Image.Image
) -> None:
    assert shows_more(definition, jpeg(noted(paper, (0.3, 0.35), "we do not agree to this")))
