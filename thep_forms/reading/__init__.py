"""The bytes of a returned file to raw values by field name. What a value means is not known here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pikepdf

from thep_forms.reading.fields import MOST, TooManyError
from thep_forms.reading.information import pdf_date
from thep_forms.reading.model import Answer, FileKind, ReadFrom, Reading
from thep_forms.reading.opening import File, is_pdf, opened
from thep_forms.reading.reader import Definitions, FileReader

# Warnings of these libraries may quote the file, and nothing of a form is ever logged.
for _library in ("pikepdf", "pypdf", "pdfminer", "pdfplumber"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)

DEEPEST = 3  # levels of PDFs attached to PDFs


def read_file(file: Path | bytes, definitions: Definitions, passwords: Sequence[str] = ()) -> tuple[Reading, ...]:
    """Read one returned file: one reading for each form in it, one at least.

    It is given by its path, which is faster, or as its bytes. `definitions` gives the definition of a year, or of any
    where there is none; `passwords` are tried in their order. Whatever is in the file, nothing is raised but
    `MemoryError`; `OSError` if there is none.
    """
    return _read(File(file), definitions, passwords, DEEPEST)


def _read(file: File, definitions: Definitions, passwords: Sequence[str], depth: int) -> tuple[Reading, ...]:
    if not file.is_pdf():
        return (Reading(FileKind.NOT_A_FORM, reason="This is not a PDF."),)
    try:
        pdf, mended = opened(file, passwords)
        with pdf:
            reader = FileReader(pdf, file, definitions, mended)
            files = reader.attached() if depth else []
            inside = [one for data in files for one in _read(File(data), definitions, passwords, depth - 1)]
            return _together(reader.read(), inside)
    except pikepdf.PasswordError:
        return (Reading(FileKind.LOCKED, reason="A password is needed to open this file."),)
    except TooManyError:
        return (Reading(FileKind.UNREADABLE, reason=f"This PDF has more than {MOST:,} boxes, too many to be read."),)
    except (MemoryError, ImportError):
        raise  # whoever set the limits tells of it; a library that cannot be loaded is not the file's fault
    except Exception as error:  # noqa: BLE001 - a damaged file can raise anything; its own row says so
        # The exception's words may quote the file: only its kind is told.
        reason = f"This PDF is damaged and cannot be read ({type(error).__name__})."
        return (Reading(FileKind.UNREADABLE, reason=reason),)


def _together(own: tuple[Reading, ...], inside: Sequence[Reading]) -> tuple[Reading, ...]:
    """The forms in a file and in the files attached to it; the file's own reading if there is none."""
    return tuple(one for one in (*own, *inside) if one.outcome is not FileKind.NOT_A_FORM) or own


__all__ = ["Answer", "FileKind", "ReadFrom", "Reading", "is_pdf", "pdf_date", "read_file"]
