"""Records in which a person decides, and the commands by which they do."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from tests.conftest import Rows, rows
from tests.support.commands import run, table

YEAR = "2026-27"


def return_id(records: Path, name: str) -> str:
    """The id of the return that came as a file of that name, without its ending."""
    (found,) = {row["return_id"] for row in rows(records / "returns.csv") if Path(row["source"]).stem == name}
    return found


def row_of(records: Path, return_id: str) -> dict[str, str]:
    """The row of a return in `returns.csv`."""
    (found,) = (row for row in rows(records / "returns.csv") if row["return_id"] == return_id)
    return found


def decide(command: str, records: Path, *words: str, why: str = "rang on 12 May", by: str = "Jo") -> Result:
    """Run a command that decides, which has to succeed."""
    reason = () if command in ("note",) else ("--why", why)
    result = run(command, *words, "-o", records, "--by", by, *reason)
    assert result.exit_code == 0, result.stderr
    return result


def refused(command: str, records: Path, *words: str) -> str:
    """The one line with which a command refuses. It changes no file."""
    before = {path.name: path.read_bytes() for path in records.glob("*.*")}
    reason = () if command in ("note", "history") else ("--why", "a reason")
    result = run(command, *words, "-o", records, *reason)
    assert result.exit_code == 2, result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert {path.name: path.read_bytes() for path in records.glob("*.*")} == before
    return line


def last_decision(records: Path) -> dict[str, str]:
    """The last row of `decisions.csv`."""
    return rows(records / "decisions.csv")[-1]


def value(records: Path, return_id: str, field: str) -> dict[str, str]:
    """The row of an answer in `values.csv`."""
    (found,) = (row for row in rows(records / "values.csv") if (row["return_id"], row["field"]) == (return_id, field))
    return found


def entered(records: Path) -> Rows:
    """The rows of the returns that the office entered."""
    return [row for row in rows(records / "returns.csv") if row["return_id"].startswith("office-")]


def standing(records: Path, number: str) -> str:
    """Where a school stands, by the last digits of its DfE number."""
    found = {row["dfe_number"][4:]: row["status"] for row in table(run("status", YEAR, "-o", records, "--csv"))}
    return found[number]
