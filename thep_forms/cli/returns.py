"""The command for the forms that came back: `ingest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from thep_forms.cli.errors import CommandError, ExitCode, stopped_as_message
from thep_forms.cli.mailboxes import opened_by_user, path_or_mailbox, sign_in_option
from thep_forms.cli.options import (
    REGISTER_LIST,
    Seconds,
    WholeNumber,
    ask_password,
    records_option,
    templates_option,
    year_option,
)
from thep_forms.cli.output import count_of, message, printable
from thep_forms.cli.tasks import print_tasks
from thep_forms.defaults import MEGABYTES_FOR_A_FILE, SECONDS_FOR_A_FILE

if TYPE_CHECKING:
    from thep_forms.definition import MembershipYear
    from thep_forms.office.arrivals.mailboxes import Places
    from thep_forms.office.arrivals.summary import Summary
    from thep_forms.sign_in.providers import ProviderName
    from thep_forms.sources import SourceFile
    from thep_forms.sources.mailbox.address import MailboxAddress


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=path_or_mailbox)
@records_option
@year_option
@click.option(
    "--schools",
    metavar="LIST",
    type=click.Path(path_type=Path),
    help=f"The member schools of the year that you collect: {REGISTER_LIST}. The records keep the list.",
)
@click.option("--password", is_flag=True, help="Ask for a password, and try it on locked files. It is not shown.")
@click.option(
    "--password-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Try each line of this text file as a password for locked files.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=Seconds(),
    default=SECONDS_FOR_A_FILE,
    show_default=True,
    help="The most processor time for one file.",
)
@click.option(
    "--memory",
    metavar="MEGABYTES",
    type=WholeNumber(256),
    default=MEGABYTES_FOR_A_FILE,
    show_default=True,
    help="The most memory for one file.",
)
@click.option(
    "--workers",
    metavar="N",
    type=WholeNumber(1, 256),
    help="The number of files to read at the same time. Without it, one for each processor.",
)
@click.option(
    "--move-to",
    metavar="FOLDER",
    default="",
    help="Move messages that were read to this folder of the mailbox. Without it, they stay where they are, unread.",
)
@sign_in_option
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Read the files on a Dask cluster. ADDRESS is the address of its scheduler, such as tls://host:8786.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Also try again what took too much time or memory in an earlier run. Give it more with --timeout or --memory.",
)
@templates_option
@stopped_as_message("Stopped. Nothing is lost: run ingest again to read the rest.")
def ingest(
    sources: tuple[Path | MailboxAddress, ...],
    records: Path,
    year: MembershipYear | None,
    schools: Path | None,
    password: bool,
    password_file: Path | None,
    timeout: float,
    memory: int,
    workers: int | None,
    move_to: str,
    sign_in: ProviderName | None,
    dask: str | None,
    again: bool,
    templates: Path | None,
) -> None:
    """Read the forms that came back into tables.

    A SOURCE is a folder or a file. In a folder, the program reads every file, and those in the folders inside it. A
    file can be a PDF, a zip, an e-mail (.eml, .msg) or a mailbox (mbox), and they may be packed into each other. A
    SOURCE can also be a mailbox, such as imaps://office@mail.example.org/INBOX: the program reads its new messages.

    \b
    Exit code 0: nothing needs attention.
    Exit code 1: something needs attention. The command lists it.
    Exit code 2: wrong usage, or a SOURCE does not exist or cannot be read to its end.
    Exit code 130: you stopped the command with Ctrl-C.
    Example:  thep-forms ingest inbox -o records-2026-27 --year 2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.arrivals.ingest import ingest as ingest_files
    from thep_forms.work import Limits

    if dask and workers:
        raise click.UsageError("Leave out --workers or --dask: a Dask cluster has its own workers.")
    passwords = password_file.read_text(encoding="utf-8-sig").splitlines() if password_file else []
    passwords += [_ask_password_of_files()] if password else []
    summary = ingest_files(
        records,
        [source for source in sources if isinstance(source, Path)],
        definitions=Definitions.of_today(templates, records),
        register=schools,
        year=year,
        limits=Limits(timeout, memory),
        workers=workers,
        passwords=passwords,
        dask=dask,
        again=again,
        mailboxes=opened_by_user(sources, move_to, sign_in, records, templates),
        progress=reading_progress,
        on_page=page_progress,
    )
    print_summary(summary)
    _end(summary)


def _end(summary: Summary) -> NoReturn:
    """End the command. Raises `CommandError` where a mailbox was not read to its end."""
    if summary.failures:
        raise CommandError(printable(" ".join(summary.failures)))
    sys.exit(ExitCode.DONE if summary.all_accepted else ExitCode.NEEDS_ATTENTION)


def _ask_password_of_files() -> str:
    if_missing = "Nothing was read, because there is no password. In a script, use --password-file."
    return ask_password("Password of the locked files", if_missing)


def reading_progress(files: Places) -> Iterator[SourceFile]:
    """The files to read, with a progress bar on a terminal and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield from files
        return
    with click.progressbar(files, label="Reading", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def page_progress(done: int, total: int) -> None:
    """How many pages of a pile of scans are read, in one line of a terminal, and nothing in a pipe."""
    if sys.stderr.isatty():
        click.echo(f"\rReading page {min(done + 1, total)} of {total}  ", nl=done == total, err=True)


def print_summary(summary: Summary) -> None:
    """Print how many files have each verdict, and which returns need attention."""
    total = sum(summary.verdicts.values())
    message(f"{count_of(total, 'file')} in {summary.records}, {summary.new} of them new{':' if total else '.'}")
    for verdict, count in sorted(summary.verdicts.items()):
        message(f"  {count:6}  {verdict.replace('_', ' ')}")
    if summary.entered:
        message(f"The office entered {count_of(summary.entered, 'return')} beside these.")
    if summary.asked:
        forms = f"{count_of(summary.asked, 'accepted return')} {'has' if summary.asked == 1 else 'have'}"
        message(f"{forms} questions left. problems.csv has them: correct or confirm the answers.")
    if summary.discarded:
        message(
            f"{count_of(summary.discarded, 'file')} came in messages that lie in Trash or Spam, or were deleted. They "
            "are passed over. Move a message out of there if it holds a return, and export the mail again."
        )
    if summary.forgotten:
        was = "was" if summary.forgotten == 1 else "were"
        message(f"{count_of(summary.forgotten, 'file')} {was} deleted with forget before, so not taken in again.")
    if summary.overran:
        message(
            f"{count_of(summary.overran, 'file')} took too much time or memory. The next run does not try again. "
            "To try again, run ingest with --again."
        )
    for year, count in sorted(summary.of_years_before.items()):
        message(
            f"{count_of(count, 'new form')} for {year}, a year that is over: its tables have what they say. "
            "If you collect another year, use --year with ingest. "
            "If a school used the old form, see thep-forms assign --year."
        )
    if summary.tasks:
        count = len(summary.tasks)
        need = "needs" if count == 1 else "need"
        message(f"\n{count_of(count, 'file')} {need} you. problems.csv has the sentences to send to the schools.")
        print_tasks(summary.tasks, summary.records)
        message(f"You can do all this in your browser, too: thep-forms desk -o {summary.records}")
