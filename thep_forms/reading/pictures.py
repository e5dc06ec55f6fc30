"""Pages that are pictures, or whose letters nobody can tell: the form is known by the QR code that is printed on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pypdfium2
import zxingcpp
from msgspec import Struct

from thep_forms.definition.identity import Code, read_code

DOTS = 200  # an inch: a code's module is then three dots wide
MOST_DOTS = 4000  # along the longer edge of a page
MOST_WITHOUT = 50  # pages in a row without a code, before the rest is not looked at


class CodedPage(Struct, frozen=True):
    """A page with a form's code on it."""

    page: int  # index
    code: Code


def coded_pages(data: bytes, pages: Sequence[int]) -> Iterator[CodedPage]:
    """Those of `pages` that carry the code of a form, whatever way round they lie."""
    without = 0
    with pypdfium2.PdfDocument(data) as document:
        for number in pages:
            if without == MOST_WITHOUT:
                break
            page = document[number]
            scale = min(DOTS / 72, MOST_DOTS / max(*page.get_size(), 1.0))
            picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
            page.close()
            found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
            code = next(filter(None, (read_code(one.text) for one in found)), None)
            without = 0 if code else without + 1
            if code:
                yield CodedPage(number, code)
