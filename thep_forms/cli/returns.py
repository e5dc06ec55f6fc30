"""Commands that take in the forms that came back."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.shared import (
    ExitCode,
    Number,
    asked_password,
    printable,
    records_option,
    returned_option,
    some,
    telling,
    templates_option,
)

if TYPE_CHECKING:
    from thep_forms.office.summary import Summary
    from thep_forms.sources import SourceFile

SHOWN = 20  # returns listed one by one at the end of a run


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(path_type=Path))
@records_option
@click.option(
    "--schools",
    type=click.Path(path_type=Path),
    help="The member schools: a CSV or workbook, an extract of GIAS, or the folder of last year's records.",
)
@click.option("--password", is_flag=True, help="Ask for a password for locked files; it is not shown.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file of passwords for locked files, one a line.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30, show_default=True, help="Seconds for one file.")
@click.option("--memory", type=Number(256), default=1024, show_default=True, help="Megabytes for one file.")
@click.option("--workers", type=Number(1, 256), help="Files read at the same time; else one a processor.")
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Read them on a Dask cluster: the address of its scheduler, such as tls://host:8786.",
)
@templates_option
@telling
def ingest(
    sources: tuple[Path, ...],
    records: Path,
    schools: Path | None,
    password: bool,
    password_file: Path | None,
    timeout: float,
    memory: int,
    workers: int | None,
    dask: str | None,
    templates: Path | None,
) -> None:
    """Read the forms that came back into tables.

    A SOURCE is a folder, which is searched in depth, or a file: a PDF, or a zip, an e-mail (.eml, .msg) or an mbox.
    The files in these are read, however they are packed into each other.

    \b
    Exit code 0: all accepted; 1: some need attention; 2: wrong usage, or a SOURCE that does not exist.
    Example:  thep-forms ingest inbox -o records-2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.ingest import ingest as read_into
    from thep_forms.work import Limits

    if dask and workers:
        raise click.UsageError("--workers is of this machine; a Dask cluster has its own. Leave one of the two out.")
    passwords = password_file.read_text(encoding="utf-8-sig").splitlines() if password_file else []
    if password:
        otherwise = "Nothing was read, for nobody gave the password. For a script, there is --password-file."
        passwords.append(asked_password("Password of the locked files", otherwise))
    summary = read_into(
        records,
        sources,
        definitions=Definitions.of_today(templates),
        register=schools,
        limits=Limits(timeout, memory),
        workers=workers,
        passwords=passwords,
        dask=dask,
        progress=_progress,
    )
    _report(summary)
    sys.exit(ExitCode.ALL_ACCEPTED if summary.all_accepted else ExitCode.NEEDS_ATTENTION)


@click.command()
@click.argument("return_id")
@returned_option
@templates_option
@telling
def prefer(return_id: str, records: Path, templates: Path | None) -> None:
    """Say which of a school's returns counts.

    RETURN_ID is the one that counts over the others; the column return_id of returns.csv has it.

    \b
    Example:  thep-forms prefer 0123456789abcdef -o records-2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.prefer import prefer as let_count

    let_count(records, return_id, Definitions.of_today(templates))
    click.echo(f"The return {return_id} counts now.", err=True)


@click.command()
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True
)
@telling
def demo(output: Path) -> None:
    """See it work: make a form, read the samples.

    \b
    Example:  thep-forms demo -o demo
    """
    from shutil import copytree

    from thep_forms.definition import Definitions, load_definition, shipped
    from thep_forms.files import write_whole
    from thep_forms.generate import generate as make
    from thep_forms.office.ingest import ingest as read_into

    output.mkdir(parents=True, exist_ok=True)
    definition = load_definition("2026-27")
    form = output / f"{definition.year} {definition.form.title}.pdf"
    write_whole(form, make(definition))
    returns, records = output / "returns", output / "records"
    copytree(shipped("samples") / "returns", returns, dirs_exist_ok=True)
    register = shipped("samples") / "schools.csv"
    summary = read_into(records, [returns], definitions=Definitions.of_today(), register=register, progress=_progress)
    _report(summary)
    click.echo("\nLook at these (all people and schools in them are invented):", err=True)
    for path, what in (
        (form, "the form, to be filled in with any PDF viewer"),
        (returns, "the sample returns that were read"),
        (records / "records.xlsx", "all of the tables, as a workbook for Excel"),
        (records / "schools.csv", "one row for each school whose form was accepted"),
        (records / "contacts.csv", "their contacts, one row for each person and role"),
        (records / "problems.csv", "what to write back to the schools about"),
        (records / "returns.csv", "what became of every file"),
    ):
        click.echo(f"  {path}\n      {what}", err=True)


def _progress(places: Sequence[SourceFile]) -> Iterator[SourceFile]:
    """The places to be read, with a bar on a terminal and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield from places
        return
    with click.progressbar(places, label="Reading", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _report(summary: Summary) -> None:
    """The short table at the end, for a person."""
    total = sum(summary.verdicts.values())
    click.echo(
        f"{some(total, 'file')} in {summary.records}, {summary.new} of them new{':' if total else '.'}", err=True
    )
    for verdict, count in sorted(summary.verdicts.items()):
        click.echo(f"  {count:6}  {verdict.replace('_', ' ')}", err=True)
    if not summary.attention:
        return
    click.echo("\nTo look at (problems.csv has the sentences to send):", err=True)
    shown = sorted(summary.attention, key=lambda one: not one.is_new)[:SHOWN]
    new = sum(one.is_new for one in shown)
    for number, one in enumerate(shown):
        if number == new > 0:
            click.echo("From before:", err=True)
        click.echo(f"  {printable(one.source)}: {', '.join(one.why).replace('_', ' ')}", err=True)
    if len(summary.attention) > SHOWN:
        click.echo(f"  and {len(summary.attention) - SHOWN} more, in returns.csv", err=True)
