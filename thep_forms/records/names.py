"""What the files of a RECORDS folder are called."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from thep_forms.files import half_written

LEDGER = "ledger.sqlite"
ARCHIVE = "returns"  # the folder of the PDFs
WORKBOOK = "records.xlsx"
PACKAGE = "datapackage.json"


class TableName(StrEnum):
    """The tables, in the order of the workbook's sheets: those that are looked at most come first."""

    SCHOOLS = "schools"
    CONTACTS = "contacts"
    RETURNS = "returns"
    PROBLEMS = "problems"
    CHANGES = "changes"
    DECISIONS = "decisions"
    VALUES = "values"

    @property
    def file(self) -> str:
        """The name of its CSV."""
        return f"{self}.csv"


WRITTEN = (*(table.file for table in TableName), WORKBOOK, PACKAGE)  # from the ledger, whenever it changes
_COPY = "ledger-version-{}.sqlite"
_OURS = re.compile(r"[0-9a-f]{64}\.pdf|ledger-version-[0-9]+\.sqlite", re.ASCII)


def ledger_copy(records: Path, version: int) -> Path:
    """Where the ledger is put aside as that version wrote it, before it is migrated."""
    return records / _COPY.format(version)


def ledger_copies(records: Path) -> list[Path]:
    """The ledgers that were put aside."""
    return sorted(records.glob(_COPY.format("*")))


def archived(records: Path, sha256: str) -> Path:
    """Where the PDF of that hash is kept."""
    return records / ARCHIVE / f"{sha256}.pdf"


def leftovers(records: Path) -> list[Path]:
    """What a run that was killed left half-written."""
    return [path for folder in (records, records / ARCHIVE) for path in half_written(folder, _is_ours)]


def tidy(records: Path) -> None:
    """Clear that away. Only for whoever has the ledger open for writing."""
    for path in leftovers(records):
        path.unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    return name in WRITTEN or bool(_OURS.fullmatch(name))
