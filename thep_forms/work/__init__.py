"""Runs work on strangers' files in confined processes, which are replaced when they fail.

`Workers` are processes on this machine. `cluster.Cluster` is the same on other machines.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any, Protocol, TypeVar

from thep_forms.work.worker import CRASHED, Failure, Job, Limits, Worker, next_step

T = TypeVar("T")

MOST_ANSWERS = 1000  # answers before a worker is replaced, because some libraries never free memory.
MOST_QUEUED = 2  # items for each of several workers: the current item, and the next in its pipe.
LARGEST_QUEUED = 4096  # bytes: a larger item does not wait in a pipe, which could not hold it.


class Engine(Protocol):
    """Does a job on many pieces of bytes: `Workers`, or a `Cluster`."""

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """Each item once, with the answer to its bytes, in the order in which the answers come."""


class Workers:
    """Processes that each do `job` on one piece of bytes after the other, confined and within `limits`.

    `job` must be picklable where processes cannot be forked. Its answers are bytes: an answer from a worker is trusted
    no more than the file. `count` is how many processes there are at most; None is one for each processor.
    """

    def __init__(self, job: Job, limits: Limits, count: int | None = None) -> None:
        self.job, self.limits = job, limits
        self.count = count or _processors()
        # On Linux a fork of a small process is quick; elsewhere it is unsafe or impossible.
        self.context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """Each item once, with the answer to its bytes, in the order in which the answers come.

        Each of several workers has its next item waiting. A single worker takes turns with the caller: its answer is
        there before the next item is asked for, and one processor is kept busy.
        """
        workers: list[Worker[T]] = []
        try:
            for item, data in items:
                answers: list[tuple[T, bytes | Failure]] = []
                while not (worker := self._free_worker(workers, len(data))):
                    answers += self._gather(workers)
                worker.assign(item, data)
                yield from answers
                while self.count == 1 and any(worker.queue for worker in workers):
                    yield from self._gather(workers)
            while any(worker.queue for worker in workers):
                yield from self._gather(workers)
        finally:
            for worker in workers:
                worker.end()

    def _free_worker(self, workers: list[Worker[T]], size: int) -> Worker[T] | None:
        """A worker that takes an item of `size` bytes, a new one if there may be more; None while all are busy."""
        shortest = min(workers, key=lambda worker: len(worker.queue), default=None)
        if shortest is None or (shortest.queue and len(workers) < self.count):
            return self._start(workers)
        most = MOST_QUEUED if self.count > 1 and size <= LARGEST_QUEUED else 1
        return shortest if len(shortest.queue) < most else None

    def _start(self, workers: list[Worker[T]]) -> Worker[T]:
        workers.append(Worker(self.context, self.job, self.limits))
        return workers[-1]

    def _gather(self, workers: list[Worker[T]]) -> list[tuple[T, bytes | Failure]]:
        """The answers that are there, after a worker has answered or ended, or a time limit has passed."""
        answers: list[tuple[T, bytes | Failure]] = []
        busy = [worker for worker in workers if worker.queue]
        ready = wait([worker.pipe for worker in busy], max(0.0, min(worker.seconds_left for worker in busy)))
        for worker in busy:
            is_ready = worker.pipe in ready
            if is_ready or worker.seconds_left <= 0:
                answer = worker.next_answer(is_ready=is_ready)
                answers += [answer] if answer else []
            if worker.is_broken or worker.answers >= MOST_ANSWERS:
                self._replace(worker, workers)
        return answers

    def _replace(self, worker: Worker[T], workers: list[Worker[T]]) -> None:
        """End the worker. Items in its queue go to a new one."""
        workers.remove(worker)
        worker.end()
        if worker.queue:
            replacement = self._start(workers)
            for item, data in worker.queue:
                replacement.assign(item, data)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))  # processors that this process may use, also in a container
    except AttributeError:
        return os.cpu_count() or 1


__all__ = ["CRASHED", "Engine", "Failure", "Job", "Limits", "Workers", "next_step"]
