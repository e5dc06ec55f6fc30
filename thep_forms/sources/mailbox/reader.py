"""A folder of a mailbox as a source: its new messages, one at a time, and which of them are done with.

Nothing is marked as read. A message is moved to another folder only if that was asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from thep_forms.errors import MailboxError, SignInError
from thep_forms.sign_in import Account
from thep_forms.sources.limits import LARGEST_FILE, LARGEST_HEADERS, SMALL_MESSAGE, TOO_LARGE
from thep_forms.sources.mail.email_headers import name_of_email
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.fetching import (
    Listed,
    fetch_message,
    fetch_small,
    in_ranges,
    list_messages,
    list_uids,
    undeleted,
)
from thep_forms.sources.mailbox.imap import ImapConnection, LostError, RefusedError, SilentError, quoted
from thep_forms.sources.mailbox.imap_folders import Folder, find_folder, open_folder
from thep_forms.sources.mailbox.imap_retries import kept_up, say_later
from thep_forms.sources.mailbox.uid_set import UidSet
from thep_forms.sources.model import MailboxNote, MessageKind, SourceFile

T = TypeVar("T")

_MOST_REFUSED = 3  # messages in a row that the server may refuse; more, and it is not about the messages
_CHANGED = "The folder was made anew while it was read. Do the same again."
_NOT_HANDED_OVER = (
    "The mail server lists this message, and does not hand it over. Open it in your mail program, and save the form."
)


class Mailbox:
    """The messages of a folder that have not been read before. `open` it first.

    `uid_validity` is 0 until then. `seen` are the messages that are done with: they are in the ledger.
    `failure` says in a sentence why not all messages were read, or moved; empty where all were.
    """

    def __init__(self, address: MailboxAddress, account: Account, move_to: str = "") -> None:
        """`move_to` is a folder for the messages that are done with; empty where they stay where they are."""
        self.address, self.move_to = address, move_to
        self.uid_validity, self.seen, self.failure = 0, UidSet(), ""
        self._connection = ImapConnection(address, account)
        self._folder = self._target = Folder("", "", ())
        self._uids = array("Q")
        self._read: dict[str, int] = {}  # messages that were read to their end, by the path of their file
        self._kept_new: set[str] = set()
        self._small: dict[int, bytes] = {}  # messages that were fetched together
        self._refused = self._refused_in_a_row = 0  # messages that the server refuses to hand over

    # --- opening ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Sign in, and find out which messages there are. Raises `MailboxError`, `SignInError`."""
        try:
            self._open()
        except LostError as error:
            raise say_later(error) from error

    def _open(self) -> None:
        self._folder = find_folder(self._connection, self.address.folder)
        if self.move_to:
            self._target = find_folder(self._connection, self.move_to)
            if self._target.name == self._folder.name:
                raise MailboxError("Messages cannot be moved to the folder that they are in. Choose another one.")
        opened = open_folder(self._connection, self._folder)
        self.uid_validity = opened.uid_validity
        self._uids = list_uids(self._connection, opened.messages)

    def leave_out(self, uid_validity: int, seen: UidSet) -> None:
        """Leave out the messages that were seen before, unless the server has numbered all anew since."""
        if uid_validity == self.uid_validity != 0:
            self.seen = seen

    def __len__(self) -> int:
        """How many messages are new."""
        return sum(uid not in self.seen for uid in self._uids)

    def close(self) -> None:
        """Sign out."""
        self._connection.close()

    # --- reading ----------------------------------------------------------------------------------------------------

    def messages(self, folder: Path) -> Iterator[SourceFile]:
        """Each new message, in a file in `folder` that is there until the next one is asked for.

        If the connection is lost for good, the iteration ends, and `failure` says so.
        """
        try:
            for uids in in_ranges(self._uids, leave_out=self.seen):
                found = self._kept_up(partial(list_messages, self._connection, uids))
                for at, listed in enumerate(found):
                    if listed.size < SMALL_MESSAGE and listed.uid not in self._small:
                        self._small = self._fetch_small(found[at:])
                    yield from self._message(listed, folder)
        except (MailboxError, SignInError) as error:
            self.failure = f"{error} What was read until then counts. Do the same again to read the rest."
        else:
            self.failure = _say_refused(self._refused)

    def _message(self, listed: Listed, folder: Path) -> Iterator[SourceFile]:
        path = folder / f"{listed.uid}.eml"
        try:
            file = self._fetched(listed, path)
            if file:
                yield file
                self._read[file.filename] = listed.uid  # only now: it was read to its end
        finally:
            path.unlink(missing_ok=True)

    def _fetched(self, listed: Listed, path: Path) -> SourceFile | None:
        """The message, in a file; None where somebody has deleted it."""
        kind = self._folder.kind if self._folder.kind is not MessageKind.ORDINARY else listed.kind
        note = MailboxNote("", listed.received_at, kind)
        head = b""
        if listed.size > LARGEST_FILE:
            note = replace(note, reason=TOO_LARGE)
        elif self._fetch(listed, path):
            with path.open("rb") as file:
                head = file.read(LARGEST_HEADERS)
        elif self._refused_in_a_row or not self._kept_up(partial(list_messages, self._connection, [listed.uid])):
            return None
        else:
            path.unlink(missing_ok=True)
            note = replace(note, reason=_NOT_HANDED_OVER)
        name = name_of_email(head).removesuffix(".eml")
        source = f"{self.address.source}/{name} ({listed.uid}).eml"
        return SourceFile(str(path), len(str(path)) - len(path.name), replace(note, source=source))

    def _fetch_small(self, listed: Sequence[Listed]) -> dict[int, bytes]:
        try:
            return self._kept_up(partial(fetch_small, self._connection, listed))
        except LostError as error:
            self._require_connection(error)
            return {}

    def _fetch(self, listed: Listed, path: Path) -> bool:
        """Whether the message has come. One that is refused, or at which the server hangs up, holds up no other."""
        if listed.uid in self._small:
            path.write_bytes(self._small[listed.uid])
            return True
        try:
            has_come = self._kept_up(partial(self._fetch_alone, listed, path))
        except (LostError, RefusedError) as error:
            self._refused_in_a_row += 1
            if self._refused_in_a_row > _MOST_REFUSED:
                raise
            self._require_connection(error)
            self._refused += 1
            return False
        self._refused_in_a_row = 0
        return has_come

    def _fetch_alone(self, listed: Listed, path: Path) -> bool:
        path.unlink(missing_ok=True)  # the connection may have been lost in the middle of it
        return fetch_message(self._connection, listed, path)

    def _require_connection(self, error: MailboxError) -> None:
        """Go on after an error about one message. Raises it where the server does not answer at all."""
        if isinstance(error, SilentError):
            raise error
        if not self._connection.is_open:
            try:
                self._connect_again()
            except LostError:
                raise error from None

    def _kept_up(self, act: Callable[[], T]) -> T:
        return kept_up(self._connection, act, self._connect_again)

    def _connect_again(self) -> None:
        if not self.uid_validity:  # the server may have numbered all anew
            raise MailboxError(_CHANGED)
        self._open_again(to_change=False)

    def _open_again(self, *, to_change: bool) -> None:
        opened = open_folder(self._connection, self._folder, to_change=to_change)
        if opened.uid_validity != self.uid_validity:
            raise MailboxError(_CHANGED)

    def note_done(self, waiting: Collection[str]) -> None:
        """Note which messages are done with: all that were read to their end and of which no file is `waiting`.

        `waiting` are the paths of the messages of which a file has not been noted in the ledger.
        """
        for path in [path for path in self._read if path not in waiting]:
            uid = self._read.pop(path)
            if path not in self._kept_new:
                self.seen.add(uid)

    def keep_new(self, path: str) -> None:
        """Have the next run read that message again."""
        self._kept_new.add(path)

    # --- moving -----------------------------------------------------------------------------------------------------

    def move_done(self) -> None:
        """Move the messages that are done with, now or in earlier runs, if that was asked for.

        If that fails, `failure` says so: the next run moves the rest.
        """
        there = array("Q", (uid for uid in self._uids if uid in self.seen))
        if not self.move_to or not there:
            return
        try:
            self._kept_up(lambda: self._open_again(to_change=True))
            for uids in in_ranges(there):
                self._move(uids)
        except (MailboxError, SignInError) as error:
            self.failure = self.failure or f"{error} Not all messages were moved. Do the same again."

    def _move(self, uids: list[int]) -> None:
        """Move messages (RFC 6851). Where the server cannot do that, copy them, and delete just these (RFC 4315).

        A server that cannot do that either keeps them, marked as deleted: EXPUNGE would also take what others marked.
        """
        numbers, target = str(UidSet(uids)), quoted(self._target.name)
        if self._connection.can("MOVE"):
            self._connection.uid("MOVE", numbers, target)
            return
        can_expunge = self._connection.can("UIDPLUS")
        if not can_expunge:  # what was copied in earlier runs is there still
            numbers = str(UidSet(set(undeleted(self._connection, numbers)) & set(uids)))
        if not numbers:
            return
        self._connection.uid("COPY", numbers, target)
        self._connection.uid("STORE", numbers, "+FLAGS.SILENT", "(\\Deleted)")
        if can_expunge:
            self._connection.uid("EXPUNGE", numbers)


def _say_refused(count: int) -> str:
    """What is said of messages that the server refuses to hand over; empty where there are none."""
    if not count:
        return ""
    messages = "1 message" if count == 1 else f"{count:,} messages"
    return (
        f"The mail server does not hand over {messages}; all others were read. Do the same again later. If it goes on, "
        "open the folder in your mail program, and save the forms from there."
    )
