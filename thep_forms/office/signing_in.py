"""Signing in to a mail server: with a password, or at a provider, in the browser of this computer or on any device."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from thep_forms.sign_in import Account
from thep_forms.sign_in.oauth import DeviceCode, TokenSet, Wait, sign_in_in_browser, sign_in_on_device
from thep_forms.sign_in.providers import Provider, ProviderName, load_provider
from thep_forms.sign_in.session import SignedIn


def account_at(
    name: ProviderName,
    user: str,
    records: Path,
    templates: Path | None,
    tell: Callable[[str], object],
    wait: Wait = time.sleep,
) -> Account:
    """The account of a user who signs in at a provider, when the first message is to be read or sent.

    `tell` tells the person, in a sentence, what to do. `wait` is called while nobody has signed in, and may raise an
    error that ends it. Raises `SignInError` where the provider is not set up, and `TemplateError`.
    """
    provider = load_provider(name, records, templates)
    return Account(user, tokens=SignedIn(name, provider, user, partial(_ask, name, user, tell, wait)))


def _ask(name: ProviderName, user: str, tell: Callable[[str], object], wait: Wait, provider: Provider) -> TokenSet:
    """Have the person sign in. A shared mailbox has no sign-in of its own: those who share it have."""
    who = f"as {user}, or as yourself if you share that mailbox"
    if provider.authorize_url and (_has_browser() or not provider.device_url):
        tell(f"Your browser opens. Sign in there at {name.label} {who}. Then come back.")
        return sign_in_in_browser(provider, webbrowser.open, wait)

    def show(device: DeviceCode) -> None:
        tell(f"Open {device.url} on any device, type the code {device.code}, and sign in {who}.")

    return sign_in_on_device(provider, show, wait)


def _has_browser() -> bool:
    with suppress(webbrowser.Error):
        return bool(webbrowser.get())
    return False
