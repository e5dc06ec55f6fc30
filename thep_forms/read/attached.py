"""The PDFs that lie in a PDF: a letter with the form attached to it, a portfolio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import pikepdf
from pikepdf import Dictionary, Name, NameTree, Object, Stream

from thep_forms.read.fields import get

MOST = 100  # files looked at


def attached(pdf: pikepdf.Pdf, annotations: Iterable[Object]) -> list[bytes]:
    """The files attached to the document, and to its pages by `annotations`; each once, and none that is damaged."""
    pins = (get(annotation, "/FS") for annotation in annotations if get(annotation, "/Subtype") == Name.FileAttachment)
    files = (_content(spec) for spec in islice(chain(_listed(pdf), pins), MOST))
    return list(dict.fromkeys(filter(None, files)))


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
