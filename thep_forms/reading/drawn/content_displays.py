"""What content streams drew that many files have alike, such as the form's own print on each return: it is kept.

Each process keeps some, for as long as it runs. Only long streams are kept, which hold the print of a form or of a
document. The answers in a flattened return are in short streams, or make the long one another in each file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from thep_forms.reading.drawn.content_canvas import Canvas, Matrix
from thep_forms.reading.drawn.content_fonts import ContentFont
from thep_forms.reading.drawn.model import DrawnPart

SHORTEST, LONGEST = 2000, 100_000  # bytes of a stream that is kept: that of a page of a form has some 20,000
MOST = 12  # streams


class DrawnObject(Struct, frozen=True):
    """An XObject that was drawn: its name, and where."""

    name: bytes
    ctm: Matrix


class Display(Struct, frozen=True):
    """What a stream drew, step by step, and the fonts that it used, by the names that it has for them."""

    steps: Sequence[DrawnPart | DrawnObject]
    fonts: Mapping[bytes, ContentFont]


class Recorder:
    """Records what is drawn on a canvas, as long as that depends on nothing but the content and its fonts."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.steps: list[DrawnPart | DrawnObject] = []
        self.skip()

    def end_part(self) -> None:
        """Keep what was drawn since the last part."""
        self._canvas.end_part()
        self.steps += self._canvas.parts[self._count :]
        self.skip()

    def add_object(self, name: bytes, ctm: Matrix) -> None:
        """Keep that an XObject is drawn now, but not what it draws: another file may have another one."""
        self.end_part()
        self.steps.append(DrawnObject(name, ctm))

    def skip(self) -> None:
        """Leave out what was drawn since the last part."""
        self._canvas.end_part()
        self._count = len(self._canvas.parts)


class Displays:
    """The displays that are kept, by what they depend on."""

    def __init__(self) -> None:
        self._kept: dict[object, Display] = {}

    def get(self, key: object) -> Display | None:
        """What is kept for a key."""
        return self._kept.get(key)

    def keep(self, key: object, display: Display) -> None:
        """Keep a display, and forget the one that was kept longest where there are too many."""
        self._kept[key] = display
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
