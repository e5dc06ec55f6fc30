"""Opens containers in a process of its own: what is asked of it, and how the files come back.

`send_files` is the job of that process. `Transfer` takes its pieces on the other side, and trusts them no more than the
container: it counts them, and checks their names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

import msgspec
from msgspec import Struct

from thep_forms.sources import TOO_MUCH_MEMORY, open_file
from thep_forms.sources.container_kind import ContainerKind
from thep_forms.sources.containers.opener import TOO_MUCH_MEMORY as TOO_MUCH_MEMORY_INSIDE
from thep_forms.sources.containers.opener import unpack
from thep_forms.sources.limits import LONGEST_PATH, MOST_CONTAINERS, MOST_MESSAGES, MOST_PIECES, Budget
from thep_forms.sources.model import MailboxNote, MessageOrigin, ReceivedFile, SourceFile

_OUT_OF_MEMORY = (TOO_MUCH_MEMORY, TOO_MUCH_MEMORY_INSIDE)


class Event(StrEnum):
    """What a piece says of the container."""

    FILE = "file"  # a file in it, or why one cannot be read
    STEP = "step"  # a container in it, such as an e-mail in a mailbox, is about to be opened
    STEP_AGAIN = "step_again"  # the same, of one that an earlier run could not open
    LEFT_OUT = "left_out"  # the same, and it is not opened


class OpenRequest(Struct, frozen=True):
    """A container to be opened. `filename`, `start` and `note` are those of its `SourceFile`, in the system's encoding.

    The steps before `first` have been taken. That step itself is left out, because it took too much. It is 0 for a
    container that is opened from its start. `left_out` and `tried_again` are the hashes of those that took too much in
    an earlier run: the former are left out, too, and the latter announced.
    """

    filename: bytes
    start: int
    first: int = 0
    left_out: frozenset[str] = frozenset()
    tried_again: frozenset[str] = frozenset()
    note: MailboxNote | None = None


class Header(Struct, frozen=True, omit_defaults=True):
    """What comes before the bytes of a file. The fields but the first three are those of `ReceivedFile`.

    `number` counts the steps, from 1 on.
    """

    event: Event
    number: int = 0
    sha256: str = ""
    inside: tuple[str, ...] = ()
    reason: str = ""
    received_at: datetime | None = None
    is_decoration: bool = False
    carried_by: tuple[MessageOrigin, ...] = ()
    message_hash: str = ""
    message_text: str = ""
    texts_around: tuple[str, ...] = ()


class Channel(Protocol):
    """What the process sends its pieces through."""

    def send(self, header: bytes, data: bytes | None = None) -> None:
        """Send a piece."""

    def next_step(self) -> None:
        """Begin a step, which has a limit of time for itself."""


def send_files(request: bytes, channel: Channel) -> None:
    """Send every file in the container that the `OpenRequest` names."""
    order = msgspec.json.decode(request, type=OpenRequest)
    steps = _Steps(order, channel)
    file = SourceFile(os.fsdecode(order.filename), order.start, order.note)

    def unpack_in_steps(origin: SourceFile, opened: BinaryIO) -> Iterator[ReceivedFile]:
        return unpack(origin, opened, steps.begin)

    for received in open_file(file, unpack_in_steps):
        if received.reason in _OUT_OF_MEMORY:
            raise MemoryError  # a process that starts anew may have enough, and goes on with the next step
        if steps.number >= order.first:
            channel.send(_header(Event.FILE, received), received.data)


class _Steps:
    """The containers in the container, in their order."""

    def __init__(self, order: OpenRequest, channel: Channel) -> None:
        self.order, self.channel = order, channel
        self.number = 0

    def begin(self, received: ReceivedFile) -> bool:
        """Whether the container is to be opened. Says so to the other side."""
        self.number += 1
        if self.number < self.order.first:
            return False
        event, sha256 = self._event(received)
        if event is not Event.LEFT_OUT:
            self.channel.next_step()
        self.channel.send(_header(event, received, self.number, sha256))
        return event is not Event.LEFT_OUT

    def _event(self, received: ReceivedFile) -> tuple[Event, str]:
        is_first = self.number == self.order.first
        if not is_first and not self.order.left_out and not self.order.tried_again:
            return Event.STEP, ""  # the hash is not needed
        sha256 = hashlib.sha256(received.data or b"").hexdigest()
        if is_first or sha256 in self.order.left_out:
            return Event.LEFT_OUT, sha256
        return (Event.STEP_AGAIN, sha256) if sha256 in self.order.tried_again else (Event.STEP, "")


def _header(event: Event, received: ReceivedFile, number: int = 0, sha256: str = "") -> bytes:
    return msgspec.json.encode(
        Header(
            event,
            number,
            sha256,
            received.inside,
            received.reason,
            received.received_at,
            received.is_decoration,
            received.carried_by,
            received.message_hash,
            received.message_text,
            received.texts_around,
        )
    )


class ImplausibleError(Exception):
    """A piece that no container gives: the process was taken over, or the program has a fault."""


class Transfer:
    """Takes the pieces of one container, and counts what they hold."""

    def __init__(self, file: SourceFile, kind: ContainerKind) -> None:
        self.file, self.kind = file, kind
        self.start(0)

    def start(self, first: int) -> None:
        """Expect the pieces of a request with that `first`."""
        self.number = first  # of the last step
        self._budget = Budget(files=MOST_PIECES)

    def take(self, header: bytes, data: bytes | None) -> tuple[Header, ReceivedFile]:
        """What the piece says, and the file that it is about.

        Raises `ImplausibleError`, and `TooMuchError` where there is more than a container may hold.
        """
        try:
            found = msgspec.json.decode(header, type=Header)
        except msgspec.DecodeError as error:
            raise ImplausibleError from error
        if found.event is not Event.FILE:
            if not self.number <= found.number <= MOST_MESSAGES:
                raise ImplausibleError
            self.number = found.number
            if self.kind.has_budget_per_file:
                self._budget = Budget(files=MOST_PIECES)
        if len(found.inside) > MOST_CONTAINERS + 1 or not all(_is_plausible(name) for name in found.inside):
            raise ImplausibleError
        if bool(found.sha256) == (found.event in (Event.FILE, Event.STEP)):
            raise ImplausibleError
        self._budget.spend(len(data or b""), files=1)
        return found, ReceivedFile(
            self.file,
            found.inside,
            data,
            found.reason,
            found.received_at,
            found.is_decoration,
            found.carried_by,
            found.sha256,
            message_hash=found.message_hash,
            message_text=found.message_text,
            texts_around=found.texts_around,
        )


def _is_plausible(name: str) -> bool:
    return 0 < len(name) <= LONGEST_PATH and not any(char < " " or char == "\x7f" for char in name)
