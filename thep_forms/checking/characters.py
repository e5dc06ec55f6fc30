"""Characters that nobody can see, or that look like others. Pure functions, which raise nothing."""

from __future__ import annotations

import re
import unicodedata

from thep_forms.reading.strings import LIGATURES

JOINERS = "\u200c\u200d"  # they change how some scripts are read
_DROPPED = ("Cc", "Cf", "Cs")
# Fillers, blanks and selectors that show nothing although their category does not say so.
_SHOWN_AS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
_APOSTROPHES = dict.fromkeys(
    "\u00b4\u2018\u2019\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02c8\ua78c\u055a\u05f3\uff07", "'"
)
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d", "-")
_FULL_STOPS = dict.fromkeys("\u3002\uff0e\uff61", ".")
# The shapes that Arabic letters and pairs of them have in a word: some programs print these in the place of letters.
_ARABIC_SHAPES = (*range(0xFB50, 0xFC5E), *range(0xFC64, 0xFD3E), *range(0xFE80, 0xFEFD))
_SHAPES = LIGATURES | {code: unicodedata.normalize("NFKC", chr(code)) for code in _ARABIC_SHAPES}
_LOOK_ALIKES = str.maketrans(_APOSTROPHES | _DASHES | _FULL_STOPS)
# Letters of other alphabets that look like Latin ones (from the confusables of Unicode Technical Standard 39).
_TWINS = {
    **dict(zip("асԁеһіјӏорԛѕԝхуѵ", "acdehijlopqswxyv", strict=True)),
    **dict(zip("АВСЕНІЈКМОРԚЅТԜХУ", "ABCEHIJKMOPQSTWXY", strict=True)),
    **dict(zip("αικνορυ", "aikvopu", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
    **dict(zip("ցհոսօ", "ghnuo", strict=True)),
}
_LABEL = re.compile(r"[^\W\d_]+")
_WORD_WITH_AT = re.compile(r"[^\s<>;,@]*@[^\s<>;,]*")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # line breaks and tabs are none here


def is_invisible(char: str) -> bool:
    """Whether the character shows nothing; white space and the joiners of some scripts are not counted."""
    if char.isspace() or char in JOINERS:
        return False
    return unicodedata.category(char) in _DROPPED or char in _SHOWN_AS_NOTHING


def normal_text(raw: str) -> str:
    """NFC, in one line: white space folded, control and format characters dropped. Case and spelling stay.

    Ligatures such as `ﬁ`, which some programs put for two letters, become the letters. So do shapes of Arabic letters.
    """
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    kept = (char for char in " ".join(raw.split()) if char in JOINERS or unicodedata.category(char) not in _DROPPED)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).translate(_SHAPES).split())


def plain_address(raw: str) -> str:
    """An e-mail address without invisible characters; what looks like `'`, `-` or `.` is taken for it."""
    if raw.isascii() and raw.isprintable():
        return raw
    kept = (char for char in raw if char not in JOINERS and not is_invisible(char))
    return "".join(kept).translate(_LOOK_ALIKES)


def replaced_in_address(raw: str) -> tuple[str, ...]:
    """The names of the characters that `plain_address` drops or replaces, each once, in their order.

    Only words with an @ are looked at. Invisible characters before and after them do not count: they change nothing.
    """
    if raw.isascii() and raw.isprintable():
        return ()
    names: dict[str, None] = {}
    for word in _WORD_WITH_AT.findall(raw):
        for char in _inside(word):
            if char in JOINERS or is_invisible(char) or ord(char) in _LOOK_ALIKES:
                names[name_of(char)] = None
    return tuple(names)


def _inside(word: str) -> str:
    """The word from its first character that can be seen to its last."""
    seen = [n for n, char in enumerate(word) if char not in JOINERS and not is_invisible(char)]
    return word[seen[0] : seen[-1] + 1]


def name_of(char: str) -> str:
    """The character's name in Unicode with its number: `soft hyphen (U+00AD)`. Control characters have no name."""
    return f"{unicodedata.name(char, 'control character').lower()} (U+{ord(char):04X})"


def without_controls(raw: str) -> str:
    """The text without control characters (C0, C1 and DEL); line breaks and tabs stay."""
    if raw.isprintable():
        return raw
    return _CONTROLS.sub("", raw)


def with_invisible_named(raw: str) -> str:
    """The text with the number of each invisible character in its place: `he[U+00AD]ad`."""
    if raw.isprintable():
        return raw
    return "".join(f"[U+{ord(char):04X}]" if is_invisible(char) else char for char in raw)


def with_latin_twins(text: str) -> tuple[str, tuple[str, ...]]:
    """An answer with the Latin letters that were probably meant, and the names of the letters that stood there.

    Only words that mix Latin letters with their twins are changed: a word in Cyrillic letters alone is right.
    """
    if text.isascii():
        return text, ()
    names: dict[str, None] = {}

    def in_latin(found: re.Match[str]) -> str:
        others = [char for char in found[0] if not _is_latin(char)]
        if len(others) == len(found[0]) or any(char not in _TWINS for char in others):
            return found[0]
        names.update(dict.fromkeys(map(name_of, others)))
        return "".join(_TWINS.get(char, char) for char in found[0])

    return _LABEL.sub(in_latin, text), tuple(names)


def _is_latin(char: str) -> bool:
    return char.isascii() or unicodedata.name(char, "").startswith("LATIN")
