"""Characters that a reader of pictures takes for each other: `0` and `o`, `1` and `l`, `rn` and `m`.

Pure functions, which raise nothing. No class of characters has two digits, so one digit is never taken for another.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

LEAST_ALIKE = 0.7  # of two texts, from 0 to 1, that may be the same answer
_REMEMBERED = 2000  # texts: the names of members are compared with each picture's
_LONGEST = 400  # characters of a text that is compared
_CLASSES = ("0o", "1li|!", "2z", "5s$", "8b", "9gq")
LOOK_ALIKE_CAPITALS = "COSUVWXZKP"  # of the same shape as their small letters
DOTLESS = "ı"  # what an `i` is read for whose dot is faint
_ONE_FOR_ALL = str.maketrans({char: group[0] for group in _CLASSES for char in group})
_IN_TWO_PIECES = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_WITHOUT_ACCENT = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe"})
_SEPARATORS = re.compile(r"[^\w|!$]|_")
_NUMBER = re.compile(r"[0-9]+")
_DIGITS = str.maketrans("oOQDlIi|!zZsSBgq", "0000111112255899")
_LETTERS = {"0": "o", "1": "l", "2": "z", "5": "s", "8": "b"}
_CAPITALS = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B"}
# Digits that are alike when they are written by hand.
_ALIKE_DIGITS = ("14", "17", "27", "23", "35", "38", "46", "47", "49", "56", "58", "06", "08", "79", "68", "89")
_ONE_APART = {frozenset(pair) for pair in _ALIKE_DIGITS}


def known_text(read: str, known: str) -> str:
    """The known text, if what was read differs from it only in characters that are confused; else what was read."""
    if read == known or not known or max(len(read), len(known)) > _LONGEST:
        return read
    return known if _is_confusable(read, known) else read


def _is_confusable(read: str, known: str) -> bool:
    if outline(read) != outline(known):
        return False
    numbers, known_numbers = _NUMBER.findall(read), _NUMBER.findall(known)
    if numbers != known_numbers and "".join(numbers) == "".join(known_numbers):
        return False  # as `1, 1 Oak Road` and `11 Oak Road`
    if any(not char.isascii() and char not in known for char in read.replace(DOTLESS, "i")):
        return False  # somebody put an accent there
    return SequenceMatcher(None, read.casefold(), known.casefold(), autojunk=False).ratio() >= LEAST_ALIKE


def likeness(first: str, second: str, least: float) -> float:
    """How alike two texts are, from 0 to 1, but for what is confused; 0 where that is less than `least`."""
    matcher = SequenceMatcher(None, outline(first), outline(second), autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0


@lru_cache(_REMEMBERED)
def outline(text: str) -> str:
    """What is left of a text without what is confused: equal for two texts that differ in nothing else.

    Case, accents, blanks and punctuation do not count.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_ACCENT))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    bare = _SEPARATORS.sub("", plain)
    for pieces, whole in _IN_TWO_PIECES:
        bare = bare.replace(pieces, whole)
    return bare.translate(_ONE_FOR_ALL)


def as_digits(text: str) -> str:
    """The text with digits for the letters that are taken for them."""
    return text.translate(_DIGITS)


def as_letters(word: str) -> str:
    """The word with letters for the digits in it; a word with more digits than letters stays."""
    if sum(map(str.isdigit, word)) > sum(map(str.isalpha, word)):
        return word
    letters = ""
    is_in_capitals = word.isupper() and sum(map(str.isalpha, word)) > 1
    for char in word:
        is_small = bool(letters) and not is_in_capitals
        letters += (_LETTERS if is_small else _CAPITALS).get(char, char)
    return letters


def is_one_digit_apart(read: str, number: str) -> bool:
    """Whether one digit of a number was read as another that looks like it by hand, or as no digit at all."""
    if len(read) != len(number):
        return False
    differing = [(char, digit) for char, digit in zip(read, number, strict=True) if char != digit]
    if len(differing) != 1:
        return False
    ((char, digit),) = differing
    return digit.isdigit() and (not char.isdigit() or frozenset((char, digit)) in _ONE_APART)
