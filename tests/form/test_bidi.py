"""Lines with scripts of both directions, as the Unicode bidirectional algorithm orders them.

The expected orders are those of the Rust crate unicode-bidi. Brackets are as they are read; drawing mirrors them.
"""

from __future__ import annotations

import pytest

from thep_forms.layout.bidi import base_level, levels, mirrored, reordered

# The text as it is read, the direction of its line (0: to the right), and its letters from left to right.
LINES = [
    ("abc אבג def", 0, "abc גבא def"),
    ("abc אבג def", 1, "def גבא abc"),
    ("אבג abc דה", 1, "הד abc גבא"),
    ("אבג 123 דה", 1, "הד 123 גבא"),
    ("אבג 12-34 דה", 1, "הד 12-34 גבא"),
    ("אבג (abc) דה", 0, "גבא (abc) הד"),
    ("אבג (abc) דה", 1, "הד )abc( גבא"),
    ("a (אב) גד", 0, "a (בא) דג"),
    ("a (אב) גד", 1, "דג )בא( a"),
    ("אב (12) גד", 0, "דג )12( בא"),
    ("علي ١٢٣ و 456", 1, "456 و ١٢٣ يلع"),
    ("علي 12/34", 1, "12/34 يلع"),
    ("price 100 % אב", 0, "price 100 % בא"),
    ("price 100 % אב", 1, "בא % price 100"),
    ("אב [גד (abc)] הו", 0, "בא [דג (abc)] וה"),
    ("אב [גד (abc)] הו", 1, "וה ])abc( דג[ בא"),
    ("אב 12.5, 3", 1, "3 ,12.5 בא"),
    ("abc (אב", 0, "abc (בא"),
    ("אב, abc.", 0, "בא, abc."),
    ("אב, abc.", 1, ".abc ,בא"),
]


@pytest.mark.parametrize(("text", "base", "shown"), LINES)
def test_line_is_shown_in_the_order_of_the_unicode_algorithm(text: str, base: int, shown: str) -> None:
    assert "".join(reordered(text, levels(text, base))) == shown


@pytest.mark.parametrize(("text", "level"), [("Jo", 0), ("12 (אב) Jo", 1), ("محمد", 1), ("123", 0), ("", 0)])
def test_first_letter_with_a_direction_decides_the_direction_of_the_line(text: str, level: int) -> None:
    assert base_level(text) == level


@pytest.mark.parametrize(("char", "image"), [("(", ")"), ("]", "["), ("<", ">"), ("a", "a")])
def test_bracket_has_a_mirror_image_and_a_letter_has_none(char: str, image: str) -> None:
    assert mirrored(char) == image
