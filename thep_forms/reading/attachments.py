"""The PDFs that are attached to a PDF: a letter with the form attached to it, a portfolio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import pikepdf
from msgspec import Struct
from pikepdf import Dictionary, Name, NameTree, Stream

from thep_forms.reading.fields.field_tree import Annotation
from thep_forms.reading.objects import content_of, get

MOST = 10_000  # files looked at


class Attachments(Struct, frozen=True):
    """The attached files, each once. `damaged`: there are more than anyone sends, and the rest was not looked at."""

    files: tuple[bytes, ...] = ()
    damaged: bool = False


def attachments_of(pdf: pikepdf.Pdf, annotations: Iterable[Annotation]) -> Attachments:
    """The files attached to the document, and by annotations to its pages. One that cannot be decoded is left out."""
    specifications = chain(_of_document(pdf), _of_pages(annotations))
    files: dict[bytes, None] = {}
    for specification in islice(specifications, MOST):
        if content := _content(specification):
            files[content] = None
    return Attachments(tuple(files), damaged=any(True for _ in specifications))


def _of_document(pdf: pikepdf.Pdf) -> Iterator[object]:
    """The file specifications in the document's name tree (ISO 32000-1, 7.11.4)."""
    tree = get(get(pdf.Root, "/Names"), "/EmbeddedFiles")
    if isinstance(tree, Dictionary):
        yield from NameTree(tree).values()


def _of_pages(annotations: Iterable[Annotation]) -> Iterator[object]:
    for annotation in annotations:
        if get(annotation.dictionary, "/Subtype") == Name.FileAttachment:
            yield get(annotation.dictionary, "/FS")


def _content(specification: object) -> bytes | None:
    files = get(specification, "/EF")
    stream = get(files, "/UF") or get(files, "/F")
    return content_of(stream) if isinstance(stream, Stream) else None
