"""What is on paper though nobody wrote it: punched holes, a staple, lines that a scanner or a fold draws."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import Mask

LEAST_LINE = 0.25  # of the page: ink on a line across all of it. Print hides the rest
SLANT = 0.05  # radians that such a line may be from upright or level, as the page may have lain askew
END = (8, 88)  # dots from an edge of the page, where a line is that goes on beyond it
LEAST_END = 0.4  # of these dots have ink
NEAR_LINE = 2  # dots to either side of a line, which are looked at for ink
WIPED = 6  # dots on either side of a line, in which nothing counts
MOST_LINES = 12  # more are no scratches

AROUND_MISSING = 61  # dots: the square around ink in which missing print is looked for
LEAST_MISSING = 25  # dots of missing print: less may be lost in any picture
TILE = 60  # dots of the page that are looked for together
OFF = 24  # dots that print may be off its place
AROUND_TILE = AROUND_MISSING // 2  # dots around it
LEAST_FOUND = 0.65  # of the missing print that has to be on the page, all in one direction from its place
MOSTLY = 0.5  # of a stroke that lies where print is missing

HOLE = (17, 31)  # dots: the radius of a punched hole
ROUND = 3.5  # dots that the rim of a hole may stray from a circle, all but a twentieth of it
ARC = 0.4  # of a circle: more of its rim lies around its middle, as of a hole
HOLE_MARGIN = 150  # dots from an edge of the page, in which the middle of a hole is
SAME_EDGE = 14.0  # dots that the distances of two holes from their edge may differ
SAME_HOLE = 5.0  # dots that their radii may differ
BROKEN = 15  # dots that printed lines may break its rim
HOLES_APART = 150  # dots between the middles of two holes
AROUND_HOLE = 7  # dots around a hole, where its rim is dark

STAPLE_CORNER = 230  # dots from two edges
STAPLE = (55, 120)  # dots: its length
STRAIGHT = 6.0  # dots: the width of a staple at most, from the middle to either side

Circle = tuple[float, float, float]  # the middle, across and down, and the radius


class Hole(Struct, frozen=True):
    """A hole: its middle, its radius, which edge of the page is nearest to it, and how far that is."""

    across: float
    down: float
    radius: float
    edge: str
    far: float


def without_lines(ink: Mask) -> Mask:
    """The ink without straight lines across all of the page, as a scratch on the glass of a scanner draws them."""
    cleaned = ink
    for is_level in (True, False):
        found = cv2.HoughLines(
            np.ascontiguousarray(ink if is_level else ink.T),
            1,
            np.pi / 1800,
            round(LEAST_LINE * ink.shape[1 if is_level else 0]),
            min_theta=np.pi / 2 - SLANT,
            max_theta=np.pi / 2 + SLANT,
        )
        for rho, theta in found[:MOST_LINES, 0].tolist() if found is not None else ():
            cleaned = _wiped(cleaned, rho, theta, is_level=is_level)
    return cleaned


def _wiped(ink: Mask, rho: float, theta: float, *, is_level: bool) -> Mask:
    """The ink without a line, if that goes from edge to edge."""
    lying = ink if is_level else ink.T
    columns = np.arange(lying.shape[1])
    rows = np.rint((rho - columns * np.cos(theta)) / np.sin(theta)).astype(int)
    around = rows[None] + np.arange(-NEAR_LINE, NEAR_LINE + 1)[:, None]
    has_ink = (lying[np.clip(around, 0, lying.shape[0] - 1), columns[None]] > 0).any(axis=0)
    start, end = END
    if min(has_ink[start:end].mean(), has_ink[-end:-start].mean()) < LEAST_END:
        return ink
    wiped = np.ascontiguousarray(lying.copy())
    ends = (0, int(rows[0])), (lying.shape[1] - 1, int(rows[-1]))
    cv2.line(wiped, *ends, (0,), 2 * WIPED + 1)
    return wiped if is_level else np.ascontiguousarray(wiped.T)


def without_displaced(ink: Mask, missing: Mask, dark: Mask) -> Mask:
    """The ink without print that is a little off its place, as on a curved page.

    `missing` is the print that is not in its place, `dark` all that is on the page. Print that is not close by either
    may have been painted over, and something else written there: then the ink stays.
    """
    amounts = cv2.boxFilter(missing // 255, cv2.CV_16U, (AROUND_MISSING, AROUND_MISSING), normalize=False)
    off: NDArray[np.bool_] = np.asarray(amounts >= LEAST_MISSING)
    for top in range(0, off.shape[0], TILE):
        for left in range(0, off.shape[1], TILE):
            tile = off[top : top + TILE, left : left + TILE]
            if tile.any() and not _is_close_by(missing, dark, top, left):
                tile[:] = False
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    beside = np.bincount(labels[off], minlength=len(stats))
    cleaned = ink.copy()
    cleaned[(beside >= MOSTLY * stats[:, cv2.CC_STAT_AREA])[labels]] = 0
    return cleaned


def _is_close_by(missing: Mask, dark: Mask, top: int, left: int) -> bool:
    """Whether what is missing in and around a tile of the page is on it, all of it in one direction and as far."""
    start, before = max(top - AROUND_TILE, 0), max(left - AROUND_TILE, 0)
    end, after = top + TILE + AROUND_TILE, left + TILE + AROUND_TILE
    part = (missing[start:end, before:after] // 255).astype(np.float32)
    around = dark[max(start - OFF, 0) : end + OFF, max(before - OFF, 0) : after + OFF]
    there = cv2.matchTemplate((around // 255).astype(np.float32), part, cv2.TM_CCORR)
    return float(there.max()) >= LEAST_FOUND * float(part.sum())


def without_holes(ink: Mask, dark: Mask) -> Mask:
    """The ink without punched holes: each has another one that is as far from the same edge of the page.

    `dark` is all that is dark on the page. A hole may go through printed words.
    """
    holes = [*_discs(dark), *_rims(ink)]
    cleaned = ink
    for hole in holes:
        if any(_go_together(hole, other) for other in holes if other is not hole):
            cleaned = cleaned.copy() if cleaned is ink else cleaned
            cv2.circle(cleaned, (round(hole.across), round(hole.down)), round(hole.radius) + AROUND_HOLE, (0,), -1)
    return cleaned


def _discs(dark: Mask) -> Iterator[Hole]:
    """The holes behind which it was dark."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * HOLE[0] + 1, 2 * HOLE[0] + 1))
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc), connectivity=8)
    for left, top, wide, high, _ in stats[1:].tolist():
        if max(wide, high) <= 2 * HOLE[1] and (hole := _hole(left + wide / 2, top + high / 2, wide / 2, dark)):
            yield hole


def _rims(ink: Mask) -> Iterator[Hole]:
    """The holes of which the rim shows."""
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((BROKEN, BROKEN), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    longest = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    for label in np.flatnonzero((longest >= 2 * HOLE[0]) & (longest <= 2 * HOLE[1])).tolist():
        left, top, wide, high = stats[label, :4].tolist()
        part = np.s_[top : top + high, left : left + wide]
        mask = np.where(labels[part] == label, ink[part], 0).astype(np.uint8)
        circle = _circle(mask)
        if circle and (hole := _hole(left + circle[0], top + circle[1], circle[2], ink)):
            yield hole


def _hole(across: float, down: float, radius: float, page: Mask) -> Hole | None:
    """A hole, if it is near an edge of the page."""
    height, width = page.shape
    far = {"left": across, "right": width - across, "top": down, "bottom": height - down}
    edge = min(far, key=lambda side: far[side])
    return Hole(across, down, radius, edge, far[edge]) if far[edge] <= HOLE_MARGIN else None


def _go_together(hole: Hole, other: Hole) -> bool:
    """Whether one punch made both."""
    is_apart = max(abs(hole.across - other.across), abs(hole.down - other.down)) >= HOLES_APART
    is_like = abs(hole.far - other.far) <= SAME_EDGE and abs(hole.radius - other.radius) <= SAME_HOLE
    return hole.edge == other.edge and is_apart and is_like


def _circle(mask: Mask) -> Circle | None:
    """The circle that the rim of a stroke is, or a part of it; None if it is none of the size of a hole."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(contours).reshape(-1, 2).astype(np.float64)
    across, down = points[:, 0], points[:, 1]
    matrix = np.column_stack((across, down, np.ones(len(points))))
    (a, b, c), *_ = np.linalg.lstsq(matrix, across**2 + down**2, rcond=None)
    radius = float(np.sqrt(max(c + (a**2 + b**2) / 4, 0.0)))
    off = np.abs(np.hypot(across - a / 2, down - b / 2) - radius)
    if not HOLE[0] <= radius <= HOLE[1] or float(np.percentile(off, 95)) > ROUND:
        return None
    turns = np.unique((np.arctan2(down - b / 2, across - a / 2) * 18 / np.pi).astype(int))
    return (float(a / 2), float(b / 2), radius) if len(turns) >= ARC * 36 else None


def without_staples(ink: Mask) -> Mask:
    """The ink without staples in the corners of the page."""
    cleaned = ink.copy()
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for label, (left, top, wide, high, _) in enumerate(stats[1:].tolist(), 1):
        if _is_in_corner(left, top, wide, high, ink.shape):
            part = np.s_[top : top + high, left : left + wide]
            if _is_staple(labels[part] == label):
                cleaned[part][labels[part] == label] = 0
    return cleaned


def _is_in_corner(left: int, top: int, wide: int, high: int, page: tuple[int, ...]) -> bool:
    """Whether a stroke is in a corner of the page."""
    height, width = page
    is_aside = left + wide <= STAPLE_CORNER or left >= width - STAPLE_CORNER
    return is_aside and (top + high <= STAPLE_CORNER or top >= height - STAPLE_CORNER)


def _is_staple(mask: NDArray[np.bool_]) -> bool:
    """Whether a stroke is as straight and as long as a staple."""
    points = np.argwhere(mask).astype(np.float64)
    if max(mask.shape) * 1.5 < STAPLE[0] or max(mask.shape) > STAPLE[1]:
        return False
    points -= points.mean(axis=0)
    _, _, directions = np.linalg.svd(points, full_matrices=False)
    along, aside = points @ directions[0], np.abs(points @ directions[1])
    return STAPLE[0] <= float(np.ptp(along)) <= STAPLE[1] and float(aside.max()) <= STRAIGHT
