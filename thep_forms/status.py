"""Where each member school stands: the unit is the school, so that one that sent nothing back is as visible as any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from thep_forms.check.settle import Verdict
from thep_forms.definition import MembershipYear
from thep_forms.definition.model import Severity
from thep_forms.keep.tables import Returned, Table
from thep_forms.register import Member


class Standing(StrEnum):
    """What a school has done, in the order in which an office wants to read it."""

    NEEDS_ATTENTION = "needs_attention"
    NOT_RETURNED = "not_returned"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class SchoolStatus:
    """A school's standing for a year. `why` names what is wrong with its latest return, without what was typed."""

    member: Member
    standing: Standing
    why: str = ""
    return_id: str = ""


def statuses(year: MembershipYear, members: Iterable[Member], returns: Sequence[Returned]) -> tuple[SchoolStatus, ...]:
    """The standing of each member, those that need something first, then by DFE number."""
    by_school: dict[str, list[Returned]] = {}
    for one in returns:
        if one.year in ("", str(year)):
            by_school.setdefault(one.dfe_number, []).append(one)
    found = [_status(member, by_school.get(member.dfe_number, [])) for member in members]
    order = list(Standing)
    return tuple(sorted(found, key=lambda one: (order.index(one.standing), one.member.dfe_number)))


def by_phase(found: Iterable[SchoolStatus]) -> dict[str, Counter[Standing]]:
    """How many schools of each phase stand where: one of several phases counts in each, one of none under `""`."""
    counted: dict[str, Counter[Standing]] = {}
    for one in found:
        for phase in one.member.known.get("phases", "").split(";"):
            counted.setdefault(phase, Counter())[one.standing] += 1
    return dict(sorted(counted.items()))


def _status(member: Member, returns: Sequence[Returned]) -> SchoolStatus:
    accepted = next((one for one in returns if one.verdict is Verdict.ACCEPTED), None)
    if accepted:
        return SchoolStatus(member, Standing.ACCEPTED, return_id=accepted.entry.return_id)
    waiting = next((one for one in returns if one.verdict is Verdict.NEEDS_ATTENTION), None)
    if waiting:
        return SchoolStatus(member, Standing.NEEDS_ATTENTION, _why(waiting), waiting.entry.return_id)
    return SchoolStatus(member, Standing.NOT_RETURNED)


def _why(one: Returned) -> str:
    errors = (problem for problem in one.problems if problem.severity is Severity.ERROR)
    said = (f"{problem.label}: {problem.code.replace('_', ' ')}".removeprefix(": ") for problem in errors)
    return "; ".join(dict.fromkeys(said))


def table(found: Iterable[SchoolStatus]) -> Table:
    """The statuses as a table for other programs."""
    columns = {
        "dfe_number": "DFE Number",
        "school_name": "School",
        "phases": "Phase",
        "status": "Status",
        "why": "Why",
        "return_id": "Return",
    }
    rows = [
        {
            "dfe_number": one.member.dfe_number,
            "school_name": one.member.known.get("school_name", ""),
            "phases": one.member.known.get("phases", ""),
            "status": one.standing,
            "why": one.why,
            "return_id": one.return_id,
        }
        for one in found
    ]
    return Table("status", columns, rows)
