"""Commands that care for the records."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.shared import Complaint, ExitCode, printable, returned_option, some, telling, templates_option

if TYPE_CHECKING:
    from thep_forms.office.forget import Disposal
    from thep_forms.records import Returned


@click.command()
@returned_option
@templates_option
@telling
def verify(records: Path, templates: Path | None) -> None:
    """Prove that the records are whole and unchanged.

    Every PDF that came in is there and matches its hash, the ledger is sound, and the tables are what it says.

    \b
    Exit code 0: all is well; 1: something is not, and is told of; 2: no such records.
    Example:  thep-forms verify -o records-2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.verify import faults

    found = list(faults(records, Definitions.of_today(templates)))
    for fault in found:
        click.echo(printable(fault), err=True)
    if found:
        sys.exit(ExitCode.NEEDS_ATTENTION)
    click.echo("All is well: every file matches its hash, and the tables are what the ledger says.", err=True)


@click.command()
@returned_option
@click.option("--school", metavar="DFE", help="The school to be forgotten, by its DfE number, such as 211/1234.")
@click.option("--before", metavar="YEAR", help="The membership years before this one are to be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@templates_option
@telling
def forget(records: Path, school: str | None, before: str | None, yes: bool, templates: Path | None) -> None:
    """Dispose of a school's data, or of old years', for good.

    It goes from the ledger, from the tables, and the PDFs from the archive. With both options, of the school's old
    years alone. What would go is told before it goes. If it is cut off, run it again.

    \b
    Exit code 0: done, or you said no; 2: nobody was there to be asked, or wrong usage.
    Example:  thep-forms forget -o records-2026-27 --school 211/1234
    """
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.office.forget import forget as dispose

    if not (school or before):
        raise Complaint("Say what is to be forgotten: --school 211/1234, or --before 2025-26, or both.")

    def confirmed(disposal: Disposal) -> bool:
        _tell(disposal)
        if yes or disposal.is_empty:
            return True
        try:
            return click.confirm("Dispose of them for good?", err=True)
        except click.Abort as error:
            raise Complaint("Nothing was changed, for nobody said yes. For a script, there is --yes.") from error

    definition = Definitions.of_today(templates)
    year = MembershipYear.parse(before) if before else None
    disposal = dispose(records, definition, school, year, confirmed)
    if disposal and disposal.is_empty:
        click.echo("There was nothing to dispose of. Check the number and the year.", err=True)
    elif disposal:
        click.echo("Done. Copies elsewhere, such as in your mailbox or your backups, are not ours to delete.", err=True)
    else:
        click.echo("Nothing was changed.", err=True)


def _tell(disposal: Disposal) -> None:
    """What would go, for a person to confirm."""
    noted = f", and of what is noted of {some(len(disposal.messages), 'e-mail')}" if disposal.messages else ""
    noted += f", and of what your list told of {some(len(disposal.members), 'school')}" if disposal.members else ""
    copies = len(disposal.ledger_copies)
    noted += f", and of {some(copies, 'ledger')} that an earlier version of the program wrote" if copies else ""
    click.echo(
        f"This would dispose of {some(len(disposal.returns), 'return')} and {some(len(disposal.files), 'PDF')}{noted}"
        f"{':' if disposal.returns else '; what may be left of them is cleared away.'}",
        err=True,
    )
    _tell_by_school(disposal.returns, disposal.names)
    if disposal.shared:
        click.echo("The same PDFs hold these too, which stay in the tables, but without their PDF:", err=True)
        _tell_by_school(disposal.shared, disposal.names)
    if disposal.unplaced:
        told = some(disposal.unplaced, "file")
        click.echo(f"Not touched: {told} whose school or year nobody knows. See returns.csv.", err=True)
    if disposal.unknown:
        told = some(disposal.unknown, "file")
        click.echo(f"Not touched: {told} in the archive that the ledger does not know. See verify.", err=True)


def _tell_by_school(returns: Sequence[Returned], names: Mapping[str, str]) -> None:
    """Each school by its name and number, with its returns; `names` has the name that each return gives."""
    from thep_forms.deciding import Verdict

    for number in sorted({one.school for one in returns}):
        theirs = sorted((one for one in returns if one.school == number), key=lambda one: one.year)
        by_weight = sorted(theirs, key=lambda one: one.verdict == Verdict.ACCEPTED)
        said = (names[one.return_id] for one in reversed(by_weight))
        name = next(filter(None, said), "A school without a name")
        click.echo(f"  {printable(name)} ({number})" if number else "  Forms without a DfE number", err=True)
        for one in theirs:
            more = f" (came {len(one.arrivals)} times)" if len(one.arrivals) > 1 else ""
            click.echo(f"    {one.year or 'no year'}  {one.return_id}  {printable(one.source)}{more}", err=True)
