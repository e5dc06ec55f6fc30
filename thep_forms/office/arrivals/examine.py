"""One file to what the ledger keeps of it: read, then checked. A pure function, to be run in a worker."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from thep_forms import __version__
from thep_forms.definition import Definitions, shipped
from thep_forms.definition.identity import digest_in, school_in
from thep_forms.reading import Answer, Doubt, Reading
from thep_forms.reading.opening import Source
from thep_forms.reading.pictures.pace import SharedReading, WantedPicture, shared_with, steps_told_to
from thep_forms.reading.read import read_file
from thep_forms.reading.seen import SeenPage
from thep_forms.records import ReadReturn
from thep_forms.records.checks import check_reading
from thep_forms.records.results import digest
from thep_forms.work import Parts, answers_in, next_step

# Those that what is read depends on, or what is thought of it.
LIBRARIES = (
    "email-validator",
    "pdfminer.six",
    "pdfplumber",
    "phonenumbers",
    "pi-heif",
    "pikepdf",
    "pillow",
    "pypdf",
    "pypdfium2",
    "zxing-cpp",
)
LIBRARIES_FOR_PAPER = ("numpy", "onnxruntime", "opencv-python-headless", "rapidocr")  # may be missing
TEMPLATES = (".toml", ".j2")
_SEPARATOR = b"\0"  # after a path, which has none: what is wanted of the file
_PICTURE, _READ = b"p", b"r"  # one of its pictures; the whole, of which these pictures were read


class Examiner(Struct, frozen=True):
    """Reads and checks files by `definitions`; `passwords` are tried on files that are locked."""

    definitions: Definitions
    passwords: tuple[str, ...] = ()
    __repr__ = object.__repr__  # it would show the passwords

    def __call__(self, request: bytes) -> bytes | Parts:
        """The returns in the file at a path, encoded as the system does it; or those of its pictures to be read first.

        Returns are JSON: what comes from a process that a file may have taken over must not be code.
        """
        path, _, wanted = request.partition(_SEPARATOR)
        file = Path(os.fsdecode(path))
        if wanted[:1] == _PICTURE:
            return self._read_picture(file, msgspec.msgpack.decode(wanted[1:], type=WantedPicture))
        shared = SharedReading(_pictures_read(wanted[1:]) if wanted else {})
        with shared_with(shared):
            returns = self.examine(file)
        if shared.wanted:
            start = path + _SEPARATOR + _PICTURE
            pieces = tuple(start + msgspec.msgpack.encode(picture) for picture in shared.wanted)
            return Parts(pieces, path + _SEPARATOR + _READ, shared.total)
        return msgspec.json.encode(returns)

    def _read_picture(self, file: Path, wanted: WantedPicture) -> bytes:
        from thep_forms.reading.pictures.reader import read_wanted  # takes time to import, and few files need it

        with steps_told_to(next_step):
            return msgspec.msgpack.encode(read_wanted(file, Source(file).file_type(), wanted, self.definitions))

    def on_data(self, data: bytes) -> bytes:
        """The same of a file's bytes, for machines that do not see the file."""
        return msgspec.json.encode(self.examine(data))

    def build(self) -> dict[str, str]:
        """What the answers depend on besides the file, by name: where it is the same, they are."""
        from importlib.metadata import PackageNotFoundError, version  # few ask

        def version_or_none(name: str) -> str:
            try:
                return version(name)
            except PackageNotFoundError:
                return "none"

        package = Path(__file__).parents[1]
        templates = self.definitions.templates
        own = {"your templates": digest(templates, TEMPLATES)} if templates else {}
        return {
            "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "thep-forms": f"{__version__} ({digest(package, ['.py'])})",
            "the shipped templates": digest(shipped("templates"), TEMPLATES),
            **own,
            **{name: version(name) for name in LIBRARIES},
            **{name: version_or_none(name) for name in LIBRARIES_FOR_PAPER},
        }

    @staticmethod
    def returns(answer: bytes) -> list[ReadReturn]:
        """What `__call__` gave. Raises `msgspec.ValidationError`."""
        return msgspec.json.decode(answer, type=list[ReadReturn])

    def examine(self, file: Path | bytes) -> list[ReadReturn]:
        """What is in a file: a return for each form, one at least."""
        with steps_told_to(next_step):
            readings = read_file(file, self.definitions, self.passwords)
        kept = [_without_empty_answers(reading) for reading in readings]
        if len(kept) == 1:
            kept = [_with_origin(kept[0], file)]
        return [check_reading(reading, self.definitions) for reading in kept]


def _pictures_read(data: bytes) -> dict[int, list[SeenPage]]:
    """What was seen in the pictures of a file, by their indices. Raises `msgspec.DecodeError`."""
    from thep_forms.reading.pictures.reader import failed_page

    found: dict[int, list[SeenPage]] = {}
    for each in answers_in(data):
        _, _, wanted = each.piece.partition(_SEPARATOR)
        index = msgspec.msgpack.decode(wanted[1:], type=WantedPicture).index
        found[index] = (
            [failed_page(index)] if each.answer is None else msgspec.msgpack.decode(each.answer, type=list[SeenPage])
        )
    return found


def _without_empty_answers(reading: Reading) -> Reading:
    """The reading as it is kept. It is checked like this, so that checking what was kept gives the same again."""
    answers = {name: answer for name, answer in reading.answers.items() if _is_kept(answer)}
    return replace(reading, answers=answers)


def _is_kept(answer: Answer) -> bool:
    """Whether anything can be asked or noted about the box."""
    return not answer.is_empty or bool(answer.others or answer.shown or Doubt.STRUCK_OUT in answer.doubts)


def _with_origin(reading: Reading, file: Path | bytes) -> Reading:
    """The reading, with whether its file is as this program wrote it, where nothing else tells if it was changed."""
    if digest_in(reading.form_id) or not school_in(reading.form_id):
        return reading
    from thep_forms.generate.writer import is_as_written  # takes a while, and only earlier copies have no digest

    data = file if isinstance(file, bytes) else file.read_bytes()
    return replace(reading, is_as_written=is_as_written(data))
