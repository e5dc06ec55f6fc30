"""Notes that were laid over the form with a markup tool instead of filling in its boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from pikepdf import Object

from thep_forms.reading.fields import name_of, numbers, text_of
from thep_forms.reading.model import Answer, ReadFrom
from thep_forms.reading.strings import plain

if TYPE_CHECKING:
    from thep_forms.reading.print import PrintedPage

NOTE = "note_{}"  # what a note that lies on no box is called among the values
DRAWING = "✎"  # what stands for something that may have been written by hand
NO_TICKS = ("no", "n", "na", "n/a", "off", "-")
THINNEST = 1.0  # points, of what covers something: a line may have no height
LEAST_SHARE = 0.05  # of a box, that a note on it covers, or of a line, that lies on a box
LONGEST_TICK = 3  # letters of a note that is meant as one
LARGEST_TICK = 8  # times its box, of something drawn that is meant as one, such as a ring around it

_MARKS = ("/Circle", "/Highlight", "/Ink", "/Line", "/PolyLine", "/Polygon", "/Square", "/Stamp")
_BY_HAND = ("/Ink", "/Stamp")
_NO_MARKS = (  # whose appearance is not what somebody wrote
    *("/Text", "/Caret", "/StrikeOut", "/Squiggly", "/Underline", "/FileAttachment", "/Sound", "/Movie", "/Screen"),
    *("/3D", "/RichMedia", "/PrinterMark", "/TrapNet"),
)
_NO_NOTES = ("/Widget", "/Link", "/Popup")
_THROUGH = ("/Line", "/PolyLine", "/StrikeOut")  # what an answer is struck out with

Rect = tuple[float, ...]  # of four: left, bottom, right, top


class Note(Struct, frozen=True):
    """What somebody wrote or drew on a page, in the page's own coordinates. `kind` is the annotation's subtype.

    `area`: empty where it does not say where it lies. `drawn`: it has an appearance, so that all of it shows on the
    page. `seen`: that is all that there is of it.
    """

    page: int
    area: Rect
    text: str
    drawn: bool
    kind: str
    seen: bool = False

    @property
    def words(self) -> str:
        """What it says, as far as a program can tell; empty for what only stands out, such as a ring."""
        return self.text or (DRAWING if self.kind in _BY_HAND or self.seen else "")

    @property
    def strikes(self) -> bool:
        """Whether it says no more than that what is below it does not count."""
        return self.kind in _THROUGH and not self.text

    def may_tick(self, box: Rect) -> bool:
        """Whether it is one that ticks a box on which it lies."""
        if self.kind in _MARKS:
            return _size(self.area) <= LARGEST_TICK * _size(box)
        return 0 < len(self.text) <= LONGEST_TICK and self.text.lower() not in NO_TICKS


def notes_in(annotations: Iterable[tuple[int, Object]]) -> list[Note]:
    """The free texts, comments and drawings among annotations, which come with their page's index."""
    notes: list[Note] = []
    for number, annotation in annotations:
        kind, rect = name_of(annotation.get("/Subtype")), numbers(annotation.get("/Rect"))
        if kind in _NO_NOTES:
            continue
        text, has_appearance = _text(annotation), "/AP" in annotation
        is_seen = has_appearance and not text and kind not in (*_MARKS, *_NO_MARKS)
        if text or is_seen or kind in (*_MARKS, *_THROUGH):
            is_drawn = has_appearance and (kind == "/FreeText" or not text)
            notes.append(Note(number, _ordered(rect) if len(rect) == 4 else (), text, is_drawn, kind, is_seen))
    return notes


def _text(annotation: Object) -> str:
    """Its words, wherever a program may put them."""
    said = (text_of(annotation.get(key)) for key in ("/Contents", "/RC", "/OverlayText"))
    contents, rich, overlay = (text.strip() for text in said)
    return contents or plain(rich) or overlay


def _ordered(rect: Rect) -> Rect:
    (x, right), (y, top) = sorted((rect[0], rect[2])), sorted((rect[1], rect[3]))
    return x, y, max(right, x + THINNEST), max(top, y + THINNEST)


def with_notes(
    values: Mapping[str, Answer], boxes: Mapping[str, tuple[int, Rect, bool]], notes: Iterable[Note]
) -> dict[str, Answer]:
    """The values with what the notes add. `boxes` has each box's page, area and whether it is one to tick.

    A note on an empty box is its answer, on a filled one a second answer; one that lies elsewhere is kept by itself,
    and so is what may have been written by hand, or strikes out an answer.
    """
    told = dict(values)
    for note in notes:
        name = _under(note, boxes)
        if name and boxes[name][2]:
            told[name] = Answer("yes", read_from=ReadFrom.PAGE_TEXT)
        elif note.strikes and name and told[name].text:
            note_down(told, DRAWING)
        elif not note.words:
            continue
        elif name is None or not note.text:
            note_down(told, note.words)
        elif before := told.get(name, Answer("")).text.strip():
            told[name] = told[name] if note.text == before else replace(told[name], other=note.text)
        else:
            told[name] = Answer(note.text, read_from=ReadFrom.PAGE_TEXT)
    return told


def with_ink(values: Mapping[str, Answer], pages: Iterable[PrintedPage]) -> dict[str, Answer]:
    """The values with what is drawn on pages whose boxes can be filled in, as `with_notes`."""
    told = dict(values)
    for page in pages:
        for name, ink in page.answers.items():
            before = told.get(name, Answer(""))
            if not ink.text or _says_the_same(ink, before.text):
                continue
            if not before.text.strip():
                told[name] = ink
            elif ink.doubtful:
                note_down(told, DRAWING)
            else:
                told[name] = replace(before, other=ink.text)
        for line in page.beside:
            note_down(told, line)
    return told


def with_strangers(values: Mapping[str, Answer], strangers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The values with those of fields that nobody knows, but for what is among them; each says the same as one."""
    told, left = dict(values), list(values.values())
    for name, raw in strangers.items():
        same = next((one for one in left if _says_the_same(one, raw.text)), None)
        if same is None:
            told[name] = raw
        else:
            left.remove(same)
    return told


def _says_the_same(ink: Answer, text: str) -> bool:
    shown, typed = ("".join(said.split()) for said in (ink.text, text))
    return shown == typed or (ink.cut and typed.startswith(shown))


def note_down(values: dict[str, Answer], words: str) -> None:
    """Add what belongs to no box, by a name that nothing has."""
    number = sum(name.startswith(NOTE[:5]) for name in values) + 1
    while NOTE.format(number) in values:
        number += 1
    values[NOTE.format(number)] = Answer(words, read_from=ReadFrom.PAGE_TEXT)


def _under(note: Note, boxes: Mapping[str, tuple[int, Rect, bool]]) -> str | None:
    """The box that the note covers most of; of those with a text, the one that most of a line through it lies on."""
    shares = {
        name: _shared(note.area, area) / max(_size(note.area if note.strikes and not ticks else area), 1.0)
        for name, (page, area, ticks) in boxes.items()
        if page == note.page and len(area) == len(note.area) == 4 and (not ticks or note.may_tick(area))
    }
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best and shares[best] > LEAST_SHARE else None


def _shared(one: Rect, other: Rect) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _size(rect: Rect) -> float:
    return max(rect[2] - rect[0], 0.0) * max(rect[3] - rect[1], 0.0)
