"""Answers in boxes that something else lies over: a stamp, a highlight that lets nothing through, another box.

Whether an annotation hides what is below it depends on all that it draws. So PDFium draws the page with and without
the annotations that lie on boxes, each time with and without what stands in these boxes. This is rare and takes a tenth
of a second.

Limitations: annotations without an appearance are drawn as `opening.flattened` draws them, or not at all. A box that is
no object of its own is not looked at.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import pikepdf
import pypdfium2
from msgspec import Struct
from pikepdf import Array, Dictionary, Name, Object, Stream
from PIL import Image, ImageChops

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID
from thep_forms.reading.annotations import areas_of
from thep_forms.reading.classify import Contents
from thep_forms.reading.field_groups import FormFields
from thep_forms.reading.field_tree import ObjectNumber
from thep_forms.reading.fields import Corners
from thep_forms.reading.flattening import flatten, is_hidden
from thep_forms.reading.model import Answer
from thep_forms.reading.objects import get, items_of, name_of
from thep_forms.reading.opening import rewritten

SCALE = 2.0  # dots a point
MOST_DOTS = 8_000_000  # of a page: a larger one is drawn at a smaller scale
LEAST_SHARE = 0.05  # of a box, that an annotation lies on
INSET = 1.5  # points of a box, at its edges, where its frame is
DRAWN, SEEN = 60, 24  # of 255 greys: by which a dot of an answer differs from its ground alone, and still does
LEAST_SHOWN = 0.6  # of the dots of an answer
DARK = 160  # of 255 greys: a darker dot in a box to tick is a tick, whoever drew it
LETTER = 4.0  # points: the width of a letter where a box is not drawn
_NEVER_COVERS = ("/Link", "/Popup")


class FilledBox(Struct, frozen=True):
    """A box with an answer: its index among the annotations of its page, and how long the answer is."""

    name: str
    index: int
    corners: Corners
    ticks: bool
    letters: int


def answers_hidden(
    contents: Contents, form: FormFields, answers: Mapping[str, Answer], definition: FormDefinition
) -> dict[str, int]:
    """The names of the boxes whose answers do not show under annotations, with the indexes of their pages."""
    others = _others_by_page(contents, definition)
    found: dict[str, int] = {}
    for page, numbers in others.items():
        listed = [*items_of(get(contents.pages[page], "/Annots"))]
        boxes = _filled_boxes(form, answers, page, listed)
        over: set[int] = set()
        for index, annotation in enumerate(listed):
            if not isinstance(annotation, Dictionary) or annotation.objgen not in numbers:
                continue
            if any(_lies_on(annotation, box.corners) for box in boxes):
                over.add(index)
        if over:
            found |= dict.fromkeys(_hidden(contents.copy(), page, boxes, over), page)
    return found


def _others_by_page(contents: Contents, definition: FormDefinition) -> dict[int, set[ObjectNumber]]:
    """The numbers of the annotations on each page that are no boxes of ours. Most files have none."""
    others: dict[int, set[ObjectNumber]] = {}
    for annotation in (*contents.annotations, *contents.other_widgets):
        kind = name_of(get(annotation.dictionary, "/Subtype"))
        if kind not in _NEVER_COVERS and not is_hidden(annotation.dictionary):
            others.setdefault(annotation.page, set()).add(annotation.dictionary.objgen)
    for each in contents.forms:
        for name, widgets in each.widgets.items():
            if definition.box(name) or name == FORM_ID:
                continue
            for widget in widgets:
                if widget.page is not None:
                    others.setdefault(widget.page, set()).add(widget.node.number)
    return others


def _filled_boxes(
    form: FormFields, answers: Mapping[str, Answer], page: int, listed: Sequence[object]
) -> list[FilledBox]:
    """The boxes on the page that hold an answer."""
    numbers = {item.objgen: index for index, item in enumerate(listed) if isinstance(item, Dictionary)}
    numbers.pop((0, 0), None)
    boxes: list[FilledBox] = []
    for name, answer in answers.items():
        if not answer.says_something or answer.is_illegible:
            continue
        for widget in form.widgets.get(name, ()):
            if widget.page == page and widget.node.number in numbers and widget.text == answer.text:
                index = numbers[widget.node.number]
                boxes.append(FilledBox(name, index, widget.corners, widget.ticks, len(answer.text)))
    return boxes


def _lies_on(annotation: Object, box: Corners) -> bool:
    """Whether it lies on more than the edge of a box."""
    size = max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
    for left, bottom, right, top in areas_of(annotation):
        width, height = min(right, box[2]) - max(left, box[0]), min(top, box[3]) - max(bottom, box[1])
        if width > 0 and height > 0 and width * height > LEAST_SHARE * size:
            return True
    return False


# --- pictures ---------------------------------------------------------------------------------------------------------


def _hidden(data: bytes, page: int, boxes: Sequence[FilledBox], over: Collection[int]) -> list[str]:
    """The names of those of the boxes of which too little shows under the annotations `over` them."""
    own = {box.index for box in boxes}
    covered, covered_ground = (_drawn(data, page, boxes, left_out) for left_out in ((), own))
    bare, bare_ground = (_drawn(data, page, boxes, {*over, *left_out}) for left_out in ((), own))
    drawn = ImageChops.difference(bare.greys, bare_ground.greys).point(lambda grey: 255 if grey > DRAWN else 0)
    seen = ImageChops.difference(covered.greys, covered_ground.greys).point(lambda grey: 255 if grey > SEEN else 0)
    still = ImageChops.multiply(drawn, seen)
    names: list[str] = []
    for box in boxes:
        place = covered.dots(box.corners)
        whole, left = (_count(picture.crop(place)) for picture in (drawn, still))
        if left >= LEAST_SHOWN * whole:
            continue
        shades = covered.greys.crop(place).histogram()
        if not (box.ticks and any(shades[:DARK])):
            names.append(box.name)
    return names


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
        return tuple(round(edge * self.scale) for edge in edges)  # type: ignore[return-value]  # of four


def _drawn(data: bytes, page: int, boxes: Iterable[FilledBox], left_out: Collection[int]) -> _Picture:
    """The page without those annotations, by their indexes."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        del pdf.pages[page + 1 :]
        del pdf.pages[:page]
        only = pdf.pages[0]
        listed = [*items_of(only.obj.get("/Annots"))]
        for box in boxes:
            _draw_if_needed(pdf, listed[box.index], box)
        only.obj.Annots = Array([item for index, item in enumerate(listed) if index not in left_out])
        for key in ("/Rotate", "/UserUnit", "/CropBox"):
            if key in only.obj:
                del only.obj[key]
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
