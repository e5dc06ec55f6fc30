"""Whether a place on a page shows something, whatever draws it: a picture, a pattern, a shading or a line."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from thep_forms.reading.drawn.model import DrawnPage, Edges, Point
from thep_forms.reading.drawn.page_picture import DARK, PagePicture
from thep_forms.reading.print.covered import MOST_DIFFERENCE
from thep_forms.reading.print.unseen import WATERMARK

LEAST_DARK = 0.03  # of a place: fewer dots are a speck
PEN = 60  # of 255: a dot that is darker than the paper by so much is a pen's
LEAST_PEN = 0.003  # of a place: fewer such dots are a speck

Turn = Callable[[float, float, float, float], Edges]


class Sight(Struct, frozen=True):
    """A page's picture. Places are on the page once it is turned so that it reads from left to right."""

    drawn: DrawnPage
    picture: PagePicture
    turn: Turn | None

    def shows(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a place has something dark in it that is no watermark."""
        edges = self._edges_before_turn(left, top, right, bottom)
        dark = self.picture.darkness(self.picture.frame.dots(edges))
        return dark >= LEAST_DARK and not self._is_under_watermark(edges)

    def shows_drawing(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a place has something dark in it that is no letter."""
        place = self.picture.frame.dots(self._edges_before_turn(left, top, right, bottom))
        greys = self.picture.without_text.crop(place).histogram()
        return sum(greys[:DARK]) >= LEAST_DARK * sum(greys)

    def is_drawn_on(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a place would be of more than one grey without the letters in it."""
        place = self.picture.frame.dots(self._edges_before_turn(left, top, right, bottom))
        if place[0] >= place[2] or place[1] >= place[3]:
            return False
        greys = self.picture.without_text.crop(place).histogram()
        shades = [shade for shade, count in enumerate(greys) if count]
        return shades[-1] - shades[0] > MOST_DIFFERENCE

    def is_written_on(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a place has something in it that is no letter, and is darker than most of it."""
        place = self.picture.frame.dots(self._edges_before_turn(left, top, right, bottom))
        greys = self.picture.without_text.crop(place).histogram()
        paper = greys.index(max(greys))
        return sum(greys[: max(paper - PEN, 0)]) > LEAST_PEN * sum(greys)

    def _edges_before_turn(self, left: float, top: float, right: float, bottom: float) -> Edges:
        (x, y), (far_x, far_y) = self._before_turn(left, top), self._before_turn(right, bottom)
        return min(x, far_x), min(y, far_y), max(x, far_x), max(y, far_y)

    def _before_turn(self, x: float, y: float) -> Point:
        """Where a point was before the page was turned: a turn keeps lengths and angles."""
        if not self.turn:
            return x, y
        corner, right, below = (self.turn(*point, *point)[:2] for point in ((0, 0), (1, 0), (0, 1)))
        across, down = x - corner[0], y - corner[1]
        return (
            across * (right[0] - corner[0]) + down * (right[1] - corner[1]),
            across * (below[0] - corner[0]) + down * (below[1] - corner[1]),
        )

    def _is_under_watermark(self, edges: Edges) -> bool:
        """Whether a far larger letter lies over the middle of a place."""
        left, top, right, bottom = edges
        x, y, least = (left + right) / 2, (top + bottom) / 2, WATERMARK * (bottom - top)
        for letter in self.drawn.letters:
            if letter.bottom - letter.top >= least and letter.x0 <= x <= letter.x1 and letter.top <= y <= letter.bottom:
                return True
        return False
