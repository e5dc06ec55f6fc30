"""Note that schools were given the form of a year on paper."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from thep_forms.deciding import Action, Noted
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.correct import require_member
from thep_forms.office.decisions.deciding import open_desk
from thep_forms.register import members_of_year


def note_on_paper(
    folder: Path, year: MembershipYear, numbers: Collection[str], definitions: Definitions, who: str = ""
) -> tuple[int, ...]:
    """Note that member schools were given the form of a year on paper, and give the numbers of the decisions.

    They then count as schools that were sent the form. Raises `DecisionError` if none is named, or one is no member of
    the year; `RecordsError`.
    """
    if not numbers:
        raise DecisionError("Tick the schools that were given the form on paper.")
    with open_desk(folder, definitions, who) as desk:
        members = {member.dfe_number: member.name for member in members_of_year(desk.records, year)}
        for number in numbers:
            require_member(number, members, str(year))
        noted = desk.take(
            [
                desk.decision(
                    Action.NOTE,
                    year=str(year),
                    dfe_number=number,
                    school_name=members[number],
                    field=Noted.ON_PAPER,
                )
                for number in numbers
            ]
        )
        desk.write_tables()
        return noted
