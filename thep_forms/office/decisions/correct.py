"""Correct the answers of a return: what a person gives takes the place of what came in, which stays beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from thep_forms.checking.normalise import dfe_number
from thep_forms.deciding import Action, Assigned, Decision
from thep_forms.definition import Definitions, FormDefinition, ProblemCode
from thep_forms.definition.model import Kind
from thep_forms.errors import AnswersError, DecisionError, Remedy
from thep_forms.office.decisions.answers import answers_in, asked_about
from thep_forms.office.decisions.deciding import (
    Decided,
    Desk,
    is_another_person,
    open_desk,
    require_own_name,
    require_read,
)
from thep_forms.records import Records, Returned
from thep_forms.records.checks import check_reading
from thep_forms.records.results import corrections_with, knowledge_of


def correct(
    folder: Path, return_id: str, answers: Sequence[str], why: str, definitions: Definitions, who: str = ""
) -> Decided:
    """Put answers, such as `headteacher_name=Ann Lee`, in the place of those of a return.

    They are checked as if the school had typed them. An answer that stands there already is given where it was not
    certain. Raises `DecisionError` if one of them is wrong, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        returned = desk.returned(return_id)
        _require_form(returned)
        definition = desk.definition_of(returned)
        wanted = answers_in(answers, definition)
        decisions = [_decision(desk, returned, name, text, why, definition) for name, text in wanted.items()]
        uncertain = {found.field for found in desk.records.problems(returned) if found.is_settled_by_its_answer}
        decisions = [each for each in decisions if each.before != each.after or each.field in uncertain]
        if not decisions:
            raise DecisionError("These answers stand there already, so there is nothing to correct.")
        _require_right(desk, returned, decisions, wanted, definition)
        decided = desk.decided(desk.take(decisions), returned.return_id)
        return replace(decided, notes=what_stays(decisions, desk.records, returned, definition))


def what_stays(
    decisions: Sequence[Decision], records: Records, returned: Returned, definition: FormDefinition
) -> tuple[str, ...]:
    """That an address or number of somebody stays beside the name of another person, in one line; nothing if none does.

    `decisions` are those on one return.
    """
    corrected = {decision.field: decision for decision in decisions if decision.action is Action.CORRECT}
    values = {value.field for value in records.answers(returned) if value.value}
    labels: list[str] = []
    for block in definition.blocks([*values, *corrected]):
        decision = corrected.get(block.boxes[definition.person_name.name].name)
        if decision and is_another_person(decision.before, decision.after):
            boxes = (box for box in block.boxes.values() if box.kind in (Kind.EMAIL, Kind.TELEPHONE))
            labels += [box.label for box in boxes if box.name in values and box.name not in corrected]
    if not labels:
        return ()
    return (f"These stay as they came: {', '.join(labels)}. Correct them too if they are another person's.",)


def _require_form(returned: Returned) -> None:
    require_read(returned)
    if not returned.entry.has_answers:
        raise DecisionError("This file is no form that can be read. Type the answers in.", Remedy.ENTER)
    if returned.verdict.is_of_no_school:
        raise DecisionError("No school sent this file, so there is nothing to correct in it.")


def _decision(desk: Desk, returned: Returned, name: str, text: str, why: str, definition: FormDefinition) -> Decision:
    """The decision about one box. Another DfE number is another school. What stands there already is confirmed."""
    problems = desk.records.problems(returned)
    unconfirmed = {found.field: found.value for found in problems if found.code is ProblemCode.SCAN_UNCONFIRMED}
    if text and unconfirmed.get(name) == text:
        code = ProblemCode.SCAN_UNCONFIRMED
        return desk.decision(Action.CONFIRM, returned, field=name, before=code, after=text, why=why)
    if name == definition.dfe_field.name:
        number = dfe_number(text, definition.partnership.dfe_prefix).value or text
        is_missing = any(found.code is ProblemCode.DFE_MISSING for found in problems)  # then the copy's code tells it
        before = "" if is_missing else returned.dfe_number
        return desk.decision(Action.ASSIGN, returned, field=Assigned.SCHOOL, before=before, after=number, why=why)
    known = {value.field: value.now for value in desk.records.answers(returned)}
    return desk.decision(Action.CORRECT, returned, field=name, before=known.get(name, ""), after=text, why=why)


def _require_right(
    desk: Desk,
    returned: Returned,
    decisions: Sequence[Decision],
    answers: Mapping[str, str],
    definition: FormDefinition,
) -> None:
    """Raises `AnswersError` if answers that were given are errors themselves, `DecisionError`."""
    reading = desk.ledger.reading(returned.return_id)
    if not reading:
        raise DecisionError(
            "An earlier version of this program read this form. Add its file again, then correct it.", Remedy.INGEST
        )
    corrections = corrections_with(desk.ledger, returned.return_id, decisions)
    knowledge = knowledge_of(desk.ledger, reading, corrections)
    checked = check_reading(reading, desk.definitions, corrections, knowledge).checked
    names = asked_about(answers, definition)
    problems = checked.problems if checked else ()
    if wrong := [problem.message for problem in problems if problem.is_wrong and problem.field in names]:
        raise AnswersError(wrong, "Nothing was changed.")
    if checked and checked.dfe_number and definition.dfe_field.name in answers:
        members = desk.records.registers.members(returned.year_collected)
        require_member(checked.dfe_number, members, returned.year_collected)
        require_own_name(checked.dfe_number, checked.school_name, members)


def require_member(number: str, members: Mapping[str, str], year: str) -> None:
    """Raises `DecisionError` if there is a list of member schools without that DfE number."""
    if members and number not in members:
        raise DecisionError(
            f"{number} is not in the list of member schools{f' of {year}' if year else ''}. Check the four digits, or "
            "the list.",
            Remedy.GIVE_LIST,
        )
