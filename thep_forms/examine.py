"""One file to what the ledger keeps of it: read, then checked. A pure function, to be run in a worker."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

from thep_forms.check import check, check_scan, year_of
from thep_forms.check.record import Checked
from thep_forms.definition import FormDefinition, MembershipYear, load_definition
from thep_forms.read import Outcome, Reading, read_file


@dataclass(frozen=True)
class Finding:
    """One return found in a file. `outcome` is a reading's; `checked` is set where it is a form."""

    outcome: Outcome
    reason: str = ""
    modified: datetime | None = None
    checked: Checked | None = None


@dataclass(frozen=True)
class Examiner:
    """Examines files by the definitions in `templates`; `year` is that of a file that does not say its own.

    `passwords` are tried on files that are locked.
    """

    year: MembershipYear
    templates: Path | None = None
    passwords: tuple[str, ...] = field(default=(), repr=False)

    def __call__(self, path: bytes) -> bytes:
        """The findings in the file at `path`, encoded as the system does it.

        They are JSON: what comes from a process that a file may have taken over must not be code.
        """
        return msgspec.json.encode(self.examine(Path(os.fsdecode(path))))

    @staticmethod
    def findings(answer: bytes) -> list[Finding]:
        """What `__call__` gave. Raises `msgspec.ValidationError`."""
        return msgspec.json.decode(answer, type=list[Finding])

    def examine(self, file: Path | bytes) -> list[Finding]:
        """What is in a file: a finding for each form, one at least."""
        return [self._finding(reading) for reading in read_file(file, self.definition, self.passwords)]

    def _finding(self, reading: Reading) -> Finding:
        checkers = {Outcome.FORM: check, Outcome.SCAN: check_scan}
        checker = checkers.get(reading.outcome)
        checked = checker(reading, self.definition(year_of(reading))) if checker else None
        return Finding(reading.outcome, reading.reason, reading.modified, checked)

    def definition(self, year: MembershipYear | None) -> FormDefinition:
        """That of the year, or of any where there is none."""
        return _definition(year or self.year, self.templates)


@cache
def _definition(year: MembershipYear, templates: Path | None) -> FormDefinition:
    return load_definition(year, templates)
