"""A member school, and whom to write to there."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition import FormDefinition


class MemberSchool(Struct, frozen=True):
    """A member school: its DfE number, what is known of it, and the addresses to write to, joined by `;`."""

    dfe_number: str
    record: SchoolRecord = SchoolRecord()
    email: str = ""


def known_address(contacts: Iterable[Contact], definition: FormDefinition) -> str:
    """The address of the first contact; without one, that of the person who stands first on the form and has one."""
    first = definition.first_contact.name
    order = [first, *(role.name for role in definition.roles if role.name != first)]
    addresses: dict[tuple[int, int], str] = {}  # by the place of the role, and the position in it
    for contact in contacts:
        address = contact.parts.get(definition.person_email.name, "")
        if address and contact.role in order:
            addresses[order.index(contact.role), contact.position] = address
    return addresses[min(addresses)] if addresses else ""
