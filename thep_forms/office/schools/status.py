"""Looks up where the schools of a year stand, and shows it as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from functools import partial
from pathlib import Path

from thep_forms.definition import Definitions, FormDefinition, MembershipYear
from thep_forms.office.dates import due_date, today
from thep_forms.office.opening import YearRegister
from thep_forms.office.schools.school_status import ReminderRule, SchoolStatus, Standing
from thep_forms.office.schools.sent import sent_to_schools
from thep_forms.office.schools.standings import Standings, standings
from thep_forms.records import Records
from thep_forms.records.tables import Table
from thep_forms.register import MemberSchool, members_of_year


def look_up_statuses(
    folder: Path,
    year: MembershipYear,
    register_list: Path | None,
    definitions: Definitions,
    reminder_rule: ReminderRule | None = None,
) -> tuple[SchoolStatus, ...]:
    """Where each member school of a year stands today, by the RECORDS in `folder`.

    A `register_list` becomes the register of the year and stays. With `reminder_rule`, only the schools that are to be
    reminded today. Raises `SourceError`, `RecordsError`, `TemplateError`.
    """
    register = YearRegister(folder, year, register_list, definitions)
    with register.open_to_read() as (_, records):
        statuses = current_statuses(records, definitions(year), register.members(records))
    return statuses if reminder_rule is None else due_for_reminder(statuses, reminder_rule)


def current_statuses(
    records: Records, definition: FormDefinition, members: Iterable[MemberSchool]
) -> tuple[SchoolStatus, ...]:
    """Where each member stands today in the year of `definition`; in the order of `standings`."""
    return _standings(records, definition, members).statuses


def statuses_of_members(records: Records, year: MembershipYear, definitions: Definitions) -> tuple[SchoolStatus, ...]:
    """The same for all members of the year that the records know."""
    members = members_of_year(records, year)
    work_out = partial(_standings, records, definitions(year), members)
    found: Standings = records.once_renewed((statuses_of_members, year, today()), work_out, work_out)
    return found.statuses


def _standings(
    records: Records,
    definition: FormDefinition,
    members: Iterable[MemberSchool],
    before: Standings | None = None,
    reached: Collection[str] = (),
) -> Standings:
    def is_overdue(sent_on: date) -> bool:
        return due_date(definition, sent_on) < today()

    return standings(definition.year, members, records, sent_to_schools(records), is_overdue, before, reached)


def due_for_reminder(statuses: Iterable[SchoolStatus], rule: ReminderRule) -> tuple[SchoolStatus, ...]:
    """The schools that are to be reminded today."""
    return tuple(status for status in statuses if rule.is_due(status, today()))


def count_by_phase(statuses: Iterable[SchoolStatus]) -> dict[str, Counter[Standing]]:
    """How many schools have each standing, by phase.

    A school with several phases counts in each. Schools whose phase is not known count under `""`.
    """
    counts: dict[str, Counter[Standing]] = {}
    for status in statuses:
        for phase in status.member.phases or ("",):
            counts.setdefault(phase, Counter())[status.standing] += 1
    return dict(sorted(counts.items()))


def status_table(statuses: Iterable[SchoolStatus]) -> Table:
    """The statuses as a table for other programs."""
    columns = {
        "dfe_number": "DFE Number",
        "school_name": "School",
        "phases": "Phase",
        "status": "Status",
        "why": "Why",
        "return_id": "Return",
        "sent_at": "When the form was sent or drafted",
        "reminders": "Reminders",
        "reminded_at": "When the last reminder was sent or drafted",
    }
    return Table("status", columns, [_row(status) for status in statuses])


def _row(status: SchoolStatus) -> tuple[str, ...]:
    form, reminders = status.form, status.reminders
    return (
        status.dfe_number,
        status.member.name,
        ";".join(status.member.phases),
        status.standing,
        status.why,
        status.return_id,
        form.at.isoformat() if form else "",
        str(len(reminders)),
        reminders[-1].at.isoformat() if reminders else "",
    )
