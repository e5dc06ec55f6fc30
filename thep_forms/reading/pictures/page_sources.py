"""Where pictures of pages come from: pages of a PDF that are drawn, and the pictures in a file of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pypdfium2
from msgspec import Struct
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from thep_forms.reading.pictures.files import PictureError, count_pictures, pictures_in

DOTS = 200  # an inch: a code's module is then three dots wide
LEAST_DOTS, MOST_DOTS = 2200, 4000  # along the longer edge of a page: a smaller one may be so by mistake


class SourcePicture(Struct, frozen=True):
    """A page as a grey picture; `page` is its index in the file. `picture` is None where it is damaged."""

    page: int
    picture: Image.Image | None


class PageSource(Protocol):
    """Pages of a file that are looked at as pictures."""

    @property
    def file(self) -> Path | bytes:
        """Its path, or its bytes where it has none."""

    @property
    def indices(self) -> Sequence[int]:
        """Its pages that are looked at, counted from 0."""

    def pictures(self, indices: Sequence[int]) -> Iterator[SourcePicture]:
        """Those of the pages, one by one. Raises `PictureError` for the only page, if that is damaged."""


class DrawnPages:
    """Pages of a PDF, drawn by PDFium."""

    def __init__(self, file: Path | bytes, indices: Sequence[int]) -> None:
        self.file, self.indices = file, indices

    def pictures(self, indices: Sequence[int]) -> Iterator[SourcePicture]:
        """Those of the pages, one by one. Raises `PictureError` for the only page, if that is damaged."""
        with pypdfium2.PdfDocument(self.file) as document:
            for index in indices:
                try:
                    picture = _drawn(document, index)
                except pypdfium2.PdfiumError as error:
                    if len(self.indices) == 1:
                        raise PictureError from error
                    picture = None
                yield SourcePicture(index, picture)


def _drawn(document: pypdfium2.PdfDocument, index: int) -> Image.Image:
    page = document[index]
    edge = max(*page.get_size(), 1.0)
    dots = edge * DOTS / 72
    if dots < LEAST_DOTS:
        dots = max(dots, _dots_of_pictures(page))
    scale = min(dots, MOST_DOTS) / edge
    picture: Image.Image = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    page.close()
    return picture


def _dots_of_pictures(page: pypdfium2.PdfPage) -> int:
    """Those along the longer edge of its pictures, `LEAST_DOTS` at most: some programs make a page far too small."""
    sizes = [picture.get_metadata() for picture in page.get_objects(filter=(FPDF_PAGEOBJ_IMAGE,), max_depth=2)]
    return min(max((max(size.width, size.height) for size in sizes), default=0), LEAST_DOTS)


class FilePictures:
    """The pictures in a file, such as a photograph, or a TIFF of several pages."""

    def __init__(self, file: Path | bytes) -> None:
        """Raises `PictureError`."""
        self.file, self.indices = file, range(count_pictures(file))

    def pictures(self, indices: Sequence[int]) -> Iterator[SourcePicture]:
        """Those of the pictures, one by one. Raises `PictureError` for the only one, if that is damaged."""
        left = list(indices)
        while left:
            try:
                for picture in pictures_in(self.file, tuple(left)):
                    yield SourcePicture(left.pop(0), picture)
            except PictureError:
                if len(self.indices) == 1:
                    raise
                yield SourcePicture(left.pop(0), None)
