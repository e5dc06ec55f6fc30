"""RECORDS that a program keeps in memory, since it asks for them at every page that it shows.

To open a ledger takes its checks, which is a while for many thousand returns. What is kept is a copy: nothing is
locked, so other programs can write meanwhile. It is made anew when the file has changed.

A decision about one of many returns is noted in the ledger and in the copy at once. The tables, the workbook and the
last copy follow when nobody has decided anything for a moment, since they take longer than a person waits.

Limitations: a copy of a ledger with 25,000 returns and what was worked out from it take some 300 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from msgspec import Struct

from thep_forms.definition import Definitions
from thep_forms.records.database import PATIENCE, Checks
from thep_forms.records.last_run import WorkedOut
from thep_forms.records.later import WrittenLater
from thep_forms.records.ledger import Ledger
from thep_forms.records.ledger_errors import BusyError, CutOffError
from thep_forms.records.names import LAST_COPY, LEDGER, WORKBOOK
from thep_forms.records.opening import bring_up_to_date, counts_on_last_run, leave
from thep_forms.records.records import Records
from thep_forms.records.renewing import Renewed
from thep_forms.records.results import made_from, renew_results
from thep_forms.records.views import Views

_MOMENT = 0.2  # seconds to wait for another run where an older copy will do
_LARGE = 16 * 2**20  # bytes of a ledger, some 2,000 returns, from which on the tables follow a decision
_kept: dict[Path, KeptRecords] = {}


class _State(Struct, frozen=True):
    """What a copy was made from: the file, and the program and the templates by which its returns were checked."""

    files: tuple[tuple[int, ...], ...]
    made_from: str
    year: str


class KeptRecords:
    """A copy of the RECORDS in one folder, for all threads of this program. `keepers` counts those who keep it."""

    def __init__(self, folder: Path) -> None:
        self.keepers = 0
        self.later = WrittenLater(self._write)
        self._folder, self._lock = folder, RLock()
        self._writing = RLock()  # whoever writes, while pages show the copy; it is taken before `_lock`
        self._is_writing = False
        self._state: _State | None = None
        self._copy: tuple[Ledger, Records] | None = None
        self._written: WorkedOut | None = None  # what was known when the tables were written
        self._changed: dict[str, set[tuple[str, ...]]] = {}  # the keys of the rows that have changed since, by table

    @contextmanager
    def opened(self, definitions: Definitions) -> Iterator[tuple[Ledger, Records]]:
        """The ledger and the records as they are now, for one thread at a time.

        While another run is at work on them, they are as they were before. Raises `RecordsError`, `TemplateError`,
        `OSError`.
        """
        with self._lock:
            yield self._copy if self._copy and self._is_writing else self._up_to_date(definitions)

    def _up_to_date(self, definitions: Definitions) -> tuple[Ledger, Records]:
        state = self._current(definitions)
        if self._copy is None:
            self._copy, self._state = self._made(definitions, PATIENCE), state
        elif state != self._state:
            with suppress(BusyError):
                made = self._made(definitions, _MOMENT)
                self.close()
                self._copy, self._state = made, state
        return self._copy

    def close(self) -> None:
        """Give up the copy."""
        with self._lock:
            if self._copy:
                self._copy[0].__exit__(None, None, None)
            self._copy = self._state = None

    @contextmanager
    def deciding(self, definitions: Definitions) -> Iterator[Ledger | None]:
        """The ledger, locked, so that a person decides; `take` then what was decided. Pages show the copy meanwhile.

        None if the tables are to be written at once: with few returns, and where something else has changed the ledger
        since the copy was made. Raises `RecordsError`, `TemplateError`, `OSError`.
        """
        with self._writing:
            ledger = self._known_ledger(definitions)
            if ledger is None or self._copy is None:
                yield None
                return
            self._is_writing = True
            try:
                with ledger:
                    ledger.worked_out = self._copy[0].worked_out
                    yield ledger
            finally:
                self._is_writing = False
            self._note_state(definitions)

    def take(self, ledger: Ledger, records: Records) -> None:
        """Show what was decided in the ledger of `deciding`. `records` are those of it now."""
        rows = ledger.changed_rows()
        for table, keys in rows.items():
            self._changed.setdefault(table, set()).update(keys)
        with self._lock:
            if records.renewed and self._copy:
                copy, before = self._copy
                copy.take_rows(ledger, rows)
                self._show(copy, records.renewed, before)
            else:
                self.close()  # a new copy is made

    def _show(self, copy: Ledger, renewed: Renewed, before: Records) -> None:
        copy.worked_out = renewed.worked_out()
        copy.forget_changes()
        records = Records(copy, before.definitions)
        records.keep_returns(before, renewed.reached)
        self._copy = copy, records

    def _write(self, definitions: Definitions) -> None:
        """Write all that follows decisions. Raises `RecordsError`, `TemplateError`, `OSError`."""
        with self._writing:
            ledger = self._known_ledger(definitions) if self._changed and self._written else None
            if ledger is None or self._copy is None:
                bring_up_to_date(self._folder, definitions)
                return
            self._is_writing = True
            try:
                with ledger:
                    ledger.worked_out = self._written
                    ledger.note_changed(self._changed)
                    Views(self._folder, Records(ledger, definitions)).write()
                    noted, self._written = ledger.noted(), ledger.worked_out
                    with self._lock:
                        self._copy[0].take_rows(
                            ledger, {"written": [(WORKBOOK,)], "identity": [(ledger.identity().records_id,)]}
                        )
                        self._copy[0].forget_changes()
                leave(self._folder, None, (), self._copy[0].checked_at, noted)
                self._changed = {}
            finally:
                self._is_writing = False
            self._note_state(definitions)

    def _known_ledger(self, definitions: Definitions) -> Ledger | None:
        """The ledger, locked; None if it is small, or is not the one that was copied."""
        with self._lock:
            copy, _ = self._up_to_date(definitions)
            state = self._state
        if (self._folder / LEDGER).stat().st_size < _LARGE or copy.worked_out is None:
            return None
        ledger = Ledger.existing(self._folder, checks=Checks.MADE)
        if self._current(definitions) == state and ledger.identity() == copy.identity():
            return ledger
        ledger.__exit__(None, None, None)
        return None

    def _note_state(self, definitions: Definitions) -> None:
        """Note that the copy is of the file as it is now, since this program alone has changed that."""
        with self._lock:
            if self._copy:
                self._state = self._current(definitions)

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
            if not counts_on_last_run(ledger, definitions):
                renew_results(ledger, definitions)
            records = Records(ledger, definitions)
            records.keep_returns()
        except BaseException:
            ledger.__exit__(None, None, None)
            raise
        self._written, self._changed = ledger.worked_out, {}
        return ledger, records


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes whenever the file does; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


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
            try:
                kept.later.finish()
            finally:
                kept.close()
