"""What would be deleted, to be looked at first; and deleting exactly that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from thep_forms.deciding import Verdict
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import RecordsError
from thep_forms.office.people.forget import Disposal, forget
from thep_forms.office.people.forget_person import Erasure, forget_person
from thep_forms.office.people.holdings import IN_THE_MESSAGE, Piece
from thep_forms.office.people.origins import Origin
from thep_forms.records import Returned

Plan = TypeVar("Plan", Disposal, Erasure)
NO_NAME = "A school without a name"
_WHOLE = {IN_THE_MESSAGE: "The whole text of the message"}  # what goes with the words in it


class Wish(Struct, frozen=True):
    """What a person wants to be deleted: the data of a school, of the years before one, of both, or strays."""

    school: str = ""
    before: str = ""
    is_strays: bool = False

    @property
    def year(self) -> MembershipYear | None:
        """The year before which data goes. Raises `YearError`."""
        return MembershipYear.parse(self.before) if self.before else None


class ReturnsOfSchool(Struct, frozen=True):
    """The returns of one school in a plan, by year. The number is empty where nobody knows the school."""

    dfe_number: str
    name: str
    returns: tuple[Returned, ...]


class _Taking(Generic[Plan]):
    """Agrees to a plan only if it is the one that a person has seen, and keeps it."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.plans: list[Plan] = []

    def __call__(self, plan: Plan) -> bool:
        self.plans.append(plan)
        return bool(self.state) and self.state == state_of(plan)


def erase_person(
    folder: Path, words: str, definitions: Definitions, files: Sequence[str], state: str
) -> tuple[Erasure, bool]:
    """What is to be erased of a person, and whether it was: only with the `state` of the plan as it is now.

    Raises `RecordsError`.
    """
    taking = _Taking[Erasure](state)
    done = forget_person(folder, words, definitions, taking, files)
    return taking.plans[-1], done is not None


def delete_data(folder: Path, wish: Wish, definitions: Definitions, state: str) -> tuple[Disposal, bool]:
    """What is to be deleted of a school, of old years or of strays, and whether it was: as `erase_person`.

    Raises `DecisionError` for no DfE number, `RecordsError`, `YearError`.
    """
    if wish.is_strays == bool(wish.school or wish.before):
        raise RecordsError("Choose what to delete: a school, the years before one, or what nobody can place.")
    taking = _Taking[Disposal](state)
    done = forget(folder, definitions, wish.school or None, wish.year, taking, strays=wish.is_strays)
    return taking.plans[-1], done is not None


def state_of(plan: Disposal | Erasure) -> str:
    """A short digest of all that a plan deletes: another plan has another."""
    return hashlib.sha256(msgspec.json.encode(plan, order="deterministic")).hexdigest()[:16]


def returns_by_school(returns: Iterable[Returned], origins: Mapping[str, Origin]) -> list[ReturnsOfSchool]:
    """The returns of each school. `origins` has the school and the year by the id of the return."""
    by_number: dict[str, list[Returned]] = {}
    for returned in sorted(returns, key=lambda returned: origins[returned.return_id].year):
        by_number.setdefault(origins[returned.return_id].dfe_number, []).append(returned)
    return [
        ReturnsOfSchool(number, _best_name(by_number[number], origins), tuple(by_number[number]))
        for number in sorted(by_number)
    ]


def _best_name(returns: Sequence[Returned], origins: Mapping[str, Origin]) -> str:
    """The school's name on its latest return, preferably an accepted one. `returns` are in the order of their years."""
    accepted_last = sorted(returns, key=lambda returned: returned.verdict == Verdict.ACCEPTED)
    for returned in reversed(accepted_last):
        if name := origins[returned.return_id].school_name:
            return name
    return NO_NAME


def places_in_words(pieces: Iterable[Piece]) -> list[str]:
    """Where a person stands in these pieces, each once, without ids: `A return of 2026-27: Headteacher`."""
    headings: dict[str, dict[str, None]] = {}
    for piece in pieces:
        year = f" of {piece.year}" if piece.year and piece.year not in piece.subject else ""
        found = headings.setdefault(f"{place_in_words(piece.subject, piece.return_id)}{year}", {})
        found.update(dict.fromkeys(_WHOLE.get(line.heading, line.heading) for line in piece.lines))
    return [f"{place}: {'; '.join(names)}" for place, names in headings.items()]


def place_in_words(subject: str, return_id: str) -> str:
    """The subject of a piece without its ids."""
    if return_id:
        return "A return"
    return "A decision of the office" if subject.startswith("decision ") else f"{subject[:1].upper()}{subject[1:]}"
