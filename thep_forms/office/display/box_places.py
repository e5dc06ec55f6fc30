"""Where the boxes of a return are on the pages of its file: to light up the answer that a person has in hand.

A PDF with fields says it itself. On a print the layout of the form says it, and in a picture the reader of pictures,
which found the pages. Limitation: a page that it did not find, and one of another shape than the form's, say nothing.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.layout import MM, PlacedBox, lay_out
from thep_forms.office.display.page_pictures import opened_pdf
from thep_forms.office.display.pictured_boxes import bounds, pictured_boxes
from thep_forms.office.opening import open_records
from thep_forms.reading import FileKind, Reading
from thep_forms.records import Archive
from thep_forms.work import Failure, Limits, Workers

_KEPT = 8  # files whose pages are kept in memory: an archived file never changes
_FINENESS = 100_000  # steps across a page
_SAME_SHAPE = 0.03  # how much the proportions of a page may differ from the form's, as a share


class BoxPlace(Struct, frozen=True):
    """Where a box is: the index of the page, and the place on it from its upper left corner, in per cent."""

    page: int
    left: float
    top: float
    width: float
    height: float


class PageShape(Struct, frozen=True):
    """The width of a page divided by its height."""

    ratio: float


class FilePages(Struct, frozen=True):
    """The shapes of a file's pages, and the places of the boxes that it has, by their names."""

    pages: tuple[PageShape, ...] = ()
    boxes: Mapping[str, tuple[BoxPlace, ...]] = {}


class ShownPages(Struct, frozen=True):
    """How many pages there are, where that is known, and where each box is on them."""

    count: int
    boxes: Mapping[str, BoxPlace]


class BoxFinder(Struct, frozen=True):
    """Finds the boxes of a PDF. It is given the path of the file, and answers with the JSON of `FilePages`."""

    def __call__(self, path: bytes) -> bytes:
        """The pages of the file."""
        file = Path(os.fsdecode(path))
        return msgspec.json.encode(_pages_of_pdf(file) if file.suffix == ".pdf" else FilePages())


def look_up_places(folder: Path, return_id: str, definitions: Definitions) -> ShownPages:
    """Where the boxes of a return are. Nothing where nobody knows. Raises `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (ledger, records):
        sha256, reading = ledger.file_of(return_id), ledger.reading(return_id)
        returned = records.find(return_id)
    path = Archive(folder).find(sha256) if sha256 else None
    if not path or not reading or not returned:
        return ShownPages(0, {})
    found = _read(path)
    definition = definitions(MembershipYear.parse(returned.year) if returned.year else None)
    boxes = _of_this_form(found.boxes, reading) or _in_pictures(reading, returned.year, definitions)
    if not boxes:
        boxes = dict(_by_layout(found, reading, definition))
    return ShownPages(reading.page_count if reading.later_pages else len(found.pages), boxes)


@lru_cache(_KEPT)
def _read(path: Path) -> FilePages:
    for _, answer in Workers(BoxFinder(), Limits(), 1).map([(path, os.fsencode(path.absolute()))]):
        if not isinstance(answer, Failure):
            return msgspec.json.decode(answer, type=FilePages)
    return FilePages()


def _of_this_form(boxes: Mapping[str, tuple[BoxPlace, ...]], reading: Reading) -> dict[str, BoxPlace]:
    """The place of each box. A file may hold several forms: each answer says on which page it stands."""
    found: dict[str, BoxPlace] = {}
    for name, places in boxes.items():
        answer = reading.answers.get(name)
        on_its_page = [place for place in places if answer and place.page == answer.page]
        found[name] = (*on_its_page, *places)[0]
    return found


def _in_pictures(reading: Reading, year: str, definitions: Definitions) -> dict[str, BoxPlace]:
    """The places of the boxes on pages that the reader of pictures found."""
    found: dict[str, BoxPlace] = {}
    for name, box in pictured_boxes(reading, year, definitions, with_margin=False).items():
        left, top, width, height = (100 * share for share in bounds(box))
        found[name] = BoxPlace(box.page, left, top, width, height)
    return found


# --- by the layout ------------------------------------------------------------------------------------------------


def _by_layout(file: FilePages, reading: Reading, definition: FormDefinition) -> Iterator[tuple[str, BoxPlace]]:
    """The places of the boxes on a print or a scan that has the form's pages as they are laid out."""
    measures = definition.file.page
    width, height = measures.width * MM, measures.height * MM
    for number, page in enumerate(lay_out(definition)):
        placed = [item for group in page.groups for item in group.items if isinstance(item, PlacedBox)]
        index = _page_of(number, placed, reading)
        if index is None or index >= len(file.pages) or not _has_shape(file.pages[index], width / height):
            continue
        for item in placed:
            rect = item.rect
            yield (
                item.box.name,
                BoxPlace(
                    index,
                    100 * rect.x / width,
                    100 * (1 - rect.top / height),
                    100 * rect.width / width,
                    100 * rect.height / height,
                ),
            )


def _page_of(number: int, placed: Iterable[PlacedBox], reading: Reading) -> int | None:
    """On which page of the file a page of the form is: where an answer of it was read, or else in the form's order."""
    for item in placed:
        answer = reading.answers.get(item.box.name)
        if answer and answer.page is not None:
            return answer.page
    if reading.kind is not FileKind.SCAN or number + 1 in reading.pages_missing:
        return None
    return number - sum(missing <= number for missing in reading.pages_missing)


def _has_shape(page: PageShape, ratio: float) -> bool:
    return abs(page.ratio / ratio - 1) <= _SAME_SHAPE


# --- by the fields of the file, in a confined process ------------------------------------------------------------


def _pages_of_pdf(path: Path) -> FilePages:
    document = opened_pdf(path)
    document.init_forms()
    pages: list[PageShape] = []
    boxes: dict[str, list[BoxPlace]] = {}
    for number in range(len(document)):
        page = document[number]
        width, height = page.get_size()
        pages.append(PageShape(width / max(height, 1.0)))
        for name, place in _widgets(page, document.formenv, number):
            boxes.setdefault(name, []).append(place)
        page.close()
    return FilePages(tuple(pages), {name: tuple(places) for name, places in boxes.items()})


def _widgets(page: Any, form: Any, number: int) -> Iterator[tuple[str, BoxPlace]]:
    """The name and the place of each field on a page, as the page is shown."""
    from pypdfium2 import raw

    if not form:
        return
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
            name = _name(annotation, form)
            rect = raw.FS_RECTF()
            if name and raw.FPDFAnnot_GetRect(annotation, rect):
                yield name, _place(page, rect, number)
        raw.FPDFPage_CloseAnnot(annotation)


def _name(annotation: Any, form: Any) -> str:
    from pypdfium2 import raw

    length = raw.FPDFAnnot_GetFormFieldName(form.raw, annotation, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFAnnot_GetFormFieldName(form.raw, annotation, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


def _place(page: Any, rect: Any, number: int) -> BoxPlace:
    """A place on a page, which may be turned or cropped, in per cent of what is shown of it."""
    from pypdfium2 import raw

    corners: list[tuple[float, float]] = []
    for x, y in ((rect.left, rect.top), (rect.right, rect.bottom)):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, _FINENESS, _FINENESS, 0, x, y, across, down)
        corners.append((100 * across.value / _FINENESS, 100 * down.value / _FINENESS))
    (x1, y1), (x2, y2) = corners
    return BoxPlace(number, min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
