"""The mailing list: the contacts of a year by role and phase, one row for each person and address."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from thep_forms.checking import Contact
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.office.opening import open_records
from thep_forms.records import Records, Returned
from thep_forms.records.tables import Table

# Mailchimp looks for the first column by its name; Outlook asks which column is which.
COLUMNS = {
    "Email Address": "E-mail address",
    "Name": "Full name",
    "Designation": "Job title",
    "Role": "Roles on the form",
    "School": "School",
    "DFE Number": "DFE number",
    "Phase": "Phases of the school",
}
JOINED_COLUMNS = ("Role", "Designation", "School", "DFE Number", "Phase")  # by `;`, where a person has several

Row = dict[str, str]


def make_mailing_list(
    year: MembershipYear,
    folder: Path,
    definitions: Definitions,
    roles: Collection[str],
    phases: Collection[str],
) -> Table:
    """The contacts in the accepted returns of a year, from the RECORDS in `folder`.

    Only contacts with one of `roles`, in schools of one of `phases`; an empty collection means all of them. Raises
    `SourceError` for a role or a phase that the form does not have, and `RecordsError`.
    """
    definition = definitions(year)
    _require_known("role", roles, [role.name for role in definition.roles])
    _require_known("phase", phases, [option.name for option in definition.phases.option])
    people: dict[tuple[str, str], Row] = {}  # by name and address
    with open_records(folder, definitions) as (_, records):
        for row in _rows(year, records, definition, phases):
            if not roles or row["Role"] in roles:
                _add(people, row)
    rows = sorted(people.values(), key=lambda row: (row["DFE Number"], row["Role"], row["Email Address"]))
    return Table("mailing-list", COLUMNS, [[row[column] for column in COLUMNS] for row in rows])


def schools_without_address(year: MembershipYear, folder: Path, definitions: Definitions) -> dict[str, dict[str, str]]:
    """The schools on whose accepted form somebody has no e-mail address, so that a mailing list has them not.

    By the name of the person's role, the school's name by its DfE number. Raises `RecordsError`.
    """
    definition = definitions(year)
    found: dict[str, dict[str, str]] = {}
    with open_records(folder, definitions) as (_, records):
        for returned, record in _accepted(year, records):
            for contact in record.contacts:
                if not contact.parts.get(definition.person_email.name):
                    schools = found.setdefault(contact.role, {})
                    schools[returned.dfe_number] = definition.name_of_school(record.school)
    return found


def _require_known(what: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise SourceError(f"The form has no {what} “{name}”. Choose from {', '.join(known)}.")


def _rows(year: MembershipYear, records: Records, definition: FormDefinition, phases: Collection[str]) -> Iterator[Row]:
    """A row for each role and address of each contact, in schools of those phases."""
    for returned, record in _accepted(year, records):
        if not phases or set(phases) & set(definition.phases_of_school(record.school)):
            for contact in record.contacts:
                yield from _rows_of_contact(contact, record, returned.dfe_number, definition)


def _accepted(year: MembershipYear, records: Records) -> Iterator[tuple[Returned, SchoolRecord]]:
    """The returns of a year that count, with what is known of their schools by them."""
    for returned in records.accepted():
        if returned.year == str(year):
            yield returned, records.whole_record(returned)


def _rows_of_contact(
    contact: Contact, record: SchoolRecord, dfe_number: str, definition: FormDefinition
) -> Iterator[Row]:
    for address in contact.parts.get(definition.person_email.name, "").split(";"):
        if address.strip():
            yield {
                "Email Address": address.strip(),
                "Name": contact.parts.get(definition.person_name.name, ""),
                "Designation": contact.parts.get(definition.job_title.name, ""),
                "Role": contact.role,
                "School": definition.name_of_school(record.school),
                "DFE Number": dfe_number,
                "Phase": ";".join(definition.phases_of_school(record.school)),
            }


def _add(people: dict[tuple[str, str], Row], row: Row) -> None:
    """Add a row, or join what is new in it to the row of the same person and address."""
    key = (row["Name"].casefold(), row["Email Address"].casefold())
    person = people.setdefault(key, row)
    if person is row:
        return
    for column in JOINED_COLUMNS:
        values = [*person[column].split(";"), *row[column].split(";")]
        person[column] = ";".join(dict.fromkeys(value for value in values if value))
