"""Reads one returned file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pikepdf

from thep_forms.reading import reasons
from thep_forms.reading.attachments import Attachments, attachments_of
from thep_forms.reading.classify import Contents, DefinitionOfYear, classify
from thep_forms.reading.damage import attempt
from thep_forms.reading.fields.field_tree import TooManyError
from thep_forms.reading.model import FileKind, Reading
from thep_forms.reading.opening import CertificateError, Source, opened
from thep_forms.reading.pipeline import readings_in
from thep_forms.sources.file_types import FileType

# Warnings of these libraries may quote the file, and nothing of a form is ever logged.
for _library in ("pikepdf", "pypdf", "pdfminer", "pdfplumber"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)

DEEPEST = 3  # levels of PDFs attached to PDFs


def read_file(file: Path | bytes, definitions: DefinitionOfYear, passwords: Sequence[str] = ()) -> tuple[Reading, ...]:
    """Read one returned file: a reading of each form in it and in the files attached to it, one at least.

    A path is faster than bytes. `definitions` gives the definition of a year, or of any year where it is given none;
    `passwords` are tried in their order. Raises `OSError` if there is no such file, and `MemoryError`; nothing else,
    whatever is in the file.
    """
    return _read(Source(file), definitions, passwords, DEEPEST)


def _read(source: Source, definitions: DefinitionOfYear, passwords: Sequence[str], depth: int) -> tuple[Reading, ...]:
    """`depth` is how many levels of attached files are read."""
    file_type = source.file_type()
    if file_type is None:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.NO_PDF),)
    try:
        if file_type is not FileType.PDF:
            return _read_other(source, file_type, definitions)
        with opened(source, passwords) as document:
            any_year = definitions(None)
            contents = classify(document, any_year.has_box)
            attached = _attached(contents) if depth else Attachments()
            inside: list[Reading] = []
            for data in attached.files:
                inside += _read(Source(data), definitions, passwords, depth - 1)
            own = readings_in(contents.with_damage(attached.damaged), definitions)
            forms = [reading for reading in (*own, *inside) if reading.kind is not FileKind.NOT_A_FORM]
            return tuple(forms) or own
    except pikepdf.PasswordError:
        return (Reading(FileKind.LOCKED, reason=reasons.LOCKED),)
    except CertificateError:
        return (Reading(FileKind.LOCKED, reason=reasons.LOCKED_BY_CERTIFICATE),)
    except TooManyError:
        return (Reading(FileKind.UNREADABLE, reason=reasons.TOO_MANY),)
    except (MemoryError, ImportError):
        raise  # neither is the file's fault: the process has limits, or a library cannot be loaded
    except Exception:  # noqa: BLE001 - a damaged file can raise anything; its own reading says so
        return (Reading(FileKind.UNREADABLE, reason=reasons.CANNOT_BE_READ),)


def _read_other(source: Source, file_type: FileType, definitions: DefinitionOfYear) -> tuple[Reading, ...]:
    """A picture or form data. The libraries for them take time to import, and few files need them."""
    if file_type.is_picture:
        from thep_forms.reading.pictures.reader import read_picture

        return read_picture(source.file, definitions)
    from thep_forms.reading.form_data import read_form_data

    return read_form_data(source.data, file_type, definitions)


def _attached(contents: Contents) -> Attachments:
    """The attached files; none where they cannot be read, which is damage."""
    attached, has_failed = attempt(lambda: attachments_of(contents.document.pdf, contents.annotations), Attachments())
    return Attachments(attached.files, attached.damaged or has_failed)
