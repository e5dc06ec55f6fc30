"""What a picture shows of the form: codes, and pages with what was read on them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from thep_forms.definition.identity import Code
from thep_forms.reading.model import Answer, PagePlace

Corners = tuple[tuple[float, float], ...]  # of the code, from its own upper left corner, clockwise, in dots


class SeenCode(Struct, frozen=True):
    """A code in a picture, and where it is. `page` is the share of the picture that its page covers, roughly."""

    code: Code
    page: float
    corners: Corners


class SeenPage(Struct, frozen=True):
    """A page of the form in the picture of index `page`. `number` is the form's page, from 1.

    `code` is None where none was found, `title` is then the document's, as far as it can be read. `place` is None, and
    there is no answer, where nothing was looked for; `is_legible` is false where too little could be made out.
    `shows_more`: something is written outside of the boxes.
    `has_failed`: the picture is damaged, or broke its reader, so nobody knows what it shows; its `number` is 0.
    """

    page: int
    number: int
    code: Code | None = None
    title: str = ""
    place: PagePlace | None = None
    answers: Mapping[str, Answer] = {}
    shows_more: bool = False
    is_legible: bool = True
    has_failed: bool = False
