"""A connection to a mail server that keeps mailboxes (IMAP4rev1, RFC 3501), through TLS alone."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TypeVar

from thep_forms.errors import MailboxError, SignInError
from thep_forms.sign_in import Account
from thep_forms.sign_in.account import MECHANISMS, plain
from thep_forms.sources.mailbox.address import MailboxAddress
from thep_forms.sources.mailbox.fetch_answers import Response
from thep_forms.sources.mailbox.imap_refusals import (
    LATER,
    advice_for,
    is_busy,
    quote_words,
    wants_no_password,
    words_of,
)
from thep_forms.sources.mailbox.imap_wire import SECONDS, BoundedImap, BoundedImapTls

T = TypeVar("T")
_LOST = (imaplib.IMAP4.abort, OSError)


class LostError(MailboxError):
    """The connection was lost, or the server hung up, or what it says makes no sense, or it has no time for us."""


class SilentError(LostError):
    """The server said nothing for a long time."""


class RefusedError(MailboxError):
    """The server answered NO or BAD to a command. `is_busy`: it may take the same command later."""

    def __init__(self, message: str, *, is_busy: bool) -> None:
        super().__init__(message)
        self.is_busy = is_busy


class ImapConnection:
    """A connection, opened when it is needed, and again after it was lost.

    The methods raise `MailboxError` where the server cannot be used, `LostError` where the connection was lost, and
    `SignInError` where the server does not let us in. No error quotes a password or an address.
    """

    def __init__(self, address: MailboxAddress, account: Account) -> None:
        self.address, self.account = address, account
        self._imap: BoundedImap | None = None

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

    def open(self) -> BoundedImap:
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

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._imap is not None

    def _connect(self) -> BoundedImap:
        host, port, context = self.address.host, self.address.port, ssl.create_default_context()
        try:
            if self.address.implicit_tls:
                return self._not_signed_in(BoundedImapTls(host, port, ssl_context=context, timeout=SECONDS))
            imap = self._not_signed_in(BoundedImap(host, port, timeout=SECONDS))
        except ssl.SSLError as error:
            raise self._tls_failed(error) from error
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            if "* BYE" in words_of(error).upper():  # Python 3.14 puts words of its own before it
                raise LostError(f"{self._name} takes no more connections at the moment. {LATER}") from error
            reason = getattr(error, "strerror", "") or "it does not answer as a mail server does"
            raise LostError(f"{self._name} cannot be reached: {reason}. Check its name and its port.") from error
        try:
            self._start_tls(imap, context)
        except BaseException:
            with suppress(*_LOST):
                imap.shutdown()
            raise
        return imap

    def _not_signed_in(self, imap: BoundedImap) -> BoundedImap:
        """The connection, unless the server takes us for somebody who has signed in elsewhere (PREAUTH)."""
        if imap.state != "NONAUTH":
            with suppress(*_LOST):
                imap.shutdown()
            raise MailboxError(
                f"{self._name} takes you for somebody who is signed in. Nothing was sent to it. "
                "Check its name and its port."
            )
        return imap

    def _start_tls(self, imap: BoundedImap, context: ssl.SSLContext) -> None:
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

    def _sign_in(self, imap: BoundedImap) -> None:
        if not self.account.tokens:
            self._sign_in_with_password(imap)
            return
        token = self.account.tokens.token()
        try:
            self._sign_in_with_token(imap, token)
        except SignInError:  # it may have ended before its time
            self._sign_in_with_token(imap, self.account.tokens.token(renewed=True))
        self._ask_capabilities(imap)

    def _sign_in_with_password(self, imap: BoundedImap) -> None:
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
            words = words_of(error)
            self._require_time_for_us(words)
            offers = [name for name in MECHANISMS if f"AUTH={name}" in imap.capabilities]
            advice = ""
            if wants_no_password(words):
                advice = " Sign in with Microsoft or Google, or make a password for programs in your account there."
            elif offers:
                advice = " If they are right, the server may want you to sign in with Microsoft or Google."
            raise SignInError(
                f"The mail server {self.address.host} refuses the user name or the password. Correct them.{advice}"
            ) from error
        self._ask_capabilities(imap)

    def _require_time_for_us(self, words: str) -> None:
        """Raise `LostError` where the server lets nobody in for now: the user name and the password may be right."""
        if is_busy(words):
            raise LostError(f"The mail server {self.address.host} lets nobody in at the moment. {LATER}")

    def _no_passwords(self) -> str:
        return (
            f"The mail server {self.address.host} takes no passwords from programs. Sign in with Microsoft or Google, "
            "or ask your IT support."
        )

    def _sign_in_with_token(self, imap: BoundedImap, token: str) -> None:
        mechanism = next((name for name in MECHANISMS if f"AUTH={name}" in imap.capabilities), "XOAUTH2")
        try:
            imap.authenticate(mechanism, MECHANISMS[mechanism](self.account.user, token))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            self._require_time_for_us(words_of(error))
            raise SignInError(
                f"The mail server {self.address.host} does not let you in with this sign-in. Check the user name, and "
                "ask your IT support whether IMAP is allowed for the mailbox, and whether you may open it."
            ) from error

    @staticmethod
    def _ask_capabilities(imap: BoundedImap) -> None:
        """What the server can do may be more once somebody is signed in."""
        _, data = imap.capability()
        last = data[-1]
        if isinstance(last, bytes):
            imap.capabilities = tuple(last.decode("ascii", "replace").upper().split())

    # --- commands ---------------------------------------------------------------------------------------------------

    def can(self, capability: str) -> bool:
        """Whether the server has an extension, such as `MOVE`."""
        return capability in self.open().capabilities

    def ask(self, command: Callable[[BoundedImap], tuple[str, T]]) -> T:
        """The answer to a command. Raises `RefusedError` where the server says NO or BAD."""
        imap = self.open()
        imap.restart()
        with self._errors():
            kind, answer = command(imap)
        if kind != "OK":
            raise self._refused(answer)
        return answer

    def _refused(self, answer: object) -> RefusedError:
        words = words_of(answer)
        reason = quote_words(words, self.account.password)
        return RefusedError(
            f"The mail server {self.address.host} refuses that: {reason}. {advice_for(words)}", is_busy=is_busy(words)
        )

    def uid(self, command: str, *arguments: str | bytes) -> Response:
        """The answer to a command whose numbers are UIDs."""
        return self.ask(lambda imap: imap.uid(command, *arguments))  # type: ignore[arg-type] # it takes bytes, too

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors of the connection into `LostError`, and a refusal that is raised into `RefusedError`."""
        try:
            yield
        except ssl.SSLCertVerificationError:
            raise
        except imaplib.IMAP4.readonly as error:
            self.drop()
            raise MailboxError(
                "The folder may not be changed. Ask your IT support for the right to change it."
            ) from error
        except TimeoutError as error:
            self.drop()
            raise SilentError(f"The mail server {self.address.host} does not answer any more.") from error
        except (*_LOST, ValueError) as error:  # ValueError: words that make no sense, such as a challenge
            self.drop()
            raise LostError(f"The connection to the mail server {self.address.host} was lost.") from error
        except imaplib.IMAP4.error as error:
            raise self._refused(error) from error


def quoted(argument: str) -> bytes:
    """An argument of a command as a quoted string (RFC 3501, 4.3), as bytes. It has no line breaks."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode("utf-8", "surrogateescape")
