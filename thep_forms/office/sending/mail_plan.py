"""Who gets a message of a kind, and who does not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from thep_forms.checking import normalise
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.office.schools.school_status import REMIND_AT_ANY_TIME, ReminderRule, SchoolStatus, Standing
from thep_forms.office.schools.status import due_for_reminder
from thep_forms.records import SentKind
from thep_forms.register import MemberSchool

WITHOUT_FORM = {Standing.NOT_SENT, Standing.NOT_RETURNED}  # was sent no form, and has returned none
HAS_FORM = {Standing.DRAFTED, Standing.SENT, Standing.OVERDUE}


def now() -> datetime:
    """The time, as the ledger notes it."""
    return datetime.now(UTC)


class FormMessages(Struct, frozen=True):
    """The form of the year, to every school that was sent none and has returned none; with `again`, to every school."""

    again: bool = False


class MailRequest(Struct, frozen=True):
    """Which messages to write, to which schools.

    `what` is the form, or a reminder to the schools that are due by a rule. `register_list` is a list of member schools
    or a folder of RECORDS; it becomes the register of the year and stays. `only` are DfE numbers, in any spelling;
    without any, all schools are meant. What is sent is noted in the RECORDS folder `records`. A school that was written
    to after `since` gets no message. So a run that was stopped can go on, and two runs do not write to a school twice.
    """

    year: MembershipYear
    register_list: Path | None
    records: Path
    definitions: Definitions
    what: FormMessages | ReminderRule = FormMessages()
    only: tuple[str, ...] = ()
    since: datetime = field(default_factory=now)

    @property
    def kind(self) -> SentKind:
        """What the schools are written to for."""
        return SentKind.REMINDER if isinstance(self.what, ReminderRule) else SentKind.FORM


class MailPlan(Struct, frozen=True):
    """Which schools get a message, and which do not: no address is known, mail to it bounced, or they need none now.

    The program does not write to an address that bounced until the list has another one.
    """

    recipients: tuple[SchoolStatus, ...]
    without_address: tuple[SchoolStatus, ...]
    skipped: tuple[SchoolStatus, ...]
    bounced: tuple[SchoolStatus, ...] = ()

    @property
    def uncertain(self) -> tuple[SchoolStatus, ...]:
        """The skipped schools of which nobody knows whether the form reached them."""
        return tuple(status for status in self.skipped if status.standing is Standing.UNCERTAIN)

    @property
    def in_time(self) -> tuple[SchoolStatus, ...]:
        """The skipped schools that have the form and some time left to return it."""
        return tuple(status for status in self.skipped if status.standing in (Standing.SENT, Standing.DRAFTED))

    @property
    def skipped_counts(self) -> Counter[Standing]:
        """How many schools are skipped, by their standing."""
        return Counter(status.standing for status in self.skipped)

    @property
    def skips_schools_with_form(self) -> bool:
        """Whether a school is skipped because it has the form already."""
        return any(status.standing in HAS_FORM for status in self.skipped)


def members_named(
    members: Iterable[MemberSchool], numbers: Iterable[str], definition: FormDefinition
) -> tuple[MemberSchool, ...]:
    """The members with those DfE numbers, in any spelling. Raises `SourceError` for a number that no member has."""
    prefix = definition.partnership.dfe_prefix
    by_number = {member.dfe_number: member for member in members}
    named: dict[str, MemberSchool] = {}
    for number in numbers:
        member = by_number.get(normalise.dfe_number(number, prefix).value)
        if not member:
            raise SourceError(f"No school in the list has the DfE number {number}. Enter it like {prefix}1234.")
        named[member.dfe_number] = member
    return tuple(named.values())


def what_to_write(status: SchoolStatus) -> FormMessages | ReminderRule:
    """What to write to a school that a person chose: a reminder where it has the form and did not answer well."""
    if status.standing not in WITHOUT_FORM and REMIND_AT_ANY_TIME.is_to_be_reminded(status):
        return REMIND_AT_ANY_TIME
    return FormMessages(again=True)


def plan_messages(
    what: FormMessages | ReminderRule, statuses: Iterable[SchoolStatus], since: datetime | None = None
) -> MailPlan:
    """Who gets a message, by DfE number, and who does not; nobody who was written to after `since` does."""
    statuses = tuple(statuses)
    chosen = [status for status in _choose(what, statuses) if not (since and _was_written_to(status, what, since))]
    chosen_numbers = {status.dfe_number for status in chosen}
    recipients: list[SchoolStatus] = []
    without_address: list[SchoolStatus] = []
    bounced: list[SchoolStatus] = []
    for status in sorted(chosen, key=lambda status: status.dfe_number):
        if status.addresses:
            recipients.append(status)
        elif status.bounced:
            bounced.append(status)
        else:
            without_address.append(status)
    skipped = tuple(status for status in statuses if status.dfe_number not in chosen_numbers)
    return MailPlan(tuple(recipients), tuple(without_address), skipped, tuple(bounced))


def _choose(what: FormMessages | ReminderRule, statuses: tuple[SchoolStatus, ...]) -> tuple[SchoolStatus, ...]:
    if isinstance(what, ReminderRule):
        return due_for_reminder(statuses, what)
    if what.again:
        return statuses
    return tuple(status for status in statuses if _has_no_form(status))


def _was_written_to(status: SchoolStatus, what: FormMessages | ReminderRule, since: datetime) -> bool:
    messages = status.reminders if isinstance(what, ReminderRule) else status.forms
    return any(message.at > since for message in messages)


def _has_no_form(status: SchoolStatus) -> bool:
    """Whether the school was sent no form and has returned none."""
    if status.standing is Standing.WROTE:
        return status.form is None
    return status.standing in WITHOUT_FORM
