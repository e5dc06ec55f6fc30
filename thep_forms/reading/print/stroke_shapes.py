"""What strokes look like: the frame of a box, a stroke of a pen, a ring, a highlight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from thep_forms.reading.drawn.model import CURVE, RECTANGLE, DrawnStroke, Point
from thep_forms.reading.print.sight import Turn

THIN = 1.5  # points, of the side of a frame
DARK = 0.4  # of black
CORNER = 0.15  # of the side of a polygon
ON_EDGE = 0.1  # points
MOST_CROSSED = 4  # times that a tick, a cross or a double ring goes over its own middle
OPEN = 0.5  # of the longer side of a ring, between its ends


def is_pen(thing: DrawnStroke) -> bool:
    """Whether it is a line that is neither straight nor closed, nor goes from corner to corner."""
    if thing.kind != CURVE or thing.is_filled or not thing.is_stroked or "h" in thing.operators:
        return False
    return "c" in thing.operators or not _is_polygon_of_corners(thing) or _has_diagonal(thing)


def is_scribble(thing: DrawnStroke) -> bool:
    """Whether a stroke of a pen goes to and fro, over its own middle time and again."""
    if len(thing.points) <= MOST_CROSSED:
        return False
    xs, ys = zip(*thing.points, strict=True)
    return max(_crossings(xs), _crossings(ys)) > MOST_CROSSED


def _crossings(places: Sequence[float]) -> int:
    """How often a line of these points goes over the middle between its ends."""
    middle = (min(places) + max(places)) / 2
    return sum((place < middle) != (following < middle) for place, following in pairwise(places))


def is_ring(thing: DrawnStroke) -> bool:
    """Whether it is a line that ends near where it began, and no frame."""
    if thing.kind != CURVE or thing.is_filled or not thing.is_stroked or is_frame(thing):
        return False
    (x, y), (far, below) = thing.points[0], thing.points[-1]
    is_near = max(abs(x - far), abs(y - below)) <= OPEN * max(thing.width, thing.height)
    return "h" in thing.operators or is_near


def is_outline(thing: DrawnStroke) -> bool:
    """Whether it is a rectangle that is not filled, such as a person draws round something."""
    if thing.is_filled or not thing.is_stroked or min(thing.width, thing.height) < THIN:
        return False
    is_straight = thing.kind == CURVE and "c" not in thing.operators and not is_pen(thing)
    return thing.kind == RECTANGLE or (is_straight and _is_polygon_of_corners(thing))


def is_frame(thing: DrawnStroke) -> bool:
    """Whether it looks like the frame of a box, or like its ground."""
    if is_pen(thing) and ("c" in thing.operators or min(thing.width, thing.height) >= THIN):
        return False  # the area of a curve is that of its ends, which may be on one level
    if min(thing.width, thing.height) < THIN:
        return True
    if thing.kind == RECTANGLE or _is_rounded(thing):
        return not _is_dark(thing)
    return thing.kind == CURVE and _is_polygon_of_corners(thing)


def _is_rounded(thing: DrawnStroke) -> bool:
    """Whether it is a rectangle with round corners: all its points lie on the edges of its area."""
    if thing.kind != CURVE or not ("c" in thing.operators and "l" in thing.operators):
        return False
    return all(
        min(abs(x - thing.x0), abs(x - thing.x1), abs(y - thing.top), abs(y - thing.bottom)) <= ON_EDGE
        for x, y in thing.points
    )


def is_tint(thing: DrawnStroke) -> bool:
    """Whether it is a filling in a light colour, such as a highlight, and no rectangle."""
    return thing.kind == CURVE and thing.is_filled and not thing.is_stroked and not _is_dark(thing)


def ends_of(line: DrawnStroke, turn: Turn | None) -> tuple[Point, Point]:
    """The ends of a straight line on a page that is turned so."""
    start, end = line.points[0], line.points[-1]
    return (turn(*start, *start)[:2], turn(*end, *end)[:2]) if turn else (start, end)


def _is_dark(thing: DrawnStroke) -> bool:
    """Whether it is filled with more than a tint; its colour is DeviceGray, DeviceRGB or DeviceCMYK."""
    colour = thing.colour
    parts = colour if isinstance(colour, tuple) else (colour,)
    if not thing.is_filled or not all(isinstance(part, (int, float)) for part in parts):
        return False
    if len(parts) == 4:
        return bool(1 - (1 - parts[3]) * (1 - sum(parts[:3]) / 3) > DARK)
    return bool(1 - sum(parts) / len(parts) > DARK)


def _is_polygon_of_corners(thing: DrawnStroke) -> bool:
    """Whether it goes from corner to corner of its area alone, which may lie a little askew."""
    slack = CORNER * max(thing.width, thing.height)
    return all(
        min(abs(x - thing.x0), abs(x - thing.x1)) <= slack and min(abs(y - thing.top), abs(y - thing.bottom)) <= slack
        for x, y in thing.points
    )


def _has_diagonal(thing: DrawnStroke) -> bool:
    """Whether it goes from a corner of its area to the opposite one, as a Z does that strikes something out."""
    across, down = thing.width / 2, thing.height / 2
    return any(abs(x - far) > across and abs(y - below) > down for (x, y), (far, below) in pairwise(thing.points))
