"""E-mail to the schools, with the form or as a reminder: previewing, drafting or sending the messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition import FormDefinition
from thep_forms.errors import RecipientsError, SendError
from thep_forms.office.copies import copies
from thep_forms.office.dates import date_warning, due_date, in_words, today
from thep_forms.office.opening import YearRegister
from thep_forms.office.partnership import example_address
from thep_forms.office.schools.school_status import SchoolStatus
from thep_forms.office.schools.status import current_statuses
from thep_forms.office.sending.mail_plan import FormMessages, MailPlan, MailRequest, members_named, plan_messages
from thep_forms.records import Ledger, Records, SentKind, open_for_writing
from thep_forms.records.ledger_errors import BusyError
from thep_forms.send import (
    BeforePause,
    Delivery,
    DeliveryOutcome,
    MessageTemplates,
    Outbox,
    OutgoingMessage,
    SenderRefusedError,
    Server,
    Wait,
    preview,
    shown_headers,
)

_ALL = slice(None)
_TURNS = 120  # that another run may have first, of some seconds each


def _ignore(_: object) -> None:
    """Do nothing with what happened."""


class ShownMessage(Struct, frozen=True):
    """One of the messages of a plan as it will arrive, without a message where nobody gets one.

    `number` is its place among those who get one, from 1 on. `headers` are what stands above its `text`, by their
    names. The warnings are those of `Mailing`.
    """

    plan: MailPlan
    number: int
    example_address: str = ""
    date_warning: str = ""
    dfe_number: str = ""
    school: str = ""
    headers: Mapping[str, str] = {}
    text: str = ""


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
    in_mailbox: int = 0  # drafts that were put into a mailbox

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
    prepared = prepare(request, _ledger_to_read)
    partnership = prepared.definition.partnership
    previews = tuple(preview(message, partnership) for message in prepared.messages)
    return Mailing(prepared.plan, *prepared.warnings, previews=previews)


def look_up_plan(request: MailRequest) -> MailPlan:
    """Who gets a message, and who does not. Nothing is made, sent or noted. Raises `SourceError`, `RecordsError`."""
    return prepare(request, _ledger_to_read, slice(0)).plan


def show_message(request: MailRequest, number: int) -> ShownMessage:
    """The message to the school with that number among those that get one, from 1 on; else to the first of them.

    Nothing is written, sent or noted. Raises as `preview_messages`.
    """
    at = max(number, 1) - 1
    prepared = prepare(request, _ledger_to_read, slice(at, at + 1))
    if number > 1 and not prepared.messages:
        return show_message(request, 1)
    parts = ShownMessage(prepared.plan, at + 1, *prepared.warnings)
    if not prepared.messages:
        return parts
    (message,) = prepared.messages
    return replace(
        parts,
        dfe_number=message.dfe_number,
        school=message.school,
        headers=shown_headers(message, prepared.definition.partnership),
        text=message.text.text,
    )


def draft_messages(request: MailRequest, folder: Path, on_draft: Callable[[Path], object] = _ignore) -> Mailing:
    """Write the messages as drafts (`.eml`) into a folder, and note them. `on_draft` is called with the path of each.

    Raises as `preview_messages`, and `OSError`.
    """
    drafts: list[Path] = []
    prepared = prepare(request, ledger_to_write)
    try:
        for path in prepared.outbox(request).write_drafts(prepared.messages, folder):
            on_draft(path)
            drafts.append(path)
    finally:
        renew_copy(request)
    return Mailing(prepared.plan, *prepared.warnings, drafts=tuple(drafts))


def send_messages(
    request: MailRequest,
    server: Callable[[], Server],
    per_minute: float,
    on_delivery: Callable[[Delivery], object] = _ignore,
    before_pause: BeforePause | None = None,
    wait: Wait = time.sleep,
) -> Mailing:
    """Send the messages by a mail server, at most `per_minute` of them, and note them.

    `server` is called if there is something to send; it may ask for a password. `on_delivery` is called with what
    became of each message, `before_pause` before messages that were refused for now are tried again. `wait` is called
    between two messages; an error that it raises ends the run there. The records are not locked meanwhile.

    Raises as `preview_messages`; `RecipientsError` if every school would get the form again. If the server refuses
    whatever we send, a `CutShortError` says how many messages were sent before.
    """
    if isinstance(request.what, FormMessages) and request.what.again and not request.only:
        raise RecipientsError("Choose the schools to send the form to again.")
    deliveries: list[Delivery] = []
    prepared = prepare(request, ledger_to_write)
    if prepared.messages:
        outbox, opened = prepared.outbox(request), server()
        try:
            for delivery in outbox.send(prepared.messages, opened, per_minute, before_pause=before_pause, wait=wait):
                on_delivery(delivery)
                deliveries.append(delivery)
        except SenderRefusedError as error:
            mailing = Mailing(prepared.plan, deliveries=tuple(deliveries))
            raise CutShortError(str(error), mailing.sent, len(prepared.messages)) from error
        finally:
            renew_copy(request)
    return Mailing(prepared.plan, *prepared.warnings, deliveries=tuple(deliveries))


class CutShortError(SendError):
    """The mail server refuses whatever we send. `sent` of the messages were sent before."""

    def __init__(self, reason: str, sent: int, of: int) -> None:
        words = f"{sent} of {of} messages were sent, and nothing after that." if sent else "Nothing was sent."
        super().__init__(f"{reason} {words}")
        self.sent = sent


class Prepared(Struct, frozen=True):
    """The plan, and its messages.

    All messages are made before the first is sent, so that a mistake in a template shows in time.
    """

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

    def outbox(self, request: MailRequest) -> Outbox:
        """What sends or drafts the messages, and notes each."""
        return Outbox(partial(_opened_in_turn, request.records), self.definition, self.kind, request.since)


OpenLedger = Callable[[YearRegister], AbstractContextManager[tuple[Ledger, Records]]]


def prepare(request: MailRequest, open_ledger: OpenLedger, which: slice = _ALL) -> Prepared:
    """The messages of a request, or `which` of them. The ledger is open only until it is clear who gets one."""
    templates = request.definitions.templates
    definition = request.definitions(request.year).for_copies
    register = YearRegister(request.records, request.year, request.register_list, request.definitions)
    with open_ledger(register) as (_, records):
        members = register.members(records)
        statuses = current_statuses(records, definition, members)  # a form may be that of any of them
        if request.only:
            named = {member.dfe_number for member in members_named(members, request.only, definition)}
            statuses = tuple(status for status in statuses if status.dfe_number in named)
    plan = plan_messages(request.what, statuses, request.since)
    messages = outgoing_messages(plan.recipients[which], definition, templates, request.kind)
    return Prepared(definition, plan, tuple(messages), request.kind)


def _opened_in_turn(folder: Path) -> Ledger:
    """The ledger, as soon as no other run uses it. Raises `BusyError` if that takes very long, `RecordsError`."""
    for _ in range(_TURNS):
        with suppress(BusyError):
            return Ledger.existing(folder)
    return Ledger.existing(folder)


def renew_copy(request: MailRequest) -> None:
    """Bring the copy of the ledger up to date with what was noted."""
    with suppress(BusyError), open_for_writing(request.records, request.definitions):
        pass


def ledger_to_write(register: YearRegister) -> AbstractContextManager[tuple[Ledger, Records]]:
    """The ledger and the records, in a folder that is made if it does not exist and a list was given."""
    return register.open_to_write(must_exist=register.listed is None)


def _ledger_to_read(register: YearRegister) -> AbstractContextManager[tuple[Ledger, Records]]:
    """The ledger and the records, as they would be with the list; nothing is written."""
    return register.open_copy()


def outgoing_messages(
    recipients: Iterable[SchoolStatus], definition: FormDefinition, templates: Path | None, kind: SentKind
) -> Iterator[OutgoingMessage]:
    """The message to each school: its own copy of the form, and a text that says what it must correct.

    `definition` is one for copies. Raises `TemplateError` and `LayoutError`.
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
            waits_for_office=status.waits_for_office,
        )
        yield OutgoingMessage(status.dfe_number, status.member.name, status.addresses, text, file_name, pdf)
