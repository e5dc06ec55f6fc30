"""The bytes of a returned file to raw values by field name. What a value means is not known here."""

from __future__ import annotations

import io
import logging
import re
from datetime import UTC, datetime, timedelta, timezone

import pikepdf
import pypdf
import pypdf.errors

from thep_forms.definition.identity import FORM_ID
from thep_forms.definition.model import FormDefinition
from thep_forms.read.fields import field_values
from thep_forms.read.reading import Outcome, RawValue, ReadFrom, Reading
from thep_forms.read.strings import text_string

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+Z])(?:(\d\d)'?(\d\d)?)?)?", re.ASCII)

# Warnings of these libraries may quote the file, and nothing of a form is ever logged.
for _library in ("pikepdf", "pypdf"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)

# What qpdf says when it had to guess where the objects of a file are.
_REPAIRED = re.compile("file is damaged|reconstruct|xref not found|expected endobj|EOF", re.IGNORECASE)


def is_pdf(data: bytes) -> bool:
    """Whether the bytes claim to be a PDF: viewers look for the header in the first 1,024 bytes."""
    return b"%PDF-" in data[:1024]


def read_return(data: bytes, definition: FormDefinition) -> Reading:
    """Read one returned file. `definition` says which names are the form's; whatever the file is, nothing is raised."""
    if not is_pdf(data):
        return Reading(Outcome.NOT_A_FORM, reason="This is not a PDF.")
    try:
        pdf, mended = _open(data)
        with pdf:
            return _read(pdf, definition, mended)
    except (pikepdf.PasswordError, pypdf.errors.FileNotDecryptedError):
        return Reading(Outcome.LOCKED, reason="A password is needed to open this file.")
    except Exception as error:  # noqa: BLE001 - a damaged file can raise anything; its own row says so
        # The exception's words may quote the file: only its kind is told.
        return Reading(Outcome.UNREADABLE, reason=f"This PDF is damaged and cannot be read ({type(error).__name__}).")


def _open(data: bytes) -> tuple[pikepdf.Pdf, bool]:
    """The file, by qpdf; what that gives up on, pypdf may be able to write anew: whether it had to be mended so."""
    try:
        return pikepdf.open(io.BytesIO(data), suppress_warnings=True), False
    except pikepdf.PasswordError:
        raise
    except pikepdf.PdfError:
        mended = io.BytesIO()
        pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(data))).write(mended)
        return pikepdf.open(mended, suppress_warnings=True), True


def _read(pdf: pikepdf.Pdf, definition: FormDefinition, mended: bool) -> Reading:
    values = field_values(pdf)
    form_id = values.pop(FORM_ID, RawValue("")).text
    title, modified = _information(pdf)
    # qpdf warns while objects are read, so it is asked last.
    repaired = mended or any(_REPAIRED.search(str(warning)) for warning in pdf.get_warnings())
    known = [name for name in values if definition.box(name)]
    if not known:
        if repaired and not values:
            return Reading(Outcome.UNREADABLE, reason="This PDF is damaged and no box of the form was found in it.")
        return Reading(Outcome.NOT_A_FORM, title=title, modified=modified, reason="No box of the form is in this PDF.")
    if repaired and not any(values[name].text for name in known):
        # A file that was cut short shows its first revision, in which every answer is empty.
        return Reading(Outcome.UNREADABLE, reason="This PDF is damaged, and every answer in it looks empty.")
    return Reading(Outcome.FORM, values, form_id, title, modified, repaired)


def _information(pdf: pikepdf.Pdf) -> tuple[str, datetime | None]:
    """The document's title and its modification date."""
    entries: dict[str, str] = {}
    for key in ("/Title", "/ModDate"):
        value = pdf.docinfo.get(key)
        entries[key] = text_string(bytes(value))[0] if isinstance(value, pikepdf.String) else ""
    return entries["/Title"], pdf_date(entries["/ModDate"])


def pdf_date(text: str) -> datetime | None:
    """A PDF date, `D:20261123190809+01'00'` or a front part of it; None where it is none. Without a zone it is UTC."""
    match = _DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or low) for part, low in zip(match.groups()[:6], "011000", strict=True)
    )
    offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    try:
        zone = timezone(-offset if match[7] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


__all__ = ["Outcome", "RawValue", "ReadFrom", "Reading", "is_pdf", "pdf_date", "read_return"]
