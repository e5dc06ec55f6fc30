"""Commands that report on a year: `status`, `mailing-list` and `report`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.options import (
    REGISTER_LIST,
    existing_records_option,
    register_list_option,
    reminder_options,
    templates_option,
    year_argument,
)
from thep_forms.cli.output import count_of, message, printable

if TYPE_CHECKING:
    from thep_forms.definition import MembershipYear
    from thep_forms.office.schools.school_status import SchoolStatus, Standing
    from thep_forms.records.tables import Table

COLUMN = 16  # characters, for a standing or a phase
MEMBER_SCHOOLS = f"The member schools of the YEAR, if the records have no list of them: {REGISTER_LIST}."


@click.command()
@year_argument
@existing_records_option
@register_list_option(MEMBER_SCHOOLS)
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for other programs.")
@click.option("--chase", is_flag=True, help="List only the schools to remind now: `email --chase` writes to them.")
@reminder_options
@templates_option
def status(
    year: MembershipYear,
    records: Path,
    schools: Path | None,
    as_csv: bool,
    chase: bool,
    at_most: int,
    apart: int,
    templates: Path | None,
) -> None:
    """See which schools have returned the form of a YEAR.

    It lists every member school. Schools that need attention come first.

    \b
    Example:  thep-forms status 2026-27 -o records-2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.schools.school_status import ReminderRule
    from thep_forms.office.schools.status import look_up_statuses, status_table

    reminder_rule = ReminderRule(at_most, apart) if chase else None
    statuses = look_up_statuses(records, year, schools, Definitions.of_today(templates, records), reminder_rule)
    if as_csv:
        _print_csv(status_table(statuses))
    elif chase and not statuses:
        message("No school is to be reminded today.")
    else:
        _print_schools(statuses)
        _print_counts(statuses)


def _print_csv(table: Table) -> None:
    click.echo(b"".join(table.csv()), nl=False)


def _print_schools(statuses: Sequence[SchoolStatus]) -> None:
    for status in statuses:
        click.echo(f"{status.dfe_number}  {status.standing.label:{COLUMN}}{printable(status.member.name)}")
        if status.why:
            click.echo(f"          {printable(status.why)}")
    click.echo()


def _print_counts(statuses: Sequence[SchoolStatus]) -> None:
    """Print how many schools have each standing, by phase."""
    from thep_forms.office.schools.status import count_by_phase

    for phase, counts in count_by_phase(statuses).items():
        click.echo(f"{phase.replace('_', ' ') or 'phase not known':{COLUMN}}{_counts(counts)}")
    click.echo(f"{'all':{COLUMN}}{_counts(Counter(status.standing for status in statuses))}")


def _counts(counts: Counter[Standing]) -> str:
    words = [f"{standing.label} {counts[standing]}" for standing in sorted(counts)]
    return f"{counts.total():4}  {', '.join(words)}"


@click.command("mailing-list")
@year_argument
@existing_records_option
@click.option(
    "--role",
    "roles",
    metavar="ROLE",
    multiple=True,
    help="Only people with this role, such as headteacher. You can repeat this option.",
)
@click.option(
    "--phase",
    "phases",
    metavar="PHASE",
    multiple=True,
    help="Only schools of this phase, such as primary. You can repeat this option.",
)
@templates_option
def mailing_list(
    year: MembershipYear, records: Path, roles: tuple[str, ...], phases: tuple[str, ...], templates: Path | None
) -> None:
    """Print the contacts of a YEAR as a CSV.

    Mailchimp and Outlook can read it. It has one row for each person and address, from the accepted returns.

    \b
    Example:  thep-forms mailing-list 2026-27 -o records-2026-27 --role headteacher > heads.csv
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.reports.mailing_list import make_mailing_list

    table = make_mailing_list(year, records, Definitions.of_today(templates, records), roles, phases)
    _print_csv(table)
    rows = sum(1 for _ in table.rows)
    message(f"{count_of(rows, 'row')}.")
    if not rows:
        message(f"No accepted return of {year} has such a person with an e-mail address.")


@click.command()
@year_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The page to write, such as page.html.",
)
@click.option(
    "--records",
    metavar="RECORDS",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of the records, which ingest wrote. With this command, -o is the page.",
)
@register_list_option(MEMBER_SCHOOLS)
@click.option(
    "--redacted", is_flag=True, help="Leave out personal data: people, addresses, telephone numbers and answers."
)
@templates_option
def report(
    year: MembershipYear, output: Path, records: Path, schools: Path | None, redacted: bool, templates: Path | None
) -> None:
    """Write a page about the returns of a YEAR.

    The page counts the returned forms by phase and by day. It lists what needs attention, with the sentences to send,
    and the schools that are missing. It is one file that any browser opens.

    \b
    Example:  thep-forms report 2026-27 -o page.html --records records-2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.reports.report import write_report

    write_report(year, output, records, schools, Definitions.of_today(templates, records), redacted=redacted)
    click.echo(output)
    if not redacted:
        message("The page holds personal data. Keep it in the office, or make a page to pass on with --redacted.")
