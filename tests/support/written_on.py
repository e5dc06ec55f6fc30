"""Pages of the form that somebody wrote on with a pen, and what else is on paper that was punched, stapled or dusty."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from tests.support.paper import FINE, ITALICS, PEN
from tests.support.viewer import draw
from thep_forms.definition import FormDefinition
from thep_forms.generate import PaperCopy, pack

DOTS = FINE / 25.4  # a millimetre
INK = 0.45  # millimetres: how wide a pen writes
TONER = (25, 25, 25)
Place = tuple[float, float]  # millimetres from the left and from the top of the page


class Sheet:
    """A printed page, before it is scanned. `number` counts from 1. All places are given in millimetres."""

    def __init__(self, definition: FormDefinition, number: int, seed: int = 0) -> None:
        """`seed` decides how the hand trembles."""
        self.picture = _printed(definition, number).copy()
        self._draw = ImageDraw.Draw(self.picture)
        self._random = random.Random(seed)

    def words(self, place: Place, words: str, size: float = 14) -> Sheet:
        """Words in the size of handwriting, in points."""
        font = ImageFont.truetype(ITALICS, round(size * FINE / 72))
        self._draw.text((place[0] * DOTS, place[1] * DOTS), words, fill=PEN, font=font)
        return self

    def stroke(self, *places: Place) -> Sheet:
        """A stroke by a trembling pen."""
        shaken = [tuple(part * DOTS + self._random.uniform(-2, 2) for part in place) for place in places]
        self._draw.line(shaken, fill=PEN, width=round(INK * DOTS), joint="curve")
        return self

    def strike(self, lines: Sequence[tuple[float, float, float]]) -> Sheet:
        """A stroke through each of some lines, given by where they start, where they end, and their middle."""
        for left, right, middle in lines:
            steps = [left + (right - left) * step / 8 for step in range(9)]
            self.stroke(*((x, middle + self._random.uniform(-0.3, 0.3)) for x in steps))
        return self

    def white_out(self, left: float, top: float, right: float, bottom: float) -> Sheet:
        """Correction fluid over what is printed there."""
        self._draw.rectangle([edge * DOTS for edge in (left, top, right, bottom)], fill="white")
        return self

    def tick(self, place: Place) -> Sheet:
        """A tick."""
        x, y = place
        return self.stroke((x, y), (x + 1.4, y + 1.8), (x + 3.6, y - 2.6))

    def holes(self, *middles: Place) -> Sheet:
        """Punched holes, behind which the lid of a scanner is dark."""
        for x, y in middles:
            edges = (x - 3, y - 3, x + 3, y + 3)
            self._draw.ellipse([edge * DOTS for edge in edges], fill=TONER)
        return self

    def staple(self, place: Place) -> Sheet:
        """A staple, askew."""
        x, y = (part * DOTS for part in place)
        self._draw.line((x, y + 5 * DOTS, x + 9 * DOTS, y), fill=TONER, width=round(0.6 * DOTS))
        return self

    def dust(self, count: int) -> Sheet:
        """Specks of dust."""
        for _ in range(count):
            x, y = (self._random.uniform(0, edge) for edge in self.picture.size)
            size = self._random.uniform(0.1, 0.35) * DOTS
            self._draw.ellipse((x - size, y - size, x + size, y + size), fill=TONER)
        return self

    def scratch(self, across: float) -> Sheet:
        """A line from the upper to the lower edge, as a speck on the glass of a scanner draws it."""
        x = across * DOTS
        self._draw.line((x, 0, x, self.picture.height), fill=(110, 110, 110), width=4)
        return self

    def scanned(self, dots: int = 200) -> Image.Image:
        """The page as a scanner sees it."""
        size = round(self.picture.width * dots / FINE), round(self.picture.height * dots / FINE)
        return self.picture.convert("L").resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=8)
def _printed(definition: FormDefinition, number: int) -> Image.Image:
    return draw(pack(definition, [PaperCopy({}, "")]), number - 1, scale=FINE / 72).convert("RGB")
