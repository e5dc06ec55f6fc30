"""Names and dates the files of a message, the same for e-mails and Outlook messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile
from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.sources.limits import LARGEST_LOGO
from thep_forms.sources.message_texts import NO_FILE, PICTURE_IN_TEXT
from thep_forms.sources.model import MessageOrigin
from thep_forms.sources.names import UniqueNames

_ENDINGS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/tiff": ".tif",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/vcard": ".vcf",
}


def files_of_message(
    files: Iterable[ContainedFile],
    sent_at: datetime | None,
    message: MessageOrigin | None,
    *,
    has_reason: bool = False,
    no_file: Callable[[], str] = lambda: NO_FILE,
) -> Iterator[ContainedFile]:
    """The files as they are attached to a message sent at that time, each with a unique name, that time and its origin.

    Without a `message`, the message around this one says who sent it.

    Where the message holds decorations alone, or nothing, the reason that `no_file` gives comes last. `has_reason`:
    the message has one already.
    """
    names, nameless, meant, largest_picture = UniqueNames(), 0, 0, 0
    for file in files:
        name = file.name
        if not name:
            nameless += 1
            name = f"attachment-{nameless}{_ending(file)}"
        if not file.is_decoration:
            meant += 1
        elif file.data and file.content_type.startswith("image/"):
            largest_picture = max(largest_picture, len(file.data))
        yield replace(file, name=names.take(name), sent_at=sent_at, message=message)
    if not meant and not has_reason:
        reason = PICTURE_IN_TEXT if largest_picture > LARGEST_LOGO else no_file()
        yield ContainedFile("", None, reason, sent_at, message=message)


def _ending(file: ContainedFile) -> str:
    if file.data and (found := file_type(file.data[:HEAD])):
        return f".{found}"
    return _ENDINGS.get(file.content_type, ".bin")
