"""What a crop with one line of writing says, by the recognition model that the package `rapidocr` ships.

The model is run by ONNX Runtime on this processor, in one thread. Nothing is fetched, and nothing is logged. We decode
its answer ourselves: it may be any of 18,000 characters, most of them Chinese, and a form in English has none of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import Picture

HEIGHT = 48  # dots of a crop, as the model takes it
NARROWEST, WIDEST = 48, 2400
WIDTHS = 64  # crops are padded to a multiple of so many dots
LAST = "\u024f"  # the last letter of Latin Extended-B
MARKS = "‘’“”–—…€"
RARE = 0.3  # what a letter that English lacks counts, beside one that it has: `ı` is an `i` whose dot is faint
SPACE = 2.0  # what a space counts, which is missed more often than it is seen where there is none
GAP = 10  # dots of a line without ink: so wide are gaps between words, and hardly any between letters
SPACE_IN_GAP = 8.0  # how many times as much a space counts there
LINE_INK = 170  # of 255: what is darker in a line is ink
GAP_EDGE = 2  # dots beside a gap that still belong to it, as strokes are blurred
COLUMN = 8  # dots of a line for which the model has one answer
DIGITS = "0123456789"
LIKE_DIGITS = {"0": "OoDQ", "1": "lIi|!][", "2": "Zz", "5": "Ss", "6": "Gb", "8": "B", "9": "gq"}


class Alphabet(Struct, frozen=True):
    """The characters that a line may have, all where it is empty.

    `like` are characters each of which stands for others that look the same and that the line cannot have.
    """

    characters: str = ""
    like: tuple[tuple[str, str], ...] = ()


_LIKE = tuple(LIKE_DIGITS.items())
ANY = Alphabet()
NUMBER = Alphabet(DIGITS + "/- ", _LIKE)
TELEPHONE = Alphabet(DIGITS + "+()-/. extEXT,;:#", _LIKE)
EMAIL = Alphabet("".join(map(chr, range(33, 127))))  # no space
_SILENT = 4  # a log level of ONNX Runtime: fatal


class Words(Struct, frozen=True):
    """What a line says. `confidence`, from 0 to 1, is how sure the model is of its letters on average."""

    text: str
    confidence: float


class RecognitionEngine:
    """The model, loaded."""

    def __init__(self) -> None:
        """Takes 0.2 seconds, and 100 MB."""
        import onnxruntime  # takes time to import

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _SILENT
        options.enable_cpu_mem_arena = False
        self._session: Any = onnxruntime.InferenceSession(str(_model()), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        characters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]
        allowed = [at for at, char in enumerate(self._characters) if len(char) < 2 and (char <= LAST or char in MARKS)]
        self._columns = np.array(allowed)
        self._letters = [self._characters[at] for at in allowed]
        self._weights = np.array([_weight(letter) for letter in self._letters], np.float32)

    def read(self, lines: Sequence[Picture], alphabets: Sequence[Alphabet]) -> list[Words]:
        """What each of the lines says, in its alphabet.

        Each is read by itself: several at once take longer, as they are padded to the width of the widest.
        """
        return [self._read(_prepared(line), alphabet) for line, alphabet in zip(lines, alphabets, strict=True)]

    def chances(self, line: Picture, alphabet: Alphabet) -> NDArray[np.float32]:
        """The chance of each character of the alphabet in each column of a line, after that of nothing."""
        columns = [0, *(self._letters.index(character) for character in alphabet.characters)]
        return self._weighted(self._run(_prepared(line)), alphabet)[:, columns]

    def _run(self, line: Picture) -> NDArray[np.float32]:
        """The chance of each character in each column of a line."""
        width = -(-line.shape[1] // WIDTHS) * WIDTHS
        data = np.zeros((1, 3, HEIGHT, width), np.float32)
        data[0, :, :, : line.shape[1]] = line.astype(np.float32) / 127.5 - 1
        ((chances,),) = self._session.run(None, {self._input: data})
        allowed: NDArray[np.float32] = chances[:, self._columns]
        return allowed

    def _read(self, line: Picture, alphabet: Alphabet) -> Words:
        chances = self._weighted(self._run(line), alphabet)
        chances[_is_in_gap(line, len(chances)), self._letters.index(" ")] *= SPACE_IN_GAP
        return self._decoded(chances)

    def _decoded(self, chances: NDArray[np.float32]) -> Words:
        """The likeliest characters, without repetitions and blanks (connectionist temporal classification)."""
        best = chances.argmax(axis=1)
        text, scores, before = "", [], 0
        for column, letter in enumerate(best):
            if letter and letter != before:
                text += self._letters[letter]
                scores.append(min(float(chances[column, letter]), 1.0))
            before = letter
        return Words(text.strip(), float(np.mean(scores)) if scores else 0.0)

    def _weighted(self, chances: NDArray[np.float32], alphabet: Alphabet) -> NDArray[np.float32]:
        """The chances, where a character stands for what is like it, and what the alphabet lacks has none."""
        if not alphabet.characters:
            return chances * self._weights
        chances = chances.copy()
        for char, others in alphabet.like:
            chances[:, self._letters.index(char)] += chances[:, [self._letters.index(other) for other in others]].sum(1)
        keep = np.array([letter == "" or letter in alphabet.characters for letter in self._letters])
        return np.where(keep, chances * self._weights, 0)


@lru_cache(maxsize=1)
def engine() -> RecognitionEngine:
    """The engine of this process."""
    return RecognitionEngine()


def _weight(letter: str) -> float:
    if letter == " ":
        return SPACE
    return 1.0 if letter.isascii() else RARE


def _model() -> Path:
    """The file of the model. `rapidocr` itself is not imported: it brings much that is not needed."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ImportError("rapidocr")
    return next(iter(sorted((Path(spec.origin).parent / "models").glob("*_rec_*.onnx"))))


def _is_in_gap(line: Picture, columns: int) -> NDArray[np.bool_]:
    """Which of the model's columns lie in a wide gap between letters."""
    inked = np.flatnonzero((line < LINE_INK).any(axis=0))
    is_in_gap = np.zeros(columns, bool)
    for left, right in pairwise(inked.tolist()):
        if right - left > GAP:
            is_in_gap[max(left + 1 - GAP_EDGE, 0) // COLUMN : (right + GAP_EDGE - 1) // COLUMN + 1] = True
    return is_in_gap


def _prepared(line: Picture) -> Picture:
    """The line as high as the model takes it."""
    height, width = line.shape
    wanted = min(max(round(width * HEIGHT / height), NARROWEST), WIDEST)
    shrinks = height > HEIGHT
    prepared: Picture = cv2.resize(line, (wanted, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return prepared
