"""The main job: returns in, records out. Ties the rooms together and decides nothing itself."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from thep_forms.check import Checked, check, normalise, year_of
from thep_forms.check.settle import Verdict
from thep_forms.collect import Found, collect, fetch
from thep_forms.definition import FormDefinition, MembershipYear, load_definition
from thep_forms.errors import RecordsError, SourceError
from thep_forms.keep import Arrival, Entry, Ledger, Records, archive, export
from thep_forms.keep.tables import Returned
from thep_forms.read import Outcome, is_pdf, read_return

RETURN_ID = 16  # hex digits
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
        self.definition = cache(lambda year: load_definition(year, templates))
        today = datetime.now(UTC).date()
        self.this_year = MembershipYear(today.year if today.month >= 4 else today.year - 1)

    def ingest(
        self,
        sources: Sequence[Path],
        register: Path | None = None,
        progress: Callable[[Sequence[tuple[Path, Path]]], Iterable[tuple[Path, Path]]] = iter,
    ) -> Summary:
        """Read every file of `sources` and write the CSVs. `progress` may wrap the files to be read.

        Raises `SourceError`, `RecordsError` and `TemplateError` before anything is written.
        """
        files = [(path, source) for source in sources for path in collect([source], self.records)]
        base = self.definition(self.this_year)
        members = read_register(register, base) if register else None
        if self.records.exists() and not self.records.is_dir():
            raise RecordsError(f"{self.records} is a file. Choose a folder for the records.")
        with Ledger(self.records) as ledger:
            if members is not None:
                with ledger.transaction():
                    ledger.set_register(members)
            new = 0
            for batch in _batches(progress(files)):
                with ledger.transaction():
                    new += sum(self._take(ledger, fetch(path, source)) for path, source in batch)
            return self._finish(ledger, new)

    def prefer(self, return_id: str) -> Summary:
        """Let the return count over all others of its school and year that nobody could put in order."""
        if not (self.records / "ledger.sqlite").is_file():
            raise RecordsError(f"{self.records} holds no records. Give the folder that ingest wrote to.")
        with Ledger(self.records) as ledger:
            known = Records(ledger, self.definition(self.this_year))
            chosen = next((one for one in known.returns if one.entry.return_id == return_id), None)
            if not chosen:
                raise RecordsError(f"There is no return {return_id}. The column return_id of returns.csv has them all.")
            if return_id not in known.settled.verdicts:
                raise RecordsError(
                    f"The return {return_id} cannot be accepted. problems.csv says what must be fixed first."
                )
            key = (chosen.year, chosen.dfe_number)
            rivals = [
                one.entry.return_id
                for one in known.returns
                if (one.year, one.dfe_number) == key and one.entry.return_id in known.settled.verdicts
            ]
            with ledger.transaction():
                ledger.prefer(return_id, (rival for rival in rivals if rival != return_id))
            return self._finish(ledger, 0)

    def _finish(self, ledger: Ledger, new: int) -> Summary:
        known = Records(ledger, self.definition(self.this_year))
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
        named = f"{found.source}\n{found.reason}".encode()  # what has no bytes is known by its name
        sha256 = hashlib.sha256(named if found.data is None else found.data).hexdigest()
        return_id = sha256[:RETURN_ID]
        is_new = not ledger.knows(return_id)
        if is_new:
            if found.data is not None and is_pdf(found.data):
                archive(self.records, sha256, found.data)
            ledger.add(self._entry(return_id, sha256, found))
        ledger.arrived(Arrival(found.source, return_id, found.received_at))
        return is_new

    def _entry(self, return_id: str, sha256: str, found: Found) -> Entry:
        if found.data is None:
            return Entry(return_id, sha256, Outcome.UNREADABLE, found.reason)
        reading = read_return(found.data, self.definition(self.this_year))
        checked: Checked | None = None
        if reading.outcome is Outcome.FORM:
            checked = check(reading, self.definition(year_of(reading) or self.this_year))
        return Entry(return_id, sha256, reading.outcome, reading.reason, reading.modified, checked)


def _batches(files: Iterable[tuple[Path, Path]]) -> Iterable[list[tuple[Path, Path]]]:
    batch: list[tuple[Path, Path]] = []
    for file in files:
        batch.append(file)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def read_register(path: Path, definition: FormDefinition) -> list[str]:
    """The DFE numbers of the member schools, in normal form, from a CSV with a column `dfe_number`.

    UTF-8, with or without a BOM, or cp1252. Raises `SourceError`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"The list of schools {path} cannot be read: {error.strerror}.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    column = definition.dfe_field.name
    if column not in (rows.fieldnames or ()):
        raise SourceError(
            f"The list of schools {path} has no column {column}. Name the column with the DfE numbers so."
        )
    numbers = []
    for row in rows:
        number = normalise.dfe_number(row[column] or "", definition.partnership.dfe_prefix)
        if not number.value:
            raise SourceError(f"The list of schools {path}, row {rows.line_num}: {column} is not a DfE number.")
        numbers.append(number.value)
    return numbers
