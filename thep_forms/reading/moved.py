"""Boxes that stand in the place of another box of the form: what a person read there is not what the field is called.

Limitations: where most boxes of a page are not in their places, as on a page that was scaled, nothing is known of any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """The boxes in the places of others; None where most are not in their own."""
    corners = dict(_single(form, places))
    away = [name for name, each in corners.items() if not _is_at(each, places[name])]
    if len(corners) - len(away) < LEAST_IN_PLACE * len(corners):
        return None
    moved: set[str] = set()
    for name in away:
        if any(other != name and _is_at(corners[name], places[other]) for other in away):
            moved.add(name)
    return frozenset(moved)


def _single(form: FormFields, places: Places) -> Iterator[tuple[str, Corners]]:
    """The boxes with one widget that is on a page, and where it is."""
    for name, widgets in form.widgets.items():
        if name in places and len(widgets) == 1 and widgets[0].page is not None:
            yield name, widgets[0].corners


def _is_at(corners: Corners, place: Rect) -> bool:
    """Whether its lower left corner is at that of a place: viewers may change the size of a box."""
    return abs(corners[0] - place.x) <= SLACK and abs(corners[1] - place.y) <= SLACK
