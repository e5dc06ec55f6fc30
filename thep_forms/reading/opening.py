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
from msgspec import Struct

from thep_forms.reading.damage import warned_of_damage
from thep_forms.reading.mending import mended
from thep_forms.reading.objects import get, items_of, numbers_of
from thep_forms.sources.file_types import HEAD, FileType, file_type

WIDGET = "/Widget"
REDACTION = "/Redact"  # an annotation that marks what is to be taken out
INK = "/Ink"  # an annotation that holds what was written with a pen
PRINTED = 4  # the flag of an annotation that is drawn, on paper too


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

    def for_qpdf(self) -> Path | io.BytesIO:
        """What pikepdf opens."""
        return io.BytesIO(self.file) if isinstance(self.file, bytes) else self.file


class Document(Struct, frozen=True):
    """A PDF that qpdf has opened. `repaired`: another library had to write it anew first, so it is damaged."""

    pdf: pikepdf.Pdf
    source: Source
    repaired: bool

    def warned_of_damage(self) -> bool:
        """Whether qpdf warned of damage since this was last called."""
        return warned_of_damage(self.pdf, self.source.name)

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
    pdf.save(out)
    return out.getvalue()


def flattened(data: bytes) -> bytes:
    """The file with the appearances of its annotations as part of its pages.

    What is marked for redaction is blacked out, as its appearance only frames it (ISO 32000-1, 12.5.6.23). What was
    written with a pen is drawn where it has no appearance. Boxes that a person emptied are drawn empty.
    """
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        form = get(pdf.Root, "/AcroForm")
        if isinstance(form, pikepdf.Dictionary) and "/NeedAppearances" in form:
            del form["/NeedAppearances"]  # or qpdf would leave boxes as they are
        for page in pdf.pages:
            _draw_annotations(pdf, page)
        pdf.flatten_annotations("all")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of boxes that are left over
            return rewritten(pdf)


def _draw_annotations(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Give marks for redaction, and what was written with a pen, an appearance that shows what they mean."""
    annotations = page.obj.get("/Annots")
    for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
        if _is_emptied(annotation):
            del annotation["/AP"]
        kind, area = get(annotation, "/Subtype"), numbers_of(get(annotation, "/Rect"))
        if len(area) != 4:
            continue
        if kind == REDACTION:
            drawn = f"0 g {area[0]} {area[1]} {area[2] - area[0]} {area[3] - area[1]} re f"
        elif kind == INK and get(annotation, "/AP") is None:
            drawn = " ".join(_pen_stroke(numbers_of(points)) for points in items_of(get(annotation, "/InkList")))
        else:
            continue
        form = pdf.make_stream(drawn.encode())
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox = annotation.Rect
        annotation.AP = pikepdf.Dictionary(N=form)
        annotation.F = PRINTED


def _is_emptied(annotation: pikepdf.Object) -> bool:
    """Whether it is a box that a person emptied, which may still show the old answer."""
    parent = get(annotation, "/Parent")
    value = get(annotation, "/V") if parent is None else get(annotation, "/V") or get(parent, "/V")
    is_empty = isinstance(value, pikepdf.String) and not bytes(value)
    return is_empty and get(annotation, "/Subtype") == WIDGET and get(annotation, "/AP") is not None


def _pen_stroke(numbers: Sequence[float]) -> str:
    """The operators that draw a line through the points."""
    points = [f"{x} {y}" for x, y in zip(numbers[0::2], numbers[1::2], strict=False)]
    return " ".join((points[0], "m", *(f"{point} l" for point in points[1:]), "S")) if points else ""
