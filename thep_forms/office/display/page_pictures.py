"""The pages of an archived file as pictures, drawn in a confined process."""

from __future__ import annotations

import io
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.office.opening import open_records
from thep_forms.records import Archive
from thep_forms.work import Failure, Limits, Workers

if TYPE_CHECKING:
    from PIL import Image
    from pypdfium2 import PdfDocument

SCALE = 2.0  # pixels for each point of a page
LONGEST_EDGE = 4000  # pixels of a picture
_KEPT = 4  # pages in memory
_drawing = Lock()
_SEPARATOR = b"\0"  # it is in no path


class PageDrawer(Struct, frozen=True):
    """Draws a page. It is given the page's number and the path of the file, and answers with its PNG.

    The first two bytes of the answer are the number of pages. A file without that page gives no more than these.
    """

    def __call__(self, wanted: bytes) -> bytes:
        """The number of pages, and the PNG of the page."""
        number, _, path = wanted.partition(_SEPARATOR)
        file = Path(os.fsdecode(path))
        draw = _pdf_page if file.suffix == ".pdf" else _picture
        return draw(file, int(number))


def draw_page(folder: Path, return_id: str, page: int, definitions: Definitions) -> tuple[int, bytes]:
    """How many pages the file has that holds a page of a return, and the PNG of that page, counted from 0.

    Both are empty if it cannot be drawn. Raises `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, _):
        reading = ledger.reading(return_id)
        later, page = reading.where_is(page) if reading else ("", page)
        sha256 = ledger.file_of(later or return_id)
    path = Archive(folder).find(sha256) if sha256 else None
    if not path:
        return 0, b""
    with _drawing:
        count, png = _drawn(path.absolute(), page)
        if not png:
            _drawn.cache_clear()  # it may be drawn at another time
        return count, png


@lru_cache(_KEPT)
def _drawn(path: Path, page: int) -> tuple[int, bytes]:
    """The page of an archived file, which never changes: it is asked for again after each decision about the return."""
    return draw_file(path, page)


def draw_file(path: Path, page: int) -> tuple[int, bytes]:
    """How many pages a file has, and the PNG of one, counted from 0; both empty if it cannot be drawn."""
    wanted = str(page).encode() + _SEPARATOR + os.fsencode(path.absolute())
    for _, answer in Workers(PageDrawer(), Limits(), 1).map([(None, wanted)]):
        if not isinstance(answer, Failure):
            return int.from_bytes(answer[:2]), answer[2:]
    return 0, b""


def _pdf_page(path: Path, number: int) -> bytes:
    document = opened_pdf(path)
    count = len(document).to_bytes(2)
    if number >= len(document):
        return count
    document.init_forms()
    page = document[number]
    scale = min(SCALE, LONGEST_EDGE / max(1.0, *page.get_size()))
    return count + _png(page.render(scale=scale, may_draw_forms=True).to_pil())


def opened_pdf(path: Path) -> PdfDocument:
    """The PDF; a damaged one that PDFium does not open, as qpdf makes it whole."""
    import pikepdf
    import pypdfium2 as pdfium  # both are slow to import

    from thep_forms.reading.opening import rewritten

    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            return pdfium.PdfDocument(rewritten(pdf))


def _picture(path: Path, number: int) -> bytes:
    from thep_forms.reading.pictures.files import count_pictures, pictures_in

    count = count_pictures(path)
    found = b""
    for picture in pictures_in(path, [number]) if number < count else ():
        picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        found = _png(picture)
    return count.to_bytes(2) + found


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
