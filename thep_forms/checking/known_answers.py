"""What is known of a school, as it would stand in the boxes of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Field, Kind, Role

Texts = dict[str, str | bool]  # by AcroForm field; true for a tick


def texts_of_record(record: SchoolRecord, definition: FormDefinition) -> Texts:
    """The answers of a record by the boxes in which a copy has them, without the school's DfE number."""
    texts: Texts = {}
    for field in definition.fields:
        answer = record.school.get(field.name, "")
        if field is not definition.dfe_field and answer:
            texts |= _texts_of_field(definition, field, answer)
    roles = {role.name: role for role in definition.roles}
    for contact in record.contacts:
        role = roles.get(contact.role)
        if role and not _is_implied(record, contact, role):
            boxes = definition.block(role, contact.position).boxes
            texts |= {box.name: contact.parts.get(part, "") for part, box in boxes.items()}
    return {name: text for name, text in texts.items() if text}


def _is_implied(record: SchoolRecord, contact: Contact, role: Role) -> bool:
    """Whether the person holds the role through another role, as a main contact who is the headteacher does."""
    return any(holder.role == role.held_by and holder.parts == contact.parts for holder in record.contacts)


def _texts_of_field(definition: FormDefinition, field: Field, answer: str) -> Texts:
    if field.kind is Kind.TICKS:
        ticked, boxes = answer.split(";"), definition.boxes_of_field(field)
        return {box.name: option.name in ticked for option, box in zip(field.option, boxes, strict=True)}
    if field.kind is Kind.ADDRESS and answer.count(", ") < field.lines:
        return {field.name: answer.replace(", ", "\n")}
    return {field.name: answer}


class KnownAnswers(Struct, frozen=True):
    """What is known of a school before a return is read: its name, and what lists and earlier returns say of it.

    `addresses` are those to write to.
    """

    name: str = ""
    records: tuple[SchoolRecord, ...] = ()
    addresses: tuple[str, ...] = ()

    def texts(self, definition: FormDefinition) -> dict[str, tuple[str, ...]]:
        """The known answers by the name of their box, each once. Ticks are left out."""
        found: dict[str, dict[str, None]] = {}
        if self.name:
            found[definition.school_name.name] = {self.name: None}
        for record in self.records:
            for name, text in texts_of_record(record, definition).items():
                if isinstance(text, str):
                    found.setdefault(name, {})[text] = None
        return {name: tuple(texts) for name, texts in found.items()}


class Knowledge(Struct, frozen=True):
    """What is known in a year: the names of the member schools by DfE number, and what is known of a school."""

    members: Mapping[str, str] = {}
    look_up: Callable[[str], KnownAnswers] = lambda _: KnownAnswers()


NO_KNOWLEDGE = Knowledge()
