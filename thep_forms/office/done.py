"""What persons decided, in words for the desk: whose it is, and what was done, without ids and codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from thep_forms.deciding import Action, Assigned, Decision
from thep_forms.definition.model import ProblemCode
from thep_forms.office.words import code_in_short
from thep_forms.records import Ledger, Records

_UNKNOWN = "A file of an unknown school"


class Done(Struct, frozen=True):
    """What was just decided, in words, and the numbers of the decisions that can be undone."""

    words: tuple[str, ...]
    numbers: tuple[int, ...]


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
    words = dict.fromkeys(_in_words(group, known, records) for group in acts(found))
    return Done(tuple(words), tuple(decision.number for decision in found))


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
    for group in acts(of_today):
        first, words = group[0], _in_words(group, known, records)
        found.append(DoneToday(f"{_time(first):%H:%M}", words, first.return_id, first.dfe_number))
    return tuple(found)


def _time(decision: Decision) -> datetime | None:
    return datetime.fromisoformat(decision.at).astimezone() if decision.at else None


def acts(decisions: Iterable[Decision]) -> list[list[Decision]]:
    """The decisions in their order; those together by which a person confirmed in one go what a picture says."""
    groups: list[list[Decision]] = []
    for decision in decisions:
        if groups and _are_one_act(groups[-1][-1], decision):
            groups[-1].append(decision)
        else:
            groups.append([decision])
    return groups


def _are_one_act(first: Decision, second: Decision) -> bool:
    first_key, second_key = ((each.return_id, each.at, bool(each.undone_by)) for each in (first, second))
    return first_key == second_key and is_of_picture(first) and is_of_picture(second)


def is_of_picture(decision: Decision) -> bool:
    """Whether a person confirmed an answer that was read from a picture."""
    return decision.action is Action.CONFIRM and decision.before == ProblemCode.SCAN_UNCONFIRMED


def _in_words(group: Sequence[Decision], known: Mapping[int, Decision], records: Records) -> str:
    if len(group) == 1:
        return decision_in_words(group[0], known, records)
    return f"{_school(group[0])}: {_in_one_go(group)}."


def act_in_words(group: Sequence[Decision], known: Mapping[int, Decision], records: Records) -> str:
    """What was decided in one go, without whose it is, as a sentence. `known` are all decisions, by number."""
    what = what_was_decided(group[0], known, records) if len(group) == 1 else _in_one_go(group)
    return f"{what[:1].upper()}{what[1:]}."


def _in_one_go(group: Sequence[Decision]) -> str:
    return f"{len(group)} answers that were read from a picture are confirmed"


def decision_in_words(decision: Decision, known: Mapping[int, Decision], records: Records) -> str:
    """Whose a decision is, and what was decided, in one sentence. `known` are all decisions, by number."""
    return f"{_school(decision)}: {what_was_decided(decision, known, records)}."


def _school(decision: Decision) -> str:
    return decision.school_name or decision.dfe_number or _UNKNOWN


def what_was_decided(decision: Decision, known: Mapping[int, Decision], records: Records) -> str:
    """What was decided, without whose it is, as the end of a sentence. `known` are all decisions, by number."""
    box = records.definition.box(decision.field)
    label = box.label if box else decision.field
    match decision.action:
        case Action.PREFER:
            return "this form counts, and no other of the school"
        case Action.CORRECT:
            return f"{label} was {_quoted(decision.before)} and is {_quoted(decision.after)}"
        case Action.CONFIRM:
            return _confirmed(decision, label, records)
        case Action.ENTER:
            return f"the answers for {decision.year} are entered"
        case Action.ASSIGN:
            is_school = decision.field == Assigned.SCHOOL
            return "a file is that of the school" if is_school else f"a file is of {decision.after}"
        case Action.CLOSE:
            return "a file is closed"
        case Action.NOTE:
            return f"noted: {decision.why}"
        case Action.UNDO:
            undone = known.get(int(decision.before)) if decision.before.isdecimal() else None
            return f"this is undone: {what_was_decided(undone, known, records)}" if undone else "a decision is undone"


def _confirmed(decision: Decision, label: str, records: Records) -> str:
    if is_of_picture(decision):
        return f"{label} is confirmed, as it was read from the picture"
    short = code_in_short(decision.before, records.definition.problems)
    return f"confirmed: {f'{label}: ' if label else ''}{short}"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "empty"
