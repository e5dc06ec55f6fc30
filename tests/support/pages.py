"""Reads the pages of the documentation: their sections, and the tables in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def section(page: Path, heading: str) -> str:
    """What stands under a heading, such as `### schools.csv`, down to the next heading of any level."""
    _, found, rest = page.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    assert found, f"{named(page)} has no heading {heading}"
    return re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first column has that heading; backticks are taken off."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(f"| {heading} |"):
            rows = [[]]
        elif rows and not line.startswith("|"):
            break
        elif rows:
            rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    assert len(rows) > 2, f"there is no table with a first column {heading}"
    return rows[2:]  # without the heading and the line below it


def first_column(text: str, heading: str) -> list[str]:
    return [row[0] for row in table(text, heading)]
