"""Which boxes' answers show under the annotations that lie on them, and on what is drawn on the page below them.

Whether an annotation hides what is below it depends on all that it draws. So PDFium draws the page with and without
the annotations that lie on boxes, each time with and without what stands in these boxes. This takes 0.1 s.

Limitations: annotations without an appearance are drawn as `flattening.flatten` draws them, or not at all.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterable, Iterator, Sequence

import pikepdf
import pypdfium2
from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Object, Stream
from PIL import Image, ImageChops, ImageStat

from thep_forms.reading.fields.field_tree import Corners
from thep_forms.reading.fields.filled_boxes import FilledBox
from thep_forms.reading.fields.flattening import flatten
from thep_forms.reading.objects import get, items_of
from thep_forms.reading.opening import rewritten

SCALE = 2.0  # dots a point
MOST_DOTS = 8_000_000  # of a page: a larger one is drawn at a smaller scale
INSET = 1.5  # points of a box, at its edges, where its frame is
DRAWN, SEEN = 60, 24  # of 255 greys: by which a dot of an answer differs from its ground alone, and still does
LEAST_SHOWN = 0.6  # of the dots of an answer
DARK = 160  # of 255 greys: a darker dot in a box to tick is a tick, whoever drew it
LETTER = 4.0  # points: the width of a letter where a box is not drawn


def hidden_boxes(
    data: bytes, page: int, boxes: Sequence[FilledBox], over: Collection[int], *, on_ground: bool
) -> list[str]:
    """The names of those of the boxes of which too little shows under the annotations `over` them.

    `on_ground`: or on what is drawn on the page below them.
    """
    as_seen = _drawn_twice(data, page, boxes, ())
    hidden: list[FilledBox] = []
    if over:
        hidden += _hidden(boxes, as_seen, _drawn_twice(data, page, boxes, over))
    if on_ground:
        bare = _drawn_twice(data, page, boxes, over, is_empty=True)
        hidden += [box for box in _hidden(boxes, as_seen, bare) if not _stands_out(box, as_seen, bare)]
    return list(dict.fromkeys(box.name for box in hidden))


def _hidden(boxes: Iterable[FilledBox], as_seen: _Pictures, bare: _Pictures) -> Iterator[FilledBox]:
    """The boxes of which too little of what shows in the pictures `bare` does so in those `as_seen`."""
    drawn = bare.answers(DRAWN)
    still = ImageChops.multiply(drawn, as_seen.answers(SEEN))
    for box in boxes:
        place = as_seen.whole.dots(box.corners)
        whole, left = (_count(picture.crop(place)) for picture in (drawn, still))
        if left >= LEAST_SHOWN * whole:
            continue
        shades = as_seen.whole.greys.crop(place).histogram()
        if not (box.ticks and any(shades[:DARK])):
            yield box


def _stands_out(box: FilledBox, as_seen: _Pictures, bare: _Pictures) -> bool:
    """Whether there is something on the page where the answer is, as where a program drew it there as well."""
    place = as_seen.whole.dots(box.corners)
    seen, answer = as_seen.whole.greys.crop(place), bare.answers(DRAWN).crop(place)
    inside, outside = (ImageStat.Stat(seen, mask) for mask in (answer, ImageChops.invert(answer)))
    return bool(inside.count[0] and outside.count[0]) and abs(inside.mean[0] - outside.mean[0]) > SEEN


def _count(picture: Image.Image) -> int:
    """The number of white dots."""
    return picture.histogram()[255]


class _Picture(Struct, frozen=True):
    """A page in greys. `corner` is its upper left corner in points."""

    greys: Image.Image
    corner: tuple[float, float]
    scale: float

    def dots(self, box: Corners) -> tuple[int, int, int, int]:
        """The place of a box in it, without its frame."""
        left, bottom, right, top = box
        x, y = self.corner
        edges = (left + INSET - x, y - top + INSET, right - INSET - x, y - bottom - INSET)
        return tuple(round(edge * self.scale) for edge in edges)  # type: ignore[return-value] # there are four


class _Pictures(Struct, frozen=True):
    """A page with what stands in its boxes, and without."""

    whole: _Picture
    ground: _Picture

    def answers(self, least: int) -> Image.Image:
        """White where what stands in the boxes differs from the ground by more than so many greys, black elsewhere."""
        both = ImageChops.difference(self.whole.greys, self.ground.greys)
        return both.point(lambda grey: 255 if grey > least else 0)


def _drawn_twice(
    data: bytes, page: int, boxes: Sequence[FilledBox], left_out: Collection[int], *, is_empty: bool = False
) -> _Pictures:
    """The page without those annotations."""
    own = {box.index for box in boxes}
    ways = (left_out, {*left_out, *own})
    return _Pictures(*(_drawn(data, page, boxes, without, is_empty=is_empty) for without in ways))


def _drawn(
    data: bytes, page: int, boxes: Iterable[FilledBox], left_out: Collection[int], *, is_empty: bool = False
) -> _Picture:
    """The page without those annotations, by their indexes. `is_empty`: without what is on the page itself."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        del pdf.pages[page + 1 :]
        del pdf.pages[:page]
        only = pdf.pages[0]
        listed = [*items_of(only.obj.get("/Annots"))]
        for box in boxes:
            _draw_if_needed(pdf, listed[box.index], box)
        only.obj.Annots = Array([item for index, item in enumerate(listed) if index not in left_out])
        if is_empty:
            only.obj.Contents = pdf.make_stream(b"")
        only.obj.Rotate, only.obj.UserUnit, only.obj.CropBox = 0, 1, only.mediabox
        flatten(pdf)
        left, bottom, right, top = (float(edge) for edge in only.mediabox)
        out = rewritten(pdf)
    size = max(abs((right - left) * (top - bottom)), 1.0)
    scale = min(SCALE, math.sqrt(MOST_DOTS / size))
    with pypdfium2.PdfDocument(out) as document:
        greys = document[0].render(scale=scale, grayscale=True, draw_annots=False, may_draw_forms=False).to_pil()
    return _Picture(greys, (min(left, right), max(bottom, top)), scale)


def _draw_if_needed(pdf: pikepdf.Pdf, widget: Object, box: FilledBox) -> None:
    """Give a box that is not drawn an appearance with a bar in the place of its answer."""
    if isinstance(get(get(widget, "/AP"), "/N"), (Stream, Dictionary)):
        return
    left, bottom, right, top = box.corners
    width = right - left if box.ticks else min(right - left, box.letters * LETTER)
    bar = pdf.make_stream(f"0 g 2 {(top - bottom) * 0.3} {width - 4} {(top - bottom) * 0.4} re f".encode())
    bar.Type, bar.Subtype, bar.BBox = Name.XObject, Name.Form, Array([0, 0, right - left, top - bottom])
    widget.AP = Dictionary(N=bar)
