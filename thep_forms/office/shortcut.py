"""An icon that opens the desk, where the system keeps its icons: for people who never open a terminal.

Limitations: only the one for Linux was tried. On each system a window with the desk's messages opens beside the
browser; to close it closes the desk.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

NAME = "Membership forms"
_RUNNABLE = 0o700
# What has a meaning of its own within quotation marks (Desktop Entry Specification, the Exec key).
_SPECIAL_IN_EXEC = '\\"`$'


class Shortcut(Struct, frozen=True):
    """A file that opens the desk when somebody clicks on it: where it goes, and what is in it."""

    path: Path
    content: bytes


def put_shortcut(records: Path) -> Path:
    """Put an icon that opens the desk of the RECORDS folder where this system keeps icons. Raises `OSError`."""
    shortcut = shortcut_for(sys.platform, records)
    shortcut.path.parent.mkdir(parents=True, exist_ok=True)
    shortcut.path.write_bytes(shortcut.content)
    shortcut.path.chmod(_RUNNABLE)
    return shortcut.path


def shortcut_for(system: str, records: Path) -> Shortcut:
    """The icon for a system, which is named as in `sys.platform`."""
    command = [sys.executable, "-m", "thep_forms", "desk", "-o", str(records.absolute())]
    match system:
        case "win32":
            programs = Path(os.environ.get("APPDATA", Path.home())) / "Microsoft/Windows/Start Menu/Programs"
            return Shortcut(programs / f"{NAME}.cmd", _windows_script(command))
        case "darwin":
            script = f"#!/bin/sh\nexec {shlex.join(command)}\n"
            return Shortcut(Path.home() / "Desktop" / f"{NAME}.command", script.encode())
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return Shortcut(data / "applications" / "membership-forms.desktop", _desktop_entry(command))


def _windows_script(command: Sequence[str]) -> bytes:
    """A script for cmd.exe. A path there has no quotation marks, and `%` begins a variable."""
    quoted = " ".join(f'"{word}"' for word in command).replace("%", "%%")
    return f"@echo off\r\nchcp 65001 >nul\r\n{quoted}\r\n".encode()


def _desktop_entry(command: Sequence[str]) -> bytes:
    """A desktop entry (freedesktop.org), with the command quoted as its Exec key has it."""
    words = [f'"{"".join(_escaped(char) for char in word)}"' for word in command]
    line = " ".join(words).replace("\\", "\\\\")  # once more, as in every value
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        f"Name={NAME}",
        "Comment=Finish the membership forms that came back",
        f"Exec={line}",
        "Terminal=true",
        "Categories=Office;",
    )
    return ("\n".join(lines) + "\n").encode()


def _escaped(char: str) -> str:
    if char == "%":
        return "%%"
    return f"\\{char}" if char in _SPECIAL_IN_EXEC else char
