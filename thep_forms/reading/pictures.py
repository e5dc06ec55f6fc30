"""The picture reader: it knows a form by the QR code on its pages, where they are pictures or their letters unknown.

It reads pages that are drawn from PDFs, and files that are pictures. No answer is read from pictures yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pypdfium2
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from thep_forms.definition.identity import Code
from thep_forms.reading import reasons
from thep_forms.reading.code_search import CodeSearch
from thep_forms.reading.model import FileKind, Reading
from thep_forms.reading.page_codes import are_one_form, first_of
from thep_forms.reading.picture_files import LargePictureError, PictureError, pictures_in, taken_at

DOTS = 200  # an inch: a code's module is then three dots wide
MOST_DOTS = 4000  # along the longer edge of a page
MOST_WITHOUT = 50  # pages in a row without a code, before the rest is not looked at


class PagePicture(Struct, frozen=True):
    """A page as a grey picture; `page` is its index in the file."""

    page: int
    picture: Image.Image


class CodedPage(Struct, frozen=True):
    """A page with a form's code on it; `page` is an index."""

    page: int
    code: Code


def drawn_pages(data: bytes, pages: Sequence[int]) -> Iterator[PagePicture]:
    """Pages of a PDF, drawn one by one."""
    with pypdfium2.PdfDocument(data) as document:
        for number in pages:
            page = document[number]
            scale = min(DOTS / 72, MOST_DOTS / max(*page.get_size(), 1.0))
            picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
            page.close()
            yield PagePicture(number, picture)


def coded_pages(pages: Iterable[PagePicture]) -> Iterator[CodedPage]:
    """Those of the pages that carry the code of a form, whatever way round they lie; several may be on one sheet."""
    search, without = CodeSearch(), 0
    for page in pages:
        codes = search.codes_in(page.picture)
        without = 0 if codes else without + 1
        for code in sorted(codes, key=str):
            yield CodedPage(page.page, code)
        if without == MOST_WITHOUT:
            break


def pictured_forms(pages: Iterable[PagePicture], form: str) -> list[str]:
    """The `form_id` of each form that is pictured on the pages; `form` is the form's name in its codes.

    It has no digest: no answer is read that could be compared with that.
    """
    codes = [replace(coded.code, digest="") for coded in coded_pages(pages) if coded.code.form == form]
    firsts = (first_of(codes_of_form) for codes_of_form in _by_form(codes))
    return [first.form_id for first in firsts if first]


def read_picture(data: bytes, form: str) -> tuple[Reading, ...]:
    """A reading of each form that is pictured in a file that is a picture; one reading at least."""
    try:
        pages = (PagePicture(number, picture) for number, picture in enumerate(pictures_in(data)))
        form_ids = pictured_forms(pages, form)
    except LargePictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.LARGE_PICTURE),)
    except PictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.DAMAGED_PICTURE),)
    if not form_ids:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.NO_CODE),)
    taken = taken_at(data)
    return tuple(
        Reading(FileKind.SCAN, form_id=form_id, modified=taken, reason=reasons.PICTURE) for form_id in form_ids
    )


def _by_form(codes: Iterable[Code]) -> list[list[Code]]:
    """The codes of each form's pages: a page that its form has already begins another form."""
    forms: list[list[Code]] = []
    for code in codes:
        same = [form for form in forms if are_one_form((*form, code))]
        if same and all(other.page != code.page for other in same[-1]):
            same[-1].append(code)
        else:
            forms.append([code])
    return forms
