"""Where the boxes of the form are in a picture of it, which may be in perspective, by the places of its pages."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from thep_forms.definition.form import Box, FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.layout import MM, PlacedBox, Rect, lay_out
from thep_forms.reading import PagePlace, Reading

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


def pictured_boxes(reading: Reading, definition: FormDefinition, *, with_margin: bool = True) -> dict[str, PicturedBox]:
    """The boxes on those pages of the form whose place is known, by name; `with_margin` with some paper around each."""
    if not reading.places:
        return {}
    height = definition.file.page.height * MM
    found: dict[str, PicturedBox] = {}
    for number, box, rect in _placed(definition):
        margin = _margin(box) if with_margin else 0.0
        left, right = rect.x - margin, rect.x + rect.width + margin
        top, bottom = height - rect.top - margin, height - rect.y + margin
        if place := _place(reading, number, box.name):
            points = ((left, top), (left, bottom), (right, bottom), (right, top))
            corners = tuple(_in_picture(place.matrix, *point) for point in points)
            found[box.name] = PicturedBox(place.page, corners, right - left, bottom - top)
    return found


def _placed(definition: FormDefinition) -> Iterator[tuple[int, Box, Rect]]:
    """Each box of the form, with the number of its page and its place there."""
    for number, page in enumerate(lay_out(definition), 1):
        for group in page.groups:
            for item in group.items:
                if isinstance(item, PlacedBox):
                    yield number, item.box, item.rect


def _margin(box: Box) -> float:
    return BESIDE_TICK if box.kind is Kind.TICKS else BESIDE


def _place(reading: Reading, number: int, name: str) -> PagePlace | None:
    """The place of a page of the form. One that was pictured twice counts where the answer was read."""
    places = [place for place in reading.places if place.number == number]
    answer = reading.answers.get(name)
    where_read = [place for place in places if answer and place.page == answer.page]
    return next(iter([*where_read, *places]), None)


def _in_picture(matrix: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    """A point of the page in the picture, as shares of its width and height."""
    across, down, scale = (matrix[row] * x + matrix[row + 1] * y + matrix[row + 2] for row in (0, 3, 6))
    return (across / scale, down / scale) if scale else (0.0, 0.0)


def bounds(box: PicturedBox) -> tuple[float, float, float, float]:
    """The left, top, width and height of a box that lies askew, as shares."""
    xs, ys = [x for x, _ in box.corners], [y for _, y in box.corners]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
