"""The member schools of a year, by the lists and the returns that RECORDS hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from thep_forms.checking.record import Contact, SchoolRecord
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.records import ListedSchool, Records, Returned
from thep_forms.register.member import MemberSchool


def members_of_year(records: Records, year: MembershipYear) -> tuple[MemberSchool, ...]:
    """The member schools of a year by DfE number; none where the records hold neither a list nor an accepted return.

    The register list of the year says who is a member and where to write. Without a list, every school with an accepted
    return is a member. The latest accepted return says who the people are. A filled cell of the list counts before a
    return of an earlier year. If the lists since that year have all said the same, the return is newer, and counts.
    Where neither says where to write, it is where the program wrote last. Of a school with a new number, the return and
    the lists under the number before count too, if a person noted it.
    """
    return records.once((members_of_year, year), lambda: _members_of_year(records, year))


def _members_of_year(records: Records, year: MembershipYear) -> tuple[MemberSchool, ...]:
    lists = _Lists(records, records.registers.year_of_list(str(year)))
    listed = lists.of_year(lists.latest)
    returns = _latest_returns(records, year)
    written_to = records.ledger.last_addresses()
    members: list[MemberSchool] = []
    for number in sorted(listed or returns):
        school = listed.get(number) or ListedSchool(number)
        returned = next((returns[each] for each in records.numbers_of(number) if each in returns), None)
        to = written_to.get(number, "")
        if returned:
            work_out = partial(_member_that_answered, records, lists, school, returned, to)
            members.append(records.once_of(returned, (members_of_year, year, number), work_out))
        else:
            members.append(_member(school, school.record, records.definitions(year), to))
    return tuple(members)


def _member_that_answered(
    records: Records, lists: _Lists, school: ListedSchool, returned: Returned, written_to: str
) -> MemberSchool:
    """A member by its return, and by what the lists say of it."""
    definition = records.definitions(MembershipYear.parse(returned.year))
    record = records.whole_record(returned)
    if lists.latest > returned.year:
        record = overlaid(record, lists.said_since(returned.year, school, definition), definition)
    elif record.unknown:
        record = _with_unknown_people(record, school.record, definition)
    return _member(school, record, definition, written_to)


class _Lists:
    """The register list that counts, and those of the years before it."""

    def __init__(self, records: Records, latest: str) -> None:
        """`latest` is the year of the list that counts."""
        self.latest = latest
        self._records = records
        self._by_year: dict[str, dict[str, ListedSchool]] = {}

    def of_year(self, year: str) -> dict[str, ListedSchool]:
        """The schools in the list of that very year, by DfE number."""
        if year not in self._by_year:
            schools = self._records.ledger.listed_schools(year)
            self._by_year[year] = {school.dfe_number: school for school in schools}
        return self._by_year[year]

    def said_since(self, year: str, school: ListedSchool, definition: FormDefinition) -> SchoolRecord:
        """What the latest list says of the school, without what all lists have said since the one of that year."""
        registers = self._records.registers
        first = registers.year_of_list(year)
        if first > year:  # there was no list when the return of that year came
            return school.record
        years = [listed for listed in registers.by_year if first <= listed < self.latest]
        records = [self._record(listed, school.dfe_number) for listed in years]
        return without_repeated(school.record, records, definition)

    def _record(self, year: str, number: str) -> SchoolRecord:
        """What the list of that very year says of the school, under this number or one that it had before."""
        listed = self.of_year(year)
        found = (listed[each].record for each in self._records.numbers_of(number) if each in listed)
        return next(found, SchoolRecord())


def _latest_returns(records: Records, year: MembershipYear) -> dict[str, Returned]:
    """The accepted return of each school that is nearest to the year: the latest up to it, else the earliest after."""
    nearest: dict[str, Returned] = {}
    wanted = str(year)
    for returned in records.accepted():  # the years in their order
        if returned.year <= wanted or returned.dfe_number not in nearest:
            nearest[returned.dfe_number] = returned
    return nearest


def _member(school: ListedSchool, record: SchoolRecord, definition: FormDefinition, written_to: str) -> MemberSchool:
    """The school with that record, under the name and the phases that the list gives it.

    `written_to` are the addresses that the program wrote to last, joined by `;`.
    """
    name_field = definition.school_name.name
    if not record.school.get(name_field) and school.name:
        record = SchoolRecord({**record.school, name_field: school.name}, record.contacts, record.complete)
    member = MemberSchool.of(school.dfe_number, record, definition, school.email)
    phases = definition.phases_of_school(school.record.school)
    return MemberSchool(
        member.dfe_number,
        member.record,
        member.email or written_to,
        school.name or member.name,
        phases or member.phases,
    )


def overlaid(earlier: SchoolRecord, listed: SchoolRecord, definition: FormDefinition) -> SchoolRecord:
    """What an earlier return says, with the filled cells of a list in the place of its answers.

    Where the list names another person for a role, nothing of the earlier person stays.
    """
    school = dict(earlier.school)
    for field in definition.fields:
        if field.postcode_column and listed.school.get(field.name):
            school.pop(field.postcode_column, None)  # that of another address
    school |= _filled(listed.school)
    contacts = {(contact.role, contact.position): contact for contact in earlier.contacts}
    for contact in listed.contacts:
        before = contacts.get((contact.role, contact.position))
        contacts[contact.role, contact.position] = _overlaid_contact(before, contact, definition.person_name.name)
    return SchoolRecord(school, _in_order(contacts.values(), definition), earlier.complete)


def without_repeated(listed: SchoolRecord, earlier: Sequence[SchoolRecord], definition: FormDefinition) -> SchoolRecord:
    """What a list says, without what all `earlier` lists say too; the whole of it where there is none.

    An address counts together with its postcode, and a person as a whole.
    """
    if not earlier:
        return listed
    school = dict(listed.school)
    for field in definition.fields:
        columns = [column for column in (field.name, field.postcode_column) if column]
        cells = [listed.school.get(column, "") for column in columns]
        if all([before.school.get(column, "") for column in columns] == cells for before in earlier):
            for column in columns:
                school.pop(column, None)
    contacts = [contact for contact in listed.contacts if not all(contact in before.contacts for before in earlier)]
    return replace(listed, school=school, contacts=tuple(contacts))


def _with_unknown_people(record: SchoolRecord, listed: SchoolRecord, definition: FormDefinition) -> SchoolRecord:
    """What a return says, with the people that the list knows on pages that did not come back."""
    people = (contact for contact in listed.contacts if record.is_unknown(contact.role, contact.position))
    return replace(record, contacts=_in_order((*record.contacts, *people), definition))


def _overlaid_contact(before: Contact | None, listed: Contact, name: str) -> Contact:
    cells = _filled(listed.parts)
    is_another = before is None or (cells.get(name) and cells[name] != before.parts.get(name))
    parts = cells if before is None or is_another else {**before.parts, **cells}
    return Contact(listed.role, listed.position, parts)


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in cells.items() if cell}


def _in_order(contacts: Iterable[Contact], definition: FormDefinition) -> tuple[Contact, ...]:
    order = [role.name for role in definition.roles]
    known = (contact for contact in contacts if contact.role in order)
    return tuple(sorted(known, key=lambda contact: (order.index(contact.role), contact.position)))
