"""What a form is, of one year: what follows from the templates. Nothing here knows PDF or CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache

from msgspec import Struct, field

from thep_forms.definition.identity import document_title, form_id
from thep_forms.definition.model import (
    Extract,
    Field,
    FormFile,
    FormInfo,
    Kind,
    Part,
    Partnership,
    ProblemCode,
    ProblemText,
    Role,
)
from thep_forms.definition.texts import TextBlock, words_in
from thep_forms.definition.year import MembershipYear


class Box(Struct, frozen=True):
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


class Block(Struct, frozen=True):
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


class FormDefinition(Struct, frozen=True, eq=False, dict=True):
    """One year's form: what it asks, what it says, how it is laid out, and what can be wrong with an answer."""

    year: MembershipYear
    file: FormFile
    partnership: Partnership
    problems: Mapping[ProblemCode, ProblemText]
    extract: Extract
    wording: Callable[[bool], Mapping[str, tuple[TextBlock, ...]]]  # of copies with answers in them, or of blank forms
    prefilled: bool = False

    @cached_property
    def texts(self) -> Mapping[str, tuple[TextBlock, ...]]:
        """The longer texts by the names of their templates. Raises `TemplateError` for the first mistake in them."""
        return self.wording(self.prefilled)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of these texts, in either wording."""
        blank, prefilled = self.wording(False), self.wording(True)
        return {name: words_in((*blank[name], *prefilled[name])) for name in blank}

    @property
    def foot(self) -> tuple[str, str]:
        """What each page says at its foot; the first line goes on, with the numbers of the revision and of the page."""
        line = f"{self.partnership.name}  ·  {self.form.title} {self.year}"
        return line, f"Please return this form to {self.partnership.return_address}"

    @property
    def form(self) -> FormInfo:
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
        return _blocks(self, tuple(names))

    def position(self, role: Role, name: str) -> int | None:
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
            if role.repeats and (position := self.position(role, name)):
                self._named.update({box.name: box for box in self.block(role, position).boxes.values()})
                return self._named[name]
        return None

    @cached_property
    def _named(self) -> dict[str, Box]:
        """The boxes that were asked for, and those that every form has."""
        return dict(self._fixed)


@lru_cache(maxsize=8)  # the returns of a year have the same names
def _blocks(definition: FormDefinition, names: tuple[str, ...]) -> tuple[Block, ...]:
    found: list[Block] = []
    for role in definition.roles:
        if role.repeats:
            positions = sorted({n for name in names if (n := definition.position(role, name))})
            found += [definition.block(role, n) for n in positions]
        else:
            found.append(definition.block(role))
    return tuple(found)
