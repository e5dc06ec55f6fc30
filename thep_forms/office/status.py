"""Where each member school stands: the unit is the school, so that one that sent nothing back is as visible as any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.deciding import Verdict
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.definition.model import Severity
from thep_forms.records import Ledger, Records, Returned, Sent, SentKind, SentState
from thep_forms.records.tables import Table
from thep_forms.register import MemberSchool


class Standing(StrEnum):
    """What a school has done, in the order in which an office wants to read it.

    `not_returned` is said instead of `not_sent` as long as no form of the year was sent or drafted by this program: the
    office may have sent them itself.
    """

    NEEDS_ATTENTION = "needs_attention"
    OVERDUE = "overdue"
    UNCERTAIN = "uncertain"  # whether the form was sent
    NOT_SENT = "not_sent"
    DRAFTED = "drafted"
    SENT = "sent"
    NOT_RETURNED = "not_returned"
    ACCEPTED = "accepted"


TO_CHASE = {Standing.NEEDS_ATTENTION, Standing.OVERDUE, Standing.NOT_RETURNED}
_BY_STATE = {
    SentState.SENDING: (Standing.UNCERTAIN, "may have been sent"),
    SentState.DRAFTED: (Standing.DRAFTED, "drafted"),
    SentState.SENT: (Standing.SENT, "sent"),
}


class SchoolStatus(Struct, frozen=True):
    """A school's standing for a year. `why` says more about it in a line, without what was typed.

    `to_mend` are the sentences that ask the school to mend its latest return; `messages` is what it was sent.
    """

    member: MemberSchool
    standing: Standing
    why: str = ""
    return_id: str = ""
    to_mend: tuple[str, ...] = ()
    messages: tuple[Sent, ...] = ()

    @property
    def form(self) -> Sent | None:
        """The message that brought the form, the last if there are several."""
        return next((one for one in reversed(self.messages) if one.kind is SentKind.FORM), None)

    @property
    def reminders(self) -> tuple[Sent, ...]:
        return tuple(one for one in self.messages if one.kind is SentKind.REMINDER)


def statuses_today(
    ledger: Ledger,
    definitions: Definitions,
    year: MembershipYear,
    members: Iterable[MemberSchool],
    today: date,
) -> tuple[SchoolStatus, ...]:
    """The standing of each member by what the ledger knows, as `statuses` gives it."""
    late = today - timedelta(days=definitions(year).partnership.days_to_return)
    return statuses(year, members, Records(ledger, definitions), ledger.sent(), late)


def statuses(
    year: MembershipYear,
    members: Iterable[MemberSchool],
    records: Records,
    sent: Sequence[Sent] = (),
    late: date = date.min,
) -> tuple[SchoolStatus, ...]:
    """The standing of each member, those that need something first, then by DFE number.

    `sent` is what the ledger has of messages. A form that was sent before the day `late` is overdue.
    """
    members = tuple(members)
    known = {member.dfe_number for member in members}
    theirs: dict[str, list[Returned]] = {}
    other_years: dict[str, list[Returned]] = {}
    for one in records.returns():
        years = theirs if one.year in ("", str(year)) else other_years
        years.setdefault(owner(one, known), []).append(one)
    messages: dict[str, list[Sent]] = {}
    for message in sent:
        if message.year == str(year):
            messages.setdefault(message.dfe_number, []).append(message)
    unsent = (
        Standing.NOT_SENT
        if any(one.kind is SentKind.FORM for those in messages.values() for one in those)
        else Standing.NOT_RETURNED
    )
    found = [
        _returned(member, theirs.get(member.dfe_number, ()), records, tuple(messages.get(member.dfe_number, ())))
        or _waiting(
            member,
            tuple(messages.get(member.dfe_number, ())),
            other_years.get(member.dfe_number, ()),
            unsent,
            late,
        )
        for member in members
    ]
    order = list(Standing)
    return tuple(sorted(found, key=lambda one: (order.index(one.standing), one.member.dfe_number)))


def to_chase(found: Iterable[SchoolStatus], at_most: int, apart: int, today: date) -> tuple[SchoolStatus, ...]:
    """Those to be reminded: overdue, or to be mended; `at_most` so many times, and so many days `apart`."""

    def is_due(one: SchoolStatus) -> bool:
        again = one.reminders[-1].at.date() + timedelta(days=apart) if one.reminders else date.min
        return one.standing in TO_CHASE and len(one.reminders) < at_most and again <= today

    return tuple(filter(is_due, found))


def by_phase(found: Iterable[SchoolStatus]) -> dict[str, Counter[Standing]]:
    """How many schools of each phase stand where: one of several phases counts in each, one of none under `""`."""
    counted: dict[str, Counter[Standing]] = {}
    for one in found:
        for phase in one.member.phases or ("",):
            counted.setdefault(phase, Counter())[one.standing] += 1
    return dict(sorted(counted.items()))


def owner(one: Returned, known: Collection[str]) -> str:
    """Whose it is: where the number that was typed is no member's, that of the school that the copy was made for."""
    return one.school if one.school in known else one.entry.copy_of


def _returned(
    member: MemberSchool, returns: Sequence[Returned], records: Records, messages: tuple[Sent, ...]
) -> SchoolStatus | None:
    """The standing of a school that has sent a form back, or None if it has not."""
    by_verdict = {one.verdict: one for one in sorted(returns, key=_date_first)}  # the last of each
    accepted = by_verdict.get(Verdict.ACCEPTED)
    waiting = by_verdict.get(Verdict.NEEDS_ATTENTION) or by_verdict.get(Verdict.BLANK)
    if accepted and not (waiting and accepted.dated and waiting.dated and waiting.dated > accepted.dated):
        return SchoolStatus(member, Standing.ACCEPTED, return_id=accepted.return_id, messages=messages)
    if not waiting:
        return None
    errors = [problem for problem in records.problems(waiting) if problem.severity is Severity.ERROR]
    why = "; ".join(dict.fromkeys(f"{one.label}: {one.code.replace('_', ' ')}".removeprefix(": ") for one in errors))
    why = f"a form was accepted, a later one has {why}" if accepted else why
    own = waiting.entry.copy_of == member.dfe_number
    mend = tuple(dict.fromkeys(_sentence(problem, own) for problem in errors))
    return SchoolStatus(member, Standing.NEEDS_ATTENTION, why, waiting.return_id, mend, messages)


def _date_first(one: Returned) -> tuple[datetime, str]:
    return one.dated or datetime.min.replace(tzinfo=UTC), one.return_id


def _sentence(problem: Problem, own: bool) -> str:
    """What asks the school to mend it. Only what came in its `own` copy is quoted: a number may be another school's."""
    quotes = problem.field and problem.value
    return f"{problem.label}: please check what was entered." if quotes and not own else problem.message


def _waiting(
    member: MemberSchool, messages: tuple[Sent, ...], other_years: Iterable[Returned], unsent: Standing, late: date
) -> SchoolStatus:
    """The standing of a school that has sent nothing back, or a form of another year since this one's was sent."""
    form = SchoolStatus(member, unsent, messages=messages).form
    if not form:
        return SchoolStatus(member, unsent, messages=messages)
    standing, became = _BY_STATE[form.state]
    why = f"{became} on {in_words(form.at.date())}"
    other = next((one.year for one in other_years if one.dated and one.dated > form.at), "")
    why += f"; since then it returned the form of {other}" if other else ""
    if form.at.date() < late:
        return SchoolStatus(member, Standing.OVERDUE, why, messages=messages)
    if standing is Standing.UNCERTAIN:
        return SchoolStatus(member, standing, f"{why} with the Message-ID {form.message_id}", messages=messages)
    return SchoolStatus(member, standing, why if other else "", messages=messages)


def in_words(day: date) -> str:
    """`3 May 2026`."""
    return f"{day.day} {day:%B %Y}"


def table(found: Iterable[SchoolStatus]) -> Table:
    """The statuses as a table for other programs."""
    columns = {
        "dfe_number": "DFE Number",
        "school_name": "School",
        "phases": "Phase",
        "status": "Status",
        "why": "Why",
        "return_id": "Return",
        "sent_at": "When the form was sent or drafted",
        "reminders": "Reminders",
        "reminded_at": "When the last reminder was sent or drafted",
    }
    rows = [
        (
            one.member.dfe_number,
            one.member.name,
            ";".join(one.member.phases),
            one.standing,
            one.why,
            one.return_id,
            one.form.at.isoformat() if one.form else "",
            str(len(one.reminders)),
            one.reminders[-1].at.isoformat() if one.reminders else "",
        )
        for one in found
    ]
    return Table("status", columns, rows)
