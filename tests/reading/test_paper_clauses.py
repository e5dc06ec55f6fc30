"""What somebody wrote on the pages of the form without boxes: over the clauses, beside them, below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle

import pytest
from PIL import Image

from tests.support.paper import faxed
from tests.support.photographs import jpeg, saved, taken_of
from tests.support.written_on import Sheet
from thep_forms.definition import FormDefinition
from thep_forms.reading import Note, Reading
from thep_forms.reading.read import read_file
from thep_forms.reading.reasons import NOTHING_ASKED, PICTURE

Writing = Callable[[Sheet], Sheet]
CLAUSE = [(20, 195, 59), (20, 193, 64), (20, 151, 69.5)]  # the fourth, of three lines

NO_WRITING: dict[str, Writing] = {
    "nothing": lambda sheet: sheet,
    "two punched holes": lambda sheet: sheet.holes((12, 108), (12, 188)),
    "four punched holes": lambda sheet: sheet.holes((12, 28), (12, 108), (12, 188), (12, 268)),
    "a staple": lambda sheet: sheet.staple((8, 8)),
    "dust": lambda sheet: sheet.dust(40),
    "a scratched glass": lambda sheet: sheet.scratch(80),
}
WRITING: dict[str, Writing] = {
    "a struck line": lambda sheet: sheet.strike(CLAUSE[:1]),
    "a struck clause": lambda sheet: sheet.strike(CLAUSE),
    "a struck word": lambda sheet: sheet.strike([(60, 92, 59)]),
    "a crossed clause": lambda sheet: sheet.stroke((20, 57), (190, 71)).stroke((20, 71), (190, 57)),
    "a clause painted over, and other words on it": lambda sheet: sheet.white_out(18, 56, 198, 71).words(
        (40, 58), "we do not agree"
    ),
    "words painted over, and others on them": lambda sheet: sheet.white_out(60, 56, 120, 66).words(
        (62, 57), "we do not"
    ),
    "underlined words": lambda sheet: sheet.strike([(60, 120, 61.3)]),
    "a page crossed out": lambda sheet: sheet.stroke((206, 5), (3, 292)),
    "a remark": lambda sheet: sheet.words((40, 200), "we do not agree to point 4"),
    "a short remark": lambda sheet: sheet.words((198, 56), "No"),
    "a question mark": lambda sheet: sheet.words((8, 55), "?"),
    "a tick": lambda sheet: sheet.tick((9, 59)),
    "a ring in the margin": lambda sheet: sheet.holes((12, 108)),
    "initials": lambda sheet: sheet.words((150, 160), "A.L."),
}
PICTURES: dict[str, Callable[[Image.Image], bytes]] = {
    "scan": lambda page: jpeg(page.rotate(0.7, Image.Resampling.BICUBIC, fillcolor=255)),
    "fax": lambda page: saved(faxed(page.rotate(-0.5, fillcolor=255)), "TIFF", compression="group4"),
    "photograph": lambda page: jpeg(taken_of(page, degrees=2, perspective=0.05, shade=True)),
}


def paired(ways: Mapping[str, Writing]) -> list[tuple[str, str]]:
    """Each way with a kind of picture, in turn: all of them would take minutes."""
    return list(zip(ways, cycle(PICTURES), strict=False))


def reading_of(definition: FormDefinition, data: bytes) -> Reading:
    (reading,) = read_file(data, lambda _: definition)
    return reading


@pytest.mark.parametrize(("what", "kind"), paired(NO_WRITING))
def test_what_nobody_wrote_is_no_note(definition: FormDefinition, what: str, kind: str) -> None:
    for number in (2, 3):
        page = NO_WRITING[what](Sheet(definition, number)).scanned()
        reading = reading_of(definition, PICTURES[kind](page))
        assert (reading.notes, reading.shows_more, reading.reason) == ((), False, NOTHING_ASKED)


@pytest.mark.parametrize(
    ("what", "kind"), [*paired(WRITING), ("a struck line", "fax"), ("a struck line", "photograph")]
)
def test_writing_is_a_note_without_words(definition: FormDefinition, what: str, kind: str) -> None:
    page = WRITING[what](Sheet(definition, 3)).scanned()
    reading = reading_of(definition, PICTURES[kind](page))
    assert (reading.notes, reading.shows_more, reading.reason) == ((Note("", 0),), True, PICTURE)


def test_page_of_which_too_little_can_be_made_out_counts_as_missing(definition: FormDefinition) -> None:
    page = Sheet(definition, 3).scanned()
    below_the_code = page.height * 9 // 10
    page.paste(255, (0, 0, page.width, below_the_code))
    assert reading_of(definition, jpeg(page)).pages == ()
