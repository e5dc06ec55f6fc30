"""Take back what a person decided. The decision stays on record, with who undid it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from thep_forms.deciding import Action, Decision, standing_decisions
from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError, Remedy
from thep_forms.office.decisions.deciding import Decided, Desk, open_desk


class Undone(Struct, frozen=True):
    """The decisions that were taken back, and what came of it for the returns that they are about.

    `numbers` are those of the decisions that did it.
    """

    decisions: tuple[Decision, ...]
    numbers: tuple[int, ...]
    outcomes: tuple[Decided, ...]


def undo(folder: Path, numbers: Sequence[int], why: str, definitions: Definitions, who: str = "") -> Undone:
    """Take back the decisions with these numbers. To undo an `undo` lets what it had undone count again.

    Raises `DecisionError` if there is no such decision, or it was undone before, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        wanted = [_standing(desk, number) for number in dict.fromkeys(numbers)]
        taken: list[int] = []
        with desk.ledger.transaction():
            for decision in wanted:
                taken.append(desk.ledger.add_decision(_undoing(desk, decision, why)))
                desk.ledger.note_undone(decision.number, taken[-1])
            desk.part_pages({decision.return_id for decision in wanted})
        desk.work_out_again()
        desk.write_tables()
        return Undone(tuple(wanted), tuple(taken), tuple(_outcomes(desk, wanted, taken)))


def _standing(desk: Desk, number: int) -> Decision:
    decisions = desk.ledger.decisions()
    found = {decision.number: decision for decision in decisions}.get(number)
    if not found:
        raise DecisionError(f"There is no decision {number}.", Remedy.NAME_DECISION)
    if found not in standing_decisions(decisions):
        raise DecisionError(f"The decision {number} was undone before, by decision {found.undone_by}.")
    return found


def _undoing(desk: Desk, decision: Decision, why: str) -> Decision:
    return desk.decision(
        Action.UNDO,
        return_id=decision.return_id,
        year=decision.year,
        dfe_number=decision.dfe_number,
        school_name=decision.school_name,
        field=decision.field,
        before=str(decision.number),
        why=why,
    )


def _outcomes(desk: Desk, decisions: Sequence[Decision], taken: Sequence[int]) -> list[Decided]:
    """What came of it for each return, or for a school that a note was about."""
    outcomes: dict[str, Decided] = {}
    for decision, number in zip(decisions, taken, strict=True):
        if decision.return_id:
            outcomes[decision.return_id] = desk.decided([number], decision.return_id)
        else:
            outcomes[decision.dfe_number] = Decided((number,), decision.dfe_number, decision.school_name)
    return list(outcomes.values())
