"""Whom the office can write to in a year, and what: the first step of sending at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.opening import open_records
from thep_forms.office.schools.school_status import (
    REMIND_AT_ANY_TIME,
    ReminderRule,
    SchoolStatus,
    Standing,
    first_reminder_day,
)
from thep_forms.office.schools.status import statuses_of_members
from thep_forms.office.sending.drafts import OpenDrafts, open_drafts
from thep_forms.office.sending.mail_plan import FormMessages, MailPlan, MailRequest, plan_messages, what_to_write
from thep_forms.records import SentKind


class MailChoice(Struct, frozen=True):
    """The member schools of a year, who of them would get the form, and who a reminder. `phases` are all labels.

    `drafts` are those of which nobody said that they were sent. `remind_from` is the first day on which a school that
    has the form and some time left may be reminded; None where there is none.
    """

    year: str
    statuses: tuple[SchoolStatus, ...]
    form: MailPlan
    reminders: MailPlan
    phases: Mapping[str, str]
    drafts: OpenDrafts | None = None
    remind_from: date | None = None

    @property
    def rule(self) -> ReminderRule:
        """When a school is reminded."""
        return ReminderRule()

    @property
    def with_form(self) -> int:
        """How many schools the form was sent or drafted to."""
        return sum(status.form is not None for status in self.statuses)


def look_up_choice(folder: Path, year: MembershipYear, definitions: Definitions) -> MailChoice:
    """Whom the office can write to. Raises `RecordsError`, `TemplateError`."""
    definition = definitions(year)
    with open_records(folder, definitions) as (_, records):
        statuses = statuses_of_members(records, year, definitions)
    reminders = plan_messages(ReminderRule(), filter(_was_asked, statuses))
    return MailChoice(
        str(year),
        tuple(sorted(statuses, key=lambda status: status.dfe_number)),
        plan_messages(FormMessages(), statuses),
        reminders,
        definition.phase_labels,
        open_drafts(statuses),
        first_reminder_day(reminders.in_time, definition),
    )


def _was_asked(status: SchoolStatus) -> bool:
    """Whether a reminder says nothing untrue: the school was sent the form, or has answered."""
    return status.form is not None or status.standing in (Standing.NEEDS_ATTENTION, Standing.WROTE)


def request_for_due(folder: Path, year: MembershipYear, definitions: Definitions) -> MailRequest:
    """A request to remind the schools that are due. Raises `DecisionError` if none is, `RecordsError`."""
    recipients = look_up_choice(folder, year, definitions).reminders.recipients
    if not recipients:
        raise DecisionError("No school is due for a reminder now.")
    numbers = tuple(status.dfe_number for status in recipients)
    return MailRequest(year, None, folder, definitions, ReminderRule(), numbers)


def request_for_chosen(
    folder: Path, year: MembershipYear, kind: SentKind, numbers: tuple[str, ...], definitions: Definitions
) -> MailRequest:
    """A request to write to schools that a person chose, whenever they were last written to."""
    what = REMIND_AT_ANY_TIME if kind is SentKind.REMINDER else FormMessages(again=True)
    return MailRequest(year, None, folder, definitions, what, numbers)


def request_for_school(folder: Path, year: MembershipYear, number: str, definitions: Definitions) -> MailRequest:
    """A request to write to one school: a reminder, with what it is to correct, or else the form.

    Raises `RecordsError`, `TemplateError`.
    """
    choice = look_up_choice(folder, year, definitions)
    found = [status for status in choice.statuses if status.dfe_number == number]
    what = what_to_write(found[0]) if found else FormMessages(again=True)
    return MailRequest(year, None, folder, definitions, what, (number,))
