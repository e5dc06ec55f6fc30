"""A list of schools as an office keeps it: a row a school, under the names of the columns that the records have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from thep_forms.checking import Contact, normalise
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition.form import Block, FormDefinition
from thep_forms.definition.model import Field, Kind, ProblemCode
from thep_forms.errors import SourceError
from thep_forms.register.member import MemberSchool, known_address

Cells = Mapping[str, str]  # by the folded name of the column
Mistake = tuple[str, str]  # the column, and what is wrong in it
Read = Callable[[Cells], tuple[MemberSchool | None, list[Mistake]]]

EMAIL = "email"
_ALSO = {
    "dfe_number": ("dfe_no", "dfe", "laestab"),
    "school_name": ("school", "name_of_school", "name"),
    "phases": ("phase",),
    "registered_address": ("address",),
    EMAIL: ("email_address",),
}
_BETWEEN_OPTIONS = re.compile(r"[;,/\n]")
_WRONG = {
    ProblemCode.DFE_FORMAT: "not a DfE number",
    ProblemCode.DFE_PREFIX: "the number of another authority",
    ProblemCode.EMAIL_INVALID: "not an e-mail address",
    ProblemCode.TELEPHONE_INVALID: "not a telephone number",
}
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")  # what a formula of a spreadsheet gives


def folded(heading: str) -> str:
    """`dfe_number` for `DfE Number` and the like: capitals, blanks and signs do not count."""
    return re.sub(r"[\W_]+", "_", heading.casefold()).strip("_")


def columns_of(headings: Sequence[str]) -> list[str]:
    """The folded headings. A column that no other has the name of may be called as offices call it, too."""
    columns = [folded(heading).replace("e_mail", EMAIL) for heading in headings]
    for name, others in _ALSO.items():
        if name not in columns:
            also = next((other for other in others if other in columns), None)
            columns = [name if column == also else column for column in columns]
    return columns


def reader(columns: Sequence[str], definition: FormDefinition) -> Read | None:
    """How to read the rows under these columns, if they are those of a list.

    Raises `SourceError` where a column that counts is there twice.
    """
    if definition.dfe_field.name not in columns:
        return None
    fields = [name for field in definition.fields for name in (field.name, field.postcode_column) if name]
    for column in columns:
        if columns.count(column) > 1 and (column in (*fields, EMAIL) or definition.box(column)):
            raise SourceError(f"has {columns.count(column)} columns {column}. Keep one of them.")
    return partial(member, definition=definition)


def member(cells: Cells, definition: FormDefinition) -> tuple[MemberSchool, list[Mistake]]:
    """The school in a row, in normal forms, and the mistakes in the row."""
    row = _Row(cells, definition)
    return row.member(), row.mistakes


class _Row:
    def __init__(self, cells: Cells, definition: FormDefinition) -> None:
        self.cells, self.definition = cells, definition
        self.mistakes: list[Mistake] = []

    def member(self) -> MemberSchool:
        dfe = self.definition.dfe_field
        number = self._answer(dfe.name, dfe.kind)
        if not number and not self.mistakes:
            self.mistakes.append((dfe.name, _WRONG[ProblemCode.DFE_FORMAT]))
        known: dict[str, str] = {}
        for asked in self.definition.fields:
            if asked is not dfe:
                known |= self._field(asked)
        blocks = self.definition.blocks(self.cells)
        contacts = tuple(contact for block in blocks if (contact := self._contact(block)))
        email = self._answer(EMAIL, Kind.EMAIL) or known_address(contacts, self.definition)
        return MemberSchool(
            number, SchoolRecord({name: value for name, value in known.items() if value}, contacts), email
        )

    def _field(self, asked: Field) -> dict[str, str]:
        """What is known of the answer, by column of `schools.csv`."""
        if asked.kind is Kind.TICKS:
            return {asked.name: self._ticks(asked)}
        value = self._answer(asked.name, asked.kind)
        if not asked.postcode_column:
            return {asked.name: value}
        apart, inside = self._postcode(asked.postcode_column), normalise.postcode(value)
        if value and apart and not inside:
            value = f"{value}, {apart}"
        return {asked.name: value, asked.postcode_column: inside or apart}

    def _contact(self, block: Block) -> Contact | None:
        parts = {part: self._answer(box.name, box.kind) for part, box in block.boxes.items()}
        known = {part: value for part, value in parts.items() if value}
        return Contact(block.role.name, block.position, known) if known else None

    def _answer(self, column: str, kind: Kind) -> str:
        """The normal form of a cell; one without a letter or a digit, such as a dash, says nothing."""
        raw = self.cells.get(column, "")
        if raw.strip() in _ERRORS:
            self.mistakes.append((column, "an error of the spreadsheet"))
            return ""
        if not any(char.isalnum() for char in raw):
            return ""
        normal = normalise.answer(kind, raw, self.definition.partnership.dfe_prefix)
        if not normal.value and normal.problem:
            self.mistakes.append((column, _WRONG[normal.problem]))
        return normal.value

    def _postcode(self, column: str) -> str:
        raw = self._answer(column, Kind.TEXT)
        if raw and not normalise.postcode(raw):
            self.mistakes.append((column, "not a postcode"))
        return normalise.postcode(raw)

    def _ticks(self, asked: Field) -> str:
        """The options, by their names or labels, in the form's order."""
        meant = {folded(word): option.name for option in asked.option for word in (option.name, option.label)}
        said = [folded(word) for word in _BETWEEN_OPTIONS.split(self._answer(asked.name, Kind.TEXT))]
        ticked = [meant.get(word) for word in said if word]
        if None in ticked:
            options = ", ".join(option.name for option in asked.option)
            self.mistakes.append((asked.name, f"none of {options}, with ; between several"))
        return ";".join(option.name for option in asked.option if option.name in ticked)
