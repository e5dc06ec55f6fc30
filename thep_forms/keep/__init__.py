"""The RECORDS folder: the ledger, every PDF as it came, and the CSVs written from the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from thep_forms.keep.files import half_written, private_folder, settle, write_private
from thep_forms.keep.ledger import Arrival, Entry, Ledger, Sent, SentKind, SentState, return_id_of
from thep_forms.keep.tables import Records

ARCHIVE = "returns"  # the folder of the PDFs


def archive(records: Path, sha256: str, data: bytes) -> None:
    """Keep a PDF as it came, under its hash. One that is there already is left alone."""
    path = private_folder(records / ARCHIVE) / f"{sha256}.pdf"
    if not path.exists():
        write_private(path, data)


def is_archived(records: Path, sha256: str) -> bool:
    """Whether a PDF of that hash is kept."""
    return (records / ARCHIVE / f"{sha256}.pdf").is_file()


def dispose(records: Path, hashes: Iterable[str]) -> None:
    """Keep the PDFs of those hashes no longer."""
    for sha256 in hashes:
        (records / ARCHIVE / f"{sha256}.pdf").unlink(missing_ok=True)
    if (records / ARCHIVE).is_dir():
        settle(records / ARCHIVE)


def leftovers(records: Path) -> list[Path]:
    """What a run that was killed left half-written."""
    return [*half_written(records), *half_written(records / ARCHIVE)]


def tidy(records: Path) -> None:
    """Clear that away. Only for whoever has the ledger."""
    for path in leftovers(records):
        path.unlink(missing_ok=True)


def export(records: Path, known: Records) -> None:
    """Write the CSVs and `datapackage.json`, each whole; one that would not change is left alone."""
    for name, data in views(known).items():
        path = records / name
        if not (path.exists() and path.read_bytes() == data):
            write_private(path, data)


def views(known: Records) -> dict[str, bytes]:
    """The files that are written from the ledger, by name."""
    tables = known.tables()
    package = {
        "profile": "tabular-data-package",
        "name": f"{known.definition.form.id}-records",
        "title": f"{known.definition.form.title}: records",
        "resources": [table.resource() for table in tables],
    }
    files = {f"{table.name}.csv": table.csv() for table in tables}
    files["datapackage.json"] = (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
    return files


__all__ = [
    "ARCHIVE",
    "Arrival",
    "Entry",
    "Ledger",
    "Records",
    "Sent",
    "SentKind",
    "SentState",
    "archive",
    "dispose",
    "export",
    "is_archived",
    "leftovers",
    "return_id_of",
    "tidy",
    "views",
]
