"""Whether the box of a field shows on its page (ISO 32000-1, 12.5.3): an answer in one that does not is asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

import pikepdf

from thep_forms.reading.fields.field_tree import Corners
from thep_forms.reading.fields.flattening import has_hiding_flag
from thep_forms.reading.fields.layers import Layers
from thep_forms.reading.fields.reader import NO_RECTANGLE, WidgetValue, corners
from thep_forms.reading.objects import content_of, get
from thep_forms.reading.opening import WIDGET

_COLOUR = re.compile(rb"((?:[\d.]+\s+)+)(g|rg|k)\b")  # what is filled, such as letters (ISO 32000-1, 8.6.8)
_WHITE = {b"g": (1.0,), b"rg": (1.0, 1.0, 1.0), b"k": (0.0, 0.0, 0.0, 0.0)}


class Visibility:
    """Which boxes of a file show on its pages."""

    def __init__(self, pages: Sequence[pikepdf.Object], layers: Layers) -> None:
        self.layers = layers
        self._area = cache(partial(_area_of, pages))

    def shows(self, widget: WidgetValue) -> bool:
        """Whether a viewer shows any of the box. A page that says no size is taken for one that holds it."""
        if widget.page is None or not widget.is_listed or widget.node.get("/Subtype") != WIDGET:
            return False
        if has_hiding_flag(widget.node.get("/F")):
            return False
        if _is_white_on_white(widget):
            return False
        if self.layers and self._is_on_hidden_layer(widget):
            return False
        left, bottom, right, top = widget.corners
        if left >= right or bottom >= top:
            return False
        page_left, page_bottom, page_right, page_top = self._area(widget.page)
        if page_left >= page_right or page_bottom >= page_top:
            return True
        return left < page_right and right > page_left and bottom < page_top and top > page_bottom

    def _is_on_hidden_layer(self, widget: WidgetValue) -> bool:
        """Whether the box, or all that is drawn in it, is on a layer that is off."""
        return self.layers.hides(widget.node.get("/OC")) or self.layers.hides(get(widget.appearance, "/OC"))


def _is_white_on_white(widget: WidgetValue) -> bool:
    """Whether the letters in a box are white, and its ground has no other colour."""
    stated = widget.node.get("/DA")
    if not isinstance(stated, pikepdf.String) or not _is_white(bytes(stated)):
        return False
    ground = get(widget.node.get("/MK"), "/BG")
    if isinstance(ground, pikepdf.Array) and _numbers(ground.unparse().strip(b"[ ]")) not in (*_WHITE.values(), ()):
        return False
    appearance = widget.appearance
    return not isinstance(appearance, pikepdf.Stream) or _is_white(content_of(appearance) or b"")


def _is_white(operators: bytes) -> bool:
    """Whether they fill in white alone."""
    colours = _COLOUR.findall(operators)
    return bool(colours) and all(_WHITE[operator] == _numbers(values) for values, operator in colours)


def _numbers(values: bytes) -> tuple[float, ...]:
    try:
        return tuple(map(float, values.split()))
    except ValueError:  # such as 1.0.0
        return ()


def _area_of(pages: Sequence[pikepdf.Object], number: int) -> Corners:
    """What shows of a page: its crop box, which is its media box where it has none."""
    page = pikepdf.Page(pages[number])
    media, crop = (_corners(box) for box in (page.mediabox, page.cropbox))
    return max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])


def _corners(box: object) -> Corners:
    return corners(box.unparse(resolved=True) if isinstance(box, pikepdf.Array) else NO_RECTANGLE)
