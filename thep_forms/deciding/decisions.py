"""What persons decided, as far as it still counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.corrections import Corrections, ProblemKey
from thep_forms.deciding.model import Action, Assigned, Decision, Noted
from thep_forms.deciding.order import Preferences, preferences
from thep_forms.definition.model import ProblemCode


class InForce(Struct, frozen=True):
    """The decisions that count, by what they are about.

    `corrections` has what was said of single returns, by their ids. `closed` are the returns that are dealt with; among
    them are those that the office entered and took back.
    """

    preferred: Preferences
    corrections: Mapping[str, Corrections]
    closed: frozenset[str]

    def school_of(self, return_id: str) -> str:
        """The DfE number of the school that a person said the return belongs to; empty if nobody did."""
        found = self.corrections.get(return_id)
        return found.school if found else ""

    def year_of(self, return_id: str) -> str:
        """The membership year that a person said the return is of; empty if nobody did."""
        found = self.corrections.get(return_id)
        return found.year if found else ""

    def is_assigned(self, return_id: str) -> bool:
        """Whether a person said whose the return is, or of which year."""
        return bool(self.school_of(return_id) or self.year_of(return_id))

    def corrects(self, return_id: str) -> bool:
        """Whether a person said that an answer of the return is another one than came in."""
        found = self.corrections.get(return_id)
        return bool(found and found.answers)

    def confirms(self, return_id: str, code: ProblemCode, value: str | None = None) -> bool:
        """Whether a person said that this problem of the return is none. Without a `value`, whatever it was."""
        found = self.corrections.get(return_id)
        keys = found.confirmed if found else ()
        return any(key.code == code and value in (None, key.value) for key in keys)


def in_force(decisions: Iterable[Decision]) -> InForce:
    """What counts of the decisions, which may be in any order. The later of two about the same thing counts."""
    ordered = sorted(decisions, key=lambda decision: decision.number)
    standing = standing_decisions(ordered)
    closed = {decision.return_id for decision in standing if decision.action is Action.CLOSE}
    entered = {decision.return_id for decision in ordered if decision.action is Action.ENTER}
    closed |= entered - {decision.return_id for decision in standing if decision.action is Action.ENTER}
    by_return: dict[str, list[Decision]] = {}
    for decision in standing:
        by_return.setdefault(decision.return_id, []).append(decision)
    corrections: dict[str, Corrections] = {}
    for return_id, about in by_return.items():
        found = _corrections(about)
        if found != Corrections():
            corrections[return_id] = found
    return InForce(preferences(standing), corrections, frozenset(closed))


def standing_decisions(decisions: Iterable[Decision]) -> list[Decision]:
    """Those that nobody undid, in their order. Where somebody undid an `undo`, what it had undone stands again."""
    stands: dict[str, bool] = {}
    found: list[Decision] = []
    for decision in sorted(decisions, key=lambda decision: decision.number, reverse=True):
        is_undone = stands.get(decision.undone_by, False)  # whatever undid it came later
        stands[str(decision.number)] = not is_undone
        if not is_undone:
            found.append(decision)
    return found[::-1]


def numbers_before(decisions: Iterable[Decision]) -> dict[str, str]:
    """The DfE number that each school had before, by the one that it has now, as persons noted it."""
    noted = (each for each in standing_decisions(decisions) if each.action is Action.NOTE)
    return {each.dfe_number: each.after for each in noted if each.field == Noted.FOLLOWS}


def as_they_stand(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions in their order. `undone_by` is emptied where somebody undid the `undo`."""
    known = sorted(decisions, key=lambda decision: decision.number)
    standing = {decision.number for decision in standing_decisions(known)}
    return [replace(decision, undone_by="") if decision.number in standing else decision for decision in known]


def _corrections(decisions: Iterable[Decision]) -> Corrections:
    """What decisions about one return, in their order, say of it."""
    answers: dict[str, str] = {}
    assigned: dict[str, str] = {}
    confirmed: dict[ProblemKey, None] = {}
    for decision in decisions:
        match decision.action:
            case Action.CORRECT:
                answers[decision.field] = decision.after
            case Action.ASSIGN:
                assigned[decision.field] = decision.after
            case Action.CONFIRM:
                confirmed[ProblemKey(decision.before, decision.field, decision.after)] = None
    school, year = assigned.get(Assigned.SCHOOL, ""), assigned.get(Assigned.YEAR, "")
    return Corrections(
        answers, school, year, tuple(sorted(confirmed, key=lambda key: (key.field, key.code, key.value)))
    )
