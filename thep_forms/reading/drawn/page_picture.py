"""A page as PDFium draws it, which knows transparency, clipping and layers: to see what of its letters shows.

Limitations: PDFium may lack a font that is not in the file. So letters that it cannot draw say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import pypdfium2
from msgspec import Struct
from PIL import Image, ImageChops
from pypdfium2 import raw

from thep_forms.reading.drawn.model import Edges, Point

SCALE = 2.0  # dots a point
MOST_DOTS = 8_000_000  # of a page: a larger one is drawn at a smaller scale
DEEPEST = 15  # levels of form XObjects in each other
LEAST_CONTRAST = 10  # of 255 greys: what differs less looks the same
DARK = 160  # of 255 greys: a darker dot is a mark's, a lighter one a ground's or a watermark's
ROWS = (0.5, 0.4, 0.6, 0.3, 0.7)  # of the height of a letter, from its top, where it is looked for

Dots = tuple[int, int, int, int]


class Frame(Struct, frozen=True):
    """Where places of a page are in its picture. `corner` is the page's, `scale` how many dots a point has."""

    corner: Point
    scale: float

    def dots(self, edges: Edges, inset_across: float = 0.0, inset_down: float = 0.0) -> Dots:
        """A place in the picture. The insets are the shares of its sides that are left out at its edges."""
        left, top, right, bottom = edges
        across, down = inset_across * (right - left), inset_down * (bottom - top)
        x, y = self.corner
        return (
            round((left + across - x) * self.scale),
            round((top + down - y) * self.scale),
            round((right - across - x) * self.scale) + 1,
            round((bottom - down - y) * self.scale) + 1,
        )


class PagePicture:
    """The picture of a page, drawn when it is first asked for. Places are as in `model`."""

    def __init__(
        self,
        document: pypdfium2.PdfDocument,
        number: int,
        page: pypdfium2.PdfPage | None,
        size: Point,
        corner: Point,
    ) -> None:
        """`number` is the page's index in the file, `page` the page where it is open already; it is closed here.

        The others are its `DrawnPage`'s.
        """
        self._document, self._number, self._page = document, number, page
        self.frame = Frame(corner, min(SCALE, math.sqrt(MOST_DOTS / max(size[0] * size[1], 1.0))))

    @cached_property
    def greys(self) -> Image.Image:
        """The whole page in greys, as it shows."""
        greys: Image.Image = self._shown.to_pil()
        return greys

    @cached_property
    def text_alone(self) -> Image.Image:
        """How much lighter or darker each dot is than on the page without its letters."""
        return ImageChops.difference(self.greys, self.without_text)

    @cached_property
    def without_text(self) -> Image.Image:
        """The page without its letters."""
        greys: Image.Image = self._drawn(with_text=False).to_pil()
        return greys

    def differs(self, place: Dots, rows: Sequence[float] | None) -> bool:
        """Whether the dots in a place are of more than one grey, in some of its rows, or in any where it is None."""
        bitmap, dots_of_page = self._shown, self._dots
        left, top, right, bottom = place
        stride, height = bitmap.stride, bottom - top
        if left < 0 or top < 0 or right > bitmap.width or bottom > bitmap.height:
            left, top, right, bottom = max(left, 0), max(top, 0), min(right, bitmap.width), min(bottom, bitmap.height)
            height = bottom - top
        if left >= right or height <= 0:
            return False
        if rows is None:
            rows = [number / height for number in range(height)]
        darkest, lightest = 255, 0
        for share in rows:  # mostly the first says it
            start = int(top + share * height) * stride
            dots = sorted(dots_of_page[start + left : start + right])
            darkest, lightest = min(darkest, dots[0]), max(lightest, dots[-1])
            if lightest - darkest > LEAST_CONTRAST:
                return True
        return False

    def darkness(self, place: Dots) -> float:
        """The share of the dots in a place that are dark."""
        left, top, right, bottom = place
        stride, dots_of_page, dark = self._shown.stride, self._dots, 0
        left, right = max(left, 0), min(right, self._shown.width)
        for row in range(max(top, 0), min(bottom, self._shown.height)):
            dots = dots_of_page[row * stride + left : row * stride + right].tobytes()
            if dots and min(dots) < DARK:  # in most places nothing is
                dark += sum(dot < DARK for dot in dots)
        return float(dark / max((right - left) * (bottom - top), 1))

    @cached_property
    def _shown(self) -> pypdfium2.PdfBitmap:
        """The whole page, as it shows."""
        return self._drawn(with_text=True)

    @cached_property
    def _dots(self) -> memoryview:
        """The grey of each dot, row by row: a copy of them would take longer than looking at those in question."""
        return memoryview(self._shown.buffer).cast("B")

    def _drawn(self, *, with_text: bool) -> pypdfium2.PdfBitmap:
        page, self._page = self._page or self._document[self._number], None
        page.set_cropbox(*page.get_mediabox())
        if not with_text:
            for text in _texts(page):
                raw.FPDFPageObj_SetIsActive(text, False)
        bitmap = page.render(scale=self.frame.scale, grayscale=True, draw_annots=False, may_draw_forms=False)
        page.close()
        return bitmap


def _texts(page: pypdfium2.PdfPage) -> Iterator[object]:
    """The text objects of a page, and of the form XObjects that it draws."""
    waiting = [(raw.FPDFPage_GetObject(page.raw, index), 0) for index in range(raw.FPDFPage_CountObjects(page.raw))]
    while waiting:
        thing, depth = waiting.pop()
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield thing
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
            count = max(raw.FPDFFormObj_CountObjects(thing), 0)
            waiting += [(raw.FPDFFormObj_GetObject(thing, index), depth + 1) for index in range(count)]
