"""Opens files that are pictures: photographs and scans as JPEG, PNG, TIFF, HEIC, WebP, GIF or BMP.

Limitations: of a JPEG, WebP or GIF with several pictures the first counts. Pictures of more than `MOST_PIXELS` are not
opened.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 150_000_000  # of one picture: telephones take up to 108 million, a sheet at 600 dots an inch has 35
UNEVEN, MOST_UNEVEN = 0.9, 0.2  # dots an inch across for each down: less is another shape, or a mistake
MOST_PICTURES = 2000  # of one file
DRAFT_EDGE = 4000  # pixels; a JPEG with larger edges is decoded at half its size or less, if they stay as large
_FORMATS = ("JPEG", "PNG", "TIFF", "HEIF", "WEBP", "GIF", "BMP")
_SEVERAL = ("TIFF", "HEIF")
_SIXTEEN_BITS = 1 / 256
_EXIF, _TAKEN, _TAKEN_OFFSET, _CHANGED = 0x8769, 0x9003, 0x9011, 0x0132  # tags (CIPA DC-008)
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")

# What Pillow and libheif raise for damaged pictures.
_DAMAGE = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, ArithmeticError, LookupError, TypeError)


class PictureError(Exception):
    """A picture cannot be opened: it is damaged, or of an unusual kind."""


class LargePictureError(PictureError):
    """A picture has more than `MOST_PIXELS`."""


def count_pictures(file: Path | bytes) -> int:
    """How many pictures of the file count. Raises `PictureError`."""
    with _opened(file) as opened:
        return min(getattr(opened, "n_frames", 1), MOST_PICTURES) if opened.format in _SEVERAL else 1


def pictures_in(file: Path | bytes, numbers: Sequence[int]) -> Iterator[Image.Image]:
    """Those of the file's pictures, from 0: grey, and upright as far as the file says. Raises `PictureError`."""
    with _opened(file) as opened:
        for number in numbers:
            opened.seek(number)
            if opened.width * opened.height > MOST_PIXELS:
                raise LargePictureError
            yield _grey(opened)


def taken_at(file: Path | bytes) -> datetime | None:
    """When the picture was taken, as it says itself, UTC where it gives no time zone; None where it does not say."""
    try:
        with _opened(file) as opened:
            exif = opened.getexif()
            more = exif.get_ifd(_EXIF)
    except PictureError:
        return None
    match = _DATE.fullmatch(str(more.get(_TAKEN) or exif.get(_CHANGED) or "").strip("\0 "))
    if not match:
        return None
    offset = str(more.get(_TAKEN_OFFSET) or "").strip("\0 ")
    zone = offset if _OFFSET.fullmatch(offset) else "+00:00"
    try:
        return datetime.fromisoformat(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@contextmanager
def _opened(file: Path | bytes) -> Iterator[Image.Image]:
    """The file, opened by Pillow. Nothing is decoded before it is asked for. Raises `PictureError`."""
    from pi_heif import register_heif_opener  # takes time to import, and few files need it

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damage, and of many pixels, which we count ourselves
            with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=_FORMATS) as opened:
                yield opened
    except Image.DecompressionBombError as error:
        raise LargePictureError from error
    except (UnidentifiedImageError, *_DAMAGE) as error:
        raise PictureError from error


def _grey(opened: Image.Image) -> Image.Image:
    opened.draft("L", (DRAFT_EDGE, DRAFT_EDGE))
    picture: Image.Image = opened
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * _SIXTEEN_BITS)
    elif "A" in picture.mode or "transparency" in picture.info:
        picture = _on_paper(picture.convert("RGBA"))
    return ImageOps.exif_transpose(_in_proportion(picture.convert("L"), opened.info.get("dpi")))


def _in_proportion(picture: Image.Image, dots: Any) -> Image.Image:
    """The picture with as many dots an inch across as down: a fax machine may send half as many lines.

    `dots` are those an inch, across and down, if the file says them.
    """
    try:
        across, down = (float(value) for value in dots)
        ratio = min(across, down) / max(across, down)
    except (TypeError, ValueError, ZeroDivisionError):
        return picture
    if not MOST_UNEVEN < ratio < UNEVEN or picture.width * picture.height > MOST_PIXELS * ratio:
        return picture
    most = max(across, down)
    return picture.resize((round(picture.width * most / across), round(picture.height * most / down)))


def _on_paper(picture: Image.Image) -> Image.Image:
    """The picture on white, where it is transparent."""
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    return paper
