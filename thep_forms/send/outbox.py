"""The post office: parcels become drafts or go to the mail server, and the ledger knows of each before and after."""

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
from thep_forms.send.messages import Parcel, draft, message, sender
from thep_forms.send.smtp import Connection, DeliveryOutcome, Server, ServerReply, UnreachableError

PAUSES = (30.0, 120.0, 300.0)  # seconds before those that were refused for now are tried again


class Delivery(Struct, frozen=True):
    """What came of a parcel; with the Message-ID it can be looked for."""

    parcel: Parcel
    answer: ServerReply
    message_id: str = ""


class PostOffice(Struct, frozen=True):
    """Sends parcels of one kind for one year, and notes it in the ledger."""

    ledger: Ledger
    definition: FormDefinition
    kind: SentKind

    def draft(self, parcels: Iterable[Parcel], folder: Path) -> Iterator[Path]:
        """Write each as a draft that its owner alone can read, and note that; the path of each."""
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        suffix = "" if self.kind is SentKind.FORM else f" {self.kind}"
        for parcel in parcels:
            path = folder / f"{Path(parcel.file_name).stem}{suffix}.eml"
            write_private(path, draft(parcel, self.definition.partnership))
            with self.ledger.transaction():
                self.ledger.note_sent(self._sent(parcel, SentState.DRAFTED))
            yield path

    def send(
        self,
        parcels: Sequence[Parcel],
        server: Server,
        per_minute: float,
        pauses: Sequence[float] = PAUSES,
        before_pause: Callable[[int, float], None] | None = None,
    ) -> Iterator[Delivery]:
        """Send each, at most so many a minute, and give what came of it as soon as that is final.

        What is refused for now is tried again after each of the pauses (seconds), of which `before_pause` is told,
        with the number of schools.
        Raises `SendError` where the server cannot be used at all; what was sent before stays noted.
        """
        waiting, pace = list(parcels), _Pace(60 / per_minute)
        with Connection(server) as connection:
            if waiting:
                connection.open()  # a wrong name or password is told of at once
            for pause in (*pauses, None):
                deferred = []
                for delivery in self._round(connection, waiting, pace):
                    if delivery.answer.outcome is DeliveryOutcome.DEFERRED and pause is not None:
                        deferred.append(delivery.parcel)
                    else:
                        yield delivery
                if not deferred or pause is None:
                    return
                waiting = deferred
                connection.close()  # the server would not wait so long
                if before_pause:
                    before_pause(len(waiting), pause)
                time.sleep(pause)

    def _round(self, connection: Connection, parcels: Iterable[Parcel], pace: _Pace) -> Iterator[Delivery]:
        """Try each once; when the server is gone, none of the rest."""
        gone = ""
        for parcel in parcels:
            if not gone:
                pace.wait()
                try:
                    delivery = self._hand_over(connection, parcel)
                except UnreachableError as error:
                    gone = str(error)
            yield Delivery(parcel, ServerReply(DeliveryOutcome.DEFERRED, gone)) if gone else delivery

    def _hand_over(self, connection: Connection, parcel: Parcel) -> Delivery:
        """The ledger knows of the message before the server can have it, so that nobody gets it twice."""
        made, message_id = message(parcel, self.definition.partnership)
        sent = self._sent(parcel, SentState.SENDING, message_id)

        def note() -> None:
            with self.ledger.transaction():
                self.ledger.note_sent(sent)

        source = sender(self.definition.partnership)
        answer = connection.hand_over(made.as_bytes(), source, parcel.to, note, utf8=parcel.needs_utf8)
        if answer.outcome is not DeliveryOutcome.UNCERTAIN:
            with self.ledger.transaction():
                if answer.outcome is DeliveryOutcome.SENT:
                    self.ledger.note_sent(replace(sent, state=SentState.SENT))
                else:
                    self.ledger.forget_sent([sent])
        return Delivery(parcel, answer, message_id)

    def _sent(self, parcel: Parcel, state: SentState, message_id: str = "") -> Sent:
        now, to = datetime.now(UTC), ";".join(parcel.to)
        return Sent(str(self.definition.year), parcel.dfe_number, now, self.kind, state, to, message_id)


class _Pace:
    """Lets somebody pass every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.free_at = seconds, time.monotonic()

    def wait(self) -> None:
        time.sleep(max(0.0, self.free_at - time.monotonic()))
        self.free_at = time.monotonic() + self.seconds
