"""The lines of writing in a box, each cropped close to its ink."""

from __future__ import annotations

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from thep_forms.layout import PlacedBox
from thep_forms.reading.paper.printed import PRINT, BlankPage, DotArea, Mask, Picture
from thep_forms.reading.paper.struck import crossed_out

INK = 185  # of 255: what is darker is ink; paper is 255
AROUND_PRINT = 7  # dots: how wide a printed line is taken for, as it may be a little off
DARKEST = 10  # per cent of the ink: what is half as dark as that belongs to a stroke, less to its blur
SPECK = 3  # dots of ink: less is nothing
DUST = 14  # the same: less counts only beside more, as the dot of an i
NEAR = 21  # dots: how far such a dot may be from the writing
LEAST_INK = 40  # dots in a box: less is none
BESIDE, BELOW = 2, 5  # dots around a box that writing may take
PADDING = 7  # dots of paper around a crop
LOWEST_LINE = 12  # dots: what is lower is no line, but a mark above or below one
VALLEY = 0.3  # of the ink in the rows of a line: between two lines there is less, even if they touch
SMOOTH = 5  # rows of dots that are looked at together


class WrittenLine(Struct, frozen=True):
    """A line of writing: its crop, and that of what is crossed out in it. Either may be None."""

    crop: Picture | None
    struck: Picture | None = None


def ink_of(page: Picture, printed: BlankPage, area: DotArea, around_print: int = AROUND_PRINT) -> Mask:
    """What was written in a part of the page: its ink, but for what is printed there, `around_print` dots wide."""
    return _without_dust(unprinted(page, printed, area, around_print))


def unprinted(page: Picture, printed: BlankPage, area: DotArea, around_print: int) -> Mask:
    """The same with the dust that lies there."""
    ink = np.where(area.within(page) < INK, 255, 0).astype(np.uint8)
    print_mask = np.where(area.within(printed.picture) < PRINT, 255, 0).astype(np.uint8)
    ink[cv2.dilate(print_mask, np.ones((around_print, around_print), np.uint8)) > 0] = 0
    return ink


def _without_dust(ink: Mask) -> Mask:
    """The ink without specks, and without small dots that are not beside anything larger."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA]
    large = np.where(sizes >= DUST, 255, 0).astype(np.uint8)
    large[0] = 0
    writing: Mask = large[labels]
    beside = cv2.dilate(writing, np.ones((NEAR, NEAR), np.uint8)) > 0
    small = np.zeros(count, np.uint8)
    small[np.unique(labels[beside])] = 255
    small[(sizes < SPECK) | (sizes >= DUST)] = 0
    small[0] = 0
    kept: Mask = writing | small[labels]
    return kept


def lines_in(page: Picture, printed: BlankPage, placed: PlacedBox) -> list[WrittenLine]:
    """The lines of writing in a box, from its top; none where it is empty."""
    area = printed.area(placed.rect).grown(BESIDE, BELOW)
    ink = ink_of(page, printed, area)
    if int(np.count_nonzero(ink)) < LEAST_INK:
        return []
    shown = area.within(page)
    lines: list[WrittenLine] = []
    for mask in _lines(ink, placed.box.lines):
        if part := crossed_out(_dark(shown, mask)):
            struck, kept = np.zeros_like(mask), mask.copy()
            struck[:, part.left : part.right] = mask[:, part.left : part.right]
            kept[:, part.left : part.right] = 0
            lines.append(WrittenLine(_crop(shown, kept), _crop(shown, struck)))
        elif (crop := _crop(shown, mask)) is not None:
            lines.append(WrittenLine(crop))
    return lines


def _dark(shown: Picture, mask: Mask) -> Mask:
    """The ink without the grey around it, by which strokes look thicker in a blurred picture."""
    greys = shown[mask > 0]
    darkest = float(np.percentile(greys, DARKEST)) if greys.size else 0.0
    return np.where((mask > 0) & (shown < (darkest + 255) / 2), 255, 0).astype(np.uint8)


def _crop(shown: Picture, mask: Mask) -> Picture | None:
    """What is shown where the mask has ink, close to it; None where there is too little ink."""
    if np.count_nonzero(mask) < LEAST_INK:
        return None
    left, top, width, height = cv2.boundingRect(mask)
    clean = np.where(cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0, shown, 255).astype(np.uint8)
    return np.pad(clean[top : top + height, left : left + width], PADDING, constant_values=255)


def _lines(ink: Mask, most: int) -> list[Mask]:
    """The ink of each line of writing. A stroke goes with the line that its middle is in."""
    if most == 1:
        return [ink]
    cuts = _cuts(ink)
    if not cuts:
        return [ink]
    _, labels, stats, middles = cv2.connectedComponentsWithStats(ink, connectivity=8)
    lines: list[Mask] = []
    line_of = np.searchsorted(cuts, middles[:, 1])
    heights = stats[:, cv2.CC_STAT_HEIGHT]
    tallest = max(np.diff([0, *cuts, ink.shape[0]])) * 1.3
    tall = np.isin(labels, np.flatnonzero(heights > tallest)) & (ink > 0)  # strokes of two lines that touch
    rows = np.searchsorted(cuts, np.arange(ink.shape[0]))[:, None]
    for number in range(len(cuts) + 1):
        own = np.isin(labels, np.flatnonzero(line_of == number)) & (ink > 0) & ~tall
        lines.append(np.where(own | (tall & (rows == number)), 255, 0).astype(np.uint8))
    return lines


def _cuts(ink: Mask) -> list[int]:
    """The rows between lines of writing, where there is less ink than above and below."""
    profile = np.convolve(np.count_nonzero(ink, axis=1), np.ones(SMOOTH) / SMOOTH, mode="same")
    cuts: list[int] = []
    peak_before, lowest, at = 0.0, float("inf"), 0
    for row, amount in enumerate(profile.tolist()):
        if amount < lowest:
            lowest, at = amount, row
        is_line_after = lowest < VALLEY * min(peak_before, _peak(profile, row))
        if is_line_after and amount > lowest and row - (cuts[-1] if cuts else 0) >= LOWEST_LINE:
            cuts.append(_middle_of_valley(profile, at, lowest))
            peak_before, lowest = 0.0, float("inf")
        if amount > peak_before:
            peak_before, lowest = amount, amount
    return cuts


def _peak(profile: NDArray[np.float64], row: int) -> float:
    return float(profile[row : row + LOWEST_LINE].max(initial=0))


def _middle_of_valley(profile: NDArray[np.float64], at: int, lowest: float) -> int:
    """The middle of the rows around `at` with as little ink."""
    end = at
    while end + 1 < len(profile) and profile[end + 1] <= lowest:
        end += 1
    return (at + end) // 2 + 1
