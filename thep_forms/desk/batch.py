"""Files that were dropped together, and how they are taken: each under its own name, inside of a private folder."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path, PurePath
from typing import BinaryIO

from msgspec import Struct

from thep_forms.definition import MembershipYear
from thep_forms.desk.jobs import Job
from thep_forms.desk.uploading import LARGEST_FIELD, EndOfPart, FormPart, Upload, require_few, require_small
from thep_forms.errors import DecisionError
from thep_forms.files import PRIVATE_FOLDER
from thep_forms.office.display.came_in import ReturnThatCame
from thep_forms.sources.limits import MOST_STEPS
from thep_forms.sources.names import UniqueNames

_UNNAMED = "file"


class AddedFile(Struct):
    """A file of a batch, by the path that it had in the folder that was dropped. `error` says why it was not taken.

    `list_number` is the number of the batch in which a list of schools waits for a person; 0 for a return.
    """

    name: str
    sha256: str = ""
    error: str = ""
    came: list[ReturnThatCame] = []
    list_number: int = 0


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

    def path_of(self, file: AddedFile) -> Path:
        """Where a file of the batch lies."""
        return self.folder.joinpath(*file.name.split("/"))

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
