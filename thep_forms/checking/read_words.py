"""What was read from a picture, as a box of its kind can have it: `21O1` in a box for a number is `2101`.

Nothing but characters that readers of pictures confuse is changed, and no answer that is valid as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from thep_forms.checking import normalise
from thep_forms.checking.confusable import DOTLESS, as_digits, as_letters
from thep_forms.checking.read_capitals import with_capitals_of_names, with_capitals_of_words
from thep_forms.checking.read_emails import as_address
from thep_forms.definition.model import Kind

_ROUNDS = 8
_NUMBER = re.compile(r"[0-9oOQDlIi|!zZsSBgq]+")
_BETWEEN_NUMBER_AND_NUMBER = re.compile(r"(?<=\d)\s*[.,:]\s*(?=\d)")
_TURKISH = frozenset("ğşçöüİĞŞÇÖÜ")
_WORD = re.compile(r"\w+")
_WORD_WITH_DIGIT = re.compile(r"\b[^\W\d_]+[015][^\W\d_]{2,}\b")
_AT_END = re.compile(r"\b([A-Z][A-Za-z0-9|!]{1,3}) ?([A-Za-z0-9|!]{3})\s*$", re.ASCII)
_CAPITAL_FOR = str.maketrans("01258", "OIZSB")


def in_kind(kind: Kind, text: str, prefix: str) -> str:
    """The text with what its kind of box can have in the place of what was confused.

    `prefix` is that of DfE numbers.
    """
    return _mended(text, lambda read: _once_in_kind(kind, read, prefix))


def as_name(text: str) -> str:
    """A person's name, which has no digits beside letters."""
    return _mended(
        text, lambda read: with_capitals_of_names(_WORD.sub(lambda found: as_letters(found[0]), _with_dots(read)))
    )


def _mended(text: str, mend: Callable[[str], str]) -> str:
    """The text, mended until nothing is left to mend: what one rule mends, another may see."""
    for _ in range(_ROUNDS):
        mended = mend(text)
        if mended == text:
            break
        text = mended
    return text


def _once_in_kind(kind: Kind, text: str, prefix: str) -> str:
    match kind:
        case Kind.DFE_NUMBER:
            return _valid_or_read(kind, text, as_digits("".join(text.split())), prefix)
        case Kind.TELEPHONE:
            return _valid_or_read(kind, text, _with_digits(text), prefix)
        case Kind.EMAIL:
            return as_address(text)
        case Kind.TEXT:
            return with_capitals_of_words(_with_letters(text))
        case Kind.ADDRESS:
            return _with_postcode(with_capitals_of_words(_with_letters(text)))
    return text


def _with_letters(text: str) -> str:
    """Words without digits among their letters, and with dots on their letters `i`."""
    return _WORD_WITH_DIGIT.sub(lambda found: as_letters(found[0]), _with_dots(text))


def _with_dots(text: str) -> str:
    """The text with dots on its `ı`, unless it has other letters that Turkish has."""
    return text if _TURKISH & set(text) else text.replace(DOTLESS, "i")


def _with_postcode(address: str) -> str:
    """An address with the postcode at its end, where letters and digits of that were taken for each other."""
    found = _AT_END.search(address)
    if not found or not any(char.isdigit() for char in found[0]):
        return address
    before, outward = address[: found.start()], found[1]
    inward = as_digits(found[2][0]) + found[2][1:].upper().translate(_CAPITAL_FOR)
    for shape in ("A9", "A99", "AA9", "AA99", "A9A", "AA9A"):
        if len(shape) == len(outward):
            mended = "".join(map(_in_shape, outward, shape))
            if normalise.postcode(f"{mended} {inward}") == f"{mended} {inward}":
                return f"{before}{mended} {inward}"
    return address


def _in_shape(char: str, place: str) -> str:
    """A character of a postcode, as a letter (`A`) or a digit (`9`)."""
    return as_digits(char) if place == "9" else char.upper().translate(_CAPITAL_FOR)


def _valid_or_read(kind: Kind, text: str, mended: str, prefix: str) -> str:
    """What was mended, if only that is valid; else the text."""
    if _is_valid(kind, text, prefix) or not _is_valid(kind, mended, prefix):
        return text
    return mended


def _is_valid(kind: Kind, text: str, prefix: str) -> bool:
    return bool(normalise.answer(kind, text, prefix).value)


def _with_digits(text: str) -> str:
    """A telephone number with digits in the place of letters among them; words such as `ext.` stay."""

    def digits(found: re.Match[str]) -> str:
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        is_word = before.isalpha() or after.isalpha() or not any(char.isdigit() for char in text)
        return found[0] if is_word else as_digits(found[0])

    return _BETWEEN_NUMBER_AND_NUMBER.sub(" ", _NUMBER.sub(digits, text))
