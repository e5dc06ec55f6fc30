"""Letters that something was drawn over, so that nobody sees them.

Limitations: pdfminer knows neither transparency nor clipping. So its order of drawing only says which letters may be
covered, and PDFium draws the page to see whether anything of these shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pypdfium2
from pdfminer.layout import LTChar, LTContainer
from pdfplumber.page import Page
from PIL import Image, ImageDraw

SCALE = 3.0  # dots a point of the picture in which letters are looked for
MOST_DIFFERENCE = 24  # of 255 greys: what differs less looks the same
THINNEST = 2.0  # points: a thinner thing covers no letter
INSET_ACROSS, INSET_DOWN = 0.1, 0.3  # of a letter's sides, at its edges, where what is beside or above it may show
MOST_SHOWN = 0.5  # of the letters under something that covers them
MOST_LOOKED_AT = 200  # letters under one thing

Drawn = Mapping[str, Any]  # a letter, a line, a curve, … as pdfplumber describes it


def covered_letters(page: Page, data: bytes, number: int) -> frozenset[int]:
    """Which of `page.chars`, by their indexes, do not show since something was drawn over them.

    `number` is the page's index in the file, whose bytes are `data`. A thing covers all letters under it, or none: of a
    full stop nothing may show under a highlight either.
    """
    chars = page.chars
    middles = [((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2) for char in chars]
    blank = [char["text"].isspace() for char in chars]
    corner = float(page.bbox[0]), float(page.bbox[1])
    covered: set[int] = set()
    picture: Image.Image | None = None
    for thing, count in _things_after_letters(page):
        left, top, right, bottom = _edges(thing)
        below: list[int] = []
        for index in range(count):
            x, y = middles[index]
            if left <= x <= right and top <= y <= bottom and not blank[index]:
                below.append(index)
        if not below:
            continue
        if _is_opaque_picture(thing):
            covered.update(below)
            continue
        picture = picture or _picture(data, number)
        shown = sum(_shows(picture, chars[index], chars[count:], corner) for index in below[:MOST_LOOKED_AT])
        if shown < MOST_SHOWN * len(below[:MOST_LOOKED_AT]):
            covered.update(below)
    return frozenset(covered)


def _is_opaque_picture(thing: Drawn) -> bool:
    """Whether it is a picture without a mask, which hides what is below it whatever it shows."""
    if thing["object_type"] != "image" or thing.get("imagemask"):
        return False
    return not {"SMask", "Mask"} & thing["stream"].attrs.keys()


def _things_after_letters(page: Page) -> Iterator[tuple[Drawn, int]]:
    """What is large enough to cover a letter, and how many letters were drawn before it."""
    of_kind = {kind: iter(things) for kind, things in page.objects.items()}  # each kind in the order of drawing
    count = 0
    for item in _items(page.layout):
        if isinstance(item, LTChar):
            count += 1
            continue
        thing = next(of_kind.get(type(item).__name__.removeprefix("LT").lower(), iter(())), None)
        if thing and count:
            left, top, right, bottom = _edges(thing)
            if min(right - left, bottom - top) > THINNEST:
                yield thing, count


def _items(container: LTContainer[Any]) -> Iterator[object]:
    """Everything in it, in the order of drawing."""
    for item in container:
        if isinstance(item, LTContainer):
            yield from _items(item)
        else:
            yield item


def _edges(thing: Drawn) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, with the thickness of its line."""
    around = float(thing.get("linewidth") or 0) / 2 if thing.get("stroke") else 0.0
    return thing["x0"] - around, thing["top"] - around, thing["x1"] + around, thing["bottom"] + around


def _picture(data: bytes, number: int) -> Image.Image:
    """The whole page in greys, as it shows."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[number]
        page.set_cropbox(*page.get_mediabox())
        picture: Image.Image = page.render(scale=SCALE, grayscale=True, may_draw_forms=False).to_pil()
        page.close()
    return picture


def _shows(picture: Image.Image, char: Drawn, later: Sequence[Drawn], corner: tuple[float, float]) -> bool:
    """Whether anything is to be seen in the place of a letter, apart from letters that were drawn later."""
    place = _dots(char, corner, INSET_ACROSS, INSET_DOWN)
    seen = picture.crop(place)
    mask = Image.new("L", seen.size, 255)
    draw = ImageDraw.Draw(mask)
    for letter in later:
        left, top, right, bottom = _dots(letter, corner)
        if left < place[2] and right > place[0] and top < place[3] and bottom > place[1]:
            draw.rectangle((left - place[0], top - place[1], right - place[0], bottom - place[1]), fill=0)
    greys = [grey for grey, dots in enumerate(seen.histogram(mask)) if dots]
    return bool(greys) and greys[-1] - greys[0] > MOST_DIFFERENCE


def _dots(
    char: Drawn, corner: tuple[float, float], inset_across: float = 0.0, inset_down: float = 0.0
) -> tuple[int, int, int, int]:
    """The place of a letter in the picture."""
    across, down = inset_across * (char["x1"] - char["x0"]), inset_down * (char["bottom"] - char["top"])
    left, top = char["x0"] + across - corner[0], char["top"] + down - corner[1]
    right, bottom = char["x1"] - across - corner[0], char["bottom"] - down - corner[1]
    return round(left * SCALE), round(top * SCALE), round(right * SCALE) + 1, round(bottom * SCALE) + 1
