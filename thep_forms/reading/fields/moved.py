"""Boxes that stand in the place of another box of the form: what a person read there is not what the field is called.

Limitations: where most boxes of a page are not in their places, as on a page that was scaled, nothing is known of any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from thep_forms.definition.form import FormDefinition
from thep_forms.layout import Rect, lay_out
from thep_forms.reading.fields.field_groups import FormFields
from thep_forms.reading.fields.field_tree import Corners

SLACK = 3.0  # points that the corners of a box may be off
LEAST_IN_PLACE = 0.8  # of the boxes of a form

Places = Mapping[str, Rect]


def moved_boxes(form: FormFields, filled: Iterable[str], definition: FormDefinition) -> frozenset[str]:
    """The names of boxes that stand in the places of others; none where every filled box is in its own."""
    places = _places(definition)
    if all(_is_in_place(form, name, places) for name in filled):
        return frozenset()  # as nearly always: the others need not be looked at
    moved = _moved(form, places)
    if moved != frozenset() and definition.earlier:
        earlier = _moved(form, _places(definition.earlier))
        moved = moved if earlier is None else earlier
    return moved or frozenset()


@lru_cache(maxsize=16)
def _places(definition: FormDefinition) -> Places:
    """Where each box is on its page."""
    return {placed.box.name: placed.rect for layout in lay_out(definition) for placed in layout.boxes}


def _moved(form: FormFields, places: Places) -> frozenset[str] | None:
    """The boxes in the places of others; None where most are not in their own.

    Boxes with one widget, which is on a page, are looked at.
    """
    away: dict[str, Corners] = {}
    count = 0
    for name in form.widgets:
        corners = _corners(form, name, places)
        if corners:
            count += 1
            if not _is_at(corners, places[name]):
                away[name] = corners
    if count - len(away) < LEAST_IN_PLACE * count:
        return None
    moved: set[str] = set()
    for name, corners in away.items():
        if any(other != name and _is_at(corners, places[other]) for other in away):
            moved.add(name)
    return frozenset(moved)


def _corners(form: FormFields, name: str, places: Places) -> Corners | None:
    """The corners of a box that has a place and one widget, which is on a page; None of any other."""
    widgets = form.widgets[name]
    is_looked_at = name in places and len(widgets) == 1 and widgets[0].page is not None
    return widgets[0].corners if is_looked_at else None


def _is_in_place(form: FormFields, name: str, places: Places) -> bool:
    corners = _corners(form, name, places)
    return corners is None or _is_at(corners, places[name])


def _is_at(corners: Corners, place: Rect) -> bool:
    """Whether its lower left corner is at that of a place: viewers may change the size of a box."""
    return abs(corners[0] - place.x) <= SLACK and abs(corners[1] - place.y) <= SLACK
