"""What is known of a member school."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from thep_forms.checking import Contact
from thep_forms.definition import FormDefinition


class MemberSchool(Struct, frozen=True):
    """A member school. `known` has normal forms by column of `schools.csv`; `contacts` its people, where known.

    `email` is where to write to it; several addresses are joined by `;`. `whole`: this is all that a return said, so
    that what is missing here is known to have been left empty.
    """

    dfe_number: str
    known: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    email: str = ""
    whole: bool = False


def known_address(contacts: Iterable[Contact], definition: FormDefinition) -> str:
    """That of the role which the form names first: the main contact."""
    order = [role.name for role in definition.roles]
    known = [one for one in contacts if one.parts.get("email") and one.role in order]
    return min(known, key=lambda one: (order.index(one.role), one.position)).parts["email"] if known else ""
