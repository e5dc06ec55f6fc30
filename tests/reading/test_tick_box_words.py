"""What is typed into a box to tick of a flattened return: a tick, a word for none, or something to ask about."""

from __future__ import annotations

import pytest

from tests.support.tick_boxes import BOX, box_and_label, read, typed_in
from thep_forms.definition import FormDefinition


@pytest.mark.parametrize("sign", ["☐", "□", "○"])
def test_sign_for_an_empty_box_is_no_tick(flat: bytes, definition: FormDefinition, sign: str) -> None:
    box, _ = box_and_label(definition, BOX)
    assert read(typed_in(flat, box, sign), definition) == ("", set())


@pytest.mark.parametrize("words", ["no", "N/A", "-", "0", "?", "."])
def test_words_and_signs_that_say_no_in_a_box_to_tick_are_asked_about(
    flat: bytes, definition: FormDefinition, words: str
) -> None:
    box, _ = box_and_label(definition, BOX)
    assert read(typed_in(flat, box, words), definition) == ("", {(BOX, "value_unreadable")})


@pytest.mark.parametrize(
    "sign",
    ["✓", "✔", "☑", "☒", "■", "●", "•", "√", "×", "/", "x", "X", "XX", "v", "yes", "Y", "True", *"345678lnuH", *"ûüýþ"],
)
def test_sign_in_a_box_ticks_it(flat: bytes, definition: FormDefinition, sign: str) -> None:
    """Letters and digits too, as those that ZapfDingbats and Wingdings have for ticks stand in a file."""
    box, _ = box_and_label(definition, BOX)
    assert read(typed_in(flat, box, sign), definition) == ("yes", set())


@pytest.mark.parametrize("words", ["1", "2", "AB", "J.S.", "N", "SEN", "see over"])
def test_initials_numbers_and_words_in_a_box_to_tick_are_asked_about(
    flat: bytes, definition: FormDefinition, words: str
) -> None:
    box, _ = box_and_label(definition, BOX)
    assert read(typed_in(flat, box, words), definition) == ("yes", {(BOX, "value_unreadable")})
