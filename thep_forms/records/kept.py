"""RECORDS that a program keeps in memory, since it asks for them at every page that it shows.

To open a ledger takes its checks and all verdicts, which is seconds for many thousand returns. What is kept is a copy:
nothing is locked, so other programs can write meanwhile. It is made anew when the file has changed.

Limitations: a copy of a ledger with 25,000 returns and what was worked out from it take some 300 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.records.database import PATIENCE, BusyError, CutOffError
from thep_forms.records.later import WorkbookLater
from thep_forms.records.ledger import Ledger
from thep_forms.records.names import LAST_COPY, LEDGER
from thep_forms.records.opening import bring_up_to_date
from thep_forms.records.records import Records
from thep_forms.records.results import made_from, renew_results

_MOMENT = 0.2  # seconds to wait for another run where an older copy will do
_kept: dict[Path, KeptRecords] = {}


class _State(Struct, frozen=True):
    """What a copy was made from: the file, and the program and the templates by which its returns were checked."""

    files: tuple[tuple[int, int, int], ...]
    made_from: str
    year: str


class KeptRecords:
    """A copy of the RECORDS in one folder, for all threads of this program. `keepers` counts those who keep it."""

    def __init__(self, folder: Path) -> None:
        self.keepers = 0
        self.workbook = WorkbookLater(folder)
        self._folder, self._lock = folder, RLock()
        self._state: _State | None = None
        self._copy: tuple[Ledger, Records] | None = None

    @contextmanager
    def opened(self, definitions: Definitions) -> Iterator[tuple[Ledger, Records]]:
        """The ledger and the records as they are now, for one thread at a time.

        While another run is at work on them, they are as they were before. Raises `RecordsError`, `TemplateError`,
        `OSError`.
        """
        with self._lock:
            state = self._current(definitions)
            if self._copy is None:
                self._copy, self._state = self._made(definitions, PATIENCE), state
            elif state != self._state:
                with suppress(BusyError):
                    made = self._made(definitions, _MOMENT)
                    self.close()
                    self._copy, self._state = made, state
            yield self._copy

    def close(self) -> None:
        """Give up the copy."""
        with self._lock:
            if self._copy:
                self._copy[0].__exit__(None, None, None)
            self._copy = self._state = None

    def _current(self, definitions: Definitions) -> _State:
        """Neither file is opened: to close it would give up the locks that another thread has on it (POSIX, fcntl)."""
        files = tuple(_stamp(self._folder / name) for name in (LEDGER, LAST_COPY))
        return _State(files, made_from(definitions), str(definitions.default_year))

    def _made(self, definitions: Definitions, patience: float) -> tuple[Ledger, Records]:
        try:
            ledger = Ledger.existing(self._folder, in_memory=True, patience=patience)
        except CutOffError:  # another run was cut off
            bring_up_to_date(self._folder, definitions)
            ledger = Ledger.existing(self._folder, in_memory=True)
        try:
            renew_results(ledger, definitions)
            records = Records(ledger, definitions)
            records.keep_returns()
        except BaseException:
            ledger.__exit__(None, None, None)
            raise
        return ledger, records


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes whenever the file does; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def kept_records(folder: Path) -> KeptRecords | None:
    """What this program keeps of the folder; None if it keeps nothing."""
    return _kept.get(folder)


@contextmanager
def kept_in_memory(folder: Path) -> Iterator[None]:
    """Keep the RECORDS in the folder in memory, from their first use to the end of the last one who keeps them.

    At the end the workbook is brought up to date: raises `RecordsError`, `OSError`.
    """
    kept = _kept.setdefault(folder, KeptRecords(folder))
    kept.keepers += 1
    try:
        yield
    finally:
        kept.keepers -= 1
        if not kept.keepers:
            del _kept[folder]
            kept.close()
            kept.workbook.finish()
