"""Records as earlier versions wrote them, and the commands that open them."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
from pathlib import Path

from msgspec import Struct

from tests.conftest import rows
from tests.support.commands import run
from thep_forms.records.migrations import VERSION

WRITTEN = Path(__file__).parent / "records"
REGISTER = WRITTEN / "schools.csv"
STATUS = WRITTEN / "status.csv"  # what `status` of version 7 said
TABLES = ("returns", "schools", "contacts", "changes", "values", "decisions", "problems")  # whose rows stay
CONFLICT_WON, CONFLICT_LOST = "0ddc18a8d32b1d29", "83a0d22c9d71da76"

COMMANDS = {
    "status": ["status", "2026-27", "-o", "{records}", "--schools", "{register}"],
    "mailing-list": ["mailing-list", "2026-27", "-o", "{records}"],
    "report": ["report", "2026-27", "-o", "{folder}/page.html", "--records", "{records}", "--schools", "{register}"],
    "verify": ["verify", "-o", "{records}"],
    "ingest": ["ingest", "{folder}/empty", "-o", "{records}"],
    "prefer": ["prefer", CONFLICT_WON, "-o", "{records}"],
    "forget": ["forget", "-o", "{records}", "--before", "2020-21", "--yes"],
    "email": ["email", "2026-27", "-o", "{records}", "--schools", "{register}", "--drafts", "{folder}/drafts"],
    "email --dry-run": ["email", "2026-27", "-o", "{records}", "--schools", "{register}", "--dry-run"],
    "generate": ["generate", "2026-27", "-o", "{folder}/forms", "--schools", "{records}"],
}


class OldRecords(Struct, frozen=True):
    """Records that a version of the program wrote."""

    version: int
    preferred: str = "2d16a4111eef2cba"  # the return that a person preferred

    @property
    def folder(self) -> Path:
        return WRITTEN / f"version-{self.version}"

    @property
    def copy_name(self) -> str:
        """The name of the copy of the ledger that a migration keeps."""
        return f"ledger-version-{self.version}.sqlite"

    def copied_into(self, folder: Path) -> Path:
        """Copy the records into a folder, to be changed there."""
        return Path(shutil.copytree(self.folder, folder / "records"))


VERSION_7, VERSION_8, VERSION_9, VERSION_10, VERSION_11 = map(OldRecords, range(7, 12))
VERSION_13, VERSION_14 = map(OldRecords, (13, 14))


def require_migration(command: str, records: Path, preferred: str) -> None:
    """Run one of `COMMANDS` on records of an earlier version: the ledger is of today's version then, and whole.

    `preferred` is the return that `prefer` is given.
    """
    (records.parent / "empty").mkdir()
    words = {"records": records, "register": REGISTER, "folder": records.parent}
    result = run(*(preferred if word == CONFLICT_WON else word.format_map(words) for word in COMMANDS[command]))
    assert result.exit_code in (0, 1), result.stderr
    assert version_of(records / "ledger.sqlite") == VERSION
    result = run("verify", "-o", records)
    assert (result.exit_code, "There are no faults" in result.stderr) == (0, True), result.stderr


def status(records: Path) -> list[dict[str, str]]:
    """Where each school stands by the records, as a table."""
    result = run("status", "2026-27", "-o", records, "--schools", REGISTER, "--csv")
    assert result.exit_code == 0, result.stderr or result.exception
    return list(csv.DictReader(io.StringIO(result.stdout)))


def version_of(ledger: Path) -> int:
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


def listed() -> list[dict[str, str]]:
    return [row | {"dfe_number": f"211/{row['dfe_number']}"} for row in rows(REGISTER)]
