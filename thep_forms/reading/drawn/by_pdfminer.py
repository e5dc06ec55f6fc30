"""What pdfminer finds drawn on a page. It is slow, and knows more kinds of fonts and contents than `by_content`.

pdfplumber opens the file and lays the page out. What it says of each thing takes longer than that, and is more than is
asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pdfminer.layout import LTChar, LTComponent, LTContainer, LTCurve, LTImage, LTLine, LTRect
from pdfplumber.page import Page, fix_fontname_bytes

from thep_forms.reading.drawn.model import (
    CURVE,
    LINE,
    PICTURE,
    RECTANGLE,
    DrawnLetter,
    DrawnPage,
    DrawnPart,
    DrawnStroke,
    Edges,
)


def drawn_on(page: Page) -> DrawnPage:
    """What is drawn on a page. Raises whatever pdfminer does for a damaged page."""
    letters: list[DrawnLetter] = []
    in_order: list[tuple[DrawnStroke, int]] = []
    for item in _items(page.layout):
        if isinstance(item, LTChar):
            letters.append(_letter(item, page))
        elif isinstance(item, (LTCurve, LTImage)):
            in_order.append((_stroke(item, page), len(letters)))
    left, top = page.bbox[:2]
    return DrawnPage([DrawnPart(letters, in_order)], (float(page.width), float(page.height)), (float(left), float(top)))


def _items(container: LTContainer[Any]) -> Iterator[object]:
    """Everything in it, in the order of drawing."""
    for item in container:
        if isinstance(item, LTContainer):
            yield from _items(item)
        else:
            yield item


def _letter(item: LTChar, page: Page) -> DrawnLetter:
    font = item.fontname
    name = fix_fontname_bytes(font) if isinstance(font, bytes) else font
    return DrawnLetter(item.get_text(), name, item.size, item.adv, item.matrix[:2], *_edges(item, page))


def _stroke(item: LTCurve | LTImage, page: Page) -> DrawnStroke:
    kind = _kind_of(item)
    found = DrawnStroke(kind, *_edges(item, page), item.width, item.height)
    if isinstance(item, LTCurve):
        found.is_stroked, found.is_filled, found.line_width = item.stroke, item.fill, item.linewidth
        found.colour = item.non_stroking_color
        if kind != RECTANGLE:
            found.points = [page.point2coord(point) for point in item.pts]
            found.operators = "".join(operator for operator, *_ in item.original_path or ())
    return found


def _kind_of(item: LTCurve | LTImage) -> str:
    if isinstance(item, LTImage):
        return PICTURE
    if isinstance(item, LTLine):
        return LINE
    return RECTANGLE if isinstance(item, LTRect) else CURVE


def _edges(item: LTComponent, page: Page) -> Edges:
    """Where it is. pdfminer counts from the corner of the media box, and upwards."""
    left, top = page.mediabox[:2]
    return item.x0 + left, page.height - item.y1 + top, item.x1 + left, page.height - item.y0 + top
