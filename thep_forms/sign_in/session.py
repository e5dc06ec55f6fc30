"""A sign-in that lasts: from the system's store, or by a person, and renewed when its token ends."""

from __future__ import annotations

from collections.abc import Callable

from thep_forms.errors import SignInError
from thep_forms.sign_in.oauth import ExpiredError, TokenSet, renew
from thep_forms.sign_in.providers import Provider, ProviderName
from thep_forms.sign_in.store import TokenStore


class SignedIn:
    """The tokens of a user at a provider. Nobody is asked before the first token is needed.

    `ask` has a person sign in. The system's store keeps the sign-in for the next run. Without a store, it lasts as long
    as this object. Nothing is ever written into RECORDS.
    """

    def __init__(self, name: ProviderName, provider: Provider, user: str, ask: Callable[[Provider], TokenSet]) -> None:
        self._name, self._provider, self._user, self._ask = name, provider, user, ask
        self._store = TokenStore()
        self._tokens: TokenSet | None = None

    def token(self, *, renewed: bool = False) -> str:
        """An access token. It is renewed where it has ended, and once more where a server refused it.

        Raises `SignInError`.
        """
        if not self._tokens:
            self._tokens = self._renewed(self._store.look_up(self._name, self._user)) or self._asked()
        elif renewed or not self._tokens.is_good:
            self._tokens = self._renewed(self._tokens.refresh) or self._asked()
        return self._tokens.access

    def _renewed(self, refresh: str) -> TokenSet | None:
        """New tokens; None where a person has to sign in again."""
        if not refresh:
            return None
        try:
            tokens = renew(self._provider, refresh)
        except ExpiredError:
            self._store.forget(self._name, self._user)
            return None
        if tokens.refresh != refresh or not self._tokens:
            self._keep(tokens)
        return tokens

    def _asked(self) -> TokenSet:
        tokens = self._ask(self._provider)
        if not tokens.access:
            raise SignInError("Nobody signed in. Try again.")
        self._keep(tokens)
        return tokens

    def _keep(self, tokens: TokenSet) -> None:
        if tokens.refresh:
            self._store.keep(self._name, self._user, tokens.refresh)
