"""One return as a person looks at it: its answers in the form's order, with what is asked of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
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
from thep_forms.office.answers import boxes_to_fill
from thep_forms.office.confirm import can_be_confirmed_now
from thep_forms.office.history import Event, events_of_return
from thep_forms.office.lacking import lacking, lacking_in_words
from thep_forms.office.opening import open_records
from thep_forms.office.parted_forms import answers_replaced, boxes_of_later_pages, form_with_the_rest
from thep_forms.office.pictured_boxes import pictured_boxes
from thep_forms.office.school_words import MessageWords, message_itself, read_texts, unread_texts, words_around
from thep_forms.office.tasks import Task, needs_somebody, task_of
from thep_forms.office.words import for_the_school
from thep_forms.reading import FileKind
from thep_forms.records import Ledger, Records, Returned
from thep_forms.sources.containers.zips import IN_LOCKED_ZIP

_NO_VALUE = CheckedValue("", "", "", "", "")  # of a box in which nothing stood
SURE = 0.9  # how sure, from 0 to 1, the reader of pictures is of what needs no more than a glance


class ShownAnswer(Struct, frozen=True):
    """The answer in one box.

    `raw` is what came in, `corrected` what a person put in its place, None where nobody did; `value` is the normal
    form. `before` is what the school answered in an earlier year: None where nobody knows. `problems` are those in the
    box. `can_be_confirmed`: a person may say that it was read right.

    For an answer from a picture, `confidence`, from 0 to 1, is how sure the reader was. `likely` is what the answer
    probably is, where that is something else than `raw`. `size` is the width and height in pixels of the piece of the
    picture that has the box, None where there is none.
    """

    box: Box
    raw: str = ""
    value: str = ""
    corrected: str | None = None
    before: str | None = None
    problems: tuple[Problem, ...] = ()
    likely: str = ""
    confidence: float | None = None
    size: tuple[int, int] | None = None
    can_be_confirmed: bool = False

    @property
    def is_proposal(self) -> bool:
        """Whether it was read from a picture, and nobody has compared it with the page."""
        return any(map(_is_unconfirmed, self.problems))

    @property
    def is_unsure(self) -> bool:
        """Whether the reader of pictures was not sure of it."""
        return self.is_proposal and (self.confidence or 0.0) < SURE

    @property
    def further_problems(self) -> tuple[Problem, ...]:
        """What is asked about it besides whether it was read right."""
        return tuple(problem for problem in self.problems if not _is_unconfirmed(problem))

    @property
    def needs_a_look(self) -> bool:
        """Whether it is to be looked at before the proposals of which nothing is asked and the reader was sure."""
        return bool(self.further_problems) or self.is_unsure or (self.is_proposal and bool(self.likely))

    @property
    def now(self) -> str:
        """What stands in the box now, as it was typed. A box to tick has its normal form."""
        if self.is_tick:
            return self.value
        return (self.likely or self.raw) if self.corrected is None else self.corrected

    @property
    def is_struck_out(self) -> bool:
        """Whether something is crossed out in the box."""
        return any(problem.code is ProblemCode.VALUE_STRUCK_OUT for problem in self.problems)

    @property
    def is_vacancy(self) -> bool:
        """Whether the school says that nobody holds the post, which a person may confirm."""
        return any(problem.is_vacancy for problem in self.problems)

    @property
    def is_new(self) -> bool:
        """Whether it differs from what the school answered before. An empty box says that of a box to tick alone."""
        return self.before is not None and (self.is_tick or bool(self.before)) and self.before != self.value

    @property
    def can_be_taken(self) -> bool:
        """Whether what the school answered before may be wanted again."""
        return self.is_new or bool(self.before and self.problems)

    @property
    def can_be_kept(self) -> bool:
        """Whether a person may say that it is the box's answer, which was not certain."""
        says_something = bool(self.now or self.is_tick)
        return says_something and self._is_settled_by_its_answer and not self.can_be_confirmed

    @property
    def can_be_left_empty(self) -> bool:
        """Whether a person may say that the box has no answer, where something stands in it that nobody can read."""
        return not (self.now or self.is_tick or self.box.required) and self._is_settled_by_its_answer

    @property
    def _is_settled_by_its_answer(self) -> bool:
        return any(problem.is_settled_by_its_answer for problem in self.problems)

    @property
    def is_asked(self) -> bool:
        """Whether something is asked about it, or it is required and empty. Of boxes to tick, not each is required."""
        return bool(self.problems) or (self.box.required and not self.now and not self.is_tick)

    @property
    def is_tick(self) -> bool:
        """Whether the box is one to tick."""
        return self.box.kind is Kind.TICKS

    @property
    def legend(self) -> str:
        """What a box to tick is one of, such as `Phase`; empty for another box."""
        return self.box.label.removesuffix(f": {self.box.caption}") if self.is_tick else ""


def _is_unconfirmed(problem: Problem) -> bool:
    """Whether the problem is that nobody has compared with the page what was read from a picture."""
    return problem.code is ProblemCode.SCAN_UNCONFIRMED


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
    sent the message around the file; empty where nobody knows. `can_be_taken_off`: it is a later page that is read with
    another return, and can become one of its own. `closings` are the numbers of the decisions that closed it.
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
    can_be_taken_off: bool = False
    closings: tuple[int, ...] = ()
    noted_on: dict[str, int] = {}

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
    def has_conflict(self) -> bool:
        """Whether another return of the school says something else, and nobody knows which one counts."""
        return ProblemCode.RETURN_CONFLICT in self.returned.codes and self.returned.judgement.can_count

    @property
    def proposals(self) -> tuple[ShownAnswer, ...]:
        """The answers from a picture that nobody has compared with the page."""
        return tuple(answer for answer in self.answers if answer.is_proposal)

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
        message=message_itself(returned, ledger),
        words=words_around(returned, ledger),
        unread=unread_texts(returned, read_texts(records)) if is_form else (),
        lacks=lacking_in_words(lacking(records).get(returned.return_id, ())),
        events=tuple(events_of_return(returned, records)),
        counting=_counting(number, returned, records, returned.year_collected or records.latest_year),
        rivals=_rivals(number, returned, records),
        rest=rest,
        replaced=answers_replaced(returned, rest, records),
        later_pages=_later_pages(returned, ledger, records) if returned.is_picture else (),
        sender=records.correspondents.school_of(returned.arrivals[0]),
        can_be_taken_off=bool(returned.first_page) and ledger.can_be_taken_off(returned.return_id),
        closings=_closings(returned, records),
        noted_on=_noted_on(returned, ledger, definition) if ProblemCode.FIELD_UNKNOWN in returned.codes else {},
    )


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
    unconfirmed = (each for each in can_be_confirmed_now(all_problems, definition) if _is_unconfirmed(each))
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


def boxes_in_order(definition: FormDefinition, names: Iterable[str]) -> list[Box]:
    """The boxes of the form in its order. A role that repeats has those of each holder in `names`."""
    boxes = [box for field in definition.fields for box in definition.boxes_of_field(field)]
    for block in definition.blocks(names):
        boxes += block.boxes.values()
    return boxes


def _box_of(field: str, definition: FormDefinition) -> str:
    """The box in which a problem of that field is shown: of a field of tick boxes, the first."""
    for asked in definition.fields:
        if asked.kind is Kind.TICKS and asked.name == field:
            return definition.boxes_of_field(asked)[0].name
    return field


def _earlier_answers(returned: Returned, records: Records) -> tuple[CheckedValue, ...] | None:
    """The answers of the school's accepted return of the nearest earlier year; None where there is none."""
    accepted = records.once(_accepted_by_school, lambda: _accepted_by_school(records))
    earlier = [entry for entry in accepted.get(returned.school, ()) if entry.year < returned.year]
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
