"""Where the boxes of the form are in a picture of it, which may be in perspective, by the places of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import MM, Rect
from thep_forms.reading import Answer, PagePlace, Reading
from thep_forms.reading.form_layouts import printed_form

BESIDE, BESIDE_TICK = 3.0, 7.0  # points around a box that belong to its piece of the picture: a tick may stray
SCALE = 2.0  # pixels of a piece for each point of the form


class PicturedBox(Struct, frozen=True):
    """A box in a picture: the index of the picture in its file, and its corners as shares of width and height.

    They are the upper left, lower left, lower right and upper right corner of the box, as it was printed. `width` and
    `height` are its measures on paper, in points.
    """

    page: int
    corners: tuple[tuple[float, float], ...]
    width: float
    height: float

    @property
    def size(self) -> tuple[int, int]:
        """The width and height of its piece of the picture, in pixels."""
        return max(1, round(self.width * SCALE)), max(1, round(self.height * SCALE))


def pictured_boxes(
    reading: Reading, year: str, definitions: Definitions, *, with_margin: bool = True
) -> dict[str, PicturedBox]:
    """The boxes on those pages of the form whose place is known, by name; `with_margin` with some paper around each.

    `year` is that of the return: its layout counts for a place that says no other. Raises `TemplateError`.
    """
    found: dict[str, PicturedBox] = {}
    for layout in dict.fromkeys(place.layout for place in reading.places):
        of_year = layout or year
        definition = definitions(MembershipYear.parse(of_year) if of_year else None)
        height = definition.file.page.height * MM
        places = [place for place in reading.places if place.layout == layout]
        for number, box, rect in _placed(definition, max(place.number for place in places)):
            margin = _margin(box) if with_margin else 0.0
            left, right = rect.x - margin, rect.x + rect.width + margin
            top, bottom = height - rect.top - margin, height - rect.y + margin
            if place := _place(places, number, reading.answers.get(box.name)):
                points = ((left, top), (left, bottom), (right, bottom), (right, top))
                corners = tuple(_in_picture(place.matrix, *point) for point in points)
                found[box.name] = PicturedBox(place.page, corners, right - left, bottom - top)
    return found


def _placed(definition: FormDefinition, pages: int) -> Iterator[tuple[int, Box, Rect]]:
    """Each box of the form, which has so many pages at least, with the number of its page and its place there."""
    for number, page in enumerate(printed_form(definition, pages).layouts, 1):
        for item in page.boxes if page else ():
            yield number, item.box, item.rect


def _margin(box: Box) -> float:
    return BESIDE_TICK if box.kind is Kind.TICKS else BESIDE


def _place(places: Sequence[PagePlace], number: int, answer: Answer | None) -> PagePlace | None:
    """The place of a page of the form. One that was pictured twice counts where the answer was read."""
    of_page = [place for place in places if place.number == number]
    where_read = [place for place in of_page if answer and place.page == answer.page]
    return next(iter([*where_read, *of_page]), None)


def _in_picture(matrix: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    """A point of the page in the picture, as shares of its width and height."""
    across, down, scale = (matrix[row] * x + matrix[row + 1] * y + matrix[row + 2] for row in (0, 3, 6))
    return (across / scale, down / scale) if scale else (0.0, 0.0)


def bounds(box: PicturedBox) -> tuple[float, float, float, float]:
    """The left, top, width and height of a box that lies askew, as shares."""
    xs, ys = [x for x, _ in box.corners], [y for _, y in box.corners]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
