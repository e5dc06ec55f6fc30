"""The page as if it lay flat under an even light: white paper, black print, `DOTS` an inch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from msgspec import Struct

from thep_forms.reading.paper.placing import Matrix, PlacedPage
from thep_forms.reading.paper.printed import BlankPage, DotArea, Picture
from thep_forms.reading.paper.text_lines import lines_of_words, pieces

OFF = 10  # dots that a printed part may be away from where the features say
LIKE = 0.55  # how like the print a part of the picture must be, from -1 to 1
NEAREST = 6  # printed parts that say how far off a place is
FEWEST_PARTS = 6  # printed parts, or it is not the page
LONGEST_PART = 150  # dots of a line of words
GRID = 50  # dots between places for which is worked out how far off they are
LIGHT = 8  # dots of a page for a dot of the picture of its light
LIGHT_SPREAD = 25  # of those dots: wider than any writing


class Straightened(Struct, frozen=True):
    """A page that lies flat. `share` is that of its printed parts that are where they should be.

    `end` is the row of dots below the last of them: a continuation page may end before its last block.
    """

    picture: Picture
    share: float
    end: int


def straightened(picture: Picture, placed: PlacedPage) -> Straightened:
    """The page in that picture."""
    height, width = placed.page.picture.shape
    to_page = cv2.WARP_INVERSE_MAP | cv2.INTER_AREA if _scale(placed.matrix) > 1 else cv2.WARP_INVERSE_MAP
    source, matrix = _of_like_size(picture, placed.matrix)
    page = cv2.warpPerspective(
        source, matrix, (width, height), flags=to_page | cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    lit = evenly_lit(page)
    parts, looked_for = _parts(lit, placed.page)
    if len(parts) >= NEAREST:
        lit = _shifted(lit, parts)
    end = max((part.end for part in parts), default=0) if placed.page.may_end_early else height
    expected = [bottom for bottom in looked_for if bottom <= end]
    is_enough = len(parts) >= FEWEST_PARTS or not looked_for
    share = len(parts) / max(len(expected), 1) if looked_for else 1.0
    return Straightened(lit, share if is_enough else 0.0, end)


def _scale(matrix: Matrix) -> float:
    return float(abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2])) ** 0.5)


def _of_like_size(picture: Picture, matrix: Matrix) -> tuple[Picture, Matrix]:
    """The picture made smaller if it has far more dots than the straightened page will have."""
    factor = 1 / _scale(matrix)
    if factor > 0.75:
        return picture, matrix
    smaller = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return smaller, np.diag([factor, factor, 1.0]) @ matrix


def evenly_lit(page: Picture) -> Picture:
    """The page without shadows: each dot as a share of the paper's brightness around it."""
    height, width = page.shape
    small = cv2.resize(page, (max(width // LIGHT, 1), max(height // LIGHT, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), LIGHT_SPREAD)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    lit: Picture = cv2.divide(page, np.maximum(paper, 1), scale=255)
    return lit


class _Part(Struct, frozen=True):
    """A printed part that was found: its middle, how far off it is, and the row below it."""

    middle: tuple[float, float]
    shift: tuple[float, float]
    end: int


def _parts(page: Picture, printed: BlankPage) -> tuple[list[_Part], list[int]]:
    """The printed parts that were found, and the rows below all those that were looked for."""
    parts: list[_Part] = []
    looked_for: list[int] = []
    for area in _areas(printed):
        part, around = area.within(printed.picture), area.grown(OFF, OFF)
        search = around.within(page)
        if search.shape != (part.shape[0] + 2 * OFF, part.shape[1] + 2 * OFF):
            continue
        looked_for.append(area.bottom)
        likeness = cv2.matchTemplate(search, part, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(likeness)
        if best >= LIKE:
            middle = ((area.left + area.right) / 2, (area.top + area.bottom) / 2)
            parts.append(_Part(middle, (x - OFF, y - OFF), area.bottom))
    return parts, looked_for


def _areas(printed: BlankPage) -> Iterable[DotArea]:
    """The parts to look for: the labels of the boxes, or the words of a page without any."""
    if printed.layout:
        return [printed.area(label.rect) for label in printed.labels]
    return pieces(lines_of_words(printed), LONGEST_PART)


def _shifted(page: Picture, parts: Sequence[_Part]) -> Picture:
    """The page with each part moved back to where it belongs, as the nearest printed parts are off."""
    anchors = np.array([part.middle for part in parts], np.float32)
    shifts = np.array([part.shift for part in parts], np.float32)
    height, width = page.shape
    step = GRID
    xs, ys = np.arange(0, width + step, step, dtype=np.float32), np.arange(0, height + step, step, dtype=np.float32)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 1, 2)
    distances = ((grid - anchors[None]) ** 2).sum(axis=2)
    nearest = np.argsort(distances, axis=1)[:, :NEAREST]
    median = np.median(shifts[nearest], axis=1).reshape(len(ys), len(xs), 2).astype(np.float32)
    field = cv2.GaussianBlur(median, (5, 5), 0)
    size = len(xs) * step, len(ys) * step
    across, down = (
        cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)[:height, :width] for part in cv2.split(field)
    )
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    shifted: Picture = cv2.remap(page, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return shifted
