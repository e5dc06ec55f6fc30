"""What pdfminer finds drawn on a page: its letters, and its strokes with what was drawn before them.

Lengths are points from the upper left corner of the page. pdfplumber opens the file and lays the page out. What it
says of each thing takes longer than that, and is more than is asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from pdfminer.layout import LTChar, LTComponent, LTContainer, LTCurve, LTImage, LTLine, LTRect
from pdfplumber.page import Page, fix_fontname_bytes

Drawn = Mapping[str, Any]  # a letter, or a stroke, with the names that pdfplumber has for what it says
_CURVE, _LINE, _RECTANGLE, _PICTURE = "curve", "line", "rect", "image"
_ORDER = (_CURVE, _LINE, _RECTANGLE, _PICTURE)


class DrawnPage(Struct, frozen=True):
    """The letters of a page in the order in which they were drawn, and its strokes by their kind.

    A stroke is a curve, a line, a rectangle or a picture. `strokes_in_order` has each in the order of drawing, with the
    number of letters that were drawn before it.
    """

    letters: Sequence[Drawn]
    strokes: Sequence[Drawn]
    strokes_in_order: Sequence[tuple[Drawn, int]]

    @property
    def pictures(self) -> list[Drawn]:
        """The pictures, such as a scan."""
        return [stroke for stroke in self.strokes if stroke["object_type"] == _PICTURE]


def drawn_on(page: Page) -> DrawnPage:
    """What is drawn on a page. Raises whatever pdfminer does for a damaged page."""
    letters: list[Drawn] = []
    in_order: list[tuple[Drawn, int]] = []
    for item in _items(page.layout):
        if isinstance(item, LTChar):
            letters.append(_letter(item, page))
        elif isinstance(item, (LTCurve, LTImage)):
            in_order.append((_stroke(item, page), len(letters)))
    strokes = sorted((stroke for stroke, _ in in_order), key=lambda stroke: _ORDER.index(stroke["object_type"]))
    return DrawnPage(letters, strokes, in_order)


def _items(container: LTContainer[Any]) -> Iterator[object]:
    """Everything in it, in the order of drawing."""
    for item in container:
        if isinstance(item, LTContainer):
            yield from _items(item)
        else:
            yield item


def _letter(item: LTChar, page: Page) -> Drawn:
    name = item.fontname
    return {
        "text": item.get_text(),
        "fontname": fix_fontname_bytes(name) if isinstance(name, bytes) else name,
        "size": item.size,
        "adv": item.adv,
        "matrix": item.matrix,
        **_edges(item, page),
    }


def _stroke(item: LTCurve | LTImage, page: Page) -> Drawn:
    found: dict[str, Any] = {
        "object_type": _kind_of(item),
        "width": item.width,
        "height": item.height,
        **_edges(item, page),
    }
    if isinstance(item, LTCurve):
        found["stroke"], found["fill"], found["linewidth"] = item.stroke, item.fill, item.linewidth
        found["non_stroking_color"] = item.non_stroking_color
        found["pts"] = [page.point2coord(point) for point in item.pts]
        found["operators"] = [operator for operator, *_ in item.original_path or ()]
    return found


def _kind_of(item: LTCurve | LTImage) -> str:
    if isinstance(item, LTImage):
        return _PICTURE
    if isinstance(item, LTLine):
        return _LINE
    return _RECTANGLE if isinstance(item, LTRect) else _CURVE


def _edges(item: LTComponent, page: Page) -> dict[str, float]:
    """Where it is. pdfminer counts from the corner of the media box, and upwards."""
    left, top = page.mediabox[:2]
    return {
        "x0": item.x0 + left,
        "x1": item.x1 + left,
        "top": page.height - item.y1 + top,
        "bottom": page.height - item.y0 + top,
    }
