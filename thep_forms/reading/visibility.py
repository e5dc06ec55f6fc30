"""Whether the box of a field shows on its page (ISO 32000-1, 12.5.3): an answer in one that does not is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import pikepdf

from thep_forms.reading.field_tree import Corners
from thep_forms.reading.fields import NO_RECTANGLE, WidgetValue, corners
from thep_forms.reading.flattening import has_hiding_flag
from thep_forms.reading.layers import Layers
from thep_forms.reading.objects import get
from thep_forms.reading.opening import WIDGET


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


def _area_of(pages: Sequence[pikepdf.Object], number: int) -> Corners:
    """What shows of a page: its crop box, which is its media box where it has none."""
    page = pikepdf.Page(pages[number])
    media, crop = (_corners(box) for box in (page.mediabox, page.cropbox))
    return max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])


def _corners(box: object) -> Corners:
    return corners(box.unparse(resolved=True) if isinstance(box, pikepdf.Array) else NO_RECTANGLE)
