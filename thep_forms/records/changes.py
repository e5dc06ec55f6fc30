"""Answers of a return that differ from the known answers of its school."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind

Values = Mapping[str, str]  # normal forms by the names of columns


class Change(Struct, frozen=True):
    """One value that differs.

    `role` is empty where it is about the school itself. `before` is empty where nothing was known, and `after` where
    the return says nothing.
    """

    role: str
    field: str
    before: str
    after: str


def changes(before: SchoolRecord, after: SchoolRecord, definition: FormDefinition) -> Iterator[Change]:
    """The differences, in the form's order. A school without known answers has none.

    What stood on a page that did not come back is unknown, so it is no difference.
    """
    comparison = _Comparison(definition, is_complete=before.complete)
    fields = [name for field in definition.fields for name in (field.name, field.postcode_column) if name]
    unknown = {*before.unknown_columns, *after.unknown_columns}
    for change in comparison.values("", before.school, after.school, fields):
        if change.field not in unknown:
            yield change
    repeated = {role.name for role in definition.roles if role.repeats}
    roles = [role.name for role in definition.roles]
    for role in _in_order(roles, (contact.role for contact in before.contacts)):
        old, new = _holders(before, role), _holders(after, role)
        if role in after.unknown:
            old = comparison.known(old, after, new)
        if role in before.unknown:
            new = comparison.known(new, before, old)
        yield from comparison.people(role, old, new) if role in repeated else comparison.person(role, old, new)


def _holders(record: SchoolRecord, role: str) -> list[Contact]:
    return [contact for contact in record.contacts if contact.role == role]


class _Comparison:
    """Compares values by what counts of them. `is_complete`: all was known before, so what was missing was empty."""

    def __init__(self, definition: FormDefinition, *, is_complete: bool) -> None:
        self.is_complete = is_complete
        self.parts = [part.name for part in definition.parts]
        self.person_name = definition.person_name.name
        self.emails = {part.name for part in definition.parts if part.kind is Kind.EMAIL}
        self.addresses = {field.name for field in definition.fields if field.kind is Kind.ADDRESS}

    def values(self, role: str, before: Values, after: Values, order: Sequence[str]) -> Iterator[Change]:
        for name in _in_order(order, [*before, *after]):
            old, new = before.get(name, ""), after.get(name, "")
            if (old or self.is_complete) and self._folded(name, old) != self._folded(name, new):
                yield Change(role, name, old, new)

    def person(self, role: str, before: Sequence[Contact], after: Sequence[Contact]) -> Iterator[Change]:
        """Compare the holder of a role that one person has."""
        old, new = (holders[0].parts if holders else {} for holders in (before, after))
        yield from self.values(role, old, new, self.parts)

    def people(self, role: str, before: Sequence[Contact], after: Sequence[Contact]) -> Iterator[Change]:
        """Compare the holders of a role that several people have. The same name is the same person, in any block."""
        old, new = self._by_name(before), self._by_name(after)
        for person, parts in old.items():
            yield from self.values(role, parts, new.get(person, {}), self.parts)
        if not (old or self.is_complete):
            return
        for person, parts in new.items():
            if person not in old:
                yield from (Change(role, part, "", parts[part]) for part in self.parts if parts.get(part))

    def known(self, holders: Iterable[Contact], other: SchoolRecord, others: Iterable[Contact]) -> list[Contact]:
        """Those of the holders of a role whose block the other record knows, or whose name it has anyway."""
        names = {self._name(contact) for contact in others}

        def is_known(contact: Contact) -> bool:
            return not other.is_unknown(contact.role, contact.position) or self._name(contact) in names

        return [contact for contact in holders if is_known(contact)]

    def _name(self, contact: Contact) -> str:
        return self._folded(self.person_name, contact.parts.get(self.person_name, ""))

    def _by_name(self, people: Iterable[Contact]) -> dict[tuple[str, int], Values]:
        """The answers about each person; namesakes are counted."""
        seen: Counter[str] = Counter()
        found: dict[tuple[str, int], Values] = {}
        for contact in people:
            name = self._name(contact)
            seen[name] += 1
            found[name, seen[name]] = contact.parts
        return found

    def _folded(self, name: str, value: str) -> str:
        """The part of a value that counts for a comparison.

        Blanks and commas of an address do not count; elsewhere the number of blanks does not, nor an e-mail address's
        capitals.
        """
        if name in self.addresses:
            return "".join(value.replace(",", " ").split())
        plain = " ".join(value.split())
        return plain.casefold() if name in self.emails else plain


def _in_order(order: Sequence[str], names: Iterable[str]) -> list[str]:
    """The names in the order given, then all further names, such as fields of another year's form."""
    return [*order, *sorted(set(names) - set(order))]
