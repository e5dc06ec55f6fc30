"""Everything that RECORDS hold about people, piece by piece: answers, lists, decisions, messages, names of files.

A piece is what belongs together: the answers about one person in one return or list, or a single text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from thep_forms.checking.record import CheckedValue
from thep_forms.deciding import Action, Decision
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.definition.form import Block
from thep_forms.errors import YearError
from thep_forms.office.people.forget import name_of_school
from thep_forms.office.people.origins import Origin, Origins
from thep_forms.office.people.person import Person, Wanted, addresses_in, numbers_in
from thep_forms.reading import FileKind, Reading
from thep_forms.records import Ledger, ListedSchool, Records, Returned

SEPARATOR = ";"  # between addresses
TO_WRITE_TO = "Where to write"
IN_THE_MESSAGE = "In the message"
_BETWEEN = ": "  # the heading of a person's block and the label of an answer in it


class Where(StrEnum):
    """Where a piece stands."""

    TYPED = "typed"  # an answer as it came in
    KEPT = "kept"  # an answer as it counts
    BESIDE = "beside"  # words of a file that are no answer to a question of the form
    LIST = "list"
    DECISION = "decision"
    MESSAGE = "message"  # that was sent
    WAY = "way"  # by which a return came: its source, who sent it, and what they wrote with it


class Line(Struct, frozen=True):
    """A text that is held, and what it is. `is_by_office`: the office put it in the place of what came."""

    label: str
    text: str
    is_by_office: bool = False

    @property
    def heading(self) -> str:
        """The heading of the person's block that it is in, or else its label."""
        return self.label.rpartition(_BETWEEN)[0] or self.label


class Piece(Struct, frozen=True):
    """What is held in one place. `subject` says where that is, in words that name nobody.

    `block` names the person's block on the form or in the list; it is empty for a single text. `name` is the name of
    the person in the block.
    """

    where: Where
    dfe_number: str
    school_name: str
    year: str
    at: datetime | None
    subject: str
    lines: tuple[Line, ...]
    return_id: str = ""
    block: str = ""
    name: str = ""

    def lines_of(self, person: Person) -> tuple[Line, ...]:
        """The lines that are about a person."""
        texts = {str(place): line.text for place, line in enumerate(self.lines)}
        places = person.answers_of(texts, self.name)
        return tuple(line for place, line in enumerate(self.lines) if str(place) in places)


class Holdings:
    """Goes through everything that records hold about people."""

    def __init__(self, records: Records, definitions: Definitions) -> None:
        self._records, self._definitions = records, definitions
        self._ledger: Ledger = records.ledger
        self._origins = Origins(records)
        self._names: dict[str, str] = {}

    def pieces(self) -> Iterator[Piece]:
        """Every piece."""
        for entry in self._records.returns():
            yield from self._of_return(entry)
        for year in self._records.registers.by_year:
            for school in self._ledger.listed_schools(year):
                yield from self._of_listed(year, school)
        for decision in self._ledger.decisions():
            yield from self._of_decision(decision)
        for sent in self._ledger.sent():
            what = f"e-mail to the school about {sent.year}, {sent.state}"
            for address in sent.addresses.split(SEPARATOR):
                yield self._piece(
                    Where.MESSAGE, sent.dfe_number, sent.year, sent.at, what, [Line("Address", address.strip())]
                )
        for refused in self._ledger.refused():
            lines = [Line("Address", refused.address), Line("What the mail server said", refused.reply)]
            what = f"e-mail to the school about {refused.year}, refused"
            yield self._piece(Where.MESSAGE, refused.dfe_number, refused.year, refused.at, what, lines)

    def person(self, wanted: Wanted) -> Person:
        """The person whom a user looks for, with the addresses and numbers that stand only beside the name.

        Where a list says to write to an address that has no word of the name, the address is the school's.
        """
        theirs: set[str] = set()
        others: set[str] = set()
        for piece in self.pieces():
            if piece.block:
                lines = piece.lines_of(Person(wanted))
                theirs |= _reachable_by(lines)
                others |= _reachable_by(line for line in piece.lines if line not in lines)
            elif piece.where is Where.LIST and piece.lines[0].label == TO_WRITE_TO:
                others |= {text for text in _reachable_by(piece.lines) if not wanted.has_word_of(text)}
        addresses = frozenset(text for text in theirs if "@" in text)
        numbers = theirs - addresses
        return Person(wanted, addresses - others, frozenset(numbers - others), addresses & others)

    def definition_of(self, year: str) -> FormDefinition:
        """The definition of the form of a year; today's where the year is not known."""
        try:
            return self._definitions(MembershipYear.parse(year)) if year else self._definitions()
        except YearError:
            return self._definitions()

    def name_of(self, number: str) -> str:
        """The name of a school."""
        if number not in self._names:
            self._names[number] = name_of_school(self._records, number)
        return self._names[number]

    def _piece(
        self, where: Where, number: str, year: str, at: datetime | None, subject: str, lines: Iterable[Line]
    ) -> Piece:
        return Piece(where, number, self.name_of(number) if number else "", year, at, subject, tuple(lines))

    # --- returns -------------------------------------------------------------------------------------------------

    def _of_return(self, entry: Returned) -> Iterator[Piece]:
        origin, arrival = self._origins.of(entry), entry.arrivals[0]
        at = arrival.received_at or entry.entry.modified or arrival.noted_at
        what = f"return {entry.return_id}"

        def piece(where: Where, lines: Iterable[Line], block: str = "", name: str = "") -> Piece:
            place = (where, origin.dfe_number, self._name(origin), origin.year, at, what)
            return Piece(*place, tuple(lines), entry.return_id, block, name)

        definition = self.definition_of(entry.year)
        reading, answers = self._ledger.reading(entry.return_id), self._ledger.answers(entry.return_id)
        labels = {value.field: value.label for value in answers}
        typed = _typed(reading, answers)
        yield from _answers(Where.TYPED, typed, labels, definition, piece, set())
        kept = {value.field: value.value or value.corrected for value in answers}
        corrected = {value.field for value in answers if value.corrected}
        yield from _answers(Where.KEPT, kept, labels, definition, piece, corrected)
        for line in _beside(reading, labels):
            yield piece(Where.BESIDE, [line])
        for way in entry.arrivals:
            yield piece(Where.WAY, [Line("Name of the file, and where it lay", way.source)])
            for message in way.carried_by:
                yield piece(Where.WAY, [Line("Sender of the message", message.sender)])
                for address in message.undelivered:
                    yield piece(Where.WAY, [Line("Address that a message did not reach", address)])
            for words in self._ledger.texts(way.texts):
                yield piece(Where.WAY, [Line(IN_THE_MESSAGE, words)])

    def _name(self, origin: Origin) -> str:
        listed = self.name_of(origin.dfe_number) if origin.dfe_number else ""
        return listed or origin.school_name

    # --- lists and decisions -------------------------------------------------------------------------------------

    def _of_listed(self, year: str, school: ListedSchool) -> Iterator[Piece]:
        definition = self.definition_of(year)
        number, what = school.dfe_number, f"list of schools of {year}"
        parts = {part.name: part.label for part in definition.parts}
        for contact in school.record.contacts:
            block = f"{contact.role} {contact.position}"
            label = label_of_role(definition, contact.role)
            lines = tuple(
                Line(f"{label}{_BETWEEN}{parts.get(name, name)}", text) for name, text in contact.parts.items() if text
            )
            name = contact.parts.get(definition.person_name.name, "")
            yield Piece(Where.LIST, number, self.name_of(number), year, None, what, lines, block=block, name=name)
        fields = {field.name: field.label for field in definition.fields}
        for name, text in {**school.record.school, "": school.name}.items():
            yield self._piece(
                Where.LIST, number, year, None, what, [Line(fields.get(name, "Name of the school"), text)]
            )
        for address in school.email.split(SEPARATOR):
            yield self._piece(Where.LIST, number, year, None, what, [Line(TO_WRITE_TO, address.strip())])

    def _of_decision(self, decision: Decision) -> Iterator[Piece]:
        at = datetime.fromisoformat(decision.at) if decision.at else None
        what = f"decision {decision.number} ({decision.action})"
        texts = {"Reason or note": decision.why, "Who decided": decision.who}
        if decision.action in (Action.CORRECT, Action.CONFIRM):
            texts |= {"Answer": decision.after}
        if decision.action is Action.CORRECT:
            texts |= {"Answer before": decision.before}
        for label, text in texts.items():
            yield self._piece(Where.DECISION, decision.dfe_number, decision.year, at, what, [Line(label, text)])


def label_of_role(definition: FormDefinition, role: str) -> str:
    """The heading of a role on the form; its name where the form of that year has no such role."""
    return next((known.heading for known in definition.roles if known.name == role), role)


@lru_cache(maxsize=1024)  # the returns of a year have the same boxes
def block_of(definition: FormDefinition, box: str) -> Block | None:
    """The person's block that a box is in; None where it is in none."""
    for role in definition.roles:
        position = definition.position(role, box) if role.repeats else 1
        if position and any(known.name == box for known in definition.block(role, position).boxes.values()):
            return definition.block(role, position)
    return None


def by_block(answers: Mapping[str, str], definition: FormDefinition) -> list[tuple[Block | None, dict[str, str]]]:
    """The answers of each person's block. An answer that is in none is by itself."""
    found: dict[str, tuple[Block | None, dict[str, str]]] = {}
    for name, text in answers.items():
        block = block_of(definition, name)
        _, in_block = found.setdefault(f"block {block.stem}" if block else name, (block, {}))
        in_block[name] = text
    return list(found.values())


def name_in(block: Block | None, answers: Mapping[str, str], definition: FormDefinition) -> str:
    """The name of the person among the answers of a block."""
    return answers.get(block.boxes[definition.person_name.name].name, "") if block else ""


def _reachable_by(lines: Iterable[Line]) -> set[str]:
    """The e-mail addresses and telephone numbers in the lines."""
    return {text for line in lines for text in addresses_in(line.text) | numbers_in(line.text)}


def _answers(
    where: Where,
    answers: Mapping[str, str],
    labels: Mapping[str, str],
    definition: FormDefinition,
    piece: Callable[..., Piece],
    corrected: Collection[str],
) -> Iterator[Piece]:
    for block, texts in by_block(answers, definition):
        lines: list[Line] = []
        for name, text in texts.items():
            if text:
                lines.append(Line(labels.get(name) or _label(definition, name), text, name in corrected))
        if lines:
            yield piece(where, lines, block.stem if block else "", name_in(block, texts, definition))


def _label(definition: FormDefinition, name: str) -> str:
    box = definition.box(name)
    return box.label if box else name


def _typed(reading: Reading | None, answers: Iterable[CheckedValue]) -> dict[str, str]:
    """The answers as they came in. An earlier version of the program kept them only as they were checked."""
    if reading:
        return {name: answer.text for name, answer in reading.answers.items() if answer.text}
    return {value.field: value.raw for value in answers if value.raw}


def _beside(reading: Reading | None, labels: Mapping[str, str]) -> Iterator[Line]:
    """What a file says besides its answers: other answers for the same boxes, notes, fields that are not the form's."""
    if not reading:
        return
    for name, answer in reading.answers.items():
        for text in dict.fromkeys((*answer.others, answer.shown)):
            yield Line(f"{labels.get(name, name)}, also in the file", text)
    for note in reading.notes:
        yield Line(IN_THE_MESSAGE if reading.kind is FileKind.UNREADABLE else "Beside the boxes", note.text)
    for answer in reading.unknown_fields.values():
        for text in dict.fromkeys((answer.text, *answer.others, answer.shown)):
            yield Line("In a field that the form does not have", text)
    yield Line("Title of the file", reading.title)
