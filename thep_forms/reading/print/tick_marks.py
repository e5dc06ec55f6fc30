"""What stands in a box to tick: a tick, or a mark over, round or beside it that may mean one.

A person is asked about a mark that is none of the form's and no certain tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations

from msgspec.structs import astuple, replace

from thep_forms.definition.model import TICKED
from thep_forms.reading.drawn.model import Edges
from thep_forms.reading.form_pages import folded
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.objects import COVERED, NO_DOUBT, UNREADABLE
from thep_forms.reading.print.box_marks import LEAST_MARK, crosses, is_drawn_on, is_drawn_round, marks_on, may_be_mark
from thep_forms.reading.print.page_content import Area, PageContent, PrintedLetter, Stroke
from thep_forms.reading.print.placed_page import PlacedPage
from thep_forms.reading.print.sight import Sight
from thep_forms.reading.print.stroke_shapes import THIN

TICK_SLACK = 5.0  # points that something which ticks the box may be outside of it
HIGHEST = 4.0  # times the height of its box, of a mark round or beside it
HEADING = 1.7  # times the height of a box, from its top to the top of the heading above its row
WIDEST = 3.0  # times the width of its cell
WIDEST_OUTLINE = 1.5  # the same, of a rectangle
LEAST_OUTLINE = 1.5  # times the width of a box, of a rectangle that is not its frame
MOST_LEVELS = 20  # level lines near a box: more are a pattern
JOINT = 4.0  # points between the ends of two lines at a corner
OTHER_SIZE = 0.2  # of the height of a box, by which its frame may be of another size
INSET, INSET_OF_FRAME = 0.2, 0.17  # of the sides of a box, and of a frame, at the edges, where its lines may be
LEVEL = 0.15  # of the height of a box, from its middle to a line through it or its label
BEYOND = 2.0  # points that a line through a box goes on beside it
FEWEST = 4  # boxes to tick, of which no school ticks all
FEWEST_HIDDEN = 2  # letters of a label that do not show: one may be a flaw
EMPTY = frozenset("☐□○◯◻◽⬜▢❏❐❑❒")  # signs that programs draw for a box or a circle that is not ticked
# Those of a tick or a cross, and those that stand for ticks, crosses, dots and stars in ZapfDingbats and in Wingdings.
TICK_LETTERS = frozenset("xXvVyY345678lnuHûüýþ")
TICK_WORDS = frozenset({TICKED, "true", "on"})
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
        is_plain = _is_tick(words) if signs else not is_drawn_round(area, content, TICK_SLACK)
        is_certain = is_plain and not (_is_crossed(area, cell, content) or _is_scratched_out(area, words, content))
        return Answer(TICKED, ReadFrom.PAGE_TEXT, NO_DOUBT if is_certain else UNREADABLE)
    if is_drawn_on(area, content, TICK_SLACK, hidden=True):
        return Answer("", ReadFrom.PAGE_TEXT, COVERED)
    is_marked = _is_marked(area, cell, content) or (not words and _shows_something(area, content))
    return Answer("", ReadFrom.PAGE_TEXT, UNREADABLE if is_marked else NO_DOUBT)


def _is_tick(words: str) -> bool:
    """Whether what is typed in a box to tick is a sign, or letters that mean a tick: others may be initials."""
    return words.casefold() in TICK_WORDS or all(char in TICK_LETTERS or not char.isalnum() for char in words)


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


def _is_scratched_out(box: Area, words: str, content: PageContent) -> bool:
    """Whether there is a scribble over another mark. Alone it fills the box, which is a tick."""
    scribbles = [stroke for stroke in content.pens if stroke.is_scribble and stroke.area.meets(box)]
    if not scribbles:
        return False
    return bool(words) or any(mark not in scribbles for mark in marks_on(box, content, TICK_SLACK))


def _is_marked(box: Area, cell: Area, content: PageContent) -> bool:
    """Whether something is drawn round the box or its label, beside them, or in the heading above them."""
    far = HIGHEST / 2 * box.height
    near = content.strokes_between(box.top - far, box.bottom + far)
    return any(_may_mean(stroke, box, cell) for stroke in near) or any(
        sign.text not in EMPTY and cell.holds(*sign.area.middle) for sign in content.signs
    )


def _may_mean(stroke: Stroke, box: Area, cell: Area) -> bool:
    area = stroke.area
    if stroke.frames or stroke.is_covered or stroke.is_tint:
        return False
    if area.height > HIGHEST * box.height or area.width > WIDEST * cell.width:
        return False
    is_in_heading = _heading(box, cell).holds(*area.middle) and not _is_level(area)
    if is_in_heading or cell.holds(*area.middle):
        return max(area.width, area.height) >= LEAST_MARK * box.height
    if stroke.ends:
        return crosses(stroke, box)
    if stroke.is_pen and not stroke.is_ring:
        return False
    return _is_round(area, box, cell)


def _heading(box: Area, cell: Area) -> Area:
    """The part of the heading above a row of boxes that stands over one of them and its label."""
    return Area(cell.x, box.top - HEADING * box.height, cell.right, cell.top)


def _is_level(area: Area) -> bool:
    """Whether it is as low as a line under words."""
    return area.height < THIN


def _is_round(area: Area, box: Area, cell: Area) -> bool:
    """Whether it lies round the middle of a box or of its label."""
    return area.holds(*box.middle) or area.holds((cell.x + box.x) / 2, box.middle[1])


def with_doubt_if_all_are_ticked(answers: dict[str, Answer], page: PlacedPage) -> dict[str, Answer]:
    """The answers, where the boxes to tick are doubted if all look ticked: it may be how a program draws its boxes."""
    ticks = {name: answers[name] for name in page.cells}
    if len(ticks) < FEWEST or not all(answer.text for answer in ticks.values()):
        return answers
    return answers | {name: replace(answer, doubts=answer.doubts | UNREADABLE) for name, answer in ticks.items()}


def with_hidden_labels_doubted(answers: dict[str, Answer], page: PlacedPage, content: PageContent) -> dict[str, Answer]:
    """The answers, where a ticked box is doubted if its label does not show: it may have been given another one."""
    if not content.hides_some:
        return answers
    boxes = {placed.box.name: area for placed, area in page.boxes}
    ticked = [name for name in page.cells if answers[name].text]
    hidden = [name for name in ticked if _hides_words(_before(boxes[name], page.cells[name]), content)]
    return answers | {name: replace(answers[name], doubts=answers[name].doubts | UNREADABLE) for name in hidden}


def _before(box: Area, cell: Area) -> Area:
    """The part of a cell in which the label stands, before its box."""
    return Area(cell.x, cell.top, box.x, cell.bottom)


def _hides_words(place: Area, content: PageContent) -> bool:
    """Whether a place has letters that do not show, and not the same ones that do."""
    letters = [letter for run in content.runs for letter in run if place.holds(*letter.area.middle)]
    hidden = folded("".join(letter.text for letter in letters if letter.is_covered))
    shown = folded("".join(letter.text for letter in letters if not letter.is_covered))
    return len(hidden) >= FEWEST_HIDDEN and hidden not in shown


def with_outlined_doubted(answers: dict[str, Answer], page: PlacedPage, content: PageContent) -> dict[str, Answer]:
    """The answers, where a box that is not ticked is doubted if a rectangle is drawn round it or its label."""
    boxes = {
        placed.box.name: (area, page.cells[placed.box.name])
        for placed, area in page.boxes
        if placed.box.name in page.cells
    }
    doubted = [name for name in _outlined(boxes, content) if not answers[name].says_something]
    return answers | {name: replace(answers[name], doubts=UNREADABLE) for name in doubted}


def _outlined(boxes: Mapping[str, tuple[Area, Area]], content: PageContent) -> list[str]:
    """The boxes round which, or round whose labels, a rectangle is drawn; none if most have one, as a table has cells.

    `boxes` are all boxes to tick of a page, with their cells.
    """
    found: list[str] = []
    levels = _level_lines(boxes, content)
    for name, (box, cell) in boxes.items():
        far = HIGHEST / 2 * box.height
        near = content.strokes_between(box.top - far, box.bottom + far)
        if len(levels) > 1 and _is_in_four_lines(levels, near, box, cell):
            found.append(name)
            continue
        for stroke in near:
            area = stroke.area
            is_near = area.height <= HIGHEST * box.height and area.width <= WIDEST_OUTLINE * cell.width
            is_larger = area.width >= LEAST_OUTLINE * box.width
            if stroke.is_outline and is_near and is_larger and _is_round(area, box, cell):
                found.append(name)
                break
    return found if 2 * len(found) < len(boxes) else []


def _level_lines(boxes: Mapping[str, tuple[Area, Area]], content: PageContent) -> list[Area]:
    """The level lines of a page that may be the longer sides of a rectangle round one of the boxes."""
    shortest = min((LEAST_OUTLINE * box.width for box, _ in boxes.values()), default=0.0)
    longest = max((WIDEST_OUTLINE * cell.width for _, cell in boxes.values()), default=0.0)
    areas = [stroke.area for stroke in content.strokes]
    return [area for area in areas if area.bottom - area.top < THIN and shortest <= area.right - area.x <= longest]


def _is_in_four_lines(page_levels: Sequence[Area], near: Sequence[Stroke], box: Area, cell: Area) -> bool:
    """Whether four of the lines near a box make a rectangle round it or its label."""
    far, longest = HIGHEST / 2 * box.height, WIDEST_OUTLINE * cell.width
    top, bottom = box.top - far, box.bottom + far
    levels = [line for line in page_levels if top <= line.top <= bottom and line.width <= longest]
    if not 2 <= len(levels) <= MOST_LEVELS:
        return False
    uprights = [line.area for line in near if line.area.width < THIN and line.area.height <= HIGHEST * box.height]
    for upper, lower in combinations(sorted(levels, key=lambda line: line.top), 2):
        left, right = min(upper.x, lower.x), max(upper.right, lower.right)
        top, bottom = upper.top, lower.bottom
        sides = (Area(left, y, right, y) for y in (top, bottom)), (Area(x, top, x, bottom) for x in (left, right))
        is_closed = all(_has_line(side, levels + uprights) for side in chain(*sides))
        if is_closed and _is_round(Area(left, top, right, bottom), box, cell):
            return True
    return False


def _has_line(side: Area, lines: Sequence[Area]) -> bool:
    """Whether one of the lines is a side of a rectangle, whose corners people draw roughly."""
    for line in lines:
        ends = zip(astuple(side), astuple(line), strict=True)
        if all(abs(end - drawn) <= JOINT for end, drawn in ends):
            return True
    return False


def _shows_something(box: Area, content: PageContent) -> bool:
    """Whether the middle of a box that nothing ticks shows something dark all the same, such as a part of a picture.

    Words that are not the box's, such as those of another layout's labels, do not count.
    """
    sight = content.sight
    if sight is None:
        return False
    places = [_inside(frame, INSET_OF_FRAME) for frame in _frames_of(box, content)] or [_inside(box, INSET)]
    return all(_has_mark(place, content, sight) for place in places)


def _has_mark(place: Edges, content: PageContent, sight: Sight) -> bool:
    if not sight.shows(*place):
        return False
    has_words = any(letter.area.meets(Area(*place)) for run in content.runs for letter in run)
    return not has_words or sight.shows_drawing(*place)


def _inside(box: Area, inset: float) -> Edges:
    """The middle of a box, where its frame is not. `inset` is the share of its sides that is left out at its edges."""
    across, down = inset * box.width, inset * box.height
    return box.x + across, box.top + down, box.right - across, box.bottom - down


def _frames_of(box: Area, content: PageContent) -> list[Area]:
    """The frames that are drawn for a box, which are a little off on forms of another layout."""
    x, y = box.middle
    frames: list[Area] = []
    for stroke in content.strokes_between(y - box.height / 2, y + box.height / 2):
        area = stroke.area
        is_as_large = max(abs(area.width - box.width), abs(area.height - box.height)) <= OTHER_SIZE * box.height
        if stroke.is_outline and is_as_large and abs(area.middle[0] - x) <= box.width:
            frames.append(area)
    return frames
