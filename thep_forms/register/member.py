"""What is known of a member school."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition import FormDefinition


class MemberSchool(Struct, frozen=True):
    """A member school: what is known of it, and the addresses to write to, joined by `;`."""

    dfe_number: str
    record: SchoolRecord = SchoolRecord()
    email: str = ""


def known_address(contacts: Iterable[Contact], definition: FormDefinition) -> str:
    """That of the role which the form names first: the main contact."""
    order = [role.name for role in definition.roles]
    known = [one for one in contacts if one.parts.get("email") and one.role in order]
    return min(known, key=lambda one: (order.index(one.role), one.position)).parts["email"] if known else ""
