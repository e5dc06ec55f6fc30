"""The page as if it lay flat under an even light: white paper, black print, `DOTS` an inch."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from thep_forms.reading.paper.placing import Matrix, PlacedPage
from thep_forms.reading.paper.printed import Picture, PrintedPage

OFF = 10  # dots that a printed part may be away from where the features say
LIKE = 0.55  # how like the print a part of the picture must be, from -1 to 1
NEAREST = 6  # printed parts that say how far off a place is
LIGHT = 8  # dots of a page for a dot of the picture of its light
LIGHT_SPREAD = 25  # of those dots: wider than any writing
BLACK = 60  # of 255 greys of the paper around it, at least so much darker is ink


def straightened(picture: Picture, placed: PlacedPage) -> tuple[Picture, float]:
    """The page in that picture, and the share of its printed parts that are where they should be."""
    height, width = placed.page.picture.shape
    to_page = cv2.WARP_INVERSE_MAP | cv2.INTER_AREA if _is_larger(placed.matrix) else cv2.WARP_INVERSE_MAP
    source, matrix = _of_like_size(picture, placed.matrix)
    page = cv2.warpPerspective(
        source, matrix, (width, height), flags=to_page | cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    lit = evenly_lit(page)
    anchors, shifts, share = _shifts(lit, placed.page)
    if len(anchors) >= NEAREST:
        lit = _shifted(lit, anchors, shifts)
    return lit, share


def _is_larger(matrix: Matrix) -> bool:
    return _scale(matrix) > 1


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


def _shifts(page: Picture, printed: PrintedPage) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """The middles of the printed parts that were found, how far off each is, and the share that was found."""
    middles: list[tuple[float, float]] = []
    shifts: list[tuple[float, float]] = []
    labels = printed.labels
    for label in labels:
        area = printed.area(label.rect)
        part, around = area.within(printed.picture), area.grown(OFF, OFF)
        search = around.within(page)
        if part.size == 0 or part.std() < 5 or search.shape != (part.shape[0] + 2 * OFF, part.shape[1] + 2 * OFF):
            continue
        likeness = cv2.matchTemplate(search, part, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(likeness)
        if best >= LIKE:
            middles.append(((area.left + area.right) / 2, (area.top + area.bottom) / 2))
            shifts.append((x - OFF, y - OFF))
    share = len(middles) / len(labels) if labels else 1.0
    return np.array(middles, np.float32), np.array(shifts, np.float32), share


def _shifted(page: Picture, anchors: NDArray[np.float32], shifts: NDArray[np.float32]) -> Picture:
    """The page with each part moved back to where it belongs, as the nearest printed parts are off."""
    height, width = page.shape
    step = 50
    xs, ys = np.arange(0, width + step, step, dtype=np.float32), np.arange(0, height + step, step, dtype=np.float32)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 1, 2)
    distances = np.sqrt(((grid - anchors[None]) ** 2).sum(axis=2)) + 30
    nearest = np.argsort(distances, axis=1)[:, :NEAREST]
    median = np.median(shifts[nearest], axis=1).reshape(len(ys), len(xs), 2).astype(np.float32)
    field = cv2.GaussianBlur(median, (5, 5), 0)
    full = cv2.resize(field, (len(xs) * step, len(ys) * step), interpolation=cv2.INTER_LINEAR)[:height, :width]
    across = full[..., 0] + np.arange(width, dtype=np.float32)
    down = full[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    shifted: Picture = cv2.remap(page, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return shifted
