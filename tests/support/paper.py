"""Fill in printed forms as people do by hand: letters that dance, ticks and crosses, and what goes wrong with them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.support.viewer import draw
from thep_forms.definition import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.generate import PaperCopy, pack
from thep_forms.layout import MM, PlacedBox, Rect, lay_out

FINE = 300  # dots an inch, of paper before it is scanned
SCALE = FINE / 72
PEN = (20, 24, 60)  # a dark blue
ITALICS = "DejaVuSerif-Italic.ttf"  # what Pillow finds wherever these fonts are
LARGEST, SMALLEST = 15.0, 8.0  # points: the size of handwriting

Edges = tuple[float, float, float, float]  # left, top, right, bottom, in dots


class Paper:
    """The first page, printed and filled in by hand. `seed` decides how the hand moves."""

    def __init__(
        self,
        definition: FormDefinition,
        values: Mapping[str, str | bool] | None = None,
        seed: int = 0,
    ) -> None:
        """`values` were printed on it beforehand."""
        pdf = pack(definition, [PaperCopy(values or {}, "")])
        self.picture = draw(pdf, 0, scale=SCALE).convert("RGB")
        self._draw = ImageDraw.Draw(self.picture)
        self._random = random.Random(seed)
        height = definition.file.page.height * MM
        self._boxes: dict[str, tuple[PlacedBox, Edges]] = {}
        self._labels: dict[str, Edges] = {}
        layout = lay_out(definition)[0]
        label: Edges | None = None
        for item in layout.items:
            edges = _edges(item.rect, height)
            if isinstance(item, PlacedBox):
                self._boxes[item.box.name] = item, edges
                if label:
                    self._labels[item.box.name] = label
            label = edges

    @property
    def names(self) -> list[str]:
        """The names of its boxes."""
        return list(self._boxes)

    def edges(self, name: str) -> Edges:
        """The edges of a box."""
        return self._boxes[name][1]

    def fill(self, values: Mapping[str, str | bool], font: str | Path = ITALICS, tick: str = "tick") -> Paper:
        """Write every value into its box."""
        for name, value in values.items():
            if name not in self._boxes:
                continue
            if self._boxes[name][0].box.kind is Kind.TICKS:
                self.mark(name, tick)
            else:
                self.write(name, str(value), font)
        return self

    def write(self, name: str, text: str, font: str | Path = ITALICS, *, right: bool = False) -> Paper:
        """Write into a box, as small as it has to be; `right`: in its right half."""
        placed, (left, top, edge, bottom) = self._boxes[name]
        left = (left + edge) / 2 if right else left
        lines, size = _fitted(text, font, (edge - left - 12, bottom - top), placed.box.lines)
        pen = ImageFont.truetype(str(font), round(size))
        height = (bottom - top) / max(len(lines), 1)
        for number, line in enumerate(lines):
            middle = top + height * (number + 0.5) + self._random.uniform(-0.05, 0.05) * height
            self._line(line, pen, left + self._random.uniform(6, 18), middle)
        return self

    def _line(self, text: str, pen: ImageFont.FreeTypeFont, x: float, middle: float) -> None:
        rise = self._random.uniform(-0.008, 0.008)
        base = middle + pen.size * 0.32
        start = x
        for char in text:
            dance = self._random.uniform(-0.03, 0.03) * pen.size
            self._draw.text((x, base + dance + (x - start) * rise), char, fill=PEN, font=pen, anchor="ls")
            x += pen.getlength(char) * self._random.uniform(0.97, 1.06)

    def mark(self, name: str, kind: str) -> Paper:
        """Mark a square in one of the ways of `MARKS`."""
        MARKS[kind](self, self._labels[name] if kind == "ringed" else self._boxes[name][1])
        return self

    def cross_out(self, name: str) -> Paper:
        """Draw a line through what stands in the left half of a box."""
        _, (left, top, right, bottom) = self._boxes[name]
        end, middle = left + (right - left) / 2, (top + bottom) / 2
        self.stroke((left + 4, middle + 4), (end, middle - 6))
        return self

    def stroke(self, *points: tuple[float, float]) -> None:
        """A line by a trembling pen."""
        wide = round(0.45 * MM * SCALE)
        shaken = [(x + self._random.uniform(-2, 2), y + self._random.uniform(-2, 2)) for x, y in points]
        self._draw.line(shaken, fill=PEN, width=wide, joint="curve")

    def tick(self, edges: Edges, larger: float = 1.0) -> None:
        """A tick, a little outside of its square if it is larger."""
        left, _, right, bottom = edges
        side = (right - left) * larger
        x, y = (left + right) / 2 - side * 0.05, bottom - side * 0.2
        self.stroke((x - side * 0.3, y - side * 0.3), (x, y), (x + side * 0.45, y - side * 0.8))

    def cross(self, edges: Edges) -> None:
        """A cross."""
        left, top, right, bottom = edges
        inset = (right - left) * 0.18
        self.stroke((left + inset, top + inset), (right - inset, bottom - inset))
        self.stroke((right - inset, top + inset), (left + inset, bottom - inset))

    def scratch(self, edges: Edges) -> None:
        """A tick that was scratched out."""
        self.tick(edges)
        left, top, right, bottom = edges
        side = right - left
        points = []
        for step in range(14):
            x = left - side * 0.1 + side * 1.2 * step / 13
            points.append((x, (top - side * 0.1) if step % 2 else (bottom + side * 0.1)))
        self.stroke(*points)

    def ring(self, edges: Edges) -> None:
        """A ring around a label."""
        left, top, right, bottom = edges
        middle, radius = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) * 0.42)
        angles = [math.radians(degrees) for degrees in range(-10, 370, 12)]
        self.stroke(*((middle[0] + radius[0] * math.cos(a), middle[1] + radius[1] * math.sin(a)) for a in angles))

    def fill_square(self, edges: Edges) -> None:
        """A square that is filled."""
        left, top, right, bottom = edges
        for step in range(9):
            y = top + 4 + (bottom - top - 8) * step / 8
            self.stroke((left + 4, y), (right - 4, y))

    def scanned(self, dots: int = 200) -> Image.Image:
        """The page as a scanner sees it."""
        size = round(self.picture.width * dots / FINE), round(self.picture.height * dots / FINE)
        return self.picture.convert("L").resize(size, Image.Resampling.LANCZOS)


MARKS: dict[str, Callable[[Paper, Edges], None]] = {
    "tick": Paper.tick,
    "cross": Paper.cross,
    "filled": Paper.fill_square,
    "straying": lambda paper, edges: paper.tick(edges, 1.9),
    "scratched": Paper.scratch,
    "ringed": Paper.ring,
    "over the words": lambda paper, edges: paper.tick(_moved(edges, -1.2, 0)),
    "after": lambda paper, edges: paper.cross(_moved(edges, 0.95, 0)),
    "below": lambda paper, edges: paper.cross(_moved(edges, 0, 0.75)),
    "from the corner": lambda paper, edges: paper.stroke((edges[0] + 6, edges[3] - 6), (edges[0] - 50, edges[3] + 16)),
}


def faxed(page: Image.Image) -> Image.Image:
    """A scan as a fax machine sends it: black and white alone."""
    return page.convert("L").point(lambda value: 255 if value > 150 else 0).convert("1")


def _moved(edges: Edges, across: float, down: float) -> Edges:
    """The edges of a square, moved by shares of its side."""
    left, top, right, bottom = edges
    side = right - left
    return left + across * side, top + down * side, right + across * side, bottom + down * side


def _edges(rect: Rect, height: float) -> Edges:
    return rect.x * SCALE, (height - rect.top) * SCALE, rect.right * SCALE, (height - rect.y) * SCALE


def _fitted(text: str, font: str | Path, room: tuple[float, float], most: int) -> tuple[list[str], float]:
    """The lines of a text, and the size in dots in which they fit."""
    width, height = room
    size = min(LARGEST * SCALE, height * 0.8)
    while True:
        pen = ImageFont.truetype(str(font), round(size))
        lines = _wrapped(text, pen, width, breaks=most > 1)
        fits = max(pen.getlength(line) for line in lines) * 1.05 <= width and len(lines) * size * 1.05 <= height
        if fits or size < SMALLEST * SCALE:
            return lines, size
        size *= 0.94


def _wrapped(text: str, pen: ImageFont.FreeTypeFont, width: float, *, breaks: bool) -> list[str]:
    lines: list[str] = []
    for part in text.split("\n"):
        lines.append("")
        for word in part.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if breaks and lines[-1] and pen.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return lines
