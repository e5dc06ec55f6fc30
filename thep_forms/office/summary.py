"""What a RECORDS folder holds after a run, in short: for the end of a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct, field

from thep_forms.reading import FileKind
from thep_forms.records import Records


class Attention(Struct, frozen=True):
    """A return that somebody has to look at: where it came from, and the codes of its errors, or else its verdict.

    `is_new`: it came in this run.
    """

    source: str
    why: tuple[str, ...]
    is_new: bool = False


class Summary(Struct, frozen=True):
    """What a RECORDS folder holds: how many files of each verdict, which need attention, how many are new.

    `overran` counts the files that took too much time or memory, or broke the program.
    """

    verdicts: Counter[str]
    attention: tuple[Attention, ...]
    new: int = 0
    overran: int = 0
    records: Path = field(default_factory=Path)

    @property
    def all_accepted(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.attention


def summarise(folder: Path, records: Records, new: int = 0, new_sources: Collection[str] = ()) -> Summary:
    """The summary of records. `new` counts the arrivals of this run, of which `new_sources` are the first."""
    verdicts: Counter[str] = Counter()
    attention: list[Attention] = []
    overran = 0
    for entry in records.returns():
        verdicts.update(entry.verdict_of(arrival) for arrival in entry.arrivals)
        overran += entry.entry.kind == FileKind.OVERRAN
        if not entry.verdict.needs_nobody and not entry.is_decoration:
            is_new = any(arrival.source in new_sources for arrival in entry.arrivals)
            attention.append(Attention(entry.source, records.errors(entry) or (entry.verdict,), is_new))
    attention.sort(key=lambda found: found.source)
    return Summary(+verdicts, tuple(attention), new, overran, folder)
