"""What the desk remembers of the person at this computer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from thep_forms.desk.settings import Settings, settings_file


def test_settings_that_were_changed_are_kept_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_file("linux").read() == Settings()
    settings_file("linux").change(mail_host="mail.example.org")
    settings_file("linux").change(has_keys=False)
    assert settings_file("linux").read() == Settings(has_keys=False, mail_host="mail.example.org")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"has_keys": "perhaps"}'])
def test_a_damaged_file_of_settings_means_those_of_a_new_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings_file("linux").change(has_keys=False)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_text(text)
    assert settings_file("linux").read() == Settings()


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes on Windows")
def test_only_their_owner_can_read_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings_file("linux").change(mail_user="jo@example.org")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("system", "variable", "folder"),
    [("win32", "APPDATA", ""), ("darwin", "HOME", "Library/Application Support"), ("linux", "XDG_CONFIG_HOME", "")],
)
def test_each_system_keeps_the_settings_where_its_programs_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, variable: str, folder: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    settings_file(system).change(has_keys=False)
    assert (tmp_path / folder / "thep-forms" / "desk.json").is_file()
