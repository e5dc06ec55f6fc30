"""Say which of a school's returns counts."""

from __future__ import annotations

from pathlib import Path

from thep_forms.deciding import Action, Verdict
from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError, Remedy
from thep_forms.office.decisions.deciding import Decided, Desk, open_desk
from thep_forms.records import Records, Returned


def prefer(folder: Path, return_id: str, definitions: Definitions, why: str = "", who: str = "") -> Decided:
    """Let the return count over all others of its school and year that came up to now.

    To take that back, prefer another. Raises `DecisionError` for a return that does not exist or cannot count,
    `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        preferred = _preferred(return_id, desk)
        others = ";".join(_others(preferred, desk.records))
        decision = desk.decision(Action.PREFER, preferred, before=others, after=preferred.return_id, why=why)
        return desk.decided(desk.take([decision]), preferred.return_id)


def _preferred(return_id: str, desk: Desk) -> Returned:
    """The return of that id. Raises `DecisionError` if there is none, or it cannot count."""
    preferred = desk.returned(return_id)
    if not preferred.judgement.can_count:
        why, remedy = _why_not(preferred)
        raise DecisionError(f"This return cannot count: {why}", remedy)
    return preferred


def _why_not(returned: Returned) -> tuple[str, Remedy | None]:
    """Why a return cannot count, and what to do."""
    if returned.verdict.is_of_no_school:
        return "no school sent this file. Choose a form of the school.", None
    if returned.verdict is Verdict.CLOSED:
        return "it is closed. Undo that first.", None
    if returned.verdict in (Verdict.LOCKED, Verdict.UNREADABLE):
        return "this file cannot be read. Ask the school for a new form.", None
    if not returned.entry.is_form:
        return "this file is no membership form. Choose a form of the school.", None
    if returned.entry.blank:
        return "this form is blank. Choose a form of the school with answers in it.", None
    if not returned.year:
        return "this form does not say its year. Ask the school for a new form.", None
    return "this form has errors. Correct them first, or ask the school.", Remedy.SEE_PROBLEMS


def _others(preferred: Returned, records: Records) -> list[str]:
    """The ids of the other returns of the same school and year, and of forms of earlier years that came instead."""
    return [
        entry.return_id
        for entry in records.returns()
        if entry.year_collected == preferred.year
        and entry.judgement.school == preferred.dfe_number
        and entry.return_id != preferred.return_id
    ]
