"""Ctrl-C where it must wait: Python raises it as an exception at any moment, also where it would be misunderstood.

Only the main thread of a process is ever interrupted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do what is inside to its end, and only then raise the `KeyboardInterrupt` that came meanwhile."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # nothing is raised here: Ctrl-C is ignored, waits already, or is another handler's
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt
