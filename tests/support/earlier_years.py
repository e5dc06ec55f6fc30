"""Register lists, and tables, of several years."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Rows, rows
from tests.remake_samples import SCHOOLS
from tests.support.commands import run, table


def members(path: Path, *numbers: str) -> Path:
    names = {number: name for number, name, *_ in SCHOOLS}
    lines = [f"{number},{names[number]},office@{number}.example" for number in numbers]
    path.write_text("\n".join(["dfe_number,school_name,email", *lines]) + "\n", encoding="utf-8")
    return path


def codes(records: Path) -> dict[str, str]:
    return {Path(row["source"]).stem: row["problems"] for row in rows(records / "returns.csv")}


def status(records: Path, year: str = "2026-27", *options: object) -> dict[str, dict[str, str]]:
    return {row["dfe_number"]: row for row in table(run("status", year, "-o", records, "--csv", *options))}


def of_year(path: Path, year: str) -> Rows:
    return [row for row in rows(path) if row["membership_year"] == year]
