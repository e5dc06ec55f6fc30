"""Letters that something was drawn over, so that nobody sees them.

Limitations: pdfminer knows neither transparency nor clipping. So its order of drawing only says which letters may be
covered. PDFium draws the page with and without its letters, to see whether anything of these shows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import inf
from operator import itemgetter

from thep_forms.reading.drawn.model import DrawnLetter, DrawnPage, DrawnPart, DrawnStroke, Edges, edges_of
from thep_forms.reading.drawn.page_picture import PagePicture
from thep_forms.reading.once import once_for_each

MOST_DIFFERENCE = 24  # of 255 greys: what differs less looks the same
THINNEST = 2.0  # points: a thinner thing covers no letter
INSET_ACROSS = 0.1  # of a letter's width, at its edges, where what is beside it may show
ROWS = (0.3, 0.7)  # of a letter's height, from its top: above and below them, other lines may show
UPPER_ROWS, LOWER_ROWS = (0.28, 0.4), (0.6, 0.72)  # the same, of a letter of which half is under something
FAR = 3.0  # points from the middle of a letter to the edge of what lies over one half of it
MOST_SHOWN = 0.5  # of the letters under something that covers them
MOST_LOOKED_AT = 200  # letters under one thing
ROUNDED = 2  # dots that the edges of two letters may come nearer to each other in a picture

Rows = tuple[float, float]


def covered_letters(drawn: DrawnPage, picture: PagePicture) -> set[int]:
    """Which of the letters, by their indexes, do not show since something was drawn over them, or over half of them.

    A thing covers all letters under it, or none: of a full stop nothing may show under a highlight either.
    """
    chars = drawn.letters
    covered: set[int] = set()
    for edges, count in _things_after_letters(drawn):
        for rows, below in _below(edges, count, drawn).items():
            looked_at = below[:MOST_LOOKED_AT]
            shown = sum(_shows(picture, chars[index], rows, chars[count:]) for index in looked_at)
            if shown < MOST_SHOWN * len(looked_at):
                covered.update(below)
    return covered


def _below(edges: Edges, count: int, drawn: DrawnPage) -> dict[Rows, list[int]]:
    """The letters under a thing that was drawn after so many of them, by the rows of them that it lies over."""
    left, top, right, bottom = edges
    found: dict[Rows, list[int]] = {}
    for before, part in drawn.numbered_parts():
        if before >= count:
            break
        middles = _middles(part)
        for y, x, index in middles[bisect_left(middles, (top - FAR,)) : bisect_right(middles, (bottom + FAR, inf))]:
            if left <= x <= right and before + index < count:
                rows = _rows_under(top, bottom, y, part.letters[index])
                if rows:
                    found.setdefault(rows, []).append(before + index)
    return {rows: sorted(below) for rows, below in found.items()}


def _rows_under(top: float, bottom: float, middle: float, char: DrawnLetter) -> Rows | None:
    """Which rows of a letter with that middle are between two heights: those in the middle, or those of one half."""
    if top <= middle <= bottom:
        return ROWS
    height = char.bottom - char.top
    for rows in (UPPER_ROWS, LOWER_ROWS):
        if top <= char.top + rows[0] * height and char.top + rows[1] * height <= bottom:
            return rows
    return None


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


def _shows(picture: PagePicture, char: DrawnLetter, rows: Rows, later: Sequence[DrawnLetter]) -> bool:
    """Whether some rows would look different without a letter; letters that were drawn later over it are left out."""
    from PIL import Image, ImageDraw  # takes time to import, and on few pages something lies over letters

    left, top, right, bottom = edges_of(char)
    first, last = (top + row * (bottom - top) for row in rows)
    place = picture.frame.dots((left, first, right, last), INSET_ACROSS)
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
