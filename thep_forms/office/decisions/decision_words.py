"""Decisions in words: plainly for the desk, and with the ids of returns and the numbers of decisions for the terminal.

What a person confirmed in one go of a picture is told as one act. So is what several schools wrote, read in one go, and
that several schools were given the form on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from thep_forms.deciding import Action, Assigned, Decision, Noted
from thep_forms.definition.model import ProblemCode
from thep_forms.office.words import code_in_short, sentence
from thep_forms.records import Records

_UNKNOWN = "A file of an unknown school"
_AS_READ = "as it was read from the picture"

Act = Sequence[Decision]  # what was decided in one go: one decision, several of one picture, or what was read


def acts(decisions: Iterable[Decision]) -> list[Act]:
    """The decisions in their order. Those of one go that confirm a picture, or note the same, are together."""
    groups: list[list[Decision]] = []
    for decision in decisions:
        if groups and _are_one_act(groups[-1][-1], decision):
            groups[-1].append(decision)
        else:
            groups.append([decision])
    return [*groups]


def _are_one_act(first: Decision, second: Decision) -> bool:
    if (first.at, bool(first.undone_by)) != (second.at, bool(second.undone_by)):
        return False
    is_picture = first.return_id == second.return_id and _is_of_picture(first) and _is_of_picture(second)
    are_words = _is_of_words(first) and _is_of_words(second)
    return is_picture or are_words or (_is_on_paper(first) and _is_on_paper(second))


def _is_of_words(decision: Decision) -> bool:
    """Whether a person noted that what came with a form is read."""
    return decision.action is Action.NOTE and bool(decision.return_id)


def _is_on_paper(decision: Decision) -> bool:
    """Whether a person noted that a school was given the form on paper."""
    return decision.action is Action.NOTE and decision.field == Noted.ON_PAPER


def _is_of_picture(decision: Decision) -> bool:
    """Whether a person confirmed an answer that was read from a picture."""
    return decision.action is Action.CONFIRM and decision.before == ProblemCode.SCAN_UNCONFIRMED


# --- without ids and numbers ------------------------------------------------------------------------------------------


def with_school(act: Act, known: Mapping[int, Decision], records: Records) -> str:
    """Whose it is, and what was decided, in one sentence. `known` are all decisions, by number."""
    if len(act) > 1 and not _is_of_picture(act[0]):
        return sentence(_what(act, known, records))
    return f"{_whose(act[0], records)}: {_what(act, known, records)}."


def without_school(act: Act, known: Mapping[int, Decision], records: Records) -> str:
    """What was decided, as a sentence. `known` are all decisions, by number."""
    return sentence(_what(act, known, records))


def _whose(decision: Decision, records: Records) -> str:
    """Whose it is: the school, or the name of a file of which nobody knew the school."""
    if school := decision.school_name or decision.dfe_number:
        return school
    returned = records.find(decision.return_id) if decision.return_id else None
    return returned.source if returned else _UNKNOWN


def _school(number: str, records: Records) -> str:
    """A school by its name and number."""
    name = records.correspondents.name_of(number)
    return f"{name} ({number})" if name else number


def _what(act: Act, known: Mapping[int, Decision], records: Records) -> str:
    """What was decided, as the end of a sentence."""
    first = act[0]
    if _is_of_words(first):
        one = len(act) == 1
        return "the message with its form is read" if one else f"the messages with {len(act)} forms are read"
    if _is_on_paper(first):
        whose = "it was" if len(act) == 1 else f"{len(act)} schools were"
        return f"{whose} given the form of {first.year} on paper"
    if len(act) > 1:
        return f"{len(act)} answers that were read from a picture are confirmed"
    if _is_of_picture(first):
        return f"{_label(first, records)} is confirmed, {_AS_READ}"
    undone = known.get(int(first.before)) if first.action is Action.UNDO and first.before.isdecimal() else None
    return f"this is undone: {_what([undone], known, records)}" if undone else _what_one(first, records)


def _what_one(decision: Decision, records: Records) -> str:
    """What one decision says of a form."""
    match decision.action:
        case Action.PREFER:
            return "this form counts, and no other of the school"
        case Action.CORRECT:
            return f"{_label(decision, records)} {_corrected(decision)}"
        case Action.CONFIRM:
            return f"confirmed: {_confirmed(decision, records)}"
        case Action.ENTER:
            return f"the answers for {decision.year} are entered"
        case Action.ASSIGN:
            is_school = decision.field == Assigned.SCHOOL
            belongs = f"a file belongs to {_school(decision.after, records)}"
            return belongs if is_school else f"a file counts as the form of {decision.after}"
        case Action.CLOSE:
            return "a file is closed"
        case Action.NOTE:
            return _noted(decision, records)
        case Action.UNDO:
            return "a decision is undone"


def _noted(decision: Decision, records: Records) -> str:
    """What a person noted about one school."""
    if decision.field == Noted.FOLLOWS:
        return f"it was {_school(decision.after, records)} before"
    return f"noted: {decision.why}"


# --- with ids and numbers ---------------------------------------------------------------------------------------------


def with_ids(act: Act, verdict: str, records: Records) -> str:
    """What was decided, of which return, and the numbers of the decisions. `verdict` is what became of the return."""
    first = act[0]
    if len(act) == 1:
        return f"{_of_return(first, verdict, records)} Decision {first.number}"
    what = f"Confirmed in {first.return_id}: {len(act)} answers, as they were read from the picture."
    if _is_of_words(first):
        what = f"Noted of {len(act)} forms."
    elif _is_on_paper(first):
        what = sentence(_what(act, {}, records))
    return f"{what} Decisions {first.number} to {act[-1].number}"


def _of_return(decision: Decision, verdict: str, records: Records) -> str:
    """What was decided of a return, as a sentence."""
    return_id = decision.return_id
    match decision.action:
        case Action.PREFER:
            others = f" over {decision.before.replace(';', ', ')}" if decision.before else ""
            return f"The return {return_id} counts{others}."
        case Action.CORRECT:
            return f"{_label(decision, records)} in {return_id} {_corrected(decision)}."
        case Action.CONFIRM:
            return f"Confirmed in {return_id}: {_confirmed(decision, records)}."
        case Action.ENTER:
            became = f" {sentence(verdict)}" if verdict else ""
            return f"The office entered the answers for {decision.year} ({return_id}).{became}"
        case Action.ASSIGN:
            what = "is that of the school" if decision.field == Assigned.SCHOOL else "is of the year"
            return f"The return {return_id} {what} {decision.after}."
        case Action.CLOSE:
            return f"The return {return_id} is closed."
        case Action.NOTE:
            return sentence(_what([decision], {}, records)) if decision.field else "Noted."
        case Action.UNDO:
            return f"The decision {decision.before} is undone."


# --- in both ----------------------------------------------------------------------------------------------------------


def _label(decision: Decision, records: Records) -> str:
    """The label of the box that was decided on, or of the field whose tick boxes were."""
    box = records.definition.box(decision.field)
    named = box or next((field for field in records.definition.fields if field.name == decision.field), None)
    return named.label if named else decision.field


def _confirmed(decision: Decision, records: Records) -> str:
    """What a person confirmed: the box, and what was asked about it."""
    label = _label(decision, records)
    if _is_of_picture(decision):
        return f"{label}, {_AS_READ}"
    short = code_in_short(decision.before, records.definition.problems)
    return f"{label}: {short}" if label else short


def _corrected(decision: Decision) -> str:
    """What an answer was and is; or that it is what stood there, where that was not certain."""
    if decision.before == decision.after:
        if not decision.after:
            return "stays empty"
        return f"is {_quoted(decision.after)}, as it stands there"
    return f"was {_quoted(decision.before)} and is {_quoted(decision.after)}"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "empty"
