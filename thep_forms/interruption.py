"""Ctrl-C where it must wait: Python raises it as an exception at any moment, also where it would be misunderstood.

Only the main thread of a process is ever interrupted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Handler:
    """What Ctrl-C does once it had to wait somewhere: as ever, unless it has to wait.

    It stays in its place, since to exchange handlers takes longer than most of what must not be interrupted.
    """

    def __init__(self) -> None:
        self.depth = 0  # of what must not be interrupted
        self.came = False  # meanwhile

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise `KeyboardInterrupt`, or note that it came."""
        self.came = self.depth > 0
        if not self.came:
            signal.default_int_handler(number, frame)

    def leave(self) -> bool:
        """Note that something is over. Whether Ctrl-C came meanwhile, and has to wait for nothing else."""
        self.depth -= 1
        if self.depth:
            return False
        came, self.came = self.came, False
        return came


_handler = _Handler()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do what is inside to its end, and only then raise the `KeyboardInterrupt` that came meanwhile."""
    if threading.current_thread() is not threading.main_thread() or not _is_ours():
        yield  # nothing is raised here: Ctrl-C is ignored, or is another handler's
        return
    _handler.depth += 1
    try:
        yield
    finally:
        came = _handler.leave()
    if came:
        raise KeyboardInterrupt


def _is_ours() -> bool:
    """Whether Ctrl-C is handled here. It is from the first time on, where Python's own handler was in place."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, _handler)
        return True
    return handler is _handler
