"""Note something about a school: in free words, that it was given the form on paper, or which number it had before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from thep_forms.deciding import Action, Decision, Noted
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.correct import require_member
from thep_forms.office.decisions.deciding import Decided, Desk, open_desk, require_number, require_year
from thep_forms.register import members_of_year


def note(folder: Path, school: str, text: str, definitions: Definitions, who: str = "") -> Decided:
    """Note something about a school. Its history shows it.

    Raises `DecisionError` if that is no DfE number or nothing is known of the school, `RecordsError`.
    """
    number = require_number(school, definitions())
    if not text.strip():
        raise DecisionError("Say in a few words what the office should know of the school.")
    with open_desk(folder, definitions, who) as desk:
        return _noted(desk, number, why=text)


def note_number_before(folder: Path, school: str, before: str, definitions: Definitions, who: str = "") -> Decided:
    """Note which DfE number a school had before. What its last form under that number says is then known of it.

    Raises `DecisionError` if nothing is known of one of the two, or the school would follow itself; `RecordsError`.
    """
    number, earlier = require_number(school, definitions()), require_number(before, definitions())
    with open_desk(folder, definitions, who) as desk:
        numbers = desk.records.numbers_of(earlier)
        if len(numbers) == 1:
            _name(desk, earlier)
        if number in numbers:
            raise DecisionError(f"{earlier} cannot be the number of {number} before. Check the two numbers.")
        return _noted(desk, number, field=Noted.FOLLOWS, after=earlier)


def note_on_paper(
    folder: Path, year: MembershipYear, schools: Collection[str], definitions: Definitions, who: str = ""
) -> tuple[Decided, ...]:
    """Note that member schools were given the form of a year on paper.

    They then count as schools that were sent the form. Raises `DecisionError` if none is named, one is no member of the
    year, or nobody collects that year yet; `RecordsError`.
    """
    require_year(year, definitions)
    if not schools:
        raise DecisionError("Tick the schools that were given the form on paper.")
    definition = definitions(year)
    numbers = [require_number(school, definition) for school in schools]
    with open_desk(folder, definitions, who) as desk:
        names = {member.dfe_number: member.name for member in members_of_year(desk.records, year)}
        for number in numbers:
            require_member(number, names, str(year))
            if number not in names:  # nobody knows who is a member
                names[number] = _name(desk, number)
        decisions = [
            desk.decision(
                Action.NOTE,
                year=str(year),
                dfe_number=number,
                school_name=names[number],
                field=Noted.ON_PAPER,
            )
            for number in numbers
        ]
        return _taken(desk, decisions)


def _noted(desk: Desk, number: str, **about: str) -> Decided:
    """Note something about one school."""
    name = _name(desk, number)
    (decided,) = _taken(desk, [desk.decision(Action.NOTE, None, dfe_number=number, school_name=name, **about)])
    return decided


def _taken(desk: Desk, decisions: Sequence[Decision]) -> tuple[Decided, ...]:
    """Take the decisions, write the tables, and say what came of each."""
    numbers = desk.take(decisions)
    desk.write_tables()
    taken = zip(numbers, decisions, strict=True)
    return tuple(Decided((number,), decision.dfe_number, decision.school_name) for number, decision in taken)


def _name(desk: Desk, number: str) -> str:
    """The name of a school. Raises `DecisionError` if nothing is known of it."""
    name = desk.name_of(number)
    if name is None:
        raise DecisionError(f"Nothing is known of a school {number}. Check the four digits.")
    return name
