"""Answers of a form as a person sees them beside their boxes, and may change them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.definition import FormDefinition
from thep_forms.definition.form import Box
from thep_forms.definition.model import Kind, ProblemCode

SURE = 0.9  # how sure, from 0 to 1, the reader of pictures is of what needs no more than a glance


class ShownAnswer(Struct, frozen=True):
    """The answer in one box.

    `raw` is what came in, `corrected` what a person put in its place, None where nobody did; `value` is the normal
    form. `before` is what the school answered in an earlier year: None where nobody knows. `problems` are those in the
    box. `can_be_confirmed`: a person may say that it was read right.

    For an answer from a picture, `confidence`, from 0 to 1, is how sure the reader was. `likely` is what the answer
    probably is, where that is something else than `raw`. `size` is the width and height in pixels of the piece of the
    picture that has the box, None where there is none.
    """

    box: Box
    raw: str = ""
    value: str = ""
    corrected: str | None = None
    before: str | None = None
    problems: tuple[Problem, ...] = ()
    likely: str = ""
    confidence: float | None = None
    size: tuple[int, int] | None = None
    can_be_confirmed: bool = False

    @property
    def is_proposal(self) -> bool:
        """Whether it was read from a picture, and nobody has compared it with the page."""
        return any(map(is_unconfirmed, self.problems))

    @property
    def is_unsure(self) -> bool:
        """Whether the reader of pictures was not sure of it."""
        return self.is_proposal and (self.confidence or 0.0) < SURE

    @property
    def further_problems(self) -> tuple[Problem, ...]:
        """What is asked about it besides whether it was read right."""
        return tuple(problem for problem in self.problems if not is_unconfirmed(problem))

    @property
    def needs_a_look(self) -> bool:
        """Whether it is to be looked at before the proposals of which nothing is asked and the reader was sure."""
        return bool(self.further_problems) or self.is_unsure or (self.is_proposal and bool(self.likely))

    @property
    def now(self) -> str:
        """What stands in the box now, as it was typed. A box to tick has its normal form."""
        if self.is_tick:
            return self.value
        return (self.likely or self.raw) if self.corrected is None else self.corrected

    @property
    def is_struck_out(self) -> bool:
        """Whether something is crossed out in the box."""
        return any(problem.code is ProblemCode.VALUE_STRUCK_OUT for problem in self.problems)

    @property
    def is_vacancy(self) -> bool:
        """Whether the school says that nobody holds the post, which a person may confirm."""
        return any(problem.is_vacancy for problem in self.problems)

    @property
    def is_new(self) -> bool:
        """Whether it differs from what the school answered before. An empty box says that of a box to tick alone."""
        return self.before is not None and (self.is_tick or bool(self.before)) and self.before != self.value

    @property
    def can_be_taken(self) -> bool:
        """Whether what the school answered before may be wanted again."""
        return self.is_new or bool(self.before and self.problems)

    @property
    def can_be_kept(self) -> bool:
        """Whether a person may say that it is the box's answer, which was not certain."""
        says_something = bool(self.now or self.is_tick)
        return says_something and self._is_settled_by_its_answer and not self.can_be_confirmed

    @property
    def can_be_left_empty(self) -> bool:
        """Whether a person may say that the box has no answer, where something stands in it that nobody can read."""
        return not (self.now or self.is_tick or self.box.required) and self._is_settled_by_its_answer

    @property
    def _is_settled_by_its_answer(self) -> bool:
        return any(problem.is_settled_by_its_answer for problem in self.problems)

    @property
    def is_asked(self) -> bool:
        """Whether something is asked about it, or it is required and empty. Of boxes to tick, not each is required."""
        return bool(self.problems) or (self.box.required and not self.now and not self.is_tick)

    @property
    def is_tick(self) -> bool:
        """Whether the box is one to tick."""
        return self.box.kind is Kind.TICKS

    @property
    def legend(self) -> str:
        """What a box to tick is one of, such as `Phase`; empty for another box."""
        return self.box.label.removesuffix(f": {self.box.caption}") if self.is_tick else ""


def boxes_in_order(definition: FormDefinition, names: Iterable[str]) -> list[Box]:
    """The boxes of the form in its order. A role that repeats has those of each holder in `names`."""
    boxes = [box for field in definition.fields for box in definition.boxes_of_field(field)]
    for block in definition.blocks(names):
        boxes += block.boxes.values()
    return boxes


def is_unconfirmed(problem: Problem) -> bool:
    """Whether the problem is that nobody has compared with the page what was read from a picture."""
    return problem.code is ProblemCode.SCAN_UNCONFIRMED
