"""Who is written to: of the member schools those whose turn it is; and what goes to each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from msgspec import Struct

from thep_forms.checking import normalise
from thep_forms.definition.form import FormDefinition
from thep_forms.errors import SourceError
from thep_forms.office.copies import copies
from thep_forms.office.status import SchoolStatus, Standing, in_words
from thep_forms.records import SentKind
from thep_forms.register import MemberSchool
from thep_forms.send.letters import Stationery
from thep_forms.send.messages import Parcel, addresses

_UNTOUCHED = {Standing.NOT_SENT, Standing.NOT_RETURNED}  # neither written to nor heard from


class Plan(Struct, frozen=True):
    """Whom to write to, and who is passed over: those without an address, and those whose turn it is not."""

    chosen: tuple[SchoolStatus, ...]
    without_address: tuple[MemberSchool, ...]
    passed_over: tuple[SchoolStatus, ...]


def members_named(members: Iterable[MemberSchool], numbers: Iterable[str], prefix: str) -> tuple[MemberSchool, ...]:
    """The members with those DFE numbers, however they are written. Raises `SourceError` for one that is none."""
    by_number = {member.dfe_number: member for member in members}
    named = {}
    for number in numbers:
        found = by_number.get(normalise.dfe_number(number, prefix).value)
        if not found:
            raise SourceError(f"No school in the list has the DfE number {number}. Give it like {prefix}1234.")
        named[found.dfe_number] = found
    return tuple(named.values())


def plan_forms(found: Iterable[SchoolStatus], *, again: bool = False) -> Plan:
    """The form goes to every school that was sent none and has returned none; `again`: to the others as well."""
    return _plan(found, lambda one: again or one.standing in _UNTOUCHED)


def plan_reminders(found: Iterable[SchoolStatus], due: Collection[SchoolStatus]) -> Plan:
    """The reminder goes to those that are `due`."""
    return _plan(found, lambda one: one in due)


def _plan(found: Iterable[SchoolStatus], is_meant: Callable[[SchoolStatus], bool]) -> Plan:
    meant: list[SchoolStatus] = []
    passed_over: list[SchoolStatus] = []
    for one in found:
        (meant if is_meant(one) else passed_over).append(one)
    meant.sort(key=lambda one: one.member.dfe_number)
    return Plan(
        tuple(one for one in meant if addresses(one.member.email)),
        tuple(one.member for one in meant if not addresses(one.member.email)),
        tuple(passed_over),
    )


def parcels(
    chosen: Iterable[SchoolStatus], definition: FormDefinition, templates: Path | None, kind: SentKind, today: date
) -> Iterator[Parcel]:
    """What goes to each: its own form, and a letter with what it has to mend. `definition` is one loaded for copies.

    Raises `TemplateError` and `LayoutError`.
    """
    chosen = tuple(chosen)
    stationery = Stationery(definition, templates, kind)
    due = in_words(today + timedelta(days=definition.partnership.days_to_return))
    forms = copies(definition, (one.member for one in chosen))
    for one, (file_name, pdf) in zip(chosen, forms, strict=True):
        letter = stationery.letter(one.member.dfe_number, one.member.name, due, one.to_mend)
        yield Parcel(one.member.dfe_number, one.member.name, addresses(one.member.email), letter, file_name, pdf)
