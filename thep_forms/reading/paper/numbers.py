"""A DfE number, which decides whose form it is: looked at several times, and read as nothing but such a number.

A box for a number holds its four digits, perhaps with those of the authority before them. So all strings of digits of
that form are weighed against each other, by what each look gives every one of them. Measured on digits that people
wrote, `tests.benchmarks.digits` says how many numbers are exact, and how sure the reader was of the others.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from thep_forms.reading.paper.engine import DIGITS, NUMBER, Words, engine
from thep_forms.reading.paper.printed import Picture

LENGTH = 4  # digits of the establishment
STROKE = "/"  # between these and those of the authority; a dash counts as one
SLANT = 0.15  # of the height: how far the upper edge is moved for two of the looks
BLUR = 1.0  # dots
LIGHTER = 0.5  # the exponent that greys are raised to, as shares of white: strokes get thinner
LEAST_CHANCE = 1e-4  # of a character in a column: with less it is not there
MOST_TEXTS = 24  # that are weighed at a time
LEAST_IN_LOOK = 1e-5  # what a look that does not see a number gives it: no look rules it out alone
LEAST_OF_ALL = 0.02  # what all numbers have together: with less, no number stands there

Column = dict[str, float]  # the chance of each character in a column


def read_number(crop: Picture, prefix: str) -> Words:
    """The number that all looks together say, `4242` or `211/4242`; the text, if it is no number.

    `prefix` are the digits of the authority and a stroke, `211/`. The confidence is how likely the number is beside the
    others that were seen.
    """
    looks = [_lighter(crop), cv2.GaussianBlur(crop, (0, 0), BLUR).astype(np.uint8)]
    looks += [_slanted(crop, SLANT), _slanted(crop, -SLANT)]
    found = [_numbers_in(engine().chances(look, NUMBER), prefix) for look in looks]
    chances = _on_average(found)
    likely = sum(chances.values())
    if likely < LEAST_OF_ALL:
        return _any_text(crop, prefix, likely)
    best = max(chances, key=lambda number: chances[number])
    return Words(best, chances[best] / likely)


def _any_text(crop: Picture, prefix: str, likely: float) -> Words:
    """What stands there, which is no number; with the chance of numbers as its confidence if it looks like one yet."""
    words = engine().read([crop], [NUMBER])[0]
    text = "".join(words.text.split())
    is_number = _may_begin(text, prefix) and _whole(text, prefix)
    return Words(words.text, min(words.confidence, likely)) if is_number else words


def _on_average(looks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The geometric mean of what the looks give each number."""
    numbers = {number for look in looks for number in look}
    return {
        number: math.prod(max(look.get(number, 0.0), LEAST_IN_LOOK) for look in looks) ** (1 / len(looks))
        for number in sorted(numbers)
    }


def _numbers_in(chances: NDArray[np.float32], prefix: str) -> dict[str, float]:
    """The chance of each number, by those of each character in each column.

    A search along the columns that keeps the likeliest texts (connectionist temporal classification). Of each it has
    two chances: that the last column had nothing, and that it had the last character, which then may go on.
    """
    texts = {"": (1.0, 0.0)}
    for nothing_at_all, *others in chances.tolist():
        column: Column = dict(zip(NUMBER.characters, others, strict=True))
        seen = [char for char in DIGITS + STROKE if _chance("", char, column, prefix) > LEAST_CHANCE]
        nothing = nothing_at_all + column[" "]
        longer: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for text, (after_nothing, going_on) in texts.items():
            longer[text][0] += (after_nothing + going_on) * nothing
            if text:
                longer[text][1] += going_on * _chance(text[:-1], text[-1], column, prefix)
            for character in seen:
                if _may_begin(text + character, prefix):
                    before = after_nothing if text.endswith(character) else after_nothing + going_on
                    longer[text + character][1] += before * _chance(text, character, column, prefix)
        likeliest = sorted(longer.items(), key=lambda item: -sum(item[1]))[:MOST_TEXTS]
        texts = {text: (both[0], both[1]) for text, both in likeliest}
    numbers: defaultdict[str, float] = defaultdict(float)
    for text, both in texts.items():
        if number := _whole(text, prefix):
            numbers[number] += sum(both)
    return numbers


def _chance(text: str, character: str, column: Column, prefix: str) -> float:
    """The chance of a character after a text. A one and a stroke look alike, but a stroke belongs after the authority.

    So a stroke that is seen there is no digit: `211/424` lacks one.
    """
    chance = column[character]
    if character == STROKE:
        return chance + column["1"] + column["-"]
    is_after_authority = text in (prefix, prefix.removesuffix(STROKE))
    return chance + column[STROKE] if character == "1" and not is_after_authority else chance


def _may_begin(text: str, prefix: str) -> bool:
    """Whether a number may begin so."""
    if STROKE in text:
        return text.startswith(prefix) and STROKE not in text[len(prefix) :] and len(text) <= len(prefix) + LENGTH
    authority = prefix.removesuffix(STROKE)
    return len(text) <= LENGTH or (text.startswith(authority) and len(text) <= len(authority) + LENGTH)


def _whole(text: str, prefix: str) -> str:
    """The number that a text is; empty if it is only the beginning of one."""
    digits = text.replace(STROKE, "")
    if len(digits) == len(prefix.removesuffix(STROKE)) + LENGTH:
        return f"{prefix}{digits[-LENGTH:]}"
    return text if len(text) == len(digits) == LENGTH else ""


def _lighter(crop: Picture) -> Picture:
    lighter: Picture = (255 * (crop / 255.0) ** LIGHTER).astype(np.uint8)
    return lighter


def _slanted(crop: Picture, slant: float) -> Picture:
    height, width = crop.shape
    matrix = np.array([[1, slant, -slant * height / 2], [0, 1, 0]], np.float32)
    slanted: Picture = cv2.warpAffine(crop, matrix, (width, height), borderValue=(255,)).astype(np.uint8)
    return slanted
