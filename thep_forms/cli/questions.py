"""Commands that answer the office's questions: who has returned the form, whom to write to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.shared import (
    chase_options,
    printable,
    replaceable,
    returned_option,
    some,
    telling,
    templates_option,
)

if TYPE_CHECKING:
    from thep_forms.office.status import Standing


@click.command()
@click.argument("year")
@returned_option
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The member schools: a CSV or workbook, an extract of GIAS, or last year's records.",
)
@click.option("--csv", "as_csv", is_flag=True, help="A table for other programs.")
@click.option("--chase", is_flag=True, help="Only those to be reminded now, as `email --chase` does.")
@chase_options
@templates_option
@telling
def status(
    year: str,
    records: Path,
    schools: Path,
    as_csv: bool,
    chase: bool,
    at_most: int,
    apart: int,
    templates: Path | None,
) -> None:
    """See who has returned the form of a YEAR.

    Every member school is there, those that need something first.

    \b
    Example:  thep-forms status 2026-27 -o records-2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.office.status import by_phase, statuses_today, table, to_chase
    from thep_forms.records import open_for_reading
    from thep_forms.register import read_register

    definition, today = Definitions.of_today(templates), datetime.now(UTC).date()
    members = read_register(schools, definition)
    with open_for_reading(records, definition) as ledger:
        found = statuses_today(ledger, definition, MembershipYear.parse(year), members, today)
    if chase:
        found = to_chase(found, at_most, apart, today)
    if as_csv:
        click.echo(b"".join(table(found).csv()), nl=False)
        return
    if chase and not found:
        click.echo("Nobody is to be reminded today.", err=True)
        return
    for one in found:
        name = printable(one.member.name)
        click.echo(f"{one.member.dfe_number}  {one.standing.replace('_', ' '):16}{name}")
        if one.why:
            click.echo(f"{'':10}{printable(one.why)}")
    click.echo()
    for phase, counted in by_phase(found).items():
        click.echo(f"{phase.replace('_', ' ') or 'phase not known':16}{_counts(counted)}")
    click.echo(f"{'all':16}{_counts(Counter(one.standing for one in found))}")


def _counts(counted: Counter[Standing]) -> str:
    told = [f"{standing.replace('_', ' ')} {counted[standing]}" for standing in sorted(counted)]
    return f"{counted.total():4}  {', '.join(told)}"


@click.command("mailing-list")
@click.argument("year")
@returned_option
@click.option("--role", "roles", multiple=True, help="Only these roles, such as headteacher; may be given again.")
@click.option("--phase", "phases", multiple=True, help="Only schools of these phases, such as primary.")
@templates_option
@telling
def mailing_list(
    year: str, records: Path, roles: tuple[str, ...], phases: tuple[str, ...], templates: Path | None
) -> None:
    """Write the contacts of a YEAR as a CSV for Mailchimp or Outlook.

    One row a person and address, from the accepted returns.

    \b
    Example:  thep-forms mailing-list 2026-27 -o records-2026-27 --role headteacher > heads.csv
    """
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.office.mailing_list import mailing_list as make
    from thep_forms.records import Records, open_for_reading

    definition, chosen = Definitions.of_today(templates), MembershipYear.parse(year)
    with open_for_reading(records, definition) as ledger:
        table = make(chosen, Records(ledger, definition), definition(chosen), roles, phases)
    click.echo(b"".join(table.csv()), nl=False)
    count = sum(1 for _ in table.rows)
    none = f" No accepted return of {chosen} has such a person with an e-mail address." if not count else ""
    click.echo(f"{some(count, 'row')}.{none}", err=True)


@click.command()
@click.argument("year")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The page to be written, such as page.html.",
)
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder that ingest wrote to; here -o is the page.",
)
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The member schools: a CSV or workbook, an extract of GIAS, or last year's records.",
)
@click.option("--redacted", is_flag=True, help="Without personal data: no people, addresses, numbers or answers.")
@templates_option
@telling
def report(year: str, output: Path, records: Path, schools: Path, redacted: bool, templates: Path | None) -> None:
    """Write a page about the returns of a YEAR, to look at and to pass around.

    How many have come, by phase and by day, what needs attention with the sentence to send, who is missing. It is one
    file, which any browser opens.

    \b
    Example:  thep-forms report 2026-27 -o page.html --records records-2026-27 --schools members.csv
    """
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.files import write_private
    from thep_forms.office.report import page
    from thep_forms.office.report import report as make
    from thep_forms.office.status import statuses_today
    from thep_forms.records import Records, open_for_reading
    from thep_forms.register import read_register

    definition, chosen = Definitions.of_today(templates), MembershipYear.parse(year)
    replaceable(output, b"<!DOCTYPE html>")
    members = read_register(schools, definition)
    with open_for_reading(records, definition) as ledger:
        found = statuses_today(ledger, definition, chosen, members, datetime.now(UTC).date())
        made = make(definition(chosen), found, Records(ledger, definition), redacted=redacted)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_private(output, page(made, templates).encode())
    click.echo(output)
    if not redacted:
        click.echo("It holds personal data: pass it on in the office alone, or make one with --redacted.", err=True)
