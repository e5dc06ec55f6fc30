"""A folder of a mailbox as a source: its new messages, one at a time, and which of them are done with.

Nothing is marked as read. A message is moved to another folder only if that was asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from thep_forms.errors import MailboxError
from thep_forms.sign_in import Account
from thep_forms.sources.email_headers import name_of_email
from thep_forms.sources.fetching import Listed, fetch_message, fetch_small, in_ranges, list_messages, list_uids
from thep_forms.sources.imap import ImapConnection, LostError, quoted
from thep_forms.sources.imap_folders import Folder, find_folder, open_folder
from thep_forms.sources.limits import LARGEST_FILE, LARGEST_HEADERS, SMALL_MESSAGE, TOO_LARGE
from thep_forms.sources.mailbox_address import MailboxAddress
from thep_forms.sources.model import MailboxNote, MessageKind, SourceFile
from thep_forms.sources.uid_set import UidSet

T = TypeVar("T")

_TRIES = 3  # to connect again, after a connection was lost and nothing came since
_CHANGED = "The folder was made anew while it was read. Do the same again."


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

    # --- opening ----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Sign in, and find out which messages there are. Raises `MailboxError`, `SignInError`."""
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
        if uid_validity == self.uid_validity:
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
                        self._small = self._kept_up(partial(fetch_small, self._connection, found[at:]))
                    yield from self._message(listed, folder)
        except MailboxError as error:
            self.failure = f"{error} What was read until then counts. Do the same again to read the rest."

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
        elif not self._kept_up(partial(self._fetch, listed.uid, path)):
            return None
        else:
            with path.open("rb") as file:
                head = file.read(LARGEST_HEADERS)
        name = name_of_email(head).removesuffix(".eml")
        source = f"{self.address.source}/{name} ({listed.uid}).eml"
        return SourceFile(str(path), len(str(path)) - len(path.name), replace(note, source=source))

    def _fetch(self, uid: int, path: Path) -> bool:
        if uid in self._small:
            path.write_bytes(self._small[uid])
            return True
        path.unlink(missing_ok=True)  # the connection may have been lost in the middle of it
        return fetch_message(self._connection, uid, path)

    def _kept_up(self, act: Callable[[], T]) -> T:
        """What the act gives. If the connection is lost, connect again and repeat it, a few times at most."""
        for _ in range(_TRIES):
            try:
                return act()
            except LostError:
                self._connection.drop()
                with suppress(LostError):  # the next try connects
                    self._open_again(to_change=False)
        return act()

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
                self._move(str(UidSet(uids)))
        except MailboxError as error:
            self.failure = self.failure or f"{error} Not all messages were moved. Do the same again."

    def _move(self, uids: str) -> None:
        """Move messages (RFC 6851). Where the server cannot do that, copy them, and delete just these (RFC 4315)."""
        target = quoted(self._target.name)
        if self._connection.can("MOVE"):
            self._connection.uid("MOVE", uids, target)
            return
        self._connection.uid("COPY", uids, target)
        self._connection.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
        if self._connection.can("UIDPLUS"):  # without it, EXPUNGE would also take what others have marked as deleted
            self._connection.uid("EXPUNGE", uids)
