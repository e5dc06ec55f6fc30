"""What a form is: the shapes that the templates are loaded into, and what follows from them.

Lengths on the page are millimetres, type sizes points. Nothing here knows PDF or CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from msgspec import Meta

from thep_forms.definition.identity import document_title, form_id
from thep_forms.definition.texts import TextBlock
from thep_forms.definition.year import MembershipYear

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
    SCHOOL_NAME_MISSING = "school_name_missing"
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
    VALUE_UNREADABLE = "value_unreadable"
    VALUE_CONFLICT = "value_conflict"
    FORMULA_NEUTRALISED = "formula_neutralised"
    FIELD_UNKNOWN = "field_unknown"
    YEAR_MISSING = "year_missing"
    YEAR_MISMATCH = "year_mismatch"
    RETURN_CONFLICT = "return_conflict"
    READ_FROM_PAGE = "read_from_page"
    FILE_DAMAGED = "file_damaged"
    SCAN = "scan"
    BLANK = "blank"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One tick box of a field of kind `ticks`."""

    name: Slug
    label: Words
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class NumberRange:
    """Establishment numbers `first` to `last`, both included, and the options that go with them."""

    first: int
    last: int
    options: tuple[Slug, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
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


@dataclass(frozen=True, kw_only=True)
class Part:
    """One answer about a person, the same for every role."""

    name: Slug
    label: Words
    kind: Kind
    help: Words
    shows: Count = 1
    longest: Count | None = None


@dataclass(frozen=True, kw_only=True)
class Role:
    """A person whom the form asks about. `held_by`: the role whose holder has this one too when its block is empty."""

    name: Slug
    heading: Words
    required: tuple[Slug, ...] = ()
    missing: ProblemCode = ProblemCode.CONTACT_MISSING
    repeats: bool = False
    held_by: Slug | None = None
    held_if_designation: tuple[Words, ...] = ()
    not_if_designation: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A part of a row: a field, a text or the block of a role."""

    field: Slug | None = None
    text: str | None = None
    block: Slug | None = None
    width: Length | None = None
    label: Length | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the ruled table; `height` does not count the heading."""

    cells: tuple[Cell, ...]
    height: Length | None = None
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """What starts a page: rows of the table, a running text, or `count` more blocks of a role."""

    row: tuple[Row, ...] = ()
    text: str | None = None
    more: Slug | None = None
    heading: str = ""  # of each such block; {position} is its number
    count: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, kw_only=True)
class Page:
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


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which form it is."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")]
    revision: Count
    title: Words
    heading: str


@dataclass(frozen=True, kw_only=True)
class FormFile:
    """`membership-form.toml`, whole."""

    form: Form
    page: Page
    field: tuple[Field, ...]
    part: tuple[Part, ...]
    role: tuple[Role, ...]
    section: tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class Colours:
    """Colours as `#rrggbb`."""

    ink: Colour
    accent: Colour
    tint: Colour
    rule: Colour


@dataclass(frozen=True, kw_only=True)
class Partnership:
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


@dataclass(frozen=True, kw_only=True)
class ProblemText:
    """How grave a problem is, and the sentence that tells a school of it."""

    severity: Severity
    message: Words


@dataclass(frozen=True)
class Box:
    """One AcroForm field of the form. `label` names it in a message, as printed; `caption` stands beside the box."""

    name: str
    label: str
    caption: str
    kind: Kind
    help: str
    shows: int
    longest: int | None
    lines: int = 1

    @property
    def tooltip(self) -> str:
        return f"{self.label}. {self.help}"


@dataclass(frozen=True)
class Block:
    """The boxes of one role's holder; `position` counts from 1 where the role repeats, and is 1 elsewhere."""

    role: Role
    position: int
    boxes: dict[str, Box] = field(default_factory=dict)  # by the part's name

    @property
    def stem(self) -> str:
        """What the names of its boxes start with."""
        return f"{self.role.name}_{self.position}" if self.role.repeats else self.role.name

    @property
    def label(self) -> str:
        return f"{self.role.heading} ({self.position})" if self.role.repeats else self.role.heading


@dataclass(frozen=True, eq=False)
class FormDefinition:
    """One year's form: what it asks, what it says, how it is laid out, and what can be wrong with an answer."""

    year: MembershipYear
    file: FormFile
    partnership: Partnership
    problems: Mapping[ProblemCode, ProblemText]
    texts: Mapping[str, tuple[TextBlock, ...]]

    @property
    def form(self) -> Form:
        return self.file.form

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.file.field

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.file.part

    @property
    def roles(self) -> tuple[Role, ...]:
        return self.file.role

    @property
    def form_id(self) -> str:
        """The value of the hidden field of a blank form."""
        return self.form_id_of("")

    def form_id_of(self, school: str) -> str:
        """The value of the hidden field of a school's own copy; `school` is its DFE number."""
        return form_id(self.form.id, self.year, self.form.revision, school)

    @property
    def title(self) -> str:
        """The title of the year's PDF."""
        return document_title(self.form.title, self.year)

    @cached_property
    def dfe_field(self) -> Field:
        return next(field for field in self.fields if field.kind is Kind.DFE_NUMBER)

    @cached_property
    def required_texts(self) -> tuple[str, ...]:
        """The names of the boxes to be written in that nobody may leave empty."""
        fields = [field.name for field in self.fields if field.required and field.kind is not Kind.TICKS]
        blocks = [self.block(role) for role in self.roles if not role.repeats]
        return (*fields, *(block.boxes[part].name for block in blocks for part in block.role.required))

    def boxes_of_field(self, asked: Field) -> tuple[Box, ...]:
        """The field's boxes: one, or one for each option of a field of kind `ticks`."""
        if asked.kind is not Kind.TICKS:
            names = (asked.name, asked.label, asked.label)
            return (Box(*names, asked.kind, asked.help, asked.shows, asked.longest, asked.lines),)
        return tuple(
            Box(
                name=f"{asked.option_prefix}{option.name}",
                label=f"{asked.label}: {option.label}",
                caption=option.label,
                kind=Kind.TICKS,
                help=option.help or asked.help,
                shows=1,
                longest=None,
            )
            for option in asked.option
        )

    def block(self, role: Role, position: int = 1) -> Block:
        """The boxes of the role's holder number `position`."""
        if (role.name, position) not in self._blocks:
            self._blocks[role.name, position] = self._new_block(role, position)
        return self._blocks[role.name, position]

    @cached_property
    def _blocks(self) -> dict[tuple[str, int], Block]:
        return {}

    def _new_block(self, role: Role, position: int) -> Block:
        block = Block(role, position)
        for part in self.parts:
            names = (f"{block.stem}_{part.name}", f"{block.label}: {part.label}", part.label)
            block.boxes[part.name] = Box(*names, part.kind, part.help, part.shows, part.longest)
        return block

    def blocks(self, names: Iterable[str]) -> tuple[Block, ...]:
        """The blocks of every role, in the form's order; of one that repeats, those that the field `names` speak of."""
        known = set(names)
        found: list[Block] = []
        for role in self.roles:
            found += [self.block(role, n) for n in self._positions(role, known)] if role.repeats else [self.block(role)]
        return tuple(found)

    def _positions(self, role: Role, names: set[str]) -> list[int]:
        return sorted({n for name in names if (n := self._position(role, name))})

    def _position(self, role: Role, name: str) -> int | None:
        """Which holder of a role that repeats the field `name` is of, if any."""
        stem = f"{role.name}_"
        if not name.startswith(stem):
            return None
        number, _, part = name.removeprefix(stem).partition("_")
        if not (number.isascii() and number.isdigit() and len(number) < 4 and number[0] != "0"):
            return None
        return int(number) if any(one.name == part for one in self.parts) else None

    @cached_property
    def _fixed(self) -> dict[str, Box]:
        boxes = [box for field in self.fields for box in self.boxes_of_field(field)]
        boxes += [box for role in self.roles if not role.repeats for box in self.block(role).boxes.values()]
        return {box.name: box for box in boxes}

    def box(self, name: str) -> Box | None:
        """The box that the AcroForm field `name` is, or None if this form has no such box."""
        if name in self._named:
            return self._named[name]
        for role in self.roles:
            if role.repeats and (position := self._position(role, name)):
                self._named.update({box.name: box for box in self.block(role, position).boxes.values()})
                return self._named[name]
        return None

    @cached_property
    def _named(self) -> dict[str, Box]:
        """The boxes that were asked for, and those that every form has."""
        return dict(self._fixed)
