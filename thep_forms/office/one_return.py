"""One return as a person looks at it: its answers in the form's order, with what is asked of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.checking.record import CheckedValue
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, Severity
from thep_forms.definition.form import Box
from thep_forms.definition.model import Kind
from thep_forms.errors import DecisionError
from thep_forms.office.confirm import can_be_confirmed
from thep_forms.office.opening import open_records
from thep_forms.office.tasks import Task, needs_somebody, task_of
from thep_forms.reading import FileKind
from thep_forms.records import Records, Returned


class ShownAnswer(Struct, frozen=True):
    """The answer in one box.

    `raw` is what came in, `corrected` what a person put in its place, `value` the normal form. `before` is what the
    school answered in an earlier year, empty where nobody knows. `problems` are those in the box.
    """

    box: Box
    raw: str = ""
    value: str = ""
    corrected: str = ""
    before: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def now(self) -> str:
        """What stands in the box now, as it was typed."""
        return self.corrected or self.raw

    @property
    def is_new(self) -> bool:
        """Whether it differs from what the school answered before."""
        return bool(self.before) and self.before != self.value

    @property
    def is_tick(self) -> bool:
        """Whether the box is one to tick."""
        return self.box.kind is Kind.TICKS


class ShownReturn(Struct, frozen=True):
    """A return with its answers. `beside` are problems in no box.

    `task` says what needs a person, None if nothing does. `has_file`: there is a file that may be drawn.
    `can_be_corrected`: it is a form. `questions` counts what can be confirmed.
    """

    returned: Returned
    dfe_number: str
    school_name: str
    answers: tuple[ShownAnswer, ...]
    beside: tuple[Problem, ...]
    task: Task | None
    can_be_corrected: bool
    questions: int
    has_file: bool

    @property
    def state(self) -> str:
        """A short digest of all that a person sees: a page that was opened before something changed has another."""
        said = msgspec.json.encode((self.returned.verdict, self.dfe_number, self.answers, self.beside))
        return hashlib.sha256(said).hexdigest()[:16]


def look_up_return(folder: Path, return_id: str, definitions: Definitions) -> ShownReturn:
    """The return with that id. Raises `DecisionError` if there is none, `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (ledger, records):
        returned = records.find(return_id)
        if not returned:
            raise DecisionError(f"There is no return {return_id}.")
        definition = definitions(MembershipYear.parse(returned.year) if returned.year else None)
        problems = records.problems(returned)
        answers = _answers(returned, records, definition, problems)
        shown = {answer.box.name for answer in answers}
        task = task_of(returned, records) if needs_somebody(returned) else None
        number = returned.school or records.school_by_sender(returned, returned.arrivals[0])
        listed = records.registers.members(returned.year_collected).get(number, "")
        return ShownReturn(
            returned,
            number,
            listed or returned.school_name or records.correspondents.name_of(number),
            answers,
            tuple(problem for problem in problems if problem.field not in shown),
            task,
            returned.entry.kind == FileKind.FORM,
            sum(can_be_confirmed(problem, definition) for problem in problems) if returned.entry.is_filled_in else 0,
            returned.return_id in ledger.files() and returned.entry.kind != FileKind.LOCKED,
        )


def _answers(
    returned: Returned, records: Records, definition: FormDefinition, problems: Iterable[Problem]
) -> tuple[ShownAnswer, ...]:
    """The answers in the form's order. Of a file that is no form there are none."""
    if returned.entry.kind != FileKind.FORM:
        return ()
    values = {value.field: value for value in records.answers(returned)}
    before = {value.field: value.value for value in _earlier_answers(returned, records)}
    by_box: dict[str, list[Problem]] = {}
    for problem in problems:
        by_box.setdefault(_box_of(problem.field, definition), []).append(problem)
    boxes = boxes_in_order(definition, [*values, *before, *first_boxes(definition)])
    return tuple(_shown(box, values, before.get(box.name, ""), by_box.get(box.name, [])) for box in boxes)


def boxes_in_order(definition: FormDefinition, names: Iterable[str]) -> list[Box]:
    """The boxes of the form in its order. A role that repeats has those of each holder in `names`."""
    boxes = [box for field in definition.fields for box in definition.boxes_of_field(field)]
    for block in definition.blocks(names):
        boxes += block.boxes.values()
    return boxes


def _box_of(field: str, definition: FormDefinition) -> str:
    """The box in which a problem of that field is shown: of a field of tick boxes, the first."""
    for asked in definition.fields:
        if asked.kind is Kind.TICKS and asked.name == field:
            return definition.boxes_of_field(asked)[0].name
    return field


def first_boxes(definition: FormDefinition) -> list[str]:
    """A box of the first block of each role that repeats, so that it is shown even if it is empty."""
    first: list[str] = []
    for role in definition.roles:
        if role.repeats:
            first += [box.name for box in definition.block(role).boxes.values()][:1]
    return first


def _shown(box: Box, values: Mapping[str, CheckedValue], before: str, problems: Iterable[Problem]) -> ShownAnswer:
    value = values.get(box.name)
    if not value:
        return ShownAnswer(box, before=before, problems=tuple(problems))
    return ShownAnswer(box, value.raw, value.value, value.corrected, before, tuple(problems))


def _earlier_answers(returned: Returned, records: Records) -> tuple[CheckedValue, ...]:
    """The answers of the school's accepted return of the nearest earlier year."""
    accepted = records.once(_accepted_by_school, lambda: _accepted_by_school(records))
    earlier = [entry for entry in accepted.get(returned.school, ()) if entry.year < returned.year]
    return records.answers(earlier[-1]) if earlier else ()


def _accepted_by_school(records: Records) -> dict[str, list[Returned]]:
    """The returns that count of each school, by year."""
    by_school: dict[str, list[Returned]] = {}
    for entry in records.accepted():
        by_school.setdefault(entry.dfe_number, []).append(entry)
    return by_school


def problems_in_words(shown: ShownReturn) -> list[str]:
    """The sentences that ask the school to correct the return, errors first."""
    problems = [*shown.beside, *(problem for answer in shown.answers for problem in answer.problems)]
    problems.sort(key=lambda problem: problem.severity is not Severity.ERROR)
    return list(dict.fromkeys(problem.message for problem in problems))
