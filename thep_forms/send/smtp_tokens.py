"""Signing in to a mail server (SMTP) with a token (RFC 4954, RFC 7628)."""

from __future__ import annotations

import smtplib

from thep_forms.errors import SendError
from thep_forms.sign_in import Tokens
from thep_forms.sign_in.account import MECHANISMS, Answer


def sign_in_with_token(smtp: smtplib.SMTP, user: str, tokens: Tokens) -> None:
    """Sign in. A token that the server refuses is renewed, once.

    Raises `SendError` where the server does not let us in, `SignInError` where there is no token.
    """
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    mechanism = next((name for name in MECHANISMS if name in offered), "")
    if not mechanism:
        raise SendError("The mail server takes no sign-in of that kind. Use a password, or another port.")
    try:
        _sign_in(smtp, mechanism, MECHANISMS[mechanism](user, tokens.token()))
    except smtplib.SMTPAuthenticationError:
        try:
            _sign_in(smtp, mechanism, MECHANISMS[mechanism](user, tokens.token(renewed=True)))
        except smtplib.SMTPAuthenticationError as error:
            raise SendError(
                f"The mail server does not let you in with this sign-in ({error.smtp_code}). Check the user name, and "
                "ask your IT support whether authenticated SMTP is allowed for the mailbox."
            ) from error


def _sign_in(smtp: smtplib.SMTP, mechanism: str, answer: Answer) -> None:
    # A token is longer than a command may be, so it never comes with the command (RFC 4954, 4).
    smtp.auth(mechanism, lambda challenge=None: answer(challenge or b"").decode(), initial_response_ok=False)
