"""What needs a person, and where each school stands: the first pages of the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from thep_forms.deciding import Decision
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.history import decision_in_words
from thep_forms.office.opening import open_records
from thep_forms.office.status import SchoolStatus, Standing, statuses_of_members
from thep_forms.office.tasks import Task, tasks
from thep_forms.records import Ledger, Records


class Done(Struct, frozen=True):
    """What was just decided, in words, and the numbers of the decisions that can be undone."""

    words: tuple[str, ...]
    numbers: tuple[int, ...]


class ToDo(Struct, frozen=True):
    """What needs a person in a year, how many schools have each standing, and what was just decided.

    `elsewhere` counts what needs a person in other years.
    """

    year: str
    tasks: tuple[Task, ...]
    counts: Counter[Standing]
    done: Done | None
    elsewhere: Counter[str]


class Schools(Struct, frozen=True):
    """Where each school stands in a year."""

    year: str
    statuses: tuple[SchoolStatus, ...]


def look_up_to_do(
    folder: Path, definitions: Definitions, numbers: Sequence[int] = (), year: MembershipYear | None = None
) -> ToDo:
    """What needs a person in a year, or else in the latest one. `numbers` are those of decisions just taken.

    Raises `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        wanted = str(year) if year else _latest_year(records, definitions)
        counts = Counter(status.standing for status in _statuses(ledger, records, wanted, definitions))
        found = tasks(records)
        of_year = tuple(task for task in found if task.year in (wanted, ""))
        elsewhere = Counter(task.year for task in found if task.year not in (wanted, ""))
        return ToDo(wanted, of_year, counts, just_done(ledger, records, numbers), elsewhere)


def latest_year(folder: Path, definitions: Definitions) -> MembershipYear:
    """The latest year that the records know, or else the current one. Raises `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (_, records):
        return MembershipYear.parse(_latest_year(records, definitions))


def look_up_schools(folder: Path, definitions: Definitions, year: str = "") -> Schools:
    """Where each school stands in a year, or else in the latest one.

    Raises `RecordsError`, `TemplateError`, `YearError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        wanted = str(MembershipYear.parse(year)) if year else _latest_year(records, definitions)
        return Schools(wanted, _statuses(ledger, records, wanted, definitions))


def just_done(ledger: Ledger, records: Records, numbers: Sequence[int]) -> Done | None:
    """The decisions with these numbers, in words; None if there are none."""
    wanted = set(numbers)
    found: list[Decision] = [decision for decision in ledger.decisions() if decision.number in wanted]
    if not found:
        return None
    words = dict.fromkeys(decision_in_words(decision, records) for decision in found)
    return Done(tuple(words), tuple(decision.number for decision in found))


def _latest_year(records: Records, definitions: Definitions) -> str:
    return records.latest_year or str(definitions.default_year)


def _statuses(ledger: Ledger, records: Records, year: str, definitions: Definitions) -> tuple[SchoolStatus, ...]:
    return statuses_of_members(ledger, records, MembershipYear.parse(year), definitions)
