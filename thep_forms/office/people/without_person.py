"""What readings, lists, messages and decisions say without one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from thep_forms.checking.record import SchoolRecord
from thep_forms.checking.unchanged import is_unchanged
from thep_forms.deciding import Action, Arrival, Decision
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.identity import digest_in, digest_of
from thep_forms.office.people.holdings import SEPARATOR, by_block, name_in
from thep_forms.office.people.person import Person
from thep_forms.reading import Answer, Reading
from thep_forms.records import ListedSchool, RefusedAddress, Sent

FORGOTTEN = "(forgotten)"  # stands where something has to stand
_SHOWN = "_"  # for each character of a file's name that is forgotten: the length tells where the message begins


def boxes_of_person(answers: Mapping[str, str], person: Person, definition: FormDefinition) -> set[str]:
    """The boxes whose answers are about the person: all of the person's block, or a single answer."""
    found: set[str] = set()
    for block, texts in by_block(answers, definition):
        if block:
            found |= person.answers_of(texts, name_in(block, texts, definition))
        else:
            found |= {name for name, text in texts.items() if person.stands_in(text)}
    return found - _of_school(definition)


def _of_school(definition: FormDefinition) -> set[str]:
    """The boxes of what is no person's: a school may be called after somebody."""
    return {definition.school_name.name, definition.dfe_field.name}


def reading_without(reading: Reading, person: Person, definition: FormDefinition, boxes: Collection[str]) -> Reading:
    """The reading without the answers in `boxes`, and without what else in it names the person.

    A copy that came back unchanged is still known as such.
    """
    answers: dict[str, Answer] = {}
    for name, answer in reading.answers.items():
        is_persons_block = name in boxes and person_has_block(name, definition)
        if not is_persons_block:
            answers[name] = _answer_without(answer, person, is_named=name in boxes)
    unknown_fields = {
        name: _answer_without(answer, person, is_named=person.stands_in(answer.text))
        for name, answer in reading.unknown_fields.items()
    }
    left = replace(
        reading,
        answers={name: answer for name, answer in answers.items() if answer.text or answer.others or answer.doubts},
        unknown_fields={name: answer for name, answer in unknown_fields.items() if answer.text or answer.others},
        notes=tuple(note for note in reading.notes if not person.stands_in(note.text)),
        title="" if person.stands_in(reading.title) else reading.title,
    )
    if left != reading and is_unchanged(reading, definition):
        return _unchanged(left, definition)
    return left


def person_has_block(name: str, definition: FormDefinition) -> bool:
    """Whether a box is in a person's block, rather than about the school."""
    ((block, _),) = by_block({name: ""}, definition)
    return block is not None


def _answer_without(answer: Answer, person: Person, *, is_named: bool) -> Answer:
    """An answer without the person, and without other answers for the same box that name the person."""
    return replace(
        answer,
        text=person.left_out_of(answer.text) if is_named else answer.text,
        others=tuple(text for text in answer.others if not person.stands_in(text)),
        shown="" if person.stands_in(answer.shown) else answer.shown,
    )


def _unchanged(reading: Reading, definition: FormDefinition) -> Reading:
    """The reading with the digest of the answers that it has left."""
    digest = digest_in(reading.form_id)
    if not digest:
        return reading
    entered = {**reading.unknown_fields, **reading.answers}
    answers = {name: answer.text for name, answer in entered.items() if definition.box(name)}
    start = reading.form_id.removesuffix(digest)
    return replace(reading, form_id=start + digest_of(definition.without_prefix(answers)))


def listed_without(school: ListedSchool, person: Person, definition: FormDefinition) -> ListedSchool:
    """What a list says of a school without the person."""
    name_part = definition.person_name.name
    contacts = []
    for contact in school.record.contacts:
        theirs = person.answers_of(contact.parts, contact.parts.get(name_part, ""))
        parts = {name: text for name, text in contact.parts.items() if name not in theirs}
        if any(parts.values()):
            contacts.append(replace(contact, parts=parts))
    columns = dict(school.record.school)
    for column in columns.keys() - _of_school(definition):
        if person.stands_in(columns[column]):
            columns[column] = person.left_out_of(columns[column])
    record: SchoolRecord = replace(school.record, school=columns, contacts=tuple(contacts))
    return replace(school, email=addresses_without(school.email, person), record=record)


def addresses_without(joined: str, person: Person) -> str:
    """The addresses without those of the person, joined as they were."""
    return SEPARATOR.join(address for address in joined.split(SEPARATOR) if not person.is_address(address))


def sent_without(sent: Sent, person: Person) -> Sent:
    """A message that was sent, without the person's address."""
    addresses = addresses_without(sent.addresses, person)
    return replace(sent, addresses=addresses or FORGOTTEN) if addresses != sent.addresses else sent


def names_person(refused: RefusedAddress, person: Person) -> bool:
    """Whether a refused address, or what the mail server said of it, is about the person."""
    return person.is_address(refused.address) or person.stands_in(refused.reply)


def arrival_without(arrival: Arrival, person: Person) -> Arrival:
    """A way by which a return came, without the person: as a sender, and in the names of files and folders."""
    steps = arrival.source.split("/")
    source = "/".join(_step_without(step) if person.stands_in(step) else step for step in steps)
    if person.stands_in(source):  # the name is divided between a folder and a file
        source = "/".join(_step_without(step) for step in steps)
    messages = []
    for message in arrival.carried_by:
        failed = tuple(address for address in message.failed if not person.is_address(address))
        sender = "" if person.is_address(message.sender) else message.sender
        refusals = tuple(refusal for refusal in message.refusals if not person.is_address(refusal.address))
        answers = tuple(answer for answer in message.answers if not person.is_address(answer.strip("<>")))
        messages.append(replace(message, sender=sender, failed=failed, refusals=refusals, answers=answers))
    return replace(arrival, source=source, carried_by=tuple(messages))


def _step_without(step: str) -> str:
    """The name of a file or folder with every letter and digit hidden, but for a short ending such as `.pdf`."""
    stem, dot, ending = step.rpartition(".")
    if not dot or len(ending) > 4:
        stem, dot, ending = step, "", ""
    return "".join(_SHOWN if char.isalnum() else char for char in stem) + dot + ending


def decision_without(decision: Decision, person: Person) -> Decision | None:
    """A decision without what it says of the person; None if nothing is left of it."""
    is_named = person.stands_in(decision.why)
    if decision.action is Action.NOTE and is_named:
        return None
    if decision.action is Action.CONFIRM and person.stands_in(decision.after):
        return None
    left = replace(
        decision,
        why=FORGOTTEN if is_named else decision.why,
        who=FORGOTTEN if person.stands_in(decision.who) else decision.who,
    )
    if decision.action is Action.CORRECT:
        before, after = ("" if person.stands_in(text) else text for text in (decision.before, decision.after))
        left = replace(left, before=before, after=after)
    return left
