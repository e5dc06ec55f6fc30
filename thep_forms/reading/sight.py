"""Whether a place on a page shows something, whatever draws it: a picture, a pattern, a shading or a line."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from thep_forms.reading.drawn import DrawnPage, Edges, Point
from thep_forms.reading.page_picture import PagePicture

LEAST_DARK = 0.04  # of a place: fewer dots are a speck
LARGE = 2.5  # times the side of the place: so high letters over it are a watermark's

Turn = Callable[[float, float, float, float], Edges]


class Sight(Struct, frozen=True):
    """A page's picture. Places are on the page once it is turned so that it reads from left to right."""

    drawn: DrawnPage
    picture: PagePicture
    turn: Turn | None

    def shows(self, x: float, y: float, side: float) -> bool:
        """Whether a square around a point has something dark in it that is no watermark."""
        x, y = self._before_turn(x, y)
        half = side / 2
        place = self.picture.frame.dots((x - half, y - half, x + half, y + half))
        return self.picture.darkness(place) >= LEAST_DARK and not self._is_under_watermark(x, y, LARGE * side)

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

    def _is_under_watermark(self, x: float, y: float, least: float) -> bool:
        for letter in self.drawn.letters:
            if letter.bottom - letter.top >= least and letter.x0 <= x <= letter.x1 and letter.top <= y <= letter.bottom:
                return True
        return False
