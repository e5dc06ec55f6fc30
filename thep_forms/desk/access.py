"""Keeps everybody but the person at this computer out of the desk.

The address that the program prints has a secret. It is exchanged for a cookie at once, so that it stays in no history
of pages. A page of another site can neither read ours nor send to it. The name of the host, the origin of each form
and a token in it are checked (OWASP: DNS rebinding, cross-site request forgery). No page may load anything from
elsewhere, or be shown inside of another.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thep_forms.desk.uploading import MULTIPART, Upload, UploadError, UploadTooLargeError

ENTRANCE = "/enter"
HOSTS = ("127.0.0.1", "localhost")
LARGEST_FORM = 2**20  # bytes
MOST_FIELDS = 5000  # of a form, which may have a tick for each school
TOKEN = "token"  # noqa: S105 - the name of the field that has the token
_COOKIE = "thep_forms_desk"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with `no-referrer`, browsers say no origin of a form
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STRANGER = "Open the desk with the address that the program printed when it started."
_ELSEWHERE = "This did not come from a page of the desk, so nothing was changed. Go back, and try again."
_TOO_LARGE = "That is too much for one form. Nothing was changed."


class Key:
    """What opens the desk: a secret for the address, and what is derived from it for the cookie and for forms."""

    def __init__(self) -> None:
        self._secret = secrets.token_urlsafe(32)
        self.cookie = self._derived("cookie")
        self.token = self._derived("form")

    @property
    def address(self) -> str:
        """The path and query of the entrance, with the secret."""
        return f"{ENTRANCE}?key={self._secret}"

    def opens(self, secret: str) -> bool:
        """Whether that is the secret."""
        return hmac.compare_digest(secret.encode(), self._secret.encode())

    def _derived(self, purpose: str) -> str:
        return hmac.new(self._secret.encode(), purpose.encode(), "sha256").hexdigest()


class Guard:
    """An ASGI application that hands on only what the person at this computer asks for.

    The fields of a form are then in `scope["state"]["form"]`. Of a form with files only the token has been read; the
    rest is in `scope["state"]["upload"]`, to be read as it comes. `last_used` is when the desk was last asked for
    anything, by `time.monotonic`.
    """

    def __init__(self, app: ASGIApp, key: Key, port: int) -> None:
        self._app, self._key, self._port = app, key, port
        self.last_used = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        response = await self._refusal(scope, receive)
        await (response or self._app)(scope, receive, _with_headers(send))

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        """What to answer instead of a page; None where the page may be shown."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse(_STRANGER, HTTPStatus.MISDIRECTED_REQUEST)
        if scope["path"] == ENTRANCE:
            return self._entrance(scope)
        if not self._has_cookie(headers):
            return PlainTextResponse(_STRANGER, HTTPStatus.FORBIDDEN)
        self.last_used = time.monotonic()
        if scope["method"] in ("GET", "HEAD"):
            return None
        if headers.get("origin") != f"http://{host}":
            return PlainTextResponse(_ELSEWHERE, HTTPStatus.FORBIDDEN)
        if headers.get("content-type", "").startswith(MULTIPART):
            return await self._begin_upload(scope, headers, receive)
        return await self._read_form(scope, receive)

    @property
    def _hosts(self) -> tuple[str, ...]:
        return tuple(f"{host}:{self._port}" for host in HOSTS)

    def _entrance(self, scope: Scope) -> Response:
        (given,) = parse_qs(scope["query_string"].decode("ascii", "replace")).get("key", [""])[:1]
        if not self._key.opens(given):
            return PlainTextResponse(_STRANGER, HTTPStatus.FORBIDDEN)
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        response.set_cookie(f"{_COOKIE}_{self._port}", self._key.cookie, httponly=True, samesite="strict", path="/")
        return response

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            cookies: Mapping[str, object] = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(f"{_COOKIE}_{self._port}")
        value = getattr(found, "value", "")
        return hmac.compare_digest(value.encode(), self._key.cookie.encode())

    async def _read_form(self, scope: Scope, receive: Receive) -> Response | None:
        """Read the fields of a form, and check its token."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > LARGEST_FORM:
                return PlainTextResponse(_TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            if not message.get("more_body"):
                break
        try:
            fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            return PlainTextResponse(_TOO_LARGE, HTTPStatus.BAD_REQUEST)
        if not self._is_token(dict(fields).get(TOKEN, "")):
            return PlainTextResponse(_ELSEWHERE, HTTPStatus.FORBIDDEN)
        scope.setdefault("state", {})["form"] = fields
        return None

    async def _begin_upload(self, scope: Scope, headers: Headers, receive: Receive) -> Response | None:
        """Read the first field of a form with files, which has to be the token."""
        try:
            upload = Upload(headers, receive)
            name, token = await upload.field()
        except UploadTooLargeError as error:
            return PlainTextResponse(str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except UploadError as error:
            return PlainTextResponse(str(error), HTTPStatus.BAD_REQUEST)
        if name != TOKEN or not self._is_token(token):
            return PlainTextResponse(_ELSEWHERE, HTTPStatus.FORBIDDEN)
        scope.setdefault("state", {}).update(form=[], upload=upload)
        return None

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._key.token.encode())


def _with_headers(send: Send) -> Send:
    """`send`, with the headers that each answer has."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
