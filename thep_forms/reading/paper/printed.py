"""The form's pages as they are printed, without an answer on them: what a picture of a page is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import cv2
import numpy as np
import pypdfium2
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.definition.form import FormDefinition
from thep_forms.layout import MM, Label, PageLayout, PlacedBox, PlacedText, Rect, body_of
from thep_forms.layout.foot import LINE_SIZE, LINES, code_area, school_area
from thep_forms.layout.model import Item
from thep_forms.reading.form_layouts import printed_form

cv2.setNumThreads(1)  # each page has a process of its own

Picture = NDArray[np.uint8]  # greys, row by row: 0 is black
Mask = NDArray[np.uint8]  # 255 where something is, else 0

DOTS = 200  # an inch, of straightened pages
SCALE = DOTS / 72  # dots a point
PRINT = 200  # of 255: what is darker is printed; paper is 255
CAPITALS = 0.7  # of a type size: how high its capitals are
NAME = 170  # dots of the line at the foot
_FORMS = 8  # that are kept in memory


class DotArea(Struct, frozen=True):
    """A rectangle in dots of a straightened page, from its upper left corner."""

    left: int
    top: int
    right: int
    bottom: int

    def within(self, picture: Picture) -> Picture:
        """What the picture of a page shows there."""
        return picture[max(self.top, 0) : max(self.bottom, 0), max(self.left, 0) : max(self.right, 0)]

    def grown(self, across: int, down: int) -> DotArea:
        """The area with that many dots more on each side."""
        return DotArea(self.left - across, self.top - down, self.right + across, self.bottom + down)


class Fineness(Struct, frozen=True):
    """How closely pictures are looked at: the dots along their longer edge, and how many features each has at most."""

    edge: int
    of_page: int
    of_picture: int


FEW = Fineness(850, 800, 1100)  # takes a fifth of the time, and nearly always does
MANY = Fineness(1400, 2500, 4000)


class Features(Struct, frozen=True):
    """Points of a picture that can be recognised anywhere, and what describes each."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]


class BlankPage:
    """A page of the form. `number` counts from 1; `layout` is None for a page without boxes.

    `of_layout` is the year whose form is laid out so. `code` is where its code is, `school` where a copy on paper names
    its school, `foot` where the line with the year is at its foot. `worded_otherwise` is where other copies may have
    other words: another day or address of return, or what only copies with answers say. `dfe_prefix` is what is printed
    before the box for the DfE number.
    """

    def __init__(self, number: int, layout: PageLayout | None, picture: Picture, definition: FormDefinition) -> None:
        """`picture` is the page at `DOTS`."""
        measures = definition.file.page
        self.number, self.layout, self.picture, self.height = number, layout, picture, measures.height * MM
        self.of_layout = str(definition.year)
        self.dfe_prefix = definition.partnership.dfe_prefix
        body = body_of(measures)
        self.code, self.school = self.area(code_area(body)), self.area(school_area(body))
        line, back = body.y - LINES[0], body.y - LINES[1]
        address = Rect(body.x, back, 0.75 * body.width, CAPITALS * LINE_SIZE)
        texts = [item for item in self.items if isinstance(item, PlacedText)]
        changing = [text.rect for text in texts if definition.is_worded_otherwise(text.name)]
        self.foot = self.area(Rect(body.x, line - LINE_SIZE / 2, 0.75 * body.width, 1.6 * LINE_SIZE))
        self.worded_otherwise = tuple(map(self.area, (*changing, address)))

    @cached_property
    def name(self) -> DotArea:
        """Where the line at its foot begins, with the name of the partnership."""
        letters = np.argwhere(self.foot.within(self.picture) < PRINT)
        (top, left), (bottom, _) = letters.min(axis=0).tolist(), letters.max(axis=0).tolist()
        left += self.foot.left
        return DotArea(left, self.foot.top + top, left + NAME, self.foot.top + bottom + 1)

    @property
    def boxes(self) -> Sequence[PlacedBox]:
        """Its boxes, in tab order."""
        return self.layout.boxes if self.layout else ()

    @property
    def may_end_early(self) -> bool:
        """Whether some of its blocks may not be there: nobody knows how many a copy's last page has."""
        return self.layout is not None and self.layout.school is not None

    @property
    def items(self) -> Sequence[Item]:
        """Its printed words and boxes, in reading order: each label before its box."""
        return self.layout.items if self.layout else ()

    @property
    def labels(self) -> Sequence[Label]:
        """Its printed labels."""
        return self.layout.labels if self.layout else ()

    def area(self, rect: Rect) -> DotArea:
        """Where a rectangle of the layout is on the straightened page."""
        top, bottom = self.height - rect.top, self.height - rect.y
        return DotArea(round(rect.x * SCALE), round(top * SCALE), round(rect.right * SCALE), round(bottom * SCALE))

    @cached_property
    def few_features(self) -> Features:
        """What it is recognised by where it lies alone and clear, in dots of the straightened page."""
        return features_of(self.picture, FEW.edge, FEW.of_page)

    @cached_property
    def many_features(self) -> Features:
        """The same of a page that is harder to recognise."""
        return features_of(self.picture, MANY.edge, MANY.of_page)


def smaller(picture: Picture, edge: int) -> tuple[Picture, float]:
    """The picture with a longer edge of that many dots at most, and how many times as long its edges are then."""
    factor = min(edge / max(picture.shape), 1.0)
    if factor == 1:
        return picture, factor
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8), factor


def features_of(picture: Picture, edge: int, most: int) -> Features:
    """The features that stand out most in a picture, looked at with a longer edge of `edge` dots at most."""
    small, factor = smaller(picture, edge)
    finder = cv2.SIFT.create(nfeatures=most, contrastThreshold=0.03)
    points, descriptors = finder.detectAndCompute(small, None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    return Features(np.array([point.pt for point in points], np.float32) / np.float32(factor), descriptors)


def printed_pages(definition: FormDefinition, pages: int = 0) -> tuple[BlankPage, ...]:
    """The pages of the form. A copy that has more blocks than usual has `pages` of them."""
    usual = _pages(definition, 0)
    return _pages(definition, pages) if pages > len(usual) else usual


@lru_cache(maxsize=_FORMS)
def _pages(definition: FormDefinition, pages: int) -> tuple[BlankPage, ...]:
    form = printed_form(definition, pages)
    found: list[BlankPage] = []
    for number, (layout, picture) in enumerate(zip(form.layouts, _drawn(form.pdf), strict=False), 1):
        found.append(BlankPage(number, layout, picture, definition))
    return tuple(found)


def _drawn(pdf: bytes) -> list[Picture]:
    pictures: list[Picture] = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            pictures.append(np.array(page.render(scale=SCALE, grayscale=True).to_pil()))
            page.close()
    return pictures
