"""What has to fit together in the templates, beyond the shape of each table."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from thep_forms.definition.identity import FORM_ID
from thep_forms.definition.model import Field, FormFile, Kind, Part, ProblemCode, Role, Section
from thep_forms.definition.strict import listed, meant
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
    ProblemCode.VALUE_CONFLICT: ("other",),
    ProblemCode.VALUE_LONG: ("length", "longest"),
    ProblemCode.YEAR_MISMATCH: ("other",),
    ProblemCode.RETURN_CONFLICT: ("year",),
}
# Columns of schools.csv and contacts.csv that are not answers.
OWN_COLUMNS = ("membership_year", "position", "return_id", "role")


def check_form(form: FormFile, file: str) -> None:
    """Raises `TemplateError` for the first rule that the tables of `membership-form.toml` break together."""
    for key, complaint in _FormChecker(form).complaints():
        raise TemplateError(f"{file}: {key}: {complaint}")


def check_message(code: ProblemCode, message: str, where: str) -> None:
    """Raises `TemplateError` if the sentence uses a word that the check does not fill in for that problem."""
    try:
        words = {word for _, word, _, _ in string.Formatter().parse(message) if word is not None}
    except ValueError as error:
        raise TemplateError(f"{where}: {error}. Write {{label}}, {{value}} and so on.") from error
    known = {"label", "value", *WORDS.get(code, ())}
    for word in sorted(words - known):
        raise TemplateError(f"{where}: {{{word}}} is not known. Use one of {listed(known)}.")


class _FormChecker(Struct, frozen=True):
    """Keys count array elements from 1."""

    form: FormFile

    def complaints(self) -> Iterator[tuple[str, str]]:
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

    def _field(self, key: str, field: Field) -> Iterator[tuple[str, str]]:
        yield from self._column(key, field.name)
        yield from self._missing(key, field.missing)
        options = [option.name for option in field.option]
        if (field.kind is Kind.TICKS) != bool(options):
            yield f"{key}.option", "a field of kind ticks needs options, and no other has any."
        for n, span in enumerate(field.likely, 1):
            for name in span.options:
                if name not in options:
                    yield f"{key}.likely[{n}].options", f"“{name}” is not an option.{meant(name, options)}"

    def _part(self, key: str, part: Part) -> Iterator[tuple[str, str]]:
        yield from self._column(key, part.name)
        if part.kind in (Kind.TICKS, Kind.DFE_NUMBER):
            yield f"{key}.kind", f"what is asked of a person cannot be of kind {part.kind}."

    def _column(self, key: str, name: str) -> Iterator[tuple[str, str]]:
        if name in OWN_COLUMNS:
            yield f"{key}.name", f"“{name}” is a column of its own in the records. Choose another name."

    def _missing(self, key: str, code: ProblemCode) -> Iterator[tuple[str, str]]:
        if code not in ABSENCES:
            yield f"{key}.missing", f"{code} is not about a missing answer. Use one of {listed(ABSENCES)}."

    def _role(self, key: str, role: Role) -> Iterator[tuple[str, str]]:
        yield from self._missing(key, role.missing)
        parts, roles = [part.name for part in self.form.part], [other.name for other in self.form.role]
        for name in role.required:
            if name not in parts:
                yield f"{key}.required", f"“{name}” is not a part.{meant(name, parts)}"
        if role.held_by and role.held_by not in roles:
            yield f"{key}.held_by", f"“{role.held_by}” is not a role.{meant(role.held_by, roles)}"
        elif role.held_by and roles.index(role.held_by) > roles.index(role.name):
            yield f"{key}.held_by", f"put the role “{role.held_by}” before this one."
        if role.held_by and "designation" not in parts:
            yield f"{key}.held_by", "this needs a part named designation."

    def _section(self, key: str, section: Section) -> Iterator[tuple[str, str]]:
        if (section.row and section.text) or not (section.row or section.text):
            yield key, "a section holds either rows or a text."
        repeating = [role.name for role in self.form.role if role.repeats]
        if section.more and section.more not in repeating:
            yield f"{key}.more", f"“{section.more}” is not a role that repeats.{meant(section.more, repeating)}"
        if section.heading.replace("{position}", "").count("{"):
            yield (
                f"{key}.heading",
                f"“{section.heading}” may hold {{position}}, the number of the block, and no other {{…}}.",
            )
        for n, row in enumerate(section.row, 1):
            if sum(cell.width or 0 for cell in row.cells) > 1:
                yield f"{key}.row[{n}]", "the width of its cells adds up to more than 1, the whole row."
            for m, cell in enumerate(row.cells, 1):
                if sum(bool(what) for what in (cell.field, cell.text, cell.block)) > 1:
                    yield f"{key}.row[{n}].cells[{m}]", "a cell holds one of field, text or block, or nothing."
            if not row.height and not any(cell.block for cell in row.cells):
                yield (
                    f"{key}.row[{n}].height",
                    "this key is missing. Add it: only a row of blocks has a height of its own.",
                )

    def _placed(self) -> Iterator[tuple[str, str]]:
        """Every field and role stands on the page, and once."""
        cells = [cell for section in self.form.section for row in section.row for cell in row.cells]
        fields, blocks = Counter(cell.field for cell in cells), Counter(cell.block for cell in cells)
        known = {"field": [f.name for f in self.form.field], "block": [r.name for r in self.form.role]}
        for kind, used in (("field", fields), ("block", blocks)):
            for name in used:
                if name and name not in known[kind]:
                    yield "section", f"a cell's {kind} is “{name}”, which is not defined.{meant(name, known[kind])}"
        repeating = {role.name for role in self.form.role if role.repeats}
        for kind, used in (("field", fields), ("block", blocks)):
            for name in known[kind]:
                if not used[name]:
                    yield "section", f'“{name}” stands nowhere on the form. Add a cell with {kind} = "{name}".'
                if used[name] > 1 and name not in repeating:
                    yield "section", f"“{name}” stands {used[name]} times on the form. Keep one of its cells."
