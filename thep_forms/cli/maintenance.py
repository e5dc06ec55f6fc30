"""Commands that look after the records: `verify` and `restore`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thep_forms.cli.errors import ExitCode
from thep_forms.cli.options import existing_records_option, templates_option
from thep_forms.cli.output import count_of, message, printable

if TYPE_CHECKING:
    from thep_forms.office.restore import Restoration


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

    all_faults = list(faults(records, Definitions.of_today(templates, records), deep=deep))
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

    restoration = restore_records(records, Definitions.of_today(templates, records))
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
    if restoration.may_lack_pages:
        yield (
            f"These forms may lack pages that came as other files: {', '.join(restoration.may_lack_pages)}. "
            "Undo what you decided about them, and the pages are read with them again. Then decide once more."
        )
    if restoration.may_lack_messages:
        yield "The ledger may not know every message that you sent to schools. Look in your mailbox before you send."
    if restoration.may_lack_lists:
        yield "The ledger may not know every list of schools that you gave. Give them again with --schools."


def _moment(at: datetime) -> str:
    """The day and the time, as this computer's clock has it: `3 May 2026, 09:05`."""
    from thep_forms.office.dates import in_words

    local = at.astimezone()
    return f"{in_words(local.date())}, {local:%H:%M}"
