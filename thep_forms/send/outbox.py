"""The outbox: messages become drafts or go to the mail server, and the ledger notes each before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.files import PRIVATE_FOLDER, write_private
from thep_forms.records import Ledger, Sent, SentKind, SentState
from thep_forms.send.messages import ADDRESS_SEPARATOR, OutgoingMessage, make_draft, make_email, sender_address
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


class Delivery(Struct, frozen=True):
    """The result of sending a message. Its Message-ID finds it in the log of a mail server."""

    message: OutgoingMessage
    reply: ServerReply
    message_id: str = ""


class Outbox(Struct, frozen=True):
    """Sends messages of one kind for one year, or writes them as drafts, and notes each in the ledger."""

    ledger: Ledger
    definition: FormDefinition
    kind: SentKind

    def write_drafts(self, messages: Iterable[OutgoingMessage], folder: Path) -> Iterator[Path]:
        """Write each message as a draft that only its owner can read, and note it. Yields the path of each.

        Raises `OSError`.
        """
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        suffix = "" if self.kind is SentKind.FORM else f" {self.kind}"
        for message in messages:
            path = folder / f"{Path(message.file_name).stem}{suffix}.eml"
            write_private(path, make_draft(message, self.definition.partnership))
            self._note(self._sent(message, SentState.DRAFTED))
            yield path

    def send(
        self,
        messages: Sequence[OutgoingMessage],
        server: Server,
        per_minute: float,
        pauses: Sequence[float] = RETRY_PAUSES,
        before_pause: BeforePause | None = None,
    ) -> Iterator[Delivery]:
        """Send each message, at most `per_minute` of them, and yield each result as soon as it is final.

        Messages that are refused for now are tried again after each of the `pauses` (in seconds). Raises `SendError`
        when the server cannot be used at all, or refuses whatever we send; the ledger keeps what was sent before.
        """
        if not messages:
            return
        waiting, pace = list(messages), _Pace(60 / per_minute)
        with Connection(server) as connection:
            connection.open()  # a wrong name or password shows at once
            for pause in pauses:
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
                time.sleep(pause)
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
        email, message_id = make_email(message, self.definition.partnership)
        sent = self._sent(message, SentState.SENDING, message_id)
        sender = sender_address(self.definition.partnership)
        try:
            reply = connection.deliver(
                email.as_bytes(), sender, message.to, lambda: self._note(sent), utf8=message.needs_utf8
            )
        except SenderRefusedError:
            self._forget(sent)
            raise
        if reply.outcome is DeliveryOutcome.SENT:
            self._note(replace(sent, state=SentState.SENT))
        elif reply.outcome is not DeliveryOutcome.UNCERTAIN:
            self._forget(sent)
        return Delivery(message, reply, message_id)

    def _note(self, sent: Sent) -> None:
        with self.ledger.transaction():
            self.ledger.note_sent(sent)

    def _forget(self, sent: Sent) -> None:
        with self.ledger.transaction():
            self.ledger.forget_sent([sent])

    def _sent(self, message: OutgoingMessage, state: SentState, message_id: str = "") -> Sent:
        year, addresses = str(self.definition.year), ADDRESS_SEPARATOR.join(message.to)
        return Sent(year, message.dfe_number, datetime.now(UTC), self.kind, state, addresses, message_id)


class _Pace:
    """Keeps a number of seconds between one message and the next."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next_at = time.monotonic()

    def wait(self) -> None:
        """Wait until the next message may go."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._seconds
