"""A form that somebody typed anew, in a layout of their own, is not read as if its answers stood in our boxes."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import read_return
from thep_forms.definition import FormDefinition
from thep_forms.layout import LABEL_INSET, Label, PlacedBox, lay_out
from thep_forms.reading import FileKind
from thep_forms.reading.reasons import MISPLACED

LOWER = 30  # points that the labels which stand several times on a page are lower than on ours
HALF, BLOCKS = 300, 360  # points: what begins farther left, and lower, is in a block at the left


def typed_anew(definition: FormDefinition) -> bytes:
    """The first page with a name beside each label; the labels of the blocks are lower than on our form."""
    labels = [item for item in lay_out(definition)[0].items if isinstance(item, Label)]
    counted = Counter(label.words for label in labels)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for number, label in enumerate(labels):
        y = label.middle - 3 - (LOWER if counted[label.words] > 1 else 0)
        canvas.drawString(label.rect.x + LABEL_INSET, y, label.words)
        if counted[label.words] > 1:
            canvas.drawString(label.rect.x + 80, y, f"Answer {number}")
    canvas.save()
    return out.getvalue()


def test_form_typed_anew_in_another_layout_is_not_read_by_the_places_of_our_boxes(definition: FormDefinition) -> None:
    reading = read_return(typed_anew(definition), definition)
    assert (reading.kind, reading.reason, reading.answers) == (FileKind.SCAN, MISPLACED, {})


@pytest.mark.parametrize("moved", [20, 23])
def test_form_whose_left_blocks_moved_down_gives_no_name_in_another_box(
    definition: FormDefinition, moved: float
) -> None:
    """As where a line was added above the blocks of a table in a word processor."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for item in lay_out(definition)[0].items:
        if isinstance(item, Label | PlacedBox):
            y = item.middle if isinstance(item, Label) else item.rect.top - 8
            lower = moved if item.rect.x < HALF and y < BLOCKS else 0
            canvas.drawString(item.rect.x + LABEL_INSET, y - 3 - lower, words_in(item))
    canvas.save()
    answers = read_return(out.getvalue(), definition).answers
    certain = {name for name, answer in answers.items() if answer.text == "Ann Lee" and not answer.doubts}
    assert {name for name in certain if not name.endswith("_name")} == set()


def words_in(item: Label | PlacedBox) -> str:
    """What is printed for a label, or typed into a box."""
    if isinstance(item, Label):
        return item.words
    return "Ann Lee" if item.box.name.endswith("_name") else "x"
