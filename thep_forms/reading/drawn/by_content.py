"""What a page's content draws, read quickly and exactly as pdfminer reads it (ISO 32000-1, 8 and 9).

Limitations: it knows what printers and form programs write. For anything else, such as an inline image, a font of a
rare kind or an operator without its operands, it raises `NotPlainError`, and pdfminer reads the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pikepdf
from pikepdf import Array, Dictionary, Object

from thep_forms.reading.drawn.content_canvas import Canvas, Matrix, PageGeometry
from thep_forms.reading.drawn.content_fonts import ContentFont, number_in
from thep_forms.reading.drawn.content_operators import DEEPEST, ContentRun, decoded
from thep_forms.reading.drawn.content_tokens import NotPlainError
from thep_forms.reading.drawn.model import DrawnPage


class ContentReader:
    """Reads the pages of an open file; it keeps their fonts."""

    def __init__(self, pdf: pikepdf.Pdf, new_warnings: Callable[[], Sequence[object]]) -> None:
        """`new_warnings` gives what qpdf warned of since it was last called."""
        self._pdf, self._new_warnings = pdf, new_warnings
        self._fonts: dict[tuple[int, int], ContentFont] = {}

    def page(self, number: int) -> DrawnPage:
        """What is drawn on a page. Raises `NotPlainError`."""
        page = self._pdf.pages[number]
        geometry = _geometry(page)
        self._new_warnings()
        contents = page.obj.get("/Contents", Array())
        streams = [*contents] if isinstance(contents, Array) else [contents]
        content = b"\n".join([decoded(stream) for stream in streams])
        canvas = Canvas(geometry, self._fonts)
        ContentRun(canvas, page.obj.get("/Resources") or page.resources, geometry.ctm, ()).draw(content)
        if self._new_warnings():
            raise NotPlainError
        canvas.end_part()
        return DrawnPage(canvas.parts, geometry.size, geometry.corner)


def _inherited(page: Object, name: str, default: object) -> object:
    """An entry of a page, or of those that it is under."""
    node: object = page
    for _ in range(DEEPEST):
        if not isinstance(node, Dictionary):
            break
        if name in node:
            return node[name]
        node = node.get("/Parent")
    return default


def _geometry(page: pikepdf.Page) -> PageGeometry:
    corners = [number_in(corner) for corner in page.mediabox]
    if len(corners) != 4 or corners[0] > corners[2] or corners[1] > corners[3]:
        raise NotPlainError
    turned = number_in(_inherited(page.obj, "/Rotate", 0)) % 360
    left, bottom, right, top = corners
    if turned in (90, 270):
        x, y, far_x, far_y = bottom, left, top, right
    else:
        x, y, far_x, far_y = left, bottom, right, top
    ctms: dict[float, Matrix] = {
        0: (1, 0, 0, 1, -left, -bottom),
        90: (0, -1, 1, 0, -bottom, right),
        180: (-1, 0, 0, -1, right, top),
        270: (0, 1, -1, 0, top, -left),
    }
    if turned not in ctms:
        raise NotPlainError
    height = far_y - y
    upper = height - far_y
    return PageGeometry((far_x - x, height - y - upper), (x, upper), ctms[turned])
