"""Handing a message to a mail server, by a connection that nobody else can read, and knowing what came of it."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from types import TracebackType

from msgspec import Struct

from thep_forms.errors import SendError

IMPLICIT_TLS = 465  # the port on which TLS is spoken from the first byte (RFC 8314)
CONNECTING = 60.0  # seconds
ANSWERING = 600.0  # seconds that a server may take to look at a message (RFC 5321, 4.5.3.2.6)
_LOST = "the connection to the mail server was lost"
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
_QUOTED = 200  # characters of what a server says


class DeliveryOutcome(StrEnum):
    """What came of handing over a message."""

    SENT = "sent"
    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # not now; or the connection was lost before the message was handed over
    UNCERTAIN = "uncertain"  # the connection was lost while it was handed over


class ServerReply(Struct, frozen=True):
    """The outcome, and what the server said of it, in a line without addresses."""

    outcome: DeliveryOutcome
    said: str = ""


class Server(Struct, frozen=True):
    """A mail server and who we are to it; without a `user` nobody logs in."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    __repr__ = object.__repr__  # it would show the password


class UnreachableError(SendError):
    """There is no connection to the server at the moment."""


class Connection:
    """A connection to a mail server, made when there is something to send, and made anew when it was lost.

    Everything goes through TLS with a certificate that the system trusts, or to this very machine. Raises `SendError`
    where the server cannot be used, and `UnreachableError` where it cannot be reached now.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._context = ssl.create_default_context()
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    # --- connecting ---------------------------------------------------------------------------------------------

    def open(self) -> smtplib.SMTP:
        """The connection, ready for a message."""
        if not self._smtp:
            self._smtp = self._connected()
            try:
                self._secure(self._smtp)
                self._log_in(self._smtp)
            except (smtplib.SMTPException, OSError) as error:
                self.close()
                raise self._unreachable("The connection was lost") from error
            except BaseException:
                self.close()
                raise
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        where = (self.server.host, self.server.port)
        try:
            if self.server.implicit_tls:
                return smtplib.SMTP_SSL(*where, timeout=CONNECTING, context=self._context)
            return smtplib.SMTP(*where, timeout=CONNECTING)
        except ssl.SSLError as error:
            raise self._no_tls(error) from error
        except smtplib.SMTPResponseException as error:
            raise self._unreachable(_line(error.smtp_code, error.smtp_error)) from error
        except OSError as error:  # which smtplib's own exceptions are, too
            raise self._unreachable(error.strerror or "It does not answer") from error

    def _secure(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self.server.implicit_tls:
            pass
        elif smtp.has_extn("starttls"):
            try:
                smtp.starttls(context=self._context)
            except (ssl.SSLError, smtplib.SMTPResponseException) as error:
                raise self._no_tls(error) from error
            smtp.ehlo()
        elif not _is_loopback(smtp):
            raise SendError(
                f"{self._name} offers no TLS, so others could read what is sent to it. Nothing is. "
                f"Give its port for TLS: 587, or {IMPLICIT_TLS}."
            )
        if smtp.sock:
            smtp.sock.settimeout(ANSWERING)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if not self.server.user:
            return
        try:
            smtp.login(self.server.user, self.server.password)
        except smtplib.SMTPAuthenticationError as error:
            said = _line(error.smtp_code, error.smtp_error)
            raise SendError(f"The mail server refuses the user name or the password ({said}). Mend them.") from error
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            raise SendError("The mail server takes no user name here. Leave it out, or give another port.") from error
        except UnicodeEncodeError as error:
            raise SendError("The user name or the password has letters that cannot be sent. Choose another.") from error

    def _no_tls(self, error: Exception) -> SendError:
        why = getattr(error, "verify_message", "") or getattr(error, "reason", "") or "it refuses TLS"
        return SendError(f"{self._name} cannot be trusted: {why}. Nothing is sent to it. Check its name and its port.")

    def _unreachable(self, why: str) -> UnreachableError:
        return UnreachableError(f"{self._name} cannot be reached: {why}.")

    @property
    def _name(self) -> str:
        return f"The mail server {self.server.host}, port {self.server.port},"

    # --- handing over -------------------------------------------------------------------------------------------

    def hand_over(
        self, data: bytes, sender: str, to: Sequence[str], before_data: Callable[[], None], *, utf8: bool = False
    ) -> ServerReply:
        """Hand over a message. `before_data` is called at the last moment at which nothing has been sent for sure.

        If some addresses are refused, it goes to the others. `utf8`: one of them needs SMTPUTF8.
        """
        smtp = self.open()
        if utf8 and not smtp.has_extn("smtputf8"):
            return ServerReply(DeliveryOutcome.REFUSED, "the mail server takes no addresses with such letters")
        try:
            refusals = self._address(smtp, sender, to, utf8)
            if len(refusals) == len(to):
                smtp.rset()
                return _refusal(*min(refusals))  # a temporary one first
        except smtplib.SMTPException:
            self.close()
            return ServerReply(DeliveryOutcome.DEFERRED, _LOST)
        before_data()
        try:
            code, said = smtp.data(data)
        except smtplib.SMTPDataError as error:  # it was not handed over
            return _refusal(error.smtp_code, error.smtp_error)
        except smtplib.SMTPException:
            code, said = 0, b""
        if code // 100 in (4, 5):
            return _refusal(code, said)
        if code // 100 != 2:
            self.close()
            return ServerReply(DeliveryOutcome.UNCERTAIN, _LOST)
        missed = f"but not to {len(refusals)} of {len(to)} addresses: {_line(*refusals[0])}" if refusals else ""
        return ServerReply(DeliveryOutcome.SENT, missed)

    def _address(self, smtp: smtplib.SMTP, sender: str, to: Sequence[str], utf8: bool) -> list[tuple[int, bytes]]:
        """Say who writes to whom; the refusals of addresses."""
        code, said = smtp.mail(sender, ["SMTPUTF8"] if utf8 else [])
        if code // 100 == 5:
            raise SendError(f"The mail server lets nobody send as {sender}: {_line(code, said)}.")
        if code != 250:
            return [(code, said)] * len(to)
        answers = [smtp.rcpt(address) for address in to]
        return [(code, said) for code, said in answers if code // 100 != 2]


def _refusal(code: int, said: bytes | str) -> ServerReply:
    """What the first digit of a reply means (RFC 5321, 4.2.1): with 5 it is meant for good."""
    return ServerReply(DeliveryOutcome.REFUSED if code // 100 == 5 else DeliveryOutcome.DEFERRED, _line(code, said))


def _line(code: int, said: bytes | str) -> str:
    """What a server said, without the addresses that it often repeats."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {_ADDRESS.sub('…', ' '.join(words.split()))}"[:_QUOTED]


def _is_loopback(smtp: smtplib.SMTP) -> bool:
    """Whether it is this very machine that we are connected to, whatever it is called."""
    peer = ip_address(smtp.sock.getpeername()[0]) if smtp.sock else ip_address("::")
    return ((isinstance(peer, IPv6Address) and peer.ipv4_mapped) or peer).is_loopback
