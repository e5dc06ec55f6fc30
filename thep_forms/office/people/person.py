"""Finds a person in texts by a name, an e-mail address or a telephone number, as a reader would.

Case, accents, punctuation and the number of blanks do not count: `obrien` finds `O’Brien`. Each word has to be a whole
word, so `Ann` does not find `Joanna`. Limitation: nobody is found by another spelling of the name, such as `Anne`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

# Letters that are no base letter with an accent in Unicode, and how people type them without.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_ASCII_WORD = re.compile("[a-z0-9]+")
_ADDRESS = re.compile(r"[^\s<>;,:\"()\[\]]+@[^\s<>;,:\"()\[\]]+")
_NUMBER = re.compile(r"[+(]?[0-9][0-9\s().\-‐‑–/]{4,}[0-9]", re.ASCII)
_NATIONAL = re.compile("^(?:00)?44(?:0)?(?=[0-9]{9,10}$)")  # the start of a UK number as it is dialled from abroad
LEAST_DIGITS = 6  # of a telephone number: fewer may be a postcode's or a house's
_LONGEST_RUN = 6  # words that may be one: `van der Berg` and `Vanderberg`


def words_in(text: str) -> list[str]:
    """The words of a text, in small letters without accents."""
    if text.isascii():  # a shorter way, as most texts are
        return _ASCII_WORD.findall(text.lower())
    decomposed = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()).translate(_PLAIN)
    spaced = "".join(char if char.isalnum() or _is_mark(char) else " " for char in decomposed)
    return spaced.split()


def _is_mark(char: str) -> bool:
    """Whether it is a vowel sign or the like, without which a word of its script is another one."""
    return unicodedata.category(char).startswith("M")


def addresses_in(text: str) -> set[str]:
    """The e-mail addresses in a text, in small letters."""
    return {found.lower().strip(".'<>") for found in _ADDRESS.findall(text)}


def numbers_in(text: str) -> set[str]:
    """The digits of each telephone number in a text. A UK number begins with 0, however it was typed."""
    found: set[str] = set()
    for number in _NUMBER.findall(unicodedata.normalize("NFKC", text)):
        digits = re.sub("[^0-9]", "", number.replace("(0)", ""))
        found.add(_NATIONAL.sub("0", digits))
    return {digits for digits in found if len(digits) >= LEAST_DIGITS}


class Wanted(Struct, frozen=True):
    """What a user typed to find a person: words of a name, parts of e-mail addresses, digits of numbers."""

    words: tuple[str, ...]
    addresses: tuple[str, ...]
    numbers: tuple[str, ...]

    @classmethod
    def typed(cls, text: str) -> Wanted:
        """What the text asks for. A text without a letter or digit asks for nothing."""
        numbers = numbers_in(text)
        rest = _NUMBER.sub(" ", unicodedata.normalize("NFKC", text)) if numbers else text
        addresses = [word.lower().strip("<>,;.") for word in rest.split() if "@" in word]
        names = " ".join(word for word in rest.split() if "@" not in word)
        return cls(tuple(words_in(names)), tuple(addresses), tuple(sorted(numbers)))

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.words or self.addresses or self.numbers)

    def has_word_in(self, name: str) -> bool:
        """Whether a word of the name that was typed stands in a name."""
        runs = _runs([name])
        return "".join(self.words) in runs or not runs.isdisjoint(self.words)

    def has_word_of(self, address: str) -> bool:
        """Whether an e-mail address has a word of the name before its @, or is what was typed."""
        words = words_in(address.partition("@")[0])
        return not set(self.words).isdisjoint(words) or any(_has_address(wanted, address) for wanted in self.addresses)

    def stands_in(self, texts: Sequence[str]) -> bool:
        """Whether everything that was typed stands in the texts, which are one answer or one person's."""
        if self.words and not _is_covered(self.words, _runs(texts)):
            return False
        if not all(any(_has_address(wanted, text) for text in texts) for wanted in self.addresses):
            return False
        numbers = {number for text in texts for number in numbers_in(text)} if self.numbers else set()
        return all(any(_is_number(wanted, number) for number in numbers) for wanted in self.numbers)


class Person(Struct, frozen=True):
    """A person who is looked for: what was typed, and the addresses and numbers that stand beside no other name.

    `shared` are the addresses that stand beside this name and others, or are the school's.
    """

    wanted: Wanted
    addresses: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()

    def stands_in(self, *texts: str) -> bool:
        """Whether the person stands in the texts, which are one answer or the answers about one person."""
        if self.wanted.stands_in(texts):
            return True
        for text in texts:
            if not self.addresses.isdisjoint(addresses_in(text)) or not self.numbers.isdisjoint(numbers_in(text)):
                return True
        return False

    def answers_of(self, answers: Mapping[str, str], name: str) -> set[str]:
        """The keys of the answers that are the person's, of those about one person, whose name there is `name`.

        Beside another name, only the answers that name the person by themselves are: an address may have stayed when
        a name was corrected.
        """
        if not self.stands_in(*answers.values()):
            return set()
        if self.wanted.words and name and not self.wanted.has_word_in(name):
            return {key for key, text in answers.items() if self.stands_in(text)}
        return set(answers)

    def is_address(self, address: str) -> bool:
        """Whether an e-mail address is the person's."""
        return bool(address) and self.stands_in(address)

    def left_out_of(self, text: str) -> str:
        """The text without the words, addresses and numbers of the person; empty if they still stand in it."""
        kept: list[str] = []
        for piece in re.split(r"([\s,]+)", text):
            words = words_in(piece)
            is_theirs = bool(words) and all(word in self.wanted.words for word in words)
            kept.append("" if is_theirs or self.is_address(piece) else piece)
        left = re.sub(r"[ \t]+", " ", "".join(kept)).strip(" ,")
        return "" if self.stands_in(left) else left


def _runs(texts: Iterable[str]) -> set[str]:
    """Every word of the texts, and every few words that follow each other as one."""
    runs: set[str] = set()
    for text in texts:
        words = words_in(text)
        for start in range(len(words)):
            for length in range(1, _LONGEST_RUN + 1):
                runs.add("".join(words[start : start + length]))
    return runs


def _is_covered(words: tuple[str, ...], runs: set[str]) -> bool:
    """Whether each word stands there, by itself or as one with those that follow it."""
    if not words:
        return True
    return any(
        "".join(words[:count]) in runs and _is_covered(words[count:], runs) for count in range(1, len(words) + 1)
    )


def _has_address(wanted: str, text: str) -> bool:
    """Whether an address in the text is the wanted one, or has it as its part before or after the @."""
    local, _, domain = wanted.partition("@")
    for address in addresses_in(text):
        its_local, _, its_domain = address.partition("@")
        is_whole = "." in domain
        has_domain = its_domain == domain if is_whole else its_domain.startswith(domain)
        if has_domain and local in ("", its_local):
            return True
    return False


def _is_number(wanted: str, number: str) -> bool:
    """Whether a number is the wanted one, or ends with it: the area code may be left out."""
    return number == wanted or number.endswith(wanted)
