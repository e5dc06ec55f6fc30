"""A page of the form as a telephone photographs it: in perspective, askew, in the shade, blurred, on a dark table."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageChops, ImageFilter

from tests.support.viewer import draw

Point = tuple[float, float]

A4_INCHES = 8.27
TABLE = (96, 80, 66)
SHADED = 90  # of 255: how bright paper is in the deepest shade
STRIP = 16  # dots of a curved page that are as good as flat
INTO_THE_PICTURE = 0.06  # of its size: how far from the picture's edge the page begins


def photograph(
    pdf: bytes,
    page: int = 0,
    *,
    width: int = 3024,
    degrees: float = 0.0,
    perspective: float = 0.0,
    shade: bool = False,
    blur: float = 0.0,
    quality: int = 60,
) -> bytes:
    """A JPEG of the page, `width` pixels wide before it is turned.

    `perspective` is how much narrower the far edge of the page is, as a share of the near one. `blur` is the radius in
    pixels, `quality` that of the JPEG.
    """
    picture = taken(pdf, page, width=width, degrees=degrees, perspective=perspective, shade=shade, blur=blur)
    return jpeg(picture, quality)


def taken(
    pdf: bytes,
    page: int = 0,
    *,
    width: int = 3024,
    degrees: float = 0.0,
    perspective: float = 0.0,
    shade: bool = False,
    blur: float = 0.0,
) -> Image.Image:
    """The photograph before it is saved."""
    return _taken(pdf, page, width, degrees, perspective, shade, blur).copy()  # which may be drawn on


@lru_cache(maxsize=8)  # many tests photograph the same page in the same way
def _taken(
    pdf: bytes, page: int, width: int, degrees: float, perspective: float, shade: bool, blur: float
) -> Image.Image:
    paper = draw(pdf, page, scale=width / A4_INCHES / 72)
    return taken_of(paper, degrees=degrees, perspective=perspective, shade=shade, blur=blur)


def taken_of(paper: Image.Image, *, degrees: float, perspective: float, shade: bool, blur: float = 0.0) -> Image.Image:
    """A photograph of a picture of a page."""
    picture = _in_perspective(paper.convert("RGB"), perspective)
    if degrees:
        picture = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=TABLE)
    if shade:
        picture = _in_the_shade(picture)
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def curved(paper: Image.Image, off: float, start: float = 0.0) -> Image.Image:
    """Paper that does not lie flat: its lines go up and down by as many of its dots. `start` is where in that wave."""
    strips = [(left, min(left + STRIP, paper.width)) for left in range(0, paper.width, STRIP)]
    mesh: list[tuple[tuple[int, int, int, int], tuple[float, ...]]] = []
    for left, right in strips:
        before, after = (off * math.sin(math.pi * 1.3 * x / paper.width + start) for x in (left, right))
        below = paper.height
        quad = (left, before, left, below + before, right, below + after, right, after)
        mesh.append(((left, 0, right, below), quad))
    return paper.transform(paper.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor="white")


def jpeg(picture: Image.Image, quality: int = 60) -> bytes:
    """The picture as a JPEG."""
    return saved(picture, "JPEG", quality=quality)


def saved(picture: Image.Image, file_format: str, **options: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def tiff(pictures: Sequence[Image.Image]) -> bytes:
    """A TIFF of several pages."""
    first, *others = pictures
    return saved(first, "TIFF", save_all=True, append_images=others, compression="tiff_lzw")


def _in_perspective(paper: Image.Image, narrower: float) -> Image.Image:
    """The paper on a table, its upper edge further away than the lower one."""
    width, height = paper.size
    edge = INTO_THE_PICTURE
    left, right, top, bottom = width * edge, width * (1 - edge), height * edge, height * (1 - edge)
    inset = (right - left) * narrower / 2
    corners = ((left + inset, top), (right - inset, top * 1.2), (right, bottom), (left, bottom * 0.99))
    onto = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    return paper.transform(
        paper.size, Image.Transform.PERSPECTIVE, _coefficients(corners, onto), Image.Resampling.BICUBIC, fillcolor=TABLE
    )


def _coefficients(seen: Sequence[Point], paper: Sequence[Point]) -> list[float]:
    """What `Image.transform` takes so that the corners of the paper are seen at these points."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, paper, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """The solution of the linear equations, whose last column is their right side, by Gauss and Jordan."""
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for number, row in enumerate(rows):
            if number != column:
                rows[number] = [a - row[column] * b for a, b in zip(row, rows[column], strict=True)]
    return [row[-1] for row in rows]


def _in_the_shade(picture: Image.Image) -> Image.Image:
    """The picture with light that falls off to the lower right, and the hard edge of a shadow across it."""
    light = Image.linear_gradient("L").resize(picture.size).rotate(math.degrees(0.6), fillcolor=128)
    light = ImageChops.invert(light).point(lambda value: SHADED + value * (255 - SHADED) // 255)
    width, height = picture.size
    shadow = Image.new("L", picture.size, 255)
    shadow.paste(150, (width * 3 // 5, 0, width, height))
    shade = ImageChops.multiply(light, shadow.rotate(12, fillcolor=255).filter(ImageFilter.GaussianBlur(width / 100)))
    return ImageChops.multiply(picture, Image.merge("RGB", (shade,) * 3))
