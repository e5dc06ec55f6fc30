"""What the desk remembers of the person at this computer, from one run to the next: never a password, nor a school.

It is a private file where the system keeps the settings of a person's programs, not in the records: two people may
share these.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms.files import private_folder, write_private


class Settings(Struct, frozen=True):
    """The settings. `has_keys`: single letters are keys. The rest is the mail server, and the mailbox, as typed."""

    has_keys: bool = True
    mail_host: str = ""
    mail_port: str = ""
    mail_user: str = ""
    mailbox_host: str = ""
    mailbox_user: str = ""
    mailbox_folder: str = ""
    mailbox_way: str = ""


class SettingsFile:
    """The settings in a file. A file that is missing or damaged means those of a new person."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Settings:
        """The settings as they are."""
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._path.read_bytes(), type=Settings)
        return Settings()

    def change(self, **changes: object) -> None:
        """Keep other values of some settings. Raises `OSError`."""
        private_folder(self._path.parent)
        write_private(self._path, msgspec.json.encode(replace(self.read(), **changes)))


def settings_file(system: str = sys.platform) -> SettingsFile:
    """Where a system, which is named as in `sys.platform`, keeps the settings of the person."""
    home = Path.home()
    match system:
        case "win32":
            folder = Path(os.environ.get("APPDATA") or home / "AppData/Roaming")
        case "darwin":
            folder = home / "Library/Application Support"
        case _:
            folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return SettingsFile(folder / "thep-forms" / "desk.json")
