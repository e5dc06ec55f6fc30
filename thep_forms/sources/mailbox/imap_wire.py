"""The connection that `imaplib` speaks through, with limits: no answer is endless, or takes for ever."""

from __future__ import annotations

import imaplib
import socket
import time

from thep_forms.sources.limits import LARGEST_FILE

SECONDS = 120.0  # in which something has to come; a server may search a large folder for a while
ANSWER_SECONDS = 1800.0  # for one whole answer: a piece of 4 MB takes nine minutes at 64 kbit/s
_LONGEST_LINE = 4 * 2**20  # bytes; the numbers of 400,000 messages
_LARGEST_LITERAL = LARGEST_FILE + 2**20  # bytes; one that knows no pieces hands over a whole message
_RECEIVED = 2**16  # bytes at once


class BoundedImap(imaplib.IMAP4):
    """A connection without TLS, until it starts. `restart` it before each command."""

    _ends_at = 0.0
    _read_from: socket.socket | None = None
    _waiting = b""  # what came and has not been read

    def restart(self) -> None:
        """Give the next answer its time."""
        self._ends_at = time.monotonic() + ANSWER_SECONDS

    def read(self, size: int) -> bytes:
        """So many bytes. Raises `abort` for more than there can be."""
        if size > _LARGEST_LITERAL:
            raise self.abort("too much to read")
        pieces: list[bytes] = []
        while size > 0:
            piece = self._received()[:size]
            if not piece:
                break
            self._waiting = self._waiting[len(piece) :]
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def readline(self) -> bytes:
        """A line with its end, which is always CRLF here. Raises `abort` for a line without an end."""
        line = b""
        while not line.endswith(b"\n"):
            received = self._received()
            end = received.find(b"\n") + 1 or len(received)
            line, self._waiting = line + received[:end], received[end:]
            if not received or len(line) > _LONGEST_LINE:
                raise self.abort("the line has no end")
        return line.rstrip(b"\r\n") + b"\r\n"

    def _received(self) -> bytes:
        """What came and has not been read, which is waited for; empty at the end of the connection."""
        if self._read_from is not self.sock:  # nothing that came before TLS started counts
            self._read_from, self._waiting = self.sock, b""
        if not self._waiting:
            if not self._ends_at:
                self.restart()
            left = self._ends_at - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(min(SECONDS, left))
            self._waiting = self.sock.recv(_RECEIVED)
        return self._waiting


class BoundedImapTls(BoundedImap, imaplib.IMAP4_SSL):
    """A connection that starts with TLS."""
