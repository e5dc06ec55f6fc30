"""What every kind of container has to provide, and what it gives out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from msgspec import Struct

from thep_forms.sources.limits import Budget
from thep_forms.sources.model import MessageOrigin


class ContainedFile(Struct, frozen=True):
    """A file as its container holds it.

    `name` is unique in its container and safe to show. An empty `name` stands for the container itself. Then it is an
    ordinary file after all (`data` holds it), or `reason` says what is wrong with it.

    `data`, `reason`, `is_decoration` and `message_hash` are those of `ReceivedFile`. `sent_at` is when the message that
    holds the file was received, or else sent (UTC). `message` is who sent it, and `message_text` what it says, as
    `words_of_message` gives it. `content_type` is what that message calls the file, such as `image/png`. `kind` is set
    where the container knows that this is another container, whatever it looks like.
    """

    name: str
    data: bytes | None
    reason: str = ""
    sent_at: datetime | None = None
    content_type: str = ""
    is_decoration: bool = False
    kind: ContainerKind | None = None
    message: MessageOrigin | None = None
    message_hash: str = ""
    message_text: str = ""


class ContainerKind(Struct, frozen=True):
    """A kind of file that holds other files. `containers.KINDS` lists them all.

    `name` is what a person calls it, as in "This zip is damaged".

    `sniff(head, name)` tells whether a file is of this kind. `head` is the first 64 KB. `name` may be misleading, and
    counts only where the content does not tell. It raises nothing.

    `open(file, budget)` yields the files inside in their order, the same for the same bytes. It spends what it unpacks
    from `budget` *before* it keeps it, writes nothing to the disk, and says damage with a `reason`. It raises only
    `TooMuchError` and `MemoryError`.

    `is_streamed`: `open` reads the file in pieces, so one on the disk may be larger than `LARGEST_FILE`. Any other
    kind is read into the memory first.

    `has_budget_per_file`: on the disk, each file inside has a budget of its own, so the container may hold any number
    of them. Only for a streamed kind that gives out one file at a time.
    """

    name: str
    sniff: Callable[[bytes, str], bool]
    open: Callable[[BinaryIO, Budget], Iterator[ContainedFile]]
    is_streamed: bool = False
    has_budget_per_file: bool = False
