"""A returned file as qpdf opens it, or as other libraries can."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pikepdf

from thep_forms.reading.fields import get

HEADER = 1024  # bytes


def is_pdf(data: bytes) -> bool:
    """Whether the bytes claim to be a PDF: viewers look for the header in the first 1,024 bytes."""
    return b"%PDF-" in data[:HEADER]


class File:
    """A file that few will want all the bytes of: qpdf maps one that it knows by its path into memory."""

    def __init__(self, given: Path | bytes) -> None:
        self.given = given

    @property
    def name(self) -> str:
        """Its path as libraries quote it; empty where it has none."""
        return "" if isinstance(self.given, bytes) else str(self.given)

    @cached_property
    def data(self) -> bytes:
        return self.given if isinstance(self.given, bytes) else self.given.read_bytes()

    def is_pdf(self) -> bool:
        if isinstance(self.given, bytes):
            return is_pdf(self.given)
        with self.given.open("rb") as file:
            return is_pdf(file.read(HEADER))

    def stream(self) -> Path | io.BytesIO:
        return io.BytesIO(self.given) if isinstance(self.given, bytes) else self.given


def opened(file: File, passwords: Sequence[str]) -> tuple[pikepdf.Pdf, bool]:
    """The file, by qpdf; what that gives up on, pypdf may be able to write anew: whether it had to be mended so.

    Raises `pikepdf.PasswordError`, and what pypdf does.
    """
    for password in ("", *passwords):
        try:
            return pikepdf.open(file.stream(), password=password, suppress_warnings=True), False
        except pikepdf.PasswordError as error:
            locked = error
        except pikepdf.PdfError:
            break
    else:
        raise locked
    from thep_forms.reading.repair import LockedError, mended  # costs time, and few files come so far

    try:
        return pikepdf.open(mended(file.data), suppress_warnings=True), True
    except LockedError as error:
        raise pikepdf.PasswordError from error


def rewritten(pdf: pikepdf.Pdf) -> bytes:
    """The file as any library can open it: not encrypted, not damaged."""
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def flattened(pdf: pikepdf.Pdf) -> bytes:
    """The file with the appearances of its boxes as part of its pages."""
    form = get(pdf.Root, "/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/NeedAppearances" in form:
        del form["/NeedAppearances"]  # or qpdf would leave boxes as they are
    pdf.flatten_annotations("all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of boxes that are left over
        return rewritten(pdf)
