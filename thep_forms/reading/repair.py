"""Repair: pypdf or PDFium may still open what qpdf gives up on. Importing them takes time that few runs need."""

from __future__ import annotations

import io

import pypdf
import pypdf.errors
import pypdfium2


class LockedError(Exception):
    """A password is needed."""


def repaired(data: bytes) -> io.BytesIO:
    """The file written anew. Raises `LockedError`, and whatever pypdf raises for a file that neither can open."""
    try:
        return _by_pypdf(data)
    except (LockedError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - pypdf raises nearly anything
        try:
            return _by_pdfium(data)
        except pypdfium2.PdfiumError:
            raise error from None


def _by_pypdf(data: bytes) -> io.BytesIO:
    out = io.BytesIO()
    try:
        pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(data))).write(out)
    except pypdf.errors.FileNotDecryptedError as error:
        raise LockedError from error
    return out


def _by_pdfium(data: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with pypdfium2.PdfDocument(data) as document:
        document.save(out)
    return out
