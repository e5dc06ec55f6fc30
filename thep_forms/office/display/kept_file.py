"""The file of a return as it came, to be saved by a person."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from thep_forms.definition import Definitions
from thep_forms.errors import DecisionError
from thep_forms.office.opening import open_records
from thep_forms.records import Archive


def look_up_file(folder: Path, return_id: str, definitions: Definitions) -> tuple[str, Path]:
    """The name under which the file of a return came, with the ending of what it is, and where it is kept.

    Raises `DecisionError` where no file is kept, `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        sha256, returned = ledger.file_of(return_id), records.find(return_id)
    path = Archive(folder).find(sha256) if sha256 else None
    if not path or not returned:
        raise DecisionError("The desk does not keep this file.")
    stem = PurePosixPath(returned.source.replace("\\", "/")).stem
    return f"{stem or return_id}{path.suffix}", path
