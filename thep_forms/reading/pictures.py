"""The picture reader: it knows a form by the QR code on its pages, where they are pictures or their letters unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pypdfium2
import zxingcpp
from msgspec import Struct

from thep_forms.definition.identity import Code, read_code

DOTS = 200  # an inch: a code's module is then three dots wide
MOST_DOTS = 4000  # along the longer edge of a page
MOST_WITHOUT = 50  # pages in a row without a code, before the rest is not looked at


class CodedPage(Struct, frozen=True):
    """A page with a form's code on it; `page` is an index."""

    page: int
    code: Code


def pictured_forms(data: bytes, pages: Sequence[int], form: str) -> list[str]:
    """The `form_id` of each form that is pictured on the pages; `form` is the form's name in its codes."""
    codes = [coded.code for coded in coded_pages(data, pages) if coded.code.form == form]
    return [codes_of_form[0].form_id for codes_of_form in _by_form(codes)]


def coded_pages(data: bytes, pages: Sequence[int]) -> Iterator[CodedPage]:
    """Those of the pages that carry the code of a form, whatever way round they lie."""
    without = 0
    with pypdfium2.PdfDocument(data) as document:
        for number in pages:
            if without == MOST_WITHOUT:
                break
            code = _code_on(document[number])
            without = 0 if code else without + 1
            if code:
                yield CodedPage(number, code)


def _code_on(page: pypdfium2.PdfPage) -> Code | None:
    """The first code of a form on the page, which is closed."""
    scale = min(DOTS / 72, MOST_DOTS / max(*page.get_size(), 1.0))
    picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    page.close()
    for barcode in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)):
        if code := read_code(barcode.text):
            return code
    return None


def _by_form(codes: Iterable[Code]) -> list[list[Code]]:
    """The codes of each form's pages: a page that its school has already begins another form."""
    forms: list[list[Code]] = []
    for code in codes:
        same = [form for form in forms if form[0].form_id == code.form_id]
        if same and all(other.page != code.page for other in same[-1]):
            same[-1].append(code)
        else:
            forms.append([code])
    return forms
