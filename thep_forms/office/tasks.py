"""What needs a person: for each return what is wrong in words, and the one act that most often settles it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial

from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.definition.model import ProblemCode, Severity
from thep_forms.office.parted_forms import LATER_PAGES, form_with_the_rest
from thep_forms.office.words import all_in_short, reason_in_short
from thep_forms.reading import FileKind
from thep_forms.records import Records, Returned
from thep_forms.sources.mail.message_texts import NO_CHANGES, says_no_file

_OF_YEAR = {ProblemCode.YEAR_MISSING, ProblemCode.YEAR_MISMATCH, ProblemCode.YEAR_EARLIER}
_OF_SCHOOL = {
    ProblemCode.DFE_MISSING,
    ProblemCode.DFE_FORMAT,
    ProblemCode.DFE_PREFIX,
    ProblemCode.DFE_UNKNOWN,
    ProblemCode.DFE_OTHER_SCHOOL,
}
_TO_CONFIRM = {
    ProblemCode.COPY_UNCHANGED,
    ProblemCode.FILE_DAMAGED,
    ProblemCode.SCAN_UNCONFIRMED,
    ProblemCode.VALUE_STRUCK_OUT,
}


class Act(StrEnum):
    """What settles a task."""

    CORRECT = "correct"
    CONFIRM = "confirm"
    ENTER = "enter"
    ENTER_UNCHANGED = "enter_unchanged"
    ASSIGN_SCHOOL = "assign_school"
    ASSIGN_YEAR = "assign_year"
    PREFER = "prefer"
    CLOSE = "close"


class TaskKind(StrEnum):
    """What a task is about. The value is the word for several of its kind."""

    CORRECTION = "corrections"
    PICTURE = "pictures"
    MESSAGE = "messages"
    CONFLICT = "conflicts"
    FILE = "other files"


class Task(Struct, frozen=True):
    """A return that somebody has to look at.

    `what` says in words what is wrong, without anything that was typed. `act` is what most often settles it, `fields`
    the boxes to correct, `year` the membership year. The school is the one that it belongs to, as far as
    anybody knows. `since` is when it came. `is_new`: it came in this run. `is_members`: the
    school is in the list.
    """

    return_id: str
    source: str
    what: tuple[str, ...]
    act: Act
    fields: tuple[str, ...] = ()
    year: str = ""
    dfe_number: str = ""
    school_name: str = ""
    since: datetime | None = None
    is_new: bool = False
    is_members: bool = False
    kind: TaskKind = TaskKind.CORRECTION


class OpenQuestions(Struct, frozen=True):
    """A form that counts, whose school's answers a person may look at. `what` says in words what is asked."""

    return_id: str
    school_name: str
    what: tuple[str, ...]


def tasks(records: Records, new_sources: Collection[str] = ()) -> list[Task]:
    """What needs a person, by school; what is nobody's comes last. `new_sources` came in this run."""
    return records.once((tasks, *new_sources), lambda: _tasks(records, new_sources))


def open_questions(records: Records, year: str) -> list[OpenQuestions]:
    """The forms that count in a year, and have questions that nobody has confirmed; by school."""
    return records.once((open_questions, year), lambda: _open_questions(records, year))


def _open_questions(records: Records, year: str) -> list[OpenQuestions]:
    found: list[OpenQuestions] = []
    for entry in records.accepted():
        if not entry.has_problems or entry.year != year:
            continue
        found.append(records.once_of(entry, open_questions, partial(_questions_of, entry, records)))
    return found


def _questions_of(entry: Returned, records: Records) -> OpenQuestions:
    words = all_in_short(records.problems(entry), records.definition.problems)
    name = records.registers.members(entry.year).get(entry.school) or entry.school_name
    return OpenQuestions(entry.return_id, name, tuple(dict.fromkeys(words)))


def _tasks(records: Records, new_sources: Collection[str]) -> list[Task]:
    found = [task_of(entry, records, new_sources) for entry in records.returns() if needs_somebody(entry)]
    return sorted(found, key=lambda task: (not task.dfe_number, task.dfe_number, task.source))


def next_task(found: Sequence[Task], number: str) -> Task | None:
    """The first task of the school with that number or of a later one, else the first of all; None without tasks."""
    later = [task for task in found if (task.dfe_number or "~") >= (number or "~")]
    return next(iter([*later, *found]), None)


def needs_somebody(entry: Returned) -> bool:
    """Whether a person has to look at the return."""
    return not entry.verdict.needs_nobody and not entry.is_decoration


def task_of(entry: Returned, records: Records, new_sources: Collection[str] = ()) -> Task:
    """What needs a person in a return. `new_sources` came in this run."""
    number, name = records.school_of(entry)
    year = entry.year_collected or records.latest_year
    errors = [problem for problem in records.problems_to_mend(entry) if problem.severity is Severity.ERROR]
    return Task(
        return_id=entry.return_id,
        source=entry.source,
        what=tuple(dict.fromkeys(_what(entry, errors, records))),
        act=_act(entry, errors, number),
        fields=tuple(
            dict.fromkeys(problem.field for problem in errors if problem.field and problem.code not in _TO_CONFIRM)
        ),
        year=year,
        dfe_number=number,
        school_name=name,
        since=entry.came_at,
        is_new=any(arrival.source in new_sources for arrival in entry.arrivals),
        is_members=number in records.registers.members(year),
        kind=_kind(entry, errors),
    )


def _kind(entry: Returned, errors: Iterable[Problem]) -> TaskKind:
    if says_no_file(entry.entry.reason):
        return TaskKind.MESSAGE
    codes = {problem.code for problem in errors}
    is_confirmed = entry.entry.has_answers and ProblemCode.SCAN_UNCONFIRMED not in codes
    if entry.entry.kind == FileKind.SCAN and not is_confirmed:
        return TaskKind.PICTURE
    if ProblemCode.RETURN_CONFLICT in codes:
        return TaskKind.CONFLICT
    return TaskKind.CORRECTION if entry.entry.is_filled_in else TaskKind.FILE


def _what(entry: Returned, errors: Iterable[Problem], records: Records) -> list[str]:
    if entry.entry.reason and not entry.entry.has_answers:
        return [reason_in_short(entry.entry.reason)]
    if form_with_the_rest(entry, records):
        return [LATER_PAGES]
    words = all_in_short(errors, records.definition.problems)
    return words or [entry.verdict.replace("_", " ")]


def _act(entry: Returned, errors: Sequence[Problem], number: str) -> Act:
    """What most often settles a return. `number` is that of its school, empty where nobody knows it."""
    if entry.entry.reason == NO_CHANGES and number:
        return Act.ENTER_UNCHANGED
    if entry.entry.has_answers:
        return _act_on_answers(errors, number)
    if number:
        return Act.ENTER
    return Act.CLOSE if entry.entry.kind == FileKind.NOT_A_FORM or entry.entry.blank else Act.ASSIGN_SCHOOL


def _act_on_answers(errors: Sequence[Problem], number: str) -> Act:
    """The same of a return from which answers were read. Those of a known school on pages that are missing can wait."""
    left = [problem for problem in errors if not (number and problem.is_on_missing_page)]
    codes = {problem.code for problem in left}
    if ProblemCode.RETURN_CONFLICT in codes:
        return Act.PREFER
    if codes <= _TO_CONFIRM:
        return Act.CONFIRM if left or not errors else Act.ENTER
    if codes & _OF_YEAR:
        return Act.ASSIGN_YEAR
    if codes & _OF_SCHOOL:
        return Act.ASSIGN_SCHOOL
    if ProblemCode.FORM_OTHER in codes:
        return Act.ENTER if number else Act.CLOSE
    return Act.CORRECT if any(problem.field for problem in left) else Act.CONFIRM
