"""What is held about a person: where, since when and what it says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from thep_forms.office.dates import in_words
from thep_forms.office.people.holdings import Line
from thep_forms.office.people.person import Person


class Held(Struct, frozen=True):
    """What is held in one place, and since when; `at` is None where nobody knows. `return_id` is that of a return."""

    subject: str
    year: str
    at: datetime | None
    lines: tuple[Line, ...]
    return_id: str = ""

    @property
    def details(self) -> str:
        """The year, unless the subject names it, and the day, such as `2026-27, 4 May 2026`. Either may be unknown."""
        year = "" if self.year in self.subject else self.year
        day = in_words(self.at.astimezone().date()) if self.at else ""
        return ", ".join(filter(None, (year, day)))


class HeldAtSchool(Struct, frozen=True):
    """What is held at one school, in the order of its dates. The number is empty for what belongs to no school."""

    dfe_number: str
    school_name: str
    places: tuple[Held, ...]


class HeldFile(Struct, frozen=True):
    """A file of the archive in which the person stands, and the name that it gets in the folder to hand over."""

    path: Path
    name: str
    holds_others: bool


class Found(Struct, frozen=True):
    """What is held about a person.

    `unsearched` are the archived files whose words the program cannot read, by return and source. `ledgers` are the
    names of earlier ledgers beside the records, which may hold the same.
    """

    words: str
    person: Person
    schools: tuple[HeldAtSchool, ...]
    files: tuple[HeldFile, ...]
    unsearched: tuple[tuple[str, str], ...]
    ledgers: tuple[str, ...]

    @property
    def count(self) -> int:
        """In how many places the person stands."""
        return sum(len(school.places) for school in self.schools)
