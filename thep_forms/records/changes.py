"""What a return says differently from what was known of its school: the office's question each April."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition.form import FormDefinition
from thep_forms.definition.model import Kind

Parts = Mapping[str, str]
NAME = "name"  # the part by which holders of a role that several people have are known


class Change(Struct, frozen=True):
    """`role` is empty where it is about the school itself; `before` is where it was empty, and `after` where it is."""

    role: str
    field: str
    before: str
    after: str


def changes(before: SchoolRecord, after: SchoolRecord, definition: FormDefinition) -> Iterator[Change]:
    """What is different, in the form's order. Where nothing was known, nothing is said."""
    compared = _Comparison(definition, before.complete)
    columns = [name for field in definition.fields for name in (field.name, field.postcode_column) if name]
    yield from compared.values("", before.school, after.school, columns)
    several = {role.name for role in definition.roles if role.repeats}
    roles = [role.name for role in definition.roles]
    for role in _in_order(roles, (contact.role for contact in before.contacts)):
        then, now = ([one for one in known.contacts if one.role == role] for known in (before, after))
        yield from compared.people(role, then, now) if role in several else compared.person(role, then, now)


class _Comparison:
    """`whole`: all was known that was not empty."""

    def __init__(self, definition: FormDefinition, whole: bool) -> None:
        self.whole = whole
        self.parts = [part.name for part in definition.parts]
        self.emails = {part.name for part in definition.parts if part.kind is Kind.EMAIL}
        self.addresses = {asked.name for asked in definition.fields if asked.kind is Kind.ADDRESS}

    def values(self, role: str, before: Parts, after: Parts, order: Sequence[str]) -> Iterator[Change]:
        for name in _in_order(order, [*before, *after]):
            old, new = before.get(name, ""), after.get(name, "")
            if (old or self.whole) and self._folded(name, old) != self._folded(name, new):
                yield Change(role, name, old, new)

    def person(self, role: str, then: Sequence[Contact], now: Sequence[Contact]) -> Iterator[Change]:
        old, new = (people[0].parts if people else {} for people in (then, now))
        yield from self.values(role, old, new, self.parts)

    def people(self, role: str, then: Sequence[Contact], now: Sequence[Contact]) -> Iterator[Change]:
        """Those of a name are the same person, wherever in the form they stand."""
        old, new = self._by_name(then), self._by_name(now)
        for key, parts in old.items():
            yield from self.values(role, parts, new.get(key, {}), self.parts)
        if old or self.whole:
            for parts in (parts for key, parts in new.items() if key not in old):
                yield from (Change(role, part, "", parts[part]) for part in self.parts if parts.get(part))

    def _by_name(self, people: Iterable[Contact]) -> dict[tuple[str, int], Parts]:
        seen: Counter[str] = Counter()
        found: dict[tuple[str, int], Parts] = {}
        for one in people:
            name = self._folded(NAME, one.parts.get(NAME, ""))
            seen[name] += 1
            found[name, seen[name]] = one.parts
        return found

    def _folded(self, part: str, value: str) -> str:
        """What counts of a value: of an address no blank and no comma, elsewhere not how many blanks; of an e-mail's
        not its capitals.
        """
        if part in self.addresses:
            return "".join(value.replace(",", " ").split())
        plain = " ".join(value.split())
        return plain.casefold() if part in self.emails else plain


def _in_order(order: Sequence[str], names: Iterable[str]) -> list[str]:
    """Those that have a place, and then whatever else there is, as of another year's form."""
    return [*order, *sorted(set(names) - set(order))]
