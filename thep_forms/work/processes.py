"""How this system starts a confined process."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from typing import Any


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


def begin_to_load(*modules: str) -> None:
    """Start the process that forks for threads, if there is to be one, and let it load these modules meanwhile."""
    if sys.platform == "linux":
        from multiprocessing import forkserver  # other systems have none

        forkserver.set_forkserver_preload(list(modules))
        forkserver.ensure_running()
