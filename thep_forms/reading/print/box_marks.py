"""What is drawn on a box: what may tick it, an answer by hand, and what crosses an answer out."""

from __future__ import annotations

from collections.abc import Sequence

from thep_forms.reading.drawn.model import Edges
from thep_forms.reading.print.page_content import Area, PageContent, PrintedLetter, Stroke
from thep_forms.reading.print.stroke_shapes import THIN

LARGEST_MARK, LEAST_MARK = 2.5, 0.2  # times the height of its box
FRAME = 0.85  # of a side of its box: what looks like a frame is none if it is smaller
INNER_FRAME, OFF_MIDDLE = (
    0.6,
    0.15,
)  # the same of a rectangle that is not filled, so far from the middle of its box at most
MIDDLE = 0.2  # of the sides of a box, from its edges to its middle
STRUCK = 0.2  # of the type size, from the middle of an answer to a line through it
SLANTED = 0.5  # the same, to the middle of a slanted line through it
THICKEST = 0.5  # of the type size, of a line through an answer
LEAST_STRUCK = 0.5  # of an answer, that a line through it crosses
LONG = 1.5  # of the type size: so long a line through an answer crosses enough of it
FEWEST_UPRIGHT = 3  # upright lines through letters: fewer may be a table's
LEAST_UPRIGHT = 0.6  # of the type size, of such a line
EDGE = 0.15  # of the width of a letter, at its sides
PIECES = 0.75  # of the type size, between two pieces of one line
PICTURE_INSET = 0.15  # of the sides of a picture
LEAST_SHAPE = 0.3  # of the type size: the sides of a shape that may stand for a letter
FRAME_INSET = 1.5  # points of a box, at its edges
LEAST = 1e-6  # points, that the ends of a slanted line differ


def is_drawn_on(box: Area, content: PageContent, slack: float, *, hidden: bool = False) -> bool:
    """Whether there is a mark on the box, neither its frame nor a speck; it may be of many strokes.

    `hidden`: whether there is one that does not show.
    """
    marks = marks_on(box, content, slack, hidden=hidden)
    if not marks:
        return False
    around = _around(marks)
    return max(around.width, around.height) >= LEAST_MARK * box.height


def is_drawn_round(box: Area, content: PageContent, slack: float) -> bool:
    """Whether what is drawn on the box goes round it, or along it, and leaves its middle free."""
    marks = marks_on(box, content, slack)
    across, down = MIDDLE * box.width, MIDDLE * box.height
    middle = Area(box.x + across, box.top + down, box.right - across, box.bottom - down)
    if not marks or any(_enters(stroke, middle, box) for stroke in marks):
        return False
    around = _around(marks)
    return around.width >= box.width or around.height >= box.height


def marks_on(box: Area, content: PageContent, slack: float, *, hidden: bool = False) -> list[Stroke]:
    """The strokes that may be marks on the box; where `hidden`, those that do not show."""
    near = content.strokes_between(box.top - slack, box.bottom + slack)
    return [stroke for stroke in near if stroke.is_covered == hidden and may_be_mark(stroke, box, slack)]


def _around(marks: Sequence[Stroke]) -> Area:
    """The area of all marks together."""
    areas = [mark.area for mark in marks]
    return Area(
        min(area.x for area in areas),
        min(area.top for area in areas),
        max(area.right for area in areas),
        max(area.bottom for area in areas),
    )


def _enters(stroke: Stroke, middle: Area, box: Area) -> bool:
    """Whether a stroke comes into the middle of a box. A ring that has the whole box inside does not."""
    area = stroke.area
    if stroke.is_ring and area.holds(box.x, box.top) and area.holds(box.right, box.bottom):
        return False
    return crosses(stroke, middle) if stroke.ends else area.meets(middle)


def may_be_mark(stroke: Stroke, box: Area, slack: float) -> bool:
    """Whether a stroke lies on the box, is not much larger, and is not its frame."""
    area, largest = stroke.area, LARGEST_MARK * box.height
    if not box.holds(*area.middle, slack) or area.height > largest or area.width > max(largest, box.width):
        return False
    return not _is_frame_of(stroke, box)


def _is_frame_of(stroke: Stroke, box: Area) -> bool:
    """Whether a stroke is the frame of a box, or a second one inside it, as programs draw a thick or a raised one."""
    area = stroke.area
    sides = area.width / box.width, area.height / box.height
    if stroke.frames and max(sides) >= FRAME:
        return True
    (x, y), (middle_x, middle_y) = area.middle, box.middle
    is_in_middle = max(abs(x - middle_x), abs(y - middle_y)) <= OFF_MIDDLE * box.height
    return stroke.is_outline and min(sides) >= INNER_FRAME and is_in_middle


def is_written_over(letters: Sequence[PrintedLetter], box: Area, content: PageContent) -> bool:
    """Whether something was drawn by hand over the letters or beside them in their box, or a picture lies over them."""
    if not (content.by_hand or content.pictures):
        return False
    shown = [letter.area for letter in letters if letter.text.strip() and not letter.is_covered]
    if not shown:
        return False
    for stroke in content.by_hand:
        if may_be_mark(stroke, box, 0) or (stroke.is_pen and any(map(stroke.area.meets, shown))):
            return True
    over = [stroke for stroke in content.pictures if may_be_mark(stroke, box, 0) and any(map(stroke.area.meets, shown))]
    return content.sight is not None and any(content.sight.is_drawn_on(*_inner(stroke.area, box)) for stroke in over)


def is_drawn_beside(lines: Sequence[Sequence[PrintedLetter]], box: Area, content: PageContent) -> bool:
    """Whether dark shapes or pictures stand in the box where no letter does: a program may draw letters so.

    What a person may have drawn is none of them.
    """
    letters = [letter for line in lines for letter in line if letter.text.strip()]
    least = LEAST_SHAPE * max(letter.size for letter in letters)
    for mark in marks_on(box, content, 0):
        area = mark.area
        is_large = min(area.width, area.height) >= least
        is_shape = is_large and not (mark.is_pen or mark.is_ring or mark.is_slanted or mark.is_tint)
        if is_shape and not any(area.meets(letter.area) for letter in letters) and _is_dark(area, content):
            return True
    return False


def _is_dark(area: Area, content: PageContent) -> bool:
    """Whether something dark shows in an area, as far as anybody looked at the page."""
    return content.sight is None or content.sight.shows_drawing(area.x, area.top, area.right, area.bottom)


def _inner(picture: Area, box: Area) -> Edges:
    """The part of a picture that is in a box, without its edges, where a highlight ends."""
    across, down = PICTURE_INSET * picture.width, PICTURE_INSET * picture.height
    return (
        max(picture.x + across, box.x + FRAME_INSET),
        max(picture.top + down, box.top + FRAME_INSET),
        min(picture.right - across, box.right - FRAME_INSET),
        min(picture.bottom - down, box.bottom - FRAME_INSET),
    )


def is_struck(line: Sequence[PrintedLetter], content: PageContent) -> bool:
    """Whether lines are drawn through much of the text, level, slanted or several upright. A rule below it is none."""
    size, middle = line[0].size, line[0].area.middle[1]
    left, right = line[0].area.x, line[-1].area.right
    least = min(LEAST_STRUCK * (right - left), LONG * size)
    core = Area(left, middle - STRUCK * size, right, middle + STRUCK * size)
    for slant in content.slants:
        if max(slant.area.width, slant.area.height) >= LONG * size and crosses(slant, core):
            return True
    pieces: list[Area] = []
    uprights: list[Area] = []
    for stroke in content.strokes_between(middle - SLANTED * size, middle + SLANTED * size):
        area = stroke.area
        is_level = area.height < THICKEST * size and abs(area.middle[1] - middle) <= STRUCK * size
        is_line = is_level or (stroke.is_slanted and not stroke.is_covered)
        if is_line and left <= area.middle[0] <= right:
            pieces.append(area)
        elif area.width < THIN and area.height >= LEAST_UPRIGHT * size and not stroke.is_covered:
            uprights.append(area)
    return _longest(pieces, PIECES * size) >= least or _are_hatching(uprights, line)


def _are_hatching(uprights: Sequence[Area], line: Sequence[PrintedLetter]) -> bool:
    """Whether upright lines go through letters; those of a comb stand between them."""
    if len(uprights) < FEWEST_UPRIGHT:
        return False
    cores = [
        (letter.area.x + EDGE * letter.area.width, letter.area.right - EDGE * letter.area.width) for letter in line
    ]
    through = [area for area in uprights if any(left <= area.middle[0] <= right for left, right in cores)]
    return len(through) >= FEWEST_UPRIGHT


def _longest(pieces: Sequence[Area], gap: float) -> float:
    """How long the longest line is of those that the pieces make, which lie no farther apart than the gap."""
    longest, start, end = 0.0, 0.0, None
    for area in sorted(pieces, key=lambda area: area.x):
        if end is None or area.x - end > gap:
            start, end = area.x, area.right
        end = max(end, area.right)
        longest = max(longest, end - start)
    return longest


def crosses(stroke: Stroke, area: Area) -> bool:
    """Whether a straight line passes through an area."""
    if not stroke.ends:
        return False
    (x, y), (far_x, far_y) = stroke.ends
    first, last = 0.0, 1.0
    for start, end, low, high in ((x, far_x, area.x, area.right), (y, far_y, area.top, area.bottom)):
        way = end - start
        if abs(way) < LEAST:
            if not low <= start <= high:
                return False
            continue
        near, far = sorted(((low - start) / way, (high - start) / way))
        first, last = max(first, near), min(last, far)
    return first <= last
