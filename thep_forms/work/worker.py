"""One confined process, from both ends of its pipe: `Worker` in our process, `_serve` in the other."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from msgspec import Struct

from thep_forms.defaults import MEGABYTES_FOR_A_FILE, SECONDS_FOR_A_FILE
from thep_forms.work.sandbox import confine

T = TypeVar("T")
Job = Callable[[bytes], bytes]

LONGEST_ANSWER = 256 * 2**20  # bytes
_DONE, _TOO_MUCH_MEMORY, _FAILED = b"+", b"m", b"!"  # the first byte of an answer


class Limits(Struct, frozen=True):
    """The time and the memory that one file may take."""

    seconds: float = SECONDS_FOR_A_FILE
    megabytes: int = MEGABYTES_FOR_A_FILE


class Failure(Struct, frozen=True):
    """The reason why there is no answer: a sentence for a person, which quotes nothing of the file.

    `error` is the class of the exception that the job raised, for who looks after the program; empty where it raised
    none. It stands in no table.
    """

    reason: str
    error: str = ""


FAILED = "Our program failed on this file."
CRASHED = Failure("Reading this file made the program crash.")


class Worker(Generic[T]):
    """A process, our end of the pipe to it, and the items that it has not answered, the oldest first."""

    def __init__(self, context: Any, job: Job, limits: Limits) -> None:
        """Start the process. `context` is of `multiprocessing`."""
        self.pipe, other_end = context.Pipe()
        arguments = (other_end, job, limits.megabytes, os.getpid())
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        other_end.close()
        self.limits = limits
        self.queue = deque[tuple[T, bytes]]()
        self.started_at = 0.0  # when it began with the oldest item, by the monotonic clock
        self.answers, self.is_broken = 0, False

    def assign(self, item: T, data: bytes) -> None:
        """Send the worker an item's bytes. If the worker has ended, its next answer reports that."""
        if not self.queue:
            self.started_at = time.monotonic()
        self.queue.append((item, data))
        with suppress(OSError):  # the process has ended
            self.pipe.send_bytes(data)

    @property
    def seconds_left(self) -> float:
        """How long it may still take for the oldest item; 0 or less once its time is over."""
        return self.started_at + self.limits.seconds - time.monotonic()

    def next_answer(self, *, is_ready: bool) -> tuple[T, bytes | Failure]:
        """The oldest item, and the answer that is ready in the pipe, or else that its time is over."""
        self.answers += 1
        self.started_at = time.monotonic()
        item, _ = self.queue.popleft()
        if is_ready:
            return item, self._receive()
        self.is_broken = True
        return item, Failure(f"Reading this file took over {self.limits.seconds:g} seconds.")

    def _receive(self) -> bytes | Failure:
        try:
            answer: bytes = self.pipe.recv_bytes(LONGEST_ANSWER)
        except (EOFError, OSError):
            self.is_broken = True
            return CRASHED
        status, content = answer[:1], answer[1:]
        if status == _DONE:
            return content
        self.is_broken = True  # after an error its state is unknown
        if status == _TOO_MUCH_MEMORY:
            return Failure(f"Reading this file took over {self.limits.megabytes} MB of memory.")
        return Failure(FAILED, content.decode("ascii", "replace")[:80])

    def end(self) -> None:
        """Kill the process and wait until it has ended."""
        self.pipe.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _serve(pipe: Connection, job: Job, megabytes: int, parent: int) -> None:
    """Answer bytes from the pipe until it is closed."""
    _close_all_but(pipe)
    sys.dont_write_bytecode = True
    confine(megabytes, parent)
    gc.freeze()  # memory shared with the parent is not searched for garbage, which would copy it
    while True:
        try:
            data = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_answer(job, data))


def _answer(job: Job, data: bytes) -> bytes:
    try:
        return _DONE + job(data)
    except MemoryError:
        return _TOO_MUCH_MEMORY
    except Exception as error:  # noqa: BLE001 - a job may raise anything; its text may quote the file
        return _FAILED + type(error).__name__.encode("ascii", "replace")


def _close_all_but(pipe: Connection) -> None:
    """Close files inherited from the parent, such as the ledger. What libraries print may quote a file: drop it."""
    if sys.platform != "linux":
        return  # a process that was not forked has inherited nothing
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    keep = pipe.fileno()
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4096)
