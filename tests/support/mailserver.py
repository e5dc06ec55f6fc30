"""A real mail server on this machine, with TLS, that takes messages, or refuses them and hangs up as it is told."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "office", "sesame street"


@dataclass(frozen=True)
class Received:
    """A message that the server took: who it came from and went to, how, when (by the server's clock), and itself."""

    sender: str
    to: tuple[str, ...]
    secure: bool
    user: str | None
    at: float
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return BytesParser(_class=EmailMessage, policy=default).parsebytes(self.data)


@dataclass
class MailServer:
    """`at_rcpt` and `at_data` are what it does for an address, one a time: a reply, or one of the words below."""

    authority: trustme.CA | None = None
    implicit_tls: bool = False
    host: str = "127.0.0.1"
    utf8: bool = True
    wants_login: bool = False
    certified_for: str = "127.0.0.1"
    at_login: str = ""  # the reply to every attempt to sign in, instead of its own
    at_rcpt: dict[str, list[str]] = field(default_factory=dict)
    at_data: dict[str, list[str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)  # addresses that were named to it
    tokens: dict[str, tuple[str, float]] | None = None  # whose each is; where this is set, it takes no passwords
    mechanism: str = "XOAUTH2"  # for tokens
    logins: list[bytes] = field(default_factory=list)  # passwords that were told to it
    holds: threading.Event = field(default_factory=threading.Event)  # set while it holds a message back

    HANG_UP = "hang up"
    TAKE_AND_HANG_UP = "take it and hang up"
    HOLD = "hold it for ever"
    LEAVE = "hang up and listen no more"

    def __enter__(self) -> MailServer:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._session, self.host, 0, ssl=self._context if self.implicit_tls else None)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def leave(self) -> None:
        """Take no new connections."""
        self._server.close()

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.05)  # so that transports close

    @property
    def _context(self) -> ssl.SSLContext | None:
        if not self.authority:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(self.certified_for).configure_cert(context)
        return context

    def _session(self) -> SMTP:
        starttls = self.authority is not None and not self.implicit_tls
        return _Smtp(
            _Handler(self),
            loop=self._loop,
            hostname="mail.example",
            enable_SMTPUTF8=self.utf8,
            tls_context=self._context if starttls else None,
            require_starttls=starttls,
            authenticator=self._authenticate if self.wants_login else None,
            auth_required=(self.wants_login or self.tokens is not None) and starttls,
            auth_require_tls=starttls,
            auth_exclude_mechanism=self._excluded,
        )

    @property
    def _excluded(self) -> list[str]:
        """What it does not take: tokens where it has none, and passwords where it has some."""
        if self.tokens is None:
            return ["XOAUTH2", "OAUTHBEARER"]
        return [name for name in ("LOGIN", "PLAIN", "XOAUTH2", "OAUTHBEARER") if name != self.mechanism]

    def _authenticate(self, *of: Any) -> AuthResult:
        told = of[-1]
        assert isinstance(told, LoginPassword)
        self.logins.append(told.password)
        if self.at_login:
            return AuthResult(success=False, handled=False, message=self.at_login)
        return AuthResult(
            success=told == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False, auth_data=USER
        )


class _Smtp(SMTP):
    """Hangs up in the middle of a message where that is asked for."""

    line_length_limit = 12288  # RFC 4954, 4: an answer in a sign-in may be that long

    def smtp_DATA(self, arg: str) -> Coroutine[Any, Any, None]:
        script = self.event_handler.next_of(self.event_handler.server.at_data, self.envelope.rcpt_tos)
        if script == MailServer.LEAVE:
            self.event_handler.server.leave()
        return self._hang_up() if script in (MailServer.HANG_UP, MailServer.LEAVE) else self._take(arg, script)

    async def _take(self, arg: str, script: str) -> None:
        self.event_handler.script = script
        await super().smtp_DATA(arg)

    async def _hang_up(self) -> None:
        await self.push("354 Go on")
        await self._reader.readline()
        self.transport.abort()


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self.server, self.script = server, ""

    async def auth_XOAUTH2(self, smtp: SMTP, words: list[str]) -> AuthResult:
        return await self._take_token(smtp, words)

    async def auth_OAUTHBEARER(self, smtp: SMTP, words: list[str]) -> AuthResult:
        return await self._take_token(smtp, words)

    async def _take_token(self, smtp: SMTP, words: list[str]) -> AuthResult:
        """Take a token as Gmail and Exchange do: the reason for a refusal is a challenge."""
        assert len(words) == 1, "the token is too long for a command"
        await smtp.push("334 ")
        told = base64.b64decode(await smtp._reader.readline()).decode()
        found = re.fullmatch(r"(?:user=|n,a=)([^\x01,]+),?\x01auth=Bearer ([^\x01]+)\x01\x01", told)
        assert found, told
        user, ends = (self.server.tokens or {}).get(found[2], ("", 0.0))
        if user == found[1] and ends > time.time():
            return AuthResult(success=True, auth_data=user)
        await smtp.push("334 " + base64.b64encode(b'{"status":"400"}').decode())
        await smtp._reader.readline()
        return AuthResult(success=False, handled=False)

    @staticmethod
    def next_of(scripts: dict[str, list[str]], addresses: list[str]) -> str:
        return next((scripts[address].pop(0) for address in addresses if scripts.get(address)), "")

    async def handle_RCPT(self, smtp: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:
        self.server.attempts.append(address)
        script = self.next_of(self.server.at_rcpt, [address])
        if script == MailServer.HANG_UP:
            smtp.transport.abort()
        if script:
            return script
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        if self.script == MailServer.HOLD:
            self.server.holds.set()
            await asyncio.sleep(60)
        taken = self.script in ("", MailServer.TAKE_AND_HANG_UP)
        if taken:
            secure = bool(session.ssl) or self.server.implicit_tls
            now = asyncio.get_running_loop().time()
            content = envelope.content
            assert isinstance(content, bytes)
            self.server.received.append(
                Received(str(envelope.mail_from), tuple(envelope.rcpt_tos), secure, session.auth_data, now, content)
            )
        if self.script == MailServer.TAKE_AND_HANG_UP:
            smtp.transport.abort()
        return "250 Taken" if taken else self.script
