"""The order of letters on a line that has scripts of both directions: Unicode Standard Annex 9, Unicode 16.

Limitation: characters that format explicitly (embeddings, overrides, isolates) are ignored. This is what section 4.2 of
the annex calls implicit bidirectionality. The names of the rules in comments are those of the annex.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeVar

T = TypeVar("T")
_IGNORED = ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_NEUTRAL = ("B", "S", "WS", "ON")
_NUMBERS = ("EN", "AN")
_DEEPEST = 63  # brackets within brackets (BD16)
_SAME = {"\u2329": "\u3008", "\u232a": "\u3009"}  # brackets that are canonically equivalent to others


def base_level(text: str, kind_of: Callable[[str], str] = unicodedata.bidirectional) -> int:
    """0 for a text that reads from left to right, 1 for the other direction (P2, P3). `kind_of` as for `levels`."""
    for char in text:
        kind = kind_of(char)
        if kind in ("L", "R", "AL"):
            return int(kind != "L")
    return 0


def levels(text: str, base: int, kind_of: Callable[[str], str] = unicodedata.bidirectional) -> list[int]:
    """The level of each character of a line: even ones read from left to right, odd ones from right to left.

    `kind_of` gives the bidirectional class of a character.
    """
    original = [kind_of(char) or "L" for char in text]
    shown = [index for index, kind in enumerate(original) if kind not in _IGNORED]  # X9
    kinds = [original[index] for index in shown]
    strong = "R" if base else "L"
    _resolve_weak(kinds, strong)
    _resolve_brackets([text[index] for index in shown], [original[index] for index in shown], kinds, strong)
    _resolve_neutral(kinds, strong)
    found = [base] * len(text)
    for index, kind in zip(shown, kinds, strict=True):
        found[index] = _level(kind, base)
    _level_ignored(found, original, base)
    _reset_ends(found, original, base)
    return found


def reordered(items: Sequence[T], levels: Sequence[int]) -> list[T]:
    """The items, which have those levels, from left to right (L2)."""
    order = list(range(len(items)))
    odd = [level for level in levels if level % 2]
    for lowest in range(max(levels, default=0), min(odd, default=1) - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= lowest:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return [items[index] for index in order]


def mirrored(char: str) -> str:
    """The bracket that faces the other way; any other character as it is (L4)."""
    return _mirror_images().get(char, char)


@cache
def _mirror_images() -> dict[str, str]:
    closing = _closing() | {"<": ">", "«": "»", "‹": "›"}
    return closing | {second: first for first, second in closing.items()}


# --- numbers and what stands beside them --------------------------------------------------------------------------


def _resolve_weak(kinds: list[str], strong: str) -> None:
    """Rules W1 to W7. `strong` is the direction of the line: L or R."""
    before = last = strong
    for index, kind in enumerate(kinds):
        if kind == "NSM":  # W1
            kinds[index] = before
        elif kind == "EN" and last == "AL":  # W2
            kinds[index] = "AN"
        elif kind in ("L", "R", "AL"):
            last = kind
        before = kinds[index]
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    _join_numbers(kinds)
    last = strong
    for index, kind in enumerate(kinds):
        if kind in ("L", "R"):
            last = kind
        elif kind == "EN" and last == "L":  # W7
            kinds[index] = "L"


def _join_numbers(kinds: list[str]) -> None:
    """Rules W4 to W6: signs within a number and beside it belong to it, other signs are neutral."""
    for index in range(1, len(kinds) - 1):
        kind, before, after = kinds[index], kinds[index - 1], kinds[index + 1]
        within = (kind == "ES" and before == "EN") or (kind == "CS" and before in _NUMBERS)
        if within and before == after:  # W4
            kinds[index] = before
    for start, end in _stretches(kinds, ("ET",)):
        beside = (kinds[start - 1] if start else "", kinds[end] if end < len(kinds) else "")
        if "EN" in beside:  # W5
            kinds[start:end] = ["EN"] * (end - start)
    kinds[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]  # W6


def _stretches(kinds: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where neighbours of the wanted kinds start and end."""
    start = 0
    while start < len(kinds):
        end = start
        while end < len(kinds) and kinds[end] in wanted:
            end += 1
        if end > start:
            yield start, end
        start = max(end, start + 1)


# --- brackets -----------------------------------------------------------------------------------------------------


@cache
def _closing() -> dict[str, str]:
    """The closing bracket of each opening one."""
    pairs: dict[str, str] = {}
    for code in range(0x10000):
        char = chr(code)
        if unicodedata.category(char) == "Ps" and unicodedata.mirrored(char):
            try:
                partner = unicodedata.lookup(unicodedata.name(char).replace("LEFT", "RIGHT"))
            except KeyError:
                continue
            if partner != char:
                pairs[_SAME.get(char, char)] = _SAME.get(partner, partner)
    return pairs


def _bracket_pairs(chars: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Where brackets that belong together stand, in the order of the opening ones (BD16)."""
    closing, waiting, pairs = _closing(), list[tuple[str, int]](), list[tuple[int, int]]()
    for index, (char, kind) in enumerate(zip(chars, kinds, strict=True)):
        bracket = _SAME.get(char, char)
        if kind != "ON":
            continue
        if bracket in closing:
            if len(waiting) == _DEEPEST:
                return []
            waiting.append((closing[bracket], index))
            continue
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == bracket:
                pairs.append((waiting[depth][1], index))
                del waiting[depth:]
                break
    return sorted(pairs)


def _resolve_brackets(chars: Sequence[str], original: Sequence[str], kinds: list[str], strong: str) -> None:
    """Rule N0: both brackets of a pair get one direction, by what stands between and before them."""
    for start, end in _bracket_pairs(chars, kinds):
        inside = {_direction(kind) for kind in kinds[start + 1 : end]} - {""}
        if not inside:
            continue
        direction = strong
        if strong not in inside:
            before = [_direction(kind) for kind in kinds[:start] if _direction(kind)]
            direction = before[-1] if before else strong
        for index in (start, end):
            kinds[index] = direction
            following = index + 1
            while following < len(kinds) and original[following] == "NSM":
                kinds[following] = direction
                following += 1


def _direction(kind: str) -> str:
    """L or R; numbers count as R, and what is neutral has none."""
    return "R" if kind in _NUMBERS else kind if kind in ("L", "R") else ""


# --- what has no direction of its own -----------------------------------------------------------------------------


def _resolve_neutral(kinds: list[str], strong: str) -> None:
    """Rules N1 and N2: between two of one direction it takes that, elsewhere the direction of the line."""
    for start, end in _stretches(kinds, _NEUTRAL):
        before = _direction(kinds[start - 1]) if start else strong
        after = _direction(kinds[end]) if end < len(kinds) else strong
        kinds[start:end] = [before if before == after else strong] * (end - start)


def _level(kind: str, base: int) -> int:
    """Rules I1 and I2."""
    if base == 0:
        return {"L": 0, "R": 1}.get(kind, 2)
    return 1 if kind == "R" else 2


def _level_ignored(found: list[int], original: Sequence[str], base: int) -> None:
    """What shows nothing gets the level of what stands before it, so that it parts nothing."""
    for index, kind in enumerate(original):
        if kind in _IGNORED:
            found[index] = found[index - 1] if index else base


def _reset_ends(found: list[int], original: Sequence[str], base: int) -> None:
    """Rule L1: separators, and white space before them and at the end of the line, go by the line."""
    at_end = True
    for index in range(len(found) - 1, -1, -1):
        kind = original[index]
        if kind in ("B", "S"):
            at_end = True
        elif kind not in ("WS", *_IGNORED):
            at_end = False
        if at_end:
            found[index] = base
