"""Work on files of strangers, in processes that may do nothing else and are replaced when they fail."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from thep_forms.work.sandbox import confine

T = TypeVar("T")
Job = Callable[[bytes], bytes]

LIFETIME = 1000  # files after which a worker is replaced, so that what a library never gives back is given back
LONGEST_ANSWER = 256 * 2**20  # bytes
AHEAD = 2  # items that a worker has at once, of several: the next one waits in its pipe,
LARGEST_AHEAD = 4096  # bytes, which has room for so many, even while the worker writes an answer that nobody reads yet
_DONE, _MEMORY, _FAILED = b"+", b"m", b"!"  # what an answer starts with


class Limits(Struct, frozen=True):
    """What one file may take."""

    seconds: float = 30.0
    megabytes: int = 1024


class Failure(Struct, frozen=True):
    """Why there is no answer, in words for a person; no word of the file is in it."""

    reason: str


CRASHED = Failure("Reading it made the reading program crash.")


class Engine(Protocol):
    """What does a job on one piece of bytes after the other."""

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """What came of each item's bytes, as it comes: in any order, each item once."""


class Workers:
    """Processes that each do `job` on one piece of bytes after the other.

    `job` must be picklable where processes cannot be forked, and its answers are bytes: what comes from a worker is
    trusted no more than what went in.
    """

    def __init__(self, job: Job, limits: Limits, count: int | None = None) -> None:
        self.job, self.limits = job, limits
        self.count = count or _processors()
        # A fork of a small process is there at once; elsewhere it is unsafe or there is none.
        self.context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """What came of each item's bytes, as it comes: in any order, each item once.

        Each of several processes finds its next item waiting for it. One takes turns with whoever asks: a single
        processor is kept busy, and each answer is there before the next item is asked for.
        """
        crew: list[_Worker[T]] = []
        try:
            for item, data in items:
                answers: list[tuple[T, bytes | Failure]] = []
                while not (worker := self._taker(crew, len(data))):
                    answers += self._gather(crew)
                worker.give(item, data)
                yield from answers
                while self.count == 1 and worker.given:
                    yield from self._gather(crew)
            while any(worker.given for worker in crew):
                yield from self._gather(crew)
        finally:
            for worker in crew:
                worker.end()

    def _taker(self, crew: list[_Worker[T]], size: int) -> _Worker[T] | None:
        """One that takes an item of so many bytes, if there is one or may be one more."""
        free = min(crew, key=lambda worker: len(worker.given), default=None)
        if free is None or (free.given and len(crew) < self.count):
            return self._start(crew)
        return free if len(free.given) < (AHEAD if self.count > 1 and size <= LARGEST_AHEAD else 1) else None

    def _start(self, crew: list[_Worker[T]]) -> _Worker[T]:
        crew.append(_Worker(self.context, self.job, self.limits))
        return crew[-1]

    def _gather(self, crew: list[_Worker[T]]) -> list[tuple[T, bytes | Failure]]:
        """The answers that are there, after at least one has come or a time limit has passed."""
        answers: list[tuple[T, bytes | Failure]] = []
        busy = [worker for worker in crew if worker.given]
        ready = wait([worker.pipe for worker in busy], max(0.0, min(worker.left for worker in busy)))
        for worker in busy:
            is_ready = worker.pipe in ready
            if is_ready or worker.left <= 0:
                answers.append(worker.take(is_ready=is_ready))
            if worker.broken or worker.done >= LIFETIME:
                self._replace(worker, crew)
        return answers

    def _replace(self, worker: _Worker[T], crew: list[_Worker[T]]) -> None:
        """End it. If items wait for it, one that takes its place is given them."""
        crew.remove(worker)
        worker.end()
        if worker.given:
            heir = self._start(crew)
            for item, data in worker.given:
                heir.give(item, data)


class _Worker(Generic[T]):
    """One process, our end of the pipe to it, and what it was given and has not answered, the oldest first."""

    def __init__(self, context: Any, job: Job, limits: Limits) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, job, limits.megabytes, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()
        self.limits = limits
        self.given = deque[tuple[T, bytes]]()
        self.since = 0.0  # when it began with the oldest
        self.done, self.broken = 0, False

    def give(self, item: T, data: bytes) -> None:
        if not self.given:
            self.since = time.monotonic()
        self.given.append((item, data))
        with suppress(OSError):  # it has ended: so says its pipe, too
            self.pipe.send_bytes(data)

    @property
    def left(self) -> float:
        """The seconds that it may still take for the oldest."""
        return self.since + self.limits.seconds - time.monotonic()

    def take(self, *, is_ready: bool) -> tuple[T, bytes | Failure]:
        """What came of the oldest: the answer that is ready, or else that it took too long."""
        self.done += 1
        self.since = time.monotonic()
        item, _ = self.given.popleft()
        if is_ready:
            return item, self._answer()
        self.broken = True
        return item, Failure(f"Reading it took over {self.limits.seconds:g} seconds.")

    def _answer(self) -> bytes | Failure:
        try:
            answer: bytes = self.pipe.recv_bytes(LONGEST_ANSWER)
        except (EOFError, OSError):
            self.broken = True
            return CRASHED
        kind, rest = answer[:1], answer[1:]
        if kind == _DONE:
            return rest
        self.broken = True  # after such an error nobody knows what state it is in
        if kind == _MEMORY:
            return Failure(f"Reading it took over {self.limits.megabytes} MB of memory.")
        return Failure(f"Reading it failed ({rest.decode('ascii', 'replace')[:80]}).")

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))  # those that we may use, in a container too
    except AttributeError:
        return os.cpu_count() or 1


def _work(pipe: Connection, job: Job, megabytes: int, parent: int) -> None:
    """The life of a worker: bytes in, an answer out, until the pipe is closed."""
    _let_go_of_all_but(pipe)
    sys.dont_write_bytecode = True
    confine(megabytes, parent)
    gc.freeze()  # what was inherited is neither looked through for garbage nor copied for that
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
        return _MEMORY
    except Exception as error:  # noqa: BLE001 - the parent tells of it; its words may quote the file, its name does not
        return _FAILED + type(error).__name__.encode("ascii", "replace")


def _let_go_of_all_but(pipe: Connection) -> None:
    """Close what was inherited, such as the ledger. What libraries print may quote a file: it goes nowhere."""
    if sys.platform != "linux":
        return  # a process that was not forked has inherited nothing
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    keep = pipe.fileno()
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4096)


__all__ = ["Engine", "Failure", "Limits", "Workers"]
