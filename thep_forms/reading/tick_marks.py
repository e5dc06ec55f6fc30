"""What stands in a box to tick: a tick, or a mark over, round or beside it that may mean one.

A person is asked about a mark that is none of the form's and no certain tick.
"""

from __future__ import annotations

from collections.abc import Sequence

from thep_forms.reading.box_marks import LEAST_MARK, crosses, is_drawn_on, may_be_mark
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.objects import COVERED, NO_DOUBT, UNREADABLE
from thep_forms.reading.page_content import Area, PageContent, PrintedLetter, Stroke
from thep_forms.reading.stroke_shapes import THIN

TICK_SLACK = 5.0  # points that something which ticks the box may be outside of it
HIGHEST = 4.0  # times the height of its box, of a mark round or beside it
WIDEST = 3.0  # times the width of its cell
INSET = 0.2  # of the sides of a box, at its edges, where its frame may be
LEVEL = 0.15  # of the height of a box, from its middle to a line through it or its label
BEYOND = 2.0  # points that a line through a box goes on beside it
EMPTY = frozenset("☐□○◯◻◽⬜▢❏❐❑❒")  # signs that programs draw for a box or a circle that is not ticked
NO_TICKS = frozenset({"no", "n/a", "na", "none", "false", "off", "0", "-", "–", "—", "?", ".", ","})


def tick_in(area: Area, cell: Area, letters: Sequence[PrintedLetter], content: PageContent) -> Answer:
    """The answer in a box to tick. `cell` holds its label, the box, and the space after it.

    A tick that does not show is covered.
    """
    words = "".join(letter.text for letter in letters).strip()
    signs = [char for char in words if char not in EMPTY]
    if words.casefold() in NO_TICKS:
        return Answer("", ReadFrom.PAGE_TEXT, UNREADABLE)
    if signs or is_drawn_on(area, content, TICK_SLACK):
        return Answer("yes", ReadFrom.PAGE_TEXT, UNREADABLE if _is_crossed(area, cell, content) else NO_DOUBT)
    if is_drawn_on(area, content, TICK_SLACK, hidden=True):
        return Answer("", ReadFrom.PAGE_TEXT, COVERED)
    is_marked = _is_marked(area, cell, content) or (not words and _shows_something(area, content))
    return Answer("", ReadFrom.PAGE_TEXT, UNREADABLE if is_marked else NO_DOUBT)


def _is_crossed(box: Area, cell: Area, content: PageContent) -> bool:
    """Whether lines go through a ticked box and beyond, or through its label, which may strike the tick out."""
    if any(crosses(stroke, box) and not may_be_mark(stroke, box, TICK_SLACK) for stroke in content.slants):
        return True
    if any(stroke.area.meets(box) and not may_be_mark(stroke, box, TICK_SLACK) for stroke in content.pens):
        return True
    middle, far = box.middle[1], LEVEL * box.height
    for stroke in content.strokes_between(middle - far, middle + far):
        area = stroke.area
        if area.height >= THIN or stroke.is_covered:
            continue
        if area.x < box.x - BEYOND and area.right > box.right + BEYOND:
            return True
        if cell.x <= area.middle[0] <= box.x and area.width >= box.height:
            return True
    return False


def _is_marked(box: Area, cell: Area, content: PageContent) -> bool:
    """Whether something is drawn round the box or its label, or beside them."""
    far = HIGHEST / 2 * box.height
    near = content.strokes_between(box.top - far, box.bottom + far)
    return any(_may_mean(stroke, box, cell) for stroke in near)


def _may_mean(stroke: Stroke, box: Area, cell: Area) -> bool:
    area = stroke.area
    if stroke.frames or stroke.is_covered or stroke.is_tint:
        return False
    if area.height > HIGHEST * box.height or area.width > WIDEST * cell.width:
        return False
    if cell.holds(*area.middle):
        return max(area.width, area.height) >= LEAST_MARK * box.height
    if stroke.ends:
        return crosses(stroke, box)
    middle = box.middle[1]
    return area.holds(*box.middle) or area.holds((cell.x + box.x) / 2, middle)


def _shows_something(box: Area, content: PageContent) -> bool:
    """Whether the middle of a box that nothing ticks shows something dark all the same, such as a part of a picture."""
    across, down = INSET * box.width, INSET * box.height
    inside = (box.x + across, box.top + down, box.right - across, box.bottom - down)
    return content.sight is not None and content.sight.shows(*inside)
