"""The command `email`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.errors import CommandError, ExitCode, stopped_as_message
from thep_forms.cli.mailboxes import account_of, folder_or_mailbox, mailbox_account, sign_in_option
from thep_forms.cli.options import (
    REGISTER_LIST,
    WholeNumber,
    ask_password,
    records_option,
    register_list_option,
    reminder_options,
    templates_option,
    year_argument,
)
from thep_forms.cli.output import count_of, message, printable, school_name, warn_of_dates, warn_of_example_address
from thep_forms.defaults import (
    MESSAGES_A_MINUTE,
    SMTP_HOST_VARIABLE,
    SMTP_PORT,
    SMTP_PORT_VARIABLE,
    SMTP_USER_VARIABLE,
)

if TYPE_CHECKING:
    from thep_forms.definition import MembershipYear
    from thep_forms.office.schools.school_status import ReminderRule, SchoolStatus
    from thep_forms.office.sending.email import Mailing
    from thep_forms.office.sending.mail_plan import MailPlan, MailRequest
    from thep_forms.send import Delivery, Server
    from thep_forms.sign_in.providers import ProviderName
    from thep_forms.sources.mailbox.address import MailboxAddress

PASSWORD_VARIABLE = "THEP_FORMS_SMTP_PASSWORD"  # noqa: S105 - the name of the variable
MESSAGE_END = "-" * 76


@click.command()
@year_argument
@register_list_option(f"The member schools, if the records have no list of the YEAR: {REGISTER_LIST}.")
@records_option
@click.option(
    "--drafts",
    metavar="FOLDER|MAILBOX",
    type=folder_or_mailbox,
    help="Write the messages as drafts (.eml) into this folder, or into the drafts of a mailbox, such as "
    "imaps://office@mail.example.org, to send with your own mail program.",
)
@click.option("--send", is_flag=True, help="Send the messages through a mail server.")
@click.option("--dry-run", is_flag=True, help="Show the messages. The program sends and notes nothing.")
@click.option(
    "--only",
    multiple=True,
    metavar="DFE",
    help="Write only to the school with this DfE number, such as 211/1234. You can repeat this option.",
)
@click.option(
    "--again", is_flag=True, help="Write also to schools that were written to before, or that have returned a form."
)
@click.option("--chase", is_flag=True, help="Send reminders, to the schools that `status --chase` lists.")
@reminder_options
@click.option(
    "--rate",
    type=WholeNumber(1),
    metavar="N",
    default=MESSAGES_A_MINUTE,
    show_default=True,
    help="The most messages to send in a minute.",
)
@click.option("--smtp-host", metavar="HOST", envvar=SMTP_HOST_VARIABLE, show_envvar=True, help="The mail server.")
@click.option(
    "--smtp-port",
    metavar="PORT",
    type=WholeNumber(1, 65535),
    default=SMTP_PORT,
    show_default=True,
    envvar=SMTP_PORT_VARIABLE,
    show_envvar=True,
    help="The port of the mail server. Port 465 uses TLS from the start, other ports use STARTTLS.",
)
@click.option(
    "--smtp-user",
    metavar="NAME",
    default="",
    envvar=SMTP_USER_VARIABLE,
    show_envvar=True,
    help=f"Your user name on the mail server. The program takes the password from {PASSWORD_VARIABLE}, or asks for it.",
)
@sign_in_option
@templates_option
@stopped_as_message("Stopped. Nothing is lost: run email again. It writes to no school twice.")
def email(
    year: MembershipYear,
    schools: Path | None,
    records: Path,
    drafts: Path | MailboxAddress | None,
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
    sign_in: ProviderName | None,
    templates: Path | None,
) -> None:
    """Write to every school, with its form of a YEAR attached.

    Choose one of --drafts, --send and --dry-run. You can run the command again: it writes to no school twice.

    \b
    Exit code 0: every school that needs a message has one.
    Exit code 1: some schools have none, or perhaps none. The command lists them.
    Exit code 2: wrong usage, or the mail server cannot be used.
    Exit code 130: you stopped the command with Ctrl-C.
    Example:  thep-forms email 2026-27 --schools members.csv -o records-2026-27 --drafts drafts
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.schools.school_status import ReminderRule
    from thep_forms.office.sending.email import preview_messages
    from thep_forms.office.sending.mail_plan import FormMessages, MailRequest

    if sum((drafts is not None, send, dry_run)) != 1:
        raise CommandError("Choose one thing to do with the messages: --drafts DIR, or --send, or --dry-run.")
    if again and chase:
        raise CommandError("Leave --again out. --chase reminds each school again when it is time.")
    what = ReminderRule(at_most, apart) if chase else FormMessages(again)
    request = MailRequest(year, schools, records, Definitions.of_today(templates, records), what, only)
    if drafts:
        mailing = _draft(request, drafts, sign_in)
    elif send:
        mailing = _send(request, smtp_host, smtp_port, smtp_user, rate, sign_in)
    else:
        mailing = preview_messages(request)
        _print_previews(mailing)
    warn_of_example_address(mailing.example_address)
    warn_of_dates(mailing.date_warning)
    _print_plan(mailing.plan, what if isinstance(what, ReminderRule) else None)
    if mailing.needs_attention:
        sys.exit(ExitCode.NEEDS_ATTENTION)


def _print_drafts(number: int, where: str) -> None:
    count = count_of(number, "new draft") if number else "No new drafts"
    message(f"{count} in {where}.")


def _draft(request: MailRequest, place: Path | MailboxAddress, sign_in: ProviderName | None) -> Mailing:
    """Write the messages as drafts into a folder, and print the path of each, or put them into a mailbox."""
    from thep_forms.office.sending.email import draft_messages

    if not isinstance(place, Path):
        return _put_drafts(request, place, sign_in)
    mailing = draft_messages(request, place, click.echo)
    _print_drafts(len(mailing.drafts), f"the folder {place}")
    return mailing


def _put_drafts(request: MailRequest, address: MailboxAddress, sign_in: ProviderName | None) -> Mailing:
    """Put the messages into the drafts of a mailbox, and print the school of each."""
    from thep_forms.office.sending.mailbox_drafts import put_drafts
    from thep_forms.send import DraftsFolder

    def folder() -> DraftsFolder:
        account = mailbox_account(address, sign_in, request.records, request.definitions.templates)
        return DraftsFolder(address, account)

    mailing = put_drafts(request, folder, lambda draft: message(school_name(draft.dfe_number, draft.school)))
    _print_drafts(mailing.in_mailbox, "the mailbox, among the drafts")
    return mailing


def _print_previews(mailing: Mailing) -> None:
    for text in mailing.previews:
        click.echo("\n".join(map(printable, text.splitlines())))
        click.echo(f"\n{MESSAGE_END}\n")
    count = count_of(len(mailing.previews), "message") if mailing.previews else "No message to write"
    message(f"{count}. Nothing was sent.")


def _send(
    request: MailRequest, host: str | None, port: int, user: str, rate: int, sign_in: ProviderName | None
) -> Mailing:
    """Send the messages, and print the result of each."""
    from thep_forms.errors import RecipientsError
    from thep_forms.office.sending.email import CutShortError, send_messages
    from thep_forms.send import Server
    from thep_forms.sources.mailbox.address import is_host

    if not host or not is_host(host):
        raise CommandError(f"Enter the mail server: --smtp-host mail.example.org, or set {SMTP_HOST_VARIABLE}.")
    if sign_in and not user:
        raise CommandError(f"Enter who signs in: --smtp-user office@example.org, or set {SMTP_USER_VARIABLE}.")

    def server() -> Server:
        if not sign_in:
            return _server(host, port, user)
        account = account_of(user, sign_in, request.records, request.definitions.templates)
        return Server.at(host, port, user, tokens=account.tokens)

    try:
        mailing = send_messages(request, server, rate, _print_delivery, _print_pause)
    except RecipientsError as error:
        raise CommandError(f"{error} Use --only 211/1234; you can repeat it.") from error
    except CutShortError as error:
        rest = " for the rest" if error.sent else ""
        raise CommandError(printable(f"{error} Then run the same command again{rest}.")) from error
    if mailing.deliveries:
        message(f"{count_of(mailing.sent, 'message')} sent, {mailing.not_sent} not sent.")
    else:
        message("No message to send.")
    return mailing


def _server(host: str, port: int, user: str) -> Server:
    """The mail server. Asks for the password if it is needed and not in the environment."""
    from thep_forms.send import Server

    password = os.environ.get(PASSWORD_VARIABLE, "")
    if user and not password:
        if_missing = f"Nothing was sent, because there is no password. In a script, set {PASSWORD_VARIABLE}."
        password = ask_password(f"Password of {user}", if_missing)
    return Server.at(host, port, user, password)


def _print_pause(schools: int, seconds: float) -> None:
    message(f"The program tries {count_of(schools, 'school')} again in {seconds:.0f} seconds.")


def _print_delivery(delivery: Delivery) -> None:
    from thep_forms.office.sending.mail_words import delivery_in_words

    school = school_name(delivery.message.dfe_number, delivery.message.school)
    message(f"{school}: {printable(delivery_in_words(delivery))}")


def _print_plan(plan: MailPlan, reminder_rule: ReminderRule | None) -> None:
    """Print which schools were not written to, and why. `reminder_rule` is None where the form was sent."""
    from thep_forms.office.schools.school_status import Standing
    from thep_forms.office.sending.mail_words import skipped_in_words

    if plan.without_address:
        message("These schools have no e-mail address that can be used:")
        for status in plan.without_address:
            message(f"  {school_name(status.dfe_number, status.member.name)}")
        message("Enter an address for each in the column email of your list, and run the command again.")
    if plan.bounced:
        message("These schools get no message, because mail to their address bounced:")
        for status in plan.bounced:
            message(f"  {school_name(status.dfe_number, status.member.name)}: {printable('; '.join(status.bounced))}")
        message("Enter another address for each in the column email of your list, and run the command again.")
    if plan.uncertain:
        _print_uncertain(plan.uncertain)
    if plan.skipped:
        counts = plan.skipped_counts
        message(f"Not written to: {', '.join(skipped_in_words(plan.skipped, reminder_rule))}.")
        if counts[Standing.UNDELIVERABLE]:
            message("Mail to some addresses bounced: `status` lists them. Enter other addresses in your list.")
        if plan.skips_schools_with_form and not reminder_rule:
            message("To write to schools that have the form already, use --again.")


def _print_uncertain(uncertain: tuple[SchoolStatus, ...]) -> None:
    message(
        "An earlier run was cut off while it sent to these schools, so it is not known whether the message arrived. "
        "Ask the school, or look for the Message-ID in the log of the mail server. "
        "If nothing arrived, send it with --only and --again:"
    )
    for status in uncertain:
        message(f"  {school_name(status.dfe_number, status.member.name)}: {printable(status.why)}")
