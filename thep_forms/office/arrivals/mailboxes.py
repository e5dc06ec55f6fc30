"""Mailboxes in a run of `ingest`: their new messages, and how far each was read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from thep_forms.records import Ledger
from thep_forms.sources import ReceivedFile, SourceFile

if TYPE_CHECKING:
    from thep_forms.sources.mailbox.reader import Mailbox  # slow to import, and not every run has one

_PREFIX = "thep-forms-mail-"  # of the private folder for the message in hand


class Places(Protocol):
    """The files on the disk and the messages that a run reads."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[SourceFile]: ...


class MailboxRun:
    """Reads mailboxes in a run, after the files on the disk, and notes in the ledger which messages are done with."""

    def __init__(self, mailboxes: Sequence[Mailbox], ledger: Ledger, *, from_start: bool) -> None:
        """`mailboxes` are open. `from_start`: also read the messages that were read in earlier runs."""
        self._mailboxes, self._ledger = mailboxes, ledger
        for mailbox in mailboxes if not from_start else ():
            mailbox.leave_out(*ledger.read_of(mailbox.address))

    def places(self, files: Sequence[SourceFile]) -> Places:
        """The files, and the new messages of the mailboxes."""
        return _WithMessages(files, self._mailboxes) if self._mailboxes else files

    def note_done(self, waiting: Iterable[Sequence[ReceivedFile]]) -> None:
        """Note which messages are done with. `waiting` are files that have not been noted yet."""
        if not self._mailboxes:
            return
        paths = {received.origin.filename for files in waiting for received in files}
        for mailbox in self._mailboxes:
            mailbox.note_done(paths)
            self._ledger.note_read(mailbox.address, mailbox.uid_validity, mailbox.seen)

    def read_again(self, files: Iterable[ReceivedFile]) -> None:
        """Have the next run fetch the messages around these files again: the computer failed, not the files."""
        for received in files:
            for mailbox in self._mailboxes:
                mailbox.keep_new(received.origin.filename)

    def finish(self) -> tuple[str, ...]:
        """Move what is to be moved. Call it when the ledger has it all. Returns what went wrong, a sentence each."""
        for mailbox in self._mailboxes:
            mailbox.move_done()
        return tuple(mailbox.failure for mailbox in self._mailboxes if mailbox.failure)


@contextmanager
def opened(mailboxes: Sequence[Mailbox]) -> Iterator[None]:
    """The mailboxes, signed in to, and signed out of in the end. Raises `MailboxError`, `SignInError`."""
    with ExitStack() as stack:
        for mailbox in mailboxes:
            stack.callback(mailbox.close)
            mailbox.open()
        yield


class _WithMessages:
    """Files on the disk, and the messages of mailboxes, which are fetched one at a time."""

    def __init__(self, files: Sequence[SourceFile], mailboxes: Sequence[Mailbox]) -> None:
        self._files, self._mailboxes = files, mailboxes
        self._length = len(files) + sum(map(len, mailboxes))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[SourceFile]:
        yield from self._files
        for mailbox in self._mailboxes:
            with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:  # which is private
                yield from mailbox.messages(Path(folder))
