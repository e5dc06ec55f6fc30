"""A client of OAuth 2.0 (RFC 6749) for programs on a person's own computer, by the standard library alone.

It knows the device flow (RFC 8628), the browser of this computer (RFC 8252, with PKCE, RFC 7636), and how to renew a
token. It is the same for every provider. No error quotes a token, a code or an address.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct

from thep_forms.errors import SignInError
from thep_forms.sign_in.providers import Provider

SECONDS = 30.0  # for one answer of the provider
PATIENCE = 300.0  # seconds that a person has to sign in, where the provider says nothing else
_LARGEST_ANSWER = 2**20  # bytes
_SLOWER = 5.0  # seconds more between two questions, when the provider asks for that (RFC 8628, 3.5)
_STILL_USED = 60.0  # seconds before its end in which a token is not used any more
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_DONE = b"<!doctype html><title>Signed in</title><p>You are signed in. You can close this window.</p>"
_FAILED = b"<!doctype html><title>Not signed in</title><p>You are not signed in. You can close this window.</p>"
_LONGEST = 10 * 365 * 86400.0  # seconds: more is no answer to how long something lasts
_TOO_LATE = "Nobody signed in in time. Try again."

Wait = Callable[[float], object]


class ExpiredError(SignInError):
    """What was kept of a sign-in is no longer taken: a person has to sign in again."""


class TokenSet(Struct, frozen=True):
    """An access token, until when it is good (in seconds since 1970), and what renews it; empty where nothing does."""

    access: str
    good_until: float
    refresh: str = ""
    __repr__ = object.__repr__  # the usual one would show the tokens

    @property
    def is_good(self) -> bool:
        """Whether it can still be used."""
        return time.time() < self.good_until - _STILL_USED


class DeviceCode(Struct, frozen=True):
    """What a person needs to sign in on any device: the address to open, and the code to type there."""

    url: str
    code: str


def sign_in_on_device(provider: Provider, show: Callable[[DeviceCode], object], wait: Wait = time.sleep) -> TokenSet:
    """Have a person sign in on any device. `show` tells the person where. Raises `SignInError`.

    `wait` waits so many seconds between two questions, or raises an error that ends it.
    """
    about_us = {"client_id": provider.client_id}
    answer = _post(provider.device_url, about_us | {"scope": provider.scope})
    device_code = str(answer.get("device_code", ""))
    url = str(answer.get("verification_uri") or answer.get("verification_url") or "")
    if not device_code or not url.startswith("https://"):
        raise _refused(answer)
    show(DeviceCode(url, str(answer.get("user_code", ""))))
    pause = _seconds(answer, "interval", 5)
    ends_at = time.monotonic() + _seconds(answer, "expires_in", PATIENCE)
    question = about_us | _secret(provider) | {"grant_type": _DEVICE_GRANT, "device_code": device_code}
    while time.monotonic() < ends_at:
        wait(pause)
        answer = _post(provider.token_url, question)
        match answer.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                pause += _SLOWER
            case _:
                return _tokens(answer)
    raise SignInError(_TOO_LATE)


def sign_in_in_browser(
    provider: Provider,
    open_browser: Callable[[str], object],
    wait: Wait = lambda _: None,
    patience: float = PATIENCE,
) -> TokenSet:
    """Have a person sign in in the browser of this computer, which comes back here. Raises `SignInError`.

    `open_browser` opens an address. `wait` is called every second with 0, and may raise an error that ends it.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with _Listener(state) as listener:
        back = f"http://{provider.redirect_host}:{listener.server_port}/"
        question = {
            "client_id": provider.client_id,
            "response_type": "code",
            "redirect_uri": back,
            "scope": provider.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joined = "&" if "?" in provider.authorize_url else "?"
        open_browser(f"{provider.authorize_url}{joined}{urlencode(question)}")
        ends_at = time.monotonic() + patience
        while listener.answer is None:
            if time.monotonic() > ends_at:
                raise SignInError(_TOO_LATE)
            wait(0)
            listener.handle_request()
    if "code" not in listener.answer:
        raise _refused(listener.answer)
    about_us = {"client_id": provider.client_id} | _secret(provider)
    proof = {"grant_type": "authorization_code", "code": listener.answer["code"], "redirect_uri": back}
    return _tokens(_post(provider.token_url, about_us | proof | {"code_verifier": verifier}))


def renew(provider: Provider, refresh: str) -> TokenSet:
    """A new access token. Raises `ExpiredError` where a person has to sign in again, and `SignInError`."""
    about_us = {"client_id": provider.client_id} | _secret(provider)
    answer = _post(provider.token_url, about_us | {"grant_type": "refresh_token", "refresh_token": refresh})
    if answer.get("error") in ("invalid_grant", "interaction_required"):
        raise ExpiredError("The sign-in has ended. Sign in again.")
    tokens = _tokens(answer)
    return TokenSet(tokens.access, tokens.good_until, tokens.refresh or refresh)


def _secret(provider: Provider) -> dict[str, str]:
    return {"client_secret": provider.client_secret} if provider.client_secret else {}


def _tokens(answer: Mapping[str, Any]) -> TokenSet:
    access = answer.get("access_token")
    if not isinstance(access, str) or not access.isascii():
        raise _refused(answer)
    refresh = answer.get("refresh_token")
    good_until = time.time() + _seconds(answer, "expires_in", 3600)
    return TokenSet(access, good_until, refresh if isinstance(refresh, str) else "")


def _seconds(answer: Mapping[str, Any], key: str, usual: float) -> float:
    """A number of seconds in an answer; the usual one where it says none, or what is none. Some say it as a text."""
    try:
        seconds = float(answer.get(key, usual))
    except (TypeError, ValueError):
        return usual
    return seconds if 0 <= seconds < _LONGEST else usual


def _refused(answer: Mapping[str, Any]) -> SignInError:
    match answer.get("error"):
        case "access_denied":
            return SignInError("The sign-in was declined. Try again, and allow the program to use the mailbox.")
        case "expired_token":
            return SignInError(_TOO_LATE)
        case "invalid_client" | "unauthorized_client" | "invalid_scope":
            return SignInError(
                f"The provider does not know the program, or does not allow it this ({answer['error']}). "
                "Ask your IT support to check the client id and its rights."
            )
    return SignInError("The provider refuses the sign-in. Try again. If it goes on, ask your IT support.")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Sends no token to another address than the one that was entered."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(url: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object that the provider answers with, which may be an error. Raises `SignInError`."""
    request = urllib.request.Request(url, urlencode(fields).encode(), {"Accept": "application/json"})  # noqa: S310 - https alone
    host = urlsplit(url).hostname
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=SECONDS) as answer:
            body = answer.read(_LARGEST_ANSWER)
    except urllib.error.HTTPError as error:
        with error:
            body = error.read(_LARGEST_ANSWER)  # RFC 6749, 5.2: the reason is in the body
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", "") or error
        words = getattr(reason, "verify_message", "") or getattr(reason, "strerror", "") or "it does not answer"
        raise SignInError(f"The provider {host} cannot be reached: {words}. Check your connection.") from error
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SignInError(f"The provider {host} gave an answer that makes no sense. Try again later.")
    return found


class _Listener(HTTPServer):
    """Waits on this computer alone for the browser to come back with the `state`."""

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _ComesBack)
        self.state, self.timeout = state, 1.0
        self.answer: dict[str, str] | None = None


class _ComesBack(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        """Take what the provider sent along. Anything without our `state` is not from it."""
        fields = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        is_ours = secrets.compare_digest(fields.get("state", "").encode(), self.server.state.encode())
        if is_ours:
            self.server.answer = fields
        self.send_response(200 if is_ours else 400)
        self.send_header("Content-Type", "text/html")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(_DONE if "code" in fields and is_ours else _FAILED)

    def log_message(self, *_: Any) -> None:
        """Write nothing: the address holds a code."""
