"""What persons decided just now and today, in words for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from thep_forms.deciding import Action, Decision
from thep_forms.office.decisions.correct import what_stays
from thep_forms.office.decisions.decision_words import acts, with_school
from thep_forms.records import Ledger, Records


class Done(Struct, frozen=True):
    """What was just decided, in words, and the numbers of the decisions that can be undone.

    `notes` say what stays beside it that may be wrong.
    """

    words: tuple[str, ...]
    numbers: tuple[int, ...]
    notes: tuple[str, ...] = ()


class DoneToday(Struct, frozen=True):
    """A decision of today: when it was taken, in words, and what it is about. An entry may be empty."""

    time: str
    words: str
    return_id: str
    dfe_number: str


def just_done(ledger: Ledger, records: Records, numbers: Sequence[int]) -> Done | None:
    """The decisions with these numbers, in words; None if there are none."""
    wanted = set(numbers)
    known = {decision.number: decision for decision in ledger.decisions()}
    found = [decision for number, decision in known.items() if number in wanted]
    if not found:
        return None
    words = dict.fromkeys(with_school(act, known, records) for act in acts(found))
    return Done(tuple(words), tuple(decision.number for decision in found), _notes(found, records))


def _notes(decisions: Iterable[Decision], records: Records) -> tuple[str, ...]:
    """What stays beside the corrections among the decisions."""
    corrected: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.action is Action.CORRECT and not decision.undone_by:
            corrected.setdefault(decision.return_id, []).append(decision)
    notes: list[str] = []
    for return_id, of_return in corrected.items():
        if returned := records.find(return_id):
            notes += what_stays(of_return, records, returned, records.definition)
    return tuple(notes)


def done_today(records: Records) -> tuple[DoneToday, ...]:
    """What was decided today and still counts, the latest first."""
    today = datetime.now().astimezone().date()
    decisions = records.decisions()
    known = {decision.number: decision for decision in decisions}
    of_today: list[Decision] = []
    for decision in reversed(decisions):
        at = _time(decision)
        if at and at.date() == today and not decision.undone_by and decision.action is not Action.UNDO:
            of_today.append(decision)
    found: list[DoneToday] = []
    for act in acts(of_today):
        first, words = act[0], with_school(act, known, records)
        found.append(DoneToday(f"{_time(first):%H:%M}", words, first.return_id, first.dfe_number))
    return tuple(found)


def _time(decision: Decision) -> datetime | None:
    return datetime.fromisoformat(decision.at).astimezone() if decision.at else None
