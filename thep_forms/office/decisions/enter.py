"""Enter the answers of a school that came by telephone, letter or e-mail, without a form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking import Problem
from thep_forms.deciding import Action, Arrival
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.definition.model import TICKED, Kind
from thep_forms.errors import AnswersError, DecisionError, Remedy
from thep_forms.office.copies import answers as known_answers
from thep_forms.office.decisions.answers import answers_in, boxes_to_fill
from thep_forms.office.decisions.correct import require_member
from thep_forms.office.decisions.deciding import (
    Decided,
    Desk,
    is_another_person,
    open_desk,
    require_number,
    require_own_name,
    require_year,
)
from thep_forms.office.decisions.shown_answers import ShownAnswer, boxes_in_order
from thep_forms.office.opening import open_records
from thep_forms.office.waiting_forms import waiting_form
from thep_forms.reading import Answer, FileKind, ReadFrom, Reading
from thep_forms.records import Records, Returned
from thep_forms.records.checks import check_reading
from thep_forms.records.model import ENTERED
from thep_forms.register import MemberSchool, members_of_year

SOURCE = "entered by the office"
_ID = 16  # hex digits
_NOT_ENTERED = "Nothing was entered."


class KnownSchool(Struct, frozen=True):
    """A school with its last known answers. `missing` are the labels of those that a form has to have.

    `waiting` is the id of its form that waits for somebody: none of its answers is known. Empty where there is none.
    """

    dfe_number: str
    school_name: str
    year: str
    answers: tuple[ShownAnswer, ...]
    missing: tuple[str, ...] = ()
    waiting: str = ""

    @property
    def state(self) -> str:
        """A short digest of what is known: a page that was opened before some of it changed has another."""
        return hashlib.sha256(msgspec.json.encode(self.answers)).hexdigest()[:16]


def enter(
    folder: Path,
    school: str,
    year: MembershipYear,
    answers: Sequence[str],
    why: str,
    definitions: Definitions,
    who: str = "",
    *,
    unchanged: bool = False,
) -> Decided:
    """Note what a school answered: its last known answers, with those of `answers`, such as `headteacher_name=Ann Lee`.

    It counts over everything that came from the school for the year until now. `unchanged`: the school says that
    nothing has changed. Raises `DecisionError` if an answer is wrong or nothing is known of the school, `RecordsError`.
    """
    require_year(year, definitions)
    definition = definitions(year)
    number = require_number(school, definition)
    if not answers and not unchanged:
        raise DecisionError("Give the answers, or say that nothing has changed.", Remedy.SAY_UNCHANGED)
    changes = answers_in(answers, definition)
    if changes.pop(definition.dfe_field.name, number) != number:
        raise DecisionError("The DfE number of the school comes first. Leave it out of the answers.")
    with open_desk(folder, definitions, who) as desk:
        require_member(number, desk.records.registers.members(str(year)), str(year))
        member = _member(desk.records, number, year)
        known = _known(member, definition)
        require_own_name(
            number, changes.get(definition.school_name.name, ""), desk.records.registers.members(str(year))
        )
        left_out = _of_others(known, changes, definition)
        known = {name: text for name, text in known.items() if name not in left_out}
        reading = _reading({**known, **changes}, definition)
        _require_right(reading, changes, definitions, unchanged=unchanged)
        changed = [name for name, text in changes.items() if text != known.get(name, "")]
        decided = _noted(desk, reading, member, year, changed, why)
        return replace(decided, notes=_words_for(left_out, definition))


def why_not_unchanged(records: Records, number: str, year: MembershipYear, definitions: Definitions) -> str:
    """Why the answers of a school cannot be entered as unchanged, in one line; empty if they can."""
    definition = definitions(year)
    try:
        require_year(year, definitions)
        require_member(number, records.registers.members(str(year)), str(year))
    except DecisionError as error:
        return str(error)
    if waiting_form(number, str(year), records):
        return "A form of the school waits for somebody. “All as last year” would take its place."
    reading = _reading(_known(_member(records, number, year), definition), definition)
    missing = _labels(_errors(reading, definitions))
    return f"“All as last year” does not say enough: nobody knows {'; '.join(missing)}." if missing else ""


def look_up_known(folder: Path, school: str, year: MembershipYear, definitions: Definitions) -> KnownSchool:
    """What is known of a school, to be changed. Raises `DecisionError` for what is no DfE number, `RecordsError`."""
    definition = definitions(year)
    number = require_number(school, definition)
    with open_records(folder, definitions) as (_, records):
        require_member(number, records.registers.members(str(year)), str(year))
        member = _member(records, number, year)
        waiting = waiting_form(number, str(year), records)
    known = _known(member, definition)
    filled = {name for name, text in known.items() if text}
    boxes = boxes_in_order(definition, [*known, *boxes_to_fill(definition, filled)])
    order = [box for box in boxes if box.kind is not Kind.DFE_NUMBER]
    answers = tuple(ShownAnswer(box, known.get(box.name, ""), known.get(box.name, "")) for box in order)
    missing = _labels(_errors(_reading(known, definition), definitions))
    return KnownSchool(number, member.name, str(year), answers, missing, waiting)


def _member(records: Records, number: str, year: MembershipYear) -> MemberSchool:
    members = {member.dfe_number: member for member in members_of_year(records, year)}
    return members.get(number, MemberSchool(number))


def _known(member: MemberSchool, definition: FormDefinition) -> dict[str, str]:
    """The school's last known answers by the name of their box."""
    known: dict[str, str] = {}
    for name, value in known_answers(definition, member).items():
        known[name] = TICKED if value is True else str(value or "")
    if member.name:
        known.setdefault(definition.school_name.name, member.name)
    return known


def _reading(answers: Mapping[str, str], definition: FormDefinition) -> Reading:
    texts = {name: Answer(text, ReadFrom.OFFICE) for name, text in answers.items() if text}
    return Reading(FileKind.FORM, texts, form_id=definition.form_id, title=definition.title)


def _errors(reading: Reading, definitions: Definitions) -> list[Problem]:
    checked = check_reading(reading, definitions).checked
    return [problem for problem in checked.problems if problem.is_wrong] if checked else []


def _labels(problems: Sequence[Problem]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(problem.label for problem in problems))


def _of_others(known: Mapping[str, str], changes: Mapping[str, str], definition: FormDefinition) -> list[str]:
    """The boxes with an address or a number of somebody whose name has been changed to that of another person."""
    found: list[str] = []
    for block in definition.blocks([*known, *changes]):
        name = block.boxes[definition.person_name.name].name
        if is_another_person(known.get(name, ""), changes.get(name, "")):
            boxes = (box for box in block.boxes.values() if box.kind in (Kind.EMAIL, Kind.TELEPHONE))
            found += [box.name for box in boxes if known.get(box.name) and box.name not in changes]
    return found


def _words_for(left_out: Sequence[str], definition: FormDefinition) -> tuple[str, ...]:
    if not left_out:
        return ()
    labels = ", ".join(box.label for name in left_out if (box := definition.box(name)))
    return (f"Left out, as they were those of the person before: {labels}. Give the new ones if you know them.",)


def _require_right(reading: Reading, changes: Mapping[str, str], definitions: Definitions, *, unchanged: bool) -> None:
    """Raises `AnswersError` if answers that were given are errors themselves.

    What is missing can follow, unless the school says that the rest is `unchanged`: then it has to be known.
    """
    errors = _errors(reading, definitions)
    wrong = [problem.message for problem in errors if changes.get(problem.field)]
    unknown = [problem.label for problem in errors if unchanged and not changes.get(problem.field)]
    wrong += [f"{label}: nobody knows this yet, so “nothing has changed” does not say enough." for label in unknown]
    if unknown:
        raise AnswersError(wrong, f"Give {'this answer' if len(unknown) == 1 else 'these answers'} too. {_NOT_ENTERED}")
    if wrong:
        raise AnswersError(wrong, _NOT_ENTERED)


def _noted(
    desk: Desk, reading: Reading, member: MemberSchool, year: MembershipYear, changed: Sequence[str], why: str
) -> Decided:
    return_id = _return_id(desk, member, reading)
    settled = [entry.return_id for entry in desk.records.returns() if _is_settled(desk, entry, member, year)]
    at = desk.at.replace(microsecond=0)
    arrival = Arrival(SOURCE, return_id, at, year_given=str(year), noted_at=at)
    decision = desk.decision(
        Action.ENTER,
        return_id=return_id,
        year=str(year),
        dfe_number=member.dfe_number,
        school_name=member.name,
        before=";".join(settled),
        after=";".join(changed),
        why=why,
    )
    with desk.ledger.transaction():
        desk.ledger.add_entered(return_id, reading, arrival)
        number = desk.ledger.add_decision(decision)
    desk.work_out_again()
    return desk.decided([number], return_id)


def _return_id(desk: Desk, member: MemberSchool, reading: Reading) -> str:
    encoded = msgspec.json.encode((member.dfe_number, desk.at, reading), order="deterministic")
    return f"{ENTERED}{hashlib.sha256(encoded).hexdigest()[:_ID]}"


def _is_settled(desk: Desk, entry: Returned, member: MemberSchool, year: MembershipYear) -> bool:
    """Whether what the office enters takes the place of a return: it is of the school, and of the year.

    A file that says no year is, if it still needs somebody.
    """
    schools = (entry.judgement.school, entry.school, *_senders(desk, entry))
    if member.dfe_number not in schools or not entry.arrivals_from_school:
        return False
    return entry.year_collected == str(year) or (not entry.year_collected and not entry.verdict.needs_nobody)


def _senders(desk: Desk, entry: Returned) -> set[str]:
    return {desk.records.school_by_sender(entry, arrival) for arrival in entry.arrivals_from_school}
