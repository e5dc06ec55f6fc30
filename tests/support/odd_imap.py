"""A mail server on this machine that answers as a test has it: what a real server of ours cannot be made to do."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import trustme
from msgspec import Struct

from tests.support.tcp_server import TcpServer
from thep_forms.errors import ThepFormsError
from thep_forms.sign_in import Account
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.reader import Mailbox

Reply = Callable[[re.Match[str]], bytes]

HANG_UP = b"\0hang up"  # in an answer: what stands before it is sent, and the connection closed
STAY_SILENT = b"\0silent"  # in an answer: nothing comes after it, and the connection stays open
SECRET = "open-sesame"  # noqa: S105 - of this server, which only tests start
BODIES = {uid: f"From: a@school.example\r\nSubject: m{uid}\r\n\r\nBody {uid}.\r\n".encode() for uid in (3, 5, 9)}
_LITERAL = re.compile(r"\{(\d+)\}$")


class Kept(Struct):
    """A message of the server's one folder with messages."""

    body: bytes
    flags: str = ""
    extra: str = ""  # more that it says of the message when it lists it


class OddImapServer(TcpServer):
    """Speaks IMAP over TLS to anybody, and keeps the messages of one folder in memory.

    `answer` has it answer a command in another way. In such an answer, `TAG` is the tag of the command.
    """

    def __init__(self, authority: trustme.CA) -> None:
        super().__init__()
        self.greeting = b"* OK ready\r\n"
        self.capabilities = self.capabilities_signed_in = "IMAP4rev1 AUTH=PLAIN"
        self.folders = ['(\\HasNoChildren) "/" INBOX', '(\\HasNoChildren \\Drafts) "/" Drafts']
        self.uid_validity = "[UIDVALIDITY 7]"
        self.messages: dict[int, Kept] = {}
        self.commands: list[str] = []
        self.challenged: list[bytes] = []  # what came after a challenge
        self.answered: list[tuple[re.Pattern[str], Reply, int]] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)

    def address(self, folder: str = "INBOX", user: str = "office") -> str:
        """What a person types to read that folder."""
        return f"imaps://{user}@127.0.0.1:{self.port}/{folder}"

    def answer(self, command: str, reply: bytes | Reply, times: int = 1000) -> None:
        """Answer a command that matches a pattern in this way, so many times."""
        replied = reply if callable(reply) else lambda _: reply
        self.answered.append((re.compile(command, re.IGNORECASE), replied, times))

    def asked(self, command: str) -> int:
        """How often a command that matches a pattern came."""
        return sum(bool(re.match(command, each, re.IGNORECASE)) for each in self.commands)

    # --- the conversation -------------------------------------------------------------------------------------------

    def _take(self, client: socket.socket) -> None:
        self._run(self._speak, client)

    def _speak(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), self._context.wrap_socket(client, server_side=True) as secured:
            self._sockets.append(secured)
            secured.sendall(self.greeting)
            with secured.makefile("rb") as lines:
                for tag, command, data in self._commands(secured, lines):
                    self.commands.append(command)
                    answer = self._answer(command, data).replace(b"TAG", tag.encode())
                    before, hangs_up, _ = answer.partition(HANG_UP)
                    before, is_silent, _ = before.partition(STAY_SILENT)
                    secured.sendall(before)
                    if is_silent:
                        lines.read()
                    if hangs_up or command == "LOGOUT":
                        return

    def _commands(self, secured: ssl.SSLSocket, lines: BinaryIO) -> Iterator[tuple[str, str, bytes]]:
        for raw in lines:
            line = raw.decode().rstrip("\r\n")
            if not line:  # the answer to the challenge that says why a token is refused
                self.challenged.append(b"")
                continue
            tag, _, command = line.partition(" ")
            data = b""
            if command.startswith("AUTHENTICATE"):
                secured.sendall(b"+ \r\n")
                data = lines.readline().strip()
                self.challenged.append(data)
            while literal := _LITERAL.search(command):
                secured.sendall(b"+ go on\r\n")
                data = lines.read(int(literal[1]))
                command = command[: literal.start()] + lines.readline().decode().rstrip("\r\n")
            yield tag, command, data

    def _answer(self, command: str, data: bytes) -> bytes:
        for at, (pattern, reply, times) in enumerate(self.answered):
            if times and (found := pattern.match(command)):
                self.answered[at] = (pattern, reply, times - 1)
                if command.startswith("APPEND") and data and b"KEPT" in (replied := reply(found)):
                    self._append(data)
                    return replied.replace(b"KEPT", b"")
                return reply(found)
        words = command.split(" ")
        name = "_".join(words[:2] if words[0] == "UID" else words[:1]).lower()
        if name == "append":
            return self._append(data)
        method = getattr(self, f"_do_{name}", None)
        found = method(command) if method else b""
        assert isinstance(found, bytes)
        return found + b"TAG OK done\r\n"

    def _append(self, data: bytes) -> bytes:
        self.messages[max(self.messages, default=0) + 1] = Kept(data, "\\Draft")
        return b"TAG OK done\r\n"

    # --- commands ---------------------------------------------------------------------------------------------------

    def _do_capability(self, _: str) -> bytes:
        signed_in = any(command.startswith(("LOGIN", "AUTHENTICATE")) for command in self.commands)
        return f"* CAPABILITY {self.capabilities_signed_in if signed_in else self.capabilities}\r\n".encode()

    def _do_list(self, command: str) -> bytes:
        pattern = command.split(" ", 2)[2].removesuffix(" RETURN (SPECIAL-USE)").strip('"')
        shown = [folder for folder in self.folders if pattern in ("*", folder.rpartition(" ")[2].strip('"'))]
        if not pattern:
            shown = [re.sub(r'\(.*?\) (".*?") .*', r'(\\Noselect) \1 ""', self.folders[0])]
        return "".join(f"* LIST {folder}\r\n" for folder in shown).encode("utf-8", "surrogateescape")

    def _do_examine(self, _: str) -> bytes:
        return f"* {len(self.messages)} EXISTS\r\n* OK {self.uid_validity} so\r\n".encode()

    _do_select = _do_examine

    def _do_uid_search(self, command: str) -> bytes:
        uids = sorted(self.messages)
        criteria = command.removeprefix("UID SEARCH ")
        if found := re.match(r'HEADER Message-ID "(.*)"', criteria):
            uids = [uid for uid in uids if found[1].encode() in self.messages[uid].body]
        elif found := re.match(r"(\d+):(\d+)", criteria):
            uids = uids[int(found[1]) - 1 : int(found[2])]
        elif found := re.match(r"UID (\S+)", criteria):
            uids = self.of(f"UID SEARCH {found[1]}")
        if "UNDELETED" in criteria:
            uids = [uid for uid in uids if "\\Deleted" not in self.messages[uid].flags]
        return f"* SEARCH {' '.join(map(str, uids))}\r\n".encode()

    def _do_uid_fetch(self, command: str) -> bytes:
        return b"".join(
            self.listed(uid) if "SIZE" in command else self.fetched(uid, command) for uid in self.of(command)
        )

    def _do_uid_store(self, command: str) -> bytes:
        for uid in self.of(command):
            self.messages[uid].flags += " \\Deleted"
        return b""

    def of(self, command: str) -> list[int]:
        """The messages that a command asks for."""
        wanted: set[int] = set()
        for piece in command.split(" ")[2].split(","):
            start, _, end = piece.partition(":")
            wanted.update(range(int(start), int(end or start) + 1))
        return sorted(wanted & set(self.messages))

    def number(self, uid: int) -> int:
        """The number of a message in the folder."""
        return sorted(self.messages).index(uid) + 1

    def listed(self, uid: int) -> bytes:
        """What it says of a message."""
        kept = self.messages[uid]
        return (
            f"* {self.number(uid)} FETCH (UID {uid} RFC822.SIZE {len(kept.body)} "
            f'INTERNALDATE "04-May-2026 10:00:00 +0000" FLAGS ({kept.flags}){kept.extra})\r\n'
        ).encode()

    def fetched(self, uid: int, command: str) -> bytes:
        """A message, or the piece of it that was asked for."""
        asked = re.search(r"<(\d+)\.(\d+)>", command)
        assert asked
        start, most = int(asked[1]), int(asked[2])
        piece = self.messages[uid].body[start : start + most]
        return b"* %d FETCH (UID %d BODY[]<%d> {%d}\r\n%s)\r\n" % (self.number(uid), uid, start, len(piece), piece)


# --- reading its mailbox ----------------------------------------------------------------------------------------------


def opened(server: OddImapServer, folder: str = "INBOX", move_to: str = "") -> Mailbox:
    mailbox = Mailbox(MailboxAddress.parse(server.address(folder)), Account("office", SECRET), move_to)
    try:
        mailbox.open()
    except ThepFormsError:
        mailbox.close()
        raise
    return mailbox


def read(mailbox: Mailbox, tmp_path: Path) -> dict[int, bytes]:
    """The messages that were read, by their numbers."""
    found: dict[int, bytes] = {}
    for file in mailbox.messages(tmp_path):
        uid = int(file.path.stem)
        assert uid not in found
        found[uid] = file.path.read_bytes() if file.path.exists() else (file.note.reason if file.note else "").encode()
    mailbox.note_done([])
    mailbox.close()
    return found


def all_of(server: OddImapServer, tmp_path: Path) -> dict[int, bytes]:
    mailbox = opened(server)
    found = read(mailbox, tmp_path)
    assert mailbox.failure == ""
    return found
