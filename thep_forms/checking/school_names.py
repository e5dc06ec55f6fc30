"""Schools by their names: whether a name is that of another school than the one whose number was typed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from itertools import chain

_WORD = re.compile(r"\w{3,}")
_APOSTROPHE = re.compile("['’‘`´]")


class SchoolNames:
    """The names of schools by their DfE numbers. A word that only one of the names has is that school's own."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self._words = {number: _words(name) for number, name in names.items()}
        self._by_words: dict[frozenset[str], list[str]] = {}
        for number, words in self._words.items():
            self._by_words.setdefault(frozenset(words), []).append(number)
        counted = Counter(chain.from_iterable(self._words.values()))
        self._own: dict[str, set[str]] = {}
        self._owners: dict[str, str] = {}
        for number, words in self._words.items():
            self._own[number] = {word for word in words if counted[word] == 1}
            self._owners.update(dict.fromkeys(self._own[number], number))

    def another(self, number: str, name: str) -> str | None:
        """The number of another school than `number` whose name this is; None if it is the name of no other.

        Such a name is that of one other school alone. Or it has all of that school's own words, and shares more words
        with it than with the school that has the number. A name with one of the own words of the school that has the
        number is never another's, however it is spelt.
        """
        words = _words(name)
        if words & self._own.get(number, set()):
            return None
        same = self._by_words.get(frozenset(words), []) if words else []
        if len(same) == 1 and same[0] != number:
            return same[0]
        shared = len(words & self._words.get(number, set()))
        for school in sorted({self._owners[word] for word in words if word in self._owners}):
            if self._own[school] <= words and len(words & self._words[school]) > shared:
                return school
        return None

    def is_strange(self, number: str, name: str) -> bool:
        """Whether a name has none of the own words of the school with that number."""
        own = self._own.get(number)
        return bool(name and own) and not _words(name) & (own or set())


def _words(name: str) -> set[str]:
    """The words of a name, without accents, apostrophes and case."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return set(_WORD.findall(_APOSTROPHE.sub("", plain).replace("&", " and ").casefold()))
