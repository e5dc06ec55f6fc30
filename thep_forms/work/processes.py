"""How this system starts a confined process."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SAFE_PATH = "PYTHONSAFEPATH"  # a new Python then imports nothing from the folder in which it is started
_starting = threading.Lock()


def context(*, has_threads: bool = False) -> Any:
    """That of `multiprocessing` for processes that this thread starts. `has_threads`: this process has others besides.

    On Linux a fork of a small process is quick. Beside other threads it is unsafe: what they have locked, such as a
    module that they import, stays locked in the new process. There, and in any thread but the first, a process without
    threads forks for us. Other systems start each process anew.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    is_alone = not has_threads and threading.current_thread() is threading.main_thread()
    return multiprocessing.get_context("fork" if is_alone else "forkserver")


def started(chosen: Any, target: Callable[..., object], *arguments: object) -> Any:
    """A process of the `context` that was chosen, which runs `target`.

    That and its arguments must be picklable where processes are not forked.
    """
    process = chosen.Process(target=target, args=arguments, daemon=True)
    if chosen.get_start_method() == "fork":
        process.start()
    else:
        with _nothing_imported_from_here():
            process.start()
    return process


def begin_to_load(*modules: str) -> None:
    """Start the process that forks for threads, if there is to be one, and let it load these modules meanwhile."""
    if sys.platform == "linux":
        from multiprocessing import forkserver  # other systems have none

        forkserver.set_forkserver_preload(list(modules))
        with _nothing_imported_from_here():
            forkserver.ensure_running()


@contextmanager
def _nothing_imported_from_here() -> Iterator[None]:
    """A Python that is started inside imports nothing from the folder in which our program was started.

    It would run a file there that is called like a module, such as `email.py`.
    """
    with _starting:
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ[_SAFE_PATH]
            else:
                os.environ[_SAFE_PATH] = before
