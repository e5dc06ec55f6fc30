"""What was read from a returned file, with its evidence, before anyone asks what it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field


class FileKind(StrEnum):
    """What a file is."""

    FORM = "form"
    SCAN = "scan"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"
    FAILED = "failed"  # the machine failed, not the file: the next run tries it again
    OVERRAN = "overran"  # it took too much time or memory, or broke the program: tried again only if a person asks


NOT_READ = (FileKind.FAILED, FileKind.OVERRAN)  # what a file is of which there is no reading


class ReadFrom(StrEnum):
    """Where an answer was read: in a file, or told to the office, which entered it."""

    FIELDS = "fields"
    PAGE_TEXT = "page_text"
    SCAN = "scan"
    OFFICE = "office"


class Doubt(StrEnum):
    """Why an answer may not be what the school meant."""

    __hash__ = str.__hash__  # the hash of an `Enum` is slow, and every answer of every return is asked

    CHARACTERS_LOST = "characters_lost"  # the program that saved the file lost characters, or their order
    COVERED = "covered"  # something was drawn over it; what cannot be seen is not kept
    UNREADABLE = "unreadable"  # not all of it may be the answer, or its font does not say what its letters are
    CUT_OFF = "cut_off"  # it ends at the edge of its box, so the rest may not have been printed
    NOT_SEEN = "not_seen"  # its box does not show on any page
    MOVED = "moved"  # its box stands in the place of another
    OTHER_KIND = "other_kind"  # its field is of another kind than the form has it
    FORMATTED = "formatted"  # it stands in formatted text alone, which few programs read
    BOX_FULL = "box_full"  # it is as long as its field allows, so the rest may not have been taken
    STRUCK_OUT = "struck_out"  # on paper, a tick was scratched out, a label ringed, or words crossed out


_ILLEGIBLE = frozenset({Doubt.UNREADABLE, Doubt.COVERED})


class Answer(Struct, frozen=True, omit_defaults=True):
    """What stands in one box: line breaks are `\\n`, a ticked box is `yes`, an empty box is an empty text.

    A letter that the file does not name is U+FFFD. `others` are differing answers for the same box, from other
    widgets, its field, notes or print. One of them may be empty. `shown` is the text that
    the box shows where that is not its answer: a program may have changed only one of the two. `page` is the index of
    the page, None where the file does not say. `confidence`, from 0 to 1, is how sure the reader of pictures is; None
    for what was not read from a picture.
    """

    text: str
    read_from: ReadFrom = ReadFrom.FIELDS
    doubts: frozenset[Doubt] = frozenset()
    others: tuple[str, ...] = ()
    page: int | None = None
    shown: str = ""
    confidence: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all stands in the box, not even blanks."""
        return not self.text and not self.is_illegible

    @property
    def says_something(self) -> bool:
        """Whether more than blanks stands in the box, legible or not."""
        return bool(self.text.strip()) or self.is_illegible

    @property
    def is_illegible(self) -> bool:
        """Whether something stands in the box that cannot be read for certain, or does not show."""
        return bool(self.doubts) and not self.doubts.isdisjoint(_ILLEGIBLE)


class Note(Struct, frozen=True, omit_defaults=True):
    """Words on a page that belong to no box, or in a message; without words, a drawing such as handwriting or a stamp.

    `box` is the name of the box with an answer that it lies over; empty where it lies over none.
    """

    text: str
    page: int | None = None
    box: str = ""


class PagePlace(Struct, frozen=True, omit_defaults=True):
    """Where a page of the form lies in a picture: `number` is the form's page, from 1, `page` the picture's index.

    `matrix` is the projection from the form's page to the upright picture: nine numbers, row by row. On the page they
    take points from its upper left corner, in the picture shares of its width and height. `layout` is the year
    whose form is laid out as this page, which may be an earlier one; empty where that was not noted.
    """

    page: int
    number: int
    matrix: tuple[float, ...]
    layout: str = ""


class LaterPages(Struct, frozen=True, omit_defaults=True):
    """Another return whose pages are read with a form; `first` is the index of its first page among the form's."""

    return_id: str
    first: int


class Reading(Struct, frozen=True, omit_defaults=True):
    """One return as it was read: what it is, its answers by AcroForm field name, and what the file says of itself.

    `unknown_fields` are the answers in fields that the form does not have, by their names in the file. `form_id` is the
    value of the hidden field, or what the page code of a picture gives for it; `title` is the document's. `modified` is
    its modification date with a time zone, UTC where the file gives none. `damaged`: answers may be missing or stale.
    `pages_missing` are the numbers of the form's pages, from 1, that are not in the file; `boxes` are then the names of
    the boxes that are. `is_as_written`: the file is byte for byte as this program wrote it. `places` are where the
    form's pages lie in pictures. `reason` says why nothing was read; it holds no answer.

    For a picture, `pages` are the numbers of the form's pages that can be made out. `page_count` is how many pages the
    file has. Both are empty where an earlier version noted it. `later_pages` are the returns whose pages follow those
    of the file: all that is said of pages then includes them. `shows_more`: on a picture, or a print of some pages, are
    words outside of the boxes, or there are pages that are none of the form's. These were not read.
    """

    kind: FileKind
    answers: Mapping[str, Answer] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    unknown_fields: Mapping[str, Answer] = field(default_factory=dict)
    form_id: str = ""
    title: str = ""
    modified: datetime | None = None
    damaged: bool = False
    reason: str = ""
    is_as_written: bool = False
    pages_missing: tuple[int, ...] = ()
    boxes: tuple[str, ...] = ()
    places: tuple[PagePlace, ...] = ()
    pages: tuple[int, ...] = ()
    page_count: int = 0
    later_pages: tuple[LaterPages, ...] = ()
    shows_more: bool = False

    def where_is(self, page: int) -> tuple[str, int]:
        """Where the page of that index is: the return in whose file it is, empty for this one, and its index there."""
        for later in reversed(self.later_pages):
            if page >= later.first:
                return later.return_id, page - later.first
        return "", page

    def has_box(self, name: str) -> bool:
        """Whether the page with the box of that name came back."""
        return not self.pages_missing or name in self.boxes

    def text_of(self, name: str) -> str:
        """What was read from the box of that name; empty where nothing was."""
        answer = self.answers.get(name)
        return answer.text if answer else ""

    @property
    def says_something(self) -> bool:
        """Whether a school entered anything: in a box, beside the boxes, or in a field that we do not know."""
        entered = (*self.answers.values(), *self.unknown_fields.values())
        return bool(self.notes) or any(answer.says_something for answer in entered)
