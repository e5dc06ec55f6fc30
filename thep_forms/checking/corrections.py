"""What a person said of one return, and what the return says then."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from thep_forms.checking.characters import without_controls
from thep_forms.checking.record import Checked, CheckedValue, Problem
from thep_forms.definition.form import FormDefinition
from thep_forms.reading.model import Answer, ReadFrom, Reading


class ProblemKey(Struct, frozen=True):
    """What tells a problem of a return from its others: its code, the box that it is in, and the value there.

    The code may be one that only another version of the program knows.
    """

    code: str
    field: str = ""
    value: str = ""

    @classmethod
    def of(cls, problem: Problem) -> ProblemKey:
        """The key of a problem."""
        return cls(problem.code.value, problem.field, problem.value)


class Corrections(Struct, frozen=True, omit_defaults=True):
    """What a person said of a return.

    `answers` are the right answers by the name of their box, as they would have been typed. `school` is the DfE number
    of the school that it belongs to and `year` its membership year; either is empty where nobody said it. `confirmed`
    are the problems that are none.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    school: str = ""
    year: str = ""
    confirmed: tuple[ProblemKey, ...] = ()

    def by_box(self, definition: FormDefinition) -> dict[str, str]:
        """The right answers by the name of their box, the DfE number among them."""
        return {**self.answers, definition.dfe_field.name: self.school} if self.school else dict(self.answers)


NO_CORRECTIONS = Corrections()


def corrected(reading: Reading, corrections: Corrections, definition: FormDefinition) -> Reading:
    """The reading as it would be had the school typed what a person said."""
    answers = dict(reading.answers)
    for name, text in corrections.by_box(definition).items():
        came = answers.get(name)
        answers[name] = Answer(text, ReadFrom.OFFICE, page=came.page if came else None)
    return replace(reading, answers=answers)


def with_what_came_in(
    checked: Checked, reading: Reading, corrections: Corrections, definition: FormDefinition
) -> Checked:
    """The checked return with each corrected answer beside what came in, which `reading` has."""
    left = corrections.by_box(definition)
    values: list[CheckedValue] = []
    for value in checked.values:
        text = left.pop(value.field, None)
        values.append(value if text is None else _beside(value, text, reading))
    for name, text in sorted(left.items()):  # answers that were taken away
        if box := definition.box(name):
            values.append(_beside(CheckedValue(name, box.label, "", "", ReadFrom.OFFICE), text, reading))
    return replace(checked, values=tuple(values))


def _beside(value: CheckedValue, text: str, reading: Reading) -> CheckedValue:
    """What is known of a box, with what came in there and `text`, which a person put in its place."""
    came = reading.answers.get(value.field)
    if not came or came.is_empty:
        return replace(value, raw="", corrected=text)
    return replace(value, raw=without_controls(came.text), read_from=came.read_from, corrected=text)


def without_confirmed(checked: Checked, corrections: Corrections) -> Checked:
    """The checked return without the problems of which a person said that they are none."""
    if not corrections.confirmed:
        return checked
    confirmed = set(corrections.confirmed)
    left = tuple(problem for problem in checked.problems if ProblemKey.of(problem) not in confirmed)
    return replace(checked, problems=left)
