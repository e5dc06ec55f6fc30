"""Looks for the page code of a form in a picture, which may be askew, in perspective, in the shade or blurred.

Limitations: a code that is less than about 1.5 pixels a module is not found, nor is one of which a corner is missing.
"""

from __future__ import annotations

from collections.abc import Callable

import zxingcpp
from msgspec import Struct
from PIL import Image, ImageFilter

from thep_forms.definition.identity import Code, read_code

LONGEST_EDGE = 6000  # pixels; a larger picture is made smaller first
MOST_PIXELS = 40_000_000  # of a picture that was made larger
MOST_SEARCHED = 600_000_000  # pixels in all pictures of a file, those made larger too: three seconds or so
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
    """A search in the pictures of one file, which ends when it has looked at `MOST_SEARCHED` pixels.

    After that it looks at each picture once.
    """

    def __init__(self) -> None:
        """Begin with all pixels left."""
        self._left = MOST_SEARCHED

    def code_in(self, picture: Image.Image) -> Code | None:
        """The first code of a form that is found in a grey picture, whatever way round it lies."""
        if max(picture.size) > LONGEST_EDGE:
            picture = picture.copy()
            picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        for attempt in _ATTEMPTS:
            pixels = int(picture.width * picture.height * attempt.factor**2)
            if attempt.change is not _plain and (pixels > MOST_PIXELS or pixels > self._left):
                continue
            self._left -= pixels
            if code := _code_in(attempt.change(picture)):
                return code
        return None


def _code_in(picture: Image.Image) -> Code | None:
    for barcode in zxingcpp.read_barcodes(picture, formats=_QR):
        if code := read_code(barcode.text):
            return code
    return None
