"""What is decided from, and what is decided. These are small: there may be tens of thousands of each."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from thep_forms.definition.model import ProblemCode
from thep_forms.reading.model import FileKind
from thep_forms.sources.model import MessageOrigin

LONG_AGO = datetime.min.replace(tzinfo=UTC)  # stands for a date that nobody knows, where dates are put in order


class Verdict(StrEnum):
    """What became of a file that came in."""

    ACCEPTED = "accepted"
    NEEDS_ATTENTION = "needs_attention"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    BLANK = "blank"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"
    CLOSED = "closed"
    SENT_BY_US = "sent_by_us"
    AUTOMATIC = "automatic"

    @property
    def needs_nobody(self) -> bool:
        """Whether nobody has to look at the file."""
        return self in _NEED_NOBODY

    @property
    def is_of_no_school(self) -> bool:
        """Whether no school sent the file."""
        return self in _OF_NO_SCHOOL

    @property
    def asks_nothing(self) -> bool:
        """Whether nothing is asked about the file, whatever it holds: it counts for no school and no year."""
        return self in _ASK_NOTHING


_OF_NO_SCHOOL = (Verdict.SENT_BY_US, Verdict.AUTOMATIC)
_ASK_NOTHING = (*_OF_NO_SCHOOL, Verdict.CLOSED)
_NEED_NOBODY = (*_ASK_NOTHING, Verdict.ACCEPTED, Verdict.SUPERSEDED, Verdict.DUPLICATE)


class Arrival(Struct, frozen=True, gc=False, array_like=True):
    """One way and time by which a return came in. `received_at` is the date of the message that brought it.

    `year_given` is the membership year that the office said it collects when this came, empty if it said none.
    `latest_year` is the latest year that was known by then to be sent or returned. It is None while the run that
    brought it has not ended, and empty where nobody noted it.

    `carried_by` are the messages around it, the outermost first; none if it came in no message. `noted_at` is when
    this program took it in, None for what earlier versions took in. `texts` are the hashes of what people wrote in
    these messages, by which the ledger knows the words; none for what versions before 11 noted.

    `is_decoration`: it is a picture in a message, such as the logo of a signature, or a file that an operating system
    leaves in folders.
    """

    source: str
    return_id: str
    received_at: datetime | None = None
    is_decoration: bool = False
    carried_by: tuple[MessageOrigin, ...] = ()
    year_given: str = ""
    latest_year: str | None = None
    noted_at: datetime | None = None
    texts: tuple[str, ...] = ()


class Entry(Struct, frozen=True, gc=False, array_like=True):
    """What the ledger holds of a return, without its answers and problems.

    `kind` is a `FileKind`; `modified` is the file's own modification date. Only a form, or a picture of a form, has
    the entries after it. `dfe_number` is the number that was typed. `copy_of` is the number of the school that the
    copy was made for. `codes` are those of its problems, `errors` those of its errors, both joined by `;`. `content`
    is a hash that is equal for two returns with the same answers. `section_contents` has hashes of the answers in each
    section as they came in, whatever a person corrected (`checking.section_contents`). A later page may be read with
    the first page of its form: `page_of` is then the id of the return that has it. Else it is empty.
    """

    return_id: str
    kind: str
    reason: str = ""
    modified: datetime | None = None
    year: str = ""
    dfe_number: str = ""
    copy_of: str = ""
    school_name: str = ""
    blank: bool = False
    codes: str = ""
    errors: str = ""
    read_from: str = ""
    content: bytes = b""
    section_contents: bytes = b""
    page_of: str = ""

    @property
    def is_form(self) -> bool:
        """Whether it is a form or a picture of one."""
        return self.kind in (FileKind.FORM, FileKind.SCAN)

    @property
    def has_answers(self) -> bool:
        """Whether answers were read from it: of a picture nobody knows what stands in it where none were."""
        return self.is_filled_in and (self.kind != FileKind.SCAN or bool(self.read_from))

    @property
    def is_filled_in(self) -> bool:
        """Whether it is a form with something in it."""
        return self.is_form and not self.blank

    @property
    def is_unchanged(self) -> bool:
        """Whether it is a school's copy that came back exactly as it was sent."""
        return ProblemCode.COPY_UNCHANGED in self.errors.split(";")

    @property
    def acceptable(self) -> bool:
        """Whether it is a form of a known year with no error in it."""
        return self.is_filled_in and bool(self.year) and not self.errors


class Action(StrEnum):
    """What a person can decide."""

    PREFER = "prefer"  # a return counts over others
    CORRECT = "correct"  # an answer is another one
    CONFIRM = "confirm"  # a problem is none
    ENTER = "enter"  # a school answered without a file
    ASSIGN = "assign"  # a return is that school's, or of that year
    CLOSE = "close"  # a return is dealt with
    NOTE = "note"  # something to know of a school; or that what came with a return in words is read; or a `Noted`
    UNDO = "undo"  # another decision no longer counts


class Assigned(StrEnum):
    """What an `assign` says of a return; its decision has it as `field`."""

    SCHOOL = "school"
    YEAR = "membership_year"


class Noted(StrEnum):
    """What a `note` says of a school in other than free words; its decision has it as `field`."""

    ON_PAPER = "on_paper"  # it was given the form of the year on paper
    FOLLOWS = "follows"  # it had the DfE number `after` before


class Decision(Struct, frozen=True):
    """What a person decided, when and why. The number is the order in which decisions were taken.

    Year, number and name are those of the return, or of the school, at that time. `at` is a date and time in ISO 8601,
    UTC, and empty where nobody noted it. `undone_by` is the number of the decision that undid it, empty if none did.
    What `field`, `before` and `after` hold depends on the action:

    - `prefer`: the return counts over those that `before` names by their ids, joined by `;`.
    - `correct`: the answer in the box `field` was `before`, and is `after`.
    - `confirm`: the problem of code `before` in the box `field`, of the value `after`, is none.
    - `enter`: the return holds what the school answered. It counts over those that `before` names, as in `prefer`.
    - `assign`: `field` is an `Assigned`, `after` the school's DfE number or the year.
    - `note`: on a return, `after` has the starts of the hashes of the texts that were read, joined by `;`. On a school,
      `field` may be a `Noted`.
    - `undo`: `before` is the number of the decision that no longer counts.
    """

    number: int
    action: Action
    return_id: str
    before: str = ""
    after: str = ""
    at: str = ""
    who: str = ""
    year: str = ""
    dfe_number: str = ""
    school_name: str = ""
    field: str = ""
    why: str = ""
    undone_by: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """All but the number, in the order of the columns of `decisions.csv` and of the ledger."""
        about = (self.return_id, self.year, self.dfe_number, self.school_name)
        return (self.at, self.who, self.action, *about, self.field, self.before, self.after, self.why, self.undone_by)


class Judgement(Struct, frozen=True, gc=False, array_like=True):
    """What is decided of one return.

    `codes` are those of the problems that the register and other returns give it. `school` is the DfE number of the
    school that it belongs to, and empty where nobody can tell. A later page belongs to the school of its first page.
    `namesake` is the number of the member whose name was typed, where the number that was typed is another's or
    missing. `can_count`: it has no error, and is a member's. `collected` is the later year that the office collected
    when it came, if it did. `came_again_in` is that year for a return that had come in its own year, too.
    `assigned_school` and `assigned_year` are what a person said of it.
    """

    verdict: Verdict
    codes: tuple[ProblemCode, ...] = ()
    school: str = ""
    namesake: str = ""
    can_count: bool = False
    is_decoration: bool = False
    collected: str = ""
    came_again_in: str = ""
    assigned_school: str = ""
    assigned_year: str = ""


def school_of(entry: Entry, judgement: Judgement) -> str:
    """Whose a return is: what a person said, else the DfE number that was typed, unless the name is another school's.

    Where no number can be read it is that of the school that the copy was made for.
    """
    if entry.page_of and judgement.school:
        return judgement.school
    return judgement.assigned_school or judgement.namesake or entry.dfe_number or entry.copy_of
