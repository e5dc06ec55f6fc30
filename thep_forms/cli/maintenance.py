"""Commands that look after the records: `verify` and `forget`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.errors import CommandError, ExitCode
from thep_forms.cli.options import existing_records_option, templates_option
from thep_forms.cli.output import count_of, message, printable

if TYPE_CHECKING:
    from thep_forms.office.forget import Disposal, Origin
    from thep_forms.office.restore import Restoration
    from thep_forms.records import Returned


@click.command()
@existing_records_option
@click.option("--deep", is_flag=True, help="Read every archived PDF again and compare. It takes as long as ingest did.")
@templates_option
def verify(records: Path, deep: bool, templates: Path | None) -> None:
    """Check that the records are complete and unchanged.

    It checks that no PDF that came in is missing or changed, that the ledger and its copy are sound, and that the
    tables match the ledger. It changes nothing.

    \b
    Exit code 0: there are no faults.
    Exit code 1: there are faults. The command lists them.
    Exit code 2: there are no such records, or another run uses them.
    Example:  thep-forms verify -o records-2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.verify import faults

    all_faults = list(faults(records, Definitions.of_today(templates), deep=deep))
    for fault in all_faults:
        message(printable(fault))
    if all_faults:
        sys.exit(ExitCode.NEEDS_ATTENTION)
    read_again = ", every PDF reads as it did" if deep else ""
    message(f"There are no faults: no PDF is missing or changed{read_again}, and the tables match the ledger.")


@click.command()
@existing_records_option
@templates_option
def restore(records: Path, templates: Path | None) -> None:
    """Bring back a damaged, emptied or lost ledger.

    Each run leaves a copy of the ledger beside it. This command takes that copy, and adds what is sound in the damaged
    ledger. It reads archived files that neither knows again. It keeps the damaged ledger, and says what is lacking.

    \b
    Exit code 0: the ledger is whole, and nothing is lacking.
    Exit code 1: the ledger is whole, but something is lost. The command lists it.
    Exit code 2: there are no such records, or another run uses them.
    Example:  thep-forms restore -o records-2026-27
    """
    from thep_forms.definition import Definitions
    from thep_forms.office.restore import restore as restore_records

    restoration = restore_records(records, Definitions.of_today(templates))
    for line in _restored_lines(restoration):
        message(printable(line))
    if restoration.lacks_something:
        sys.exit(ExitCode.NEEDS_ATTENTION)


def _restored_lines(restoration: Restoration) -> Iterator[str]:
    """What was brought back and what is lacking, a sentence each."""
    ledger = restoration.ledger
    if not ledger:
        yield "The ledger is whole, so there was nothing to bring back."
    elif ledger.put_aside:
        yield f"The damaged ledger is kept as {ledger.put_aside}. Delete it when you no longer need it."
    if ledger and ledger.copied_at:
        yield f"The ledger was brought back from its copy of {_moment(ledger.copied_at)}."
    elif ledger:
        yield "There was no sound copy of the ledger. It was made again of what is left."
    if restoration.read_again:
        yield f"{count_of(restoration.read_again, 'archived file')} that it did not know came in again."
    yield from _losses(restoration)
    if not restoration.lacks_something:
        yield "Nothing is lacking."


def _losses(restoration: Restoration) -> Iterator[str]:
    """What is lost, or may be, a sentence each."""
    if restoration.lost_returns:
        yield f"Lost: the returns {', '.join(restoration.lost_returns)}. If you have their files, ingest them again."
    if restoration.lost_decisions:
        yield f"Lost: the decisions {', '.join(restoration.lost_decisions)}. Take them again."
    if restoration.may_lack_messages:
        yield "The ledger may not know every message that you sent to schools. Look in your mailbox before you send."
    if restoration.may_lack_lists:
        yield "The ledger may not know every list of schools that you gave. Give them again with --schools."


def _moment(at: datetime) -> str:
    """The day and the time, as this computer's clock has it: `3 May 2026, 09:05`."""
    from thep_forms.office.dates import in_words

    local = at.astimezone()
    return f"{in_words(local.date())}, {local:%H:%M}"


@click.command()
@existing_records_option
@click.option("--school", metavar="DFE", help="Delete the data of the school with this DfE number, such as 211/1234.")
@click.option("--before", metavar="YEAR", help="Delete the data of the membership years before this one.")
@click.option("--yes", is_flag=True, help="Delete without asking first.")
@templates_option
def forget(records: Path, school: str | None, before: str | None, yes: bool, templates: Path | None) -> None:
    """Delete the data of a school or of old years.

    It deletes the data from the ledger and the tables, and the PDFs, permanently. With both options it deletes only the
    old years of the school. It shows what it would delete, and asks before it does. If it is cut off, run it again.

    \b
    Exit code 0: done, or you said no.
    Exit code 2: the program could not ask for confirmation, or wrong usage.
    Example:  thep-forms forget -o records-2026-27 --school 211/1234
    """
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.office.forget import forget as forget_data

    if not (school or before):
        raise CommandError("Choose what to delete: --school 211/1234, or --before 2025-26, or both.")

    def confirmed(disposal: Disposal) -> bool:
        _print_disposal(disposal)
        if yes or disposal.is_empty:
            return True
        try:
            return click.confirm("Delete this permanently?", err=True)
        except click.Abort as error:
            raise CommandError("Nothing was deleted, because you did not confirm. In a script, use --yes.") from error

    definition = Definitions.of_today(templates)
    year = MembershipYear.parse(before) if before else None
    disposal = forget_data(records, definition, school, year, confirmed)
    if disposal and disposal.is_empty:
        message("There was nothing to delete. Check the DfE number and the year.")
    elif disposal:
        message("Done. The program cannot delete copies elsewhere, such as in your mailbox or your backups.")
    else:
        message("Nothing was deleted.")


def _print_disposal(disposal: Disposal) -> None:
    """Print what would be deleted, for a person to confirm."""
    parts = [count_of(len(disposal.returns), "return"), count_of(len(disposal.files), "PDF")]
    if disposal.messages:
        parts.append(f"the notes of {count_of(len(disposal.messages), 'e-mail')}")
    if disposal.members:
        parts.append(f"what your list says about {count_of(len(disposal.members), 'school')}")
    if copies := _ledgers(disposal.ledger_copies):
        parts.append(f"{count_of(copies, 'ledger')} that an earlier version of the program wrote")
    if damaged := _ledgers(disposal.damaged_ledgers):
        parts.append(f"{count_of(damaged, 'damaged ledger')} that restore put aside")
    contents = f"{', '.join(parts[:-1])} and {parts[-1]}"
    message(f"This would delete {contents}{':' if disposal.returns else ', and anything left over from them.'}")
    _print_returns_by_school(disposal.returns, disposal.origins)
    if disposal.shared:
        message("The same PDFs hold these returns too. They stay in the tables, but without their PDF:")
        _print_returns_by_school(disposal.shared, disposal.origins)
    if disposal.unplaced:
        message(f"Not deleted: {count_of(disposal.unplaced, 'file')} of an unknown school or year. See returns.csv.")
    if disposal.unknown:
        files = count_of(disposal.unknown, "file")
        message(f"Not deleted: {files} beside the PDFs that the ledger does not know. Run verify to see which.")


def _ledgers(names: Iterable[str]) -> int:
    """How many ledgers these files are. Their journals are not counted."""
    return sum(name.endswith(".sqlite") for name in names)


def _print_returns_by_school(returns: Sequence[Returned], origins: Mapping[str, Origin]) -> None:
    """Print the returns of each school. `origins` has the school and the year by the id of the return."""
    for number in sorted({origins[returned.return_id].dfe_number for returned in returns}):
        of_school = [returned for returned in returns if origins[returned.return_id].dfe_number == number]
        of_school.sort(key=lambda returned: origins[returned.return_id].year)
        name = _best_name(of_school, origins)
        message(f"  {printable(name)} ({number})" if number else "  Forms without a DfE number")
        for returned in of_school:
            times = len(returned.arrivals)
            repeated = f" (came {times} times)" if times > 1 else ""
            year = origins[returned.return_id].year or "no year"
            message(f"    {year}  {returned.return_id}  {printable(returned.source)}{repeated}")


def _best_name(returns: Sequence[Returned], origins: Mapping[str, Origin]) -> str:
    """The school's name on its latest return, preferably an accepted one. `returns` are in the order of their years."""
    from thep_forms.deciding import Verdict

    accepted_last = sorted(returns, key=lambda returned: returned.verdict == Verdict.ACCEPTED)
    for returned in reversed(accepted_last):
        if name := origins[returned.return_id].school_name:
            return name
    return "A school without a name"
