"""Schools by their names: whether a name is another school's than the one whose number was typed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from itertools import chain

_WORD = re.compile(r"\w{3,}")
_APOSTROPHE = re.compile("['’‘`´]")


class SchoolNames:
    """The names of schools by their DFE numbers. A word that stands in one name alone is that school's own."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self._words = {number: _words(name) for number, name in names.items()}
        counted = Counter(chain.from_iterable(self._words.values()))
        self._own = {number: {word for word in said if counted[word] == 1} for number, said in self._words.items()}
        self._whose = {word: number for number, own in self._own.items() for word in own}

    def another(self, number: str, name: str) -> str | None:
        """The number of the school whose name it is, if that is another one than `number`.

        Such a name has all of that school's own words, more of its words than of those of the school with the number,
        and none of that one's own: spelt or put otherwise, it still is the right one.
        """
        said = _words(name)
        if said & self._own.get(number, set()):
            return None
        shared = len(said & self._words.get(number, set()))
        others = sorted({self._whose[word] for word in said if word in self._whose})
        alike = (other for other in others if self._own[other] <= said and len(said & self._words[other]) > shared)
        return next(alike, None)

    def is_strange(self, number: str, name: str) -> bool:
        """Whether a name has none of the own words of the school with that number."""
        return bool(name and self._own.get(number)) and not _words(name) & self._own[number]


def _words(name: str) -> set[str]:
    """The words of a name, without accents, apostrophes and case."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return set(_WORD.findall(_APOSTROPHE.sub("", plain).replace("&", " and ").casefold()))
