"""The report of a year: what its page shows, worked out from the register and the returns.

A redacted report holds no names of people, addresses, numbers or answers. They are left out here, not in the template,
so that no template can show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from thep_forms.checking import Problem
from thep_forms.deciding import Verdict
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.definition.model import Severity
from thep_forms.files import write_private
from thep_forms.office.opening import YearRegister, open_records
from thep_forms.office.outputs import HTML_START, require_replaceable
from thep_forms.office.parted_forms import form_with_the_rest
from thep_forms.office.reports.report_contents import (
    HAS_RETURNED,
    ChangedAnswer,
    Issue,
    MissingSchool,
    Report,
    ReturnDay,
    Sentence,
    StandingCounts,
)
from thep_forms.office.reports.report_page import report_page
from thep_forms.office.schools.replies import Replies
from thep_forms.office.schools.school_status import SchoolStatus, Standing
from thep_forms.office.schools.sent import sent_to_schools
from thep_forms.office.schools.status import count_by_phase, current_statuses, statuses_of_members
from thep_forms.office.schools.year_returns import is_in_year, school_of
from thep_forms.office.tasks import needs_somebody
from thep_forms.office.words import for_the_school, in_short
from thep_forms.records import Records, Returned
from thep_forms.records.changes import Change


def write_report(
    year: MembershipYear,
    page: Path,
    records: Path,
    register_list: Path | None,
    definitions: Definitions,
    *,
    redacted: bool = False,
) -> None:
    """Write the report of a year as a page of HTML that only its owner can read.

    A `register_list` becomes the register of the year and stays.
    Raises `OutputError`, `SourceError`, `RecordsError`, `TemplateError`, and `OSError`.
    """
    require_replaceable(page, HTML_START)
    definition = definitions(year)
    register = YearRegister(records, year, register_list, definitions)
    with register.open_to_read() as (_, opened_records):
        statuses = current_statuses(opened_records, definition, register.members(opened_records))
        html = report_page(make_report(definition, statuses, opened_records, redacted=redacted), definitions.templates)
    page.parent.mkdir(parents=True, exist_ok=True)
    write_private(page, html.encode())


def look_up_report(
    year: MembershipYear, records: Path, definitions: Definitions, *, redacted: bool = False
) -> Report | None:
    """The report of a year as it stands now; None if no member schools are known. Raises `RecordsError`."""
    definition = definitions(year)
    with open_records(records, definitions) as (_, opened):
        statuses = statuses_of_members(opened, year, definitions)
        return make_report(definition, statuses, opened, redacted=redacted) if statuses else None


def make_report(
    definition: FormDefinition, statuses: Sequence[SchoolStatus], records: Records, *, redacted: bool = False
) -> Report:
    """The report of the year of `definition`, in which the schools have these statuses."""
    return _Reporter(definition, statuses, records, redacted).report()


class _Reporter:
    """Makes the parts of a report."""

    def __init__(
        self, definition: FormDefinition, statuses: Sequence[SchoolStatus], records: Records, redacted: bool
    ) -> None:
        self.definition, self.statuses = definition, statuses
        self.records, self.redacted = records, redacted
        self.members = {status.dfe_number: status for status in statuses}
        self.phase_labels = definition.phase_labels
        self.returns: dict[str, list[Returned]] = {}  # of the year by school; those of no member under ""
        replies = Replies(records, definition.year, self.members.keys(), sent_to_schools(records))
        for returned in records.returns():
            is_again = returned.judgement.came_again_in == str(definition.year)
            if is_again or is_in_year(returned, str(definition.year)):
                school = school_of(returned, self.members.keys())
                found = {school} if school in self.members else replies.add(returned) & self.members.keys()
                for number in found or {""}:
                    self.returns.setdefault(number, []).append(returned)

    def report(self) -> Report:
        returned = [status for status in self.statuses if status.standing in HAS_RETURNED]
        accepted = [status for status in returned if status.standing is Standing.ACCEPTED]
        faulty = [status for status in returned if status.standing is not Standing.ACCEPTED]
        wrote = [status for status in self.statuses if status.standing is Standing.WROTE]
        days = self._days(returned)
        return Report(
            definition=self.definition,
            redacted=self.redacted,
            everyone=StandingCounts("All", Counter(status.standing for status in self.statuses)),
            phases=tuple(self._phases()),
            days=days,
            undated=len(returned) - sum(day.came for day in days),
            attention=tuple(map(self._issue, (*faulty, *wrote))),
            queries=tuple(issue for issue in map(self._issue, accepted) if issue.sentences),
            unmatched=tuple(map(self._unmatched, filter(_belongs_to_somebody, self.returns.get("", [])))),
            missing=tuple(self._missing()),
            changes=tuple(self._changes()),
        )

    # --- counts -----------------------------------------------------------------------------------------------------

    def _phases(self) -> Iterator[StandingCounts]:
        """The counts by phase in the form's order; schools whose phase is not known come last."""
        counts = count_by_phase(self.statuses)
        in_order = [phase for phase in self.phase_labels if phase in counts]
        others = [phase for phase in counts if phase not in in_order]
        for phase in (*in_order, *others):
            yield StandingCounts(self._phase_words([phase] if phase else []), counts[phase])

    def _days(self, returned: Iterable[SchoolStatus]) -> tuple[ReturnDay, ...]:
        first_days = (self._first_day(status) for status in returned)
        counts = Counter(day for day in first_days if day)
        days: list[ReturnDay] = []
        so_far = 0
        for day, came in sorted(counts.items()):
            so_far += came
            days.append(ReturnDay(day, came, so_far))
        return tuple(days)

    def _first_day(self, status: SchoolStatus) -> date | None:
        """The date of the first message that brought a return of the school; None if no message has a date."""
        days: list[date] = []
        for returned in self.returns[status.dfe_number]:
            if not returned.entry.is_form:
                continue
            came = [arrival.received_at.date() for arrival in returned.arrivals_from_school if arrival.received_at]
            days += [max(came)] if came and returned.judgement.came_again_in == str(self.definition.year) else came
        return min(days, default=None)

    # --- what to write ----------------------------------------------------------------------------------------------

    def _issue(self, status: SchoolStatus) -> Issue:
        """What to write about the return that the school's status is about, and about others that need attention."""
        problems: list[Problem] = []
        for returned in self.returns.get(status.dfe_number, ()):
            is_settled = status.standing is Standing.ACCEPTED and returned.entry.is_form
            is_open = needs_somebody(returned) and not is_settled
            if returned.return_id == status.return_id or is_open:
                problems += self._problems(returned)
        return Issue(status.dfe_number, status.member.name, self._email(status), self._sentences(problems))

    def _problems(self, returned: Returned) -> list[Problem]:
        """The problems of a return that its school can mend: none of later pages, whose first page came elsewhere.

        Of a form of an earlier year that came again, the problem is that it is of that year.
        """
        if form_with_the_rest(returned, self.records):
            return []
        if returned.judgement.came_again_in == str(self.definition.year):
            return [self.records.year_earlier(returned, str(self.definition.year))]
        return for_the_school(self.records.problems_to_mend(returned))

    def _unmatched(self, returned: Returned) -> Issue:
        name = returned.return_id if self.redacted else returned.source
        number = "" if self.redacted else returned.dfe_number  # somebody typed it
        sentences = self._sentences(for_the_school(self.records.problems(returned)))
        return Issue(number, name, "", sentences, returned.verdict.replace("_", " "))

    def _sentences(self, problems: Iterable[Problem]) -> tuple[Sentence, ...]:
        """Each sentence once, errors first."""
        sentences = dict.fromkeys(Sentence(problem.severity, self._words(problem)) for problem in problems)
        order = list(Severity)
        return tuple(sorted(sentences, key=lambda sentence: order.index(sentence.severity)))

    def _words(self, problem: Problem) -> str:
        return problem.message if not self.redacted else in_short(problem, self.definition.problems)

    # --- schools and answers ----------------------------------------------------------------------------------------

    def _missing(self) -> Iterator[MissingSchool]:
        for status in self.statuses:
            if status.standing not in HAS_RETURNED:
                yield MissingSchool(
                    status.dfe_number,
                    status.member.name,
                    self._phase_words(status.member.phases),
                    status.standing,
                    self._email(status),
                    "" if self.redacted else status.why,
                )

    def _changes(self) -> Iterator[ChangedAnswer]:
        labels = _labels(self.definition)
        for returned, change in self.records.changes():
            status = self.members.get(returned.dfe_number)
            if status and returned.year == str(self.definition.year):
                yield self._changed_answer(status, change, labels)

    def _changed_answer(self, status: SchoolStatus, change: Change, labels: Mapping[str, str]) -> ChangedAnswer:
        names = [name for name in (change.role, change.field) if name]
        what = ": ".join(labels.get(name, name) for name in names)
        before, after = ("", "") if self.redacted else (change.before, change.after)
        return ChangedAnswer(status.dfe_number, status.member.name, what, before, after)

    def _email(self, status: SchoolStatus) -> str:
        return "" if self.redacted else status.member.email.replace(";", "; ")

    def _phase_words(self, names: Iterable[str]) -> str:
        """The labels of phases."""
        words = [self.phase_labels.get(name, name) for name in names]
        return ", ".join(words) or "Phase not known"


def _belongs_to_somebody(returned: Returned) -> bool:
    """Whether a person has to find out whose return it is, even if it is accepted."""
    return returned.verdict is Verdict.ACCEPTED or needs_somebody(returned)


def _labels(definition: FormDefinition) -> dict[str, str]:
    """The labels of everything that can change, by its name in `changes.csv`."""
    labels = {role.name: role.heading for role in definition.roles}
    for field in definition.fields:
        labels[field.name] = field.label
        if field.postcode_column:
            labels[field.postcode_column] = "Postcode"
    return labels | {part.name: part.label for part in definition.parts}
