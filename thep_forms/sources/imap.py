"""A connection to a mail server that keeps mailboxes (IMAP4rev1, RFC 3501), through TLS alone."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TypeVar

from thep_forms.errors import MailboxError, SignInError
from thep_forms.sign_in import Account
from thep_forms.sign_in.account import MECHANISMS, plain
from thep_forms.sources.mailbox_address import MailboxAddress

T = TypeVar("T")
Response = list[bytes | tuple[bytes, bytes]]  # lines of an answer; a tuple is a line, and the bytes (literal) after it

SECONDS = 120.0  # for one answer; a server may search a large folder for a while
_LONGEST_REPLY = 160  # characters of a server's words that are quoted
_LOST = (imaplib.IMAP4.abort, OSError)
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


class LostError(MailboxError):
    """The connection was lost, or the server hung up."""


class RefusedError(MailboxError):
    """The server answered NO or BAD to a command."""


class ImapConnection:
    """A connection, opened when it is needed, and again after it was lost.

    The methods raise `MailboxError` where the server cannot be used, `LostError` where the connection was lost, and
    `SignInError` where the server does not let us in. No error quotes a password or an address.
    """

    def __init__(self, address: MailboxAddress, account: Account) -> None:
        self.address, self.account = address, account
        self._imap: imaplib.IMAP4 | None = None

    def __enter__(self) -> ImapConnection:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Sign out and close the connection, if it is open."""
        imap, self._imap = self._imap, None
        if imap:
            with suppress(imaplib.IMAP4.error, *_LOST):
                imap.logout()
            with suppress(*_LOST):
                imap.shutdown()

    def drop(self) -> None:
        """Close a connection that was lost. The next command opens another."""
        imap, self._imap = self._imap, None
        if imap:
            with suppress(*_LOST):
                imap.shutdown()

    # --- connecting -------------------------------------------------------------------------------------------------

    def open(self) -> imaplib.IMAP4:
        """The connection, secured and signed in."""
        if not self._imap:
            imap = self._connect()
            try:
                with self._errors():
                    self._sign_in(imap)
            except BaseException:
                with suppress(*_LOST):
                    imap.shutdown()
                raise
            self._imap = imap
        return self._imap

    def _connect(self) -> imaplib.IMAP4:
        host, port, context = self.address.host, self.address.port, ssl.create_default_context()
        try:
            if self.address.implicit_tls:
                return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=SECONDS)
            imap = imaplib.IMAP4(host, port, timeout=SECONDS)
        except ssl.SSLError as error:
            raise self._tls_failed(error) from error
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", "") or "it does not answer as a mail server does"
            raise LostError(f"{self._name} cannot be reached: {reason}. Check its name and its port.") from error
        try:
            self._start_tls(imap, context)
        except BaseException:
            with suppress(*_LOST):
                imap.shutdown()
            raise
        return imap

    def _start_tls(self, imap: imaplib.IMAP4, context: ssl.SSLContext) -> None:
        if "STARTTLS" not in imap.capabilities:
            raise MailboxError(
                f"{self._name} offers no TLS, so others could read along. Nothing was sent to it. Use its port 993."
            )
        try:
            with self._errors():
                imap.starttls(context)
        except ssl.SSLError as error:
            raise self._tls_failed(error) from error

    def _tls_failed(self, error: ssl.SSLError) -> MailboxError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return MailboxError(
                f"{self._name} cannot be trusted: {error.verify_message}. Nothing was sent to it. Check its name. "
                "If the certificate is your own, ask your IT support to make it trusted."
            )
        return MailboxError(
            f"{self._name} does not speak TLS there. Nothing was sent to it. Check the port: 993, or 143 for "
            "a server that begins TLS later (imap://)."
        )

    @property
    def _name(self) -> str:
        return f"The mail server {self.address.host}, port {self.address.port},"

    # --- signing in -------------------------------------------------------------------------------------------------

    def _sign_in(self, imap: imaplib.IMAP4) -> None:
        if not self.account.tokens:
            self._sign_in_with_password(imap)
            return
        token = self.account.tokens.token()
        try:
            self._sign_in_with_token(imap, token)
        except SignInError:  # it may have ended before its time
            self._sign_in_with_token(imap, self.account.tokens.token(renewed=True))
        self._ask_capabilities(imap)

    def _sign_in_with_password(self, imap: imaplib.IMAP4) -> None:
        user, password = self.account.user, self.account.password
        try:
            if "AUTH=PLAIN" in imap.capabilities:
                imap.authenticate("PLAIN", plain(user, password))
            elif "LOGINDISABLED" in imap.capabilities or not (user + password).isascii():
                raise SignInError(self._no_passwords())
            else:
                imap.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            offers = [name for name in MECHANISMS if f"AUTH={name}" in imap.capabilities]
            advice = (
                " If they are right, the server may want you to sign in with Microsoft or Google." if offers else ""
            )
            raise SignInError(
                f"The mail server {self.address.host} refuses the user name or the password. Correct them.{advice}"
            ) from error
        self._ask_capabilities(imap)

    def _no_passwords(self) -> str:
        return (
            f"The mail server {self.address.host} takes no passwords from programs. Sign in with Microsoft or Google, "
            "or ask your IT support."
        )

    def _sign_in_with_token(self, imap: imaplib.IMAP4, token: str) -> None:
        mechanism = next((name for name in MECHANISMS if f"AUTH={name}" in imap.capabilities), "XOAUTH2")
        try:
            imap.authenticate(mechanism, MECHANISMS[mechanism](self.account.user, token))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise SignInError(
                f"The mail server {self.address.host} does not let you in with this sign-in. Check the user name, and "
                "ask your IT support whether IMAP is allowed for the mailbox."
            ) from error

    @staticmethod
    def _ask_capabilities(imap: imaplib.IMAP4) -> None:
        """What the server can do may be more once somebody is signed in."""
        _, data = imap.capability()
        last = data[-1]
        if isinstance(last, bytes):
            imap.capabilities = tuple(last.decode("ascii", "replace").upper().split())

    # --- commands ---------------------------------------------------------------------------------------------------

    def can(self, capability: str) -> bool:
        """Whether the server has an extension, such as `MOVE`."""
        return capability in self.open().capabilities

    def ask(self, command: Callable[[imaplib.IMAP4], tuple[str, T]]) -> T:
        """The answer to a command. Raises `RefusedError` where the server says NO or BAD."""
        imap = self.open()
        with self._errors():
            kind, answer = command(imap)
        if kind != "OK":
            raise RefusedError(f"The mail server {self.address.host} refuses that: {_quoted(answer)}.")
        return answer

    def uid(self, command: str, *arguments: str) -> Response:
        """The answer to a command whose numbers are UIDs."""
        return self.ask(lambda imap: imap.uid(command, *arguments))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors of the connection into `LostError`, and a refusal that is raised into `RefusedError`."""
        try:
            yield
        except ssl.SSLCertVerificationError:
            raise
        except _LOST as error:
            self.drop()
            raise LostError(f"The connection to the mail server {self.address.host} was lost.") from error
        except imaplib.IMAP4.error as error:
            raise RefusedError(f"The mail server {self.address.host} refuses that: {_quoted([str(error)])}.") from error


def quoted(argument: str) -> str:
    """An argument of a command as a quoted string (RFC 3501, 4.3). It has no line breaks."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(answer: object) -> str:
    """The server's words in one line, without the addresses that servers often repeat."""
    last = answer[-1] if isinstance(answer, list) and answer else ""
    words = last.decode("utf-8", "replace") if isinstance(last, bytes) else str(last)
    return _ADDRESS.sub("…", " ".join(words.split()))[:_LONGEST_REPLY].rstrip(".")
