"""Which layers of a file are off (ISO 32000-1, 8.11): what is on them does not show.

Limitations: layers that go on and off by themselves, such as for printing or when zoomed, are as the file starts.
"""

from __future__ import annotations

from functools import cached_property

import pikepdf
from pikepdf import Array, Dictionary, Object

from thep_forms.reading.objects import get, items_of, name_of

DEEPEST = 16  # levels of an expression
_GROUP, _MEMBERSHIP = "/OCG", "/OCMD"
ObjectNumber = tuple[int, int]


class Layers:
    """The layers of a file."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._properties = get(pdf.Root, "/OCProperties")

    def __bool__(self) -> bool:
        """Whether the file has any."""
        return self._properties is not None

    def hides(self, content: object) -> bool:
        """Whether something is off whose `/OC` entry is this."""
        if not self or not isinstance(content, Dictionary):
            return False
        return not self._is_on(content)

    @cached_property
    def _listed(self) -> tuple[bool, set[ObjectNumber]]:
        """Whether a layer is on unless it is listed, and the layers that are listed."""
        start = get(self._properties, "/D")
        is_on = name_of(get(start, "/BaseState")) != "/OFF"
        listed = items_of(get(start, "/OFF" if is_on else "/ON"))
        return is_on, {layer.objgen for layer in listed if isinstance(layer, Dictionary)}

    def _is_on(self, content: Object) -> bool:
        if name_of(get(content, "/Type")) != _MEMBERSHIP:
            is_on, listed = self._listed
            return is_on != (content.objgen in listed)
        expression = get(content, "/VE")
        if isinstance(expression, Array):
            return self._holds(expression, DEEPEST)
        groups = get(content, "/OCGs")
        members = [groups] if isinstance(groups, Dictionary) else [*items_of(groups)]
        states = [self._is_on(each) for each in members if _is_group(each)]
        if not states:
            return True
        policy = name_of(get(content, "/P"))
        if policy == "/AllOn":
            return all(states)
        if policy == "/AnyOff":
            return not all(states)
        if policy == "/AllOff":
            return not any(states)
        return any(states)

    def _holds(self, expression: Object, depth: int) -> bool:
        """Whether an expression of layers holds; one that nobody can work out does."""
        if isinstance(expression, Dictionary):
            return not _is_group(expression) or self._is_on(expression)
        items = [*items_of(expression)]
        if depth == 0 or len(items) < 2:
            return True
        operator = name_of(items[0])
        states = [self._holds(operand, depth - 1) for operand in items[1:]]
        if operator == "/Not":
            return not states[0]
        return any(states) if operator == "/Or" else all(states)


def _is_group(content: object) -> bool:
    return name_of(get(content, "/Type")) == _GROUP
