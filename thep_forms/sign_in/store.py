"""Keeps what renews a sign-in in the store of the operating system, such as the Windows Credential Manager."""

from __future__ import annotations

from thep_forms.sign_in.providers import ProviderName

SERVICE = "thep-forms"
_PIECE = 1000  # characters: Windows keeps up to 2,560 bytes in one entry, of two bytes each
_MOST_PIECES = 50


class TokenStore:
    """The system's store. Where it has none, `keep` keeps nothing."""

    def look_up(self, provider: ProviderName, user: str) -> str:
        """What was kept for a user; empty where nothing was."""
        pieces: list[str] = []
        while len(pieces) < _MOST_PIECES and (piece := _get(_entry(provider, user, len(pieces)))):
            pieces.append(piece)
        return "".join(pieces)

    def keep(self, provider: ProviderName, user: str, token: str) -> None:
        """Keep a token in the place of what was kept before."""
        pieces = [token[at : at + _PIECE] for at in range(0, len(token), _PIECE)]
        if len(pieces) >= _MOST_PIECES:
            return
        kept = all(_set(_entry(provider, user, number), piece) for number, piece in enumerate(pieces))
        number = len(pieces) if kept else 0
        while number < _MOST_PIECES and _delete(_entry(provider, user, number)):
            number += 1

    def forget(self, provider: ProviderName, user: str) -> None:
        """Delete what was kept for a user."""
        self.keep(provider, user, "")


def _entry(provider: ProviderName, user: str, number: int) -> str:
    return f"{provider} {user} {number}"


def _get(entry: str) -> str:
    from keyring import get_password  # slow to import, and few runs need it
    from keyring.errors import KeyringError

    try:
        return get_password(SERVICE, entry) or ""
    except KeyringError:
        return ""


def _set(entry: str, value: str) -> bool:
    from keyring import set_password
    from keyring.errors import KeyringError

    try:
        set_password(SERVICE, entry, value)
    except KeyringError:
        return False
    return True


def _delete(entry: str) -> bool:
    """Delete an entry. Whether there was one."""
    from keyring import delete_password
    from keyring.errors import KeyringError

    try:
        delete_password(SERVICE, entry)
    except KeyringError:
        return False
    return True
