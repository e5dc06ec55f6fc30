"""Who lets people sign in, and as which application we ask: `sign-in.toml` in the templates."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from thep_forms.definition import shipped
from thep_forms.definition.load import TEMPLATES
from thep_forms.definition.strict import convert
from thep_forms.errors import SignInError, TemplateError

FILE = "sign-in.toml"


class ProviderName(StrEnum):
    """The providers, as the tables of the file are called."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    OWN = "own"

    @property
    def label(self) -> str:
        """The name as people know it."""
        return "your provider" if self is ProviderName.OWN else self.capitalize()


class Provider(Struct, frozen=True):
    """A provider, with the client that an administrator registered there.

    `device_url` is that of the device flow (RFC 8628), empty where the provider has none for mail. `authorize_url` is
    where a browser signs in; it comes back to `redirect_host` on this computer (RFC 8252).
    """

    client_id: str
    token_url: str
    scope: str
    authorize_url: str = ""
    device_url: str = ""
    client_secret: str = ""
    redirect_host: str = "127.0.0.1"


class _Providers(Struct, frozen=True):
    microsoft: Provider
    google: Provider
    own: Provider


def load_provider(name: ProviderName, records: Path, templates: Path | None = None) -> Provider:
    """The provider of that name, by the file in `templates` or RECORDS, and else by the shipped one.

    Raises `TemplateError` for a mistake in the file, `SignInError` where no administrator has entered a client.
    """
    tables = _read(shipped(TEMPLATES) / FILE)
    for folder in (records / TEMPLATES, templates):
        if folder and (folder / FILE).is_file():
            for key, table in _read(folder / FILE).items():
                tables[key] = tables.get(key, {}) | table if isinstance(table, dict) else table
    provider: Provider = getattr(convert(tables, _Providers, FILE), name)
    if not provider.client_id:
        raise SignInError(
            f"Nobody has set up the sign-in with {name.label} yet. Your IT support has to enter a client id in {FILE}; "
            "the guide for administrators says how."
        )
    for url in (provider.token_url, provider.authorize_url, provider.device_url):
        if url and not url.startswith("https://"):
            raise TemplateError(f"{FILE}: {name}: every address has to begin with https://. Correct it.")
    return provider


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: this is not TOML: {error}. Correct it.") from error
