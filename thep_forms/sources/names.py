"""Makes names that strangers gave to files safe to show, as steps of `ReceivedFile.source`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from thep_forms.sources.limits import LONGEST_NAME, MOST_STEPS

_JOINERS = "\u200c\u200d"  # kept: they change how words in some scripts are read
_DROPPED = ("Cc", "Cf", "Co", "Cs")  # control, format, private-use and surrogate characters
_SLASHES = str.maketrans({"/": "∕", "\\": "∖"})  # letters that look like slashes and are none
_PLAIN_LETTERS = str.maketrans("łø’", "lo'")  # Unicode does not take these apart
_ENDING = re.compile(r"\.\w{1,8}\Z")


def clean_name(name: str) -> str:
    """The name in one line, without control characters or slashes; empty where nothing but dots is left."""
    line = " ".join(name.split()).translate(_SLASHES)
    kept = "".join(char for char in line if char in _JOINERS or unicodedata.category(char) not in _DROPPED)
    kept = unicodedata.normalize("NFC", kept).strip()
    if not kept.strip(f".{_JOINERS}"):
        return ""
    if len(kept) <= LONGEST_NAME:
        return kept
    ending = _ending(kept)
    return f"{kept[: LONGEST_NAME - len(ending) - 1]}…{ending}"


def clean_path(path: str) -> str:
    """A path in a zip, from the zip's root: each step cleaned, those that climb (`..`) or are empty left out."""
    steps = [clean_name(step) for step in re.split(r"[/\\]", path)]
    return "/".join([step for step in steps if step][-MOST_STEPS:]) or "unnamed"


def decode(raw: bytes, encoding: str = "cp1252") -> str:
    """The text of a name or header: UTF-8, which no other encoding looks like, else `encoding`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")


def without_accents(text: str) -> str:
    """The text without capitals and accents, by which words are compared that people type in several ways."""
    pieces = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN_LETTERS))
    return "".join(piece for piece in pieces if not unicodedata.combining(piece))


def _ending(name: str) -> str:
    """The name's file extension with its dot, or nothing."""
    match = _ENDING.search(name)
    return match[0] if match else ""


class UniqueNames:
    """The names in one container, which are numbered where they are equal: `form.pdf`, `form (2).pdf`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """`taken` are names that no file may have, such as those of folders."""
        self._taken = set(taken)
        self._last_number: dict[str, int] = {}

    def take(self, name: str) -> str:
        """The name as it stands if it is free, else with the lowest number that makes it so. It is taken then."""
        free = name if name not in self._taken else self._numbered(name)
        self._taken.add(free)
        return free

    def _numbered(self, name: str) -> str:
        ending = _ending(name)
        stem, number = name.removesuffix(ending), self._last_number.get(name, 1) + 1
        while f"{stem} ({number}){ending}" in self._taken:
            number += 1
        self._last_number[name] = number
        return f"{stem} ({number}){ending}"
