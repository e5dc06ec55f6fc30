"""The command that writes to the schools."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.shared import (
    Complaint,
    ExitCode,
    Number,
    asked_password,
    chase_options,
    printable,
    records_option,
    some,
    telling,
    templates_option,
    warn_of_example,
)

if TYPE_CHECKING:
    from thep_forms.definition import Definitions, FormDefinition
    from thep_forms.records import Ledger
    from thep_forms.send import Delivery, Parcel, Plan, PostOffice, Server

VARIABLE = "THEP_FORMS_SMTP_PASSWORD"


@click.command()
@click.argument("year")
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The member schools, with a column email: a CSV or workbook, or last year's records.",
)
@records_option
@click.option(
    "--drafts",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write drafts (.eml) into this folder, for your own mail program.",
)
@click.option("--send", is_flag=True, help="Send them by a mail server.")
@click.option("--dry-run", is_flag=True, help="Show them; nothing is sent or noted.")
@click.option("--only", multiple=True, metavar="DFE", help="Only to this school, such as 211/1234; may be given again.")
@click.option("--again", is_flag=True, help="Also to schools that were written to before, or have returned a form.")
@click.option("--chase", is_flag=True, help="Send reminders, to the schools that `status --chase` lists.")
@chase_options
@click.option("--rate", type=Number(1), default=30, show_default=True, help="Messages a minute.")
@click.option("--smtp-host", envvar="THEP_FORMS_SMTP_HOST", show_envvar=True, help="The mail server.")
@click.option(
    "--smtp-port",
    type=Number(1, 65535),
    default=587,
    show_default=True,
    envvar="THEP_FORMS_SMTP_PORT",
    show_envvar=True,
    help="Its port; on 465 TLS is spoken from the start, on others it is begun with STARTTLS.",
)
@click.option(
    "--smtp-user",
    default="",
    envvar="THEP_FORMS_SMTP_USER",
    show_envvar=True,
    help=f"Who you are to it. The password is taken from {VARIABLE}, or asked for.",
)
@templates_option
@telling
def email(
    year: str,
    schools: Path,
    records: Path,
    drafts: Path | None,
    send: bool,
    dry_run: bool,
    only: tuple[str, ...],
    again: bool,
    chase: bool,
    at_most: int,
    apart: int,
    rate: int,
    smtp_host: str | None,
    smtp_port: int,
    smtp_user: str,
    templates: Path | None,
) -> None:
    """Write to every school, with its form of a YEAR attached.

    Give one of --drafts, --send and --dry-run. Nobody is written to twice, however often it is run.

    \b
    Exit code 0: all were written to; 1: some were not, and are told of; 2: wrong usage, or no mail server.
    Example:  thep-forms email 2026-27 --schools members.csv -o records-2026-27 --drafts drafts
    """
    from thep_forms.definition import Definitions, load_definition
    from thep_forms.office.status import statuses_today, to_chase
    from thep_forms.records import SentKind
    from thep_forms.register import read_register
    from thep_forms.send import PostOffice, members_named, parcels, plan_forms, plan_reminders

    _check_options(drafts, send, dry_run, only, again, chase, smtp_host)
    definitions = Definitions.of_today(templates)
    definition, today = load_definition(year, templates, prefilled=True), datetime.now(UTC).date()
    members = read_register(schools, definitions)
    if only:
        members = members_named(members, only, definition.partnership.dfe_prefix)
    with _ledger(records, definitions, dry_run) as ledger:
        found = statuses_today(ledger, definitions, definition.year, members, today)
        kind = SentKind.REMINDER if chase else SentKind.FORM
        plan = (
            plan_reminders(found, to_chase(found, at_most, apart, today)) if chase else plan_forms(found, again=again)
        )
        made = list(parcels(plan.chosen, definition, templates, kind, today))
        office = PostOffice(ledger, definition, kind)
        if drafts:
            all_written = _draft(office, made, drafts)
        elif send:
            all_written = _send(office, made, _server(smtp_host or "", smtp_port, smtp_user, made), rate)
        else:
            all_written = _show(made, definition)
    if made:
        warn_of_example(definition)
    if not (_tell_passed_over(plan, chase=chase) and all_written):
        sys.exit(ExitCode.NEEDS_ATTENTION)


def _check_options(
    drafts: Path | None,
    send: bool,
    dry_run: bool,
    only: Sequence[str],
    again: bool,
    chase: bool,
    smtp_host: str | None,
) -> None:
    if sum((drafts is not None, send, dry_run)) != 1:
        raise Complaint("Say what is to be done, and one thing alone: --drafts DIR, or --send, or --dry-run.")
    if send and not smtp_host:
        raise Complaint("Say which mail server sends: --smtp-host mail.example.org, or set THEP_FORMS_SMTP_HOST.")
    if again and chase:
        raise Complaint("--chase reminds each school anew when it is time. Leave --again out.")
    if again and send and not only:
        raise Complaint("To send again, say to which schools: --only 211/1234, which may be given more than once.")


@contextmanager
def _ledger(records: Path, definitions: Definitions, dry_run: bool) -> Iterator[Ledger]:
    """The ledger of the records, which are made if need be; for a dry run, one that nothing is noted in."""
    from thep_forms.records import Ledger, Records, Views, open_for_reading, open_for_writing
    from thep_forms.records.names import LEDGER

    if not dry_run:
        with open_for_writing(records, definitions, must_exist=False) as ledger:
            Views(records, Records(ledger, definitions)).write()
            yield ledger
    elif (records / LEDGER).is_file():
        with open_for_reading(records, definitions) as ledger:
            yield ledger
    else:
        from tempfile import TemporaryDirectory  # takes a while to be there

        with TemporaryDirectory() as folder, Ledger(Path(folder)) as ledger:
            yield ledger


def _server(host: str, port: int, user: str, made: Sequence[Parcel]) -> Server:
    """The mail server, with a password if there is something to send."""
    from thep_forms.send import IMPLICIT_TLS, Server

    password = os.environ.get(VARIABLE, "")
    if user and made and not password:
        otherwise = f"Nothing was sent, for nobody gave the password. For a script, set {VARIABLE}."
        password = asked_password(f"Password of {user}", otherwise)
    return Server(host, port, user, password, implicit_tls=port == IMPLICIT_TLS)


def _draft(office: PostOffice, made: Sequence[Parcel], folder: Path) -> bool:
    for path in office.draft(made, folder):
        click.echo(path)
    click.echo(f"{some(len(made), 'draft')} in {folder}.", err=True)
    return True


def _show(made: Sequence[Parcel], definition: FormDefinition) -> bool:
    from thep_forms.send import shown

    for parcel in made:
        lines = shown(parcel, definition.partnership).splitlines()
        click.echo("\n".join(map(printable, lines)) + f"\n\n{'-' * 76}\n")
    click.echo(f"{some(len(made), 'message')}; nothing was sent.", err=True)
    return True


def _send(office: PostOffice, made: Sequence[Parcel], server: Server, rate: int) -> bool:
    """Send them, telling of each; whether all were sent for sure."""
    from thep_forms.send import DeliveryOutcome

    def before_pause(schools: int, seconds: float) -> None:
        click.echo(f"{some(schools, 'school')} to be tried again in {seconds:.0f} seconds.", err=True)

    counted: Counter[DeliveryOutcome] = Counter()
    for delivery in office.send(made, server, rate, before_pause=before_pause):
        counted[delivery.answer.outcome] += 1
        click.echo(f"{_school(delivery.parcel.dfe_number, delivery.parcel.school)}: {_became(delivery)}", err=True)
    sent, not_sent = counted[DeliveryOutcome.SENT], counted.total() - counted[DeliveryOutcome.SENT]
    click.echo(f"{some(sent, 'message')} sent, {not_sent} not.", err=True)
    return not not_sent


def _became(delivery: Delivery) -> str:
    from thep_forms.send import DeliveryOutcome

    said = printable(delivery.answer.said)
    match delivery.answer.outcome:
        case DeliveryOutcome.SENT:
            return f"sent, {said}" if said else "sent"
        case DeliveryOutcome.REFUSED:
            return f"NOT sent: refused, {said}"
        case DeliveryOutcome.DEFERRED:
            return f"NOT sent: try again later, {said}"
        case DeliveryOutcome.UNCERTAIN:
            return f"perhaps sent: {said} on the way. Its Message-ID is {delivery.message_id}"


def _tell_passed_over(plan: Plan, *, chase: bool) -> bool:
    """Tell who is not written to; whether nobody is left out who should be."""
    from thep_forms.office.status import Standing

    if plan.without_address:
        click.echo("No e-mail address to write to is known of these:", err=True)
        for member in plan.without_address:
            click.echo(f"  {_school(member.dfe_number, member.name)}", err=True)
    uncertain = [one for one in plan.passed_over if one.standing is Standing.UNCERTAIN]
    if uncertain:
        click.echo(
            "A run was cut off while it sent to these. Ask the school, or look for the Message-ID in the mail server's "
            "log; if nothing came, send it with --only and --again:",
            err=True,
        )
        for one in uncertain:
            name = _school(one.member.dfe_number, one.member.name)
            click.echo(f"  {name}: {printable(one.why)}", err=True)
    counted = Counter(one.standing for one in plan.passed_over)
    if counted:
        told = (f"{standing.replace('_', ' ')} {counted[standing]}" for standing in sorted(counted))
        has_form = counted[Standing.DRAFTED] + counted[Standing.SENT] + counted[Standing.OVERDUE]
        more = " Those have the form; --again writes to them once more." if has_form and not chase else ""
        click.echo(f"Passed over: {', '.join(told)}.{more}", err=True)
    return not (plan.without_address or uncertain)


def _school(number: str, name: str) -> str:
    return printable(f"{number} {name}".rstrip())
