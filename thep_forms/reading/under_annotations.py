"""Answers in boxes that something else hides: a stamp, a highlight that lets nothing through, another box.

On a page that somebody drew on, the ground may hide an answer too: black letters on a black bar.

Limitations: a box that is no object of its own is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pikepdf import Dictionary, Object

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import FORM_ID
from thep_forms.reading.classify import Contents
from thep_forms.reading.fields.annotations import areas_of
from thep_forms.reading.fields.field_groups import FormFields
from thep_forms.reading.fields.field_tree import Corners, ObjectNumber
from thep_forms.reading.fields.filled_boxes import filled_boxes
from thep_forms.reading.fields.flattening import is_hidden
from thep_forms.reading.model import Answer
from thep_forms.reading.objects import get, items_of, name_of

LEAST_SHARE = 0.05  # of a box, that an annotation lies on
_NEVER_COVERS = ("/Link", "/Popup")


def answers_hidden(
    contents: Contents,
    form: FormFields,
    answers: Mapping[str, Answer],
    definition: FormDefinition,
    drawn_over: Sequence[int],
) -> dict[str, int]:
    """The names of the boxes whose answers do not show under annotations, with the indexes of their pages.

    On the pages that somebody drew on, `drawn_over`, also those that do not show on what was drawn.
    """
    others = _others_by_page(contents, definition)
    found: dict[str, int] = {}
    for page in dict.fromkeys((*others, *drawn_over)):
        numbers = others.get(page, set())
        listed = [*items_of(get(contents.pages[page], "/Annots"))]
        boxes = filled_boxes(form, answers, page, listed)
        over: set[int] = set()
        for index, annotation in enumerate(listed):
            if not isinstance(annotation, Dictionary) or annotation.objgen not in numbers:
                continue
            if any(_lies_on(annotation, box.corners) for box in boxes):
                over.add(index)
        if over or (boxes and page in drawn_over):
            from thep_forms.reading.fields.box_pictures import (
                hidden_boxes,  # takes time to import, and few files need it
            )

            found |= dict.fromkeys(hidden_boxes(contents.copy(), page, boxes, over, on_ground=page in drawn_over), page)
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


def _lies_on(annotation: Object, box: Corners) -> bool:
    """Whether it lies on more than the edge of a box."""
    size = max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
    for left, bottom, right, top in areas_of(annotation):
        width, height = min(right, box[2]) - max(left, box[0]), min(top, box[3]) - max(bottom, box[1])
        if width > 0 and height > 0 and width * height > LEAST_SHARE * size:
            return True
    return False
