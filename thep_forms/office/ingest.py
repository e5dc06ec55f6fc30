"""The main job: returns in, records out. Ties the rooms together and decides nothing itself."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
from msgspec.structs import replace

from thep_forms.checking.record import SchoolRecord
from thep_forms.definition import Definitions
from thep_forms.errors import ClusterError, RecordsError
from thep_forms.office.examine import Examiner
from thep_forms.office.summary import Attention, Summary, summarise
from thep_forms.reading import FileKind, Reading
from thep_forms.reading.reasons import NO_PDF
from thep_forms.records import Archive, Arrival, Ledger, ReadReturn, Records, Views, open_for_writing, return_id_of
from thep_forms.records.names import tidy
from thep_forms.records.results import made_from
from thep_forms.sources import ReceivedFile, SourceFile, find_files, open_file
from thep_forms.sources.file_types import HEAD, file_type
from thep_forms.work import Engine, Failure, Limits, Workers

COMMIT_AFTER = 0.5  # seconds: what was read is made to last, which takes a while, and little more for many files
MOST_NEW = 1000  # sources of a run that are told apart from earlier ones: as many as anybody looks at


def ingest(
    folder: Path,
    sources: Sequence[Path],
    *,
    definitions: Definitions | None = None,
    register: Path | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    passwords: Sequence[str] = (),
    dask: str | None = None,
    progress: Callable[[Sequence[SourceFile]], Iterable[SourceFile]] = iter,
) -> Summary:
    """Read every file of `sources` into the RECORDS folder, and write its tables.

    Without `definitions`, those of the shipped templates count. `register` is a register list. `limits` are those of
    one file. `workers` are processes on this machine; `dask` is the address of a Dask cluster that reads the files
    instead. `passwords` are tried on locked files, also on those that came before. `progress` may wrap the files.

    Raises `SourceError`, `RecordsError` and `TemplateError` before anything is written; `ClusterError` as well, or
    when the cluster is lost: what was read until then is kept.
    """
    places = find_files(sources, folder)
    definitions = definitions or Definitions.of_today()
    definitions()  # a mistake in the templates is reported first
    members = _members(register, definitions) if register else {}
    if folder.exists() and not folder.is_dir():
        raise RecordsError(f"{folder} is a file. Choose a folder for the records.")
    examiner = Examiner(definitions, tuple(passwords))
    with (
        _engine(examiner, limits or Limits(), workers, dask) as engine,
        open_for_writing(folder, definitions, must_exist=False) as ledger,
    ):
        if members:
            with ledger.transaction():
                ledger.set_register(members)
        tidy(folder)
        intake = _Intake(folder, ledger, examiner)
        with ledger.transaction():
            intake.read_all(engine, progress(places))
        records = Records(ledger, definitions)
        Views(folder, records).write()
        return summarise(folder, records, intake.new, intake.new_sources)


def _members(register: Path, definitions: Definitions) -> dict[str, tuple[str, SchoolRecord]]:
    from thep_forms.register import read_register  # not every run has one

    return {member.dfe_number: (member.name, member.record) for member in read_register(register, definitions)}


def _engine(
    examiner: Examiner, limits: Limits, workers: int | None, dask: str | None
) -> AbstractContextManager[Engine]:
    """What reads the files: processes of this machine, or a Dask cluster."""
    if dask is None:
        return nullcontext(Workers(examiner, limits, workers))
    from thep_forms.work.cluster import Cluster  # few have one

    definitions = examiner.definitions
    there = replace(
        examiner, definitions=replace(definitions, templates=definitions.templates and definitions.templates.absolute())
    )
    return Cluster(dask, there.on_data, there.build, limits)


class _Intake:
    """The way of files into the ledger and the archive, inside a transaction of the ledger.

    A file that is known is noted at once. Any other that can be read is archived and goes through the engine. A
    picture stays in the archive only if it shows the form.
    """

    def __init__(self, folder: Path, ledger: Ledger, examiner: Examiner) -> None:
        self.folder, self.ledger, self.archive = folder, ledger, Archive(folder)
        self.made_from = made_from(examiner.definitions)
        self.read_again: Collection[str] = {FileKind.FAILED}  # kinds of files that are read when they come again
        if examiner.passwords:
            self.read_again = {FileKind.FAILED, FileKind.LOCKED}
        self.without_reading: set[str] = set()  # hashes of archived PDFs that an earlier version read
        self.waiting: dict[
            str, list[ReceivedFile]
        ] = {}  # files that are being read, by hash: all that have these bytes
        self.new = 0  # sources that had not come before
        self.new_sources: set[str] = set()  # the first of them
        self.committed = time.monotonic()

    def read_all(self, engine: Engine, places: Iterable[SourceFile]) -> None:
        """Read and note every file."""
        try:
            for sha256, answer in engine.map(self._files_to_read(places)):
                self._note_answer(sha256, answer)
        except ClusterError:
            self._commit()
            raise
        finally:
            self.archive.discard_waiting()
        self.archive.sync()

    def _files_to_read(self, places: Iterable[SourceFile]) -> Iterator[tuple[str, bytes]]:
        """The hash of each file that has to be read, and its path, encoded as the system does it."""
        yield from self._archived_without_reading()
        for place in places:
            for received in open_file(place):
                if to_read := self._admit(received):
                    sha256, path = to_read
                    yield sha256, os.fsencode(path)
        if self.waiting:  # something is being read, so that a workbook will be written, whose library loads slowly
            import thep_forms.records.workbook  # noqa: F401 - loaded now, while nothing else is to be done

    def _archived_without_reading(self) -> Iterator[tuple[str, bytes]]:
        """Archived PDFs of which the ledger has no reading, as version 7 kept none. A damaged one is left alone."""
        for sha256 in self.ledger.files_without_reading():
            path = self.archive.find(sha256)
            if path and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                self.without_reading.add(sha256)
                self.waiting[sha256] = []
                yield sha256, os.fsencode(path)

    def _admit(self, received: ReceivedFile) -> tuple[str, Path] | None:
        """Note a file, unless it has to be read; then put it into the archive, and give its hash and path."""
        if received.data is None:
            arrival = Arrival(received.source, "", received.received_at, carried_by=received.carried_by)
            if self.ledger.add_unopened(arrival, received.reason):
                self._count_new([received.source])
            return None
        sha256 = hashlib.sha256(received.data).hexdigest()
        if sha256 in self.waiting:
            self.waiting[sha256].append(received)
        elif self._is_known(sha256, received.data):
            self._note_arrival(received, sha256)
        else:
            self.waiting[sha256] = [received]
            if found := file_type(received.data[:HEAD]):
                add = self.archive.add_waiting if found.is_picture else self.archive.add
                return sha256, add(sha256, received.data)
            reason = NO_PDF if received.data else "This file is empty."
            self._note_returns(sha256, [_unread(FileKind.NOT_A_FORM, reason)], is_kept=False)
        return None

    def _is_known(self, sha256: str, data: bytes) -> bool:
        """Whether it need not be read. A file that the archive lacks is taken in anew."""
        return_id = return_id_of(sha256)
        kind = self.ledger.kind(return_id)
        if kind is None or kind in self.read_again:
            return False
        if kind == FileKind.NOT_A_FORM and self.ledger.reason(return_id) == NO_PDF and file_type(data[:HEAD]):
            return False  # an earlier version of this program did not read files of its type
        return sha256 in self.archive or not self.ledger.is_kept(sha256)

    def _note_answer(self, sha256: str, answer: bytes | Failure) -> None:
        """Note what was read in a file. Where nothing could be read anew, what an earlier version read stays."""
        returns = _returns(answer)
        if sha256 in self.without_reading and returns[0].reading.kind is FileKind.FAILED:
            self._note_arrivals(sha256)
            return
        is_kept = self.archive.settle(sha256, keep=returns[0].reading.kind is not FileKind.NOT_A_FORM)
        self._note_returns(sha256, returns, is_kept=is_kept)

    def _note_returns(self, sha256: str, returns: Sequence[ReadReturn], *, is_kept: bool = True) -> None:
        self.ledger.add_file(sha256, returns, self.made_from, is_kept=is_kept)
        self._note_arrivals(sha256)
        if time.monotonic() - self.committed > COMMIT_AFTER:
            self._commit()

    def _note_arrivals(self, sha256: str) -> None:
        for received in self.waiting.pop(sha256):
            self._note_arrival(received, sha256)

    def _note_arrival(self, received: ReceivedFile, sha256: str) -> None:
        return_id, at = return_id_of(sha256), received.received_at
        arrival = Arrival(received.source, return_id, at, received.is_decoration, received.carried_by)
        self._count_new(self.ledger.add_arrivals(arrival, sha256))

    def _count_new(self, sources: Sequence[str]) -> None:
        self.new += len(sources)
        if self.new <= MOST_NEW:
            self.new_sources.update(sources)

    def _commit(self) -> None:
        self.archive.sync()  # what the ledger names is there
        self.ledger.commit()
        self.committed = time.monotonic()


def _returns(answer: bytes | Failure) -> list[ReadReturn]:
    """What a worker read; where it failed, a return that says so."""
    if isinstance(answer, Failure):
        return [_unread(FileKind.FAILED, answer.reason)]
    try:
        returns = Examiner.returns(answer)
    except msgspec.DecodeError:
        returns = []
    return returns or [_unread(FileKind.FAILED, "Reading this file gave an answer that makes no sense.")]


def _unread(kind: FileKind, reason: str) -> ReadReturn:
    """A file that was not read."""
    return ReadReturn(Reading(kind, reason=reason))


__all__ = ["Attention", "Summary", "ingest"]
