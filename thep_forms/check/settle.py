"""Verdicts: which of the returns of one school and year counts, and what the rest are.

A pure function of what is known, never of the order in which it came to be known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

_UNDATED = datetime.min.replace(tzinfo=UTC)


class Verdict(StrEnum):
    """What became of a file that came in."""

    ACCEPTED = "accepted"
    NEEDS_ATTENTION = "needs_attention"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    BLANK = "blank"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"


class Candidate(Struct, frozen=True):
    """A return without an error. `content` is equal for two returns that say the same; `dated` is when it was sent."""

    return_id: str
    school: tuple[str, str]  # membership year, DFE number
    content: bytes
    dated: datetime | None


class Settled(Struct, frozen=True):
    """The verdicts by return id, and the returns that nobody can put in order."""

    verdicts: Mapping[str, Verdict]
    conflicts: Collection[str]


def settle(candidates: Iterable[Candidate], preferred: Collection[tuple[str, str]]) -> Settled:
    """The latest return of each school and year counts. `preferred` holds pairs (winner, loser) of return ids."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.school, []).append(candidate)
    verdicts: dict[str, Verdict] = {}
    conflicts: set[str] = set()
    for group in groups.values():
        winner = _winner(group, preferred)
        for candidate in group:
            accepted = Verdict.ACCEPTED if candidate is winner else Verdict.SUPERSEDED
            verdicts[candidate.return_id] = accepted if winner else Verdict.NEEDS_ATTENTION
        if not winner:
            conflicts.update(candidate.return_id for candidate in group)
    return Settled(verdicts, conflicts)


def _winner(group: list[Candidate], preferred: Collection[tuple[str, str]]) -> Candidate | None:
    """The one that comes after every other; of several that say the same, the latest, then the lowest id."""
    winners = [one for one in group if all(other is one or _counts_over(one, other, preferred) for other in group)]
    winners.sort(key=lambda one: one.return_id)
    return max(winners, key=lambda one: one.dated or _UNDATED, default=None)


def _counts_over(one: Candidate, other: Candidate, preferred: Collection[tuple[str, str]]) -> bool:
    if (one.return_id, other.return_id) in preferred:
        return True
    if (other.return_id, one.return_id) in preferred:
        return False
    if one.content == other.content:
        return True
    return bool(one.dated and other.dated and one.dated > other.dated)
