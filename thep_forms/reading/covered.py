"""Letters that something was drawn over, so that nobody sees them.

Limitations: pdfminer knows neither transparency nor clipping. So its order of drawing only says which letters may be
covered. PDFium draws the page with and without its letters, to see whether anything of these shows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import inf
from operator import itemgetter

from thep_forms.reading.drawn import DrawnLetter, DrawnPage, DrawnPart, DrawnStroke, Edges, edges_of
from thep_forms.reading.once import once_for_each
from thep_forms.reading.page_picture import PagePicture

MOST_DIFFERENCE = 24  # of 255 greys: what differs less looks the same
THINNEST = 2.0  # points: a thinner thing covers no letter
INSET_ACROSS, INSET_DOWN = 0.1, 0.3  # of a letter's sides, at its edges, where what is beside or above it may show
MOST_SHOWN = 0.5  # of the letters under something that covers them
MOST_LOOKED_AT = 200  # letters under one thing
ROUNDED = 2  # dots that the edges of two letters may come nearer to each other in a picture


def covered_letters(drawn: DrawnPage, picture: PagePicture) -> set[int]:
    """Which of the letters, by their indexes, do not show since something was drawn over them.

    A thing covers all letters under it, or none: of a full stop nothing may show under a highlight either.
    """
    chars = drawn.letters
    covered: set[int] = set()
    for edges, count in _things_after_letters(drawn):
        below = _below(edges, count, drawn)
        if not below:
            continue
        shown = sum(_shows(picture, chars[index], chars[count:]) for index in below[:MOST_LOOKED_AT])
        if shown < MOST_SHOWN * len(below[:MOST_LOOKED_AT]):
            covered.update(below)
    return covered


def _below(edges: Edges, count: int, drawn: DrawnPage) -> list[int]:
    """The letters under a thing that was drawn after so many of them."""
    left, top, right, bottom = edges
    below: list[int] = []
    for before, part in drawn.numbered_parts():
        if before >= count:
            break
        middles = _middles(part)
        for _, x, index in middles[bisect_left(middles, (top,)) : bisect_right(middles, (bottom, inf))]:
            if left <= x <= right and before + index < count:
                below.append(before + index)
    return sorted(below)


@once_for_each
def _middles(part: DrawnPart) -> list[tuple[float, float, int]]:
    """The middles of letters that are no blanks, from the top, and which letters they are."""
    middles = [
        ((char.top + char.bottom) / 2, (char.x0 + char.x1) / 2, index)
        for index, char in enumerate(part.letters)
        if not char.text.isspace()
    ]
    return sorted(middles, key=itemgetter(0))


def _things_after_letters(drawn: DrawnPage) -> Iterator[tuple[Edges, int]]:
    """Where things are that are large enough to cover a letter, and how many letters were drawn before each."""
    for before, part in drawn.numbered_parts():
        for edges, count in _large_things(part):
            if before + count:
                yield edges, before + count


@once_for_each
def _large_things(part: DrawnPart) -> list[tuple[Edges, int]]:
    """Where things are that are large enough to cover a letter, and how many letters of the part are before each."""
    large: list[tuple[Edges, int]] = []
    for thing, count in part.strokes:
        left, top, right, bottom = edges = _edges(thing)
        if min(right - left, bottom - top) > THINNEST:
            large.append((edges, count))
    return large


def _edges(thing: DrawnStroke) -> Edges:
    """Left, top, right and bottom, with the thickness of its line."""
    around = thing.line_width / 2 if thing.is_stroked else 0.0
    return thing.x0 - around, thing.top - around, thing.x1 + around, thing.bottom + around


def _shows(picture: PagePicture, char: DrawnLetter, later: Sequence[DrawnLetter]) -> bool:
    """Whether the page would look different without a letter; letters that were drawn later over it are left out."""
    from PIL import Image, ImageDraw  # takes time to import, and on few pages something lies over letters

    place = picture.frame.dots(edges_of(char), INSET_ACROSS, INSET_DOWN)
    seen = picture.text_alone.crop(place)
    mask = Image.new("L", seen.size, 255)
    draw = ImageDraw.Draw(mask)
    for letter in _near(char, later, ROUNDED / picture.frame.scale):
        left, top, right, bottom = picture.frame.dots(edges_of(letter))
        if left < place[2] and right > place[0] and top < place[3] and bottom > place[1]:
            draw.rectangle((left - place[0], top - place[1], right - place[0], bottom - place[1]), fill=0)
    return any(seen.histogram(mask)[MOST_DIFFERENCE + 1 :])


def _near(char: DrawnLetter, letters: Sequence[DrawnLetter], far: float) -> list[DrawnLetter]:
    """Those of the letters that lie over one, or less than so many points beside it."""
    left, top, right, bottom = char.x0 - far, char.top - far, char.x1 + far, char.bottom + far
    level = [letter for letter in letters if letter.top < bottom and letter.bottom > top]
    return [letter for letter in level if letter.x0 < right and letter.x1 > left]
