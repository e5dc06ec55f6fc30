"""Which school is meant by words of its name: those that a person typed, or the name of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from thep_forms.errors import DecisionError

_MOST_NAMED = 5  # schools in a message
_FEWEST_LETTERS = 4  # of a school's name that the name of a file has
_WORD = re.compile(r"[^\W_]+")


def number_of(words: str, members: Mapping[str, str]) -> str:
    """The DfE number of the only member with these words in its name; the words themselves where there is none.

    `members` are names by DfE number. Raises `DecisionError` where there are several.
    """
    sought = " ".join(words.casefold().split())
    found = [number for number, name in members.items() if sought and sought in name.casefold()]
    if len(found) > 1:
        named = ", ".join(f"{members[number]} ({number})" for number in found[:_MOST_NAMED])
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise DecisionError(f"Several schools have “{words}” in their names: {named}{more}. Choose one.")
    return found[0] if found else words


def school_in_name(file_name: str, members: Mapping[str, str]) -> str:
    """The number of the one member of whose name the file's name has the first words; empty if none or several fit.

    It is a proposal to a person, on which nothing is decided. Of Cedar Hill and Cedar Primary, `cedar hill.pdf` speaks
    of the first.
    """
    words = _WORD.findall(file_name.casefold())
    shared = {number: _shared(_WORD.findall(name.casefold()), words) for number, name in members.items()}
    fitting = {number: common for number, common in shared.items() if len("".join(common)) >= _FEWEST_LETTERS}
    best = max(fitting.values(), key=len, default=())
    if any(best[: len(common)] != common for common in fitting.values()):
        return ""  # it speaks of another one, too
    found = [number for number, common in fitting.items() if common == best]
    return found[0] if len(found) == 1 else ""


def _shared(name: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """The first words of a name that stand beside each other among the words."""
    longest: tuple[str, ...] = ()
    for start in range(len(words)):
        common: list[str] = []
        for word, other in zip(name, words[start:], strict=False):
            if word != other:
                break
            common.append(word)
        longest = max(longest, tuple(common), key=len)
    return longest
