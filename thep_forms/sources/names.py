"""Names that strangers gave to files, as parts of a way that a person can read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 120  # characters of a name
MOST_FOLDERS = 20  # of a way inside of one zip
_JOINERS = "\u200c\u200d"  # they change how some scripts are read
_DROPPED = ("Cc", "Cf", "Co", "Cs")
_SLASHES = str.maketrans({"/": "∕", "\\": "∖"})
_ENDING = re.compile(r"\.\w{1,8}\Z")


def clean(name: str) -> str:
    """One name in one line, without anything that is a step in a way; empty where nothing is left."""
    line = " ".join(name.split()).translate(_SLASHES)
    kept = "".join(char for char in line if char in _JOINERS or unicodedata.category(char) not in _DROPPED)
    kept = unicodedata.normalize("NFC", kept).strip()
    if not kept.strip(f".{_JOINERS}"):
        return ""
    if len(kept) <= LONGEST:
        return kept
    ending = _ENDING.search(kept)
    tail = ending[0] if ending else ""
    return f"{kept[: LONGEST - len(tail) - 1]}…{tail}"


def clean_way(way: str) -> str:
    """The way inside of a zip, from its root: steps up and empty ones are left out."""
    steps = list(filter(None, map(clean, re.split(r"[/\\]", way))))
    return "/".join(steps[-MOST_FOLDERS:]) or "unnamed"


def text(raw: bytes, encoding: str = "cp1252") -> str:
    """What bytes of a name or header mean: UTF-8, which nothing else looks like; else the given encoding."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")


class UniqueNames:
    """The names in one container: the second `form.pdf` is `form (2).pdf`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def free(self, name: str) -> str:
        if name in self._taken:
            ending = _ENDING.search(name)
            tail = ending[0] if ending else ""
            stem, turn = name.removesuffix(tail), self._last.get(name, 1)
            while (numbered := f"{stem} ({(turn := turn + 1)}){tail}") in self._taken:
                pass
            self._last[name] = turn
            name = numbered
        self._taken.add(name)
        return name
