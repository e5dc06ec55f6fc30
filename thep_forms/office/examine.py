"""One file to what the ledger keeps of it: read, then checked. A pure function, to be run in a worker."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from thep_forms import __version__
from thep_forms.checking import check, check_scan, year_of
from thep_forms.checking.record import Checked
from thep_forms.definition import Definitions, shipped
from thep_forms.reading import FileKind, Reading, read_file

# Those that what is read depends on, or what is thought of it.
LIBRARIES = (
    "email-validator",
    "pdfminer.six",
    "pdfplumber",
    "phonenumbers",
    "pikepdf",
    "pypdf",
    "pypdfium2",
    "zxing-cpp",
)
TEMPLATES = (".toml", ".j2")


class Finding(Struct, frozen=True):
    """One return found in a file. `outcome` is a reading's; `checked` is set where it is a form."""

    outcome: FileKind
    reason: str = ""
    modified: datetime | None = None
    checked: Checked | None = None


class Examiner(Struct, frozen=True):
    """Reads and checks files by `definitions`; `passwords` are tried on files that are locked."""

    definitions: Definitions
    passwords: tuple[str, ...] = ()
    __repr__ = object.__repr__  # it would show the passwords

    def __call__(self, path: bytes) -> bytes:
        """The findings in the file at `path`, encoded as the system does it.

        They are JSON: what comes from a process that a file may have taken over must not be code.
        """
        return msgspec.json.encode(self.examine(Path(os.fsdecode(path))))

    def on_data(self, data: bytes) -> bytes:
        """The same of a file's bytes, for machines that do not see the file."""
        return msgspec.json.encode(self.examine(data))

    def build(self) -> dict[str, str]:
        """What the findings in a file depend on besides the file, by name: where it is the same, they are."""
        from importlib.metadata import version  # few ask

        package = Path(__file__).parents[1]
        templates = self.definitions.templates
        own = {"your templates": _digest(templates, *TEMPLATES)} if templates else {}
        return {
            "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "thep-forms": f"{__version__} ({_digest(package, '.py')})",
            "the shipped templates": _digest(shipped("templates"), *TEMPLATES),
            **own,
            **{name: version(name) for name in LIBRARIES},
        }

    @staticmethod
    def findings(answer: bytes) -> list[Finding]:
        """What `__call__` gave. Raises `msgspec.ValidationError`."""
        return msgspec.json.decode(answer, type=list[Finding])

    def examine(self, file: Path | bytes) -> list[Finding]:
        """What is in a file: a finding for each form, one at least."""
        return [self._finding(reading) for reading in read_file(file, self.definitions, self.passwords)]

    def _finding(self, reading: Reading) -> Finding:
        checkers = {FileKind.FORM: check, FileKind.SCAN: check_scan}
        checker = checkers.get(reading.kind)
        checked = checker(reading, self.definitions(year_of(reading))) if checker else None
        return Finding(reading.kind, reading.reason, reading.modified, checked)


def _digest(folder: Path, *suffixes: str) -> str:
    """A short hash of the names of such files in the folder, and of what they hold."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in suffixes):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]
