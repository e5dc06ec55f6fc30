"""Rules between the tables of the templates, beyond the keys and values of each table."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from thep_forms.definition.identity import FORM_ID
from thep_forms.definition.model import (
    Field,
    FieldUse,
    FormFile,
    Kind,
    Part,
    Partnership,
    PartUse,
    ProblemCode,
    Role,
    RoleUse,
    Row,
    Section,
)
from thep_forms.definition.strict import listed, suggestion
from thep_forms.errors import TemplateError

ABSENCES = tuple(code for code in ProblemCode if code.endswith("_missing") and code is not ProblemCode.YEAR_MISSING)
# What a problem's sentence may be filled in with, beside {label} and {value}; `check` fills it in.
WORDS: Mapping[ProblemCode, tuple[str, ...]] = {
    **dict.fromkeys(ABSENCES, ("options", "prefix", "wanted")),
    ProblemCode.DFE_FORMAT: ("authority", "prefix"),
    ProblemCode.DFE_PREFIX: ("authority", "prefix"),
    ProblemCode.DFE_CHANGED: ("number",),
    ProblemCode.DFE_OTHER_SCHOOL: ("name", "other", "theirs"),
    ProblemCode.NAME_UNLIKELY: ("name", "number"),
    ProblemCode.PHASE_UNLIKELY: ("likely", "number"),
    ProblemCode.VALUE_SHOWN_DIFFERENTLY: ("held", "shown"),
    ProblemCode.VALUE_UNCERTAIN: ("where",),
    ProblemCode.VALUE_STRUCK_OUT: ("read",),
    ProblemCode.VALUE_CONFLICT: ("other",),
    ProblemCode.VALUE_CORRECTED: ("noted", "reason"),
    ProblemCode.VALUE_UNLIKELY: ("otherwise",),
    ProblemCode.VALUE_MISSPELT: ("meant", "letters"),
    ProblemCode.VALUE_LONG: ("length", "longest"),
    ProblemCode.YEAR_MISMATCH: ("other",),
    ProblemCode.RETURN_CONFLICT: ("year",),
    ProblemCode.YEAR_EARLIER: ("year",),
    ProblemCode.PAGES_MISSING: ("pages",),
    ProblemCode.FIELD_UNKNOWN: ("says",),
}
# Columns of schools.csv and contacts.csv that are not answers.
OWN_COLUMNS = ("membership_year", "position", "return_id", "role")
# The kind that an answer needs for its use; a role's use needs none.
KINDS: Mapping[StrEnum, Kind] = {
    FieldUse.SCHOOL_NAME: Kind.TEXT,
    FieldUse.PHASES: Kind.TICKS,
    PartUse.PERSON_NAME: Kind.TEXT,
    PartUse.JOB_TITLE: Kind.TEXT,
    PartUse.PERSON_EMAIL: Kind.EMAIL,
}


def check_form(form: FormFile, partnership: Partnership, file: str) -> None:
    """Raises `TemplateError` for the first rule that the tables of `membership-form.toml` break together."""
    for key, complaint in _FormChecker(form, tuple(partnership.placeholders)).complaints():
        raise TemplateError(f"{file}: {key}: {complaint}")


def check_message(code: ProblemCode, message: str, where: str) -> None:
    """Raises `TemplateError` if the sentence uses a placeholder that the check does not fill in for that problem."""
    if complaint := _about_placeholders(message, ("label", "value", *WORDS.get(code, ()))):
        raise TemplateError(f"{where}: {complaint}")


def check_message_of_box(message: str, where: str) -> None:
    """Raises `TemplateError` if the sentence about one box uses another placeholder than its label."""
    if complaint := _about_placeholders(message, ("label",)):
        raise TemplateError(f"{where}: {complaint}")


def _about_placeholders(text: str, known: Collection[str]) -> str:
    """What is wrong with the placeholders in a text; empty where nothing is."""
    try:
        words = {word for _, word, _, _ in string.Formatter().parse(text) if word is not None}
    except ValueError as error:
        return f"{error}. Write placeholders as {{{sorted(known)[0]}}}, and {{{{ for a brace."
    for word in sorted(words - set(known)):
        return f"{{{word}}} is not known. Use one of {listed(known)}."
    return ""


class _FormChecker(Struct, frozen=True):
    """Finds what is wrong, as pairs of a key and a sentence. Keys count array elements from 1."""

    form: FormFile
    placeholders: tuple[str, ...]  # that a help may hold

    def complaints(self) -> Iterator[tuple[str, str]]:
        yield from self._uses("field", self.form.field, FieldUse)
        yield from self._uses("part", self.form.part, PartUse)
        yield from self._uses("role", self.form.role, RoleUse)
        yield from self._names()
        for n, field in enumerate(self.form.field, 1):
            yield from self._field(f"field[{n}]", field)
        for n, part in enumerate(self.form.part, 1):
            yield from self._part(f"part[{n}]", part)
        for n, role in enumerate(self.form.role, 1):
            yield from self._role(f"role[{n}]", role)
        for n, section in enumerate(self.form.section, 1):
            yield from self._section(f"section[{n}]", section)
        yield from self._placed()

    def _uses(self, table: str, items: Sequence[Field | Part | Role], uses: type[StrEnum]) -> Iterator[tuple[str, str]]:
        """Each use is there, and once; its answer is of the kind that it needs."""
        for use in uses:
            numbers = [n for n, item in enumerate(items, 1) if item.use is use]
            if not numbers:
                yield table, f'no {table} has use = "{use}", which the program needs. Add this line to one.'
            if len(numbers) > 1:
                keys = " and ".join(f"{table}[{n}]" for n in numbers)
                yield table, f'{keys} have use = "{use}". Keep the line in one of them.'
        for n, item in enumerate(items, 1):
            needed = KINDS.get(item.use) if item.use else None
            if needed and not isinstance(item, Role) and item.kind is not needed:
                yield f"{table}[{n}].kind", f'use = "{item.use}" needs the kind {needed}; it is {item.kind}.'

    def _names(self) -> Iterator[tuple[str, str]]:
        numbers = [field for field in self.form.field if field.kind is Kind.DFE_NUMBER]
        if len(numbers) != 1:
            yield "field", f"{len(numbers)} fields are of kind dfe_number; a form needs exactly one."
        names = [field.name for field in self.form.field if field.kind is not Kind.TICKS] + [FORM_ID]
        names += [f"{field.option_prefix}{option.name}" for field in self.form.field for option in field.option]
        names += [f"{role.name}_{part.name}" for role in self.form.role for part in self.form.part]
        for kind, used in (("field", names), ("part", [p.name for p in self.form.part])):
            for name, count in Counter(used).items():
                if count > 1:
                    yield kind, f"“{name}” names {count} boxes. Give each a name of its own."
        columns = Counter(field.name for field in self.form.field)
        columns.update(name for field in self.form.field for name in (*field.also, *field.perhaps))
        for name, count in columns.items():
            if count > 1:
                yield "field", f"“{name}” is a name of {count} columns of a register list. Take it out of `also`."

    def _field(self, key: str, field: Field) -> Iterator[tuple[str, str]]:
        yield from self._column(key, field.name)
        yield from self._missing(key, field.missing)
        yield from self._help(f"{key}.help", field.help)
        for n, option in enumerate(field.option, 1):
            yield from self._help(f"{key}.option[{n}].help", option.help)
        options = [option.name for option in field.option]
        if (field.kind is Kind.TICKS) != bool(options):
            yield f"{key}.option", "a field of kind ticks needs options, and no other has any."
        for n, span in enumerate(field.likely, 1):
            for part, names in (("options", span.options), ("unlikely", span.unlikely)):
                for name in names:
                    if name not in options:
                        yield f"{key}.likely[{n}].{part}", f"“{name}” is not an option.{suggestion(name, options)}"

    def _part(self, key: str, part: Part) -> Iterator[tuple[str, str]]:
        yield from self._column(key, part.name)
        yield from self._help(f"{key}.help", part.help)
        if part.kind in (Kind.TICKS, Kind.DFE_NUMBER):
            yield f"{key}.kind", f"what is asked of a person cannot be of kind {part.kind}."

    def _help(self, key: str, text: str) -> Iterator[tuple[str, str]]:
        if complaint := _about_placeholders(text, self.placeholders):
            yield key, complaint

    def _column(self, key: str, name: str) -> Iterator[tuple[str, str]]:
        if name in OWN_COLUMNS:
            yield f"{key}.name", f"“{name}” is a column of its own in the records. Choose another name."

    def _missing(self, key: str, code: ProblemCode) -> Iterator[tuple[str, str]]:
        if code not in ABSENCES:
            yield f"{key}.missing", f"{code} is not about a missing answer. Use one of {listed(ABSENCES)}."

    def _role(self, key: str, role: Role) -> Iterator[tuple[str, str]]:
        yield from self._missing(key, role.missing)
        parts, roles = [part.name for part in self.form.part], [defined.name for defined in self.form.role]
        for name in role.required:
            if name not in parts:
                yield f"{key}.required", f"“{name}” is not a part.{suggestion(name, parts)}"
        if role.held_by and role.held_by not in roles:
            yield f"{key}.held_by", f"“{role.held_by}” is not a role.{suggestion(role.held_by, roles)}"
        elif role.held_by and roles.index(role.held_by) > roles.index(role.name):
            yield f"{key}.held_by", f"put the role “{role.held_by}” before this one."

    def _section(self, key: str, section: Section) -> Iterator[tuple[str, str]]:
        if (section.row and section.text) or not (section.row or section.text):
            yield key, "a section holds either rows or a text."
        repeating = [role.name for role in self.form.role if role.repeats]
        if section.more and section.more not in repeating:
            yield f"{key}.more", f"“{section.more}” is not a role that repeats.{suggestion(section.more, repeating)}"
        yield from self._block_heading(f"{key}.heading", section.heading)
        for n, row in enumerate(section.row, 1):
            yield from self._row(f"{key}.row[{n}]", row)

    def _row(self, key: str, row: Row) -> Iterator[tuple[str, str]]:
        yield from self._block_heading(f"{key}.block_heading", row.block_heading)
        if (row.pointer or row.block_heading) and not row.heading:
            yield f"{key}.heading", "this key is missing: `pointer` and `block_heading` need a heading."
        if sum(cell.width or 0 for cell in row.cells) > 1:
            yield key, "the width of its cells adds up to more than 1, the whole row."
        for n, cell in enumerate(row.cells, 1):
            if sum(bool(what) for what in (cell.field, cell.text, cell.block)) > 1:
                yield f"{key}.cells[{n}]", "a cell holds one of field, text or block, or nothing."
        if not row.height and not any(cell.block for cell in row.cells):
            yield f"{key}.height", "this key is missing. Add it: only a row of blocks has a height of its own."

    def _block_heading(self, key: str, heading: str) -> Iterator[tuple[str, str]]:
        if "{" in heading.replace("{position}", ""):
            yield key, f"“{heading}” may hold {{position}}, the number of the block, and no other {{…}}."

    def _placed(self) -> Iterator[tuple[str, str]]:
        """Check that each field and role is on the page exactly once."""
        cells = [cell for section in self.form.section for row in section.row for cell in row.cells]
        fields, blocks = Counter(cell.field for cell in cells), Counter(cell.block for cell in cells)
        defined = {"field": [f.name for f in self.form.field], "block": [r.name for r in self.form.role]}
        for kind, used in (("field", fields), ("block", blocks)):
            for name in used:
                if name and name not in defined[kind]:
                    yield (
                        "section",
                        f"a cell's {kind} is “{name}”, which is not defined.{suggestion(name, defined[kind])}",
                    )
        repeating = {role.name for role in self.form.role if role.repeats}
        for kind, used in (("field", fields), ("block", blocks)):
            for name in defined[kind]:
                if not used[name]:
                    yield "section", f'“{name}” stands nowhere on the form. Add a cell with {kind} = "{name}".'
                if used[name] > 1 and name not in repeating:
                    yield "section", f"“{name}” stands {used[name]} times on the form. Keep one of its cells."
