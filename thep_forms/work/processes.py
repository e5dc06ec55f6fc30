"""How this system starts a confined process."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from typing import Any

_SAFE_PATH = "PYTHONSAFEPATH"
_STARTING = threading.Lock()


def context(*, has_threads: bool = False) -> Any:
    """That of `multiprocessing` for processes that this thread starts. `has_threads`: this process has others besides.

    On Linux a fork of a small process is quick. Beside other threads it is unsafe: what they have locked, such as a
    module that they import, stays locked in the new process. There, and in any thread but the first, a process without
    threads forks for us. Other systems start each process anew.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    if not has_threads and threading.current_thread() is threading.main_thread():
        return multiprocessing.get_context("fork")
    _start_forkserver()
    return multiprocessing.get_context("forkserver")


def begin_to_load(*modules: str) -> None:
    """Start the process that forks for threads, if there is to be one, and let it load these modules meanwhile."""
    if sys.platform == "linux":
        from multiprocessing import forkserver  # other systems have none

        forkserver.set_forkserver_preload(["__main__", *modules])
        _start_forkserver()


def _start_forkserver() -> None:
    """Start the process that forks for threads, if it does not run yet.

    It would import what has the name of a module in the folder in which the program was started, such as `email.py`.
    """
    from multiprocessing import forkserver  # other systems have none

    with _STARTING:
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            forkserver.ensure_running()
        finally:
            if before is None:
                del os.environ[_SAFE_PATH]
            else:
                os.environ[_SAFE_PATH] = before
