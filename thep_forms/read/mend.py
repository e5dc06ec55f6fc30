"""What qpdf gives up on, pypdf may still be able to open; its import takes time that few runs need."""

from __future__ import annotations

import io

import pypdf
import pypdf.errors


class LockedError(Exception):
    """A password is needed."""


def mended(data: bytes) -> io.BytesIO:
    """The file written anew. Raises `LockedError`, and whatever pypdf raises for a file that it cannot open."""
    out = io.BytesIO()
    try:
        pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(data))).write(out)
    except pypdf.errors.FileNotDecryptedError as error:
        raise LockedError from error
    return out
