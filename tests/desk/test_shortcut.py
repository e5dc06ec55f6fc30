"""An icon opens the desk, for people who never open a terminal."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import run
from thep_forms.office.shortcut import shortcut_for

AWKWARD = 'Jo\'s 50% "records" $HOME `x` \\ é'  # what has a meaning for one shell or another


def test_the_icon_opens_the_desk_of_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    records = tmp_path / AWKWARD
    result = run("desk", "--shortcut", "-o", records)
    (path,) = (tmp_path / "data" / "applications").iterdir()
    assert result.stdout == f"{path}\n"
    assert path.stat().st_mode & 0o777 == 0o700
    entry = configparser.RawConfigParser()
    entry.read(path, encoding="utf-8")
    # A shell takes away the quotation marks of an Exec key as the specification says.
    line = entry["Desktop Entry"]["exec"].replace("\\\\", "\\").replace("%%", "%")
    found = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == [sys.executable, "-m", "thep_forms", "desk", "-o", str(records)]
    assert not records.exists()


def test_the_command_of_the_icon_runs(tmp_path: Path) -> None:
    script = tmp_path / "icon.command"
    text = shortcut_for("darwin", tmp_path / AWKWARD).content.decode()
    script.write_text(text.rstrip("\n") + " --help\n", encoding="utf-8")
    found = subprocess.run(["/bin/sh", script], capture_output=True, text=True, check=True)
    assert "Open the desk" in found.stdout


def test_the_icon_for_windows_is_in_the_start_menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPDATA", str(tmp_path))
    shortcut = shortcut_for("win32", Path("C:/50% done"))
    assert shortcut.path.parent == tmp_path / "Microsoft/Windows/Start Menu/Programs"
    assert shortcut.content.startswith(b"@echo off\r\n")
    assert b"50%% done" in shortcut.content
