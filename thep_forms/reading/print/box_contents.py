"""What stands in a box of a printed page: its answer, and what is doubtful about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from thep_forms.definition.model import Kind
from thep_forms.layout import PlacedBox
from thep_forms.reading.model import Answer, Doubt, ReadFrom
from thep_forms.reading.objects import COVERED, UNREADABLE
from thep_forms.reading.print.box_marks import is_drawn_beside, is_drawn_on, is_struck
from thep_forms.reading.print.page_content import Area, PageContent, PrintedLetter
from thep_forms.reading.print.printed_lines import is_set_back, lines_of, overlap, words_of
from thep_forms.reading.print.tick_marks import tick_in
from thep_forms.reading.strings import REPLACEMENT

SLACK = 2.0  # points that a letter may be outside of its box
FARTHEST = 3.0  # times the type size, between two letters of an answer
MOST_SIZES = 1.25  # times the smallest of its letters
LEADING = 0.75  # of the type size, from one line to the next
SMALL = 0.1  # points
SPACE = 0.25  # of the type size, the width of a space
CLIPPED = 0.3  # of the type size, from the end of a text that may be cut off to where its box is clipped
CUT = "…"  # at the end of what is not shown whole
LONGEST_WORD = 13  # letters, of a word for which there may have been no room
SHRUNK = 0.95  # of the type size of the box: our copies set smaller what they show whole, or mark with CUT
_GOES_ON = (";", ",", "/", "&", "+")  # signs that no answer ends with
WITHIN_ADDRESS = ("@", ".", "-", "_", "+")  # signs that no e-mail address ends with
_SPELT = re.compile(r"\[U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})\]")  # as `generate.shaping` draws what no font of ours has
_ORPHAN = re.compile("(?:^|\\s)[\u0300-\u036f]")  # a mark whose letter was left out

Lines = Sequence[Sequence[PrintedLetter]]


def answer_in(
    placed: PlacedBox, area: Area, cell: Area | None, letters: Sequence[PrintedLetter], content: PageContent
) -> Answer:
    """The answer in a box, which does not name its page. `letters` are those that begin in its area.

    `cell` holds a box to tick with its label and the space after it; None for other boxes.
    Of letters in the box that are covered nothing is kept. Letters beyond its edge may be clipped, not covered.
    """
    if any(letter.is_covered and area.holds(*letter.area.middle) for letter in letters):
        seen = answer_in(placed, area, cell, [letter for letter in letters if not letter.is_covered], content)
        return replace(seen, doubts=seen.doubts | COVERED if seen.text else COVERED)
    if placed.box.kind is Kind.TICKS:
        return tick_in(area, cell or area, letters, content)
    lines = [line for line in lines_of(letters) if any(letter.text.strip() for letter in line)]
    if not lines:  # what is drawn there is by hand, a picture, or letters as shapes
        return Answer("", ReadFrom.PAGE_TEXT, UNREADABLE if is_drawn_on(area, content, 0) else frozenset())
    joined = _address_joined(lines) if placed.box.kind is Kind.EMAIL else _joined(lines, area)
    text = _SPELT.sub(lambda match: chr(int(match[1], 16)), joined)
    wraps = placed.box.lines > 1 or _are_close(lines, area)
    doubts = _doubts(text, lines, area, content, wraps=wraps)
    doubts |= _doubts_of_order(lines, letters, doubts)
    if _lacks_room(text, lines[-1], placed, area):
        doubts |= {Doubt.CUT_OFF}
    if text.endswith(CUT):  # our copies mark so what does not fit
        text, doubts = text.removesuffix(CUT).rstrip(), doubts | {Doubt.CUT_OFF}
    return Answer(text, ReadFrom.PAGE_TEXT, doubts)


def _doubts(text: str, lines: Lines, area: Area, content: PageContent, *, wraps: bool) -> frozenset[Doubt]:
    """What is doubtful about a text. `wraps`: its box has room for several lines."""
    doubts: set[Doubt] = set()
    is_unnamed = any(char == REPLACEMENT or _is_dingbat(char) for char in text)
    if is_unnamed or _is_mixed(lines, wraps=wraps) or any(is_struck(line, content) for line in lines):
        doubts.add(Doubt.UNREADABLE)
    elif _ORPHAN.search(text) or any(map(_is_shuffled, text)) or is_drawn_beside(lines, area, content):
        doubts.add(Doubt.CHARACTERS_LOST)  # what cannot be read is asked about anyway, and once is enough
    if _is_cut_off(lines[-1], area, wraps=wraps):
        doubts.add(Doubt.CUT_OFF)
    return frozenset(doubts)


def _doubts_of_order(lines: Lines, drawn: Sequence[PrintedLetter], doubts: frozenset[Doubt]) -> frozenset[Doubt]:
    """What is doubtful about the order of letters. What cannot be read is asked about anyway."""
    is_doubtful = Doubt.UNREADABLE not in doubts and any(is_set_back(line, drawn) for line in lines)
    return frozenset({Doubt.CHARACTERS_LOST} if is_doubtful else ())


def _is_mixed(lines: Lines, *, wraps: bool) -> bool:
    """Whether letters are not set as an answer is, as where something else was printed over it.

    They are of several sizes, far apart, over each other, or on two lines where there is room for one.
    """
    sizes = [letter.size for line in lines for letter in line if letter.text.strip()]
    if max(sizes, default=1) > MOST_SIZES * min(sizes, default=1):
        return True
    return _is_crowded(lines, wraps=wraps) or any(_is_scattered(line) or overlap(line) for line in lines)


def _are_close(lines: Lines, area: Area) -> bool:
    """Whether these are two lines as our copies have them in a box for one: small, close, and one below the other."""
    if len(lines) != 2:
        return False
    first, second = lines[0][0], lines[1][0]
    has_room = first.size + second.size <= area.height
    return has_room and abs(first.area.x - second.area.x) <= SLACK and abs(first.size - second.size) < SMALL


def _is_crowded(lines: Lines, *, wraps: bool) -> bool:
    """Whether there are more lines than room for them."""
    if not wraps:
        return len(lines) > 1
    for line, following in pairwise(lines):
        if following[0].area.middle[1] - line[0].area.middle[1] < LEADING * line[0].size:
            return True
    return False


def _is_scattered(line: Sequence[PrintedLetter]) -> bool:
    return any(right.area.x - left.area.right > FARTHEST * left.size for left, right in pairwise(line))


def _is_dingbat(char: str) -> bool:
    """Whether it is a sign that glyphs called a1, a2, … are taken for, as printer drivers call any glyphs."""
    return 0x2700 <= ord(char) <= 0x27BF


def _is_cut_off(line: Sequence[PrintedLetter], area: Area, *, wraps: bool) -> bool:
    """Whether the text goes up to the edge of its box or beyond, where some programs leave out what does not show."""
    last = line[-1]
    if wraps:
        is_full = last.area.right > area.right - 2 * SLACK - last.size and not _has_room_below(last, area)
        return last.area.bottom > area.bottom or is_full
    return last.area.right > area.right - 2 * SLACK - CLIPPED * last.size


def _has_room_below(last: PrintedLetter, area: Area) -> bool:
    """Whether there is room for another line in the box."""
    return last.area.bottom + last.size < area.bottom


def _lacks_room(text: str, line: Sequence[PrintedLetter], placed: PlacedBox, area: Area) -> bool:
    """Whether the next word may not have fitted in a box of several lines that are full, so that it was left out.

    The lines of an address are as the school typed them, so nobody can tell of these.
    """
    last = line[-1]
    is_small = last.size < SHRUNK * placed.size * area.height / placed.rect.height
    if placed.box.lines == 1 or is_small or _has_room_below(last, area):
        return False
    if placed.box.kind is not Kind.TEXT:
        return text.endswith(_GOES_ON)
    word = LONGEST_WORD * (last.area.right - line[0].area.x) / len(line)
    return text.endswith(_GOES_ON) or last.area.right + word > area.right - 2 * SLACK


def _is_shuffled(char: str) -> bool:
    """Whether it is of a script, from Devanagari to Khmer, whose letters are not drawn in the order of reading."""
    return 0x900 <= ord(char) <= 0x17FF and not 0x10A0 <= ord(char) <= 0x16FF


def _joined(lines: Lines, area: Area) -> str:
    """The lines as they were typed: where the next word would not have fitted, the viewer broke the line."""
    text = words_of(lines[0]).strip()
    for line, following in pairwise(lines):
        words = words_of(following).strip()
        first_word = following[: len(words.partition(" ")[0])]
        needed = first_word[-1].area.right - first_word[0].area.x + SPACE * following[0].size
        is_wrapped = line[-1].area.right + needed > area.right - 2 * SLACK
        text += (" " if is_wrapped else "\n") + words
    return text


def _address_joined(lines: Lines) -> str:
    """The lines of a box for an e-mail address: one address may go on in the next line, another begins there."""
    text = words_of(lines[0]).strip()
    for line in lines[1:]:
        words = words_of(line).strip()
        is_another = "@" in text and "@" in words and not text.endswith(WITHIN_ADDRESS)
        if is_another:
            text += f"\n{words}"
        else:
            text += f" {words}" if words.startswith("<") else words
    return text
