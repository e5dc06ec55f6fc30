"""An account on a mail server, and what proves that it is ours (SASL: RFC 4616, RFC 7628, and Google's XOAUTH2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

Answer = Callable[[bytes], bytes]  # takes the server's challenge


class Tokens(Protocol):
    """Gives access tokens for an account."""

    def token(self, *, renewed: bool = False) -> str:
        """An access token; a new one if it has to be `renewed`. Raises `SignInError` where there is none."""


class Account(Struct, frozen=True):
    """A user of a mail server, with a password or with `tokens`. Without a `user`, nobody signs in."""

    user: str = ""
    password: str = ""
    tokens: Tokens | None = None
    __repr__ = object.__repr__  # the usual one would show the password


def plain(user: str, password: str) -> Answer:
    """The answer of the mechanism PLAIN (RFC 4616)."""
    return lambda _: f"\0{user}\0{password}".encode()


def xoauth2(user: str, token: str) -> Answer:
    """The answers of Google's and Microsoft's mechanism XOAUTH2: the token, and nothing to a refusal."""
    return _first_then(f"user={user}\1auth=Bearer {token}\1\1", "")


def oauthbearer(user: str, token: str) -> Answer:
    """The answers of the mechanism OAUTHBEARER (RFC 7628): the token, and ^A to a refusal."""
    name = user.replace("=", "=3D").replace(",", "=2C")
    return _first_then(f"n,a={name},\1auth=Bearer {token}\1\1", "\1")


MECHANISMS = {"OAUTHBEARER": oauthbearer, "XOAUTH2": xoauth2}  # with a token, the standard one first


def _first_then(first: str, after_refusal: str) -> Answer:
    """Answers with the token once: a server sends the reason for a refusal as a challenge."""
    answers = iter([first])
    return lambda _: next(answers, after_refusal).encode()
