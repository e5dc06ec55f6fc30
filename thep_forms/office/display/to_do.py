"""What needs a person, and where each school stands: the first pages of the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.office.decisions.enter import why_not_unchanged
from thep_forms.office.display.done import Done, DoneToday, done_today, just_done
from thep_forms.office.display.school_words import with_unread_words, with_words, words_of_tasks
from thep_forms.office.opening import open_records
from thep_forms.office.schools.from_others import FromAnother, forms_from_others
from thep_forms.office.schools.lacking import lacking
from thep_forms.office.schools.school_status import SchoolStatus, Standing, first_reminder_day
from thep_forms.office.schools.status import statuses_of_members
from thep_forms.office.tasks import Act, OpenQuestions, Task, TaskKind, needs_somebody, open_questions, task_of, tasks
from thep_forms.office.years import latest_year
from thep_forms.records import Records
from thep_forms.register import members_of_year

_ANSWERED = {Standing.ACCEPTED, Standing.NEEDS_ATTENTION, Standing.WROTE}


class CameAgain(Struct, frozen=True):
    """A school that sent nothing in a year but its accepted form of an earlier `year`, once more."""

    dfe_number: str
    school_name: str
    return_id: str
    year: str


class ToDo(Struct, frozen=True):
    """What needs a person in a year, and what else there is to know on that day.

    `counts` says how many schools have each standing. `waiting` are the schools that have not answered,
    `failing` those with an address that mail does not reach. `remind_from` is the first day on which one of them may be
    reminded, None where there is none. `done` was just decided, `done_today` on this day. `elsewhere` counts what needs
    a person in other years. `questions` are those of forms that count. `lacking` are the schools whose accepted form
    lacks a required answer since a person was deleted.
    `came_again` are those whose answers of an earlier year came again, and nothing else.
    `refused` says of tasks why “all as last year” does not settle them, by the id of the return. `words` are what
    people wrote in the messages that brought them, by the id of the return. `messages` counts the forms that
    need nobody and came with words, `unread` those of them with words that nobody has read. `from_others` are the forms
    that came from another school without one.
    """

    year: str
    tasks: tuple[Task, ...]
    counts: Counter[Standing]
    waiting: tuple[SchoolStatus, ...]
    failing: tuple[SchoolStatus, ...]
    remind_from: date | None
    done: Done | None
    done_today: tuple[DoneToday, ...]
    elsewhere: Counter[str]
    questions: tuple[OpenQuestions, ...]
    lacking: tuple[SchoolStatus, ...]
    came_again: tuple[CameAgain, ...]
    refused: dict[str, str]
    words: dict[str, str]
    messages: int
    unread: int
    from_others: tuple[FromAnother, ...]

    @property
    def not_sent(self) -> int:
        """How many schools were not sent the form that others were sent."""
        return self.counts[Standing.NOT_SENT]

    @property
    def kinds(self) -> Counter[TaskKind]:
        """How many tasks there are of each kind."""
        return Counter(task.kind for task in self.tasks)


class TasksOfYear(Struct, frozen=True):
    """What needs a person in a year, and what was just decided: all of `ToDo` that a page beside it shows."""

    tasks: tuple[Task, ...]
    done: Done | None
    unread: int


class Schools(Struct, frozen=True):
    """Where each school stands in a year."""

    year: str
    statuses: tuple[SchoolStatus, ...]


def look_up_to_do(
    folder: Path, definitions: Definitions, numbers: Sequence[int] = (), year: MembershipYear | None = None
) -> ToDo:
    """What needs a person in a year, or else in the latest one. `numbers` are those of decisions just taken.

    Raises `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        wanted = str(year or latest_year(records, definitions))
        found = tasks(records)
        of_year = _of_year(found, wanted)
        statuses = _statuses(records, wanted, definitions)
        waiting = tuple(status for status in statuses if status.standing not in _ANSWERED)
        return ToDo(
            year=wanted,
            tasks=of_year,
            counts=Counter(status.standing for status in statuses),
            waiting=waiting,
            failing=tuple(status for status in statuses if status.failing),
            remind_from=first_reminder_day(waiting, definitions(MembershipYear.parse(wanted))),
            done=just_done(ledger, records, numbers),
            done_today=done_today(records),
            elsewhere=Counter(task.year for task in found if task.year not in (wanted, "")),
            questions=tuple(open_questions(records, wanted)),
            lacking=tuple(_lacking(statuses, records)),
            came_again=tuple(_came_again(statuses, records, wanted)),
            refused=records.once((_refused, definitions.default_year), lambda: _refused(found, records, definitions)),
            words=words_of_tasks((task.return_id for task in of_year), ledger, records),
            messages=len(with_words(records, wanted)),
            unread=len(with_unread_words(records, wanted)),
            from_others=records.once(
                (forms_from_others, wanted), lambda: tuple(forms_from_others(statuses, records, wanted))
            ),
        )


def look_up_tasks(
    folder: Path, definitions: Definitions, year: MembershipYear, numbers: Sequence[int] = ()
) -> TasksOfYear:
    """What needs a person in a year. `numbers` are those of decisions just taken.

    Raises `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        wanted = str(year)
        done = just_done(ledger, records, numbers)
        return TasksOfYear(_of_year(tasks(records), wanted), done, len(with_unread_words(records, wanted)))


def look_up_task(folder: Path, return_id: str, definitions: Definitions) -> Task | None:
    """What needs a person in that return; None if nothing does, or there is no such return. Raises `RecordsError`."""
    with open_records(folder, definitions) as (_, records):
        found = records.find(return_id)
        return task_of(found, records) if found and needs_somebody(found) else None


def look_up_schools(folder: Path, definitions: Definitions, year: str) -> Schools:
    """Where each school stands in a year.

    Raises `RecordsError`, `TemplateError`, `YearError`.
    """
    with open_records(folder, definitions) as (_, records):
        wanted = str(MembershipYear.parse(year))
        return Schools(wanted, _statuses(records, wanted, definitions))


def look_up_names(folder: Path, definitions: Definitions, year: str) -> dict[str, str]:
    """The names of the member schools of a year, or of the latest one where `year` is empty, by their DfE numbers.

    Raises `RecordsError`, `TemplateError`, `YearError`.
    """
    with open_records(folder, definitions) as (_, records):
        wanted = MembershipYear.parse(year) if year else latest_year(records, definitions)
        return {member.dfe_number: member.name for member in members_of_year(records, wanted)}


def _of_year(found: Iterable[Task], year: str) -> tuple[Task, ...]:
    """The tasks of a year, and those of which nobody knows the year."""
    return tuple(task for task in found if task.year in (year, ""))


def _lacking(statuses: Iterable[SchoolStatus], records: Records) -> Iterator[SchoolStatus]:
    """The schools whose accepted form lacks an answer. A form that needs somebody is among the tasks."""
    lacks = lacking(records)
    for status in statuses:
        if status.standing is Standing.ACCEPTED and status.return_id in lacks:
            yield status


def _came_again(statuses: Iterable[SchoolStatus], records: Records, year: str) -> Iterator[CameAgain]:
    """The schools whose form of an earlier year came again. Such a form counts in its year, so it is no task."""
    for status in statuses:
        if status.standing is not Standing.NEEDS_ATTENTION:
            continue
        returned = records.find(status.return_id)
        if returned and returned.judgement.came_again_in == year and not needs_somebody(returned):
            yield CameAgain(status.dfe_number, status.member.name, status.return_id, returned.year)


def _refused(found: Sequence[Task], records: Records, definitions: Definitions) -> dict[str, str]:
    refused: dict[str, str] = {}
    for task in found:
        if task.act is Act.ENTER_UNCHANGED:
            year = MembershipYear.parse(task.year) if task.year else definitions.default_year
            if why := why_not_unchanged(records, task.dfe_number, year, definitions):
                refused[task.return_id] = why
    return refused


def _statuses(records: Records, year: str, definitions: Definitions) -> tuple[SchoolStatus, ...]:
    return statuses_of_members(records, MembershipYear.parse(year), definitions)
