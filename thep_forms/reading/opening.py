"""A returned file opened by qpdf, and copies of it that other libraries can open."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pikepdf
from msgspec import Struct, field

from thep_forms.reading.damage import are_of_damage
from thep_forms.reading.mending import END, mended
from thep_forms.sources.file_types import HEAD, FileType, file_type

WIDGET = "/Widget"
LONGEST_END = 2048  # bytes: qpdf looks for the end of a file in its last 1,024
_OBJECT = re.compile(rb"\d \d+ obj\b")

_OTHER_LOCK = re.compile("unsupported encryption filter")  # qpdf's words for a lock that is no password


class CertificateError(Exception):
    """The file is encrypted for the holders of certificates (ISO 32000-1, 7.6.4)."""


class Source:
    """A returned file, by its path or as its bytes. By its path, qpdf maps it into memory, and few need its bytes."""

    def __init__(self, file: Path | bytes) -> None:
        self.file = file

    @property
    def name(self) -> str:
        """Its path as libraries quote it; empty where it has none."""
        return "" if isinstance(self.file, bytes) else str(self.file)

    @cached_property
    def data(self) -> bytes:
        """All its bytes."""
        return self.file if isinstance(self.file, bytes) else self.file.read_bytes()

    def file_type(self) -> FileType | None:
        """What type of file it claims to be."""
        if isinstance(self.file, bytes):
            return file_type(self.file[:HEAD])
        with self.file.open("rb") as file:
            return file_type(file.read(HEAD))

    def ends_in_an_object(self) -> bool:
        """Whether it ends within what a program added to it: an object follows its last end. qpdf passes over that."""
        if isinstance(self.file, bytes):
            end = self.file[-LONGEST_END:]
        else:
            with self.file.open("rb") as file:
                file.seek(max(0, self.file.stat().st_size - LONGEST_END))
                end = file.read()
        _, found, rest = end.rpartition(END)
        return bool(found and _OBJECT.search(rest))

    def for_qpdf(self) -> Path | io.BytesIO:
        """What pikepdf opens."""
        return io.BytesIO(self.file) if isinstance(self.file, bytes) else self.file


class Document(Struct, frozen=True):
    """A PDF that qpdf has opened. `repaired`: another library had to write it anew first, so it is damaged.

    `warnings` are those of qpdf, which forgets what it has given, since `warned_of_damage` was last called.
    """

    pdf: pikepdf.Pdf
    source: Source
    repaired: bool
    warnings: list[object] = field(default_factory=list)

    def new_warnings(self) -> Sequence[object]:
        """What qpdf warned of since this was last called."""
        new = self.pdf.get_warnings()
        self.warnings.extend(new)
        return new

    def warned_of_damage(self) -> bool:
        """Whether qpdf warned of damage since this was last called."""
        self.new_warnings()
        is_damaged = are_of_damage(self.warnings, self.source.name)
        self.warnings.clear()
        return is_damaged

    def copy(self, *, damaged: bool) -> bytes:
        """The file as any library can open it: not encrypted, and not as it is if it is damaged."""
        return rewritten(self.pdf) if damaged or self.pdf.is_encrypted else self.source.data


@contextmanager
def opened(source: Source, passwords: Sequence[str]) -> Iterator[Document]:
    """The file, opened by qpdf, with one of the passwords if it needs one; or repaired by pypdf or PDFium.

    Raises `pikepdf.PasswordError`, `CertificateError`, and for a file that nothing can open whatever pypdf raises.
    """
    pdf, repaired = _open(source, passwords)
    if repaired or pdf.get_warnings():
        pdf.close()
        if (whole := mended(source.data)) is not None:
            source = Source(whole)
        pdf, repaired = _open(source, passwords)  # anew, with its warnings
    with pdf:
        yield Document(pdf, source, repaired)


def _open(source: Source, passwords: Sequence[str]) -> tuple[pikepdf.Pdf, bool]:
    for password in ("", *passwords):
        try:
            return pikepdf.open(source.for_qpdf(), password=password, suppress_warnings=True), False
        except pikepdf.PasswordError as error:
            locked = error
        except pikepdf.PdfError as error:
            if _OTHER_LOCK.search(str(error)):
                raise CertificateError from error
            return _repaired(source), True
    raise locked


def _repaired(source: Source) -> pikepdf.Pdf:
    from thep_forms.reading.repair import LockedError, repaired  # takes time to import, and few files need it

    try:
        return pikepdf.open(repaired(source.data), suppress_warnings=True)
    except LockedError as error:
        raise pikepdf.PasswordError from error


def rewritten(pdf: pikepdf.Pdf) -> bytes:
    """The file as qpdf saves it: not encrypted, not damaged."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of boxes that no list of fields has
        pdf.save(out)
    return out.getvalue()
