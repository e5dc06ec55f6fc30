"""What stands on paper: forms that were typed and printed, then scanned, faxed or photographed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.remake_samples import answers
from tests.support.changing import texts_in
from tests.support.paper import Paper, faxed
from tests.support.photographs import jpeg, saved, taken_of, tiff
from tests.support.printers import joined, scanned
from tests.support.viewer import draw
from thep_forms.definition import FormDefinition
from thep_forms.definition.identity import school_in
from thep_forms.generate import Master, PaperCopy, pack
from thep_forms.layout import MM, lay_out
from thep_forms.reading import Answer, FileKind, PagePlace, ReadFrom, Reading
from thep_forms.reading.pictures.pace import steps_told_to
from thep_forms.reading.read import read_file
from thep_forms.reading.reasons import ILLEGIBLE, NO_CODE, NOT_INSTALLED, PICTURE

SCHOOL = "211/2101"
VALUES = answers("2101", senior_leader_3_name="Cy Lee", senior_leader_3_email="c.lee@cedar2101.example")
LEADERS = {name: value for name, value in VALUES.items() if name.startswith("senior_leader_3")}
FIRST_PAGE = {name: "yes" if value is True else value for name, value in VALUES.items() if name not in LEADERS}
TALL = 2339  # dots: the height of a page at 200 dots an inch


@pytest.fixture(scope="module")
def printed(definition: FormDefinition) -> bytes:
    """A copy that was filled in, then printed."""
    return pack(definition, [PaperCopy(VALUES, SCHOOL)])


@pytest.fixture(scope="module")
def page(printed: bytes) -> Image.Image:
    """Its first page, as a scanner sees it at 200 dots an inch."""
    return draw(printed, 0, scale=200 / 72).convert("L")


def read(definition: FormDefinition, data: bytes) -> tuple[Reading, ...]:
    return read_file(data, lambda _: definition)


@pytest.fixture(scope="module")
def page_reading(definition: FormDefinition, page: Image.Image) -> Reading:
    """What is read from the page."""
    (reading,) = read(definition, jpeg(page))
    return reading


def without_code(page: Image.Image) -> Image.Image:
    """The page with a stamp over its code."""
    stamped = page.copy()
    ImageDraw.Draw(stamped).ellipse((page.width * 0.87, page.height * 0.915, page.width, page.height * 0.98), fill=90)
    return stamped


def corner_seen(place: PagePlace, x: float, y: float) -> tuple[float, float]:
    """Where a point of the form's page is in the picture, as shares of its edges."""
    across, down, depth = np.array(place.matrix).reshape(3, 3) @ (x, y, 1)
    return across / depth, down / depth


# --- what comes back -------------------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Image.Image], bytes]] = {
    "a scan": lambda page: jpeg(page.rotate(0.7, fillcolor=255), 70),
    "a coarse scan": lambda page: jpeg(page.resize((1240, 1754), Image.Resampling.LANCZOS), 60),
    "a fax": lambda page: saved(faxed(page.rotate(-0.5, fillcolor=255)), "TIFF", compression="group4"),
    "a fax of half the lines": lambda page: saved(
        faxed(page).resize((page.width, page.height // 2)), "TIFF", compression="group4", dpi=(200, 100)
    ),
    "a photograph upside down": lambda page: jpeg(taken_of(page, degrees=177, perspective=0.12, shade=True)),
    "a negative": lambda page: saved(ImageOps.invert(page), "PNG"),
    "a screenshot of a dark viewer": lambda page: jpeg(page.point(lambda grey: 225 - grey * 3 // 4)),
    "a page without its code": lambda page: jpeg(without_code(page)),
    "a negative without its code": lambda page: jpeg(ImageOps.invert(without_code(page))),
    "a page without its code on its side": lambda page: jpeg(without_code(page).rotate(90, expand=True)),
}


@pytest.mark.parametrize("way", WAYS)
def test_typed_page_is_read_whole(definition: FormDefinition, page: Image.Image, way: str) -> None:
    (reading,) = read(definition, WAYS[way](page))
    assert (reading.kind, reading.reason) == (FileKind.SCAN, PICTURE)
    assert texts_in(reading) == FIRST_PAGE | ({"note 1": ""} if "without" in way else {})  # the stamp over the code
    assert school_in(reading.form_id) == ("" if "without" in way else SCHOOL)
    assert f"{reading.form_id} {reading.title}".count("2026-27") == 1
    assert reading.pages_missing == (2, 3, 4)
    assert set(reading.boxes) == set(reading.answers) == {box.box.name for box in lay_out(definition)[0].boxes}


def test_small_spaces_between_groups_of_digits_are_seen_in_a_photograph(definition: FormDefinition) -> None:
    values = {"chair_of_governors_telephone": "020 7946 0812", "registered_address": "93 Cedar Road\nLondon\nE12 4AB"}
    page = draw(pack(definition, [PaperCopy(values)]), 0, scale=200 / 72).convert("L")
    large = page.resize((2400, 3394), Image.Resampling.BICUBIC)
    (reading,) = read(definition, jpeg(taken_of(large, degrees=2.5, perspective=0.12, shade=True, blur=1.6), 75))
    assert {name: reading.text_of(name) for name in values} == values


def test_answers_say_where_they_were_read_and_how_surely(page_reading: Reading) -> None:
    assert {answer.read_from for answer in page_reading.answers.values()} == {ReadFrom.SCAN}
    assert {answer.page for answer in page_reading.answers.values()} == {0}
    for name, answer in page_reading.answers.items():
        assert answer.confidence is not None
        assert 0.9 < answer.confidence <= 1
        assert answer.doubts == frozenset(), name


def test_boxes_of_an_empty_form_are_empty_and_not_doubtful(definition: FormDefinition) -> None:
    (reading,) = read(definition, jpeg(Paper(definition).scanned()))
    assert set(reading.answers.values()) == {Answer("", ReadFrom.SCAN, page=0, confidence=1.0)}


def test_form_id_of_a_copy_has_the_digest_of_what_it_was_filled_in_with(
    definition: FormDefinition, page_reading: Reading
) -> None:
    assert page_reading.form_id == definition.form_id_of(SCHOOL, VALUES)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_page_is_placed_the_same_whichever_way_round_it_lies(
    definition: FormDefinition, page: Image.Image, quarters: int
) -> None:
    (reading,) = read(definition, saved(page.rotate(90 * quarters, expand=True), "PNG"))
    (place,) = reading.places
    assert (place.page, place.number) == (0, 1)
    measures = definition.file.page
    for x, y in ((0.1, 0.2), (0.9, 0.5), (0.5, 0.9)):
        across, down = corner_seen(place, x * measures.width * MM, y * measures.height * MM)
        for _ in range(quarters):
            across, down = 1 - down, across
        assert (across, down) == pytest.approx((x, y), abs=0.002)


# --- several pages ----------------------------------------------------------------------------------------------------


def test_pile_of_scans_in_any_order_is_a_reading_for_each_school(definition: FormDefinition, printed: bytes) -> None:
    other = pack(definition, [PaperCopy({"dfe_number": "4242", "senior_leader_3_name": "Bo Ray"}, "211/4242")])
    pile = joined(scanned(printed, [3]), scanned(other, [0]), scanned(printed, [0]), scanned(other, [3]))
    steps: list[None] = []
    with steps_told_to(lambda: steps.append(None)):
        first, second = read(definition, pile)
    assert len(steps) == 4
    assert texts_in(first) == {**FIRST_PAGE, **LEADERS}
    assert texts_in(second) == {"dfe_number": "4242", "senior_leader_3_name": "Bo Ray"}
    assert [(place.page, place.number) for place in first.places] == [(0, 4), (2, 1)]
    assert first.answers["senior_leader_3_name"].page == 0
    assert first.pages_missing == (2, 3)


def test_two_pages_in_one_picture_are_both_read(definition: FormDefinition, printed: bytes, page: Image.Image) -> None:
    last = draw(printed, 3, scale=200 / 72).convert("L")
    both = Image.new("L", (page.width * 2, page.height))
    both.paste(page, (0, 0))
    both.paste(last, (page.width, 0))
    (reading,) = read(definition, jpeg(both, 75))
    assert texts_in(reading) == {**FIRST_PAGE, **LEADERS}


def test_pages_of_a_tiff_without_codes_are_one_form(
    definition: FormDefinition, printed: bytes, page: Image.Image
) -> None:
    last = draw(printed, 3, scale=200 / 72).convert("L")
    (reading,) = read(definition, tiff([without_code(page), without_code(last)]))
    assert texts_in(reading) == {**FIRST_PAGE, **LEADERS, "note 1": "", "note 2": ""}  # the stamps over the codes


def test_copy_with_more_leaders_than_usual_is_read_to_its_last_page(definition: FormDefinition) -> None:
    copy = Master(definition, more=18).copy({"senior_leader_13_name": "Di Fox", "senior_leader_20_name": "Ed Gray"})
    readings = read(definition, scanned(copy, [4, 5]))
    assert texts_in(readings[0]) == {"senior_leader_13_name": "Di Fox", "senior_leader_20_name": "Ed Gray"}


# --- too little to read ----------------------------------------------------------------------------------------------


def test_page_of_which_too_little_can_be_made_out_has_no_answers_and_says_so(
    definition: FormDefinition, page: Image.Image
) -> None:
    covered = page.copy()
    ImageDraw.Draw(covered).rectangle((0, 0, page.width, page.height * 0.85), fill=255)
    (reading,) = read(definition, jpeg(covered))
    assert (reading.kind, reading.answers, reading.reason) == (FileKind.SCAN, {}, ILLEGIBLE)
    assert school_in(reading.form_id) == SCHOOL


def test_boxes_that_are_not_where_the_form_has_them_are_unreadable_and_the_others_are_read(
    definition: FormDefinition, page: Image.Image
) -> None:
    places = {placed.box.name: placed.rect for placed in lay_out(definition)[0].boxes}
    first, after = places["phase_primary"], places["phase_special"]
    top, bottom = (TALL - round(height * 200 / 72) for height in (first.top, first.y))
    left, right = (round(across * 200 / 72) for across in (first.x, after.x))
    dots = np.array(page)
    moved = dots[top - 5 : bottom + 5, left - 5 : right - 5]
    moved[:] = np.roll(moved, 24, axis=1)
    (reading,) = read(definition, jpeg(Image.fromarray(dots).convert("RGB"), 90))
    unreadable = {name for name, answer in reading.answers.items() if answer.is_illegible}
    assert unreadable == {"phase_primary", "phase_secondary"}
    others = {name: text for name, text in FIRST_PAGE.items() if name not in unreadable}
    assert texts_in(reading) == others | dict.fromkeys(unreadable, "")


def test_page_most_of_whose_boxes_are_elsewhere_has_no_answers_and_says_so(
    definition: FormDefinition, page: Image.Image
) -> None:
    dots = np.array(page)
    rows = np.arange(page.height)
    bent = np.clip(rows + 14 * np.sin(rows / page.height * 2 * np.pi), 0, page.height - 1).astype(int)
    (reading,) = read(definition, jpeg(Image.fromarray(dots[bent]).convert("RGB"), 90))
    assert (reading.reason, reading.answers) == (ILLEGIBLE, {})


def test_another_page_without_a_code_is_no_form(definition: FormDefinition) -> None:
    page = Image.new("L", (1654, TALL), 255)
    pen = ImageDraw.Draw(page)
    for line in range(60):
        pen.text((100, 100 + 35 * line), "Dear colleagues, our summer fair is on Saturday. All are welcome.", fill=0)
    (reading,) = read(definition, jpeg(page))
    assert (reading.kind, reading.reason) == (FileKind.NOT_A_FORM, NO_CODE)


def test_without_the_libraries_for_paper_a_picture_names_its_school_alone(
    definition: FormDefinition, page: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as Python finds what is not installed
    (reading,) = read(definition, jpeg(page))
    assert (reading.kind, reading.answers, reading.reason) == (FileKind.SCAN, {}, NOT_INSTALLED)
    assert reading.form_id == f"thep-membership 2026-27 r1 {SCHOOL}"
