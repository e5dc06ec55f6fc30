"""The position of everything on a form's pages, for drawing and for reading.

The measures of the typeface are in `metrics`, what stands at the foot of a page in `foot`, its seal in `seal`.
"""

from thep_forms.layout.model import (
    LABEL_INSET,
    MM,
    Label,
    PageLayout,
    PlacedBox,
    PlacedText,
    Rect,
    Style,
    body_of,
    text_area,
)
from thep_forms.layout.planner import lay_out

__all__ = [
    "LABEL_INSET",
    "MM",
    "Label",
    "PageLayout",
    "PlacedBox",
    "PlacedText",
    "Rect",
    "Style",
    "body_of",
    "lay_out",
    "text_area",
]
