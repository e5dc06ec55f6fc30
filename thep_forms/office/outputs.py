"""Protects files of other programs from being overwritten."""

from __future__ import annotations

from pathlib import Path

from thep_forms.errors import OutputError

PDF_START, HTML_START = b"%PDF-", b"<!DOCTYPE html>"


def require_replaceable(path: Path, start: bytes) -> None:
    """Raises `OutputError` if the file at `path` is of another kind: it does not begin with `start`."""
    if not path.exists():
        return
    with path.open("rb") as file:
        if file.read(len(start)) != start:
            raise OutputError(f"{path} already exists and holds something else. Choose another name for the new file.")
