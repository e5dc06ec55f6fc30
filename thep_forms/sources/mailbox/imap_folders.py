"""The folders of a mailbox: opening one, finding that for drafts, and what the server has each for (RFC 6154)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from msgspec import Struct

from thep_forms.errors import MailboxError
from thep_forms.sources.mail.mail_folders import decode_folder, is_for_drafts
from thep_forms.sources.mailbox.address import INBOX, encode_folder
from thep_forms.sources.mailbox.fetch_answers import Response, number_in
from thep_forms.sources.mailbox.imap import ImapConnection, RefusedError, quoted
from thep_forms.sources.mailbox.imap_wire import BoundedImap
from thep_forms.sources.model import MessageKind

DRAFTS = "\\Drafts"
_KINDS = {
    "\\sent": MessageKind.OUTGOING,
    "\\drafts": MessageKind.OUTGOING,
    "\\trash": MessageKind.DISCARDED,
    "\\junk": MessageKind.DISCARDED,
}
_LINE = re.compile(rb'\(([^)]*)\) (?:"((?:[^"\\]|\\.)*)"|NIL) ?(.*)', re.DOTALL)
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_NO_SELECT = ("\\noselect", "\\nonexistent")


class Folder(Struct, frozen=True):
    """A folder as the server lists it: its name in modified UTF-7, what divides the steps of names, and its flags."""

    name: str
    divider: str
    flags: tuple[str, ...]  # in lower case

    @property
    def path(self) -> str:
        """The name as people write it, with `/` between its steps."""
        name = _plain(decode_folder(self.name))
        return name.replace(self.divider, "/") if self.divider else name

    @property
    def kind(self) -> MessageKind:
        """What the flags say of the messages in it."""
        for flag in self.flags:
            if flag in _KINDS:
                return _KINDS[flag]
        return MessageKind.ORDINARY


class OpenFolder(Struct, frozen=True):
    """A folder that is open: how many messages it has, and the number that stays as long as its UIDs hold.

    `messages` is None where the server does not say it. `uid_validity` is 0 where the UIDs hold for this connection
    alone (RFC 3501, 2.3.1.1).
    """

    messages: int | None
    uid_validity: int


def find_folder(connection: ImapConnection, name: str) -> Folder:
    """The folder of that name, which may have `/` between its steps. Raises `MailboxError` where there is none.

    On some servers all folders are below INBOX, which mail programs do not show.
    """
    refusal: RefusedError | None = None
    for pattern in (quoted(encode_folder(name)), b'"*"'):
        try:
            folders = [each for each in _list(connection, pattern) if not set(_NO_SELECT) & set(each.flags)]
        except RefusedError as error:  # the server does not take a name like that
            refusal = error
            continue
        if found := _named(folders, name):
            return found
    if refusal:
        raise refusal
    raise MailboxError(f"There is no folder {name} in the mailbox. Check its name in your mail program.")


def _named(folders: Sequence[Folder], name: str) -> Folder | None:
    """The folder of that name, else one that differs in capitals alone, as some servers allow.

    For the server, `*` and `%` in a name stand for any letters (RFC 3501, 6.3.8), so it may list others too.
    """
    wanted = _plain(name)
    below_inbox = f"{INBOX}/{wanted}"
    for spelling in (wanted, below_inbox):
        for folder in folders:
            if folder.path == spelling:
                return folder
    alike = {wanted.lower(), below_inbox.lower()}
    return next((folder for folder in folders if folder.path.lower() in alike), None)


def _plain(name: str) -> str:
    """The name as letters that can be compared: a Mac divides an umlaut into two."""
    return normalize("NFC", name)


def find_drafts(connection: ImapConnection) -> Folder | None:
    """The folder that the server has for drafts, or else one with a name for drafts; None where there is none."""
    folders = _list(connection, b'"*"')
    for folder in folders:
        if DRAFTS.lower() in folder.flags:
            return folder
    for folder in folders:
        if is_for_drafts(folder.name.rpartition(folder.divider or "/")[2]):
            return folder
    return None


def open_folder(connection: ImapConnection, folder: Folder, *, to_change: bool = False) -> OpenFolder:
    """Open a folder: to look at it only, so that nothing is marked as read, or `to_change` it."""
    try:
        name = quoted(folder.name)
        answer = connection.ask(lambda imap: imap.select(name, readonly=not to_change))  # type: ignore[arg-type] # it takes bytes, too
    except RefusedError as error:
        raise MailboxError(f"The folder cannot be opened. {error}") from error
    _, validity = connection.open().response("UIDVALIDITY")
    return OpenFolder(number_in(answer[-1]), number_in(validity[-1]) or 0)


def _list(connection: ImapConnection, pattern: bytes) -> list[Folder]:
    """The folders whose names a pattern matches. `imaplib` of Python 3.14 and later would quote what follows it."""
    can_flag = connection.can("SPECIAL-USE") and connection.can("LIST-EXTENDED")
    ending = [b"RETURN (SPECIAL-USE)"] if can_flag else []  # most servers name these flags in any case

    def listed(imap: BoundedImap) -> tuple[str, Response]:
        kind, answer = imap.xatom("LIST", b'""', pattern, *ending)  # type: ignore[arg-type] # it takes bytes, too
        return kind, imap.response("LIST")[1] if kind == "OK" else answer

    return [folder for line in connection.ask(listed) or () if (folder := _folder(line))]


def _folder(line: object) -> Folder | None:
    """The folder that a line of the list names. A name with odd characters comes as bytes after the line."""
    literal = line[1] if isinstance(line, tuple) else None
    first = line[0] if isinstance(line, tuple) else line
    found = _LINE.match(first) if isinstance(first, bytes) else None
    if not found:
        return None
    flags, divider, rest = (part or b"" for part in found.groups())
    string = _STRING.match(rest)
    if literal is None:
        literal = re.sub(rb"\\(.)", rb"\1", string[1]) if string else rest.strip()
    text = literal.decode("utf-8", "surrogateescape")
    plain = divider.decode("ascii", "replace").replace("\\\\", "\\")
    return Folder(text, plain, tuple(flags.decode("ascii", "replace").lower().split()))
