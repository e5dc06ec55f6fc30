"""One return as a person looks at it: its answers in the form's order, with what is asked of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms.checking import Problem
from thep_forms.checking.checker import label_of_note
from thep_forms.checking.record import CheckedValue
from thep_forms.deciding import Action, Verdict, in_force
from thep_forms.deciding.decisions import standing_decisions
from thep_forms.definition import Definitions, FormDefinition, MembershipYear, Severity
from thep_forms.definition.form import Box
from thep_forms.definition.model import Kind, ProblemCode
from thep_forms.errors import DecisionError
from thep_forms.office.decisions.answers import boxes_to_fill
from thep_forms.office.decisions.confirm import can_be_confirmed_now
from thep_forms.office.decisions.shown_answers import ShownAnswer, boxes_in_order, is_unconfirmed
from thep_forms.office.display.history import Event, events_of_return
from thep_forms.office.display.pictured_boxes import pictured_boxes
from thep_forms.office.display.school_words import MessageWords, message_itself, read_texts, unread_texts, words_around
from thep_forms.office.opening import open_records
from thep_forms.office.parted_forms import answers_replaced, boxes_of_later_pages, form_with_the_rest
from thep_forms.office.schools.lacking import lacking, lacking_in_words
from thep_forms.office.tasks import Task, needs_somebody, task_of, tasks
from thep_forms.office.waiting_forms import waiting_form
from thep_forms.office.words import for_the_school
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, Records, Returned
from thep_forms.sources.containers.zips import IN_LOCKED_ZIP
from thep_forms.sources.mail.message_texts import divided

_NO_VALUE = CheckedValue("", "", "", "", "")  # of a box in which nothing stood


class WroteSince(Struct, frozen=True):
    """A message of the school that waits beside its form: the id of its return, when it came, and what it says."""

    return_id: str
    at: datetime | None
    words: MessageWords


class ShownReturn(Struct, frozen=True):
    """A return with its answers. `beside` are problems in no box.

    `task` says what needs a person, None if nothing does. `has_file`: there is a file that may be drawn.
    `can_be_corrected`: it is a form, or a picture from which answers were read. `questions` counts what can be
    confirmed. `message` is what a message without a form says, `words` what the messages around a file say.
    `unread` names those of them that nobody has read. `lacks` says what is missing since a person was deleted; empty
    for nothing. `events` are what happened to it. `counting` is the id of the school's form that counts for the year,
    if it is another one; empty where there is none. `rivals` are the ids of its others that count, by their years, for
    which this one could count too. `rest` is the id of the return that has the first page of this
    form, where this one has later pages alone. `replaced` are the labels of the boxes in which that return has other
    answers. `later_pages` are the returns that are read with this one. `sender` is the DfE number of the school that
    sent the message around the file; empty where nobody knows. `sender_like` is that of the only school in the lists
    with addresses of the sender's domain. `can_be_taken_off`: it is a later page that is read with
    another return, and can become one of its own. `closings` are the numbers of the decisions that closed it.
    `waiting` is the id of the school's form that waits for somebody, where this is a message and no form counts.
    `wrote` is what the school wrote in messages that wait, where this is that form.
    `number_now` is the DfE number that the school has now, if this is one that it had before.
    `noted_on` are the indexes of the pages with writing outside of the boxes, by the labels of the problems about it.
    """

    returned: Returned
    dfe_number: str
    school_name: str
    answers: tuple[ShownAnswer, ...]
    beside: tuple[Problem, ...]
    task: Task | None
    can_be_corrected: bool
    questions: int
    has_file: bool
    message: str = ""
    words: tuple[MessageWords, ...] = ()
    unread: tuple[str, ...] = ()
    lacks: str = ""
    events: tuple[Event, ...] = ()
    counting: str = ""
    rivals: dict[str, str] = {}
    rest: str = ""
    replaced: tuple[str, ...] = ()
    later_pages: tuple[Returned, ...] = ()
    sender: str = ""
    sender_like: str = ""
    can_be_taken_off: bool = False
    closings: tuple[int, ...] = ()
    waiting: str = ""
    wrote: tuple[WroteSince, ...] = ()
    noted_on: dict[str, int] = {}
    number_now: str = ""

    @property
    def is_in_locked_zip(self) -> bool:
        """Whether the file is in a zip with a password, which the program does not open."""
        return self.returned.entry.reason == IN_LOCKED_ZIP

    @property
    def to_settle(self) -> tuple[ShownAnswer, ...]:
        """The answers that a person is asked about; boxes to tick stay with those beside them."""
        is_open = bool(self.task or self.lacks)
        asked = [answer for answer in self.answers if answer.problems or (is_open and answer.is_asked)]
        names, legends = {answer.box.name for answer in asked}, {answer.legend for answer in asked if answer.is_tick}
        return tuple(answer for answer in self.answers if answer.box.name in names or answer.legend in legends)

    @property
    def others(self) -> tuple[ShownAnswer, ...]:
        """The other answers."""
        return tuple(answer for answer in self.answers if answer not in self.to_settle)

    @property
    def may_be_of_another(self) -> bool:
        """Whether it is a form that counts or counted for a school, which may not be the one that sent it."""
        counted = self.returned.verdict in (Verdict.ACCEPTED, Verdict.SUPERSEDED)
        return counted and self.has_file and bool(self.answers)

    @property
    def has_conflict(self) -> bool:
        """Whether another return of the school says something else, and nobody knows which one counts."""
        return ProblemCode.RETURN_CONFLICT in self.returned.codes and self.returned.judgement.can_count

    @property
    def proposals(self) -> tuple[ShownAnswer, ...]:
        """The answers from a picture that nobody has compared with the page."""
        return tuple(answer for answer in self.answers if answer.is_proposal)

    @property
    def confirmable(self) -> tuple[ShownAnswer, ...]:
        """Those of them that are confirmed together: none with an error, nor with something crossed out."""
        return tuple(each for each in self.proposals if each.can_be_confirmed and not each.is_struck_out)

    @property
    def state(self) -> str:
        """A short digest of all that a person sees: a page that was opened before something changed has another."""
        seen = (self.returned.verdict, self.dfe_number, self.answers, self.beside, self.rest, self.replaced)
        encoded = msgspec.json.encode(seen)
        return hashlib.sha256(encoded).hexdigest()[:16]


def look_up_return(folder: Path, return_id: str, definitions: Definitions) -> ShownReturn:
    """The return with that id. Raises `DecisionError` if there is none, `RecordsError`, `TemplateError`."""
    with open_records(folder, definitions) as (ledger, records):
        if returned := records.find(return_id):
            return show_return(returned, ledger, records, definitions)
    raise DecisionError("There is no such return. It may have been deleted.")


def show_return(returned: Returned, ledger: Ledger, records: Records, definitions: Definitions) -> ShownReturn:
    """A return of these records, as a person looks at it."""
    definition = definitions(MembershipYear.parse(returned.year) if returned.year else None)
    rest = form_with_the_rest(returned, records)
    problems: Sequence[Problem] = records.problems(returned)
    answers = _answers(returned, ledger, records, definition)
    if rest:  # what is on the other pages is asked there
        boxes = boxes_of_later_pages(returned, records)
        problems = [problem for problem in problems if problem.field in boxes]
        answers = tuple(answer for answer in answers if answer.box.name in boxes)
    shown = {answer.box.name for answer in answers}
    is_form = returned.entry.is_form and not returned.first_page
    number, name = records.school_of(returned)
    year = returned.year_collected or records.latest_year
    message = message_itself(returned, ledger)
    waiting, wrote = _beside(number, message, returned, ledger, records)
    return ShownReturn(
        returned=returned,
        dfe_number=number,
        school_name=name,
        answers=answers,
        beside=tuple(problem for problem in problems if _box_of(problem.field, definition) not in shown),
        task=task_of(returned, records) if needs_somebody(returned) else None,
        can_be_corrected=returned.entry.has_answers and not returned.first_page,
        questions=len(can_be_confirmed_now(problems, definition)) if returned.entry.has_answers else 0,
        has_file=bool(ledger.file_of(returned.return_id)) and returned.entry.kind != FileKind.LOCKED,
        message=message,
        words=words_around(returned, ledger),
        unread=unread_texts(returned, read_texts(records)) if is_form else (),
        lacks=lacking_in_words(lacking(records).get(returned.return_id, ())),
        events=tuple(events_of_return(returned, records)),
        counting=_counting(number, returned, records, year),
        rivals=_rivals(number, returned, records),
        rest=rest,
        replaced=answers_replaced(returned, rest, records),
        later_pages=_later_pages(returned, ledger, records) if returned.is_picture else (),
        sender=records.correspondents.school_of(returned.arrivals[0]),
        sender_like=records.correspondents.school_by_domain(returned.arrivals[0]),
        can_be_taken_off=bool(returned.first_page) and ledger.can_be_taken_off(returned.return_id),
        closings=_closings(returned, records),
        waiting=waiting,
        wrote=wrote,
        number_now=records.number_now(number, year),
        noted_on=_noted_on(returned, ledger, definition) if ProblemCode.FIELD_UNKNOWN in returned.codes else {},
    )


def _beside(
    number: str, message: str, returned: Returned, ledger: Ledger, records: Records
) -> tuple[str, tuple[WroteSince, ...]]:
    """Beside a message the id of the form that waits for what it says; beside that form what the school wrote."""
    form = waiting_form(number, returned.year_collected or records.latest_year, records)
    if form == returned.return_id:
        return "", tuple(_wrote(number, returned, ledger, records))
    return form if message else "", ()


def _wrote(number: str, form: Returned, ledger: Ledger, records: Records) -> Iterator[WroteSince]:
    """What the school of a form that waits wrote in messages without a form, that wait too."""
    for task in tasks(records):
        returned = records.find(task.return_id) if task.dfe_number == number else None
        if returned and returned.year_collected in ("", form.year) and (text := message_itself(returned, ledger)):
            yield WroteSince(task.return_id, returned.dated, MessageWords(*divided(text)))


def _noted_on(returned: Returned, ledger: Ledger, definition: FormDefinition) -> dict[str, int]:
    reading = ledger.reading(returned.return_id)
    if not reading:
        return {}
    noted = [note for note in reading.notes if note.page is not None]
    return {label_of_note(note, reading, definition): note.page or 0 for note in noted}


def _closings(returned: Returned, records: Records) -> tuple[int, ...]:
    if returned.verdict is not Verdict.CLOSED:
        return ()
    closed = (each for each in standing_decisions(records.decisions()) if each.action is Action.CLOSE)
    return tuple(each.number for each in closed if each.return_id == returned.return_id)


def _later_pages(returned: Returned, ledger: Ledger, records: Records) -> tuple[Returned, ...]:
    """The returns that are read with the first page of a form, in the order of their pages."""
    pages = {page.return_id: page for page in records.later_pages().get(returned.return_id, ())}
    reading = ledger.reading(returned.return_id) if pages else None
    return tuple(pages[page.return_id] for page in reading.later_pages if page.return_id in pages) if reading else ()


def _counting(number: str, returned: Returned, records: Records, year: str) -> str:
    """The id of the school's form that counts for a year; empty if it is this one or none."""
    accepted = records.once(_accepted_by_school, lambda: _accepted_by_school(records))
    of_year = [entry for entry in accepted.get(number, ()) if entry.year == year]
    return of_year[-1].return_id if of_year and of_year[-1].return_id != returned.return_id else ""


def _rivals(number: str, returned: Returned, records: Records) -> dict[str, str]:
    years = filter(None, (returned.year, returned.year_collected))
    found = {year: _counting(number, returned, records, year) for year in years}
    return {year: rival for year, rival in found.items() if rival}


def _answers(
    returned: Returned, ledger: Ledger, records: Records, definition: FormDefinition
) -> tuple[ShownAnswer, ...]:
    """The answers in the form's order. Of a file that is no form, and of a later page of another, there are none."""
    if not returned.entry.has_answers or returned.first_page:
        return ()
    values = {value.field: value for value in records.answers(returned)}
    earlier = _earlier_answers(returned, records)
    before = {value.field: value.value for value in earlier or ()}
    corrections = in_force(ledger.decisions()).corrections.get(returned.return_id)
    corrected = corrections.answers if corrections else {}
    reading = ledger.reading(returned.return_id) if returned.is_picture else None
    pictured = pictured_boxes(reading, returned.year, records.definitions) if reading else {}
    all_problems = records.problems(returned)
    unconfirmed = (each for each in can_be_confirmed_now(all_problems, definition) if is_unconfirmed(each))
    to_confirm = {problem.field for problem in unconfirmed}
    by_box: dict[str, list[Problem]] = {}
    for problem in all_problems:
        by_box.setdefault(_box_of(problem.field, definition), []).append(problem)
    filled = {name for name, text in before.items() if text} | {name for name, value in values.items() if value.raw}
    boxes = boxes_in_order(definition, [*values, *before, *boxes_to_fill(definition, filled)])

    def shown(box: Box) -> ShownAnswer:
        value = values.get(box.name, _NO_VALUE)
        return ShownAnswer(
            box,
            raw=value.raw,
            value=value.value,
            corrected=corrected.get(box.name),
            before=None if earlier is None else before.get(box.name, ""),
            problems=tuple(by_box.get(box.name, ())),
            likely=value.likely,
            confidence=value.confidence,
            size=pictured[box.name].size if box.name in pictured else None,
            can_be_confirmed=box.name in to_confirm,
        )

    return tuple(map(shown, boxes))


def _box_of(field: str, definition: FormDefinition) -> str:
    """The box in which a problem of that field is shown: of a field of tick boxes, the first."""
    for asked in definition.fields:
        if asked.kind is Kind.TICKS and asked.name == field:
            return definition.boxes_of_field(asked)[0].name
    return field


def _earlier_answers(returned: Returned, records: Records) -> tuple[CheckedValue, ...] | None:
    """The answers of the school's accepted return of the nearest earlier year; None where there is none."""
    accepted = records.once(_accepted_by_school, lambda: _accepted_by_school(records))
    of_school = [entry for number in records.numbers_of(returned.school)[::-1] for entry in accepted.get(number, ())]
    earlier = [entry for entry in of_school if entry.year < returned.year]
    return records.answers(earlier[-1]) if earlier else None


def _accepted_by_school(records: Records) -> dict[str, list[Returned]]:
    """The returns that count of each school, by year."""
    by_school: dict[str, list[Returned]] = {}
    for entry in records.accepted():
        by_school.setdefault(entry.dfe_number, []).append(entry)
    return by_school


def problems_in_words(shown: ShownReturn) -> list[str]:
    """The sentences that ask the school to correct the return, errors first."""
    problems = for_the_school((*shown.beside, *(problem for answer in shown.answers for problem in answer.problems)))
    problems.sort(key=lambda problem: problem.severity is not Severity.ERROR)
    return list(dict.fromkeys(problem.message for problem in problems))
