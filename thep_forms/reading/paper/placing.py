"""Where a printed page lies in a picture: turned, in perspective, beside others.

A page is recognised by its features, of which a few that agree are enough. Then each label and corner of a frame that
is in the picture says how far off that was.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.reading.paper.printed import (
    FEW,
    MANY,
    SCALE,
    BlankPage,
    Features,
    Picture,
    features_of,
)
from thep_forms.reading.seen import Corners

Points = NDArray[np.float64]  # a row for each point
Matrix = NDArray[np.float64]  # three by three: takes dots of a straightened page to dots of the picture

FEWEST_AGREE = 30  # features, or it is not the page
CLEAR = 60  # features: so many of few, and no closer look is needed
CLOSEST = 0.8  # how much closer a feature must be to its like than to the next
OFF = 3.0  # dots in a small picture that a feature may be off
MARGIN = 0.25  # of a page, around where its code alone says that it lies
SMALLEST, LARGEST = 0.25, 6.0  # dots of a picture for a dot of a straightened page


class PlacedPage(Struct, frozen=True):
    """A page that was found in a picture. `agree` is how many of its features lie as they should."""

    page: BlankPage
    matrix: Matrix
    agree: int

    @property
    def corners(self) -> Points:
        """The corners of the page in the picture."""
        return moved(corners_of(self.page.picture), self.matrix)

    def shares(self, picture: Picture) -> tuple[float, ...]:
        """The matrix of a `PagePlace`: from points of the page to shares of the picture."""
        height, width = picture.shape
        whole = np.diag([1 / width, 1 / height, 1.0]) @ self.matrix @ np.diag([SCALE, SCALE, 1.0])
        return tuple(float(value) for value in (whole / whole[2, 2]).ravel())


class PictureFeatures:
    """The features of one picture, which are looked for once."""

    def __init__(self, picture: Picture) -> None:
        """The picture may be of any size."""
        self._picture = picture
        self._left_out: list[Points] = []  # the corners of parts that count no more

    @cached_property
    def _few(self) -> Features:
        return features_of(self._picture, FEW.edge, FEW.of_picture)

    @cached_property
    def _many(self) -> Features:
        return features_of(self._picture, MANY.edge, MANY.of_picture)

    def find(self, page: BlankPage, around: Points | None = None) -> PlacedPage | None:
        """Where the page is in the picture, or in the part with the corners `around`; None if it is not recognised."""
        if around is None and (placed := self._find(page, page.few_features, self._few, CLEAR)):
            return placed
        return self._find(page, page.many_features, self._many, FEWEST_AGREE, around)

    def find_best(self, pages: Sequence[BlankPage]) -> PlacedPage | None:
        """Which of the pages is in the picture, and where; None if none of them is recognised."""
        found = [placed for page in pages if (placed := self._find(page, page.few_features, self._few, CLEAR))]
        found = found or [placed for page in pages if (placed := self.find(page))]
        return max(found, key=lambda placed: placed.agree, default=None)

    def _find(
        self, page: BlankPage, ours: Features, theirs: Features, fewest: int, around: Points | None = None
    ) -> PlacedPage | None:
        features = theirs if around is None else _in_part(theirs, around, inside=True)
        for corners in self._left_out:
            features = _in_part(features, corners, inside=False)
        pairs = _pairs(ours, features)
        if len(pairs) < fewest:
            return None
        of_page, of_picture = ours.points[pairs[:, 0]], features.points[pairs[:, 1]]
        off = OFF * max(self._picture.shape) / FEW.edge
        matrix, mask = cv2.findHomography(of_page, of_picture, cv2.USAC_MAGSAC, off, maxIters=5000, confidence=0.999)
        agree = int(mask.sum()) if matrix is not None else 0
        if agree < fewest or not is_sensible(matrix, page.picture):
            return None
        return PlacedPage(page, matrix / matrix[2, 2], agree)

    def leave_out(self, placed: PlacedPage) -> None:
        """Take no notice any more of the part of the picture where that page lies."""
        self._left_out.append(placed.corners)


def _in_part(features: Features, corners: Points, *, inside: bool) -> Features:
    """The features in the part of a picture with those corners, or outside of it."""
    part, points = corners.astype(np.float32), features.points
    is_inside = np.array([cv2.pointPolygonTest(part, (float(x), float(y)), False) >= 0 for x, y in points], bool)
    keep = is_inside if inside else ~is_inside
    return Features(points[keep], features.descriptors[keep])


def around_code(seen: Corners, factor: float, page: BlankPage) -> Points:
    """The corners of the part of a picture in which the page with that code lies, roughly and with a margin.

    `factor` is how many times as long the edges of the picture are as they were when the code was seen.
    """
    code = page.code
    ours = np.array(
        [(code.left, code.top), (code.right, code.top), (code.right, code.bottom), (code.left, code.bottom)]
    )
    matrix = cv2.getAffineTransform(ours[:3].astype(np.float32), np.array(seen[:3], np.float32) * np.float32(factor))
    corners = corners_of(page.picture)
    middle = corners.mean(axis=0)
    wide = middle + (corners - middle) * (1 + MARGIN)
    return np.asarray(wide @ matrix[:, :2].T + matrix[:, 2], np.float64)


def _pairs(ours: Features, theirs: Features) -> NDArray[np.intp]:
    """Which of our features is which of theirs, as far as it is like no other."""
    if min(len(ours.points), len(theirs.points)) < FEWEST_AGREE:
        return np.zeros((0, 2), np.intp)
    pairs: list[tuple[int, int]] = []
    for best, second in cv2.BFMatcher(cv2.NORM_L2).knnMatch(ours.descriptors, theirs.descriptors, k=2):
        if best.distance < CLOSEST * second.distance:
            pairs.append((best.queryIdx, best.trainIdx))
    return np.array(pairs, np.intp).reshape(-1, 2)


def corners_of(picture: Picture) -> Points:
    """The corners of a picture, from the upper left one, clockwise."""
    height, width = picture.shape
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def moved(points: Points, matrix: Matrix) -> Points:
    """Where points are after a projection."""
    found: Points = cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix).reshape(-1, 2)
    return found


def is_sensible(matrix: Matrix, page: Picture) -> bool:
    """Whether paper can lie so: neither mirrored nor folded nor seen from its edge."""
    corners = moved(corners_of(page), matrix)
    edges = np.roll(corners, -1, axis=0) - corners
    turns = edges[:, 0] * np.roll(edges, -1, axis=0)[:, 1] - edges[:, 1] * np.roll(edges, -1, axis=0)[:, 0]
    area = cv2.contourArea(corners.astype(np.float32)) / (page.shape[0] * page.shape[1])
    return bool((turns > 0).all()) and SMALLEST**2 < area < LARGEST**2
