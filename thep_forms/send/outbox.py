"""The outbox: messages become drafts or go to the mail server, and the ledger notes each before and after.

The ledger is open only for the moment of a note, so that others can work on the records while messages are sent.
Whoever notes a message to a school first writes to it; another run, or another person, then leaves that school out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.files import PRIVATE_FOLDER, write_private
from thep_forms.records import Ledger, RefusedAddress, Sent, SentKind, SentState
from thep_forms.send.drafts_folder import DraftsFolder
from thep_forms.send.messages import ADDRESS_SEPARATOR, OutgoingMessage, make_draft, make_email, sender_address
from thep_forms.send.server_limits import free_at, limits_of
from thep_forms.send.smtp import (
    Connection,
    DeliveryOutcome,
    SenderRefusedError,
    Server,
    ServerReply,
    UnreachableError,
)

RETRY_PAUSES = (30.0, 120.0, 300.0)  # seconds to wait before messages that were refused for now are tried again

BeforePause = Callable[[int, float], None]  # takes the number of schools to be tried again, and the seconds
OpenLedger = Callable[[], AbstractContextManager[Ledger]]
Wait = Callable[[float], object]  # waits so many seconds, or raises an error that ends the run between two messages
_WRITTEN_MEANWHILE = "somebody else has written to this school in the meantime"


class _WrittenMeanwhileError(Exception):
    """Somebody else has written to the school since the messages were planned."""


class Delivery(Struct, frozen=True):
    """The result of sending a message. Its Message-ID finds it in the log of a mail server."""

    message: OutgoingMessage
    reply: ServerReply
    message_id: str = ""


class Outbox(Struct, frozen=True):
    """Sends messages of one kind for one year, or writes them as drafts, and notes each in the ledger.

    A school that was written to after `since` gets no message.
    """

    open_ledger: OpenLedger
    definition: FormDefinition
    kind: SentKind
    since: datetime

    def write_drafts(self, messages: Iterable[OutgoingMessage], folder: Path) -> Iterator[Path]:
        """Write each message as a draft that only its owner can read, and note it. Yields the path of each.

        A school that somebody else has written to in the meantime gets none.

        Raises `OSError`.
        """
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        suffix = "" if self.kind is SentKind.FORM else f" {self.kind}"
        for message in messages:
            path = folder / f"{Path(message.file_name).stem}{suffix}.eml"
            draft = make_draft(message, self.definition.partnership)
            with self.open_ledger() as ledger, ledger.transaction():
                if self._was_written_to(message, ledger):
                    continue
                write_private(path, draft)
                ledger.note_sent(self._sent(message, SentState.DRAFTED))
            yield path

    def put_drafts(self, messages: Iterable[OutgoingMessage], folder: DraftsFolder) -> Iterator[OutgoingMessage]:
        """Put each message into the open folder for drafts of a mailbox, and note it. Yields each that was put there.

        A school that somebody else has written to in the meantime gets none. Raises `MailboxError`.
        """
        for message in messages:
            with self.open_ledger() as ledger, ledger.transaction():
                if self._was_written_to(message, ledger):
                    continue
                message_id = folder.put(message, self.kind, self.definition.partnership)
                ledger.note_sent(self._sent(message, SentState.DRAFTED, message_id))
            yield message

    def send(
        self,
        messages: Sequence[OutgoingMessage],
        server: Server,
        per_minute: float,
        pauses: Sequence[float] | None = None,
        before_pause: BeforePause | None = None,
        wait: Wait = time.sleep,
    ) -> Iterator[Delivery]:
        """Send each message, at most `per_minute` of them, and yield each result as soon as it is final.

        A known server may take fewer in a minute, or in a day: then the rest waits, or the run ends.

        Messages that are refused for now are tried again after each of the `pauses` (in seconds), or else of
        `RETRY_PAUSES`. `wait` is called between two messages; an error that it raises ends the run there. Raises
        `SendError` when the server cannot be used at all, or refuses whatever we send; the ledger keeps what was sent
        before.
        """
        if not messages:
            return
        limits = limits_of(server.host)
        waiting, pace = list(messages), _Pace(60 / min(per_minute, limits.per_minute), wait)
        with Connection(server) as connection:
            connection.open()  # a wrong name or password shows at once
            for pause in RETRY_PAUSES if pauses is None else pauses:
                deferred: list[OutgoingMessage] = []
                for delivery in self._send_once(connection, waiting, pace):
                    if delivery.reply.outcome is DeliveryOutcome.DEFERRED:
                        deferred.append(delivery.message)
                    else:
                        yield delivery
                if not deferred:
                    return
                connection.close()  # the server would not wait so long
                if before_pause:
                    before_pause(len(deferred), pause)
                wait(pause)
                waiting = deferred
            yield from self._send_once(connection, waiting, pace)

    def _send_once(
        self, connection: Connection, messages: Iterable[OutgoingMessage], pace: _Pace
    ) -> Iterator[Delivery]:
        """Try each message once. If the server stops, defer the rest without a try."""
        unreachable: ServerReply | None = None
        for message in messages:
            if not unreachable:
                pace.wait()
                try:
                    delivery = self._deliver(connection, message)
                except UnreachableError as error:
                    unreachable = ServerReply(DeliveryOutcome.DEFERRED, str(error))
            yield Delivery(message, unreachable) if unreachable else delivery

    def _deliver(self, connection: Connection, message: OutgoingMessage) -> Delivery:
        """Hand one message to the server.

        The ledger notes it before the server can have it: a run that is killed never leads to a second copy.
        """
        with self.open_ledger() as ledger:  # waits for its turn while the server does not wait for us
            if self._was_written_to(message, ledger):
                return Delivery(message, ServerReply(DeliveryOutcome.LEFT_OUT, _WRITTEN_MEANWHILE))
            _require_room(ledger, message, connection.server.host)
        email, message_id = make_email(message, self.definition.partnership)
        sent = self._sent(message, SentState.SENDING, message_id)
        sender = sender_address(self.definition.partnership)
        try:
            reply = connection.deliver(
                email.as_bytes(), sender, message.to, lambda: self._claim(message, sent), utf8=message.needs_utf8
            )
        except _WrittenMeanwhileError:
            connection.close()  # the server has the addresses of a message that does not come
            return Delivery(message, ServerReply(DeliveryOutcome.LEFT_OUT, _WRITTEN_MEANWHILE))
        except SenderRefusedError:
            self._forget(sent)
            raise
        self._note(sent, reply)
        return Delivery(message, reply, message_id)

    def _claim(self, message: OutgoingMessage, sent: Sent) -> None:
        """Note the message that is about to be sent. Raises `_WrittenMeanwhileError` if somebody else was first."""
        with self.open_ledger() as ledger, ledger.transaction():
            if self._was_written_to(message, ledger):
                raise _WrittenMeanwhileError
            ledger.note_sent(sent)

    def _note(self, sent: Sent, reply: ServerReply) -> None:
        """Note what became of the message that was about to be sent, and which addresses the server refused."""
        now = datetime.now(UTC)
        with self.open_ledger() as ledger, ledger.transaction():
            if reply.outcome is DeliveryOutcome.SENT:
                ledger.note_sent(replace(sent, state=SentState.SENT))
            elif reply.outcome is not DeliveryOutcome.UNCERTAIN:
                ledger.forget_sent([sent])
            for address, words in reply.refused.items():
                ledger.note_refused(RefusedAddress(sent.year, sent.dfe_number, address, now, words))

    def _forget(self, sent: Sent) -> None:
        with self.open_ledger() as ledger, ledger.transaction():
            ledger.forget_sent([sent])

    def _was_written_to(self, message: OutgoingMessage, ledger: Ledger) -> bool:
        school = str(self.definition.year), message.dfe_number, self.kind
        return any((sent.year, sent.dfe_number, sent.kind) == school and sent.at > self.since for sent in ledger.sent())

    def _sent(self, message: OutgoingMessage, state: SentState, message_id: str = "") -> Sent:
        year, addresses = str(self.definition.year), ADDRESS_SEPARATOR.join(message.to)
        return Sent(year, message.dfe_number, datetime.now(UTC), self.kind, state, addresses, message_id)


def _require_room(ledger: Ledger, message: OutgoingMessage, host: str) -> None:
    """Raise `SenderRefusedError` if the server takes no more from us today."""
    limits = limits_of(host)
    free = free_at(ledger.sent(), len(message.to), limits, datetime.now(UTC))
    if free:
        raise SenderRefusedError(
            f"{host} takes mail to {limits.addresses_a_day:,} addresses a day from an account, and so much was sent. "
            f"Go on after {free.astimezone():%H:%M on %d %B}."
        )


class _Pace:
    """Keeps a number of seconds between one message and the next."""

    def __init__(self, seconds: float, wait: Wait) -> None:
        self._seconds, self._wait = seconds, wait
        self._next_at = time.monotonic()

    def wait(self) -> None:
        """Wait until the next message may go."""
        self._wait(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._seconds
