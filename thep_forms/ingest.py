"""The main job: returns in, records out. Ties the rooms together and decides nothing itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from thep_forms.check import check, year_of
from thep_forms.check.settle import Verdict
from thep_forms.collect import Found, Place, collect, fetch
from thep_forms.definition import FormDefinition, MembershipYear, load_definition
from thep_forms.errors import RecordsError
from thep_forms.keep import Arrival, Entry, Ledger, Records, archive, export, return_id_of
from thep_forms.keep.tables import Returned
from thep_forms.read import Outcome, is_pdf, read_return
from thep_forms.register import read_register

BATCH = 50  # files a transaction


@dataclass(frozen=True)
class Summary:
    """What a RECORDS folder holds: how many files of each verdict, which need attention, how many are new."""

    verdicts: Counter[str]
    attention: tuple[Returned, ...]
    new: int = 0
    records: Path = field(default_factory=Path)

    @property
    def all_accepted(self) -> bool:
        settled = {Verdict.ACCEPTED, Verdict.SUPERSEDED, Verdict.DUPLICATE}
        return not any(count for verdict, count in self.verdicts.items() if verdict not in settled)


class Ingester:
    """Reads returns into one RECORDS folder."""

    def __init__(self, records: Path, templates: Path | None = None) -> None:
        self.records = records
        today = datetime.now(UTC).date()
        this_year = MembershipYear(today.year if today.month >= 4 else today.year - 1)
        self.definition: Callable[[MembershipYear | None], FormDefinition]
        self.definition = cache(lambda year: load_definition(year or this_year, templates))

    def ingest(
        self,
        sources: Sequence[Path],
        register: Path | None = None,
        progress: Callable[[Sequence[Place]], Iterable[Place]] = iter,
    ) -> Summary:
        """Read every file of `sources` and write the CSVs. `progress` may wrap the files to be read.

        Raises `SourceError`, `RecordsError` and `TemplateError` before anything is written.
        """
        places = collect(sources, self.records)
        base = self.definition(None)
        members = read_register(register, base) if register else None
        if self.records.exists() and not self.records.is_dir():
            raise RecordsError(f"{self.records} is a file. Choose a folder for the records.")
        with Ledger(self.records) as ledger:
            if members is not None:
                with ledger.transaction():
                    ledger.set_register(members)
            new = 0
            for batch in _batches(progress(places)):
                with ledger.transaction():
                    new += sum(self._take(ledger, fetch(place)) for place in batch)
            return self._finish(ledger, new)

    def prefer(self, return_id: str) -> Summary:
        """Let the return count over all others of its school and year that nobody could put in order."""
        if not (self.records / "ledger.sqlite").is_file():
            raise RecordsError(f"{self.records} holds no records. Give the folder that ingest wrote to.")
        with Ledger(self.records) as ledger:
            known = Records(ledger, self.definition)
            if all(one.entry.return_id != return_id for one in known.returns):
                raise RecordsError(f"There is no return {return_id}. The column return_id of returns.csv has them all.")
            rivals = known.rivals(return_id)
            if rivals is None:
                raise RecordsError(f"The return {return_id} has errors. Mend what problems.csv says of it first.")
            with ledger.transaction():
                ledger.prefer(return_id, rivals)
            return self._finish(ledger, 0)

    def _finish(self, ledger: Ledger, new: int) -> Summary:
        known = Records(ledger, self.definition)
        export(self.records, known)
        verdicts: Counter[str] = Counter()
        for one in known.returns:
            verdicts[one.verdict] += 1
            verdicts[Verdict.DUPLICATE] += len(one.arrivals) - 1
        settled = (Verdict.ACCEPTED, Verdict.SUPERSEDED)
        attention = tuple(one for one in known.returns if one.verdict not in settled)
        return Summary(+verdicts, attention, new, self.records)

    def _take(self, ledger: Ledger, found: Found) -> bool:
        """Note one file; whether it is one that was not known."""
        if found.data is None:
            return ledger.add_unread(found.source, found.reason)
        sha256 = hashlib.sha256(found.data).hexdigest()
        return_id = return_id_of(sha256)
        is_new = not ledger.knows(return_id)
        if is_new:
            if is_pdf(found.data):
                archive(self.records, sha256, found.data)
            ledger.add(self._entry(return_id, sha256, found.data))
        ledger.arrived(Arrival(found.source, return_id, found.received_at))
        return is_new

    def _entry(self, return_id: str, sha256: str, data: bytes) -> Entry:
        reading = read_return(data, self.definition(None))
        checked = check(reading, self.definition(year_of(reading))) if reading.outcome is Outcome.FORM else None
        return Entry(return_id, sha256, reading.outcome, reading.reason, reading.modified, checked)


def _batches(places: Iterable[Place]) -> Iterable[list[Place]]:
    batch: list[Place] = []
    for place in places:
        batch.append(place)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
