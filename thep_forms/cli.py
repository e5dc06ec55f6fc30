"""The command line: options, progress, messages and exit codes. Rules of any kind live elsewhere.

Imports of the rooms stand inside the commands, so that `--help` is there at once.
"""

from __future__ import annotations

import errno
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from thep_forms import __version__
from thep_forms.errors import ThepFormsError

if TYPE_CHECKING:
    from thep_forms.care import Disposal
    from thep_forms.collect import Place
    from thep_forms.ingest import Summary
    from thep_forms.keep.tables import Returned
    from thep_forms.status import Standing

P = ParamSpec("P")
T = TypeVar("T")
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows knows no quotas
SHOWN = 20  # returns listed one by one at the end of a run


class ExitCode(IntEnum):
    """What `ingest` tells a script."""

    ALL_ACCEPTED = 0
    NEEDS_ATTENTION = 1
    WRONG_USAGE = 2


class Complaint(click.ClickException):
    """An error that the user can mend, as one line."""

    exit_code = ExitCode.WRONG_USAGE


@contextmanager
def _messages() -> Iterator[None]:
    """The package's errors, and those of the file system, as one line and an exit code."""
    try:
        yield
    except ThepFormsError as error:
        raise Complaint(_printable(str(error))) from error
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except OSError as error:
        if error.errno in FULL:
            raise Complaint("The disk is full. Nothing is half-written: make room, and run again.") from error
        where = f"{error.filename}: " if error.filename else ""
        what = error.strerror or str(error)
        raise Complaint(_printable(f"{where}{what}. Nothing is half-written; mend it and run again.")) from error
    except Exception as error:
        # A fault of the program. Its words may hold what a school typed: its kind and its place are told alone.
        place = extract_tb(error.__traceback__)[-1]
        raise Complaint(
            f"The program itself failed: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}. "
            "Nothing is half-written. Please tell whoever looks after it."
        ) from error


def _telling(command: Callable[P, T]) -> Callable[P, T]:
    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        with _messages():
            return command(*args, **kwargs)

    return told


def _printable(text: str) -> str:
    """The text without anything that a terminal would act on."""
    return "".join(char if char.isprintable() else "�" for char in text)


templates_option = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own templates; what it lacks is taken from the shipped ones.",
)
records_option = click.option(
    "-o",
    "--records",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder that holds everything about the returns; made if it is not there.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thep-forms")
def main() -> None:
    """Membership forms: make the year's PDF, and turn the forms that come back into tables.

    \b
    Start with:  thep-forms demo
    """


@main.command()
@click.argument("year")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to put it."
)
@click.option("--continuation", type=click.IntRange(0, 200), metavar="N", help="Room for N more senior leaders.")
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    help="One copy a school, with what is known of it: a CSV, or the folder of last year's records.",
)
@templates_option
@_telling
def generate(year: str, output: Path, continuation: int | None, schools: Path | None, templates: Path | None) -> None:
    """Make the fillable form of a YEAR.

    \b
    Example:  thep-forms generate 2026-27 -o forms
    For each school:  thep-forms generate 2026-27 -o forms --schools members.csv
    """
    from thep_forms.definition import load_definition
    from thep_forms.generate import generate as make
    from thep_forms.keep.files import write_whole

    if schools:
        _generate_copies(year, output, continuation, schools, templates)
        return
    definition = load_definition(year, templates)
    data = make(definition, more=continuation)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{definition.year} {definition.form.title}.pdf"
    write_whole(path, data)
    click.echo(path)


def _generate_copies(year: str, output: Path, more: int | None, schools: Path, templates: Path | None) -> None:
    """A copy for each school; they hold what schools told, so nobody else may read them."""
    from thep_forms.copies import copies
    from thep_forms.definition import load_definition
    from thep_forms.keep.files import PRIVATE_FOLDER, write_private
    from thep_forms.register import read_register

    definition = load_definition(year, templates, prefilled=True)
    members = read_register(schools, lambda other: load_definition(other or definition.year, templates))
    made = copies(definition, members, more)
    output.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for name, data in made:
        write_private(output / name, data)
        click.echo(output / name)
    click.echo(f"{len(members)} forms, one for each school.", err=True)


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(path_type=Path))
@records_option
@click.option(
    "--schools",
    type=click.Path(path_type=Path),
    help="The member schools: a CSV with a column dfe_number, or the folder of last year's records.",
)
@click.option("--password", is_flag=True, help="Ask for a password for locked files; it is not shown.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file of passwords for locked files, one a line.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30, show_default=True, help="Seconds for one file.")
@click.option("--memory", type=click.IntRange(min=256), default=1024, show_default=True, help="Megabytes for one file.")
@click.option("--workers", type=click.IntRange(1, 256), help="Files read at the same time; else one a processor.")
@templates_option
@_telling
def ingest(
    sources: tuple[Path, ...],
    records: Path,
    schools: Path | None,
    password: bool,
    password_file: Path | None,
    timeout: float,
    memory: int,
    workers: int | None,
    templates: Path | None,
) -> None:
    """Read the forms that came back into tables.

    A SOURCE is a folder, which is searched in depth, or a file: a PDF, or a zip, an e-mail (.eml, .msg) or an mbox.
    The files in these are read, however they are packed into each other.

    \b
    Exit code 0: all accepted; 1: some need attention; 2: wrong usage, or a SOURCE that does not exist.
    Example:  thep-forms ingest inbox -o records-2026-27
    """
    from thep_forms.ingest import Ingester
    from thep_forms.work import Limits

    passwords = password_file.read_text(encoding="utf-8-sig").splitlines() if password_file else []
    if password:
        passwords.append(click.prompt("Password of the locked files", hide_input=True, err=True))
    ingester = Ingester(records, templates, Limits(timeout, memory), workers, passwords)
    summary = ingester.ingest(sources, schools, _progress)
    _report(summary)
    sys.exit(ExitCode.ALL_ACCEPTED if summary.all_accepted else ExitCode.NEEDS_ATTENTION)


@main.command()
@click.argument("return_id")
@records_option
@templates_option
@_telling
def prefer(return_id: str, records: Path, templates: Path | None) -> None:
    """Say which of a school's returns counts.

    RETURN_ID is the one that counts over the others; the column return_id of returns.csv has it.

    \b
    Example:  thep-forms prefer 0123456789abcdef -o records-2026-27
    """
    from thep_forms.ingest import Ingester

    Ingester(records, templates).prefer(return_id)
    click.echo(f"The return {return_id} counts now.", err=True)


@main.command()
@click.argument("year")
@records_option
@click.option(
    "--schools",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The member schools: a CSV, or the folder of last year's records.",
)
@click.option("--csv", "as_csv", is_flag=True, help="A table for other programs.")
@templates_option
@_telling
def status(year: str, records: Path, schools: Path, as_csv: bool, templates: Path | None) -> None:
    """See who has returned the form of a YEAR.

    Every member school is there, those that need something first.

    \b
    Example:  thep-forms status 2026-27 -o records-2026-27 --schools members.csv
    """
    from thep_forms.definition import MembershipYear
    from thep_forms.ingest import Ingester
    from thep_forms.keep import Ledger, Records
    from thep_forms.register import read_register
    from thep_forms.status import by_phase, statuses, table

    definition = Ingester(records, templates).examiner.definition
    members = read_register(schools, definition)
    with Ledger.existing(records) as ledger:
        found = statuses(MembershipYear.parse(year), members, Records(ledger, definition).returns)
    if as_csv:
        click.echo(table(found).csv(), nl=False)
        return
    for one in found:
        name = _printable(one.member.known.get("school_name", ""))
        click.echo(f"{one.member.dfe_number}  {one.standing.replace('_', ' '):16}{name}")
        if one.why:
            click.echo(f"{'':10}{_printable(one.why)}")
    click.echo()
    for phase, counted in by_phase(found).items():
        click.echo(f"{phase.replace('_', ' ') or 'phase not known':16}{_counts(counted)}")
    click.echo(f"{'all':16}{_counts(Counter(one.standing for one in found))}")


def _counts(counted: Counter[Standing]) -> str:
    told = [f"{standing.replace('_', ' ')} {counted[standing]}" for standing in sorted(counted)]
    return f"{counted.total():4}  {', '.join(told)}"


@main.command("mailing-list")
@click.argument("year")
@records_option
@click.option("--role", "roles", multiple=True, help="Only these roles, such as headteacher; may be given again.")
@click.option("--phase", "phases", multiple=True, help="Only schools of these phases, such as primary.")
@templates_option
@_telling
def mailing_list(
    year: str, records: Path, roles: tuple[str, ...], phases: tuple[str, ...], templates: Path | None
) -> None:
    """Write the contacts of a YEAR as a CSV for Mailchimp or Outlook.

    One row a person and address, from the accepted returns.

    \b
    Example:  thep-forms mailing-list 2026-27 -o records-2026-27 --role headteacher > heads.csv
    """
    from thep_forms.definition import MembershipYear
    from thep_forms.ingest import Ingester
    from thep_forms.keep import Ledger, Records
    from thep_forms.mailing import mailing_list as make

    definition, chosen = Ingester(records, templates).examiner.definition, MembershipYear.parse(year)
    with Ledger.existing(records) as ledger:
        table = make(chosen, Records(ledger, definition).returns, definition(chosen), roles, phases)
    click.echo(table.csv(), nl=False)
    click.echo(f"{len(table.rows)} addresses.", err=True)


@main.command()
@records_option
@templates_option
@_telling
def verify(records: Path, templates: Path | None) -> None:
    """Prove that the records are whole and unchanged.

    Every PDF that came in is there and matches its hash, the ledger is sound, and the tables are what it says.

    \b
    Exit code 0: all is well; 1: something is not, and is told of; 2: no such records.
    Example:  thep-forms verify -o records-2026-27
    """
    from thep_forms.care import faults
    from thep_forms.ingest import Ingester

    found = list(faults(records, Ingester(records, templates).examiner.definition))
    for fault in found:
        click.echo(_printable(fault), err=True)
    if found:
        sys.exit(ExitCode.NEEDS_ATTENTION)
    click.echo("All is well: every file matches its hash, and the tables are what the ledger says.", err=True)


@main.command()
@records_option
@click.option("--school", metavar="DFE", help="The school to be forgotten, by its DfE number, such as 211/1234.")
@click.option("--before", metavar="YEAR", help="The membership years before this one are to be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@templates_option
@_telling
def forget(records: Path, school: str | None, before: str | None, yes: bool, templates: Path | None) -> None:
    """Dispose of a school's data, or of old years', for good.

    It goes from the ledger, from the tables, and the PDFs from the archive. With both options, of the school's old
    years alone. What would go is told before it goes. If it is cut off, run it again.

    \b
    Exit code 0: done, or you said no; 2: nobody was there to be asked, or wrong usage.
    Example:  thep-forms forget -o records-2026-27 --school 211/1234
    """
    from thep_forms.care import forget as dispose
    from thep_forms.definition import MembershipYear
    from thep_forms.ingest import Ingester

    if not (school or before):
        raise Complaint("Say what is to be forgotten: --school 211/1234, or --before 2025-26, or both.")

    def confirmed(disposal: Disposal) -> bool:
        _tell(disposal)
        if yes or not disposal.returns:
            return True
        try:
            return click.confirm("Dispose of them for good?", err=True)
        except click.Abort as error:
            raise Complaint("Nothing was changed, for nobody said yes. For a script, there is --yes.") from error

    definition = Ingester(records, templates).examiner.definition
    year = MembershipYear.parse(before) if before else None
    if dispose(records, definition, school, year, confirmed):
        click.echo("Done. Copies elsewhere, such as in your mailbox or your backups, are not ours to delete.", err=True)
    else:
        click.echo("Nothing was changed.", err=True)


def _tell(disposal: Disposal) -> None:
    """What would go, for a person to confirm."""
    click.echo(
        f"This would dispose of {_some(len(disposal.returns), 'return')} and {_some(len(disposal.files), 'PDF')}"
        f"{':' if disposal.returns else '; what may be left of them is cleared away.'}",
        err=True,
    )
    _tell_by_school(disposal.returns)
    if disposal.shared:
        click.echo("The same PDFs hold these too, which stay in the tables, but without their PDF:", err=True)
        _tell_by_school(disposal.shared)
    if disposal.unplaced:
        told = _some(disposal.unplaced, "file")
        click.echo(f"Not touched: {told} whose school or year nobody knows. See returns.csv.", err=True)
    if disposal.unknown:
        told = _some(disposal.unknown, "file")
        click.echo(f"Not touched: {told} in the archive that the ledger does not know. See verify.", err=True)


def _tell_by_school(returns: Sequence[Returned]) -> None:
    """Each school by its name and number, with its returns."""
    for number in sorted({one.dfe_number for one in returns}):
        theirs = sorted((one for one in returns if one.dfe_number == number), key=lambda one: one.year)
        names = [one.entry.checked.school.get("school_name", "") for one in theirs if one.entry.checked]
        name = next(filter(None, reversed(names)), "A school without a name")
        click.echo(f"  {_printable(name)} ({number or 'no number'})", err=True)
        for one in theirs:
            more = f" (came {len(one.arrivals)} times)" if len(one.arrivals) > 1 else ""
            source = _printable(one.arrivals[0].source)
            click.echo(f"    {one.year or 'no year'}  {one.entry.return_id}  {source}{more}", err=True)


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@main.command()
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True
)
@_telling
def demo(output: Path) -> None:
    """See it work: make a form, read the samples.

    \b
    Example:  thep-forms demo -o demo
    """
    from thep_forms.definition import load_definition, shipped
    from thep_forms.generate import generate as make
    from thep_forms.ingest import Ingester
    from thep_forms.keep.files import write_whole

    output.mkdir(parents=True, exist_ok=True)
    definition = load_definition("2026-27")
    form = output / f"{definition.year} {definition.form.title}.pdf"
    write_whole(form, make(definition))
    returns, records = output / "returns", output / "records"
    shutil.copytree(shipped("samples") / "returns", returns, dirs_exist_ok=True)
    summary = Ingester(records).ingest([returns], shipped("samples") / "schools.csv", _progress)
    _report(summary)
    click.echo("\nLook at these (all people and schools in them are invented):", err=True)
    for path, what in (
        (form, "the form, to be filled in with any PDF viewer"),
        (returns, "the sample returns that were read"),
        (records / "schools.csv", "one row for each school whose form was accepted"),
        (records / "contacts.csv", "their contacts, one row for each person and role"),
        (records / "problems.csv", "what to write back to the schools about"),
        (records / "returns.csv", "what became of every file"),
    ):
        click.echo(f"  {path}\n      {what}", err=True)


def _progress(places: Sequence[Place]) -> Iterator[Place]:
    """The places to be read, with a bar on a terminal and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield from places
        return
    with click.progressbar(places, label="Reading", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _report(summary: Summary) -> None:
    """The short table at the end, for a person."""
    total = sum(summary.verdicts.values())
    click.echo(f"{total} files in {summary.records}, {summary.new} of them new:", err=True)
    for verdict, count in sorted(summary.verdicts.items()):
        click.echo(f"  {count:6}  {verdict.replace('_', ' ')}", err=True)
    if not summary.attention:
        return
    click.echo("\nTo look at (problems.csv has the sentences to send):", err=True)
    for one in summary.attention[:SHOWN]:
        codes = ", ".join(dict.fromkeys(problem.code for problem in one.problems if problem.severity == "error"))
        why = codes or str(one.verdict)
        click.echo(f"  {_printable(one.arrivals[0].source)}: {why.replace('_', ' ')}", err=True)
    if len(summary.attention) > SHOWN:
        click.echo(f"  and {len(summary.attention) - SHOWN} more, in returns.csv", err=True)
