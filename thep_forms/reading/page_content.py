"""What is drawn on a page, as runs of letters and as strokes, turned so that it reads from left to right.

Lengths are points from the upper left corner of the page as it is read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from statistics import mean, median, median_low
from typing import Any

from msgspec import Struct
from pdfplumber.page import Page
from reportlab.pdfbase.pdfmetrics import stringWidth

from thep_forms.layout import metrics
from thep_forms.reading.strings import REPLACEMENT

GAP = 0.2  # of the type size: more between two letters is a space
WIDE_GAP = 1.2  # the same, where spaces are drawn as letters
APART = 0.75  # of the type size: more, and they are not of one run
FEWEST_LETTERS = 5  # different ones, that tell something of a font
LEAST_SHARE = 0.5  # of the letters of a known font, that have their width
LEAST_SKEW = math.radians(0.02)  # less does not move a letter off its line
ACROSS = math.radians(8)  # and more, against the other letters
THIN = 1.5  # points, of the side of a frame
DARK = 0.4  # of black
CORNER = 0.15  # of the side of a polygon
TWICE = 0.3  # of its width, that a letter at least covers of the same one drawn before it
OVER = 0.25  # the same, of another letter: more than letters that are set closely
LEAST_WIDTH = 0.05  # of the type size, of a letter that is no mark on another
SAME_LINE = 0.45  # of the type size: less, and two letters stand on one line
_CID = re.compile(r"\(cid:\d+\)")
_LIGATURES = {ord(char): unicodedata.normalize("NFKC", char) for char in map(chr, range(0xFB00, 0xFB07))}

Turn = Callable[[float, float, float, float], tuple[float, float, float, float]]


class Area(Struct, frozen=True):
    """A rectangle on the page."""

    x: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return self.right - self.x

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def holds(self, x: float, y: float, slack: float = 0) -> bool:
        return self.x - slack <= x <= self.right + slack and self.top - slack <= y <= self.bottom + slack


class PrintedLetter(Struct):
    """A letter with the marks that stand on it. U+FFFD is one of which the file does not say what it is."""

    text: str
    area: Area
    size: float


class Stroke(Struct, frozen=True):
    """A line, a curve, a filling or a picture. `frames`: it looks like the frame of a box, or like its ground."""

    area: Area
    frames: bool


class PageContent(Struct, frozen=True):
    """All that is drawn: letters in the order in which they were, and whatever else."""

    runs: tuple[tuple[PrintedLetter, ...], ...]
    strokes: tuple[Stroke, ...]


def content_of(page: Page, suspects: frozenset[str]) -> PageContent:
    """The ink of a page; `suspects` are the names of the fonts that do not say what their letters are."""
    turn = _turn(page)
    letters = list(_letters(_upright(page), turn, _mute_among(page.chars, suspects)))
    strokes = (*page.curves, *page.lines, *page.rects, *page.images)
    return PageContent(tuple(_runs(letters)), tuple(Stroke(_area(one, turn), _frames(one)) for one in strokes))


def _frames(thing: Mapping[str, Any]) -> bool:
    if min(thing["width"], thing["height"]) < THIN:
        return True
    kind = thing["object_type"]
    return (kind == "rect" and not _is_dark(thing)) or (kind == "curve" and _is_polygon_of_corners(thing))


def _is_dark(thing: Mapping[str, Any]) -> bool:
    """Whether it is filled with more than a tint; DeviceGray, DeviceRGB or DeviceCMYK."""
    colour = thing.get("non_stroking_color")
    colour = colour if isinstance(colour, tuple) else (colour,)
    if (
        not thing.get("fill")
        or not isinstance(colour, tuple)
        or not all(isinstance(one, (int, float)) for one in colour)
    ):
        return False
    if len(colour) == 4:
        return bool(1 - (1 - colour[3]) * (1 - mean(colour[:3])) > DARK)
    return bool(1 - mean(colour) > DARK)


def _is_polygon_of_corners(thing: Mapping[str, Any]) -> bool:
    """Whether it goes from corner to corner of its area alone, which may lie a little askew."""
    slack = CORNER * max(thing["width"], thing["height"])
    return all(
        min(abs(x - thing["x0"]), abs(x - thing["x1"])) <= slack
        and min(abs(y - thing["top"]), abs(y - thing["bottom"])) <= slack
        for x, y in thing["pts"]
    )


def _turn(page: Page) -> Turn:
    """How to turn the page so that most of its letters stand upright, on level lines."""
    quarters, askew = _quarter_turn(page), _askew(page)
    if abs(askew) < LEAST_SKEW:
        return quarters
    return lambda *edges: _levelled(*quarters(*edges), askew)


def _askew(page: Page) -> float:
    """By which angle most letters rise from the nearest of left, right, up and down; radians."""
    return median_low([_rise(char) for char in page.chars] or [0.0])


def _rise(char: Mapping[str, Any]) -> float:
    """By which angle a letter rises from the nearest of these."""
    quarter = math.pi / 2
    return (math.atan2(char["matrix"][1], char["matrix"][0]) + quarter / 2) % quarter - quarter / 2


def _upright(page: Page) -> list[Mapping[str, Any]]:
    """The letters without those that run across the page, as of a watermark."""
    askew = _askew(page)
    return [char for char in page.chars if abs(_rise(char) - askew) <= ACROSS]


def _levelled(x: float, top: float, right: float, bottom: float, askew: float) -> tuple[float, float, float, float]:
    """Edges round something that rose by that angle, when it lies level: its middle turned, and its own size."""
    cos, sin = math.cos(askew), math.sin(askew)
    across, down = (x + right) / 2, (top + bottom) / 2
    middle_x, middle_y = across * cos - down * sin, across * sin + down * cos
    own = cos * cos - sin * sin
    width = max(((right - x) * cos - (bottom - top) * abs(sin)) / own, 0.0)
    height = max(((bottom - top) * cos - (right - x) * abs(sin)) / own, 0.0)
    return middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2


def _quarter_turn(page: Page) -> Turn:
    ways: Counter[str] = Counter()
    for char in page.chars:
        a, b = char["matrix"][:2]
        ways["right" if a > abs(b) else "left" if -a > abs(b) else "up" if b > 0 else "down"] += 1
    width, height = float(page.width), float(page.height)
    turns: dict[str, Turn] = {
        "right": lambda x, top, right, bottom: (x, top, right, bottom),
        "left": lambda x, top, right, bottom: (width - right, height - bottom, width - x, height - top),
        "up": lambda x, top, right, bottom: (height - bottom, x, height - top, right),
        "down": lambda x, top, right, bottom: (top, width - right, bottom, width - x),
    }
    return turns[ways.most_common(1)[0][0]] if ways else turns["right"]


def _mute_among(chars: Sequence[Mapping[str, Any]], suspects: frozenset[str]) -> set[str]:
    """The fonts whose codes do not give their letters.

    Letters have their widths, and were the codes others, an i would be as wide as an m. So a suspect is believed whose
    letters are as wide as those of our type, and a font of a known name is not whose letters are not.
    """
    widths: dict[str, dict[float, dict[str, float]]] = {}
    for char in chars:
        if not char["text"].isspace():
            of_size = widths.setdefault(char["fontname"], {}).setdefault(round(char["size"], 1), {})
            of_size[char["text"]] = char["adv"]
    mute = set(suspects)
    for name, sizes in widths.items():
        letters = max(sizes.values(), key=len)
        known = [widths for pattern, widths in _known_widths() if pattern in name.lower()]
        if len(letters) < FEWEST_LETTERS or not (known or name in suspects):
            continue
        share = max(_share(letters, widths) for widths in known or [widths for _, widths in _known_widths()])
        if share == 1:
            mute.discard(name)
        elif known and share < LEAST_SHARE:
            mute.add(name)
    return mute


@cache
def _known_widths() -> list[tuple[str, dict[str, float]]]:
    """What the names of known fonts hold, in small letters, and the widths of their letters."""
    noto = [
        {char: float(width) for char, (width, _) in metrics.load_face(name).plain.items()} for name in metrics.STYLES
    ]
    codes = bytes(range(32, 256)).decode("cp1252", "ignore")
    sans = [{char: stringWidth(char, name, 1000) for char in codes} for name in ("Helvetica", "Helvetica-Bold")]
    return [("notosans-", widths) for widths in noto] + [
        (name, widths) for name in ("helvetica", "arial") for widths in sans
    ]


def _share(letters: Mapping[str, float], widths: Mapping[str, float]) -> float:
    """How many of the letters are as wide as they should be, at the size that most of them have."""
    scales = {text: width / widths[text] for text, width in letters.items() if widths.get(text)}
    usual = median(scales.values()) if scales else 0.0
    return sum(abs(scale - usual) <= 0.03 * usual for scale in scales.values()) / len(letters)


def _area(thing: Mapping[str, Any], turn: Turn) -> Area:
    return Area(*turn(*(float(thing[edge]) for edge in ("x0", "top", "x1", "bottom"))))


def _letters(chars: Iterable[Mapping[str, Any]], turn: Turn, mute: Collection[str]) -> Iterator[PrintedLetter]:
    last: PrintedLetter | None = None
    for char in chars:
        text = str(char["text"]).translate(_LIGATURES)
        if (
            _CID.search(text)
            or char["fontname"] in mute
            or unicodedata.category(text[:1] or "\0") in ("Cc", "Co", "Cn")
        ):
            text = REPLACEMENT
        if last and text and all(unicodedata.combining(one) for one in text):
            last.text += text
            continue
        area = _area(char, turn)
        letter = PrintedLetter(text, area, max(area.height, 1.0))
        if last:
            yield last
        last = letter
    if last:
        yield last


def _runs(letters: Sequence[PrintedLetter]) -> Iterator[tuple[PrintedLetter, ...]]:
    """Letters that were drawn one after the other and stand side by side."""
    run: list[PrintedLetter] = []
    for letter in letters:
        if run and not _follows(run[-1], letter):
            yield tuple(run)
            run = []
        run.append(letter)
    if run:
        yield tuple(run)


def _follows(one: PrintedLetter, other: PrintedLetter) -> bool:
    gap = other.area.x - one.area.right
    level = abs(other.area.middle[1] - one.area.middle[1])
    return -0.5 * one.size <= gap <= APART * one.size and level <= SAME_LINE * one.size


def lines_of(letters: Iterable[PrintedLetter]) -> list[list[PrintedLetter]]:
    """The letters by lines, from the top, each line from the left."""
    lines: list[list[PrintedLetter]] = []
    for letter in sorted(letters, key=lambda letter: letter.area.middle[1]):
        if lines and abs(letter.area.middle[1] - lines[-1][0].area.middle[1]) <= SAME_LINE * letter.size:
            lines[-1].append(letter)
        else:
            lines.append([letter])
    return [_once(sorted(line, key=lambda letter: letter.area.x)) for line in lines]


def _once(line: Sequence[PrintedLetter]) -> list[PrintedLetter]:
    """The line without the letters that were drawn a second time, to look bold."""
    once = [line[0]]
    for letter in line[1:]:
        last = once[-1]
        if letter.text != last.text or letter.area.x > max(last.area.right - TWICE * last.area.width, last.area.x):
            once.append(letter)
    return once


def overlap(line: Sequence[PrintedLetter]) -> bool:
    """Whether letters were drawn over each other; one alone may be, after a letter that came from another font."""
    shown = [letter.area for letter in line if letter.text.strip() and letter.area.width > LEAST_WIDTH * letter.size]
    shares = [(one.right - other.x) / min(one.width, other.width) for one, other in pairwise(shown)]
    return sum(share > OVER for share in shares) > 1


def words_of(line: Sequence[PrintedLetter]) -> str:
    """The text of a line.

    A gap is a space where spaces are not drawn. One after a letter beyond Latin-1 is none: programs that take such a
    letter from another font often leave one.
    """
    gap = WIDE_GAP if any(letter.text.isspace() for letter in line) else GAP
    pieces = [line[0].text]
    for one, other in pairwise(line):
        apart = other.area.x - one.area.right > gap * one.size and not (one.text.isspace() or other.text.isspace())
        pieces += [" ", other.text] if apart and one.text <= "\xff" else [other.text]
    return unicodedata.normalize("NFC", "".join(_as_read(pieces)))


def _as_read(pieces: list[str]) -> list[str]:
    """Pieces that were drawn from left to right, those of a right-to-left script turned round where they stand."""
    turned = [any(unicodedata.bidirectional(char) in ("R", "AL") for char in piece) for piece in pieces]
    first = 0
    while first < len(pieces):
        end = first + 1
        if turned[first]:
            while end < len(pieces) and (turned[end] or (pieces[end].isspace() and any(turned[end + 1 : end + 2]))):
                end += 1
            pieces[first:end] = reversed(pieces[first:end])
        first = end
    return pieces
