"""The mailing list: the contacts of a year by role and phase, one row a person and address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from thep_forms.checking import Contact
from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.errors import SourceError
from thep_forms.records import Records, Returned
from thep_forms.records.tables import Table

# The first is what Mailchimp looks for; Outlook asks which column is which.
COLUMNS = {
    "Email Address": "E-mail address",
    "Name": "Full name",
    "Designation": "Job title",
    "Role": "Roles on the form",
    "School": "School",
    "DFE Number": "DFE number",
    "Phase": "Phases of the school",
}


def mailing_list(
    year: MembershipYear,
    records: Records,
    definition: FormDefinition,
    roles: Collection[str] = (),
    phases: Collection[str] = (),
) -> Table:
    """The contacts of accepted returns that have one of `roles` in a school of one of `phases`; of all, if empty.

    Raises `SourceError` for a role or a phase that the form does not have.
    """
    _known("role", roles, [role.name for role in definition.roles])
    _known("phase", phases, [option.name for option in definition.phases.option])
    merged: dict[tuple[str, str], dict[str, str]] = {}
    for one in records.accepted():
        if one.year == str(year):
            known = records.record(one)
            if not phases or set(phases) & set(definition.phases_of_school(known.school)):
                _merge(merged, _rows(one, known, definition, roles))
    rows = sorted(merged.values(), key=lambda row: (row["DFE Number"], row["Role"], row["Email Address"]))
    return Table("mailing-list", COLUMNS, [[row[column] for column in COLUMNS] for row in rows])


def _known(what: str, asked: Collection[str], known: list[str]) -> None:
    for name in asked:
        if name not in known:
            raise SourceError(f"{name} is no {what} of the form. Choose from {', '.join(known)}.")


def _rows(
    one: Returned, known: SchoolRecord, definition: FormDefinition, roles: Collection[str]
) -> Iterator[dict[str, str]]:
    for contact in known.contacts:
        if not roles or contact.role in roles:
            for address in filter(None, _addresses(contact, definition)):
                yield {
                    "Email Address": address,
                    "Name": contact.parts.get(definition.person_name.name, ""),
                    "Designation": contact.parts.get(definition.job_title.name, ""),
                    "Role": contact.role,
                    "School": definition.name_of_school(known.school),
                    "DFE Number": one.dfe_number,
                    "Phase": ";".join(definition.phases_of_school(known.school)),
                }


def _addresses(contact: Contact, definition: FormDefinition) -> list[str]:
    joined = contact.parts.get(definition.person_email.name, "")
    return [address.strip() for address in joined.split(";")]


def _merge(merged: dict[tuple[str, str], dict[str, str]], rows: Iterable[dict[str, str]]) -> None:
    """One row for each person and address; what differs between their rows is put together."""
    for row in rows:
        key = (row["Name"].casefold(), row["Email Address"].casefold())
        known = merged.setdefault(key, row)
        if known is not row:
            for column in ("Role", "Designation", "School", "DFE Number", "Phase"):
                parts = dict.fromkeys(filter(None, [*known[column].split(";"), *row[column].split(";")]))
                known[column] = ";".join(parts)
