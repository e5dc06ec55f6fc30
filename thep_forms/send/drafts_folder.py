"""The folder for drafts in a mailbox, where messages wait until a person sends them with a mail program."""

from __future__ import annotations

import hashlib
import imaplib
import time
from datetime import date

from thep_forms.definition.model import Partnership
from thep_forms.errors import MailboxError
from thep_forms.send.messages import OutgoingMessage, make_mailbox_draft, sender_address
from thep_forms.sign_in import Account
from thep_forms.sources.mailbox.address import INBOX, MailboxAddress
from thep_forms.sources.mailbox.imap import ImapConnection, LostError, RefusedError, quoted
from thep_forms.sources.mailbox.imap_folders import Folder, find_drafts, find_folder, open_folder
from thep_forms.sources.mailbox.imap_retries import kept_up, say_later

PAUSES = (2.0, 5.0, 10.0)  # seconds before each try to connect again; the server may be at work on the draft still
_FLAGS = r"(\Draft \Seen)"  # a person need not see first that it is there


class DraftsFolder:
    """The folder that the server has for drafts, or another one that the address names. `open` it first."""

    def __init__(self, address: MailboxAddress, account: Account) -> None:
        self._address = address
        self._connection = ImapConnection(address, account)
        self._folder = Folder("", "", ())

    def open(self) -> None:
        """Sign in, and find the folder. Raises `MailboxError`, `SignInError`."""
        try:
            self._find()
        except LostError as error:
            raise say_later(error) from error

    def _find(self) -> None:
        if self._address.folder != INBOX:
            self._folder = find_folder(self._connection, self._address.folder)
        elif found := find_drafts(self._connection):
            self._folder = found
        else:
            raise MailboxError("The mail server does not say which folder is for drafts. Name that folder, too.")
        self._open_folder()

    def _open_folder(self) -> None:
        open_folder(self._connection, self._folder)

    def close(self) -> None:
        """Sign out."""
        self._connection.close()

    def put(self, message: OutgoingMessage, kind: str, partnership: Partnership) -> str:
        """Put a message into the folder, and give its Message-ID. One that is there already stays alone.

        If the connection is lost, nobody knows whether the server has taken the message. So it is looked for again.

        Raises `MailboxError`.
        """
        message_id = _message_id(message, kind, partnership)
        draft = make_mailbox_draft(message, partnership, message_id)
        try:
            kept_up(self._connection, lambda: self._put(message_id, draft), self._open_folder, PAUSES)
        except LostError as error:
            raise MailboxError(f"{error} Do the same again today: no draft is put there twice.") from error
        return message_id

    def _put(self, message_id: str, draft: bytes) -> None:
        if not self._has(message_id):
            self._append(draft)

    def _has(self, message_id: str) -> bool:
        """Whether a run that was killed has put it there, and had no time to note it."""
        found = self._connection.uid("SEARCH", "HEADER", "Message-ID", quoted(message_id))
        return any(isinstance(line, bytes) and line.strip() for line in found)

    def _append(self, draft: bytes) -> None:
        name, now = quoted(self._folder.name), imaplib.Time2Internaldate(time.time())
        try:
            self._connection.ask(lambda imap: imap.append(name, _FLAGS, now, draft))  # type: ignore[arg-type] # it takes bytes, too
        except RefusedError as error:
            raise MailboxError(f"The draft was not taken. {error}") from error


def _message_id(message: OutgoingMessage, kind: str, partnership: Partnership) -> str:
    """The Message-ID of a draft: the same for the same message on the same day."""
    what = f"{date.today()} {kind} {message.dfe_number} {message.to} {message.text.text}"  # noqa: DTZ011 - the office's day
    name = hashlib.sha256(what.encode() + message.pdf).hexdigest()[:32]
    return f"<{name}@{sender_address(partnership).rpartition('@')[2]}>"
