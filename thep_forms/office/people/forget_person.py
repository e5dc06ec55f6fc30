"""Erase one person from RECORDS: from answers, lists, decisions, messages, names of files, and the files themselves.

The file that holds the person goes; what it said of others stays in the ledger. The person's school stays as it was:
where an answer that is required is gone, the decision `confirm` says why. Limitation: the program does not see whom a
picture, a locked or damaged file, or a PDF that is no form shows. It names these files to the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from thep_forms.checking.corrections import NO_CORRECTIONS, ProblemKey
from thep_forms.deciding import Action, Arrival, Decision
from thep_forms.deciding.decisions import in_force
from thep_forms.definition import Definitions, ProblemCode
from thep_forms.errors import RecordsError, Remedy
from thep_forms.office.arrivals.join_pages import join_pages, pictures_beside
from thep_forms.office.decisions.deciding import user
from thep_forms.office.people.find import require_words
from thep_forms.office.people.forget import delete_ledgers, ledgers_beside
from thep_forms.office.people.holdings import SEPARATOR, Holdings, Piece
from thep_forms.office.people.origins import Recognition
from thep_forms.office.people.person import Person, words_in
from thep_forms.office.people.without_person import (
    arrival_without,
    boxes_of_person,
    decision_without,
    listed_without,
    names_person,
    reading_without,
    sent_without,
)
from thep_forms.reading import FileKind, Reading
from thep_forms.records import (
    Ledger,
    ListedSchool,
    Records,
    RefusedAddress,
    Returned,
    Sent,
    Views,
    dispose,
    open_for_writing,
)
from thep_forms.records.checks import check_reading
from thep_forms.records.names import tidy
from thep_forms.records.results import knowledge_of, renew_results

_WHY = "The answer was deleted, because a person asked to be forgotten."


class Erasure(Struct, frozen=True):
    """What is to be erased of a person, and what takes its place.

    `pieces` are the places where the person stands. `readings` are by the id of the return. `returns` go altogether:
    they are no forms, and came from the person. `files` are hashes, `hashes` those by which files and messages are
    known when they come again. `schools` has the year, number and name of the school of each return, by its id.
    `unsearched` are the files of which the program does not know whom they show, by return and source.
    """

    person: Person
    pieces: tuple[Piece, ...]
    readings: Mapping[str, Reading]
    returns: tuple[str, ...]
    files: tuple[str, ...]
    hashes: tuple[str, ...]
    arrivals: tuple[tuple[Arrival, Arrival | None], ...]  # as they are, and as they are to be
    decisions: tuple[tuple[Decision, Decision | None], ...]
    listed: tuple[tuple[str, ListedSchool], ...]  # with their years
    messages: tuple[Sent, ...]
    refused: tuple[RefusedAddress, ...]  # which go
    unsearched: tuple[tuple[str, str], ...]
    schools: Mapping[str, tuple[str, str, str]]
    ledger_copies: tuple[str, ...] = ()
    damaged_ledgers: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to erase."""
        changes = (
            self.readings,
            self.returns,
            self.files,
            self.arrivals,
            self.decisions,
            self.listed,
            self.messages,
            self.refused,
        )
        return not any(changes)


def forget_person(
    folder: Path,
    words: str,
    definitions: Definitions,
    confirmed: Callable[[Erasure], bool],
    files: Sequence[str],
) -> Erasure | None:
    """Erase a person, by words that all stand in one answer or one person's block, if `confirmed` agrees.

    `files` are the ids of returns whose files show the person, as somebody saw who looked at them.
    Deletes from the archive first, then from the ledger, then from the tables, so that the next run can finish one that
    was cut off. Calls `confirmed` with an empty `Erasure` too, and then writes the tables again. Raises `RecordsError`.
    """
    wanted = require_words(words)
    with open_for_writing(folder, definitions) as ledger:
        records = Records(ledger, definitions)
        holdings = Holdings(records, definitions)
        erasure = _Planner(folder, records, holdings, holdings.person(wanted)).erasure(files)
        if not confirmed(erasure):
            return None
        tidy(folder)
        delete_ledgers(folder, (*erasure.ledger_copies, *erasure.damaged_ledgers))
        dispose(folder, erasure.files)
        _erase_in_ledger(ledger, erasure, definitions)
        renew_results(ledger, definitions)
        ledger.compact()
        Views(folder, Records(ledger, definitions)).write()
    return erasure


class _Planner:
    """Finds out what is to be erased of a person."""

    def __init__(self, folder: Path, records: Records, holdings: Holdings, person: Person) -> None:
        self._folder, self._records, self._holdings, self._person = folder, records, holdings, person
        self._ledger = records.ledger
        self._hashes_of_files = self._ledger.hashes()
        self._recognition = Recognition(records)
        self._files = self._ledger.files()
        self._readings: dict[str, Reading] = {}
        self._returns: list[str] = []
        self._hashes: list[str] = []
        self._gone: set[str] = set()  # hashes of files that go
        self._arrivals: list[tuple[Arrival, Arrival | None]] = []
        self._unsearched: list[tuple[str, str]] = []
        texts = self._ledger.all_texts()
        self._texts = {sha256 for sha256, words in texts.items() if person.stands_in(words)}
        self._schools: dict[str, tuple[str, str, str]] = {}
        self._boxes: dict[str, set[str]] = {}  # that hold the person as they count, by return

    def erasure(self, files: Sequence[str]) -> Erasure:
        pieces = tuple(self._pieces())
        for entry in self._records.returns():
            self._plan_return(entry)
        self._plan_files(files)
        erasure = Erasure(
            person=self._person,
            pieces=pieces,
            readings=self._readings,
            returns=tuple(self._returns),
            files=tuple(sorted(self._gone)),
            hashes=(*self._hashes, *self._gone, *self._texts),
            arrivals=tuple(self._arrivals),
            decisions=tuple(self._decisions()),
            listed=tuple(self._listed()),
            messages=tuple(self._messages()),
            refused=tuple(each for each in self._ledger.refused() if names_person(each, self._person)),
            unsearched=tuple(self._unsearched),
            schools=self._schools,
        )
        copies, damaged = ((), ()) if erasure.is_empty else ledgers_beside(self._folder)
        return replace(erasure, ledger_copies=copies, damaged_ledgers=damaged)

    def _pieces(self) -> Iterator[Piece]:
        for piece in self._holdings.pieces():
            lines = piece.lines_of(self._person)
            if lines and not self._is_of_school(piece):
                yield replace(piece, lines=lines)

    def _is_of_school(self, piece: Piece) -> bool:
        """Whether it is the school's name or number, which stay."""
        definition = self._holdings.definition_of(piece.year)
        labels = (definition.school_name.label, definition.dfe_field.label)
        return not piece.block and piece.lines[0].label in labels

    # --- returns -------------------------------------------------------------------------------------------------

    def _plan_return(self, entry: Returned) -> None:
        self._schools[entry.return_id] = (entry.year_collected, entry.school, entry.school_name)
        reading = self._ledger.own_reading(entry.return_id)
        answers = self._ledger.answers(entry.return_id)
        if answers and not reading:
            raise RecordsError(
                "An earlier version of this program read some files. Add them again, then try again.", Remedy.INGEST
            )
        holds_person = bool(reading) and self._plan_reading(entry, reading)
        ways = [(arrival, arrival_without(arrival, self._person)) for arrival in entry.arrivals]
        changed = [(arrival, left) for arrival, left in ways if left != arrival]
        if changed:
            self._hashes += self._recognition.ways_of(replace(entry, arrivals=tuple(arrival for arrival, _ in changed)))
        has_no_form = not entry.entry.is_filled_in and not entry.school
        if changed and (has_no_form or entry.return_id not in self._hashes_of_files):
            self._plan_without_form(entry, [arrival for arrival, _ in changed])
            return
        self._arrivals += self._without_texts(ways)
        sha256 = self._files.get(entry.return_id)
        if sha256 and holds_person:
            self._gone.add(sha256)
        elif sha256 and entry.entry.kind != FileKind.FORM:
            self._unsearched.append((entry.return_id, entry.source))

    def _without_texts(self, ways: Iterable[tuple[Arrival, Arrival]]) -> Iterator[tuple[Arrival, Arrival]]:
        """The ways by which a return came that change, also without the texts that name the person."""
        for arrival, left in ways:
            left = replace(left, texts=tuple(sha256 for sha256 in left.texts if sha256 not in self._texts))
            if left != arrival:
                yield arrival, left

    def _plan_files(self, seen: Sequence[str]) -> None:
        """Plan which files go that cannot be searched.

        These are files in which somebody saw the person, `seen`, and those from which the office entered the person's
        answers. With the first page of a form, its later pages go. Raises `RecordsError` if there is no such file.
        """
        unsearched = dict(self._unsearched)
        for return_id in seen:
            if return_id not in unsearched:
                raise RecordsError(f"{return_id} is no file that cannot be searched.", Remedy.FIND)
        show_person = set(seen)
        for decision in self._ledger.decisions():
            if decision.action is Action.ENTER and decision.return_id in self._readings:
                show_person |= unsearched.keys() & set(decision.before.split(SEPARATOR))
        for first, pages in self._records.later_pages().items():
            if self._files.get(first) in self._gone or first in show_person:
                show_person |= unsearched.keys() & {page.return_id for page in pages}
        self._gone |= {self._files[return_id] for return_id in show_person}
        self._unsearched = [
            (return_id, unsearched[return_id]) for return_id in unsearched if return_id not in show_person
        ]

    def _plan_reading(self, entry: Returned, reading: Reading | None) -> bool:
        """Plan what becomes of the answers of a return. Returns whether its file holds the person."""
        if not reading:
            return False
        definition = self._holdings.definition_of(entry.year)
        typed = {name: answer.text for name, answer in reading.answers.items() if answer.text}
        kept: dict[str, str] = {}
        corrected: set[str] = set()
        for value in self._ledger.answers(entry.return_id):
            kept[value.field] = value.value or value.corrected
            if value.corrected:
                corrected.add(value.field)
        boxes = boxes_of_person(kept, self._person, definition)
        boxes_typed = boxes_of_person(typed, self._person, definition)
        self._boxes[entry.return_id] = boxes
        left = reading_without(reading, self._person, definition, boxes_typed | (boxes - corrected))
        if left != reading:
            self._readings[entry.return_id] = left
        is_read_by_office = bool(boxes) and reading.kind is not FileKind.FORM
        return left != reading or is_read_by_office

    def _plan_without_form(self, entry: Returned, ways: list[Arrival]) -> None:
        """What the person sent that is no form goes, unless somebody else sent the same."""
        if len(ways) < len(entry.arrivals):
            self._arrivals += [(arrival, None) for arrival in ways]
            self._arrivals += self._without_texts((left, left) for left in entry.arrivals if left not in ways)
            return
        self._returns.append(entry.return_id)
        self._hashes += self._recognition.hashes_of(entry)
        if sha256 := self._files.get(entry.return_id):
            self._gone.add(sha256)

    # --- decisions, lists, messages ------------------------------------------------------------------------------

    def _decisions(self) -> Iterator[tuple[Decision, Decision | None]]:
        for decision in self._ledger.decisions():
            left = decision_without(decision, self._person)
            is_of_person = decision.field in self._boxes.get(decision.return_id, ())
            if left and decision.action is Action.CORRECT and is_of_person:
                left = replace(left, after="")
            if decision.action is Action.CONFIRM and is_of_person and decision.before == ProblemCode.SCAN_UNCONFIRMED:
                left = None  # it has the answer
            if left != decision and decision.return_id not in self._returns:
                yield decision, left

    def _listed(self) -> Iterator[tuple[str, ListedSchool]]:
        for year in self._records.registers.by_year:
            for school in self._ledger.listed_schools(year):
                left = listed_without(school, self._person, self._holdings.definition_of(year))
                if left != school:
                    yield year, left

    def _messages(self) -> Iterator[Sent]:
        for sent in self._ledger.sent():
            left = sent_without(sent, self._person)
            if left != sent:
                yield left


# --- in the ledger ------------------------------------------------------------------------------------------------


def _erase_in_ledger(ledger: Ledger, erasure: Erasure, definitions: Definitions) -> None:
    reached = {*erasure.returns, *erasure.readings, *(arrival.return_id for arrival, _ in erasure.arrivals)}
    with ledger.transaction():
        before = _problems(ledger, erasure)
        beside = pictures_beside(ledger, reached, definitions)
        ledger.note_forgotten(erasure.hashes)
        ledger.forget(erasure.returns, ())
        ledger.forget_files(erasure.files)
        for return_id, reading in erasure.readings.items():
            ledger.replace_reading(return_id, reading)
        for arrival, left in erasure.arrivals:
            if left:
                ledger.replace_arrival(arrival, left)
            else:
                ledger.forget_arrival(arrival)
        ledger.forget_unused_texts()
        for decision, changed in erasure.decisions:
            if changed:
                ledger.replace_decision(changed)
            else:
                ledger.forget_decisions([decision.number])
        for year, school in erasure.listed:
            ledger.replace_listed(year, school)
        for sent in erasure.messages:
            ledger.note_sent(sent)
        ledger.forget_refused(erasure.refused)
        confirmations = list(_confirmations(ledger, erasure, before, definitions))
        join_pages(ledger, beside, definitions)  # before they count, as a form of which something was decided stays
        for decision in confirmations:
            ledger.add_decision(decision)


def _problems(ledger: Ledger, erasure: Erasure) -> dict[str, set[ProblemKey]]:
    """The problems of each form that is changed, by the id of its return, as they were."""
    changed = {*erasure.readings, *(decision.return_id for decision, _ in erasure.decisions if decision.return_id)}
    first_pages = {page.return_id: page.first for page in ledger.later_pages() if not page.is_apart}
    forms = sorted({first_pages.get(return_id, return_id) for return_id in changed})
    return {return_id: {ProblemKey.of(problem) for problem in ledger.problems(return_id)} for return_id in forms}


def _confirmations(
    ledger: Ledger, erasure: Erasure, before: Mapping[str, set[ProblemKey]], definitions: Definitions
) -> Iterator[Decision]:
    """Decisions that confirm the problems that the erasure makes: a school's return counts as it did."""
    corrections = in_force(ledger.decisions()).corrections
    who, at = user(), datetime.now(UTC).isoformat(timespec="seconds")
    decision = Decision(0, Action.CONFIRM, "", at=at, who="" if erasure.person.stands_in(who) else who, why=_WHY)
    for return_id, known in before.items():
        reading = ledger.reading(return_id)
        if not reading:
            continue
        corrected = corrections.get(return_id, NO_CORRECTIONS)
        found = check_reading(reading, definitions, corrected, knowledge_of(ledger, reading, corrected))
        year, number, name = erasure.schools[return_id]
        for problem in found.checked.problems if found.checked else ():
            key = ProblemKey.of(problem)
            about = {"before": key.code, "field": key.field, "after": key.value}
            if key not in known and problem.code is not ProblemCode.SCAN_UNCONFIRMED:
                yield replace(decision, return_id=return_id, year=year, dfe_number=number, school_name=name, **about)


def schools_of(pieces: Iterable[Piece]) -> dict[str, tuple[str, list[Piece]]]:
    """The name of each school and its pieces, by its number, which is empty for pieces of no school."""
    found: dict[str, tuple[str, list[Piece]]] = {}
    for piece in sorted(pieces, key=lambda piece: piece.dfe_number):
        _, of_school = found.setdefault(piece.dfe_number, (piece.school_name, []))
        of_school.append(piece)
    return found


def names_in(pieces: Iterable[Piece]) -> list[str]:
    """The names of people in the pieces, each once: the words may fit more than one person."""
    found: dict[str, str] = {}
    for piece in pieces:
        if piece.name:
            found.setdefault(" ".join(words_in(piece.name)), piece.name)
    return sorted(found.values())
