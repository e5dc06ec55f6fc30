"""One school: who is who there, and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from thep_forms.checking import Contact
from thep_forms.definition import Definitions, MembershipYear
from thep_forms.errors import DecisionError
from thep_forms.office.display.done import Done, just_done
from thep_forms.office.display.history import Event, events_of_school
from thep_forms.office.opening import open_records
from thep_forms.office.schools.school_status import SchoolStatus
from thep_forms.office.schools.status import statuses_of_members
from thep_forms.office.tasks import open_questions
from thep_forms.office.years import latest_year
from thep_forms.records import Records


class ShownContact(Struct, frozen=True):
    """A person in a role: the role in words, and the answers by the part's label."""

    role: str
    answers: dict[str, str]


class ShownSchool(Struct, frozen=True):
    """A school in a year. `status` is None for a school that is no member then.

    `questions` says in words what is asked of its form that counts. `can_be_entered`: its answers can be typed in, as
    it is in the list of the year, or there is none. `numbers_before` are the DfE numbers that it had before, as persons
    noted it. `number_now` is the one that it has now, if this is an old one. `gone` are the schools that are in other
    lists alone.
    """

    dfe_number: str
    name: str
    year: str
    address: str
    contacts: tuple[ShownContact, ...]
    status: SchoolStatus | None
    events: tuple[Event, ...]
    done: Done | None
    questions: tuple[str, ...] = ()
    can_be_entered: bool = True
    numbers_before: tuple[str, ...] = ()
    number_now: str = ""
    gone: Mapping[str, str] = {}


def look_up_school(
    folder: Path,
    number: str,
    definitions: Definitions,
    numbers: Sequence[int] = (),
    wanted: MembershipYear | None = None,
) -> ShownSchool:
    """The school with that DfE number in a year, or else in the latest. `numbers` are those of decisions just taken.

    Raises `DecisionError` if nothing is known of it, `RecordsError`, `TemplateError`.
    """
    with open_records(folder, definitions) as (ledger, records):
        year = wanted or latest_year(records, definitions)
        definition = definitions(year)
        statuses = statuses_of_members(records, year, definitions)
        status = next((status for status in statuses if status.dfe_number == number), None)
        events = events_of_school(number, ledger, records)
        if not status and not events:
            raise DecisionError(f"Nothing is known of a school {number}.")
        headings = {role.name: role.heading for role in definition.roles}
        labels = {part.name: part.label for part in definition.parts}

        def shown(contact: Contact) -> ShownContact:
            answers = {labels.get(part, part): answer for part, answer in contact.parts.items() if answer}
            return ShownContact(headings.get(contact.role, contact.role), answers)

        record = status.member.record if status else None
        addresses = [field.name for field in definition.fields if field.postcode_column]
        return ShownSchool(
            dfe_number=number,
            name=status.member.name if status else _name(number, records),
            year=str(year),
            address=", ".join(record.school.get(name, "") for name in addresses) if record else "",
            contacts=tuple(map(shown, record.contacts)) if record else (),
            status=status,
            events=tuple(events),
            done=just_done(ledger, records, numbers),
            questions=_questions(status, records, year),
            can_be_entered=number in (members := records.registers.members(str(year))) or not members,
            numbers_before=tuple(records.numbers_of(number)[1:]),
            number_now=records.number_now(number, str(year)),
            gone=_gone(statuses, records),
        )


def _gone(statuses: Iterable[SchoolStatus], records: Records) -> dict[str, str]:
    """The names of the schools of other lists that are no members of the year, by their DfE numbers."""
    members = {status.dfe_number for status in statuses}
    gone: dict[str, str] = {}
    for _, schools in sorted(records.registers.by_year.items()):
        gone |= {number: name for number, name in schools.items() if number not in members}
    return gone


def _questions(status: SchoolStatus | None, records: Records, year: MembershipYear) -> tuple[str, ...]:
    """What is asked of the school's form that counts, in words."""
    if status is None:
        return ()
    for asked in open_questions(records, str(year)):
        if asked.return_id == status.return_id:
            return asked.what
    return ()


def _name(number: str, records: Records) -> str:
    """The name of a school that is no member, by a list or else by its returns."""
    names = [entry.school_name for entry in records.returns() if entry.school == number and entry.school_name]
    return records.correspondents.name_of(number) or (names[-1] if names else "")
