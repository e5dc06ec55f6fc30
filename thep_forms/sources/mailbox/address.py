"""The address of a folder in a mailbox, `imaps://office@mail.example.org/INBOX` (RFC 5092, without its parameters)."""

from __future__ import annotations

import binascii
import re
from ipaddress import IPv6Address
from urllib.parse import quote, unquote

from msgspec import Struct

from thep_forms.errors import MailboxError

INBOX = "INBOX"  # RFC 3501, 5.1: every mailbox has this folder
_PORTS = {"imaps": 993, "imap": 143}  # RFC 8314, RFC 3501
_ADDRESS = re.compile(r"(imaps?)://([^/]*)(?:/(.*))?", re.IGNORECASE | re.DOTALL)
_NAME = r"[\w.-]+"
_HOST = re.compile(rf"(\[[0-9A-Fa-f:.]+\]|{_NAME})(?::(\d{{1,5}}))?")  # a name, or an IPv6 address in brackets
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
_PLAIN = re.compile(r"[ -%'-~]+|&|[^ -~]+")  # what modified UTF-7 writes in three ways
_UNRESERVED = "~!$'()*,;&="  # kept as they are in a user name or a folder, with letters, digits and - . _

_EXAMPLE = "imaps://office@mail.example.org/INBOX"


class MailboxAddress(Struct, frozen=True):
    """A folder in the mailbox of a user. `implicit_tls`: TLS starts with the first byte, otherwise with STARTTLS.

    `host` is a name or an IP address, IPv6 without brackets. The steps of `folder` are divided by `/`.
    """

    user: str
    host: str
    port: int = _PORTS["imaps"]
    folder: str = INBOX
    implicit_tls: bool = True

    @classmethod
    def parse(cls, text: str) -> MailboxAddress:
        """The address that was typed. The port and the folder may be left out.

        Raises `MailboxError`, which quotes nothing of the text: a password may be in it.
        """
        found = _ADDRESS.fullmatch(text.strip())
        if not found:
            raise _wrong("begins with imaps://")
        scheme, authority, path = found[1].lower(), found[2], found[3] or ""
        user, at, server = authority.rpartition("@")
        if not at or not user:
            raise _wrong("has a user name before the server, with an @ between them")
        if ":" in user:
            raise MailboxError("Leave the password out of the address of the mailbox. It is asked for.")
        host = _HOST.fullmatch(server)
        if not host:
            raise _wrong("has the name of a mail server, and perhaps a port")
        port = int(host[2]) if host[2] else _PORTS[scheme]
        if not 0 < port < 2**16:
            raise _wrong("has a port from 1 to 65535")
        user, folder = unquote(user), unquote(path).strip("/") or INBOX
        folder = INBOX if folder.upper() == INBOX else folder
        if _CONTROL.search(user + folder):
            raise _wrong("has no line breaks or other invisible characters in it")
        return cls(user, host[1].strip("[]"), port, folder, implicit_tls=scheme == "imaps")

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text is meant as the address of a mailbox."""
        return text.lower().startswith(tuple(f"{scheme}://" for scheme in _PORTS))

    @property
    def url(self) -> str:
        """The address as it can be typed, in one spelling, with the port."""
        scheme = "imaps" if self.implicit_tls else "imap"
        host = f"[{self.host}]" if ":" in self.host else self.host
        user, folder = quote(self.user, _UNRESERVED), quote(self.folder, f"{_UNRESERVED}/@:")
        return f"{scheme}://{user}@{host}:{self.port}/{folder}"

    @property
    def source(self) -> str:
        """What stands for the folder in `source`: whose mailbox it is, and the folder."""
        return f"{self.user if '@' in self.user else f'{self.user}@{self.host}'}/{self.folder}"


def is_host(text: str) -> bool:
    """Whether a text may be the name of a server, or its IP address; IPv6 without brackets."""
    try:
        IPv6Address(text)
    except ValueError:
        return re.fullmatch(_NAME, text) is not None
    return True


def encode_folder(name: str) -> str:
    """The name of a folder in modified UTF-7, as commands have it (RFC 3501, 5.1.3)."""
    pieces: list[str] = []
    for piece in _PLAIN.findall(name):
        if piece == "&":
            pieces.append("&-")
        elif piece.isascii():
            pieces.append(piece)
        else:
            letters = binascii.b2a_base64(piece.encode("utf-16-be"), newline=False).decode()
            pieces.append(f"&{letters.rstrip('=').replace('/', ',')}-")
    return "".join(pieces)


def _wrong(rule: str) -> MailboxError:
    return MailboxError(f"This is no address of a mailbox: it {rule}, such as {_EXAMPLE}.")
