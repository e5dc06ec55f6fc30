"""Files that were dropped on the desk: kept in a private folder until they are read, then deleted, whatever happens."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO

from msgspec import Struct

from thep_forms.definition import Definitions, MembershipYear
from thep_forms.desk.jobs import Job, JobLink, Jobs
from thep_forms.desk.uploading import LARGEST_FIELD, EndOfPart, FormPart, Upload, require_few, require_small
from thep_forms.errors import DecisionError
from thep_forms.files import PRIVATE_FOLDER
from thep_forms.office.came_in import GivenFile, ReturnThatCame, look_up_what_came
from thep_forms.office.ingest import ingest
from thep_forms.sources import SourceFile
from thep_forms.sources.limits import MOST_STEPS
from thep_forms.sources.names import UniqueNames

MOST_BATCHES = 20  # that the tray shows
_PREFIX = "thep-forms-desk-"  # of the private folder
_SECONDS_OLD = 2 * 24 * 3600  # of a folder that a desk which was killed left behind
_SECONDS_ABANDONED = 1800  # of files that nobody asked to read
_SECONDS_BETWEEN_TRIES = 0.2  # to begin, while another job is at work
_UNNAMED = "file"


class AddedFile(Struct):
    """A file of a batch, by the path that it had in the folder that was dropped. `error` says why it was not taken."""

    name: str
    sha256: str = ""
    error: str = ""
    came: list[ReturnThatCame] = []


class Batch:
    """Files that were added together, to be read for `year`."""

    def __init__(self, number: int, folder: Path, year: MembershipYear) -> None:
        self.number, self.folder, self.year = number, folder, year
        self.files: list[AddedFile] = []
        self.job: Job | None = None
        self.is_waiting = False
        self.last_used = time.monotonic()
        self.size = 0  # bytes that came
        self._names = UniqueNames()

    @property
    def is_reading(self) -> bool:
        """Whether its files wait to be read, or are being read."""
        return self.is_waiting or (self.job is not None and self.job.is_running)

    @property
    def is_done(self) -> bool:
        """Whether its files have been read, or will not be."""
        return self.job is not None and not self.job.is_running

    async def receive(self, upload: Upload) -> dict[str, str]:
        """Take the files of a form, and give its fields. A file that does not come whole is deleted.

        Raises `UploadError`, `DecisionError` if the batch is being read, and `OSError`.
        """
        if self.is_reading or self.is_done:
            raise DecisionError("These files are being read. Add further ones by themselves.")
        taker = _Taker(self)
        try:
            async for found in upload.parts():
                self.last_used = time.monotonic()
                taker.take(found)
        except BaseException:
            taker.discard()
            raise
        return taker.fields

    def new_path(self, filename: str) -> tuple[str, Path]:
        """A free name for a file, and where it goes: always inside of the folder."""
        steps = [step for step in PurePath(filename.replace("\0", "")).parts if _is_name(step)]
        name = self._names.take("/".join(steps[-MOST_STEPS:]) or _UNNAMED)
        return name, self.folder.joinpath(*name.split("/"))


def _is_name(step: str) -> bool:
    """Whether it is a plain name: no `..`, no root, no drive."""
    return step != ".." and PurePath(step).name == step


class _Taker:
    """Takes the parts of a form as they come: files into the batch, fields into `fields`."""

    def __init__(self, batch: Batch) -> None:
        self.fields: dict[str, str] = {}
        self._batch = batch
        self._file: _ArrivingFile | None = None
        self._name, self._value = "", b""  # of the field that is coming

    def take(self, found: FormPart | bytes | EndOfPart) -> None:
        """Take the start of a part, some of it, or its end."""
        match found:
            case FormPart(filename=None):
                self._name, self._value = found.name, b""
            case FormPart(filename=filename):
                self._name = ""
                self._file = _ArrivingFile(self._batch, filename) if filename else None  # none was chosen
            case bytes():
                self._take_bytes(found)
            case EndOfPart():
                self._end()

    def _take_bytes(self, piece: bytes) -> None:
        self._batch.size += len(piece)
        require_small(self._batch.size)
        if self._file:
            self._file.write(piece)
        elif self._name and len(self._value) < LARGEST_FIELD:
            self._value += piece

    def _end(self) -> None:
        if self._file:
            self._file.finish()
        elif self._name:
            self.fields[self._name] = self._value.decode("utf-8", "replace")
        self._file, self._name = None, ""

    def discard(self) -> None:
        """Delete a file that did not come whole."""
        if self._file:
            self._file.discard()


class _ArrivingFile:
    """A file that is being written."""

    def __init__(self, batch: Batch, filename: str) -> None:
        require_few(len(batch.files) + 1)
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None
        for is_last in (False, True):
            try:
                self._open(batch, filename)
                break
            except OSError as error:
                if is_last or not isinstance(error, FileExistsError):  # some systems take `A.pdf` for `a.pdf`
                    self._fail(error)
                    break
        batch.files.append(self._added)

    def _open(self, batch: Batch, filename: str) -> None:
        name, self._path = batch.new_path(filename)
        self._added = AddedFile(name)
        self._path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self._file = self._path.open("xb")  # it overwrites nothing, and follows no link

    def write(self, piece: bytes) -> None:
        """Write the next bytes."""
        if not self._file:
            return
        try:
            self._file.write(piece)
        except OSError as error:
            self._fail(error)
            return
        self._hash.update(piece)

    def finish(self) -> None:
        """The file has come whole."""
        if self._file:
            self._file.close()
            self._added.sha256 = self._hash.hexdigest()

    def discard(self) -> None:
        """Delete what came of it."""
        if self._file:
            self._file.close()
            self._path.unlink(missing_ok=True)
        if not self._added.error:
            self._added.error = "It did not come whole. Add it again."

    def _fail(self, error: OSError) -> None:
        self._added.error = f"It could not be saved on this computer: {error.strerror}."
        self.discard()
        self._file = None


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
            folder = self._folder / str(self._opened)
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
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
        whole = [file for file in batch.files if file.sha256]
        job.links.append(JobLink("See what came", "/add"))
        try:
            definitions = self._definitions()
            if whole:
                ingest(
                    self._records,
                    sorted(batch.folder.iterdir()),
                    definitions=definitions,
                    year=batch.year,
                    passwords=passwords,
                    progress=partial(with_steps, job),
                )
                given = [GivenFile(file.name, file.sha256) for file in whole]
                for file, came in zip(whole, look_up_what_came(self._records, given, since, definitions), strict=True):
                    file.came = came
            job.outcome = _outcome(batch)
        finally:
            shutil.rmtree(batch.folder, ignore_errors=True)

    def close(self) -> None:
        """Delete all files. No job may be at work any more."""
        self._is_closed = True
        shutil.rmtree(self._folder, ignore_errors=True)


def with_steps(job: Job, files: Sequence[SourceFile]) -> Iterable[SourceFile]:
    """The files to read. The job counts each, and can be stopped between two."""
    job.total = len(files)
    for file in files:
        yield file
        job.step()


def _outcome(batch: Batch) -> tuple[str, ...]:
    """How many files came and how many need a person, in sentences."""
    returns = [came for file in batch.files for came in file.came]
    needing = sum(came.needs_somebody for came in returns)
    lost = sum(bool(file.error) for file in batch.files)
    read = len(batch.files) - lost
    sentences = [f"{read:,} {'file was' if read == 1 else 'files were'} read."]
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
