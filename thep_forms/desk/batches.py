"""Files that were dropped on the desk: kept in a private folder until they are read, then deleted, whatever happens."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.batch import AddedFile, Batch
from thep_forms.desk.jobs import Job, JobLink, Jobs
from thep_forms.errors import DecisionError
from thep_forms.files import PRIVATE_FOLDER, private_folder
from thep_forms.office.arrivals.ingest import ingest
from thep_forms.office.arrivals.mailboxes import Places
from thep_forms.office.display.came_in import GivenFile, look_up_what_came
from thep_forms.office.schools.lists import is_list
from thep_forms.records.ledger_errors import BusyError
from thep_forms.sources import SourceFile

MOST_BATCHES = 20  # that the tray shows
_PREFIX = "thep-forms-desk-"  # of the private folder
_SECONDS_OLD = 2 * 24 * 3600  # of a folder that a desk which was killed left behind
_SECONDS_ABANDONED = 1800  # of files that nobody asked to read
_SECONDS_BETWEEN_TRIES = 0.2  # to begin, while another job is at work


class Batches:
    """The batches of a desk that runs. They lie in a private folder, which is deleted with the desk."""

    def __init__(self, records: Path, definitions: Callable[[], Definitions], jobs: Jobs) -> None:
        self._records, self._definitions, self._jobs = records, definitions, jobs
        self._batches: list[Batch] = []
        self._lock = threading.Lock()
        self._opened = 0
        self._is_closed = False
        _delete_left_behind()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))  # only its owner can open it

    def __iter__(self) -> Iterator[Batch]:
        """The batches, the latest first."""
        return reversed(self._batches)

    @property
    def is_reading(self) -> bool:
        """Whether a batch waits or is being read."""
        return any(batch.is_reading for batch in self._batches)

    def open(self, year: MembershipYear) -> Batch:
        """A new batch, without files. Those that nobody asked to read are deleted."""
        with self._lock:
            for batch in [*self._batches]:
                is_abandoned = time.monotonic() - batch.last_used > _SECONDS_ABANDONED
                if not batch.is_reading and not batch.is_done and is_abandoned:
                    self._remove(batch)
            for batch in [batch for batch in self._batches if batch.is_done][: -MOST_BATCHES or None]:
                self._remove(batch)
            self._opened += 1
            folder = private_folder(self._folder) / str(self._opened)  # some systems delete what lies there for days
            folder.mkdir(mode=PRIVATE_FOLDER)
            self._batches.append(Batch(self._opened, folder, year))
            return self._batches[-1]

    def by_number(self, number: int) -> Batch:
        """The batch with that number. Raises `DecisionError` if there is none."""
        for batch in self._batches:
            if batch.number == number:
                return batch
        raise DecisionError("These files are not here any more. What came of them is in the records.")

    def remove(self, number: int) -> None:
        """Take a batch out of the tray. One that is being read stays."""
        with self._lock:
            for batch in [batch for batch in self._batches if batch.number == number and not batch.is_reading]:
                self._remove(batch)

    def _remove(self, batch: Batch) -> None:
        self._batches.remove(batch)
        shutil.rmtree(batch.folder, ignore_errors=True)

    def read(self, batch: Batch, passwords: Sequence[str] = ()) -> None:
        """Read the files of the batch, as soon as no other job is at work. Raises `DecisionError` without files."""
        with self._lock:
            if batch.is_reading or batch.is_done:
                return
            if not batch.files:
                raise DecisionError("Choose a file first.")
            batch.is_waiting = True
        threading.Thread(target=self._start, args=[batch, tuple(passwords)], daemon=True).start()

    def _start(self, batch: Batch, passwords: Sequence[str]) -> None:
        count = len(batch.files)
        title = "Reading a file" if count == 1 else f"Reading {count:,} files"
        while not self._is_closed:
            with suppress(DecisionError):
                batch.job = self._jobs.start(title, partial(self._work, batch, passwords))
                break
            time.sleep(_SECONDS_BETWEEN_TRIES)
        batch.is_waiting = False

    def _work(self, batch: Batch, passwords: Sequence[str], job: Job) -> None:
        since = datetime.now(UTC).replace(microsecond=0)
        job.links.append(JobLink("See what came", "/add"))
        try:
            definitions = self._definitions()
            self._set_lists_aside(batch, definitions)
            whole = [file for file in batch.files if file.sha256 and not file.list_number]
            if whole:
                self._ingest(batch, definitions, passwords, job)
                named = [GivenFile(file.name, file.sha256) for file in whole]
                for file, came in zip(whole, look_up_what_came(self._records, named, since, definitions), strict=True):
                    file.came = came
            job.outcome = _outcome(batch)
            job.result = job.outcome[0].rstrip(".")
        finally:
            shutil.rmtree(batch.folder, ignore_errors=True)

    def _set_lists_aside(self, batch: Batch, definitions: Definitions) -> None:
        """Take lists of schools out of the batch: a person looks at each on the page of lists."""
        for file in batch.files:
            path = batch.path_of(file)
            if not file.sha256 or not is_list(path, batch.year, definitions):
                continue
            aside = self.open(batch.year)
            name, moved = aside.new_path(path.name)
            path.rename(moved)
            aside.files.append(AddedFile(name, file.sha256))
            file.list_number = aside.number

    def _ingest(self, batch: Batch, definitions: Definitions, passwords: Sequence[str], job: Job) -> None:
        """Read the files. While another run is at work on the records, wait: nothing that was given is lost."""
        while True:
            try:
                ingest(
                    self._records,
                    sorted(batch.folder.iterdir()),
                    definitions=definitions,
                    year=batch.year,
                    passwords=passwords,
                    progress=partial(with_steps, job),
                    on_page=partial(say_page, job),
                )
            except BusyError:
                if not job.lines:
                    job.say("Somebody else is at work on the records. This goes on when they have finished.")
                job.wait(_SECONDS_BETWEEN_TRIES)
            else:
                return

    def close(self) -> None:
        """Delete all files. No job may be at work any more."""
        self._is_closed = True
        shutil.rmtree(self._folder, ignore_errors=True)


def with_steps(job: Job, files: Places) -> Iterable[SourceFile]:
    """The files to read. The job counts each, and can be stopped between two."""
    job.total = len(files)
    for file in files:
        yield file
        job.step()


def say_page(job: Job, done: int, total: int) -> None:
    """Say how many pages of a pile of scans are read. The job can be stopped between two."""
    job.step_in_hand = f"Page {done + 1} of {total}" if done < total else ""
    job.wait(0)


def _outcome(batch: Batch) -> tuple[str, ...]:
    """How many files came and how many need a person, in sentences."""
    returns = [came for file in batch.files for came in file.came]
    needing = sum(came.needs_somebody for came in returns)
    lost = sum(bool(file.error) for file in batch.files)
    lists = sum(bool(file.list_number) for file in batch.files)
    read = len(batch.files) - lost - lists
    sentences = [f"{read:,} {'file was' if read == 1 else 'files were'} read."] if read or not lists else []
    if lists:
        sentences.append("1 looks like a list of schools." if lists == 1 else f"{lists} look like lists of schools.")
    if needing:
        sentences.append(f"{needing:,} {'return needs' if needing == 1 else 'returns need'} you.")
    if lost:
        sentences.append(f"{lost:,} {'file' if lost == 1 else 'files'} could not be taken.")
    return tuple(sentences)


def _delete_left_behind() -> None:
    """Delete what a desk that was killed left behind, days ago."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _SECONDS_OLD:
                shutil.rmtree(folder, ignore_errors=True)
