"""A register list as an office keeps it: a row for each school, under the names of the columns of the records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from thep_forms.checking import Contact, normalise
from thep_forms.checking.non_answers import is_no_name, is_non_answer
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition.form import Block, FormDefinition
from thep_forms.definition.model import Field, Kind, ProblemCode
from thep_forms.register.columns import AUTHORITY, EMAIL, PARTS_OF_ADDRESS, columns_of_school, names_in_two
from thep_forms.register.folding import folded
from thep_forms.register.member import MemberSchool
from thep_forms.register.option_columns import OptionColumns, columns_of_options, is_ticked, words_of_options

Cells = Mapping[str, str]  # by the folded name of the column
Mistake = tuple[str, str]  # the column, and what is wrong in it
RowReader = Callable[[Cells], tuple[MemberSchool | None, list[Mistake]]]

_AUTHORITY, _SCHOOL_ALONE = re.compile(r"\d{3}"), re.compile(r"\d{4}")
_SCHOOL = re.compile(r"_(?:schools?|academy)$")
_NOTHING = ("not_applicable",)  # in DfE's register, of the phase of special schools: their type says it
_ANYTHING = ("other", *_NOTHING)  # words that say an option only in a column that is certainly the field's
_BETWEEN_OPTIONS = re.compile(r"[;,/\n]")
_BETWEEN_WORDS = re.compile(r"[&+()]|\b(?:and|with)\b", re.IGNORECASE)  # tried where the whole is no option
_COMPLAINTS = {
    ProblemCode.DFE_FORMAT: "not a DfE number",
    ProblemCode.DFE_PREFIX: "the number of another authority",
    ProblemCode.EMAIL_INVALID: "not an e-mail address",
    ProblemCode.TELEPHONE_INVALID: "not a telephone number",
}
_DATE = "a date or a time; a spreadsheet may have made it of something else"
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")  # what a formula of a spreadsheet gives
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# What spreadsheets make of "May 1", "1-3" or "10:30", in a workbook and in a CSV.
_DATE_OR_TIME = re.compile(
    rf"\d{{4}}-\d\d-\d\d(?:[ T][\d:.]+)?|\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d\d){{1,2}}"
    rf"|\d{{1,2}}-{_MONTH}(?:-(?:\d\d){{1,2}})?|{_MONTH}-(?:\d\d){{1,2}}|\d{{1,2}}:\d\d(?::\d\d)?",
    re.IGNORECASE,
)


def reader(columns: Sequence[str], definition: FormDefinition) -> RowReader | None:
    """How to read the rows under these columns, if they are those of a list."""
    if definition.dfe_field.name not in columns:
        return None
    in_two, options = names_in_two(columns, definition), columns_of_options(columns, definition)
    return partial(_member, in_two=in_two, options=options, definition=definition)


def columns_twice(columns: Sequence[str], definition: FormDefinition) -> list[str]:
    """A mistake for each column that is used and there several times."""
    used = columns_of_school(definition)
    counts = Counter(column for column in columns if column in used or definition.box(column))
    return [
        f"the table has {count} columns {column}. Keep one of them" for column, count in counts.items() if count > 1
    ]


def _member(
    cells: Cells, in_two: Mapping[str, tuple[str, str]], options: OptionColumns, definition: FormDefinition
) -> tuple[MemberSchool, list[Mistake]]:
    """`member`, with the names and the number that stand in two columns, and the options that have a column each."""
    names = {box: f"{cells.get(first, '')} {cells.get(last, '')}" for box, (first, last) in in_two.items()}
    joined = names | _number_in_two(cells, definition) | _ticked_in_columns(cells, options)
    return member({**cells, **joined}, definition)


def _ticked_in_columns(cells: Cells, options: OptionColumns) -> dict[str, str]:
    """The options that are ticked in columns of their own, by the field; none where its own column says something."""
    found: dict[str, str] = {}
    for field, columns in options.items():
        if not cells.get(field, "").strip():
            found[field] = ";".join(option for column, option in columns.items() if is_ticked(cells.get(column, "")))
    return found


def _number_in_two(cells: Cells, definition: FormDefinition) -> dict[str, str]:
    """The number of the authority with that of the school, where each has a column; none where one has both."""
    name = definition.dfe_field.name
    authority = next((cells[column].strip() for column in AUTHORITY if column in cells), "")
    number = cells.get(name, "").strip()
    if _AUTHORITY.fullmatch(authority) and _SCHOOL_ALONE.fullmatch(number):
        return {name: f"{authority}/{number}"}
    return {}


def member(cells: Cells, definition: FormDefinition) -> tuple[MemberSchool, list[Mistake]]:
    """The school in a row, in normal forms, and the mistakes in the row."""
    row = _Row(cells, definition)
    return row.member(), row.mistakes


class _Row:
    """A row of the list while it is read; `mistakes` grows with each cell that is wrong."""

    def __init__(self, cells: Cells, definition: FormDefinition) -> None:
        self.cells, self.definition = cells, definition
        self.mistakes: list[Mistake] = []

    def member(self) -> MemberSchool:
        """The school in the row, which has no number where that is a mistake."""
        dfe = self.definition.dfe_field
        number = self._answer(dfe.name, dfe.kind)
        if not number and not self.mistakes:
            is_empty = not self.cells.get(dfe.name, "").strip()
            self.mistakes.append((dfe.name, "empty" if is_empty else _COMPLAINTS[ProblemCode.DFE_FORMAT]))
        school: dict[str, str] = {}
        for field in self.definition.fields:
            if field is not dfe:
                school |= self._field(field)
        people = (self._contact(block) for block in self.definition.blocks(self.cells))
        contacts = tuple(filter(None, people))
        answers = {column: value for column, value in school.items() if value}
        email = "" if self._says_nothing(EMAIL) else self._answer(EMAIL, Kind.EMAIL)
        return MemberSchool.of(number, SchoolRecord(answers, contacts), self.definition, email)

    def _field(self, field: Field) -> dict[str, str]:
        """The answer, by column of `schools.csv`."""
        if field.kind is Kind.TICKS:
            return {field.name: self._ticks(field)}
        value = self._answer(field.name, field.kind)
        if field.kind is Kind.ADDRESS:
            value = self._with_parts(value)
        if not field.postcode_column:
            return {field.name: value}
        apart, inside = self._postcode(field.postcode_column), normalise.postcode(value)
        if value and apart and not inside:
            value = f"{value}, {apart}"
        return {field.name: value, field.postcode_column: inside or apart}

    def _with_parts(self, address: str) -> str:
        """An address with what stands in columns of its own. One with a postcode is whole."""
        if normalise.postcode(address):
            return address
        lines = [address] if address else []
        for names in PARTS_OF_ADDRESS:
            parts = filter(None, (self._answer(name, Kind.TEXT) for name in names))
            lines += [part for part in parts if part.casefold() not in address.casefold()]
        return ", ".join(lines)

    def _contact(self, block: Block) -> Contact | None:
        parts: dict[str, str] = {}
        for part, box in block.boxes.items():
            value = "" if self._says_nothing(box.name) else self._answer(box.name, box.kind)
            names_nobody = part == self.definition.person_name.name and is_no_name(value)
            if value and not names_nobody:
                parts[part] = value
        return Contact(block.role.name, block.position, parts) if parts else None

    def _says_nothing(self, column: str) -> bool:
        """Whether a cell says only that there is no answer, such as `TBC`: it counts as empty."""
        raw = self.cells.get(column, "")
        return raw.strip() not in _ERRORS and is_non_answer(raw)

    def _answer(self, column: str, kind: Kind) -> str:
        """The normal form of a cell. A cell without a letter or a digit, such as a dash, counts as empty."""
        raw = self.cells.get(column, "")
        if raw.strip() in _ERRORS:
            self.mistakes.append((column, "an error of the spreadsheet"))
            return ""
        if not any(char.isalnum() for char in raw):
            return ""
        if kind in (Kind.TEXT, Kind.ADDRESS) and _DATE_OR_TIME.fullmatch(raw.strip()):
            self.mistakes.append((column, _DATE))
            return ""
        normal = normalise.answer(kind, raw, self.definition.partnership.dfe_prefix)
        if not normal.value and normal.problem:
            self.mistakes.append((column, _COMPLAINTS[normal.problem]))
        return normal.value

    def _postcode(self, column: str) -> str:
        raw = self._answer(column, Kind.TEXT)
        if raw and not normalise.postcode(raw):
            self.mistakes.append((column, "not a postcode"))
        return normalise.postcode(raw)

    def _ticks(self, field: Field) -> str:
        """The options, by their names, labels or other words for them, in the form's order.

        Columns that may say something else count only where the field's own column says nothing, and as a whole.
        """
        by_word = _options_by_word(field, self.definition)
        own = self._answer(field.name, Kind.TEXT)
        ticked = _ticked("" if folded(own) in _NOTHING else own, by_word)
        options = [option.name for option in field.option]
        if None in ticked:
            known = ", ".join(
                option.label if option.label.isupper() else option.label.lower() for option in field.option
            )
            self.mistakes.append((field.name, f"none of {known}, with ; between several"))
        certain = {word: name for word, name in by_word.items() if word not in _ANYTHING}
        for column in field.perhaps:
            found = [] if ticked else _ticked(self.cells.get(column, ""), certain)
            ticked = [] if None in found else found or ticked
        return ";".join(option for option in options if option in ticked)


def _ticked(text: str, by_word: Mapping[str, str]) -> list[str | None]:
    """The options that a cell says; None for words that are no option."""
    ticked: list[str | None] = []
    for part in _BETWEEN_OPTIONS.split(text):
        words = [part] if _option(part, by_word) else _BETWEEN_WORDS.split(part)
        ticked += [_option(word, by_word) for word in words if folded(word)]
    return ticked


def _option(words: str, by_word: Mapping[str, str]) -> str | None:
    """The option that is called so, with “school” after it or without."""
    word = folded(words)
    return by_word.get(word) or by_word.get(_SCHOOL.sub("", word))


@lru_cache(maxsize=64)
def _options_by_word(field: Field, definition: FormDefinition) -> Mapping[str, str]:
    """The options by their names, labels and other words, and by those of DfE's register."""
    by_word: dict[str, str] = {}
    for options in definition.extract.ticks.get(field.name, {}).values():
        by_word |= {folded(word): option for word, option in options.items()}
    return by_word | words_of_options(field)
