"""Markup annotations: what people laid over the form with a markup tool instead of filling in its boxes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace
from pikepdf import Array, Object

from thep_forms.reading.fields.field_tree import Annotation
from thep_forms.reading.fields.flattening import INK, REDACTION, Rectangle, is_hidden, marked_areas
from thep_forms.reading.model import Doubt, Note
from thep_forms.reading.objects import doubted_text, name_of, numbers_of
from thep_forms.reading.strings import plain

NO_TICKS = ("no", "n", "na", "n/a", "off", "-")
THINNEST = 1.0  # points, of an area: a line may have no height
LEAST_SHARE = 0.05  # of a box that markup covers, or of a line that lies on a box
LEAST_SHARE_OF_INK = 0.3  # of a stroke of a pen, or of the box, that is in common
MOST_STROKES = 2000  # of a pen, in one annotation
LONGEST_TICK = 3  # letters that are meant as a tick
LARGEST_TICK = 8  # times the size of the box, of something drawn that is meant as a tick, such as a ring around it

_MARKS = ("/Circle", "/Highlight", "/Ink", "/Line", "/PolyLine", "/Polygon", "/Square", "/Stamp")
_BY_HAND = ("/Ink", "/Stamp")
_NOT_WRITTEN = (  # kinds whose appearance is not what a person wrote
    *("/Text", "/Caret", "/StrikeOut", "/Squiggly", "/Underline", "/FileAttachment", "/Sound", "/Movie", "/Screen"),
    *("/3D", "/RichMedia", "/PrinterMark", "/TrapNet"),
)
_NO_MARKUP = ("/Widget", "/Link", "/Popup")
_THROUGH = ("/Line", "/PolyLine", "/StrikeOut")  # kinds that strike out an answer


class BoxArea(Struct, frozen=True):
    """Where a box that markup may lie on is; `page` is an index, `ticks`: it is a check box."""

    page: int
    area: Rectangle
    ticks: bool


class Markup(Struct, frozen=True):
    """Words or a drawing on a page, in the page's own coordinates. `kind` is the annotation's subtype.

    `area` is empty where the file gives none, and where no viewer shows it. `is_drawing`: it has no words that we can
    read, and shows something that a person may have written. `shows_all`: all of it shows on the page.
    """

    page: int
    area: Rectangle
    text: str
    kind: str
    is_drawing: bool
    shows_all: bool

    @property
    def note(self) -> Note | None:
        """What it says, whatever it lies on; None for what only stands out, such as a ring."""
        return Note(self.text, self.page) if self.text or self.is_drawing else None

    @property
    def is_ink(self) -> bool:
        """Whether it was written with a pen, and says nothing in letters."""
        return self.kind == INK and not self.text

    @property
    def is_typed(self) -> bool:
        """Whether its words stand on the page."""
        return self.kind == "/FreeText"

    @property
    def is_redaction(self) -> bool:
        """Whether it marks what is to be taken out."""
        return self.kind == REDACTION

    @property
    def strikes(self) -> bool:
        """Whether it says no more than that what is below it does not count."""
        return self.kind in _THROUGH and not self.text

    def may_tick(self, box: Rectangle) -> bool:
        """Whether it ticks a check box on which it lies."""
        if self.kind in _MARKS:
            return _size(self.area) <= LARGEST_TICK * _size(box)
        return 0 < len(self.text) <= LONGEST_TICK and self.text.lower() not in NO_TICKS

    def boxes_under(self, boxes: Iterable[tuple[str, BoxArea]]) -> list[str]:
        """The names of all boxes of which it covers more than the edge."""
        found: list[str] = []
        for name, box in boxes:
            if box.page != self.page or not len(box.area) == len(self.area) == 4:
                continue
            if _shared(self.area, box.area) > LEAST_SHARE * max(_size(box.area), 1.0):
                found.append(name)
        return found

    def box_under(self, boxes: Iterable[tuple[str, BoxArea]]) -> str | None:
        """The name of the box that it lies on: the box that it covers most of, or that most of a line lies on."""
        best, largest = None, LEAST_SHARE_OF_INK if self.is_ink else LEAST_SHARE
        for name, box in boxes:
            if box.page != self.page or not len(box.area) == len(self.area) == 4:
                continue
            if box.ticks and not self.may_tick(box.area):
                continue
            share = _shared(self.area, box.area) / max(self._whole(box), 1.0)
            if share > largest:
                best, largest = name, share
        return best

    def _whole(self, box: BoxArea) -> float:
        """The size that the share is of: the box's, that of a line, or the smaller one where a pen wrote."""
        if box.ticks or not (self.strikes or self.is_ink):
            return _size(box.area)
        return min(_size(self.area), _size(box.area)) if self.is_ink else _size(self.area)


def markup_in(annotations: Iterable[Annotation]) -> list[Markup]:
    """The free texts, comments and drawings among the annotations, each stroke of a pen by itself.

    A stamp that is on several pages in the same place is that of the first page.
    """
    found: list[Markup] = []
    stamps: set[tuple[str, Rectangle]] = set()
    for annotation in annotations:
        markup = _markup(annotation.page, annotation.dictionary)
        if markup is None:
            continue
        if markup.kind == "/Stamp" and not markup.text:
            stamp = (markup.text, tuple(map(round, markup.area)))
            if stamp in stamps:
                continue
            stamps.add(stamp)
        parts: list[Rectangle] = []
        if markup.is_ink:
            parts = _strokes(annotation.dictionary)
        elif markup.is_redaction:
            parts = marked_areas(annotation.dictionary)
        found += [replace(markup, area=area) for area in parts] or [markup]
    return found


def areas_of(annotation: Object) -> list[Rectangle]:
    """Where an annotation lies: its rectangle, and what it marks."""
    area = _area(numbers_of(annotation.get("/Rect")))
    return [*([area] if area else []), *marked_areas(annotation)]


def _strokes(ink: Object) -> list[Rectangle]:
    """The area of each stroke of a pen; none where the file does not give them."""
    strokes = ink.get("/InkList")
    areas: list[Rectangle] = []
    for points in islice(strokes, MOST_STROKES) if isinstance(strokes, Array) else ():
        numbers = numbers_of(points)
        if len(numbers) >= 2:
            across, down = numbers[0::2], numbers[1::2]
            areas.append(_area((min(across), min(down), max(across), max(down))))
    return areas


def _markup(page: int, annotation: Object) -> Markup | None:
    kind = name_of(annotation.get("/Subtype"))
    if kind in _NO_MARKUP:
        return None
    text, is_unreadable = _words(annotation)
    has_appearance = "/AP" in annotation
    if is_hidden(annotation):
        return Markup(page, (), text, kind, is_drawing=False, shows_all=False) if text else None
    is_seen = has_appearance and not text and kind not in (*_MARKS, *_NOT_WRITTEN)
    if not (text or is_seen or is_unreadable or kind in (REDACTION, *_MARKS, *_THROUGH)):
        return None
    is_shown = has_appearance and (kind == "/FreeText" or not text)
    return Markup(
        page,
        _area(numbers_of(annotation.get("/Rect"))),
        text,
        kind,
        is_drawing=not text and (is_seen or is_unreadable or kind in _BY_HAND),
        shows_all=is_shown or kind == REDACTION or (kind == INK and not text),
    )


def _words(annotation: Object) -> tuple[str, bool]:
    """Its words, wherever a program puts them, and whether there are words that cannot be read."""
    texts: list[str] = []
    is_unreadable = False
    for key in ("/Contents", "/RC", "/OverlayText"):
        text, doubts = doubted_text(annotation.get(key))
        texts.append(text.strip())
        is_unreadable = is_unreadable or Doubt.UNREADABLE in doubts
    contents, rich, overlay = texts
    return contents or plain(rich) or overlay, is_unreadable


def _area(corners: Rectangle) -> Rectangle:
    """The rectangle with its corners in order, and not too thin to cover anything; empty where it is none."""
    if len(corners) != 4:
        return ()
    (x, right), (y, top) = sorted((corners[0], corners[2])), sorted((corners[1], corners[3]))
    return x, y, max(right, x + THINNEST), max(top, y + THINNEST)


def _shared(first: Rectangle, second: Rectangle) -> float:
    """The size of what two rectangles have in common."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)


def _size(area: Rectangle) -> float:
    return max(area[2] - area[0], 0.0) * max(area[3] - area[1], 0.0)
