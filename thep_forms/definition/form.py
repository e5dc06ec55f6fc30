"""The form of one year, as its templates define it. Nothing here depends on PDF or CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from thep_forms.definition.identity import Code, digest_in, digest_of, document_title, form_id, school_in
from thep_forms.definition.model import (
    Extract,
    Field,
    FieldUse,
    FormFile,
    FormInfo,
    Kind,
    Part,
    Partnership,
    PartUse,
    ProblemCode,
    ProblemText,
    Role,
    RoleUse,
    Severity,
)
from thep_forms.definition.texts import TextBlock, words_in
from thep_forms.definition.year import MembershipYear, in_words

Used = TypeVar("Used", Field, Part, Role)


class Box(Struct, frozen=True):
    """One AcroForm field of the form.

    `label` names it in a message, as printed; `caption` is the text beside the box. `shows` is the least number of
    characters that it shows, `longest` the length of the longest sensible answer, `lines` its number of lines.
    A `required` tick box is one of several of which one has to be ticked at least.
    """

    name: str
    label: str
    caption: str
    kind: Kind
    help: str
    shows: int
    longest: int | None
    lines: int = 1
    required: bool = False

    @property
    def tooltip(self) -> str:
        """The text that a screen reader reads out for the box: its label, whether it is required, then its help."""
        return f"{self.label}. Required. {self.help}" if self.required else f"{self.label}. {self.help}"


class Block(Struct, frozen=True):
    """The boxes of one role's holder; `position` counts from 1 where the role repeats, and is 1 elsewhere."""

    role: Role
    position: int
    boxes: dict[str, Box] = field(default_factory=dict)  # by the part's name

    @property
    def stem(self) -> str:
        """The start of the names of its boxes."""
        return f"{self.role.name}_{self.position}" if self.role.repeats else self.role.name

    @property
    def label(self) -> str:
        """The name of the block in messages: its heading, with the position if the role repeats."""
        return f"{self.role.heading} ({self.position})" if self.role.repeats else self.role.heading


class FormDefinition(Struct, frozen=True, eq=False, dict=True):
    """One year's form: what it asks, what it says, how it is laid out, and what can be wrong with an answer."""

    year: MembershipYear
    file: FormFile
    partnership: Partnership
    problems: Mapping[ProblemCode, ProblemText]
    extract: Extract
    wording: Callable[[str, bool], tuple[TextBlock, ...]]  # of a text, in copies with answers in them or in blank forms
    prefilled: bool = False
    load_earlier: Callable[[], FormDefinition | None] = lambda: None

    # --- what it says -------------------------------------------------------------------------------------------

    @cached_property
    def for_copies(self) -> FormDefinition:
        """The same for copies with answers in them, whose texts may say so."""
        return replace(self, prefilled=True)

    @cached_property
    def texts(self) -> Mapping[str, tuple[TextBlock, ...]]:
        """The longer texts by the names of their templates. Raises `TemplateError` for the first mistake in them."""
        return {name: self.wording(name, self.prefilled) for name in self.file.text_names}

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of the longer texts on blank forms and copies, by the names of their templates."""
        return {name: self.words_of_text(name) for name in self.file.text_names}

    def words_of_text(self, name: str) -> str:
        """The words of one of these texts alone: to load them all takes time."""
        return _words(self, name)

    def is_worded_otherwise(self, name: str) -> bool:
        """Whether other copies of the year's form may have other words in that text.

        The text may name the day or the address of return, which the partnership can change at any time. Or it tells
        of answers that a copy has.
        """
        day, words = self.return_by, self.words_of_text(name)
        has_facts = self.partnership.return_address in words or (day is not None and in_words(day) in words)
        return has_facts or self.wording(name, True) != self.wording(name, False)

    @property
    def foot(self) -> tuple[str, str]:
        """The two lines at the foot of each page. The page adds its revision and number to the first."""
        line = f"{self.partnership.name}  ·  {self.form.title} {self.year}"
        return line, f"Please return this form to {self.partnership.return_address}"

    @property
    def return_by(self) -> date | None:
        """The day by which forms of the year are to be back, if the partnership has set one."""
        day = self.partnership.return_by
        return self.year.day(day) if day else None

    @property
    def title(self) -> str:
        """The title of the year's PDF."""
        return document_title(self.form.title, self.year)

    @cached_property
    def earlier(self) -> FormDefinition | None:
        """The form with the other layout that forms of the year may have. Raises `TemplateError`."""
        return self.load_earlier()

    # --- which form it is ---------------------------------------------------------------------------------------

    @property
    def form(self) -> FormInfo:
        """The table `[form]`."""
        return self.file.form

    @property
    def identifier(self) -> str:
        """The name of this kind of form of this partnership, the same in every year: `thep-membership`."""
        return f"{self.partnership.short_name.lower()}-{self.form.name}"

    @property
    def form_id(self) -> str:
        """The value of the hidden field of a blank form."""
        return self.form_id_of("")

    def form_id_of(self, school: str, answers: Mapping[str, str | bool] | None = None) -> str:
        """The value of the hidden field of a school's own copy, which was filled in with `answers` by box name.

        `school` is its DfE number.
        """
        digest = digest_of(self.without_prefix(answers or {})) if school else ""
        return form_id(self.identifier, self.year, self.form.revision, school, digest)

    def code_of(self, page: int, pages: int, form_id: str) -> Code:
        """The code on a page of the form whose hidden field says `form_id`. `page` counts from 1."""
        school, digest = school_in(form_id), digest_in(form_id)
        return Code(self.identifier, self.year, self.form.revision, page, pages, school, digest)

    def without_prefix(self, answers: Mapping[str, str | bool]) -> dict[str, str | bool]:
        """The answers, the DfE number without the prefix that is printed before its box."""
        number = answers.get(self.dfe_field.name, "")
        bare = str(number).strip().removeprefix(self.partnership.dfe_prefix)
        return {**answers, self.dfe_field.name: bare}

    # --- what it asks -------------------------------------------------------------------------------------------

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields about the school, in the form's order."""
        return self.file.field

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that the form asks of each person, in its order."""
        return self.file.part

    @property
    def roles(self) -> tuple[Role, ...]:
        """The people whom the form asks about, in its order."""
        return self.file.role

    @cached_property
    def dfe_field(self) -> Field:
        """The field of the DfE number."""
        return next(field for field in self.fields if field.kind is Kind.DFE_NUMBER)

    @cached_property
    def school_name(self) -> Field:
        """The field of the school's name."""
        return _used(self.fields, FieldUse.SCHOOL_NAME)

    @cached_property
    def phases(self) -> Field:
        """The field of the school's phases, which is of kind `ticks`."""
        return _used(self.fields, FieldUse.PHASES)

    @cached_property
    def person_name(self) -> Part:
        """The part of a person's name."""
        return _used(self.parts, PartUse.PERSON_NAME)

    @cached_property
    def job_title(self) -> Part:
        """The part of a person's job title."""
        return _used(self.parts, PartUse.JOB_TITLE)

    @cached_property
    def person_email(self) -> Part:
        """The part of a person's e-mail address."""
        return _used(self.parts, PartUse.PERSON_EMAIL)

    @cached_property
    def first_contact(self) -> Role:
        """The role whose holder is written to before any other's."""
        return _used(self.roles, RoleUse.FIRST_CONTACT)

    def name_of_school(self, answers: Mapping[str, str]) -> str:
        """The school's name among `answers`, by column of `schools.csv`; empty where they have none."""
        return answers.get(self.school_name.name, "")

    @cached_property
    def phase_labels(self) -> dict[str, str]:
        """The label of each phase, by its name."""
        return {option.name: option.label for option in self.phases.option}

    def phases_of_school(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """The names of the school's phases among `answers`, by column of `schools.csv`; empty where they have none."""
        joined = answers.get(self.phases.name, "")
        return tuple(joined.split(";")) if joined else ()

    # --- its boxes ----------------------------------------------------------------------------------------------

    def boxes_of_field(self, asked: Field) -> tuple[Box, ...]:
        """The field's boxes: one, or one for each option of a field of kind `ticks`."""
        if asked.name not in self._of_fields:  # every return asks for those of every field
            self._of_fields[asked.name] = self._new_boxes(asked)
        return self._of_fields[asked.name]

    @cached_property
    def _of_fields(self) -> dict[str, tuple[Box, ...]]:
        return {}

    def _new_boxes(self, asked: Field) -> tuple[Box, ...]:
        if asked.kind is not Kind.TICKS:
            names = (asked.name, asked.label, asked.label)
            help, required = self._help(asked.help), self.requires(asked)
            return (Box(*names, asked.kind, help, asked.shows, asked.longest, asked.lines, required),)
        return tuple(
            Box(
                name=f"{asked.option_prefix}{option.name}",
                label=f"{asked.label}: {option.label}",
                caption=option.label,
                kind=Kind.TICKS,
                help=self._help(option.help or asked.help),
                shows=1,
                longest=None,
                required=self.requires(asked),
            )
            for option in asked.option
        )

    def requires(self, asked: Field) -> bool:
        """Whether a return without the field's answer is not accepted; the lack of some is only a query."""
        return asked.required and self.problems[asked.missing].severity is Severity.ERROR

    def marked(self, words: str, *, required: bool) -> str:
        """The words of a label, with the mark of what is required."""
        return f"{words} {self.form.required_mark}" if required and self.form.required_mark else words

    def _help(self, text: str) -> str:
        return text.format_map(self.partnership.placeholders)

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
            help, required = self._help(part.help), part.name in role.required
            block.boxes[part.name] = Box(*names, part.kind, help, part.shows, part.longest, part.lines, required)
        return block

    def blocks(self, names: Iterable[str]) -> tuple[Block, ...]:
        """The blocks of every role, in the form's order. A role that repeats has a block for each holder in `names`."""
        return _blocks(self, tuple(names))

    def position(self, role: Role, name: str) -> int | None:
        """The position of the role's holder whose AcroForm field `name` is; None for fields of other roles."""
        stem = f"{role.name}_"
        if not name.startswith(stem):
            return None
        number, _, part_name = name.removeprefix(stem).partition("_")
        if not (number.isascii() and number.isdigit() and len(number) < 4 and number[0] != "0"):
            return None
        return int(number) if any(part.name == part_name for part in self.parts) else None

    @cached_property
    def _fixed(self) -> dict[str, Box]:
        boxes = [box for field in self.fields for box in self.boxes_of_field(field)]
        boxes += [box for role in self.roles if not role.repeats for box in self.block(role).boxes.values()]
        return {box.name: box for box in boxes}

    def box(self, name: str) -> Box | None:
        """The box whose AcroForm field is `name`, or None if this form has no such box."""
        if name in self._named:
            return self._named[name]
        for role in self.roles:
            if role.repeats and (position := self.position(role, name)):
                self._named.update({box.name: box for box in self.block(role, position).boxes.values()})
                return self._named[name]
        return None

    def has_box(self, name: str) -> bool:
        """Whether this form has a box whose AcroForm field is `name`."""
        return self.box(name) is not None

    @cached_property
    def _named(self) -> dict[str, Box]:
        """The boxes that every form has, and boxes of repeated roles that `box` has returned."""
        return dict(self._fixed)


def _used(items: Sequence[Used], use: FieldUse | PartUse | RoleUse) -> Used:
    """The item with that use; `rules` has seen that there is one."""
    return next(item for item in items if item.use is use)


@lru_cache(maxsize=64)
def _words(definition: FormDefinition, name: str) -> str:
    return words_in((*definition.wording(name, False), *definition.wording(name, True)))


@lru_cache(maxsize=8)  # the returns of a year have the same names
def _blocks(definition: FormDefinition, names: tuple[str, ...]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for role in definition.roles:
        if role.repeats:
            positions = {definition.position(role, name) for name in names}
            blocks += [definition.block(role, position) for position in sorted(filter(None, positions))]
        else:
            blocks.append(definition.block(role))
    return tuple(blocks)
