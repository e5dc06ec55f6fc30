"""This year's list of schools: what was understood of it and what it changes, before it counts."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import DecisionError, SourceError
from thep_forms.office.opening import YearRegister, differences_of_list, list_before, open_records
from thep_forms.office.schools.list_and_forms import forms_concerned
from thep_forms.office.years import has_records
from thep_forms.records import Ledger, ListedSchool
from thep_forms.register import NOTES, ListMistakesError, as_listed, read_register
from thep_forms.register.member import known_address

LIST_ENDINGS = (".csv", ".xlsx", ".txt", ".tsv")
_OUTDATED = "Somebody has given another list since you opened the page. Look at the list again before you use it."


class ListRow(Struct, frozen=True):
    """A school of a list. `people` counts those whom the list names. `is_new`: the list before did not have it."""

    dfe_number: str
    name: str
    phases: str
    address: str
    email: str
    people: int
    is_new: bool


class ListSeen(Struct, frozen=True):
    """What was understood of a list that was given.

    `notes` are lines on its columns and on what was left out. `changes` are lines on who joins, leaves and has another
    name, and on what that means for their forms.
    `without_email` are the schools of which the list has no address, neither of the school nor of a person, by name.
    `without_name` counts those that it does not name.
    With `mistakes` or an `error` it cannot be used. `state` changes when another list is used meanwhile.
    """

    name: str
    rows: tuple[ListRow, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    error: str = ""
    state: str = ""
    had_list: bool = False
    without_email: tuple[str, ...] = ()
    without_name: int = 0

    @property
    def can_be_used(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.mistakes and not self.error


class CurrentList(Struct, frozen=True):
    """The list that counts for a year: the year that it was given for, empty if there is none, and its schools."""

    year: str
    rows: tuple[ListRow, ...]


def look_at_list(folder: Path, path: Path, year: MembershipYear, definitions: Definitions) -> ListSeen:
    """What is understood of the list at `path`, if it is to become the register of the year. Changes nothing.

    Raises `RecordsError`, `TemplateError`, `OSError`.
    """
    definition = definitions(year)
    with _notes_of_this_thread() as notes:
        try:
            listed = as_listed(read_register(path, definitions, year), definition)
        except ListMistakesError as error:
            return ListSeen(path.name, mistakes=error.mistakes)
        except SourceError as error:
            return ListSeen(path.name, error=str(error).replace(str(path), f"“{path.name}”"))
    no_address = (school for school in listed if not _has_address(school, definition))
    without_email = tuple(school.name or school.dfe_number for school in no_address)
    without_name = sum(not school.name for school in listed)
    lines = tuple(line.removeprefix(f"{path.name}: ") for line in dict.fromkeys(notes))
    if not has_records(folder):
        rows = _rows(listed, definition)
        return ListSeen(
            path.name, rows, lines, state=_state([]), without_email=without_email, without_name=without_name
        )
    with open_records(folder, definitions) as (ledger, records):
        before = list_before(ledger, str(year))
        differences = differences_of_list(ledger, listed, str(year), definition)
        return ListSeen(
            path.name,
            _rows(listed, definition, before),
            lines,
            (*differences, *forms_concerned(records, before, listed, definition)),
            state=_state(ledger.listed_schools(str(year))),
            had_list=bool(before),
            without_email=without_email,
            without_name=without_name,
        )


def is_list(path: Path, year: MembershipYear, definitions: Definitions) -> bool:
    """Whether a file that came among returns is a list of several schools. Raises `TemplateError`, `OSError`."""
    if path.suffix.lower() not in LIST_ENDINGS:
        return False
    with _notes_of_this_thread():
        try:
            return len(read_register(path, definitions, year)) > 1
        except ListMistakesError:
            return True
        except SourceError:
            return False


def use_list(folder: Path, path: Path, year: MembershipYear, state: str, definitions: Definitions) -> None:
    """Make the list the register of the year. `state` is that of the page on which a person looked at it.

    Raises `DecisionError` if another list was used since, `SourceError`, `RecordsError`, `TemplateError`, `OSError`.
    """
    register = YearRegister(folder, year, path, definitions)
    if state != _state_now(folder, year, definitions):
        raise DecisionError(_OUTDATED)
    with register.open_to_write(must_exist=False):
        pass


def begin_without_list(folder: Path, definitions: Definitions) -> None:
    """Make records without a list. Raises `RecordsError`, `TemplateError`, `OSError`."""
    with YearRegister(folder, definitions.default_year, None, definitions).open_to_write(must_exist=False):
        pass


def look_up_list(folder: Path, year: MembershipYear, definitions: Definitions) -> CurrentList:
    """The list that counts for a year. Raises `RecordsError`, `TemplateError`."""
    if not has_records(folder):
        return CurrentList("", ())
    with open_records(folder, definitions) as (ledger, _):
        of_year = _year_of_list(ledger, year)
        return CurrentList(of_year, _rows(ledger.listed_schools(of_year), definitions(year)))


def _year_of_list(ledger: Ledger, year: MembershipYear) -> str:
    return ledger.registers().year_of_list(str(year))


def _state_now(folder: Path, year: MembershipYear, definitions: Definitions) -> str:
    if not has_records(folder):
        return _state([])
    with open_records(folder, definitions) as (ledger, _):
        return _state(ledger.listed_schools(str(year)))


def _state(listed: Sequence[ListedSchool]) -> str:
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()[:16]


def _has_address(school: ListedSchool, definition: FormDefinition) -> bool:
    return bool(school.email or known_address(school.record.contacts, definition))


def _rows(
    listed: Sequence[ListedSchool], definition: FormDefinition, before: Sequence[ListedSchool] = ()
) -> tuple[ListRow, ...]:
    earlier = {school.dfe_number for school in before}
    addresses = [field.name for field in definition.fields if field.postcode_column]
    rows: list[ListRow] = []
    for school in listed:
        answers = school.record.school
        rows.append(
            ListRow(
                school.dfe_number,
                school.name,
                ", ".join(definition.phase_labels.get(name, name) for name in definition.phases_of_school(answers)),
                ", ".join(filter(None, (answers.get(name, "") for name in addresses))),
                school.email,
                len(school.record.contacts),
                bool(before) and school.dfe_number not in earlier,
            )
        )
    return tuple(rows)


class _OfThisThread(logging.Handler):
    """Keeps the lines that this thread logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextmanager
def _notes_of_this_thread() -> Iterator[list[str]]:
    """The lines that are logged of a list while it is read."""
    handler = _OfThisThread()
    NOTES.addHandler(handler)
    try:
        yield handler.lines
    finally:
        NOTES.removeHandler(handler)
