"""The report of a year: what its page shows, worked out from the register and the returns, and the page itself.

What must not be on a redacted page never reaches its template: names of people, addresses, numbers and answers are left
out here, so that a template of one's own cannot show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from pathlib import Path

import jinja2
from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.deciding import Verdict
from thep_forms.definition import FormDefinition
from thep_forms.definition.load import Templates
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.errors import TemplateError
from thep_forms.office.status import SchoolStatus, Standing, by_phase, owner
from thep_forms.records import Records, Returned
from thep_forms.records.changes import Change

PAGE = "report.html.j2"
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
LIGHT, DARK = "#ffffff", "#16191b"  # what the page is printed on
_RETURNED = (Standing.ACCEPTED, Standing.NEEDS_ATTENTION)
_SETTLED = (Verdict.ACCEPTED, Verdict.SUPERSEDED)


class Bar(Struct, frozen=True):
    """How many schools stand where; `label` says which schools these are."""

    label: str
    counts: Mapping[Standing, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class Day(Struct, frozen=True):
    """How many schools' first return came on a day, and of how many one had come by then."""

    date: date
    came: int
    so_far: int

    def __str__(self) -> str:
        return f"{self.date.day} {self.date:%B %Y}"


class Sentence(Struct, frozen=True):
    """What to write to a school; on a redacted page, what it is about."""

    severity: Severity
    text: str


class Concern(Struct, frozen=True):
    """A school, or a file that is no member school's (`name` is where it came from), and what there is to write."""

    dfe_number: str
    name: str
    email: str
    sentences: tuple[Sentence, ...]
    verdict: str = ""  # of such a file


class Missing(Struct, frozen=True):
    """A school of which nothing has come."""

    dfe_number: str
    name: str
    phases: str
    standing: Standing
    email: str


class Anew(Struct, frozen=True):
    """What a school has told that differs from what was known; what that was is left out of a redacted page."""

    dfe_number: str
    name: str
    what: str
    before: str
    after: str


class Report(Struct, frozen=True):
    """What the page of a year shows; every text in it is plain."""

    definition: FormDefinition
    redacted: bool
    everyone: Bar
    phases: tuple[Bar, ...]
    days: tuple[Day, ...]
    undated: int  # schools that have returned it, nobody knows when
    attention: tuple[Concern, ...]
    queries: tuple[Concern, ...]
    strays: tuple[Concern, ...]
    missing: tuple[Missing, ...]
    changes: tuple[Anew, ...]

    @property
    def standings(self) -> list[Standing]:
        """Those that a school has: first of those that have returned the form, then in their order."""
        order = dict.fromkeys((*_RETURNED, *Standing))
        return [standing for standing in order if self.everyone.counts.get(standing)]

    @property
    def returned(self) -> int:
        return sum(self.everyone.counts.get(standing, 0) for standing in _RETURNED)

    @property
    def steps(self) -> str:
        """The path of an SVG, 100 by 100 units: how many schools' returns had come, day by day, of all schools."""
        first, last = self.days[0].date, self.days[-1].date
        span = max((last - first).days, 1)
        points = (((day.date - first).days / span, day.so_far / self.everyone.total) for day in self.days)
        return "M0,100" + "".join(f"H{100 * x:.2f}V{100 - 100 * y:.2f}" for x, y in points) + "H100V100Z"


def report(
    definition: FormDefinition,
    found: Sequence[SchoolStatus],
    known: Records,
    *,
    redacted: bool = False,
) -> Report:
    """The report of the year of `definition`, in which the schools stand as `found`."""
    changes = [(one.dfe_number, found) for one, found in known.changes() if one.year == str(definition.year)]
    return _Reporter(definition, found, known, redacted).report(changes)


class _Reporter:
    def __init__(
        self, definition: FormDefinition, found: Sequence[SchoolStatus], records: Records, redacted: bool
    ) -> None:
        self.definition, self.redacted = definition, redacted
        self.found, self.records = found, records
        self.known = {one.member.dfe_number for one in self.found}
        self.returns: dict[str, list[Returned]] = {}
        for one in records.returns():
            if one.year in ("", str(definition.year)):
                school = owner(one, self.known)
                self.returns.setdefault(school if school in self.known else "", []).append(one)
        ticks = [option for asked in definition.fields for option in asked.option]
        self.labels = {option.name: option.label for option in ticks}

    def report(self, changes: Iterable[tuple[str, Change]]) -> Report:
        came = [one for one in self.found if one.standing in _RETURNED]
        days = [day for day in map(self._first_day, came) if day]
        per_day = sorted(Counter(days).items())
        so_far = accumulate(count for _, count in per_day)
        return Report(
            definition=self.definition,
            redacted=self.redacted,
            everyone=Bar("All", Counter(one.standing for one in self.found)),
            phases=tuple(self._by_phase()),
            days=tuple(Day(day, count, total) for (day, count), total in zip(per_day, so_far, strict=True)),
            undated=len(came) - len(days),
            attention=tuple(self._concern(one) for one in came if one.standing is Standing.NEEDS_ATTENTION),
            queries=tuple(
                filter(_has_words, (self._concern(one) for one in came if one.standing is Standing.ACCEPTED))
            ),
            strays=tuple(map(self._stray, filter(_is_to_be_placed, self.returns.get("", [])))),
            missing=tuple(self._missing(one) for one in self.found if one.standing not in _RETURNED),
            changes=tuple(self._anew(changes)),
        )

    def _by_phase(self) -> Iterable[Bar]:
        """In the form's order; schools whose phase is not known are the last."""
        counted = by_phase(self.found)
        known = [phase for phase in self.labels if phase in counted]
        for phase in (*known, *(other for other in counted if other not in known)):
            yield Bar(self._phases(phase), counted[phase])

    def _first_day(self, one: SchoolStatus) -> date | None:
        """The date of the first message that brought a return of the school; None if none came in a message."""
        arrivals = (arrival for came in self.returns[one.member.dfe_number] for arrival in came.arrivals)
        return min((arrival.received_at.date() for arrival in arrivals if arrival.received_at), default=None)

    def _concern(self, one: SchoolStatus) -> Concern:
        """What there is to write about the return that the school's standing is of."""
        problems = (
            found
            for came in self.returns[one.member.dfe_number]
            if came.return_id == one.return_id or (one.standing is not Standing.ACCEPTED and _is_open(came))
            for found in self.records.problems(came)
        )
        return Concern(one.member.dfe_number, self._name(one), self._email(one), self._sentences(problems))

    def _stray(self, one: Returned) -> Concern:
        name = one.return_id if self.redacted else one.source
        problems = self.records.problems(one)
        number = "" if self.redacted else one.dfe_number  # it was typed
        return Concern(number, name, "", self._sentences(problems), one.verdict.replace("_", " "))

    def _sentences(self, problems: Iterable[Problem]) -> tuple[Sentence, ...]:
        """Each once, the errors first."""
        told = dict.fromkeys(Sentence(found.severity, self._words(found)) for found in problems)
        return tuple(sorted(told, key=lambda one: list(Severity).index(one.severity)))

    def _words(self, found: Problem) -> str:
        if not self.redacted:
            return found.message
        typed = found.code is ProblemCode.FIELD_UNKNOWN  # then the label is what some program called the field
        return f"{'' if typed else found.label}: {found.code.replace('_', ' ')}".removeprefix(": ")

    def _missing(self, one: SchoolStatus) -> Missing:
        phases = self._phases(";".join(one.member.phases))
        return Missing(one.member.dfe_number, self._name(one), phases, one.standing, self._email(one))

    def _anew(self, changes: Iterable[tuple[str, Change]]) -> Iterator[Anew]:
        names = {one.member.dfe_number: self._name(one) for one in self.found}
        labels = {role.name: role.heading for role in self.definition.roles}
        labels |= {asked.name: asked.label for asked in self.definition.fields}
        labels |= {asked.postcode_column: "Postcode" for asked in self.definition.fields if asked.postcode_column}
        labels |= {part.name: part.label for part in self.definition.parts}
        for number, one in changes:
            if number in names:
                what = ": ".join(labels.get(name, name) for name in (one.role, one.field) if name)
                values = ("", "") if self.redacted else (one.before, one.after)
                yield Anew(number, names[number], what, *values)

    def _name(self, one: SchoolStatus) -> str:
        return one.member.name

    def _email(self, one: SchoolStatus) -> str:
        return "" if self.redacted else one.member.email.replace(";", "; ")

    def _phases(self, names: str) -> str:
        return ", ".join(self.labels.get(name, name) for name in names.split(";")) or "Phase not known"


def _is_open(one: Returned) -> bool:
    """Whether somebody has to look at it."""
    return one.verdict not in _SETTLED and not one.is_decoration


def _is_to_be_placed(one: Returned) -> bool:
    """Whether somebody has to find out which school it is of, be it accepted or not."""
    return _is_open(one) or one.verdict is Verdict.ACCEPTED


def _has_words(one: Concern) -> bool:
    return bool(one.sentences)


def page(made: Report, templates: Path | None = None) -> str:
    """The report as a page of HTML, which asks for nothing else. Raises `TemplateError`."""
    source = Templates(templates)
    name = str(source.find(PAGE, made.definition.year))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    accent = made.definition.partnership.colours.accent
    accents = {"light": readable(accent, LIGHT), "dark": readable(accent, DARK)}
    try:
        template = environment.from_string(source.read(PAGE, made.definition.year))
        return template.render(report=made, accents=accents, light=LIGHT, dark=DARK)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{name}: line {error.lineno}: {error.message}.") from error
    except jinja2.UndefinedError as error:
        raise TemplateError(f"{name}: {error}. See what the shipped template uses.") from error


def readable(colour: str, background: str) -> str:
    """The colour, made darker or lighter until text in it can be read on the background; both are `#rrggbb`."""
    ours, theirs = _channels(colour), _channels(background)
    end = 0 if _luminance(theirs) > 0.18 else 255  # where black and white are about as far
    mixed = ([round(one + (end - one) * share / 20) for one in ours] for share in range(21))
    found = next(one for one in mixed if _contrast(one, theirs) >= READABLE)
    return "#" + "".join(f"{one:02x}" for one in found)


def _channels(colour: str) -> list[int]:
    return [int(colour[n : n + 2], 16) for n in (1, 3, 5)]


def _contrast(one: Sequence[int], other: Sequence[int]) -> float:
    """WCAG 2.2, contrast ratio."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(channels: Sequence[int]) -> float:
    """WCAG 2.2, relative luminance."""
    shares = (one / 255 for one in channels)
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
