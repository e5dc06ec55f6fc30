"""An extract of DfE's register, Get Information about Schools (GIAS), as downloaded: `edubasealldata*.csv`.

Such a file has every establishment of England, open or closed, in some 140 columns that come and go. It is known by its
columns; `gias.toml` says which schools and which columns to take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.definition.strict import suggestion
from thep_forms.errors import SourceError, TemplateError
from thep_forms.register.folding import folded
from thep_forms.register.lists import Cells, Mistake, RowReader, member
from thep_forms.register.member import MemberSchool

AUTHORITY, NUMBER = "LA (code)", "EstablishmentNumber"


def reader(columns: Sequence[str], definition: FormDefinition) -> RowReader | None:
    """How to read the rows under these columns, if they are those of an extract: some of those that choose schools.

    Raises `SourceError` where another of those is missing, and `TemplateError`.
    """
    choosing = (AUTHORITY, *definition.extract.only)
    if folded(NUMBER) not in columns or not any(folded(column) in columns for column in choosing):
        return None
    for column in choosing:
        if folded(column) not in columns:
            raise SourceError(
                f"has no column {column}. Download the extract again, with all its columns. If all its schools are "
                f"members, change the heading {NUMBER} to “{definition.dfe_field.label}”."
            )
    return _Extract(definition).read


class _Extract:
    """The rules of `gias.toml`, with columns and words folded."""

    def __init__(self, definition: FormDefinition) -> None:
        self.definition, rules = definition, definition.extract
        self.only = {folded(column): set(map(folded, words)) for column, words in rules.only.items()}
        self.never = {folded(column): set(map(folded, words)) for column, words in rules.never.items()}
        self.columns = {name: [folded(column) for column in columns] for name, columns in rules.columns.items()}
        self.ticks: dict[str, dict[str, dict[str, str]]] = {}  # field, column, word: the option
        for name, columns in rules.ticks.items():
            self.ticks[name] = {folded(column): _folded_keys(options) for column, options in columns.items()}
        self._check_options()

    def _check_options(self) -> None:
        for field in self.definition.fields:
            known = [option.name for option in field.option]
            for options in self.ticks.get(field.name, {}).values():
                for name in options.values():
                    if name not in known:
                        raise TemplateError(
                            f"gias.toml: ticks.{field.name}: “{name}” is not an option.{suggestion(name, known)}"
                        )

    def read(self, cells: Cells) -> tuple[MemberSchool | None, list[Mistake]]:
        """The school in a row, or None for one that is not taken. Other mistakes of the register are left out."""
        if not self._is_taken(cells):
            return None, []
        school, mistakes = member(self._as_listed(cells), self.definition)
        name, dfe = self.definition.person_name.name, self.definition.dfe_field.name
        named = tuple(contact for contact in school.record.contacts if contact.parts.get(name))
        in_number = [(NUMBER, complaint) for column, complaint in mistakes if column == dfe]
        return replace(school, record=replace(school.record, contacts=named)), in_number

    def _is_taken(self, cells: Cells) -> bool:
        if cells[folded(AUTHORITY)].strip() != self.definition.partnership.local_authority_code:
            return False
        if not cells.get(folded(NUMBER), "").strip():
            return False  # it never had one, so it is no school
        for column, words in self.only.items():
            if folded(cells.get(column, "")) not in words:
                return False
        return not any(folded(cells.get(column, "")) in words for column, words in self.never.items())

    def _as_listed(self, cells: Cells) -> Cells:
        """The row as one of a register list. What this form does not ask is left alone, as in any list."""
        number = cells[folded(NUMBER)].strip().zfill(4)
        listed = {self.definition.dfe_field.name: f"{self.definition.partnership.dfe_prefix}{number}"}
        for name, columns in self.columns.items():
            box = self.definition.box(name)
            between = "\n" if box and box.kind is Kind.ADDRESS else " "
            listed[name] = between.join(filter(None, (cells.get(column, "").strip() for column in columns)))
        for name, by_column in self.ticks.items():
            options = (options.get(folded(cells.get(column, "")), "") for column, options in by_column.items())
            listed[name] = next(filter(None, options), "")
        return listed


def _folded_keys(options: Mapping[str, str]) -> dict[str, str]:
    return {folded(word): option for word, option in options.items()}
