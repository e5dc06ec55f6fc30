"""What comes in: a file on the disk, and what is received of it once its containers are opened."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct


class MessageKind(StrEnum):
    """What kind of message it is."""

    ORDINARY = "ordinary"
    OUTGOING = "outgoing"  # a draft, or one from the folder of sent messages
    AUTOMATIC = "automatic"  # a bounce, an automatic reply, a receipt
    DISCARDED = "discarded"  # from the trash or the spam folder


class MailboxNote(Struct, frozen=True, gc=False):
    """What a mail server says of a message that lies in a temporary file.

    `source` stands in the place of the file's path. `received_at` is when the server received the message, in UTC.
    `kind` is what the folder and the flags of the message tell. `reason` says why it was not fetched.
    """

    source: str
    received_at: datetime | None = None
    kind: MessageKind = MessageKind.ORDINARY
    reason: str = ""


class SourceFile(Struct, frozen=True, gc=False):
    """A file on the disk that is to be read, or a folder that cannot be searched.

    `filename` is its path. Its first `start` characters lead to the SOURCE that the user named. A run may hold
    hundreds of thousands of these, so it keeps no `Path`, which takes several times as much memory. `note` is set for
    a message that was fetched from a mailbox.
    """

    filename: str
    start: int
    note: MailboxNote | None = None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.filename)

    @property
    def source(self) -> str:
        """The path from the SOURCE on, with `/` between steps, as in `returns.csv`. It is valid UTF-8."""
        if self.note:
            return self.note.source
        steps = Path(self.filename[self.start :]).as_posix()
        return steps.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class RefusalCause(StrEnum):
    """Why a mail server did not take a message to an address that may exist."""

    ABOUT_US = "about_us"  # it refuses mail from us: spam, a blocked server, SPF, DKIM or DMARC
    RESTRICTED = "restricted"  # the address takes mail from some senders only
    FULL = "full"  # the mailbox is full
    TOO_LARGE = "too_large"  # the message is too large
    TOO_LATE = "too_late"  # it could not be delivered for days
    UNKNOWN = "unknown"  # the server does not say whether it is about us or about the address


class Refusal(Struct, frozen=True, gc=False, array_like=True):
    """What a bounce says of an address that may exist. `code` is the status (RFC 3463), empty where none is stated."""

    address: str
    cause: RefusalCause
    code: str = ""


class MessageOrigin(Struct, frozen=True, gc=False, array_like=True):
    """Who sent a message, and its kind. `sender` is an e-mail address in lower case, empty where none is stated.

    `failed` are the addresses that a bounce says do not exist, in lower case. `path_length` is how many
    characters of the file's `source` lead to this message; 0 where an earlier version noted it. `refusals` are the
    other addresses that a bounce says it could not deliver to; none where an earlier version noted it. `answers` are
    the Message-IDs of what it answers, as far as it says so; none where an earlier version noted it.
    """

    sender: str
    kind: MessageKind = MessageKind.ORDINARY
    failed: tuple[str, ...] = ()
    path_length: int = 0
    refusals: tuple[Refusal, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def undelivered(self) -> tuple[str, ...]:
        """The addresses that a bounce says it could not deliver to, in lower case."""
        return (*self.failed, *(refusal.address for refusal in self.refusals))


class ReceivedFile(Struct, frozen=True):
    """A file that came in, and the way by which it came.

    `origin` is the file on the disk. `inside` names the containers within it from the outermost to the file itself:
    empty for a file that came in no container. A name from a zip may have folders in it.

    `data` is None where the file cannot be read. `reason` then says why, in 80 characters at most. The message
    that quotes it asks for the form again (`unreadable` in `problems.toml`). Where that is not enough, `reason` also
    says what to do.
    `message_hash` is set for a message without a file: the same message in another export has the same one.
    `message_text` is what such a message says, as `words_of_message` gives it. `texts_around` is what people wrote in
    the other messages around the file, the outermost first.
    `sha256` is the hash of a container or message that took too much time or memory to be opened. `is_temporary` says
    that the machine failed, not the file. Without a `reason`, an earlier run has noted it.
    `received_at` is when the innermost dated message around the file was received, or else sent (UTC). `carried_by` are
    the messages around the file, the outermost first. `is_decoration` says that nobody
    meant it as a return: the logo of a signature in a message, or what an operating system leaves in folders.
    """

    origin: SourceFile
    inside: tuple[str, ...] = ()
    data: bytes | None = None
    reason: str = ""
    received_at: datetime | None = None
    is_decoration: bool = False
    carried_by: tuple[MessageOrigin, ...] = ()
    sha256: str = ""
    is_temporary: bool = False
    message_hash: str = ""
    message_text: str = ""
    texts_around: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The whole way, as in `returns.csv`: `inbox/spring.mbox/Re: form.eml/forms.zip/form.pdf`."""
        return "/".join((self.origin.source, *self.inside))
