"""An extract of DfE's register, Get Information about Schools (GIAS), as downloaded: `edubasealldata*.csv`.

Such a file has every establishment of England, open or closed, in some 140 columns that come and go. It is known by its
columns; what is taken of it is in `gias.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind
from thep_forms.definition.strict import meant
from thep_forms.errors import SourceError, TemplateError
from thep_forms.register.lists import Cells, Mistake, Read, folded, member
from thep_forms.register.member import MemberSchool

AUTHORITY, NUMBER = "LA (code)", "EstablishmentNumber"


def reader(columns: Sequence[str], definition: FormDefinition) -> Read | None:
    """How to read the rows under these columns, if they are those of an extract.

    Raises `SourceError` where it lacks one by which its schools are chosen, and `TemplateError`.
    """
    if not {folded(AUTHORITY), folded(NUMBER)} <= set(columns):
        return None
    for column in definition.extract.only:
        if folded(column) not in columns:
            raise SourceError(f"has no column {column}. Download the extract again, with all its columns.")
    return _Extract(definition).read


class _Extract:
    def __init__(self, definition: FormDefinition) -> None:
        self.definition, rules = definition, definition.extract
        self.only = {folded(column): {folded(word) for word in words} for column, words in rules.only.items()}
        self.never = {folded(column): {folded(word) for word in words} for column, words in rules.never.items()}
        self.columns = {name: [folded(column) for column in columns] for name, columns in rules.columns.items()}
        self.ticks = {
            name: {folded(column): {folded(word): to for word, to in said.items()} for column, said in columns.items()}
            for name, columns in rules.ticks.items()
        }
        self._check_options()

    def _check_options(self) -> None:
        for field in self.definition.fields:
            options = [option.name for option in field.option]
            for to in (to for said in self.ticks.get(field.name, {}).values() for to in said.values()):
                if to not in options:
                    raise TemplateError(f"gias.toml: ticks.{field.name}: “{to}” is not an option.{meant(to, options)}")

    def read(self, cells: Cells) -> tuple[MemberSchool | None, list[Mistake]]:
        """The school in a row, or None for one that is not taken. What else the register has wrong is left out."""
        if not self._is_taken(cells):
            return None, []
        school, mistakes = member(self._as_listed(cells), self.definition)
        named = tuple(contact for contact in school.record.contacts if contact.parts.get("name"))
        dfe = self.definition.dfe_field.name
        return replace(school, record=replace(school.record, contacts=named)), [
            (NUMBER, what) for column, what in mistakes if column == dfe
        ]

    def _is_taken(self, cells: Cells) -> bool:
        if cells[folded(AUTHORITY)].strip() != self.definition.partnership.local_authority_code:
            return False
        if not cells.get(folded(NUMBER), "").strip():
            return False  # it never had one, so it is no school
        return all(folded(cells.get(column, "")) in words for column, words in self.only.items()) and not any(
            folded(cells.get(column, "")) in words for column, words in self.never.items()
        )

    def _as_listed(self, cells: Cells) -> Cells:
        """The row as one of a list. What this form does not ask is passed over, as in any list."""
        number = cells[folded(NUMBER)].strip().zfill(4)
        listed = {self.definition.dfe_field.name: f"{self.definition.partnership.dfe_prefix}{number}"}
        for name, columns in self.columns.items():
            box = self.definition.box(name)
            between = "\n" if box and box.kind is Kind.ADDRESS else " "
            listed[name] = between.join(filter(None, (cells.get(column, "").strip() for column in columns)))
        for name, said_in in self.ticks.items():
            options = (said.get(folded(cells.get(column, "")), "") for column, said in said_in.items())
            listed[name] = next(filter(None, options), "")
        return listed
