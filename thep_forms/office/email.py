"""E-mail to the schools: who gets the form or a reminder, and previewing, drafting or sending the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msgspec import Struct

from thep_forms.checking import normalise
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, load_definition
from thep_forms.errors import RecipientsError, SendError, SourceError
from thep_forms.office.copies import copies
from thep_forms.office.dates import date_warning, due_date, in_words, today
from thep_forms.office.opening import YearRegister
from thep_forms.office.partnership import example_address
from thep_forms.office.status import ReminderRule, SchoolStatus, Standing, current_statuses, due_for_reminder
from thep_forms.records import Ledger, Records, SentKind
from thep_forms.register import MemberSchool
from thep_forms.send import (
    BeforePause,
    Delivery,
    DeliveryOutcome,
    MessageTemplates,
    Outbox,
    OutgoingMessage,
    SenderRefusedError,
    Server,
    preview,
)

WITHOUT_FORM = {Standing.NOT_SENT, Standing.NOT_RETURNED}  # was sent no form, and has returned none
HAS_FORM = {Standing.DRAFTED, Standing.SENT, Standing.OVERDUE}


def _ignore(_: object) -> None:
    """Do nothing with what happened."""


class FormMessages(Struct, frozen=True):
    """The form of the year, to every school that was sent none and has returned none; with `again`, to every school."""

    again: bool = False


class MailRequest(Struct, frozen=True):
    """Which messages to write, to which schools.

    `what` is the form, or a reminder to the schools that are due by a rule. `register_list` is a list of member schools
    or a folder of RECORDS; it becomes the register of the year and stays. `only` are DfE numbers, in any spelling;
    without any, all schools are meant. What is sent is noted in the RECORDS folder `records`.
    """

    year: MembershipYear
    register_list: Path | None
    records: Path
    definitions: Definitions
    what: FormMessages | ReminderRule = FormMessages()
    only: tuple[str, ...] = ()

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
    def skipped_counts(self) -> Counter[Standing]:
        """How many schools are skipped, by their standing."""
        return Counter(status.standing for status in self.skipped)

    @property
    def skips_schools_with_form(self) -> bool:
        """Whether a school is skipped because it has the form already."""
        return any(status.standing in HAS_FORM for status in self.skipped)


class Mailing(Struct, frozen=True):
    """What became of a request: the plan, and the previews, the drafts or the deliveries.

    `example_address` is set if the messages still name the shipped example as the address to return forms to.
    `date_warning` says what is wrong with the dates by which the e-mail and the form ask for it.
    """

    plan: MailPlan
    example_address: str = ""
    date_warning: str = ""
    previews: tuple[str, ...] = ()
    drafts: tuple[Path, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    @property
    def sent(self) -> int:
        """How many messages the mail server took."""
        return sum(delivery.reply.outcome is DeliveryOutcome.SENT for delivery in self.deliveries)

    @property
    def not_sent(self) -> int:
        """How many messages the mail server did not take, or perhaps did not."""
        return len(self.deliveries) - self.sent

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to see to a school that got no message, or perhaps none."""
        return bool(self.not_sent or self.plan.without_address or self.plan.bounced or self.plan.uncertain)


# --- the three things to do with messages ---------------------------------------------------------------------------


def preview_messages(request: MailRequest) -> Mailing:
    """The messages as text to be read. Nothing is written, sent or noted.

    Raises `SourceError`, `RecordsError`, `TemplateError`, `LayoutError`, and `SendError`.
    """
    with _prepare(request, _ledger_to_read) as prepared:
        partnership = prepared.definition.partnership
        previews = tuple(preview(message, partnership) for message in prepared.messages)
        return Mailing(prepared.plan, *prepared.warnings, previews=previews)


def draft_messages(request: MailRequest, folder: Path, on_draft: Callable[[Path], object] = _ignore) -> Mailing:
    """Write the messages as drafts (`.eml`) into a folder, and note them. `on_draft` is called with the path of each.

    Raises as `preview_messages`, and `OSError`.
    """
    drafts: list[Path] = []
    with _prepare(request, _ledger_to_write) as prepared:
        for path in prepared.outbox().write_drafts(prepared.messages, folder):
            on_draft(path)
            drafts.append(path)
    return Mailing(prepared.plan, *prepared.warnings, drafts=tuple(drafts))


def send_messages(
    request: MailRequest,
    server: Callable[[], Server],
    per_minute: float,
    on_delivery: Callable[[Delivery], object] = _ignore,
    before_pause: BeforePause | None = None,
) -> Mailing:
    """Send the messages by a mail server, at most `per_minute` of them, and note them.

    `server` is called if there is something to send; it may ask for a password. `on_delivery` is called with what
    became of each message, `before_pause` before messages that were refused for now are tried again.

    Raises as `preview_messages`; `RecipientsError` if every school would get the form again. If the server refuses
    whatever we send, the `SendError` says how many messages were sent before.
    """
    if isinstance(request.what, FormMessages) and request.what.again and not request.only:
        raise RecipientsError("Choose the schools to send the form to again.")
    deliveries: list[Delivery] = []
    with _prepare(request, _ledger_to_write) as prepared:
        if prepared.messages:
            outbox = prepared.outbox()
            try:
                for delivery in outbox.send(prepared.messages, server(), per_minute, before_pause=before_pause):
                    on_delivery(delivery)
                    deliveries.append(delivery)
            except SenderRefusedError as error:
                raise SendError(f"{error} {_left(deliveries, len(prepared.messages))}") from error
    return Mailing(prepared.plan, *prepared.warnings, deliveries=tuple(deliveries))


def _left(deliveries: Sequence[Delivery], of: int) -> str:
    """What was sent of a number of messages before the run was stopped, and what the next run does."""
    sent = sum(delivery.reply.outcome is DeliveryOutcome.SENT for delivery in deliveries)
    if not sent:
        return "Nothing was sent. Then run the same command again."
    return f"{sent} of {of} messages were sent, and nothing after that. Then run the same command again for the rest."


class _Prepared(Struct, frozen=True):
    """An open ledger, the plan, and its messages.

    All messages are made before the first is sent, so that a mistake in a template shows in time.
    """

    ledger: Ledger
    definition: FormDefinition
    plan: MailPlan
    messages: tuple[OutgoingMessage, ...]
    kind: SentKind

    @property
    def warnings(self) -> tuple[str, str]:
        """The example address and the warning of dates. A reminder names no date, and comes late by its nature."""
        if not self.messages:
            return "", ""
        day = today()
        dates = date_warning(self.definition, day, due_date(self.definition, day))
        return example_address(self.definition), dates if self.kind is SentKind.FORM else ""

    def outbox(self) -> Outbox:
        return Outbox(self.ledger, self.definition, self.kind)


OpenLedger = Callable[[YearRegister], AbstractContextManager[tuple[Ledger, Records]]]


@contextmanager
def _prepare(request: MailRequest, open_ledger: OpenLedger) -> Iterator[_Prepared]:
    """The messages of a request, while the ledger is open."""
    templates = request.definitions.templates
    definition = load_definition(request.year, templates, prefilled=True)
    register = YearRegister(request.records, request.year, request.register_list, request.definitions)
    with open_ledger(register) as (ledger, records):
        members = register.members(records)
        if request.only:
            members = members_named(members, request.only, definition)
        plan = plan_messages(request.what, current_statuses(ledger, records, definition, members))
        messages = outgoing_messages(plan.recipients, definition, templates, request.kind)
        yield _Prepared(ledger, definition, plan, tuple(messages), request.kind)


def _ledger_to_write(register: YearRegister) -> AbstractContextManager[tuple[Ledger, Records]]:
    """The ledger and the records, in a folder that is made if it does not exist and a list was given."""
    return register.open_to_write(must_exist=register.listed is None)


def _ledger_to_read(register: YearRegister) -> AbstractContextManager[tuple[Ledger, Records]]:
    """The ledger and the records, as they would be with the list; nothing is written."""
    return register.open_copy()


# --- who gets a message, and what -----------------------------------------------------------------------------------


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


def plan_messages(what: FormMessages | ReminderRule, statuses: Iterable[SchoolStatus]) -> MailPlan:
    """Who gets a message, by DfE number, and who does not."""
    statuses = tuple(statuses)
    chosen = _choose(what, statuses)
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


def _has_no_form(status: SchoolStatus) -> bool:
    """Whether the school was sent no form and has returned none."""
    if status.standing is Standing.WROTE:
        return status.form is None
    return status.standing in WITHOUT_FORM


def outgoing_messages(
    recipients: Iterable[SchoolStatus], definition: FormDefinition, templates: Path | None, kind: SentKind
) -> Iterator[OutgoingMessage]:
    """The message to each school: its own copy of the form, and a text that says what it must correct.

    `definition` is one that was loaded for copies. Raises `TemplateError` and `LayoutError`.
    """
    recipients = tuple(recipients)
    message_templates = MessageTemplates(definition, templates, kind)
    due = in_words(due_date(definition, today()))
    forms = copies(definition, (status.member for status in recipients))
    for status, (file_name, pdf) in zip(recipients, forms, strict=True):
        text = message_templates.fill_in(
            status.dfe_number,
            status.member.name,
            due,
            status.sentences,
            status.wrote,
            has_returned=status.has_returned,
        )
        yield OutgoingMessage(status.dfe_number, status.member.name, status.addresses, text, file_name, pdf)
