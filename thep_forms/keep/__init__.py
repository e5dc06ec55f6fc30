"""The RECORDS folder: the ledger, every PDF as it came, and the CSVs written from the ledger."""

from __future__ import annotations

import json
from pathlib import Path

from thep_forms.keep.files import private_folder, write_private
from thep_forms.keep.ledger import Arrival, Entry, Ledger, return_id_of
from thep_forms.keep.tables import Records


def archive(records: Path, sha256: str, data: bytes) -> None:
    """Keep a PDF as it came, under its hash. One that is there already is left alone."""
    path = private_folder(records / "returns") / f"{sha256}.pdf"
    if not path.exists():
        write_private(path, data)


def export(records: Path, known: Records) -> None:
    """Write the CSVs and `datapackage.json`, each whole; one that would not change is left alone."""
    tables = known.tables()
    package = {
        "profile": "tabular-data-package",
        "name": f"{known.definition.form.id}-records",
        "title": f"{known.definition.form.title}: records",
        "resources": [table.resource() for table in tables],
    }
    files = {f"{table.name}.csv": table.csv() for table in tables}
    files["datapackage.json"] = (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
    for name, data in files.items():
        path = records / name
        if not (path.exists() and path.read_bytes() == data):
            write_private(path, data)


__all__ = ["Arrival", "Entry", "Ledger", "Records", "archive", "export", "return_id_of"]
