"""The folders of a mailbox: opening one, finding that for drafts, and what the server has each for (RFC 6154)."""

from __future__ import annotations

import re

from msgspec import Struct

from thep_forms.errors import MailboxError
from thep_forms.sources.imap import ImapConnection, RefusedError, quoted
from thep_forms.sources.mail_folders import is_for_drafts
from thep_forms.sources.mailbox_address import encode_folder
from thep_forms.sources.model import MessageKind

DRAFTS = "\\Drafts"
_KINDS = {
    "\\sent": MessageKind.OUTGOING,
    "\\drafts": MessageKind.OUTGOING,
    "\\trash": MessageKind.DISCARDED,
    "\\junk": MessageKind.DISCARDED,
}
_LINE = re.compile(rb'\(([^)]*)\) (?:"((?:[^"\\]|\\.)*)"|NIL) ?(.*)', re.DOTALL)
_NO_SELECT = ("\\noselect", "\\nonexistent")


class Folder(Struct, frozen=True):
    """A folder as the server lists it: its name in modified UTF-7, what divides the steps of names, and its flags."""

    name: str
    divider: str
    flags: tuple[str, ...]  # in lower case

    @property
    def kind(self) -> MessageKind:
        """What the flags say of the messages in it."""
        for flag in self.flags:
            if flag in _KINDS:
                return _KINDS[flag]
        return MessageKind.ORDINARY


class OpenFolder(Struct, frozen=True):
    """A folder that is open: how many messages it has, and the number that stays as long as its UIDs hold."""

    messages: int
    uid_validity: int


def find_folder(connection: ImapConnection, name: str) -> Folder:
    """The folder of that name, which may have `/` between its steps. Raises `MailboxError` where there is none."""
    found = _named(connection, name)
    if not found:
        divider = _divider(connection)
        found = _named(connection, name.replace("/", divider)) if divider else None
    if not found:
        raise MailboxError(f"There is no folder {name} in the mailbox. Check its name in your mail program.")
    return found


def _named(connection: ImapConnection, name: str) -> Folder | None:
    """The folder of that name that can be opened, else one that differs in capitals alone, as some servers allow.

    For the server, `*` and `%` in a name stand for any letters (RFC 3501, 6.3.8), so it may list others too.
    """
    wanted = encode_folder(name)
    folders = [folder for folder in _list(connection, quoted(wanted)) if not set(_NO_SELECT) & set(folder.flags)]
    same = [folder for folder in folders if folder.name == wanted]
    alike = [folder for folder in folders if folder.name.lower() == wanted.lower()]
    return next(iter(same + alike), None)


def find_drafts(connection: ImapConnection) -> Folder | None:
    """The folder that the server has for drafts, or else one with a name for drafts; None where there is none."""
    folders = _list(connection, '"*"')
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
        answer = connection.ask(lambda imap: imap.select(quoted(folder.name), readonly=not to_change))
    except RefusedError as error:
        raise MailboxError(f"The folder cannot be opened. {error}") from error
    count = int(answer[0] or 0)
    _, validity = connection.open().response("UIDVALIDITY")
    return OpenFolder(count, int(validity[0] or 0) if validity and validity[0] else 0)


def _list(connection: ImapConnection, pattern: str) -> list[Folder]:
    if connection.can("SPECIAL-USE") and connection.can("LIST-EXTENDED"):
        pattern += " RETURN (SPECIAL-USE)"  # most servers name these flags in any case
    return _listed(connection, pattern)


def _divider(connection: ImapConnection) -> str:
    """What stands between the steps of a name on this server (RFC 3501, 6.3.8); empty where it has no steps."""
    return next((folder.divider for folder in _listed(connection, '""')), "")


def _listed(connection: ImapConnection, pattern: str) -> list[Folder]:
    answer = connection.ask(lambda imap: imap.list('""', pattern))
    return [folder for line in answer or () if (folder := _folder(line))]


def _folder(line: object) -> Folder | None:
    """The folder that a line of the list names. A name with odd characters comes as bytes after the line."""
    literal = line[1] if isinstance(line, tuple) else None
    first = line[0] if isinstance(line, tuple) else line
    found = _LINE.match(first) if isinstance(first, bytes) else None
    if not found:
        return None
    flags, divider, rest = (part or b"" for part in found.groups())
    name = rest.strip() if literal is None else literal
    text = name.decode("utf-8", "surrogateescape")
    if literal is None and text.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    plain = divider.decode("ascii", "replace").replace("\\\\", "\\")
    return Folder(text, plain, tuple(flags.decode("ascii", "replace").lower().split()))
