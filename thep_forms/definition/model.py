"""The tables of the templates as structs. Lengths on the page are in millimetres, type sizes in points."""

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

TICKED, NOT_TICKED = "yes", "no"  # the answer of a ticked box, and the other one; most often that is an empty text


class Kind(StrEnum):
    """The kind of an answer. It decides the box on the page and the normal form."""

    TEXT = "text"
    ADDRESS = "address"
    EMAIL = "email"
    TELEPHONE = "telephone"
    DFE_NUMBER = "dfe_number"
    TICKS = "ticks"


class FieldUse(StrEnum):
    """What the program needs an answer about the school for. Exactly one field has each use."""

    SCHOOL_NAME = "school_name"  # names the school in lists, letters and file names
    PHASES = "phases"  # sorts schools in the status and the report


class PartUse(StrEnum):
    """What the program needs an answer about a person for. Exactly one part has each use."""

    PERSON_NAME = "person_name"  # tells the holders of a role apart
    JOB_TITLE = "job_title"  # says whether a person holds another role too
    PERSON_EMAIL = "person_email"  # where to write to


class RoleUse(StrEnum):
    """What the program needs a role for. Exactly one role has each use."""

    FIRST_CONTACT = "first_contact"  # whom to write to where the register list has no address


class Severity(StrEnum):
    """How grave a problem is, in the words of DfE's COLLECT, which every school office knows."""

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
    POSTCODE_MISSING = "postcode_missing"
    VALUE_MISSING = "value_missing"
    CONTACT_MISSING = "contact_missing"
    HEADTEACHER_MISSING = "headteacher_missing"
    NAME_MISSING = "name_missing"
    EMAIL_INVALID = "email_invalid"
    TELEPHONE_INVALID = "telephone_invalid"
    TELEPHONE_UNLIKELY = "telephone_unlikely"
    SEVERAL_VALUES = "several_values"
    VALUE_LONG = "value_long"
    VALUE_TRUNCATED = "value_truncated"
    VALUE_DAMAGED = "value_damaged"
    VALUE_UNLIKELY = "value_unlikely"
    VALUE_CORRECTED = "value_corrected"
    VALUE_MISSPELT = "value_misspelt"
    VALUE_UNREADABLE = "value_unreadable"
    VALUE_COVERED = "value_covered"
    VALUE_CONFLICT = "value_conflict"
    VALUE_SHOWN_DIFFERENTLY = "value_shown_differently"
    VALUE_UNCERTAIN = "value_uncertain"
    FORMULA_NEUTRALISED = "formula_neutralised"
    FIELD_UNKNOWN = "field_unknown"
    YEAR_MISSING = "year_missing"
    FORM_OTHER = "form_other"
    YEAR_MISMATCH = "year_mismatch"
    YEAR_EARLIER = "year_earlier"
    PAGES_MISSING = "pages_missing"
    RETURN_CONFLICT = "return_conflict"
    COPY_UNCHANGED = "copy_unchanged"
    READ_FROM_PAGE = "read_from_page"
    FILE_DAMAGED = "file_damaged"
    SCAN = "scan"
    SCAN_UNCONFIRMED = "scan_unconfirmed"
    VALUE_STRUCK_OUT = "value_struck_out"
    BLANK = "blank"
    LOCKED = "locked"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"


class TemplateTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a template; a key that it does not have is a mistake."""


class Option(TemplateTable, frozen=True, kw_only=True):
    """One tick box of a field of kind `ticks`. `also` are other words that register lists have for it."""

    name: Slug
    label: Words
    help: str = ""
    also: tuple[Words, ...] = ()


class NumberRange(TemplateTable, frozen=True, kw_only=True):
    """Establishment numbers `first` to `last`, both included.

    A school with such a number has one of the `options` at least, and hardly ever one of `unlikely` besides.
    """

    first: int
    last: int
    options: tuple[Slug, ...]
    unlikely: tuple[Slug, ...] = ()


class Field(TemplateTable, frozen=True, kw_only=True):
    """One answer about the school.

    `help` may hold the placeholders of `Partnership.placeholders`. `also` are other names that the column of this
    answer may have in a register list. A column `perhaps` may say something else: its cells count if they say options.
    """

    name: Slug
    label: Words
    kind: Kind
    help: Words
    use: FieldUse | None = None
    also: tuple[Slug, ...] = ()
    perhaps: tuple[Slug, ...] = ()
    required: bool = False
    missing: ProblemCode = ProblemCode.VALUE_MISSING
    shows: Count = 1
    longest: Count | None = None
    lines: Count = 1
    postcode_column: Slug | None = None
    option_prefix: str = ""
    option: tuple[Option, ...] = ()
    likely: tuple[NumberRange, ...] = ()


class Part(TemplateTable, frozen=True, kw_only=True):
    """One answer about a person, the same for every role. `help` works as in `Field`.

    `also` are other words for it in the columns of a register list.
    """

    name: Slug
    label: Words
    kind: Kind
    help: Words
    use: PartUse | None = None
    also: tuple[Slug, ...] = ()
    shows: Count = 1
    longest: Count | None = None
    lines: Count = 1


class Role(TemplateTable, frozen=True, kw_only=True):
    """A person whom the form asks about.

    If the role's block is empty, the holder of the role `held_by` may hold this role too. Their job title must have
    one of the words `held_if_job_title` and none of `not_if_job_title`. `also` are other words for the role in the
    columns of a register list. `may_be_vacant`: a person may confirm that nobody holds it, where the school says so.
    """

    name: Slug
    heading: Words
    use: RoleUse | None = None
    also: tuple[Slug, ...] = ()
    required: tuple[Slug, ...] = ()
    missing: ProblemCode = ProblemCode.CONTACT_MISSING
    repeats: bool = False
    may_be_vacant: bool = False
    held_by: Slug | None = None
    held_if_job_title: tuple[Words, ...] = ()
    not_if_job_title: tuple[Words, ...] = ()


class Cell(TemplateTable, frozen=True, kw_only=True):
    """A part of a row: a field, a text or the block of a role. Around a text that is not `ruled` no lines are drawn."""

    field: Slug | None = None
    text: str | None = None
    block: Slug | None = None
    width: Length | None = None
    label: Length | None = None
    ruled: bool = True


class Row(TemplateTable, frozen=True, kw_only=True):
    """A row of the ruled table; `height` does not count the heading.

    `pointer` stands in the heading, at its right end, if there is a continuation page. `block_heading` is the heading
    of each block below the row's own heading; {position} is its number.
    """

    cells: tuple[Cell, ...]
    height: Length | None = None
    heading: str = ""
    pointer: str = ""
    block_heading: str = ""


class Section(TemplateTable, frozen=True, kw_only=True):
    """A part of the form that starts a page: rows of the table, a running text, or `count` more blocks of a role.

    `school_line` are the words before the line for the school's name, which each page of such blocks has.
    """

    row: tuple[Row, ...] = ()
    text: str | None = None
    more: Slug | None = None
    heading: str = ""  # of each such block; {position} is its number
    count: Annotated[int, Meta(ge=0)] = 0
    school_line: str = ""


class PageMeasures(TemplateTable, frozen=True, kw_only=True):
    """Measures of the page in mm, of the type in points.

    `line` is the height of a row of a block, on average: rows of several lines take what rows of one line leave.
    `block_size` is the size of what is typed about a person, if that is not `entry_size`.
    """

    width: Length
    height: Length
    margin: Annotated[float, Meta(ge=5)]  # less, and an office printer cuts it off
    top: Annotated[float, Meta(ge=5)]
    body: Length
    bottom: Length
    line: Length
    heading: Length = 8.0
    label: Length
    text_size: Length
    flow_size: Length
    entry_size: Length
    entry_least: Length
    block_size: Length | None = None


class FormInfo(TemplateTable, frozen=True, kw_only=True):
    """Which form it is. `FormDefinition.identifier` puts the partnership's short name before `name`.

    `required_mark` is printed after the label of what is required. `earlier_layout` is another year, if forms of this
    year may be laid out as that year's form too.
    """

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")]
    revision: Count
    title: Words
    heading: str
    required_mark: str = ""
    earlier_layout: Words | None = None


class FormFile(TemplateTable, frozen=True, kw_only=True):
    """`membership-form.toml`, whole."""

    form: FormInfo
    page: PageMeasures
    field: tuple[Field, ...]
    part: tuple[Part, ...]
    role: tuple[Role, ...]
    section: tuple[Section, ...]

    @property
    def text_names(self) -> list[str]:
        """The names of the templates of its longer texts."""
        cells = [cell for section in self.section for row in section.row for cell in row.cells]
        names = [self.form.heading, *(section.text for section in self.section), *(cell.text for cell in cells)]
        return [*dict.fromkeys(filter(None, names))]


class Colours(TemplateTable, frozen=True, kw_only=True):
    """Colours as `#rrggbb`."""

    ink: Colour
    accent: Colour
    tint: Colour
    rule: Colour


class Partnership(TemplateTable, frozen=True, kw_only=True):
    """`partnership.toml`: the partnership's own facts.

    `name` is what the form and the e-mails call it, `full_name` and `short_name` what the protocol introduces it as.
    `other_addresses` are further e-mail addresses of the partnership, from which it writes to schools. `return_by` is
    the day and month by which forms are to be back (see `MembershipYear.day`).
    """

    name: Words
    full_name: Words
    short_name: Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9]*$")]
    local_authority: Words
    local_authority_code: Annotated[str, Meta(pattern="^[0-9]{3}$")]
    return_address: Words
    other_addresses: tuple[Words, ...] = ()
    return_by: Annotated[str, Meta(pattern="^[0-9]{1,2} [A-Z][a-z]+$")] | None = None
    days_to_return: Count = 28
    colours: Colours

    @property
    def own_addresses(self) -> frozenset[str]:
        """The partnership's e-mail addresses, in lower case."""
        return frozenset(address.strip().lower() for address in (self.return_address, *self.other_addresses))

    @property
    def dfe_prefix(self) -> str:
        """The start of every DfE number of this authority, as printed before its box: `211/`."""
        return f"{self.local_authority_code}/"

    @property
    def placeholders(self) -> Mapping[str, str]:
        """The values of placeholders such as {prefix} in the help of a box."""
        return {"authority": self.local_authority, "partnership": self.name, "prefix": self.dfe_prefix}

    def __str__(self) -> str:
        """Its name: in a text `{{ partnership }}` is the same as `{{ partnership.name }}`."""
        return self.name


class ProblemText(TemplateTable, frozen=True, kw_only=True):
    """The severity of a problem, and the sentence about it for the school.

    `severity_if_optional` counts in a box that is not required, and `severity_of_email` in a box for an e-mail
    address, required or not. `can_be_confirmed`: it is an error but no wrong answer, so a person may say that
    all is well. `short` are a few words for the office, which quote no answer. `short_of_box` and `message_of_box` say
    the same of one box, for which nothing else is said then.
    """

    severity: Severity
    severity_if_optional: Severity | None = None
    severity_of_email: Severity | None = None
    can_be_confirmed: bool = False
    short: str = ""
    message: Words
    short_of_box: str = ""
    message_of_box: str = ""


class Extract(TemplateTable, frozen=True, kw_only=True):
    """`gias.toml`: which schools an extract of DfE's register gives, and which of its columns go where."""

    only: Mapping[Words, tuple[str, ...]]
    never: Mapping[Words, tuple[str, ...]]
    columns: Mapping[Slug, tuple[Words, ...]]  # by the box that they go into
    ticks: Mapping[Slug, Mapping[Words, Mapping[str, Slug]]]  # field, column, what it says: the option
