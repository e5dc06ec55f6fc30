"""The shapes that the templates are loaded into. Lengths on the page are millimetres, type sizes points."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Slug = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Meta(min_length=1)]
Colour = Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")]
Length = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class Kind(StrEnum):
    """What an answer is: it decides the box on the page and the normal form."""

    TEXT = "text"
    ADDRESS = "address"
    EMAIL = "email"
    TELEPHONE = "telephone"
    DFE_NUMBER = "dfe_number"
    TICKS = "ticks"


class Severity(StrEnum):
    """DfE's COLLECT's words, which every school office knows."""

    ERROR = "error"  # must be fixed: keeps a return from being accepted
    QUERY = "query"  # fix or explain: does not


class ProblemCode(StrEnum):
    """Everything that can be wrong with a return; `problems.toml` has the words and the severity of each."""

    DFE_MISSING = "dfe_missing"
    DFE_FORMAT = "dfe_format"
    DFE_PREFIX = "dfe_prefix"
    DFE_UNKNOWN = "dfe_unknown"
    DFE_CHANGED = "dfe_changed"
    DFE_OTHER_SCHOOL = "dfe_other_school"
    SCHOOL_NAME_MISSING = "school_name_missing"
    NAME_UNLIKELY = "name_unlikely"
    PHASE_MISSING = "phase_missing"
    PHASE_UNLIKELY = "phase_unlikely"
    ADDRESS_MISSING = "address_missing"
    VALUE_MISSING = "value_missing"
    CONTACT_MISSING = "contact_missing"
    HEADTEACHER_MISSING = "headteacher_missing"
    EMAIL_INVALID = "email_invalid"
    TELEPHONE_INVALID = "telephone_invalid"
    TELEPHONE_UNLIKELY = "telephone_unlikely"
    SEVERAL_VALUES = "several_values"
    VALUE_LONG = "value_long"
    VALUE_TRUNCATED = "value_truncated"
    VALUE_DAMAGED = "value_damaged"
    VALUE_UNLIKELY = "value_unlikely"
    VALUE_UNREADABLE = "value_unreadable"
    VALUE_CONFLICT = "value_conflict"
    FORMULA_NEUTRALISED = "formula_neutralised"
    FIELD_UNKNOWN = "field_unknown"
    YEAR_MISSING = "year_missing"
    FORM_OTHER = "form_other"
    YEAR_MISMATCH = "year_mismatch"
    RETURN_CONFLICT = "return_conflict"
    READ_FROM_PAGE = "read_from_page"
    FILE_DAMAGED = "file_damaged"
    SCAN = "scan"
    BLANK = "blank"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a template."""


class Option(Shape, frozen=True, kw_only=True):
    """One tick box of a field of kind `ticks`."""

    name: Slug
    label: Words
    help: str = ""


class NumberRange(Shape, frozen=True, kw_only=True):
    """Establishment numbers `first` to `last`, both included, and the options that go with them."""

    first: int
    last: int
    options: tuple[Slug, ...]


class Field(Shape, frozen=True, kw_only=True):
    """One answer about the school."""

    name: Slug
    label: Words
    kind: Kind
    help: Words
    required: bool = False
    missing: ProblemCode = ProblemCode.VALUE_MISSING
    shows: Count = 1
    longest: Count | None = None
    lines: Count = 1
    postcode_column: Slug | None = None
    option_prefix: str = ""
    option: tuple[Option, ...] = ()
    likely: tuple[NumberRange, ...] = ()


class Part(Shape, frozen=True, kw_only=True):
    """One answer about a person, the same for every role."""

    name: Slug
    label: Words
    kind: Kind
    help: Words
    shows: Count = 1
    longest: Count | None = None


class Role(Shape, frozen=True, kw_only=True):
    """A person whom the form asks about. `held_by`: the role whose holder has this one too when its block is empty."""

    name: Slug
    heading: Words
    required: tuple[Slug, ...] = ()
    missing: ProblemCode = ProblemCode.CONTACT_MISSING
    repeats: bool = False
    held_by: Slug | None = None
    held_if_designation: tuple[Words, ...] = ()
    not_if_designation: tuple[Words, ...] = ()


class Cell(Shape, frozen=True, kw_only=True):
    """A part of a row: a field, a text or the block of a role."""

    field: Slug | None = None
    text: str | None = None
    block: Slug | None = None
    width: Length | None = None
    label: Length | None = None


class Row(Shape, frozen=True, kw_only=True):
    """A row of the ruled table; `height` does not count the heading."""

    cells: tuple[Cell, ...]
    height: Length | None = None
    heading: str = ""


class Section(Shape, frozen=True, kw_only=True):
    """What starts a page: rows of the table, a running text, or `count` more blocks of a role."""

    row: tuple[Row, ...] = ()
    text: str | None = None
    more: Slug | None = None
    heading: str = ""  # of each such block; {position} is its number
    count: Annotated[int, Meta(ge=0)] = 0


class PageMeasures(Shape, frozen=True, kw_only=True):
    """Measures of the page in mm, of the type in points."""

    width: Length
    height: Length
    margin: Annotated[float, Meta(ge=5)]  # less, and an office printer cuts it off
    top: Annotated[float, Meta(ge=5)]
    body: Length
    bottom: Length
    line: Length
    label: Length
    text_size: Length
    flow_size: Length
    entry_size: Length
    entry_least: Length


class FormInfo(Shape, frozen=True, kw_only=True):
    """Which form it is."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")]
    revision: Count
    title: Words
    heading: str


class FormFile(Shape, frozen=True, kw_only=True):
    """`membership-form.toml`, whole."""

    form: FormInfo
    page: PageMeasures
    field: tuple[Field, ...]
    part: tuple[Part, ...]
    role: tuple[Role, ...]
    section: tuple[Section, ...]


class Colours(Shape, frozen=True, kw_only=True):
    """Colours as `#rrggbb`."""

    ink: Colour
    accent: Colour
    tint: Colour
    rule: Colour


class Partnership(Shape, frozen=True, kw_only=True):
    """`partnership.toml`: the partnership's own facts."""

    name: Words
    local_authority: Words
    local_authority_code: Annotated[str, Meta(pattern="^[0-9]{3}$")]
    return_address: Words
    days_to_return: Count = 28
    colours: Colours

    @property
    def dfe_prefix(self) -> str:
        """What a DFE number of this authority starts with, as printed before its box."""
        return f"{self.local_authority_code}/"


class ProblemText(Shape, frozen=True, kw_only=True):
    """How grave a problem is, and the sentence that tells a school of it."""

    severity: Severity
    message: Words


class Extract(Shape, frozen=True, kw_only=True):
    """`gias.toml`: which schools an extract of DfE's register gives, and which of its columns go where."""

    only: Mapping[Words, tuple[str, ...]]
    never: Mapping[Words, tuple[str, ...]]
    columns: Mapping[Slug, tuple[Words, ...]]  # by the box that they go into
    ticks: Mapping[Slug, Mapping[Words, Mapping[str, Slug]]]  # field, column, what it says: the option
