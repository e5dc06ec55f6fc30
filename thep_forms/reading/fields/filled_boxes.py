"""The boxes of a page that hold an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from pikepdf import Dictionary

from thep_forms.reading.fields.field_groups import FormFields
from thep_forms.reading.fields.field_tree import Corners
from thep_forms.reading.model import Answer


class FilledBox(Struct, frozen=True):
    """A box with an answer: its index among the annotations of its page, and how long the answer is."""

    name: str
    index: int
    corners: Corners
    ticks: bool
    letters: int


def filled_boxes(
    form: FormFields, answers: Mapping[str, Answer], page: int, listed: Sequence[object]
) -> list[FilledBox]:
    """The boxes on the page that hold an answer, of the annotations that are `listed` there."""
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
