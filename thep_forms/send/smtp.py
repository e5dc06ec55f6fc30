"""Delivers messages to a mail server (SMTP) over an encrypted or local connection."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from types import TracebackType

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.errors import SendError
from thep_forms.send.refusals import NO_PASSWORDS, trouble_in
from thep_forms.send.smtp_tokens import sign_in_with_token
from thep_forms.sign_in import Tokens

IMPLICIT_TLS_PORT = 465  # on this port TLS starts with the first byte (RFC 8314)
CONNECT_SECONDS = 60.0
REPLY_SECONDS = 600.0  # a server may take this long to look at a message (RFC 5321, 4.5.3.2.6)
LONGEST_REPLY = 200  # characters of a server's reply that are quoted
_CONNECTION_LOST = "the connection to the mail server was lost"
_CHECK = " Check its name and its port."
_CHECK_PORT = f"{_CHECK} The port is most often 587."
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
_OAUTH = re.compile(r"XOAUTH2|OAUTHBEARER", re.IGNORECASE)  # ways to sign in that need a token (RFC 7628)
_MAY_BE_OAUTH = re.compile(r"5\.7\.(?:3|139)\b")  # Exchange says the same of a wrong password


class DeliveryOutcome(StrEnum):
    """The result of offering a message to a mail server."""

    SENT = "sent"
    REFUSED = "refused"  # permanently
    DEFERRED = "deferred"  # refused for now, or the connection was lost before the message was sent
    UNCERTAIN = "uncertain"  # the connection was lost while the message was sent
    LEFT_OUT = "left out"  # not offered at all: somebody else has written to the school


class ServerReply(Struct, frozen=True):
    """The outcome of a delivery, and the reason in one line: the server's own words, without addresses.

    `refused` are the addresses that the server refused, or for which it refused the message, with its words about each.
    """

    outcome: DeliveryOutcome
    reason: str = ""
    refused: Mapping[str, str] = {}


class Server(Struct, frozen=True):
    """A mail server, and the account to sign in with. Without a `user`, the program does not sign in.

    `implicit_tls`: TLS starts with the first byte, otherwise with STARTTLS. `tokens` take the place of a password.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    tokens: Tokens | None = None
    __repr__ = object.__repr__  # the usual one would show the password

    @classmethod
    def at(cls, host: str, port: int, user: str = "", password: str = "", tokens: Tokens | None = None) -> Server:
        """The server at that port, with TLS as the port requires it (RFC 8314)."""
        return cls(host, port, user, password, implicit_tls=port == IMPLICIT_TLS_PORT, tokens=tokens)


class UnreachableError(SendError):
    """The server cannot be reached at the moment."""


class SenderRefusedError(SendError):
    """The server refuses us, and not one school: it would refuse every message after this one too."""


class Connection:
    """A connection to a mail server, opened when there is something to send, and again after it was lost.

    Everything goes through TLS with a certificate that the system trusts; only a server on this machine may do without.
    The methods raise `SendError` when the server cannot be used, `UnreachableError` when it cannot be reached now, and
    `SenderRefusedError` when it refuses whatever we send.
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
        """Sign out and close the connection, if it is open."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    # --- connecting ---------------------------------------------------------------------------------------------

    def open(self) -> smtplib.SMTP:
        """The connection, secured and signed in, ready for a message."""
        if not self._smtp:
            self._smtp = self._connect()
            try:
                self._secure(self._smtp)
                self._sign_in(self._smtp)
            except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a challenge that makes no sense
                self.close()
                raise self._unreachable("The connection was lost") from error
            except BaseException:
                self.close()
                raise
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        address = (self.server.host, self.server.port)
        try:
            if self.server.implicit_tls:
                return smtplib.SMTP_SSL(*address, timeout=CONNECT_SECONDS, context=self._context)
            return smtplib.SMTP(*address, timeout=CONNECT_SECONDS)
        except ssl.SSLError as error:
            raise self._tls_failed(error) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code < 0:  # its first words have no code
                raise self._unreachable("what answers there sends no mail", _CHECK_PORT) from error
            raise self._unreachable(_quoted(error.smtp_code, error.smtp_error)) from error
        except UnicodeError as error:  # two dots without letters between them, or more than 63 letters
            raise self._unreachable("there can be no such name", _CHECK) from error
        except OSError as error:  # includes smtplib's own exceptions
            raise self._unreachable(error.strerror or "It does not answer", _CHECK) from error

    def _secure(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not self.server.implicit_tls:
            self._start_tls(smtp)
        if smtp.sock:
            smtp.sock.settimeout(REPLY_SECONDS)

    def _start_tls(self, smtp: smtplib.SMTP) -> None:
        if smtp.has_extn("starttls"):
            try:
                smtp.starttls(context=self._context)
            except (ssl.SSLError, smtplib.SMTPResponseException) as error:
                raise self._tls_failed(error) from error
            smtp.ehlo()
        elif not _is_loopback(smtp):
            raise SendError(
                f"{self._name} offers no TLS, so others could read the messages. Nothing was sent. "
                f"Use its port for TLS: 587 or {IMPLICIT_TLS_PORT}."
            )

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        if not self.server.user:
            return
        if self.server.tokens:
            sign_in_with_token(smtp, self.server.user, self.server.tokens)
            return
        try:
            smtp.login(self.server.user, self.server.password)
        except smtplib.SMTPAuthenticationError as error:
            raise _sign_in_refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            if _OAUTH.search(smtp.esmtp_features.get("auth", "")):
                raise SendError(f"The mail server takes no passwords. {NO_PASSWORDS.advice}") from error
            raise SendError(
                "The mail server does not accept a user name on this port. Leave it out, or use another port."
            ) from error
        except UnicodeEncodeError as error:
            raise SendError(
                "The user name or the password has letters that cannot be sent. Choose another one."
            ) from error

    def _tls_failed(self, error: Exception) -> SendError:
        reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or "it refuses TLS"
        return SendError(
            f"{self._name} cannot be trusted: {reason}. Nothing was sent to it. Check the server's name and port."
        )

    def _unreachable(self, reason: str, advice: str = "") -> UnreachableError:
        return UnreachableError(f"{self._name} cannot be reached: {reason}.{advice}")

    @property
    def _name(self) -> str:
        return f"The mail server {self.server.host}, port {self.server.port},"

    # --- delivering ---------------------------------------------------------------------------------------------

    def deliver(
        self, email: bytes, sender: str, to: Sequence[str], before_data: Callable[[], None], *, utf8: bool = False
    ) -> ServerReply:
        """Deliver an e-mail. If the server refuses some of the addresses, it goes to the others.

        `before_data` is called at the last moment at which the server certainly does not have the e-mail. `utf8`: an
        address needs SMTPUTF8 (RFC 6531).
        """
        smtp = self.open()
        if utf8 and not smtp.has_extn("smtputf8"):
            return ServerReply(DeliveryOutcome.REFUSED, "the mail server takes no addresses with such letters")
        try:
            if not_now := self._name_sender(smtp, sender, utf8=utf8):
                smtp.rset()
                return not_now
            refusals = self._name_recipients(smtp, to)
            refused = {address: _quoted(*reply) for address, reply in refusals.items()}
            if len(refusals) == len(to):
                smtp.rset()
                first = min(refusals.values())  # a temporary refusal comes first: the school may still get it
                return replace(_refusal(*first), refused=refused)
        except smtplib.SMTPException:
            self.close()
            return ServerReply(DeliveryOutcome.DEFERRED, _CONNECTION_LOST)
        before_data()
        reply = self._send_data(smtp, email)
        if reply.outcome in (DeliveryOutcome.REFUSED, DeliveryOutcome.DEFERRED):
            return replace(reply, refused={address: refused.get(address, reply.reason) for address in to})
        if reply.outcome is DeliveryOutcome.SENT and refused:
            reason = f"but not to {len(refused)} of {len(to)} addresses: {next(iter(refused.values()))}"
            return ServerReply(DeliveryOutcome.SENT, reason, refused)
        return reply

    def _name_sender(self, smtp: smtplib.SMTP, sender: str, *, utf8: bool) -> ServerReply | None:
        """Name the sender. Returns the server's reply if it does not take the message now."""
        code, text = smtp.mail(sender, ["SMTPUTF8"] if utf8 else [])
        _require_not_about_us(code, text)
        if code // 100 == 5:
            raise SenderRefusedError(f"The mail server does not allow messages from {sender}: {_quoted(code, text)}.")
        return None if code == 250 else _refusal(code, text)

    def _name_recipients(self, smtp: smtplib.SMTP, to: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Name the recipients. Returns the server's replies to those that it refuses."""
        refusals: dict[str, tuple[int, bytes]] = {}
        for address in to:
            code, text = smtp.rcpt(address)
            _require_not_about_us(code, text)
            if code // 100 != 2:
                refusals[address] = code, text
        return refusals

    def _send_data(self, smtp: smtplib.SMTP, email: bytes) -> ServerReply:
        try:
            code, text = smtp.data(email)
        except smtplib.SMTPDataError as error:  # the server refused before it got the e-mail
            _require_not_about_us(error.smtp_code, error.smtp_error)
            return _refusal(error.smtp_code, error.smtp_error)
        except smtplib.SMTPException:
            code, text = 0, b""
        if code // 100 == 2:
            return ServerReply(DeliveryOutcome.SENT)
        if code // 100 in (4, 5):
            _require_not_about_us(code, text)
            return _refusal(code, text)
        self.close()
        return ServerReply(DeliveryOutcome.UNCERTAIN, _CONNECTION_LOST)


def _require_not_about_us(code: int, text: bytes | str) -> None:
    """Raise `SenderRefusedError` for a refusal that is about us."""
    if code // 100 in (4, 5) and (trouble := trouble_in(code, _words(text))):
        raise SenderRefusedError(f"The mail server refuses what we send: {_quoted(code, text)}. {trouble.advice}")


def _sign_in_refused(code: int, text: bytes | str) -> SendError:
    reply = _quoted(code, text)
    if code // 100 == 4:
        return SendError(f"The mail server cannot sign you in now ({reply}). Wait a few minutes, and try again.")
    if NO_PASSWORDS.has_words(_words(text)):
        return SendError(f"The mail server refuses to sign you in ({reply}). {NO_PASSWORDS.advice}")
    advice = "Correct them."
    if _MAY_BE_OAUTH.search(reply):
        advice = f"Check them. If they are right: {NO_PASSWORDS.advice}"
    return SendError(f"The mail server refuses the user name or the password ({reply}). {advice}")


def _refusal(code: int, text: bytes | str) -> ServerReply:
    """A refusal by the first digit of its code (RFC 5321, 4.2.1): 5 is permanent, all others are temporary."""
    outcome = DeliveryOutcome.REFUSED if code // 100 == 5 else DeliveryOutcome.DEFERRED
    return ServerReply(outcome, _quoted(code, text))


def _quoted(code: int, text: bytes | str) -> str:
    """A server's reply in one line, without the e-mail addresses that servers often repeat."""
    return f"{code} {_ADDRESS.sub('…', _words(text))}"[:LONGEST_REPLY].rstrip(".")


def _words(text: bytes | str) -> str:
    """A server's reply in one line."""
    return " ".join((text.decode("utf-8", "replace") if isinstance(text, bytes) else text).split())


def _is_loopback(smtp: smtplib.SMTP) -> bool:
    """Whether the server is on this machine, by its address rather than its name."""
    peer = ip_address(smtp.sock.getpeername()[0]) if smtp.sock else ip_address("::")
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        return peer.ipv4_mapped.is_loopback
    return peer.is_loopback
