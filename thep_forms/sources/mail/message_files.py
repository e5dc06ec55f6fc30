"""Names and dates the files of a message, the same for e-mails and Outlook messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from thep_forms.sources.container_kind import ContainedFile
from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.sources.limits import LARGEST_LOGO
from thep_forms.sources.mail.email_headers import Headers
from thep_forms.sources.mail.message_texts import NO_FILE, PICTURE_IN_TEXT
from thep_forms.sources.model import MessageOrigin
from thep_forms.sources.names import UniqueNames

_OF_THE_SENDER = ("message-id", "date", "from", "subject")  # headers that the sender wrote

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
    content: Callable[[], bytes] = lambda: b"",
    words: Callable[[], str] = lambda: "",
) -> Iterator[ContainedFile]:
    """The files as they are attached to a message sent at that time, each with a unique name, that time and its origin.

    Without a `message`, the message around this one says who sent it.

    Where the message holds decorations alone, or nothing, the reason that `no_file` gives comes last. `has_reason`:
    the message has one already. `content` gives what `content_of_message` does, `words` what the message says.
    """
    names, nameless, meant, largest_picture = UniqueNames(), 0, 0, 0
    text = words()
    decorations = hashlib.sha256()
    for file in files:
        name = file.name
        if not name:
            nameless += 1
            name = f"attachment-{nameless}{_ending(file)}"
        if not file.is_decoration:
            meant += 1
        elif file.data:
            decorations.update(file.data)
            is_picture = file.content_type.startswith("image/")
            largest_picture = max(largest_picture, len(file.data) if is_picture else 0)
        yield replace(file, name=names.take(name), sent_at=sent_at, message=message, message_text=text)
    if not meant and not has_reason:
        reason = PICTURE_IN_TEXT if largest_picture > LARGEST_LOGO else no_file()
        own = content()
        message_hash = hashlib.sha256(own + decorations.digest()).hexdigest() if own else ""
        yield ContainedFile("", None, reason, sent_at, message=message, message_hash=message_hash, message_text=text)


def content_of_message(headers: Headers, text: str) -> bytes:
    """What is the same of a message in every export; empty where it has neither a Message-ID nor a date.

    Exports add headers of their own and end lines in their own way, so these do not count.
    """
    fields = [" ".join(headers.fields.get(name, "").split()) for name in _OF_THE_SENDER]
    if not any(fields[:2]):
        return b""
    return "\n".join((*fields, " ".join(text.split()))).encode("utf-8", "replace")


def _ending(file: ContainedFile) -> str:
    if file.data and (found := file_type(file.data[:HEAD])):
        return f".{found}"
    return _ENDINGS.get(file.content_type, ".bin")
