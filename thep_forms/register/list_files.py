"""The sheets of a list, whatever kind of file it is: a CSV or an Excel workbook."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from thep_forms.errors import SourceError
from thep_forms.register import csv_files
from thep_forms.register.other_files import ZIP, other_kind
from thep_forms.register.worksheets import Worksheet

_HEAD = 1024  # bytes that tell what kind of file it is


def sheets(path: Path) -> Generator[Worksheet, None, None]:
    """The sheets of a workbook, or a CSV as it reads with each delimiter that it may have.

    Rows are read as they are asked for, and those of one sheet at a time: the next sheet ends them. Raises
    `SourceError`, while reading too.
    """
    from thep_forms.register import workbooks  # takes time to import, and not every run reads a list

    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"The list of schools {path} is not a plain file. Save it as one first.")
        with path.open("rb") as file:
            magic = file.read(_HEAD)
            file.seek(0)
            if reason := other_kind(magic, file):
                raise SourceError(f"The list of schools {path} is {reason}")
            yield from workbooks.read(path, file) if magic.startswith(ZIP) else csv_files.read(path)
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error
