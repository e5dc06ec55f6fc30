"""What is drawn on a page and does not show: white, transparent, clipped or tiny letters, and what lies under a cover.

Limitations: PDFium may lack a font that is not in the file. So a letter beyond Latin-1 counts as hidden only if another
letter of its font shows. What differs from the paper by a twentieth of black or less counts as white.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from thep_forms.reading.drawn.model import (
    CURVE,
    LINE,
    PICTURE,
    DrawnLetter,
    DrawnPage,
    DrawnPart,
    DrawnStroke,
    edges_of,
)
from thep_forms.reading.drawn.page_picture import ROWS, Dots, Frame, PagePicture
from thep_forms.reading.once import once_for_each
from thep_forms.reading.print.covered import THINNEST, covered_letters

TINIEST = 1.5  # points: nobody can read smaller letters
FEWEST_IN_WORD = 2  # hidden letters in a word of which others show: fewer are looked for in all rows
LEAST_SHOWN = 0.5  # of the letters of a page, or the picture of it says nothing
NARROW = 4  # dots: so narrow a letter may be drawn a dot beside its place, as an i in small type is
INSET_ACROSS = 0.1  # of a letter's width, at its edges, where its neighbours may show
AROUND = 1.5  # points around a point of a stroke, where its edge shows
LARGEST_PICTURE = 100.0  # points, of a picture that may be a mark on a box
INSET_OF_PICTURE = 0.15  # of its sides, at its edges, where the frame of a box may show
MOST_POINTS = 200  # of a stroke, that are looked at
APART = 1.0  # of the type size: letters that are farther apart are not of one word
WATERMARK = 2.5  # times the height of a letter, from which a letter over it is a watermark's
MOST_LARGE = 500  # of a watermark's letters, that are looked at
_FIGURES = ("Lu", "Ll", "Lt", "Lo", "Nd", "So")  # categories of characters drawn at the middle of their line
_RAISED = ("ª", "º")
_BLOCKS = ("▀", "▟")  # characters that people cover words with


class Unseen(Struct, frozen=True):
    """What does not show on a page, by the indexes of its letters and its strokes.

    `is_most`: most letters of the page do not show. Then nobody can tell which of the others do, and none is named.
    """

    letters: frozenset[int] = frozenset()
    strokes: frozenset[int] = frozenset()
    is_most: bool = False


class _Sought(Struct, frozen=True, gc=False):
    """A letter that is looked for in a picture: its place there, and the rows of it that may show the letter."""

    font: str
    is_legible: bool
    place: Dots
    rows: Sequence[float] | None


def unseen_on(drawn: DrawnPage, picture: PagePicture) -> Unseen:
    """What does not show of what is drawn on a page, of which `picture` is the picture."""
    hidden = _hidden_letters(drawn, picture)
    if hidden is None:  # it shows so few letters that it cannot be believed
        return Unseen(frozenset(covered_letters(drawn, picture)), is_most=True)
    strokes = {index for index, stroke in enumerate(drawn.strokes) if not _stroke_shows(stroke, picture)}
    return Unseen(frozenset(hidden | covered_letters(drawn, picture)), frozenset(strokes))


# --- letters ----------------------------------------------------------------------------------------------------------


def _hidden_letters(drawn: DrawnPage, picture: PagePicture) -> set[int] | None:
    """The letters of which nothing shows; None if that is most of them.

    Words of which the first and the last letter show are not looked at further.
    """
    doubtful: list[range] = []
    seen_fonts: set[str] = set()
    shown, looked_at = 0, 0
    for before, part in drawn.numbered_parts():
        for word, ends in _words(part, picture.frame):
            seen = [end.font for end in ends if end.is_legible and picture.differs(end.place, end.rows)]
            seen_fonts.update(seen)
            shown += len(seen)
            looked_at += len(ends)
            if len(seen) < len(ends):
                doubtful.append(range(before + word.start, before + word.stop))
    if shown < LEAST_SHOWN * looked_at:
        return None
    hidden: set[int] = set()
    for word in doubtful:
        hidden.update(_hidden_in(word, drawn, picture, seen_fonts))
    return hidden


@once_for_each
def _words(part: DrawnPart, frame: Frame) -> list[tuple[range, list[_Sought]]]:
    """The words of a part, each with the first and the last of its letters that are looked for."""
    return [(word, [_sought(char, frame) for char in _ends(word, part.letters)]) for word in _words_in(part.letters)]


def _ends(word: range, chars: Sequence[DrawnLetter]) -> list[DrawnLetter]:
    """The first and the last letter of a word that are looked for; none where it has only signs."""
    for first in word:
        if _is_figure(chars[first].text):
            last = next(index for index in reversed(word) if _is_figure(chars[index].text))
            return [chars[first], chars[last]] if first < last else [chars[first]]
    return []


def _sought(char: DrawnLetter, frame: Frame) -> _Sought:
    """Where a letter is looked for in a picture."""
    place = frame.dots(edges_of(char), INSET_ACROSS)
    return _Sought(char.font, char.size >= TINIEST, place, _rows_of(char.text))


def _hidden_in(word: range, drawn: DrawnPage, picture: PagePicture, seen_fonts: set[str]) -> list[int]:
    """The letters of a word that do not show."""
    chars = drawn.letters
    figures = [index for index in word if _is_figure(chars[index].text)]
    dark = [index for index in figures if not _letter_shows(chars[index], picture)]
    large = _large_letters(chars, dark) if dark else []
    dark = [index for index in dark if not _is_under_watermark(index, chars, large)]
    dark = [index for index in dark if _can_be_drawn(chars[index], seen_fonts)]
    if dark and len(dark) == len(figures):
        return [*word]
    return dark if len(dark) >= FEWEST_IN_WORD else [index for index in dark if _is_blank(index, drawn, picture)]


def _is_blank(index: int, drawn: DrawnPage, picture: PagePicture) -> bool:
    """Whether nothing shows in all rows of a letter, though nothing was drawn over it, such as a pale emblem."""
    char = drawn.letters[index]
    x, y = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
    for thing, count in drawn.strokes_in_order:
        is_thick = thing.is_filled or thing.kind == PICTURE or (thing.is_stroked and thing.line_width > THINNEST)
        if count > index and is_thick and thing.x0 <= x <= thing.x1 and thing.top <= y <= thing.bottom:
            return False
    left, top, right, bottom = _sought(char, picture.frame).place
    beside = 1 if right - left < NARROW else 0
    return not picture.differs((left - beside, top, right + beside, bottom), rows=None)


def _letter_shows(char: DrawnLetter, picture: PagePicture) -> bool:
    sought = _sought(char, picture.frame)
    return sought.is_legible and picture.differs(sought.place, sought.rows)


@lru_cache(maxsize=1024)
def _rows_of(text: str) -> Sequence[float] | None:
    """The rows in which a letter is looked for: of a script without case, not all letters are in the middle."""
    return None if _category(text[:1]) == "Lo" else ROWS


@lru_cache(maxsize=1024)
def _is_figure(text: str) -> bool:
    """Whether it is drawn at the middle of its line, as `a` and `7` are, and neither `.` nor `²`."""
    return text[:1] not in _RAISED and _category(text[:1]) in _FIGURES


@lru_cache(maxsize=1024)
def _category(char: str) -> str:
    return unicodedata.category(char or " ")


def _large_letters(chars: Sequence[DrawnLetter], hidden: Sequence[int]) -> list[int]:
    """Letters far larger than one of those that do not show, but for blocks that people cover words with."""
    least = WATERMARK * min(_height(chars[index]) for index in hidden)
    large: list[int] = []
    for index, char in enumerate(chars):
        if _height(char) >= least and not _BLOCKS[0] <= char.text <= _BLOCKS[1]:
            large.append(index)
    return large[:MOST_LARGE]


def _is_under_watermark(index: int, chars: Sequence[DrawnLetter], large: Sequence[int]) -> bool:
    """Whether a far larger letter was drawn over it: a watermark hides a letter here and there."""
    left, top, right, bottom = edges_of(chars[index])
    x, y = (left + right) / 2, (top + bottom) / 2
    for later in large:
        over = chars[later]
        is_over = later > index and over.x0 <= x <= over.x1 and over.top <= y <= over.bottom
        if is_over and _height(over) >= WATERMARK * (bottom - top):
            return True
    return False


def _height(char: DrawnLetter) -> float:
    return char.bottom - char.top


def _can_be_drawn(char: DrawnLetter, seen_fonts: set[str]) -> bool:
    """Whether PDFium has a font for it."""
    return char.text <= "\xff" or char.font in seen_fonts or "Dingbats" in char.font


def _words_in(chars: Sequence[DrawnLetter]) -> Iterator[range]:
    """The indexes of letters that were drawn one after another, side by side and without a blank between them."""
    start, last = 0, None
    for index, char in enumerate(chars):
        if char.text.isspace():
            if last:
                yield range(start, index)
            last = None
            continue
        if last is None:
            start = index
        elif not _is_beside(last, char):
            yield range(start, index)
            start = index
        last = char
    if last:
        yield range(start, len(chars))


def _is_beside(last: DrawnLetter, char: DrawnLetter) -> bool:
    """Whether two letters are near each other, in whichever direction they read."""
    far = APART * char.size
    if char.top == last.top and last.x0 <= char.x0 <= last.x1 + far:  # as most are
        return True
    across = max(char.x0 - last.x1, last.x0 - char.x1)
    down = max(char.top - last.bottom, last.top - char.bottom)
    return across <= far and down <= far


# --- strokes ----------------------------------------------------------------------------------------------------------


def _stroke_shows(stroke: DrawnStroke, picture: PagePicture) -> bool:
    """Whether a line or a filling shows anywhere along its edge, or a small picture at all.

    Rectangles and large pictures are not looked at.
    """
    if stroke.kind == PICTURE and max(stroke.width, stroke.height) <= LARGEST_PICTURE:
        place = picture.frame.dots(edges_of(stroke), INSET_OF_PICTURE, INSET_OF_PICTURE)
        return picture.differs(place, rows=None) or picture.darkness(place) > 0
    if stroke.kind not in (CURVE, LINE) or len(stroke.points) < 2:
        return True
    points = stroke.points[:MOST_POINTS]
    for x, y in (*_between(points), *(points if _is_rounded_filling(stroke) else ())):
        place = picture.frame.dots((x - AROUND, y - AROUND, x + AROUND, y + AROUND))
        if picture.differs(place, rows=None):
            return True
    return False


def _is_rounded_filling(stroke: DrawnStroke) -> bool:
    """Whether it is a filling that is all curves, such as a dot: between two of its points it may be dark all round."""
    return stroke.is_filled and "c" in stroke.operators and "l" not in stroke.operators


def _between(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The points between each two of them, which are no corners of a box that it may end at."""
    for (x, y), (right, bottom) in pairwise(points):
        yield (x + right) / 2, (y + bottom) / 2
