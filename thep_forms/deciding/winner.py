"""Verdicts: which of the returns of one school and year counts, and what the rest are.

A pure function of what is known, never of the order in which it came to be known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    content: bytes
    dated: datetime | None


def winner(group: Sequence[Candidate], preferred: Collection[tuple[str, str]]) -> Candidate | None:
    """Of the returns of one school and year the one that counts: it comes after every other.

    Of several that say the same it is the latest, then the one with the lowest id; None where nobody can put them in
    order. `preferred` holds pairs (winner, loser) of return ids.
    """
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
