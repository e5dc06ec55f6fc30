"""Capitals in words that were read from a picture: hands hardly tell `S` from `s`, and many write in capitals alone."""

from __future__ import annotations

import re
import string

from thep_forms.checking.confusable import LOOK_ALIKE_CAPITALS

_WORD = re.compile(r"(?<![\w'’.@])[^\W\d_]+(?:['’][^\W\d_]+)?")
_PART = re.compile(r"[^\W\d_]+")
_BEGINS_LARGE = re.compile(r"(?<!\w)[A-Z][a-z]")
_INSIDE = re.compile(
    rf"(?<=[a-z])(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bLa)(?<!\bDi)(?<!\bFitz)[{LOOK_ALIKE_CAPITALS}](?![A-Z])"
)
_LOST_BLANK = re.compile(r"(?<=[A-Za-z][a-z]{2})(?<!\bMac)(?<!\bVan)(?<!\bVon)(?<!\bFitz)(?=[A-Z][a-z]{3})")
_SMALL_WORDS = frozenset(
    ("al", "and", "at", "de", "del", "der", "di", "el", "for", "in", "of", "on", "the", "van", "von", "with")
)
LETTERS_OF_INITIALS = 3  # a word in capitals that is no longer may stand for several: `SEN`


def with_capitals_of_words(text: str) -> str:
    """The text with capitals where words begin, as far as small letters of the same shape were read for them."""
    return _with_capitals(text, LOOK_ALIKE_CAPITALS.lower(), LETTERS_OF_INITIALS)


def with_capitals_of_names(text: str) -> str:
    """The name of a person or a place with capitals where its words begin, and small letters within them."""
    return _with_capitals(text, string.ascii_lowercase, 0)


def _with_capitals(text: str, letters: str, initials: int) -> str:
    """The text with capitals for those small `letters` at the start of its words, if others begin with capitals.

    Words without a blank between them become two: `PhaseLeader`. Within words, capitals become small that look like
    small letters: `SchOol`, but not `McKay`. Several words in capitals alone become small, but for words of up to that
    many `initials`.
    """
    apart = _LOST_BLANK.sub(" ", _out_of_capitals(text, initials))
    inside = _INSIDE.sub(lambda found: found[0].lower(), apart)
    if not _BEGINS_LARGE.search(inside):
        return inside

    def larger(found: re.Match[str]) -> str:
        is_small = found[0] in _SMALL_WORDS or found[0][0] not in letters
        return found[0] if is_small else found[0][0].upper() + found[0][1:]

    return _WORD.sub(larger, inside)


def _out_of_capitals(text: str, initials: int) -> str:
    words: list[str] = [word for word in _WORD.findall(text) if len(word) > 1]
    if len(words) < 2 or not all(word.isupper() for word in words):
        return text

    def smaller(found: re.Match[str]) -> str:
        word: str = found[0]
        if word.lower() in _SMALL_WORDS and found.start():
            return word.lower()
        return word if len(word) <= initials else _PART.sub(lambda part: part[0].capitalize(), word)

    return _WORD.sub(smaller, text)
