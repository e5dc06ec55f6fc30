"""What a RECORDS folder holds after a run, in short: for the end of a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct, field

from thep_forms.deciding import Verdict, deciding_message
from thep_forms.office.tasks import Task, tasks
from thep_forms.reading import FileKind
from thep_forms.records import Arrival, Records, Returned
from thep_forms.records.model import ENTERED
from thep_forms.sources.model import MessageKind


class Summary(Struct, frozen=True):
    """What a RECORDS folder holds: how many files of each verdict, what needs a person, how many are new.

    `discarded` counts the files in messages from a folder for trash or spam, and in deleted ones.
    `overran` counts the files that took too much time or memory, or broke the program.
    `of_years_before` counts, by year, the accepted forms of this run of which only today says that their year is over.
    `forgotten` counts the files of the run that `forget` had deleted. `entered` counts what the office entered, which
    are no files, and `asked` the accepted returns of which something is asked. `failures` say, a sentence each, why a
    mailbox was not read to its end.
    """

    verdicts: Counter[str]
    tasks: tuple[Task, ...]
    new: int = 0
    overran: int = 0
    records: Path = field(default_factory=Path)
    discarded: int = 0
    of_years_before: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    entered: int = 0
    asked: int = 0
    failures: tuple[str, ...] = ()

    @property
    def all_accepted(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.tasks


def summarise(folder: Path, records: Records, new: int, new_sources: Collection[str], this_year: str) -> Summary:
    """The summary of records. `new` counts the arrivals of this run, of which `new_sources` are the first.

    `this_year` is the year that it is today. It is empty where the office said which year it collects.
    """
    verdicts: Counter[str] = Counter()
    of_years_before: Counter[str] = Counter()
    overran = discarded = entered = asked = 0
    for entry in records.returns():
        is_accepted = entry.verdict is Verdict.ACCEPTED
        asked += is_accepted and entry.has_problems
        if entry.return_id.startswith(ENTERED):
            entered += 1
            continue
        for arrival in entry.arrivals:
            verdicts[entry.verdict_of(arrival)] += 1
            came_from_school = arrival.source not in entry.apart
            discarded += not came_from_school and _is_discarded(arrival, records)
        overran += entry.entry.kind == FileKind.OVERRAN
        if is_accepted and entry.year < this_year and _came_undated(entry, new_sources):
            of_years_before[entry.year] += 1
    return Summary(
        +verdicts,
        tuple(tasks(records, new_sources)),
        new,
        overran,
        folder,
        discarded,
        of_years_before,
        entered=entered,
        asked=asked,
    )


def _came_undated(entry: Returned, new_sources: Collection[str]) -> bool:
    """Whether it came in this run and in no message, so that nothing says in which year's collection it came."""
    if any(arrival.received_at for arrival in entry.arrivals):
        return False
    return any(arrival.source in new_sources for arrival in entry.arrivals)


def _is_discarded(arrival: Arrival, records: Records) -> bool:
    message = deciding_message(arrival, records.own_addresses)
    return message is not None and message.kind is MessageKind.DISCARDED
