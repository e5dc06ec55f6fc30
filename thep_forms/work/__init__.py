"""Work on files of strangers, in processes that may do nothing else and are replaced when they fail."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from thep_forms.work.sandbox import confine

T = TypeVar("T")
Job = Callable[[bytes], bytes]

LIFETIME = 1000  # files after which a worker is replaced, so that what a library never gives back is given back
LONGEST_ANSWER = 256 * 2**20  # bytes
_DONE, _MEMORY, _FAILED = b"+", b"m", b"!"  # what an answer starts with


class Limits(Struct, frozen=True):
    """What one file may take."""

    seconds: float = 30.0
    megabytes: int = 1024


class Failure(Struct, frozen=True):
    """Why there is no answer, in words for a person; no word of the file is in it."""

    reason: str


CRASHED = Failure("Reading it made the reading program crash.")
NOT_STARTED = Failure("The process that was to read it could not be started.")


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

        Several processes find the next item waiting for them. One takes turns with whoever asks: a single processor is
        kept busy, and each answer is there before the next item is asked for.
        """
        todo, idle, busy = iter(items), deque[_Worker](), dict[Connection, tuple[_Worker, T, float]]()
        try:
            for item, data in todo:
                answers: list[tuple[T, bytes | Failure]] = []
                while len(busy) >= self.count:
                    answers += self._gather(busy, idle)
                worker = idle.popleft() if idle else self._start()
                if failure := worker.give(data):
                    worker.end()
                    answers.append((item, failure))
                else:
                    busy[worker.pipe] = (worker, item, time.monotonic() + self.limits.seconds)
                yield from answers
                while busy and self.count == 1:
                    yield from self._gather(busy, idle)
            while busy:
                yield from self._gather(busy, idle)
        finally:
            for worker in (*idle, *(worker for worker, _, _ in busy.values())):
                worker.end()

    def _start(self) -> _Worker:
        return _Worker(self.context, self.job, self.limits)

    def _gather(
        self, busy: dict[Connection, tuple[_Worker, T, float]], idle: deque[_Worker]
    ) -> list[tuple[T, bytes | Failure]]:
        """The answers that are there, after at least one has come or a time limit has passed."""
        answers: list[tuple[T, bytes | Failure]] = []
        nearest = min(deadline for _, _, deadline in busy.values())
        waited = wait(list(busy), max(0.0, nearest - time.monotonic()))
        ready = [pipe for pipe in busy if pipe in waited]
        late = [pipe for pipe, (_, _, deadline) in busy.items() if deadline <= time.monotonic() and pipe not in ready]
        for pipe in [*ready, *late]:
            worker, item, _ = busy.pop(pipe)
            if pipe in late:
                answer: bytes | Failure = Failure(f"Reading it took over {self.limits.seconds:g} seconds.")
                worker.broken = True
            else:
                answer = worker.take(self.limits)
            if worker.broken or worker.done >= LIFETIME:
                worker.end()
            else:
                idle.append(worker)
            answers.append((item, answer))
        return answers


class _Worker:
    """One process, and our end of the pipe to it."""

    def __init__(self, context: Any, job: Job, limits: Limits) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, job, limits.megabytes, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()
        self.done, self.broken = 0, False

    def give(self, data: bytes) -> Failure | None:
        try:
            self.pipe.send_bytes(data)
        except OSError:
            return NOT_STARTED
        return None

    def take(self, limits: Limits) -> bytes | Failure:
        self.done += 1
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
            return Failure(f"Reading it took over {limits.megabytes} MB of memory.")
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
