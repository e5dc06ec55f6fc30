"""What a RECORDS folder holds after a run, in short: for the end of a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct, field

from thep_forms.deciding import deciding_message
from thep_forms.office.tasks import Task, tasks
from thep_forms.reading import FileKind
from thep_forms.records import Arrival, Records
from thep_forms.sources.model import MessageKind


class Summary(Struct, frozen=True):
    """What a RECORDS folder holds: how many files of each verdict, what needs a person, how many are new.

    `discarded` counts the files in messages from a folder for trash or spam, and in deleted ones.
    `overran` counts the files that took too much time or memory, or broke the program. `forgotten` counts the files of
    the run that `forget` had deleted.
    """

    verdicts: Counter[str]
    tasks: tuple[Task, ...]
    new: int = 0
    overran: int = 0
    records: Path = field(default_factory=Path)
    discarded: int = 0
    forgotten: int = 0

    @property
    def all_accepted(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.tasks


def summarise(folder: Path, records: Records, new: int = 0, new_sources: Collection[str] = ()) -> Summary:
    """The summary of records. `new` counts the arrivals of this run, of which `new_sources` are the first."""
    verdicts: Counter[str] = Counter()
    overran = discarded = 0
    for entry in records.returns():
        verdicts.update(entry.verdict_of(arrival) for arrival in entry.arrivals)
        overran += entry.entry.kind == FileKind.OVERRAN
        discarded += sum(_is_discarded(arrival, records) for arrival in entry.arrivals if arrival.carried_by)
    return Summary(+verdicts, tuple(tasks(records, new_sources)), new, overran, folder, discarded)


def _is_discarded(arrival: Arrival, records: Records) -> bool:
    message = deciding_message(arrival, records.own_addresses)
    return message is not None and message.kind is MessageKind.DISCARDED
