"""Runs work on strangers' files in confined processes, which are replaced when they fail.

`Workers` are processes on this machine. `cluster.Cluster` is the same on other machines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from thep_forms.work.limits import CRASHED, Failure, Limits
from thep_forms.work.parts import Parts, PieceAnswer, answers_in
from thep_forms.work.pool import Pool
from thep_forms.work.processes import context
from thep_forms.work.worker import Job, next_step

T = TypeVar("T")


class Engine(Protocol):
    """Does a job on many pieces of bytes: `Workers`, or a `Cluster`."""

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """Each item once, with the answer to its bytes, in the order in which the answers come."""


class Workers:
    """Processes that each do `job` on one piece of bytes after the other, confined and within `limits`.

    `job` must be picklable where processes cannot be forked. Its answers are bytes: an answer from a worker is trusted
    no more than the file. It may also answer that an item is done in `Parts`; then each part has the limits of an item.
    `count` is how many processes there are at most; None is one for each processor. `on_piece` is called with how many
    parts of an item are done, and how many there are at most.
    """

    def __init__(
        self,
        job: Job,
        limits: Limits,
        count: int | None = None,
        on_piece: Callable[[int, int], object] = lambda *_: None,
    ) -> None:
        self.job, self.limits, self.on_piece = job, limits, on_piece
        self.count = count or _processors()
        self.context: Any = context()

    def map(self, items: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes | Failure]]:
        """Each item once, with the answer to its bytes, in the order in which the answers come.

        Each of several workers has its next item waiting. A single worker takes turns with the caller: its answer is
        there before the next item is asked for, and one processor is kept busy.
        """
        pool: Pool[T] = Pool(self.context, self.job, self.limits, self.count, self.on_piece)
        try:
            for item, data in items:
                answers: list[tuple[T, bytes | Failure]] = []
                while not pool.assign(item, data):
                    answers += pool.gather()
                yield from answers
                while self.count == 1 and pool.is_busy:
                    yield from pool.gather()
            while pool.is_busy:
                yield from pool.gather()
        finally:
            pool.end()


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))  # processors that this process may use, also in a container
    except AttributeError:
        return os.cpu_count() or 1


__all__ = [
    "CRASHED",
    "Engine",
    "Failure",
    "Job",
    "Limits",
    "Parts",
    "PieceAnswer",
    "Workers",
    "answers_in",
    "next_step",
]
