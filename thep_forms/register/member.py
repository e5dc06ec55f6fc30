"""A member school, and whom to write to there."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition import FormDefinition


class MemberSchool(Struct, frozen=True):
    """A member school: its DfE number, what is known of it, and the addresses to write to, joined by `;`.

    `name` is its name and `phases` are the names of its phases, as `record` has them.
    """

    dfe_number: str
    record: SchoolRecord = SchoolRecord()
    email: str = ""
    name: str = ""
    phases: tuple[str, ...] = ()

    @classmethod
    def of(cls, dfe_number: str, record: SchoolRecord, definition: FormDefinition, email: str = "") -> MemberSchool:
        """The school of which `record` is known; without an `email`, the address of one of its people is taken.

        `definition` is that of the year that the record is of.
        """
        return cls(
            dfe_number,
            record,
            email or known_address(record.contacts, definition),
            definition.name_of_school(record.school),
            definition.phases_of_school(record.school),
        )


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
