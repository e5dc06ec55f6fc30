"""The PDFs that lie in a PDF: a letter with the form attached to it, a portfolio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import pikepdf
from pikepdf import Dictionary, Name, NameTree, Object, Stream

from thep_forms.reading.fields import get

MOST = 10_000  # files looked at


def attached(pdf: pikepdf.Pdf, annotations: Iterable[Object]) -> tuple[list[bytes], bool]:
    """The files attached to the document, and to its pages by `annotations`; whether there are more than anyone sends.

    Each comes once, and none that is damaged.
    """
    pins = (get(annotation, "/FS") for annotation in annotations if get(annotation, "/Subtype") == Name.FileAttachment)
    specs = chain(_listed(pdf), pins)
    files = dict.fromkeys(filter(None, map(_content, islice(specs, MOST))))
    return list(files), any(True for _ in specs)


def _listed(pdf: pikepdf.Pdf) -> Iterator[object]:
    """The file specifications of the document's name tree."""
    tree = get(get(pdf.Root, "/Names"), "/EmbeddedFiles")
    if isinstance(tree, Dictionary):
        yield from NameTree(tree).values()


def _content(spec: object) -> bytes | None:
    files = get(spec, "/EF")
    stream = get(files, "/UF") or get(files, "/F")
    try:
        return stream.read_bytes() if isinstance(stream, Stream) else None
    except (pikepdf.PdfError, pikepdf.DataDecodingError):
        return None
