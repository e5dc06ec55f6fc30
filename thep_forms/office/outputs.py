"""Files that the office asks for: where they may go."""

from __future__ import annotations

from pathlib import Path

from thep_forms.errors import OutputError

PDF_START, HTML_START = b"%PDF-", b"<!DOCTYPE html>"


def require_replaceable(path: Path, start: bytes) -> None:
    """Raise `OutputError` if `path` holds a file of another kind, that is, one that does not begin with `start`."""
    if not path.exists():
        return
    with path.open("rb") as file:
        if file.read(len(start)) != start:
            raise OutputError(f"{path} already exists and holds something else. Choose another name for the new file.")
