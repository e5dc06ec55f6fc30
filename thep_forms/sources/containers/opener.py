"""Opens files that hold others, each in the other: archives, messages, mailboxes.

To add a kind: write a module like `zips.py` that defines one `ContainerKind`, and add it to `KINDS`. Nothing else has
to change. Kinds that are only named are in `unopened`; take such a kind from there first.

The content of a file tells its kind. Nothing is written to disk, no file makes this raise anything but `OSError` or
`MemoryError`, and the same file gives the same files in the same order.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile, ContainerKind
from thep_forms.sources.containers.apple_mail import EMLX
from thep_forms.sources.containers.emails import EMAIL
from thep_forms.sources.containers.mbox import MBOX
from thep_forms.sources.containers.outlook import OUTLOOK_MESSAGE
from thep_forms.sources.containers.signed_messages import ENCRYPTED_MESSAGE, SIGNED_MESSAGE
from thep_forms.sources.containers.tars import PACKED, TAR
from thep_forms.sources.containers.tnef import TNEF
from thep_forms.sources.containers.unopened import UNOPENED
from thep_forms.sources.containers.zips import ZIP
from thep_forms.sources.limits import (
    LARGEST_FILE,
    MOST_CONTAINERS,
    MOST_TEXTS,
    SNIFFED,
    TOO_LARGE,
    Budget,
    TooMuchError,
)
from thep_forms.sources.mail.decorations import is_clutter
from thep_forms.sources.mail.mail_folders import kind_of_place
from thep_forms.sources.model import MessageKind, MessageOrigin, ReceivedFile, SourceFile

# In order of precedence: the first kind that recognises a file opens it. E-mails come last: they have no magic number.
KINDS: tuple[ContainerKind, ...] = (
    *(ZIP, OUTLOOK_MESSAGE, TNEF, TAR, PACKED, SIGNED_MESSAGE, ENCRYPTED_MESSAGE, *UNOPENED),
    *(MBOX, EMLX, EMAIL),
)

TOO_MUCH_MEMORY = "Opening this file took too much memory, so files may be missing. Send fewer."


def _any(_: ReceivedFile) -> bool:
    return True


def unpack(
    origin: SourceFile, file: BinaryIO, is_wanted: Callable[[ReceivedFile], bool] = _any
) -> Iterator[ReceivedFile]:
    """The file, or every file in it if it is a container. `file` is the open `origin`, at its start.

    `is_wanted` is asked before a container in a streamed one is opened, such as an e-mail in a mailbox or in a zip.
    Raises `OSError` where the disk fails, and `MemoryError` where a streamed container's own bytes take too much.
    """
    whole = ReceivedFile(origin)
    kind = kind_of_file(origin, file)
    if kind is None or not kind.is_streamed:
        yield from _within_limits(whole, _open_from_memory(whole, kind, file))
    elif kind.has_budget_per_file:
        yield from _within_limits(whole, _open_each(whole, kind, file, is_wanted))
    else:
        yield from _within_limits(whole, _open_container(whole, kind, file, Budget(), is_wanted))


def kind_of_file(origin: SourceFile, file: BinaryIO) -> ContainerKind | None:
    """The kind of container that `origin` is, whose bytes `file` gives from its start; None for any other file."""
    kind = kind_of(file.read(SNIFFED), origin.source)
    file.seek(0)
    return kind


def kind_of(head: bytes, name: str) -> ContainerKind | None:
    """The kind of container that starts with `head`; None for a file that holds no others."""
    for kind in KINDS:
        if kind.sniff(head, name):
            return kind
    return None


def _open_each(
    whole: ReceivedFile, kind: ContainerKind, file: BinaryIO, is_wanted: Callable[[ReceivedFile], bool]
) -> Iterator[ReceivedFile]:
    """The files in a container in which each file has a budget of its own."""
    for contained in kind.open(file, Budget.unlimited()):
        received = _received(whole, contained)
        kind_inside = _kind_of_contained(contained)
        if kind_inside is None or is_wanted(received):
            yield from _within_limits(received, _open(received, kind_inside, Budget()))


def _open_from_memory(whole: ReceivedFile, kind: ContainerKind | None, file: BinaryIO) -> Iterator[ReceivedFile]:
    data = file.read(LARGEST_FILE + 1)
    received = replace(whole, reason=TOO_LARGE) if len(data) > LARGEST_FILE else replace(whole, data=data)
    del data  # `received` alone keeps it
    yield from _open(received, kind, Budget())


def _within_limits(outermost: ReceivedFile, files: Iterator[ReceivedFile]) -> Iterator[ReceivedFile]:
    """The files until a limit is reached; then `outermost` once more, with the reason."""
    try:
        yield from files
    except TooMuchError as error:
        yield replace(outermost, data=None, reason=str(error), received_at=None, is_decoration=False)
    except (MemoryError, RecursionError):
        yield replace(outermost, data=None, reason=TOO_MUCH_MEMORY, received_at=None, is_decoration=False)


def _open(received: ReceivedFile, kind: ContainerKind | None, budget: Budget) -> Iterator[ReceivedFile]:
    """The file itself, or the files in it if it is a container of that kind."""
    if kind is None or received.data is None:
        is_decoration = received.is_decoration or is_clutter(received.source, received.data)
        yield replace(received, is_decoration=is_decoration)
    elif len(received.inside) >= MOST_CONTAINERS:
        yield replace(received, data=None, reason=_too_deep(kind))
    else:
        yield from _open_container(received, kind, io.BytesIO(received.data), budget)


def _open_container(
    container: ReceivedFile,
    kind: ContainerKind,
    file: BinaryIO,
    budget: Budget,
    is_wanted: Callable[[ReceivedFile], bool] = _any,
) -> Iterator[ReceivedFile]:
    for contained in kind.open(file, budget):
        received = _received(container, contained)
        kind_inside = _kind_of_contained(contained)
        if kind_inside is None or is_wanted(received):
            yield from _open(received, kind_inside, budget)


def _received(container: ReceivedFile, contained: ContainedFile) -> ReceivedFile:
    """A file out of a container, with the way that leads to it."""
    carried_by = container.carried_by
    message = contained.message
    # The message inside a signed one or a winmail.dat names no sender: that of the message around it counts.
    if message and (message.sender or message.kind is not MessageKind.ORDINARY or not carried_by):
        carried_by = (*carried_by, _in_folder(message, container))
    return ReceivedFile(
        container.origin,
        (*container.inside, contained.name) if contained.name else container.inside,
        contained.data,
        contained.reason,
        _received_at(container, contained),
        contained.is_decoration,
        carried_by,
        message_hash=contained.message_hash,
        message_text=contained.message_text if contained.message_hash else "",
        texts_around=_texts_around(container, contained, carried_by),
    )


def _texts_around(
    container: ReceivedFile, contained: ContainedFile, carried_by: Sequence[MessageOrigin]
) -> tuple[str, ...]:
    """What people wrote in the messages around a file. A message without a file has its own text apart."""
    texts, text = container.texts_around, contained.message_text
    is_ordinary = all(message.kind is MessageKind.ORDINARY for message in carried_by)
    if contained.message_hash or contained.is_decoration or not is_ordinary or not text or text in texts:
        return texts
    return (*texts, text) if len(texts) < MOST_TEXTS else texts


def _received_at(container: ReceivedFile, contained: ContainedFile) -> datetime | None:
    """When the file came. A mail server knows when it received a message, whatever the headers say.

    What a bounce returns to us came with the bounce, and not when we sent it.
    """
    if not container.inside and container.origin.note and container.origin.note.received_at:
        return container.origin.note.received_at
    if container.received_at and any(message.undelivered for message in container.carried_by):
        return container.received_at
    return contained.sent_at or container.received_at


def _in_folder(message: MessageOrigin, container: ReceivedFile) -> MessageOrigin:
    """The origin of the message in that file, with its path. The folder of an ordinary one may tell its kind."""
    source = container.source
    message = replace(message, path_length=len(source))
    if container.carried_by or message.kind is not MessageKind.ORDINARY:
        return message
    note = container.origin.note
    if note and note.kind is not MessageKind.ORDINARY:
        return replace(message, kind=note.kind)
    return replace(message, kind=kind_of_place(source))


def _kind_of_contained(contained: ContainedFile) -> ContainerKind | None:
    if contained.data is None or not contained.name or contained.is_decoration:
        return None
    return contained.kind or kind_of(contained.data[:SNIFFED], contained.name)


def _too_deep(kind: ContainerKind) -> str:
    return f"This {kind.name} is packed too deep, into {MOST_CONTAINERS} other files. Send it by itself."
