"""The picture reader: it knows a form by the QR code on its pages, where they are pictures or their letters unknown.

It reads pages that are drawn from PDFs, and files that are pictures. What stands in their boxes is read by `paper`,
where the libraries for that are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import pypdfium2
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from thep_forms.reading import reasons
from thep_forms.reading.classify import DefinitionOfYear
from thep_forms.reading.code_search import CodeSearch
from thep_forms.reading.damage import attempt
from thep_forms.reading.model import Answer, FileKind, Reading
from thep_forms.reading.pace import next_step
from thep_forms.reading.page_codes import are_one_form, first_of
from thep_forms.reading.paper import is_installed
from thep_forms.reading.picture_files import LargePictureError, PictureError, pictures_in, taken_at
from thep_forms.reading.seen import SeenCode, SeenPage

DOTS = 200  # an inch: a code's module is then three dots wide
MOST_DOTS = 4000  # along the longer edge of a page
MOST_WITHOUT = 50  # pages in a row without a code, before the rest is not looked at
MOST_UNKNOWN = 10  # pages in a row that are none of the form's, before pages are no longer compared with its print


class PagePicture(Struct, frozen=True):
    """A page as a grey picture; `page` is its index in the file."""

    page: int
    picture: Image.Image


def drawn_pages(data: bytes, pages: Sequence[int]) -> Iterator[PagePicture]:
    """Pages of a PDF, drawn one by one."""
    with pypdfium2.PdfDocument(data) as document:
        for number in pages:
            page = document[number]
            scale = min(DOTS / 72, MOST_DOTS / max(*page.get_size(), 1.0))
            picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
            page.close()
            yield PagePicture(number, picture)


def seen_pages(pages: Iterable[PagePicture], definitions: DefinitionOfYear) -> Iterator[SeenPage]:
    """The pages of the form that the pictures show, several of which may be in one picture.

    Where the libraries for it are installed, they come with what stands in their boxes, and a page without a code is
    recognised by its print.
    """
    read_on = _reader(definitions)
    search, without = CodeSearch(), 0
    for page in pages:
        next_step()
        codes = sorted(search.codes_in(page.picture), key=lambda seen: str(seen.code))
        seen = read_on(page, codes, without < MOST_UNKNOWN)
        without = 0 if seen else without + 1
        yield from seen
        if without == MOST_WITHOUT:
            break


def coded_pages(pages: Iterable[PagePicture]) -> Iterator[SeenPage]:
    """Those of the pages that carry the code of a form, whatever way round they lie; several may be on one sheet."""
    search, without = CodeSearch(), 0
    for page in pages:
        codes = sorted(search.codes_in(page.picture), key=lambda seen: str(seen.code))
        without = 0 if codes else without + 1
        yield from _by_codes(page, codes)
        if without == MOST_WITHOUT:
            break


def _by_codes(page: PagePicture, codes: Iterable[SeenCode]) -> list[SeenPage]:
    return [SeenPage(page.page, seen.code.page, seen.code) for seen in codes]


def _reader(definitions: DefinitionOfYear) -> Callable[[PagePicture, Sequence[SeenCode], bool], list[SeenPage]]:
    """What reads the pages in a picture: nothing but their codes where the libraries for more are missing."""
    if not is_installed():
        return lambda page, codes, _: _by_codes(page, codes)
    from thep_forms.reading.paper.reader import read_picture  # takes time to import, and few files need it

    def read_on(page: PagePicture, codes: Sequence[SeenCode], may_lack_code: bool) -> list[SeenPage]:
        read = partial(read_picture, page.picture, page.page, codes, definitions, may_lack_code=may_lack_code)
        found, has_failed = attempt(read, list[SeenPage]())
        return [replace(seen, is_legible=False) for seen in _by_codes(page, codes)] if has_failed else found

    return read_on


def pictured_forms(pages: Iterable[PagePicture], definitions: DefinitionOfYear) -> list[Reading]:
    """A reading of each form that is pictured on the pages, without what a file says of itself."""
    form = definitions(None).identifier
    seen = [page for page in seen_pages(pages, definitions) if page.code is None or page.code.form == form]
    return [_reading(of_form, definitions) for of_form in _by_form(seen)]


def read_picture(data: bytes, definitions: DefinitionOfYear) -> tuple[Reading, ...]:
    """A reading of each form that is pictured in a file that is a picture; one reading at least."""
    try:
        pages = (PagePicture(number, picture) for number, picture in enumerate(pictures_in(data)))
        readings = pictured_forms(pages, definitions)
    except LargePictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.LARGE_PICTURE),)
    except PictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.DAMAGED_PICTURE),)
    if not readings:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.NO_CODE),)
    taken = taken_at(data)
    return tuple(replace(reading, modified=taken) for reading in readings)


def _reading(pages: Sequence[SeenPage], definitions: DefinitionOfYear) -> Reading:
    """What the pages of one form say."""
    first = first_of([page.code for page in pages if page.code])
    answers: dict[str, Answer] = {}
    for page in pages:
        answers.update(page.answers)
    places = tuple(page.place for page in pages if page.place)
    is_legible = all(page.is_legible for page in pages)
    missing = _missing(pages, definitions) if answers else ()
    if first and not answers:
        first = replace(first, digest="")  # nothing was read that could be compared with that
    return Reading(
        FileKind.SCAN,
        answers,
        form_id=first.form_id if first else "",
        title=next((page.title for page in pages if page.title), ""),
        reason=reasons.PICTURE if is_legible else reasons.ILLEGIBLE,
        pages_missing=missing,
        boxes=tuple(sorted(answers)) if missing else (),
        places=places,
    )


def _missing(pages: Sequence[SeenPage], definitions: DefinitionOfYear) -> tuple[int, ...]:
    """The numbers of the pages of a form that are in no picture, as far as a code says how many it has."""
    total = max((page.code.pages for page in pages if page.code), default=0)
    if not total:
        from thep_forms.reading.paper.printed import printed_pages  # there, as a page was recognised by its print

        total = len(printed_pages(definitions(None)))
    came = {page.number for page in pages if page.is_legible}
    return tuple(number for number in range(1, total + 1) if number not in came)


def _by_form(pages: Iterable[SeenPage]) -> list[list[SeenPage]]:
    """The pages of each form: a page that its form has already begins another form.

    A page without a code goes with the form before it.
    """
    forms: list[list[SeenPage]] = []
    for page in pages:
        near = forms[-1:] if page.code is None else [form for form in forms if _are_one_form((*form, page))]
        if near and all(other.number != page.number for other in near[-1]):
            near[-1].append(page)
        else:
            forms.append([page])
    return forms


def _are_one_form(pages: Iterable[SeenPage]) -> bool:
    return are_one_form([page.code for page in pages if page.code])
