"""Looks for the page codes of forms in a picture, which may be askew, in perspective, in the shade or blurred.

Limitations: a code that is less than about 1.5 pixels a module is not found, nor is one of which a corner is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import zxingcpp
from msgspec import Struct
from PIL import Image, ImageChops, ImageFilter

from thep_forms.definition.identity import read_code
from thep_forms.reading.seen import Corners, SeenCode

LONGEST_EDGE = 6000  # pixels; a larger picture is made smaller first
MOST_PIXELS = 40_000_000  # of a picture that was made larger
MOST_SEARCHED = 600_000_000  # pixels, those of pictures that were made larger too: three seconds or so
PAGE = 433  # times the area of the code: that of an A4 page
FULL = 0.5  # of a picture: pages with codes cover so much of it, or there may be one more page on it
LEAST_PRINT = 0.001  # of the dots of a page: one with less is blank
SMALL = 500  # dots along the longer edge of a page that is looked at to see if it is blank
DARKER = 25  # of 255 greys that print is darker there than the paper around it, at least
DARK = 90  # of 255 greys: as bright as paper is in the deepest shade
AROUND = ImageFilter.MaxFilter(3)
SMOOTHED = ImageFilter.MedianFilter(3)
SHARPENED = ImageFilter.UnsharpMask(radius=4, percent=250, threshold=0)

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def _plain(picture: Image.Image) -> Image.Image:
    return picture


def _half(picture: Image.Image) -> Image.Image:
    return picture.reduce(2)


def _smoothed(picture: Image.Image) -> Image.Image:
    return picture.filter(SMOOTHED)


def _sharpened(picture: Image.Image) -> Image.Image:
    return picture.filter(SHARPENED)


def _larger(factor: float) -> Callable[[Image.Image], Image.Image]:
    def enlarge(picture: Image.Image) -> Image.Image:
        size = round(picture.width * factor), round(picture.height * factor)
        return picture.resize(size, Image.Resampling.BICUBIC)

    return enlarge


class _Attempt(Struct, frozen=True):
    """A way of changing a picture before it is searched. `factor` is how much longer its edges are then."""

    change: Callable[[Image.Image], Image.Image]
    factor: float = 1


# The first finds nearly all. A small code is found larger, one on rough paper smaller, a blurred or grainy one mended.
_ATTEMPTS = (
    _Attempt(_plain),
    _Attempt(_larger(2), 2),
    _Attempt(_half, 0.5),
    _Attempt(_larger(1.5), 1.5),
    _Attempt(_sharpened),
    _Attempt(_smoothed),
    _Attempt(_larger(3), 3),
)


class CodeSearch:
    """A search in pictures. When it has looked at `most` pixels, it looks at each further picture once."""

    def __init__(self, most: int = MOST_SEARCHED) -> None:
        self._left = most

    def codes_in(self, picture: Image.Image) -> tuple[SeenCode, ...]:
        """The codes of forms in a grey picture, whatever way round they lie, each once.

        Two forms that were printed blank have the same code, each in its place.
        """
        shrunk = 1.0
        if max(picture.size) > LONGEST_EDGE:
            shrunk = LONGEST_EDGE / max(picture.size)
            picture = picture.copy()
            picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        found: list[SeenCode] = []
        for attempt in _ATTEMPTS:
            pixels = int(picture.width * picture.height * attempt.factor**2)
            if attempt.change is not _plain and (pixels > MOST_PIXELS or pixels > self._left):
                continue
            self._left -= pixels
            for seen in _seen_in(attempt.change(picture), attempt.factor * shrunk):
                if not any(_is_same(seen, other) for other in found):
                    found.append(seen)
            is_whole = sum(seen.page for seen in found) >= FULL if found else not may_show_something(picture)
            if is_whole:
                break
        return tuple(found)


def may_show_something(picture: Image.Image) -> bool:
    """Whether a page is more than blank paper, such as the back of another, where a search takes longest."""
    small = picture.reduce(max(max(picture.size) // SMALL, 1))
    darker = ImageChops.difference(small.filter(AROUND), small).histogram()
    return sum(darker[DARKER:]) >= LEAST_PRINT * sum(darker)


def is_mostly_dark(picture: Image.Image) -> bool:
    """Whether it may be a negative, as some scanners save pages and viewers show them at night."""
    greys = picture.histogram()
    return sum(greys[:DARK]) > sum(greys) / 2


def codes_seen(picture: Image.Image) -> tuple[SeenCode, ...]:
    """The codes of forms that a single look at a clear picture finds."""
    return tuple(_seen_in(picture))


def _seen_in(picture: Image.Image, factor: float = 1.0) -> list[SeenCode]:
    """The codes in a picture whose edges are `factor` times as long as those of the picture that came."""
    size = picture.width * picture.height
    found: list[SeenCode] = []
    for barcode in zxingcpp.read_barcodes(picture, formats=_QR):
        if code := read_code(barcode.text):
            corners = _corners(barcode.position)
            shares = tuple((x / factor, y / factor) for x, y in corners)
            found.append(SeenCode(code, PAGE * _area(corners) / size, shares))
    return found


def _is_same(seen: SeenCode, other: SeenCode) -> bool:
    """Whether both are one code, which was seen twice."""
    (left, top), _, (right, bottom), _ = seen.corners
    (other_left, other_top), _, (other_right, other_bottom), _ = other.corners
    apart = math.hypot(left + right - other_left - other_right, top + bottom - other_top - other_bottom) / 2
    return seen.code == other.code and apart < math.hypot(right - left, bottom - top)


def _corners(position: zxingcpp.Position) -> Corners:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)


def _area(corners: Corners) -> float:
    """The area of a code by its corners, in pixels: that of the two triangles that a diagonal makes of it."""
    twice = 0.0
    for (x, y), (next_x, next_y) in zip(corners, (*corners[1:], corners[0]), strict=True):
        twice += x * next_y - next_x * y
    return abs(twice) / 2
