"""The letters of a printed page as lines of words, in the order of reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from thep_forms.layout import bidi
from thep_forms.reading.print.page_content import SAME_LINE, PrintedLetter

GAP = 0.2  # of the type size: a wider gap between two letters is a space
FALLBACK_GAP = 0.24  # the same, after a letter beyond Latin-1: the narrowest space of usual type is 0.25
WIDE_GAP = 1.2  # the same, where spaces are drawn as letters
TWICE = 0.3  # of its width, that a letter at least covers of the same letter drawn before it
OVER = 0.25  # of the narrower of two letters: closely set letters cover less of each other
LEAST_WIDTH = 0.05  # of the type size, of a letter that is no mark on another


def lines_of(letters: Iterable[PrintedLetter]) -> list[list[PrintedLetter]]:
    """The letters by lines, from the top, each line from the left."""
    letters = [*letters]
    if _is_line(letters):
        return [_once(letters)]
    lines: list[list[PrintedLetter]] = []
    for letter in sorted(letters, key=lambda letter: letter.area.middle[1]):
        if lines and abs(letter.area.middle[1] - lines[-1][0].area.middle[1]) <= SAME_LINE * letter.size:
            lines[-1].append(letter)
        else:
            lines.append([letter])
    return [_once(sorted(line, key=lambda letter: letter.area.x)) for line in lines]


def _is_line(letters: Sequence[PrintedLetter]) -> bool:
    """Whether the letters are one line already, from the left, as most that were drawn one after another are."""
    if not letters:
        return False
    first = letters[0].area
    x, top, bottom = first.x, first.top, first.bottom
    for letter in letters:
        area = letter.area
        if area.top != top or area.bottom != bottom or area.x < x:
            return False
        x = area.x
    return True


def _once(line: Sequence[PrintedLetter]) -> list[PrintedLetter]:
    """The line without letters that were drawn a second time, to look bold."""
    once = [line[0]]
    for letter in line[1:]:
        last = once[-1]
        if letter.text != last.text or letter.area.x > max(last.area.right - TWICE * last.area.width, last.area.x):
            once.append(letter)
    return once


def overlap(line: Sequence[PrintedLetter]) -> bool:
    """Whether letters were drawn over each other. One may be, after a letter that came from another font."""
    return len(_over_each_other(line)) > 1


def is_set_back(line: Sequence[PrintedLetter], drawn: Sequence[PrintedLetter]) -> bool:
    """Whether a letter lies over one that was drawn before it and that it precedes, as `l’` drawn as `’l`.

    `drawn` are the letters of a box, in the order in which they were drawn.
    """
    pairs = _over_each_other(line)
    return bool(pairs) and any(_place_in(drawn, left) > _place_in(drawn, right) for left, right in pairs)


def _over_each_other(line: Sequence[PrintedLetter]) -> list[tuple[PrintedLetter, PrintedLetter]]:
    """The neighbours of which one lies over the other."""
    shown = [letter for letter in line if letter.text.strip() and letter.area.width > LEAST_WIDTH * letter.size]
    found: list[tuple[PrintedLetter, PrintedLetter]] = []
    for left, right in pairwise(shown):
        narrower = min(left.area.width, right.area.width)
        if (left.area.right - right.area.x) / narrower > OVER:
            found.append((left, right))
    return found


def _place_in(drawn: Sequence[PrintedLetter], letter: PrintedLetter) -> int:
    return next(place for place, each in enumerate(drawn) if each is letter)


def words_of(line: Sequence[PrintedLetter]) -> str:
    """The text of a line.

    A gap is a space where spaces are not drawn. It has to be as wide as a space after a letter beyond Latin-1: programs
    that take such a letter from another font often leave a small gap.
    """
    draws_spaces = any(map(str.isspace, [letter.text for letter in line]))
    pieces = [line[0].text]
    for letter, following in pairwise(line):
        if following.area.x > letter.area.right:
            gap = WIDE_GAP if draws_spaces else GAP if letter.text <= "\xff" else FALLBACK_GAP
            is_apart = following.area.x - letter.area.right > gap * letter.size
            if is_apart and not (letter.text.isspace() or following.text.isspace()):
                pieces.append(" ")
        pieces.append(following.text)
    return unicodedata.normalize("NFC", "".join(_as_read(pieces)))


def _as_read(pieces: list[str]) -> list[str]:
    """Pieces that were drawn from left to right, in the order of reading.

    Two orders may have been drawn alike; the one that reads from left to right is taken then.
    """
    text = "".join(pieces)
    if text.isascii() or not any(unicodedata.bidirectional(char) in ("R", "AL") for char in text):
        return pieces
    for base in (0, 1):
        for kind_of in (unicodedata.bidirectional, _without_signs):
            read = _reordered(pieces, base, kind_of)
            if bidi.base_level("".join(read)) == base and _reordered(read, base) == pieces:
                return read
    return _reordered(pieces, 0)


def _reordered(pieces: list[str], base: int, kind_of: Callable[[str], str] = unicodedata.bidirectional) -> list[str]:
    """The pieces from the order of reading into the order on the page; done twice, most texts are as before."""
    levels = bidi.levels("".join(piece[0] for piece in pieces), base, kind_of)
    turned = [bidi.mirrored(piece) if level % 2 else piece for piece, level in zip(pieces, levels, strict=True)]
    return bidi.reordered(turned, levels)


def _without_signs(char: str) -> str:
    """The class of a character where signs within numbers part them, as they do after Arabic letters."""
    kind = unicodedata.bidirectional(char)
    return "ON" if kind in ("ES", "CS") else kind
