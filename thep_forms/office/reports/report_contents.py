"""What the page of a report shows. All its texts are plain, without markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from thep_forms.definition import FormDefinition
from thep_forms.definition.model import Severity
from thep_forms.office.dates import in_words
from thep_forms.office.schools.school_status import Standing

HAS_RETURNED = (Standing.ACCEPTED, Standing.NEEDS_ATTENTION)


class StandingCounts(Struct, frozen=True):
    """How many schools of a group have each standing. `label` names the group."""

    label: str
    counts: Mapping[Standing, int]

    @property
    def total(self) -> int:
        """How many schools are in the group."""
        return sum(self.counts.values())


class ReturnDay(Struct, frozen=True):
    """A day: for how many schools the first return came on it, and how many had returned the form by then."""

    date: date
    came: int
    so_far: int

    def __str__(self) -> str:
        return in_words(self.date)


class Sentence(Struct, frozen=True):
    """What to write to a school about a problem; on a redacted page, what the problem is about."""

    severity: Severity
    text: str


class Issue(Struct, frozen=True):
    """A school, or a file that belongs to no member school, and what to write about it.

    For a file, `name` is where it came from (its return id, if redacted), and `verdict` says what became of it.
    """

    dfe_number: str
    name: str
    email: str
    sentences: tuple[Sentence, ...]
    verdict: str = ""


class MissingSchool(Struct, frozen=True):
    """A school that has returned nothing. `why` is what `status` says of it, empty if redacted."""

    dfe_number: str
    name: str
    phases: str
    standing: Standing
    email: str
    why: str


class ChangedAnswer(Struct, frozen=True):
    """An answer that differs from what was known of the school. `before` and `after` are empty if redacted."""

    dfe_number: str
    name: str
    what: str
    before: str
    after: str


class Report(Struct, frozen=True):
    """What the page of a year shows. All its texts are plain, without markup.

    `undated` is how many schools returned the form on a day that nobody knows. `queries` are accepted returns with a
    query. `unmatched` are files that belong to no member school.
    """

    definition: FormDefinition
    redacted: bool
    everyone: StandingCounts
    phases: tuple[StandingCounts, ...]
    days: tuple[ReturnDay, ...]
    undated: int
    attention: tuple[Issue, ...]
    queries: tuple[Issue, ...]
    unmatched: tuple[Issue, ...]
    missing: tuple[MissingSchool, ...]
    changes: tuple[ChangedAnswer, ...]

    @property
    def standings(self) -> list[Standing]:
        """The standings that any school has: those of schools that have returned the form, then the others."""
        order = dict.fromkeys((*HAS_RETURNED, *Standing))
        return [standing for standing in order if self.everyone.counts.get(standing)]

    @property
    def returned(self) -> int:
        """How many schools have returned the form."""
        return sum(self.everyone.counts.get(standing, 0) for standing in HAS_RETURNED)

    @property
    def chart_path(self) -> str:
        """The path of an SVG, 100 by 100 units: the share of schools that had returned the form, day by day."""
        first, last = self.days[0].date, self.days[-1].date
        length = max((last - first).days, 1)
        path = "M0,100"
        for day in self.days:
            x = 100 * (day.date - first).days / length
            y = 100 - 100 * day.so_far / self.everyone.total
            path += f"H{x:.2f}V{y:.2f}"
        return f"{path}H100V100Z"
