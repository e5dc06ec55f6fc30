"""How the program signs in to a mail server: with a password, or with a token (OAuth 2.0)."""

from __future__ import annotations

from thep_forms.sign_in.account import Account, Tokens

__all__ = ["Account", "Tokens"]
