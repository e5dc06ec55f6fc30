"""Checks that a layout fits. If not, says which measure of `membership-form.toml` to change, and to what value."""

from __future__ import annotations

import math

from thep_forms.definition.model import Kind, PageMeasures
from thep_forms.errors import LayoutError
from thep_forms.layout.model import AVERAGE_GLYPH, MM, Item, Label, Measure, PageLayout, PlacedBox, PlacedText

SLACK = 0.01  # points, for rounding.
LEAST_HEIGHT = 7.0  # mm: the least height of a box for handwriting.
LEAST_LABEL = 5.0  # mm: a narrower label holds no word.
STEP = 0.1  # mm: suggested measures are multiples of this.


def verify(layout: PageLayout, page: PageMeasures, around_box: float) -> None:
    """Raises `LayoutError` where a box leaves its page, overlaps another box or is too small for what it must show.

    `around_box` is how much lower a box is than its line, in points.
    """
    least = least_line(around_box)
    _verify_page(layout, page, least)
    boxes = layout.boxes
    for number, placed in enumerate(boxes):
        _verify_apart(placed, boxes[:number], layout.section)
        if placed.box.kind is not Kind.TICKS:
            _verify_width(placed)
            _verify_height(placed, least)


def least_line(around_box: float) -> float:
    """The least height of a row of one line, in mm; `around_box` as for `verify`."""
    return up(LEAST_HEIGHT + around_box / MM)


def advice(measure: Measure | None, value: float) -> str:
    """A sentence that says to what the measure has to be changed, in mm; without a measure, to shorten the words."""
    if measure is None:
        return "Shorten it in the templates."
    return f"In membership-form.toml set {measure.key} to {value:g} (it is {measure.value:g})."


def up(length: float) -> float:
    """The length in mm, rounded up."""
    return round(math.ceil(round(length / STEP, 6)) * STEP, 1)


def down(length: float) -> float:
    """The length in mm, rounded down."""
    return round(math.floor(round(length / STEP, 6)) * STEP, 1)


def _verify_page(layout: PageLayout, page: PageMeasures, least: float) -> None:
    left, right = page.margin * MM, (page.width - page.margin) * MM
    bottom = page.bottom * MM
    for item in layout.items:
        if item.rect.x < left - SLACK or item.rect.right > right + SLACK:
            raise LayoutError(f"{_called(item)} leaves its page at the side. Give the cells of its row less width.")
        if item.rect.y < bottom - SLACK:
            raise LayoutError(f"{_called(item)} leaves its page. {_how_to_shorten(layout, page, least)}")


def _how_to_shorten(layout: PageLayout, page: PageMeasures, least: float) -> str:
    """How to lower the rows of a page until they fit: lower the lines first, then the rows."""
    lowest = min(cell.y for cell in layout.cells)
    excess = page.bottom - lowest / MM
    line = down(page.line - excess / layout.lines) if layout.lines else 0.0
    if line >= least:
        return advice(Measure("page.line", page.line), line)
    rest = excess - layout.lines * max(page.line - least, 0)
    rows = f"make the rows of {layout.section} {up(rest):g} mm lower together, or start another section"
    if layout.lines and page.line > least:
        return f"In membership-form.toml set page.line to {least:g} (it is {page.line:g}), and {rows}."
    return f"In membership-form.toml {rows}."


def _verify_apart(placed: PlacedBox, before: list[PlacedBox], section: str) -> None:
    for earlier in before:
        if placed.rect.overlaps(earlier.rect):
            raise LayoutError(
                f"The boxes {earlier.box.name} and {placed.box.name} overlap. In membership-form.toml, in the rows of "
                f"{section}, give their cells more width."
            )


def _verify_width(placed: PlacedBox) -> None:
    needed = placed.box.shows * AVERAGE_GLYPH * placed.size
    if placed.rect.width >= needed:
        return
    fewer = math.floor(max(placed.rect.width, 0) / (AVERAGE_GLYPH * placed.size))
    ways = [f"{placed.shows} to {max(fewer, 1)} (it is {placed.box.shows})"]
    if placed.label:
        narrower = down(placed.label.value - (needed - placed.rect.width) / MM)
        if narrower >= LEAST_LABEL:
            ways.insert(0, f"{placed.label.key} to {narrower:g} (it is {placed.label.value:g})")
    width = down(placed.rect.width / MM)
    raise LayoutError(
        f"The box {placed.box.name} is {width:g} mm wide; to show {placed.box.shows} characters it needs "
        f"{up(needed / MM):g} mm. In membership-form.toml set {', or '.join(ways)}."
    )


def _verify_height(placed: PlacedBox, least: float) -> None:
    height = placed.rect.height / MM
    if height < LEAST_HEIGHT:
        raise LayoutError(
            f"The box {placed.box.name} is {height:.1f} mm high; to write in it needs {LEAST_HEIGHT:g} mm. "
            f"{advice(placed.height, least)}"
        )


def _called(item: Item) -> str:
    match item:
        case Label():
            return f"The label “{item.words}”"
        case PlacedText():
            return f"The text {item.name}"
        case PlacedBox():
            return f"The box {item.box.name}"
