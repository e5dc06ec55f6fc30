"""The picture reader: it knows a form by the QR code on its pages, where they are pictures or their letters unknown.

It reads pages that are drawn from PDFs, and files that are pictures. What stands in their boxes is read by `paper`,
where the libraries for that are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from PIL import Image, ImageOps

from thep_forms.reading import reasons
from thep_forms.reading.classify import DefinitionOfYear
from thep_forms.reading.code_search import CodeSearch, is_mostly_dark, may_show_something
from thep_forms.reading.damage import attempt
from thep_forms.reading.model import Answer, FileKind, Note, Reading
from thep_forms.reading.page_codes import are_one_form, first_of
from thep_forms.reading.paper import is_installed
from thep_forms.reading.pictures.files import LargePictureError, PictureError, taken_at
from thep_forms.reading.pictures.pace import SharedReading, WantedPicture, next_step, shared_reading
from thep_forms.reading.pictures.page_sources import DrawnPages, FilePictures, PageSource, SourcePicture
from thep_forms.reading.seen import SeenCode, SeenPage
from thep_forms.sources.file_types import FileType

FEWEST_SHARED = 2  # pages of a file that are read each by whichever process is free
MOST_UNKNOWN = 10  # pages in a row that are none of the form's, before others are no longer looked at thoroughly
MOST_OTHERS = 8  # pages that are none of the form's, of which is looked whether they are blank
MOST_WITHOUT = 50  # the same, before the rest is not looked at

ReadPage = Callable[[SourcePicture, bool], list[SeenPage]]


def drawn_pages(data: bytes, pages: Sequence[int]) -> Iterator[SourcePicture]:
    """Pages of a PDF, drawn one by one."""
    return DrawnPages(data, pages).pictures(pages)


def seen_pages(source: PageSource, definitions: DefinitionOfYear) -> list[SeenPage]:
    """The pages of the form that the pictures show, several of which may be in one picture.

    Where the libraries for it are installed, they come with what stands in their boxes, and a page without a code is
    recognised by its print. Raises `PictureError` if every picture is damaged.
    """
    shared = _shared(source)
    found: list[SeenPage] = []
    without = 0
    for indices in _waves(source.indices):
        wanted = [WantedPicture(index, without < MOST_UNKNOWN) for index in indices]
        read = shared.take(wanted, len(source.indices)) if shared else _read_here(source, wanted, definitions)
        if read is None:
            return found  # which does not count, as these are read elsewhere first
        for seen in read:
            found += seen
            without = 0 if seen else without + 1
            if without == MOST_WITHOUT:
                return found
    if found and all(page.has_failed for page in found):
        raise PictureError
    return found


def _waves(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    """Pages that are read without looking at what was found on each other: it may be that no further ones are read."""
    start, end = 0, MOST_UNKNOWN
    while start < len(indices):
        yield indices[start:end]
        start, end = end, (end // MOST_WITHOUT + 1) * MOST_WITHOUT


def _shared(source: PageSource) -> SharedReading | None:
    """The reading whose pictures are read elsewhere; None where another process could not find these, or for few."""
    is_worth_it = isinstance(source.file, Path) and len(source.indices) >= FEWEST_SHARED
    return shared_reading() if is_worth_it else None


def read_wanted(
    file: Path, file_type: FileType | None, wanted: WantedPicture, definitions: DefinitionOfYear
) -> list[SeenPage]:
    """The pages of the form in one picture of a file; a page that has failed if it is damaged."""
    try:
        source: PageSource = DrawnPages(file, [wanted.index]) if file_type is FileType.PDF else FilePictures(file)
        (seen,) = _read_here(source, [wanted], definitions)
    except PictureError:
        return [failed_page(wanted.index)]
    return seen


def failed_page(index: int) -> SeenPage:
    """The page in a picture that is damaged, or broke its reader."""
    return SeenPage(index, 0, is_legible=False, has_failed=True)


def _read_here(
    source: PageSource, wanted: Sequence[WantedPicture], definitions: DefinitionOfYear
) -> Iterator[list[SeenPage]]:
    """The pages of the form in each of the pictures."""
    read_on = _reader(definitions)
    is_thorough = {each.index: each.is_thorough for each in wanted}
    for page in source.pictures([each.index for each in wanted]):
        next_step()
        yield read_on(page, is_thorough[page.page]) if page.picture else [failed_page(page.page)]


def coded_pages(pages: Iterable[SourcePicture]) -> Iterator[SeenPage]:
    """Those of the pages that carry the code of a form, whatever way round they lie; several may be on one sheet."""
    search, without = CodeSearch(), 0
    for page in pages:
        codes = sorted(search.codes_in(page.picture), key=lambda seen: str(seen.code)) if page.picture else []
        without = 0 if codes else without + 1
        yield from _by_codes(page, codes)
        if without == MOST_WITHOUT:
            break


def _by_codes(page: SourcePicture, codes: Iterable[SeenCode]) -> list[SeenPage]:
    return [SeenPage(page.page, seen.code.page, seen.code) for seen in codes]


def _reader(definitions: DefinitionOfYear) -> ReadPage:
    """What reads the pages in a picture: nothing but their codes where the libraries for more are missing."""
    has_engine = is_installed()

    def read_on(page: SourcePicture, is_thorough: bool) -> list[SeenPage]:
        if page.picture is None:
            return []
        found = read_as(page, page.picture, is_thorough)
        if not any(seen.is_legible for seen in found) and is_thorough and is_mostly_dark(page.picture):
            positive = read_as(page, ImageOps.invert(page.picture), is_thorough)
            return positive if any(seen.is_legible for seen in positive) else found
        return found

    def read_as(page: SourcePicture, picture: Image.Image, is_thorough: bool) -> list[SeenPage]:
        search = CodeSearch() if is_thorough else CodeSearch(0)
        codes = sorted(search.codes_in(picture), key=lambda seen: str(seen.code))
        if not has_engine or not (codes or may_show_something(picture)):
            return _by_codes(page, codes)
        from thep_forms.reading.paper.reader import read_picture  # takes time to import, and few files need it

        read = partial(read_picture, picture, page.page, codes, definitions, may_lack_code=is_thorough)
        found, has_failed = attempt(read, list[SeenPage]())
        return [replace(seen, is_legible=False) for seen in _by_codes(page, codes)] if has_failed else found

    return read_on


def pictured_forms(source: PageSource, definitions: DefinitionOfYear) -> list[Reading]:
    """A reading of each form that is pictured on the pages, without what a file says of itself.

    Each page that nobody could read has a reading of its own, which says so. Raises `PictureError` if that is all.
    """
    form = definitions(None).identifier
    seen: list[SeenPage] = []
    failed: dict[int, Reading] = {}  # by the picture's index
    for page in seen_pages(source, definitions):
        if page.has_failed:
            failed[page.page] = Reading(FileKind.SCAN, reason=reasons.PAGE_FAILED.format(page=page.page + 1))
        elif page.code is None or page.code.form == form:
            seen.append(page)
    readings = [_reading(of_form, definitions) for of_form in _by_form(seen)]
    if readings and _shows_others(source, {*failed, *(page.page for page in seen)}):
        readings = [replace(reading, shows_more=True) for reading in readings]
    return [*readings, *failed.values()]


def _shows_others(source: PageSource, known: Collection[int]) -> bool:
    """Whether pictures besides those that are `known` are more than blank paper. Of many that is not looked for."""
    others = [index for index in source.indices if index not in known]
    if len(others) > MOST_OTHERS:
        return True
    for page in source.pictures(others):
        next_step()
        if page.picture is None or may_show_something(page.picture):
            return True
    return False


def read_picture(file: Path | bytes, definitions: DefinitionOfYear) -> tuple[Reading, ...]:
    """A reading of each form that is pictured in a file that is a picture; one reading at least."""
    try:
        source = FilePictures(file)
        readings = pictured_forms(source, definitions)
    except LargePictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.LARGE_PICTURE),)
    except PictureError:
        return (Reading(FileKind.NOT_A_FORM, reason=reasons.DAMAGED_PICTURE),)
    if not readings:
        reason = reasons.NO_CODE if is_installed() else reasons.NO_CODE_NOT_INSTALLED
        return (Reading(FileKind.NOT_A_FORM, reason=reason),)
    taken = taken_at(file)
    page_count = len(source.indices)
    return tuple(replace(reading, modified=taken, page_count=page_count) for reading in readings)


def _reading(pages: Sequence[SeenPage], definitions: DefinitionOfYear) -> Reading:
    """What the pages of one form say."""
    first = first_of([page.code for page in pages if page.code])
    answers: dict[str, Answer] = {}
    for page in pages:
        answers.update(page.answers)
    places = tuple(page.place for page in pages if page.place)
    missing = _missing(pages, definitions) if answers else ()
    if first and not answers:
        first = replace(first, digest="")  # nothing was read that could be compared with that
    return Reading(
        FileKind.SCAN,
        answers,
        notes=tuple(Note("", page.page) for page in pages if page.shows_more),
        form_id=first.form_id if first else "",
        title=next((page.title for page in pages if page.title), ""),
        reason=_reason(pages),
        pages_missing=missing,
        boxes=tuple(sorted(answers)) if missing else (),
        places=places,
        pages=tuple(sorted({page.number for page in pages if page.is_legible})),
        shows_more=any(page.shows_more for page in pages),
    )


def _reason(pages: Sequence[SeenPage]) -> str:
    """Why nothing is read where nothing is: on a page without boxes, nothing was looked for."""
    if not is_installed():
        return reasons.NOT_INSTALLED
    if not all(page.is_legible for page in pages):
        return reasons.ILLEGIBLE
    if not any(page.place or page.shows_more for page in pages):
        return reasons.NOTHING_ASKED
    may_say_something = any(page.number == 1 or page.shows_more for page in pages)
    return reasons.PICTURE if may_say_something else reasons.NOTHING_WRITTEN


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
