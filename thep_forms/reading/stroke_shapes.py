"""What strokes look like: the frame of a box, a stroke of a pen, a ring, a highlight."""

from __future__ import annotations

from thep_forms.reading.drawn import CURVE, RECTANGLE, DrawnStroke, Point
from thep_forms.reading.sight import Turn

THIN = 1.5  # points, of the side of a frame
DARK = 0.4  # of black
CORNER = 0.15  # of the side of a polygon
ON_EDGE = 0.1  # points


def is_pen(thing: DrawnStroke) -> bool:
    """Whether it is a line that is neither straight nor closed, nor goes from corner to corner."""
    if thing.kind != CURVE or thing.is_filled or not thing.is_stroked:
        return False
    return "h" not in thing.operators and ("c" in thing.operators or not _is_polygon_of_corners(thing))


def is_ring(thing: DrawnStroke) -> bool:
    """Whether it is a closed line that is no frame."""
    return thing.kind == CURVE and thing.is_stroked and not (thing.is_filled or is_pen(thing) or is_frame(thing))


def is_frame(thing: DrawnStroke) -> bool:
    """Whether it looks like the frame of a box, or like its ground."""
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
