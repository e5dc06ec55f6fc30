"""Where a school stands in a year, and when it is reminded."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from thep_forms.defaults import DAYS_BETWEEN_REMINDERS, REMINDERS_FOR_A_SCHOOL
from thep_forms.definition import FormDefinition
from thep_forms.office.dates import due_date
from thep_forms.office.schools.failing import FailingAddress
from thep_forms.records import Sent, SentKind, SentState
from thep_forms.register import MemberSchool
from thep_forms.send import split_addresses


class Standing(StrEnum):
    """Where a school stands, in the order of `status`: those that need something come first.

    `not_sent` means that the form was sent to other schools but not to this one. As long as this program sent or
    drafted no form of the year, the standing is `not_returned` instead: the office may have sent the forms itself.
    """

    NEEDS_ATTENTION = "needs_attention"
    WROTE = "wrote"  # it sent a message without a form that can be used
    OVERDUE = "overdue"
    UNCERTAIN = "uncertain"  # nobody knows whether the form was sent
    UNDELIVERABLE = "undeliverable"  # mail to every address of the school bounced
    NOT_SENT = "not_sent"
    DRAFTED = "drafted"
    SENT = "sent"
    NOT_RETURNED = "not_returned"
    ACCEPTED = "accepted"

    @property
    def label(self) -> str:
        """The standing in words, such as `needs attention`."""
        return self.replace("_", " ")


_UNCERTAIN = (
    "The connection broke, so nobody knows whether it arrived. Ask the school. "
    "If nothing arrived, send it again on its page with “Write to it”"
)
REMINDED_STANDINGS = {Standing.NEEDS_ATTENTION, Standing.WROTE, Standing.OVERDUE, Standing.NOT_RETURNED}


class SchoolStatus(Struct, frozen=True):
    """Where a school stands in a year.

    `why` explains it in one line, without anything that was typed into a form. `return_id` is the return that the
    standing is about. `sentences` ask the school to correct that return. `messages` were sent to the school, the first
    one first. `wrote` says when the school wrote without a form, such as `on 3 May 2026`; it is empty if it did not.
    `bounced` are those of its addresses to which mail bounced, `failing` all that mail does not reach.
    `waits_for_office`: the school has nothing to correct, but the office has yet to compare its form with the picture
    of it.
    """

    member: MemberSchool
    standing: Standing
    why: str = ""
    return_id: str = ""
    sentences: tuple[str, ...] = ()
    messages: tuple[Sent, ...] = ()
    wrote: str = ""
    bounced: tuple[str, ...] = ()
    failing: tuple[FailingAddress, ...] = ()
    waits_for_office: bool = False

    @property
    def dfe_number(self) -> str:
        """The school's DfE number."""
        return self.member.dfe_number

    @property
    def has_returned(self) -> bool:
        """Whether the school returned a form of its own that it has to correct."""
        return self.standing is Standing.NEEDS_ATTENTION

    @property
    def addresses(self) -> tuple[str, ...]:
        """The e-mail addresses to write to: those of the school's to which no mail bounced."""
        return tuple(address for address in split_addresses(self.member.email) if address not in self.bounced)

    @property
    def reached(self) -> tuple[str, ...]:
        """The addresses to which the form was sent, but for those that fail."""
        form, failing = self.form, {each.address for each in self.failing}
        if not form or form.state is not SentState.SENT:
            return ()
        return tuple(address for address in split_addresses(form.addresses) if address not in failing)

    @property
    def explained(self) -> str:
        """The `why` for a person at the desk, who has no use for a Message-ID."""
        if self.standing is not Standing.UNCERTAIN or not self.form:
            return self.why
        to = ", ".join(split_addresses(self.form.addresses))
        return self.why.replace(with_message_id(self.form), f" to {to}. {_UNCERTAIN}")

    @property
    def form(self) -> Sent | None:
        """The last message that brought the form; None if no form was sent or drafted."""
        return last_form(self.messages)

    @property
    def forms(self) -> tuple[Sent, ...]:
        """The messages that brought the form, sent or drafted."""
        return tuple(message for message in self.messages if message.kind is SentKind.FORM)

    @property
    def reminders(self) -> tuple[Sent, ...]:
        """The reminders that were sent or drafted."""
        return tuple(message for message in self.messages if message.kind is SentKind.REMINDER)


class ReminderRule(Struct, frozen=True):
    """Whom to remind: a school gets no more than `at_most` reminders, with `days_apart` days between two of them.

    A person may have `chosen` the schools.
    """

    at_most: int = REMINDERS_FOR_A_SCHOOL
    days_apart: int = DAYS_BETWEEN_REMINDERS
    chosen: bool = False

    def is_due(self, status: SchoolStatus, on: date) -> bool:
        """Whether the school is to be reminded on that day."""
        if not self.is_to_be_reminded(status) or self.has_had_all(status):
            return False
        return not status.reminders or self.next_day(status.reminders[-1]) <= on

    def is_to_be_reminded(self, status: SchoolStatus) -> bool:
        """Whether the standing of the school is one to remind it of, on this or another day.

        A school whose form waits for the office has answered. It is asked a question only if a person chose it.
        """
        if status.waits_for_office:
            return self.chosen and bool(status.sentences)
        return status.standing in REMINDED_STANDINGS

    def has_had_all(self, status: SchoolStatus) -> bool:
        """Whether the school had as many reminders as it may have."""
        return len(status.reminders) >= self.at_most

    def next_day(self, reminder: Sent) -> date:
        """The first day on which a school may have another reminder after its last one."""
        return reminder.at.date() + timedelta(days=self.days_apart)


REMIND_AT_ANY_TIME = ReminderRule(sys.maxsize, 0, chosen=True)  # schools that a person chose


def with_message_id(form: Sent) -> str:
    """What finds a message in the log of a mail server, as the end of a sentence."""
    return f" with the Message-ID {form.message_id}"


def last_form(messages: Iterable[Sent]) -> Sent | None:
    """The last message that brought the form; None if none did."""
    forms = [message for message in messages if message.kind is SentKind.FORM]
    return forms[-1] if forms else None


def first_reminder_day(statuses: Iterable[SchoolStatus], definition: FormDefinition) -> date | None:
    """The first day on which one of the schools may be reminded that were sent the form; None where there is none."""
    rule = ReminderRule()
    days: list[date] = []
    for status in statuses:
        if rule.has_had_all(status) or not status.form:
            continue
        overdue = due_date(definition, status.form.at.date()) + timedelta(days=1)
        days.append(max(overdue, rule.next_day(status.reminders[-1])) if status.reminders else overdue)
    return min(days, default=None)
