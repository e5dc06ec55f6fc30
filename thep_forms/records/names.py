"""The names of the files in a RECORDS folder."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from itertools import count
from pathlib import Path
from urllib.parse import quote

from thep_forms.files import half_written
from thep_forms.sources.file_types import FileType

LEDGER = "ledger.sqlite"
JOURNAL = "-journal"  # SQLite adds it to the name of a ledger that it changes
LAST_COPY = "ledger-copy.sqlite"  # of the ledger, made at the end of each run that changed it
COPY_CHANGES = "ledger-copy.changes"  # blocks that are being written to the last copy
LAST_RUN = "last-run.cache"  # what the last run that wrote knew of the ledger
ARCHIVE = "returns"  # the folder of the files as they came
WORKBOOK = "records.xlsx"
PACKAGE = "datapackage.json"


class TableName(StrEnum):
    """The tables, in the order of the workbook's sheets: the tables that people read most come first."""

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
_DAMAGED = "ledger-damaged-{}.sqlite"
_ARCHIVED = re.compile(rf"([0-9a-f]{{64}})\.(?:{'|'.join(FileType)})", re.ASCII)
_LEDGER_COPY = re.compile(r"ledger(-(version-[0-9]+|damaged-[0-9]+|copy))?\.sqlite", re.ASCII)


def ledger_copy(records: Path, version: int) -> Path:
    """The path of the copy that a migration keeps of a ledger of that version."""
    return records / _COPY.format(version)


def damaged_ledger(records: Path) -> Path:
    """A path for a damaged ledger that is put aside; nothing is there yet."""
    numbers = count(1)
    while (path := records / _DAMAGED.format(next(numbers))).exists():
        pass
    return path


def ledger_copies(records: Path) -> list[Path]:
    """The ledgers that migrations kept and that `restore` put aside, with journals. The last copy is not among them."""
    return sorted([*records.glob(_COPY.format("*")), *records.glob(_DAMAGED.format("*") + "*")])


def is_damaged_ledger(name: str) -> bool:
    """Whether a file of that name is a ledger that `restore` put aside, or a journal of such a ledger."""
    return name.startswith(_DAMAGED.partition("{")[0])


def read_only(path: Path) -> str:
    """The URI of a file that SQLite must not write to, on a share of Windows too (file:////server/…)."""
    whole = path.resolve().as_posix()
    return f"file://{'' if whole.startswith('/') else '/'}{quote(os.fsencode(whole), safe='/:')}?mode=ro"


def archived(records: Path, sha256: str, file_type: FileType) -> Path:
    """The path in the archive of the file with that hash and of that type."""
    return records / ARCHIVE / f"{sha256}.{file_type}"


def hash_in_name(name: str) -> str:
    """The hash in a name of a file of the archive; empty for a name that no such file has."""
    match = _ARCHIVED.fullmatch(name)
    return match[1] if match else ""


def leftovers(records: Path) -> list[Path]:
    """The half-written files that a killed run left."""
    return [path for folder in (records, records / ARCHIVE) for path in half_written(folder, _is_ours)]


def tidy(records: Path) -> None:
    """Delete the leftovers. Call this only while you have the ledger open for writing."""
    for path in leftovers(records):
        path.unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    return name in (*WRITTEN, LAST_RUN, COPY_CHANGES) or bool(_ARCHIVED.fullmatch(name) or _LEDGER_COPY.fullmatch(name))
