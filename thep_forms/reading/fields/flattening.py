"""Annotations made part of their pages, as viewers show them.

Limitations: of what has no appearance, filled shapes are drawn as rectangles, and words not at all.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from decimal import Decimal

import pikepdf

from thep_forms.reading.fields.layers import Layers
from thep_forms.reading.objects import get, items_of, name_of, numbers_of, text_of
from thep_forms.reading.opening import WIDGET, rewritten

REDACTION = "/Redact"  # an annotation that marks what is to be taken out
INK = "/Ink"  # an annotation that holds what was written with a pen
PRINTED = 4  # the flag of an annotation that is drawn, on paper too
MOST_MARKED = 200  # quadrilaterals of an annotation
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5  # flags of annotations
_TYPED = "/FreeText"  # an annotation of words that stand on the page
_FILLINGS = {  # where the colour is with which a kind of annotation is filled
    "/Circle": "/IC",
    "/Polygon": "/IC",
    "/Square": "/IC",
    _TYPED: "/C",
}
_COLOURS = {1: "g", 3: "rg", 4: "k"}  # operators, by the number of components

Rectangle = tuple[float, ...]  # of four: left, bottom, right, top


def flattened(data: bytes) -> bytes:
    """The file with the appearances of its annotations as part of its pages, as `flatten` draws them."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        flatten(pdf)
        return rewritten(pdf)


def flatten(pdf: pikepdf.Pdf) -> None:
    """Make the appearances of the annotations part of the pages, but for those that a viewer does not show.

    What is marked for redaction is blacked out, as its appearance only frames it (ISO 32000-1, 12.5.6.23). Filled
    shapes and what was written with a pen are drawn where they have no appearance. Boxes that a person emptied are
    drawn empty.
    """
    form = get(pdf.Root, "/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/NeedAppearances" in form:
        del form["/NeedAppearances"]  # or qpdf would leave boxes as they are
    layers = Layers(pdf)
    for page in pdf.pages:
        _draw_annotations(pdf, page, layers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of boxes that are left over
        pdf.flatten_annotations("screen")


def is_hidden(annotation: object) -> bool:
    """Whether no viewer shows the annotation, by its flags."""
    return has_hiding_flag(get(annotation, "/F"))


def has_hiding_flag(flags: object) -> bool:
    """Whether the flags of an annotation (ISO 32000-1, table 165) keep it from the screen."""
    return isinstance(flags, int) and bool(flags & (_HIDDEN | _NO_VIEW))


def is_filled(annotation: object) -> bool:
    """Whether its inside has a colour that lets nothing through."""
    opacity = get(annotation, "/CA")
    is_opaque = opacity is None or (isinstance(opacity, (int, float, Decimal)) and opacity >= 1)
    kind = name_of(get(annotation, "/Subtype"))
    if kind == _TYPED and text_of(get(annotation, "/Contents")).strip():
        return False  # some programs give the colour of the words there
    colour = _FILLINGS.get(kind)
    return colour is not None and is_opaque and bool(numbers_of(get(annotation, colour))) and not get(annotation, "/BM")


def marked_areas(annotation: object) -> list[Rectangle]:
    """The quadrilaterals that an annotation marks, each as four numbers: left, bottom, right and top."""
    numbers = numbers_of(get(annotation, "/QuadPoints"))
    areas: list[Rectangle] = []
    for start in range(0, min(len(numbers), 8 * MOST_MARKED) - 7, 8):
        across, down = numbers[start : start + 8 : 2], numbers[start + 1 : start + 8 : 2]
        areas.append((min(across), min(down), max(across), max(down)))
    return areas


def _draw_annotations(pdf: pikepdf.Pdf, page: pikepdf.Page, layers: Layers) -> None:
    """Give annotations the appearance that they mean where they have none, or one that says less or does not show."""
    for annotation in items_of(page.obj.get("/Annots")):
        is_off = layers.hides(get(annotation, "/OC"))
        if is_off or _is_emptied(annotation):
            _undraw(annotation)
        if is_off:
            continue
        area = numbers_of(get(annotation, "/Rect"))
        if len(area) != 4 or is_hidden(annotation):
            continue
        areas = marked_areas(annotation) or [area]
        drawn = _meant(annotation, areas)
        if drawn:
            form = pdf.make_stream(drawn.encode())
            form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            annotation.Rect = form.BBox = pikepdf.Array(_around(areas))
            annotation.AP = pikepdf.Dictionary(N=form)
            annotation.F = PRINTED


def _undraw(annotation: pikepdf.Object) -> None:
    if "/AP" in annotation:
        del annotation["/AP"]


def _around(areas: Sequence[Rectangle]) -> Rectangle:
    """The rectangle that holds them all."""
    left, bottom, right, top = zip(*areas, strict=True)
    return min(left), min(bottom), max(right), max(top)


def _meant(annotation: object, areas: Sequence[Rectangle]) -> str:
    """The operators that draw a mark for redaction, or a filling or the strokes of a pen without an appearance."""
    kind = name_of(get(annotation, "/Subtype"))
    if kind == REDACTION:
        return _filling("0 g", areas)
    if get(annotation, "/AP") is not None:
        return ""
    if kind == INK:
        return " ".join(_pen_stroke(numbers_of(points)) for points in items_of(get(annotation, "/InkList")))
    if not is_filled(annotation):
        return ""
    colour = numbers_of(get(annotation, _FILLINGS[kind]))
    operator = _COLOURS.get(len(colour))
    return _filling(f"{' '.join(map(str, colour))} {operator}", areas) if operator else ""


def _filling(colour: str, areas: Sequence[Rectangle]) -> str:
    return " ".join([colour, *(f"{x} {y} {right - x} {top - y} re f" for x, y, right, top in areas)])


def _is_emptied(annotation: pikepdf.Object) -> bool:
    """Whether it is a box that a person emptied, which may still show the old answer."""
    parent = get(annotation, "/Parent")
    value = get(annotation, "/V") if parent is None else get(annotation, "/V") or get(parent, "/V")
    is_empty = isinstance(value, pikepdf.String) and not bytes(value)
    return is_empty and get(annotation, "/Subtype") == WIDGET and get(annotation, "/AP") is not None


def _pen_stroke(numbers: Sequence[float]) -> str:
    """The operators that draw a line through the points."""
    points = [f"{x} {y}" for x, y in zip(numbers[0::2], numbers[1::2], strict=False)]
    return " ".join((points[0], "m", *(f"{point} l" for point in points[1:]), "S")) if points else ""
