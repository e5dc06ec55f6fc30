"""The register: the list of the partnership's member schools."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from thep_forms.check import normalise
from thep_forms.definition import FormDefinition
from thep_forms.errors import SourceError


def read_register(path: Path, definition: FormDefinition) -> list[str]:
    """The DFE numbers of the member schools, in normal form, from a CSV with a column `dfe_number`.

    UTF-8, with or without a BOM, or cp1252. Raises `SourceError`.
    """
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    column = definition.dfe_field.name
    if column not in (rows.fieldnames or ()):
        raise SourceError(
            f"The list of schools {path} has no column {column}. Give the column of DfE numbers that name."
        )
    numbers = []
    for row in rows:
        number = normalise.dfe_number(row[column] or "", definition.partnership.dfe_prefix)
        if not number.value:
            raise SourceError(
                f"The list of schools {path}, line {rows.line_num}: {column} is not a DfE number. Mend it."
            )
        numbers.append(number.value)
    return numbers


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
