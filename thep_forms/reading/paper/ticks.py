"""Which squares are ticked: by a tick, a cross, a filled square, or a mark that strays out of it."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from thep_forms.layout import PlacedBox
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.paper.printed import SCALE, Picture, PrintedPage
from thep_forms.reading.paper.writing import ink_of

AROUND = round(3 * SCALE)  # dots around a square in which a mark may stray
TICKED = 0.03  # of a square: so much ink and more is a mark
UNCERTAIN = 0.015  # so much may be one


class Mark(Struct, frozen=True):
    """What is in and around a square: the shares of it that are ink."""

    inside: float
    around: float


def mark_in(page: Picture, printed: PrintedPage, placed: PlacedBox) -> Mark:
    """The ink in a square and around it."""
    area = printed.area(placed.rect)
    wide = area.grown(AROUND, AROUND)
    ink = ink_of(page, printed, wide)
    inner = ink[AROUND:-AROUND, AROUND:-AROUND]
    inside, whole = int(np.count_nonzero(inner)), int(np.count_nonzero(ink))
    size = max(inner.size, 1)
    return Mark(inside / size, (whole - inside) / size)


def answer_of(mark: Mark, page: int) -> Answer:
    """Whether the square is ticked."""
    ticked = mark.inside >= TICKED
    sure = min(abs(mark.inside - UNCERTAIN) / (2 * UNCERTAIN), 1.0)
    return Answer("yes" if ticked else "", ReadFrom.SCAN, page=page, confidence=round(0.5 + sure / 2, 3))
