"""Capitals in words that were read from a picture: hands hardly tell `S` from `s`, and many write in capitals alone."""

from __future__ import annotations

import re

from thep_forms.checking.confusable import LOOK_ALIKE_CAPITALS

_MARKS = r"\u0300-\u036f"  # combining ones: what follows them is within a word
_WORD = re.compile(rf"(?<![\w'’.@{_MARKS}-])[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PART = re.compile(r"[^\W\d_]+")
_INSIDE = re.compile(
    rf"(?<=[a-z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bLa)(?<!\bDi)(?<!\bFitz)[{LOOK_ALIKE_CAPITALS}](?![A-Z])"
)
_LOST_BLANK = re.compile(r"(?<=[A-Za-z][a-z]{2})(?<!\bMac)(?<!\bVan)(?<!\bVon)(?<!\bFitz)(?=[A-Z][a-z]{3})")
_I_AFTER_VOWEL = re.compile(r"(?<=[a-z][aeou])I(?![A-Z])|(?<=\b[A-Z][aeou])I(?![A-Z])")  # `SchooI`, `HeIen`
_I_INSIDE = re.compile(r"(?<=[a-z])I(?=[a-z])")  # `LewIs`
_L_AT_START = re.compile(r"\bl(?=[bcdfghjkmnpqrstvwxz])")  # `lqbal`
_SMALL_WORDS = frozenset(
    ("al", "and", "at", "bin", "de", "del", "di", "el", "for", "in", "of", "on", "the", "van", "von", "wa", "with", "y")
)
_INITIALS = frozenset(("CE", "DSL", "EAL", "HR", "ICT", "IT", "PA", "PRU", "RC", "SBM", "SEN", "SEND", "SLT", "VA"))


def with_capitals_of_words(text: str) -> str:
    """The text with capitals at the start of its words, if more of them begin with capitals than do not.

    They take the place of small letters of the same shape alone. Words without a blank between them become two:
    `PhaseLeader`. Within words, capitals become small that look like small letters: `SchOol`, but not `McKay`. Several
    words in capitals alone become small, but for initials such as `SEN`.
    """
    return _with_capitals(text, most_begin_small=0)


def with_capitals_of_names(text: str) -> str:
    """The same of a person's name, if as many of its words begin with capitals as do not."""
    return _with_capitals(text, most_begin_small=1)


def _with_capitals(text: str, most_begin_small: int) -> str:
    """`most_begin_small` is by how many words fewer, less one, may begin with capitals than with small letters."""
    apart = _LOST_BLANK.sub(" ", _out_of_capitals(text))
    upright = _I_AFTER_VOWEL.sub("l", apart)
    inside = _INSIDE.sub(lambda found: found[0].lower(), _I_INSIDE.sub("i", upright))
    words = [word for word in _WORD.findall(inside) if word not in _SMALL_WORDS]
    large = sum(word[0].isupper() for word in words)
    if large + most_begin_small <= len(words) - large:
        return inside
    return _WORD.sub(lambda found: _larger(found[0]), _L_AT_START.sub("I", inside))


def _larger(word: str) -> str:
    is_alike = word[0].upper() in LOOK_ALIKE_CAPITALS and word not in _SMALL_WORDS
    return word[0].upper() + word[1:] if is_alike else word


def _out_of_capitals(text: str) -> str:
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    if len(words) < 2 or not all(word.isupper() for word in words):
        return text

    def smaller(found: re.Match[str]) -> str:
        word: str = found[0]
        if word.lower() in _SMALL_WORDS and found.start():
            return word.lower()
        return word if word in _INITIALS else _PART.sub(lambda part: part[0].capitalize(), word)

    return _WORD.sub(smaller, text)
