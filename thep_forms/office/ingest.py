"""The main job: returns in, records out. Ties the rooms together and decides nothing itself."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from thep_forms.checking.record import SchoolRecord
from thep_forms.deciding.winner import Verdict
from thep_forms.definition import Definitions
from thep_forms.errors import ClusterError, RecordsError
from thep_forms.office.examine import Examiner, Finding
from thep_forms.reading import FileKind, is_pdf
from thep_forms.records import Archive, Arrival, Ledger, Records, Views, entry_of, return_id_of, tidy
from thep_forms.sources import Found, Place, collect, fetch
from thep_forms.work import Engine, Failure, Limits, Workers

KEPT_AFTER = 0.5  # seconds: what was read is made to last, which takes a while, and little more for many files
MOST_FRESH = 1000  # of a run, that are told apart from what came before: it is as many as anybody looks at


class Attention(Struct, frozen=True):
    """A return that somebody has to look at: where it came from, and the codes of its errors, or else its verdict.

    `is_new`: it came in this run.
    """

    source: str
    why: tuple[str, ...]
    is_new: bool = False


class Summary(Struct, frozen=True):
    """What a RECORDS folder holds: how many files of each verdict, which need attention, how many are new."""

    verdicts: Counter[str]
    attention: tuple[Attention, ...]
    new: int = 0
    records: Path = field(default_factory=Path)

    @property
    def all_accepted(self) -> bool:
        return not self.attention


class Ingester:
    """Reads returns into one RECORDS folder, in `workers` processes; `limits` are those of one file.

    `passwords` are tried on files that are locked, and on those that were when they came before. `dask` is the address
    of a Dask cluster that is to read them instead.
    """

    def __init__(
        self,
        records: Path,
        templates: Path | None = None,
        limits: Limits | None = None,
        workers: int | None = None,
        passwords: Sequence[str] = (),
        dask: str | None = None,
    ) -> None:
        self.records = records
        self.definitions = Definitions.of_today(templates)
        self.examiner = Examiner(self.definitions, tuple(passwords))
        self.engine = _engine(self.examiner, limits or Limits(), workers, dask)

    def ingest(
        self,
        sources: Sequence[Path],
        register: Path | None = None,
        progress: Callable[[Sequence[Place]], Iterable[Place]] = iter,
    ) -> Summary:
        """Read every file of `sources` and write the CSVs. `progress` may wrap the files to be read.

        Raises `SourceError`, `RecordsError` and `TemplateError` before anything is written; `ClusterError` as well,
        or when the cluster is lost: what was read until then is kept.
        """
        places = collect(sources, self.records)
        self.definitions()  # a mistake in the templates is told of first
        members = self._members(register) if register else {}
        if self.records.exists() and not self.records.is_dir():
            raise RecordsError(f"{self.records} is a file. Choose a folder for the records.")
        with self.engine as engine, Ledger(self.records) as ledger:
            if members:
                with ledger.transaction():
                    ledger.set_register(members)
            tidy(self.records)
            with ledger.transaction():
                again = {FileKind.FAILED, *([FileKind.LOCKED] if self.examiner.passwords else [])}
                intake = _Intake(Archive(self.records), ledger, engine, again)
                intake.take_in(progress(places))
            return self._finish(ledger, intake.new, intake.fresh)

    def _members(self, register: Path) -> dict[str, SchoolRecord]:
        from thep_forms.register import read_register  # not every run has one

        members = read_register(register, self.definitions)
        return {one.dfe_number: one.record for one in members}

    def prefer(self, return_id: str) -> Summary:
        """Let the return count over all others of its school and year that nobody could put in order."""
        with Ledger.existing(self.records) as ledger:
            known = Records(ledger, self.definitions)
            if all(one.return_id != return_id for one in known.returns()):
                raise RecordsError(f"There is no return {return_id}. The column return_id of returns.csv has them all.")
            rivals = known.rivals(return_id)
            if rivals is None:
                raise RecordsError(
                    f"The return {return_id} cannot count: it is no form, or has errors, which only a new form of the "
                    "school can mend. problems.csv has the words to ask for it."
                )
            with ledger.transaction():
                ledger.prefer(return_id, rivals)
            return self._finish(ledger)

    def _finish(self, ledger: Ledger, new: int = 0, fresh: Collection[str] = ()) -> Summary:
        known = Records(ledger, self.definitions)
        Views(self.records, ledger, known).write()
        verdicts: Counter[str] = Counter()
        attention: list[Attention] = []
        for one in known.returns():
            verdicts[one.verdict] += 1
            verdicts[Verdict.DUPLICATE] += len(one.arrivals) - 1
            if one.verdict not in (Verdict.ACCEPTED, Verdict.SUPERSEDED) and not one.aside:
                why = known.errors(one) or (one.verdict,)
                attention.append(Attention(one.source, why, any(came.source in fresh for came in one.arrivals)))
        return Summary(+verdicts, tuple(sorted(attention, key=lambda one: one.source)), new, self.records)


class _Intake:
    """Files on their way into the ledger and the archive: the known are noted, the new go through the engine.

    So do the known whose outcome is one of `again`.
    """

    def __init__(self, archive: Archive, ledger: Ledger, engine: Engine, again: Collection[FileKind]) -> None:
        self.archive, self.ledger, self.engine, self.again = archive, ledger, engine, again
        self.waiting: dict[str, list[Found]] = {}  # those of the same bytes, by hash, while they are read
        self.new, self.kept = 0, time.monotonic()  # what came that had not come before, by that way
        self.fresh: set[str] = set()  # the ways of the first of these

    def take_in(self, places: Iterable[Place]) -> None:
        """Note every file."""
        try:
            for sha256, answer in self.engine.map(self._unread(places)):
                self._note(sha256, _findings(answer))
        except ClusterError:
            self._keep()
            raise
        self.archive.sync()

    def _unread(self, places: Iterable[Place]) -> Iterator[tuple[str, bytes]]:
        """The hash of each file that has to be read, and where it is kept."""
        for place in places:
            for found in fetch(place):
                yield from self._sort(found)
        if (
            self.waiting
        ):  # something new is being read, so that a workbook will be written: it takes a while to be there
            import thep_forms.records.workbook  # noqa: F401 - loaded now, while nothing else is to be done

    def _sort(self, found: Found) -> Iterator[tuple[str, bytes]]:
        """The hash of a file that has to be read, and where it is kept; any other file is noted at once."""
        if found.data is None:
            if self.ledger.add_unread(found.source, found.reason, found.received_at):
                self._is_new(found.source)
            return
        sha256 = hashlib.sha256(found.data).hexdigest()
        if sha256 in self.waiting:
            self.waiting[sha256].append(found)
        elif self._is_known(sha256, found.data):
            self._arrived(found, sha256)
        elif is_pdf(found.data):
            self.waiting[sha256] = [found]
            yield sha256, os.fsencode(self.archive.add(sha256, found.data))
        else:
            self.waiting[sha256] = [found]
            reason = "This is not a PDF." if found.data else "This file is empty."
            self._note(sha256, [Finding(FileKind.NOT_A_FORM, reason)], archived=False)

    def _is_known(self, sha256: str, data: bytes) -> bool:
        """Whether it need not be read. A PDF that is no longer kept is taken in anew."""
        known = self.ledger.outcome(return_id_of(sha256)) not in {None, *self.again}
        return known and (sha256 in self.archive or not is_pdf(data))

    def _note(self, sha256: str, findings: list[Finding], *, archived: bool = True) -> None:
        for number, finding in enumerate(findings, 1):
            return_id = return_id_of(sha256, number)
            entry = entry_of(return_id, finding.outcome, finding.reason, finding.modified, finding.checked)
            self.ledger.add(entry, sha256, finding.checked, archived=archived)
        for found in self.waiting.pop(sha256):
            self._arrived(found, sha256)
        if time.monotonic() - self.kept > KEPT_AFTER:
            self._keep()

    def _keep(self) -> None:
        self.archive.sync()  # what the ledger names is there
        self.ledger.commit()
        self.kept = time.monotonic()

    def _arrived(self, found: Found, sha256: str) -> None:
        return_ids = self.ledger.return_ids(sha256)
        for number, return_id in enumerate(return_ids, 1):
            source = f"{found.source}#{number}" if len(return_ids) > 1 else found.source
            if self.ledger.arrived(Arrival(source, return_id, found.received_at, found.aside)):
                self._is_new(source)

    def _is_new(self, source: str) -> None:
        self.new += 1
        if self.new <= MOST_FRESH:
            self.fresh.add(source)


def _engine(
    examiner: Examiner, limits: Limits, workers: int | None, dask: str | None
) -> AbstractContextManager[Engine]:
    if dask is None:
        return nullcontext(Workers(examiner, limits, workers))
    from thep_forms.work.cluster import Cluster  # few have one

    definitions = examiner.definitions
    there = replace(
        examiner, definitions=replace(definitions, templates=definitions.templates and definitions.templates.absolute())
    )
    return Cluster(dask, there.on_data, there.build, limits)


def _findings(answer: bytes | Failure) -> list[Finding]:
    """What a worker found; where it failed, a finding that says so."""
    if isinstance(answer, Failure):
        return [Finding(FileKind.FAILED, answer.reason)]
    try:
        return Examiner.findings(answer)
    except msgspec.DecodeError:
        return [Finding(FileKind.FAILED, "Reading it made the reading program answer nonsense.")]


def ingest(
    records: Path,
    sources: Sequence[Path],
    *,
    definitions: Definitions | None = None,
    register: Path | None = None,
    progress: Callable[[Sequence[Place]], Iterable[Place]] = iter,
) -> Summary:
    """Read every file of `sources` into the RECORDS folder `records`, and write its tables. See `Ingester`."""
    return Ingester(records, definitions.templates if definitions else None).ingest(sources, register, progress)
