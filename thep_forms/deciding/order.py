"""Which of several returns of one school and year counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from thep_forms.deciding.model import LONG_AGO, Action, Decision

Preferences = Collection[tuple[str, str]]  # pairs of return ids: the first counts over the second


class Candidate(Struct, frozen=True):
    """A return without an error.

    `content` is equal for two returns that say the same; `dated` is when it was sent. `has_more_beside`: something
    stands beside its answers. `is_whole`: all pages came back.
    """

    return_id: str
    content: bytes
    dated: datetime | None
    has_more_beside: bool = False
    is_whole: bool = True


def preferences(decisions: Iterable[Decision]) -> set[tuple[str, str]]:
    """The pairs of returns of which a person said that the first counts over the second.

    What the office entered counts over what was known of the school by then. Of two opposite decisions the later one
    counts.
    """
    pairs: set[tuple[str, str]] = set()
    for decision in sorted(decisions, key=lambda decision: decision.number):
        if decision.action not in (Action.PREFER, Action.ENTER):
            continue
        for loser in filter(None, decision.before.split(";")):
            pairs.discard((loser, decision.return_id))
            pairs.add((decision.return_id, loser))
    return pairs


def winner(group: Sequence[Candidate], preferred: Preferences) -> Candidate | None:
    """Of the returns of one school and year, the one that counts over every other.

    Of several that say the same it is the latest, then one with something beside its answers, then a whole one, then
    the one with the lowest id. None where nobody can put them in order.
    """
    winners = [
        candidate
        for candidate in group
        if all(rival is candidate or _counts_over(candidate, rival, preferred) for rival in group)
    ]
    winners.sort(key=lambda candidate: candidate.return_id)
    return max(winners, key=_rank, default=None)


def _rank(candidate: Candidate) -> tuple[datetime, bool, bool]:
    return candidate.dated or LONG_AGO, candidate.has_more_beside, candidate.is_whole


def _counts_over(candidate: Candidate, rival: Candidate, preferred: Preferences) -> bool:
    if (candidate.return_id, rival.return_id) in preferred:
        return True
    if (rival.return_id, candidate.return_id) in preferred:
        return False
    if candidate.content == rival.content:
        return True
    return is_later(candidate.dated, rival.dated)


def is_later(date: datetime | None, than: datetime | None) -> bool:
    """Whether both dates are known, and the first is the later one."""
    return bool(date and than and date > than)
