"""Joins what two sheets of a workbook know of one school."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition import FormDefinition
from thep_forms.register.member import MemberSchool


def combined(first: MemberSchool, second: MemberSchool, definition: FormDefinition) -> MemberSchool | None:
    """The school with all that both know; None where they differ in something that both know."""
    school = _joined(first.record.school, second.record.school)
    if school is None or (first.email and second.email and first.email != second.email):
        return None
    contacts = _joined_contacts(first.record.contacts, second.record.contacts)
    if contacts is None:
        return None
    record = SchoolRecord(school, contacts)
    return MemberSchool.of(first.dfe_number, record, definition, first.email or second.email)


def _joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str] | None:
    for key in first.keys() & second.keys():
        if first[key] != second[key]:
            return None
    return {**first, **second}


def _joined_contacts(first: Iterable[Contact], second: Iterable[Contact]) -> tuple[Contact, ...] | None:
    joined = {(contact.role, contact.position): contact for contact in first}
    for contact in second:
        key = (contact.role, contact.position)
        known = joined[key].parts if key in joined else {}
        parts = _joined(known, contact.parts)
        if parts is None:
            return None
        joined[key] = Contact(contact.role, contact.position, parts)
    return tuple(joined.values())
