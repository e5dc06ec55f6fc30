"""Say whose a return is, or of which year; or that it is dealt with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from thep_forms.deciding import Action, Assigned, Decision, Verdict
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError, Remedy
from thep_forms.office.decisions.correct import require_member
from thep_forms.office.decisions.deciding import Decided, Desk, open_desk, require_number, require_year
from thep_forms.records import Returned


def assign(
    folder: Path,
    return_id: str,
    school: str | None,
    year: MembershipYear | None,
    why: str,
    definitions: Definitions,
    who: str = "",
) -> Decided:
    """Say to which school, and to which membership year, a return belongs.

    A file that cannot be read then counts as the school's answer, which somebody has to look at. A later page that was
    read with another file is a return of its own then. Raises `DecisionError` if the school is not in the list of the
    year, `RecordsError`.
    """
    if not school and not year:
        raise DecisionError("Say whose it is, or of which year, or both.", Remedy.SAY_WHOSE)
    if year:
        require_year(year, definitions)
    with open_desk(folder, definitions, who) as desk:
        returned = desk.return_or_page(return_id)
        if returned.verdict.is_of_no_school:
            raise DecisionError("No school sent this file, so it belongs to none.")
        decisions: list[Decision] = []
        if school:
            number = _member_number(desk, school, returned, str(year or returned.year_collected))
            about = {"field": Assigned.SCHOOL, "before": returned.dfe_number, "after": number}
            if number != returned.dfe_number or returned.judgement.namesake or not year:
                decisions.append(desk.decision(Action.ASSIGN, returned, why=why, **about))
        if year:
            about = {"field": Assigned.YEAR, "before": returned.year, "after": str(year)}
            decisions.append(desk.decision(Action.ASSIGN, returned, why=why, **about))
        return desk.decided(desk.take(decisions), returned.return_id)


def _member_number(desk: Desk, school: str, returned: Returned, year: str) -> str:
    number = require_number(school, desk.definition_of(returned))
    require_member(number, desk.records.registers.members(year), year)
    return number


def close(folder: Path, return_ids: Sequence[str], why: str, definitions: Definitions, who: str = "") -> list[Decided]:
    """Say of returns that they are dealt with: nobody has to look at them again.

    Raises `DecisionError` if there is no such return, or a school's answers would go from the tables, `RecordsError`.
    """
    with open_desk(folder, definitions, who) as desk:
        returns = [desk.returned(return_id) for return_id in dict.fromkeys(return_ids)]
        for returned in returns:
            _require_open(returned)
        numbers = desk.take([desk.decision(Action.CLOSE, returned, why=why) for returned in returns])
        return [desk.decided([number], returned.return_id) for number, returned in zip(numbers, returns, strict=True)]


def _require_open(returned: Returned) -> None:
    if returned.verdict is Verdict.CLOSED:
        raise DecisionError(f"The return {returned.return_id} is closed already.")
    if returned.verdict is Verdict.ACCEPTED:
        raise DecisionError(
            f"The return {returned.return_id} is accepted: closing it would take the school out of the tables. "
            "Correct it, or enter what is right."
        )
