"""Boxes that stand in the place of another box of the form: what a person read there is not what the field is called.

Limitations: where most boxes of a page are not in their places, as on a page that was scaled, nothing is known of any.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from thep_forms.definition.form import FormDefinition
from thep_forms.layout import Rect, lay_out
from thep_forms.reading.field_groups import FormFields
from thep_forms.reading.field_tree import Corners

SLACK = 3.0  # points that the corners of a box may be off
LEAST_IN_PLACE = 0.8  # of the boxes of a form

Places = Mapping[str, Rect]


def moved_boxes(form: FormFields, definition: FormDefinition) -> frozenset[str]:
    """The names of boxes that stand in the places of others."""
    moved = _moved(form, _places(definition))
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
    for name, widgets in form.widgets.items():
        place = places.get(name)
        if place and len(widgets) == 1 and widgets[0].page is not None:
            count += 1
            corners = widgets[0].corners
            if not _is_at(corners, place):
                away[name] = corners
    if count - len(away) < LEAST_IN_PLACE * count:
        return None
    moved: set[str] = set()
    for name, corners in away.items():
        if any(other != name and _is_at(corners, places[other]) for other in away):
            moved.add(name)
    return frozenset(moved)


def _is_at(corners: Corners, place: Rect) -> bool:
    """Whether its lower left corner is at that of a place: viewers may change the size of a box."""
    return abs(corners[0] - place.x) <= SLACK and abs(corners[1] - place.y) <= SLACK
