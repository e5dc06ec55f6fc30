"""Templates from their folders to a `FormDefinition`, checked strictly."""

from __future__ import annotations

import dataclasses
import difflib
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import EnumType
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from thep_forms.definition.model import (
    Field,
    FormDefinition,
    FormFile,
    Kind,
    Partnership,
    ProblemCode,
    ProblemText,
    Role,
    Section,
)
from thep_forms.definition.texts import TextBlock, render_text
from thep_forms.definition.year import MembershipYear
from thep_forms.errors import TemplateError

FORM_FILE = "membership-form.toml"
PARTNERSHIP_FILE = "partnership.toml"
PROBLEMS_FILE = "problems.toml"

# The words that a problem's sentence may be filled in with; `check` fills each in where it raises the problem.
PLACEHOLDERS = frozenset(
    (
        "authority",
        "label",
        "length",
        "likely",
        "longest",
        "number",
        "options",
        "other",
        "prefix",
        "value",
        "wanted",
        "year",
    )
)

T = TypeVar("T")


def shipped(folder: str) -> Path:
    """The folder `templates` or `samples` as it came: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


@dataclass(frozen=True)
class Templates:
    """Where templates are looked for: one's own folder first, then the shipped one; in each, the year's first."""

    own: Path | None = None

    def find(self, name: str, year: MembershipYear) -> Path:
        """The file that counts. Raises `TemplateError` if there is none."""
        roots = [root for root in (self.own, shipped("templates")) if root]
        for path in (place / name for root in roots for place in (root / str(year), root)):
            if path.is_file():
                return path
        raise TemplateError(
            f"{roots[0] / name}: there is no such template. Put it there, or mend the name that asks for it."
        )

    def read(self, name: str, year: MembershipYear) -> str:
        path = self.find(name, year)
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from error

    def load(self, name: str, year: MembershipYear) -> dict[str, Any]:
        try:
            return tomllib.loads(self.read(name, year))
        except tomllib.TOMLDecodeError as error:
            raise TemplateError(f"{self.find(name, year)}: this is not TOML: {error}.") from error


def load_definition(year: MembershipYear | str, templates: Path | None = None) -> FormDefinition:
    """The definition of one year's form.

    `templates` is a folder of one's own; what it lacks is taken from the shipped one. Raises `TemplateError` for the
    first mistake found, naming the file, the key, what is wrong and what would be right, and `YearError`.
    """
    year = MembershipYear.parse(year) if isinstance(year, str) else year
    if templates and not templates.is_dir():
        raise TemplateError(f"{templates}: there is no such folder of templates.")
    source = Templates(templates)
    form = _convert(source.load(FORM_FILE, year), FormFile, str(source.find(FORM_FILE, year)))
    _FormChecker(str(source.find(FORM_FILE, year)), form).check()
    partnership = _convert(source.load(PARTNERSHIP_FILE, year), Partnership, str(source.find(PARTNERSHIP_FILE, year)))
    return FormDefinition(year, form, partnership, _problems(source, year), _texts(source, year, form))


def _texts(source: Templates, year: MembershipYear, form: FormFile) -> dict[str, tuple[TextBlock, ...]]:
    names = [form.form.heading]
    names += [section.text for section in form.section if section.text]
    names += [cell.text for section in form.section for row in section.row for cell in row.cells if cell.text]
    return {name: render_text(source.read(name, year), str(source.find(name, year)), year) for name in names}


def _problems(source: Templates, year: MembershipYear) -> dict[ProblemCode, ProblemText]:
    name = str(source.find(PROBLEMS_FILE, year))
    tables = source.load(PROBLEMS_FILE, year)
    for unknown in tables.keys() - set(ProblemCode):
        raise TemplateError(f"{name}: {unknown}: there is no such problem.{_meant(unknown, ProblemCode)}")
    for missing in [code for code in ProblemCode if code not in tables]:
        raise TemplateError(f"{name}: {missing}: this problem has no words. Give it a severity and a message.")
    texts = {ProblemCode(key): _convert(table, ProblemText, name, key) for key, table in tables.items()}
    for code, text in texts.items():
        _check_message(text.message, f"{name}: {code}.message")
    return texts


def _check_message(message: str, where: str) -> None:
    try:
        words = {word for _, word, _, _ in string.Formatter().parse(message) if word is not None}
    except ValueError as error:
        raise TemplateError(f"{where}: {error}. Write {{label}}, {{value}} and so on.") from error
    for word in words - PLACEHOLDERS:
        raise TemplateError(f"{where}: {{{word}}} is not known. Use one of {_listed(PLACEHOLDERS)}.")


# --- Shapes -------------------------------------------------------------------------------------------------------


def _convert(table: Mapping[str, Any], shape: type[T], file: str, key: str = "") -> T:
    for where, what in _mistakes(table, shape, key):
        raise TemplateError(f"{file}: {where}: {what}")
    return msgspec.convert(table, shape)


def _mistakes(value: Any, shape: Any, key: str) -> Iterator[tuple[str, str]]:
    """Each key that is not as `shape` says, and why.

    msgspec alone passes over unknown keys of a dataclass and does not say which element of an array is wrong.
    """
    if dataclasses.is_dataclass(shape):
        yield from (
            _table_mistakes(value, shape, key) if isinstance(value, Mapping) else [(key, "a table is needed here.")]
        )
        return
    inner = get_args(shape)[0] if get_origin(shape) is tuple else None
    if dataclasses.is_dataclass(inner) and isinstance(value, list):
        for n, item in enumerate(value, 1):
            yield from _mistakes(item, inner, f"{key}[{n}]")
        return
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        choices = f" Use one of {_listed(shape)}." if isinstance(shape, EnumType) else ""
        yield key, f"{str(error).partition(' - at')[0]}; it is {value!r}.{choices}"


def _table_mistakes(table: Mapping[str, Any], shape: Any, key: str) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(shape, include_extras=True)
    for name in table:
        if name not in hints:
            yield _join(key, name), f"there is no such key.{_meant(name, hints)}"
    for field in dataclasses.fields(shape):
        if field.name in table:
            yield from _mistakes(table[field.name], hints[field.name], _join(key, field.name))
        elif field.default is dataclasses.MISSING:
            yield _join(key, field.name), "this key is missing. Add it."


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _meant(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {close[0]}?" if close else f" Use one of {_listed(known)}."


# --- What fits together -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _FormChecker:
    """The rules that tie the tables of `membership-form.toml` together. Keys count array elements from 1."""

    file: str
    form: FormFile

    def check(self) -> None:
        for key, complaint in self._complaints():
            raise TemplateError(f"{self.file}: {key}: {complaint}")

    def _complaints(self) -> Iterator[tuple[str, str]]:
        yield from self._names()
        for n, field in enumerate(self.form.field, 1):
            yield from self._field(f"field[{n}]", field)
        for n, role in enumerate(self.form.role, 1):
            yield from self._role(f"role[{n}]", role)
        for n, section in enumerate(self.form.section, 1):
            yield from self._section(f"section[{n}]", section)
        yield from self._placed()

    def _names(self) -> Iterator[tuple[str, str]]:
        numbers = [field for field in self.form.field if field.kind is Kind.DFE_NUMBER]
        if len(numbers) != 1:
            yield "field", f"{len(numbers)} fields are of kind dfe_number; a form needs exactly one."
        names = [field.name for field in self.form.field if field.kind is not Kind.TICKS] + ["form_id"]
        names += [f"{field.option_prefix}{option.name}" for field in self.form.field for option in field.option]
        names += [f"{role.name}_{part.name}" for role in self.form.role for part in self.form.part]
        for kind, used in (("field", names), ("part", [p.name for p in self.form.part])):
            for name, count in Counter(used).items():
                if count > 1:
                    yield kind, f"“{name}” names {count} boxes. Give each a name of its own."

    def _field(self, key: str, field: Field) -> Iterator[tuple[str, str]]:
        options = [option.name for option in field.option]
        if (field.kind is Kind.TICKS) != bool(options):
            yield f"{key}.option", "a field of kind ticks needs options, and no other has any."
        for n, span in enumerate(field.likely, 1):
            for name in span.options:
                if name not in options:
                    yield f"{key}.likely[{n}].options", f"“{name}” is not an option.{_meant(name, options)}"

    def _role(self, key: str, role: Role) -> Iterator[tuple[str, str]]:
        parts, roles = [part.name for part in self.form.part], [other.name for other in self.form.role]
        for name in role.required:
            if name not in parts:
                yield f"{key}.required", f"“{name}” is not a part.{_meant(name, parts)}"
        if role.held_by and role.held_by not in roles:
            yield f"{key}.held_by", f"“{role.held_by}” is not a role.{_meant(role.held_by, roles)}"
        if role.held_by and "designation" not in parts:
            yield f"{key}.held_by", "this needs a part named designation."

    def _section(self, key: str, section: Section) -> Iterator[tuple[str, str]]:
        if (section.row and section.text) or not (section.row or section.text):
            yield key, "a section holds either rows or a text."
        repeating = [role.name for role in self.form.role if role.repeats]
        if section.more and section.more not in repeating:
            yield f"{key}.more", f"“{section.more}” is not a role that repeats.{_meant(section.more, repeating)}"
        for n, row in enumerate(section.row, 1):
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
                    yield "section", f"a cell's {kind} is “{name}”, which is not defined.{_meant(name, known[kind])}"
        repeating = {role.name for role in self.form.role if role.repeats}
        for kind, used in (("field", fields), ("block", blocks)):
            for name in known[kind]:
                if not used[name]:
                    yield "section", f'“{name}” stands nowhere on the form. Add a cell with {kind} = "{name}".'
                if used[name] > 1 and name not in repeating:
                    yield "section", f"“{name}” stands {used[name]} times on the form. Keep one of its cells."
