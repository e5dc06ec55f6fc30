"""What follows a decision a moment later, such as the workbook: written when nobody has decided anything for a moment.

To write the workbook takes four fifths of the time that a decision takes, and few look at it meanwhile. If the program
is killed before, it shows what was known earlier: `verify` says so, and the next command that writes renews it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Timer

from thep_forms.definition import Definitions
from thep_forms.errors import RecordsError

MOMENT = 3.0  # seconds


class WrittenLater:
    """Has what follows decisions about one folder written, in a thread of its own."""

    def __init__(self, write: Callable[[Definitions], object]) -> None:
        """`write` writes it all. It may raise `RecordsError`, `OSError`."""
        self._write, self._lock = write, Lock()
        self._at_work = Lock()  # while it is written
        self._timer: Timer | None = None
        self._definitions: Definitions | None = None  # set while it is to be written

    def ask(self, definitions: Definitions) -> None:
        """Have it written once nobody has asked for a moment."""
        with self._lock:
            self._definitions = definitions
            if self._timer:
                self._timer.cancel()
            self._timer = Timer(MOMENT, self._try)
            self._timer.daemon = True
            self._timer.start()

    def finish(self) -> None:
        """Write it now, if it is to be written, or wait for the thread that does. Raises `RecordsError`, `OSError`."""
        with self._lock:  # not while it writes: whoever asks has locked the ledger
            wanted, self._definitions = self._definitions, None
            if self._timer:
                self._timer.cancel()
        with self._at_work:
            if wanted:
                try:
                    self._write(wanted)
                except BaseException:
                    self._definitions = self._definitions or wanted
                    raise

    def _try(self) -> None:
        with suppress(RecordsError, OSError):  # then the next decision, or the end, tries again
            self.finish()
