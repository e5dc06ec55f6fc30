"""What persons decided, in words for the desk: whose it is, and what was done, without ids and codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from thep_forms.deciding import Action, Assigned, Decision
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
    words = dict.fromkeys(decision_in_words(decision, known, records) for decision in found)
    return Done(tuple(words), tuple(decision.number for decision in found))


def done_today(records: Records) -> tuple[DoneToday, ...]:
    """What was decided today and still counts, the latest first."""
    today = datetime.now().astimezone().date()
    decisions = records.decisions()
    known = {decision.number: decision for decision in decisions}
    found: list[DoneToday] = []
    for decision in reversed(decisions):
        at = datetime.fromisoformat(decision.at).astimezone() if decision.at else None
        if not at or at.date() != today or decision.undone_by or decision.action is Action.UNDO:
            continue
        words = decision_in_words(decision, known, records)
        found.append(DoneToday(f"{at:%H:%M}", words, decision.return_id, decision.dfe_number))
    return tuple(found)


def decision_in_words(decision: Decision, known: Mapping[int, Decision], records: Records) -> str:
    """Whose a decision is, and what was decided, in one sentence. `known` are all decisions, by number."""
    school = decision.school_name or decision.dfe_number or _UNKNOWN
    return f"{school}: {what_was_decided(decision, known, records)}."


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
            short = code_in_short(decision.before, records.definition.problems)
            return f"confirmed: {f'{label}: ' if label else ''}{short}"
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


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "empty"
