"""The RECORDS folder: the ledger, every PDF as it came, and the CSVs written from the ledger."""

from __future__ import annotations

import json
from pathlib import Path

from thep_forms.keep.files import clear_away, private_folder, write_private
from thep_forms.keep.ledger import Arrival, Entry, Ledger, return_id_of
from thep_forms.keep.tables import Records

ARCHIVE = "returns"  # the folder of the PDFs


def archive(records: Path, sha256: str, data: bytes) -> None:
    """Keep a PDF as it came, under its hash. One that is there already is left alone."""
    path = private_folder(records / ARCHIVE) / f"{sha256}.pdf"
    if not path.exists():
        write_private(path, data)


def dispose(records: Path, sha256: str) -> None:
    """Keep the PDF of that hash no longer."""
    (records / ARCHIVE / f"{sha256}.pdf").unlink(missing_ok=True)


def tidy(records: Path) -> None:
    """Clear away what a run that was killed left half-written. Only for whoever has the ledger."""
    for folder in (records, records / ARCHIVE):
        clear_away(folder)


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
    "archive",
    "dispose",
    "export",
    "return_id_of",
    "tidy",
    "views",
]
