"""What a RECORDS folder holds after a run, in short: for the end of a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct, field

from thep_forms.deciding import Verdict, deciding_message
from thep_forms.definition.model import ProblemCode
from thep_forms.reading import FileKind
from thep_forms.records import Arrival, Records, Returned
from thep_forms.sources.model import MessageKind


class Attention(Struct, frozen=True):
    """A return that somebody has to look at: where it came from, and the codes of its errors, or else its verdict.

    `is_new`: it came in this run. `sender` is the number and name of the school whose known address sent it, if the
    file itself names none.
    """

    source: str
    why: tuple[str, ...]
    is_new: bool = False
    sender: str = ""


class Summary(Struct, frozen=True):
    """What a RECORDS folder holds: how many files of each verdict, which need attention, how many are new.

    `discarded` counts the files in messages from a folder for trash or spam, and in deleted ones.
    `overran` counts the files that took too much time or memory, or broke the program.
    `prefer_helps`: a school has forms that differ, or a faulty one beside an accepted one, so that a person can say
    which counts.
    """

    verdicts: Counter[str]
    attention: tuple[Attention, ...]
    new: int = 0
    overran: int = 0
    records: Path = field(default_factory=Path)
    discarded: int = 0
    prefer_helps: bool = False

    @property
    def all_accepted(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.attention


def summarise(folder: Path, records: Records, new: int = 0, new_sources: Collection[str] = ()) -> Summary:
    """The summary of records. `new` counts the arrivals of this run, of which `new_sources` are the first."""
    verdicts: Counter[str] = Counter()
    attention: list[Attention] = []
    accepted: set[tuple[str, str]] = set()  # the years and the schools of which a return is accepted
    faulty: set[tuple[str, str]] = set()
    has_conflict = False
    overran = discarded = 0
    for entry in records.returns():
        verdicts.update(entry.verdict_of(arrival) for arrival in entry.arrivals)
        overran += entry.entry.kind == FileKind.OVERRAN
        discarded += sum(_is_discarded(arrival, records) for arrival in entry.arrivals if arrival.carried_by)
        if not entry.verdict.needs_nobody and not entry.is_decoration:
            is_new = any(arrival.source in new_sources for arrival in entry.arrivals)
            why = records.errors(entry) or (entry.verdict,)
            attention.append(Attention(entry.source, why, is_new, _sender(entry, records)))
            faulty.add((entry.year_collected, entry.judgement.school))
            has_conflict = has_conflict or ProblemCode.RETURN_CONFLICT in entry.judgement.codes
        elif entry.verdict is Verdict.ACCEPTED:
            accepted.add((entry.year, entry.judgement.school))
    attention.sort(key=lambda found: found.source)
    prefer_helps = has_conflict or not faulty.isdisjoint(accepted)
    return Summary(+verdicts, tuple(attention), new, overran, folder, discarded, prefer_helps)


def _is_discarded(arrival: Arrival, records: Records) -> bool:
    message = deciding_message(arrival, records.own_addresses)
    return message is not None and message.kind is MessageKind.DISCARDED


def _sender(entry: Returned, records: Records) -> str:
    """The number and name of the school that sent the file; empty where nobody can tell, or the file says it."""
    number = records.school_by_sender(entry, entry.arrivals[0])
    return f"{number} {records.correspondents.name_of(number)}".rstrip() if number else ""
