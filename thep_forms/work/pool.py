"""The workers of a run, and what they have to do: items, and the parts of items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

from msgspec import Struct

from thep_forms.work.limits import FAILED, Failure, Limits
from thep_forms.work.parts import Division, Parts
from thep_forms.work.worker import Job, Worker

T = TypeVar("T")
Answers = list[tuple[T, bytes | Failure]]

MOST_ANSWERS = 1000  # answers before a worker is replaced, because some libraries never free memory.
MOST_QUEUED = 2  # items for each of several workers: the current item, and the next in its pipe.
LARGEST_QUEUED = 4096  # bytes: a larger item does not wait in a pipe, which could not hold it.


class _Unit(Struct, Generic[T], frozen=True):
    """What a worker is given at once: an item, or a piece of one that is divided, or what comes after its pieces."""

    item: T
    division: Division[T] | None = None
    is_piece: bool = False


class Pool(Generic[T]):
    """At most `count` workers, which are started when there is work for them, and replaced when they fail.

    `on_piece` is called with how many pieces of an item are done, and how many there are at most; at last with all.
    """

    def __init__(
        self, context: Any, job: Job, limits: Limits, count: int, on_piece: Callable[[int, int], object]
    ) -> None:
        """`context` is of `multiprocessing`."""
        self._context, self._job, self._limits, self._count, self._on_piece = context, job, limits, count, on_piece
        self._workers: list[Worker[_Unit[T]]] = []
        self._waiting = deque[tuple[_Unit[T], bytes]]()  # parts that no worker has yet; they come before new items

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be done."""
        return bool(self._waiting) or any(worker.queue for worker in self._workers)

    def assign(self, item: T, data: bytes) -> bool:
        """Give an item to a worker. Returns False while all are busy."""
        return not self._waiting and self._assign(_Unit(item), data)

    def gather(self) -> Answers[T]:
        """The answers that are there, after a worker has answered or ended, or a time limit has passed."""
        answers: Answers[T] = []
        self._hand_out()
        busy = [worker for worker in self._workers if worker.queue]
        ready = wait([worker.pipe for worker in busy], max(0.0, min(worker.seconds_left for worker in busy)))
        for worker in busy:
            is_ready = worker.pipe in ready
            if is_ready or worker.seconds_left <= 0:
                answers += self._next_answer(worker, is_ready=is_ready)
            if worker.is_broken or worker.answers >= MOST_ANSWERS:
                self._replace(worker)
        self._hand_out()
        return answers

    def end(self) -> None:
        """Kill all workers."""
        for worker in self._workers:
            worker.end()

    # --- items and their parts --------------------------------------------------------------------------------------

    def _next_answer(self, worker: Worker[_Unit[T]], *, is_ready: bool) -> Answers[T]:
        """What the worker's answer means for its item: that it is done, or nothing yet."""
        data = worker.queue[0][1]
        found = worker.next_answer(is_ready=is_ready)
        if found is None:
            return []
        unit, answer = found
        if unit.is_piece and unit.division:
            if isinstance(answer, Parts):
                answer = Failure(FAILED)  # no job of ours divides a part
            unit.division.note(data, answer, worker.seconds_taken)
            return self._after_piece(unit.division)
        if isinstance(answer, Parts):
            return self._divide(unit.division or Division(unit.item, self._limits), answer)
        if unit.division:
            self._on_piece(unit.division.total, unit.division.total)
        return [(unit.item, answer)]

    def _divide(self, division: Division[T], parts: Parts) -> Answers[T]:
        """Let the pieces wait for workers."""
        pieces = division.begin(parts)
        self._waiting.extend((_Unit(division.item, division, is_piece=True), piece) for piece in pieces)
        return [] if pieces else self._after_piece(division)

    def _after_piece(self, division: Division[T]) -> Answers[T]:
        """Go on with a divided item, where nothing more is to be done than this."""
        self._on_piece(division.done, division.total)
        if not division.may_try:
            self._drop(division)
        if not division.is_complete:
            return []
        if failure := division.failure:
            return [(division.item, failure)]
        self._waiting.append((_Unit(division.item, division), division.request()))
        return []

    def _drop(self, division: Division[T]) -> None:
        """Try none of its pieces that no worker has yet."""
        for unit, data in list(self._waiting):
            if unit.division is division:
                self._waiting.remove((unit, data))
                division.note(data, None)

    # --- workers ----------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Give parts to workers, as long as any is free."""
        while self._waiting and self._assign(*self._waiting[0]):
            self._waiting.popleft()

    def _assign(self, unit: _Unit[T], data: bytes) -> bool:
        worker = self._free_worker(len(data))
        if worker:
            worker.assign(unit, data)
        return worker is not None

    def _free_worker(self, size: int) -> Worker[_Unit[T]] | None:
        """A worker that takes `size` bytes, a new one if there may be more; None while all are busy."""
        shortest = min(self._workers, key=lambda worker: len(worker.queue), default=None)
        if shortest is None or (shortest.queue and len(self._workers) < self._count):
            return self._start()
        most = MOST_QUEUED if self._count > 1 and size <= LARGEST_QUEUED else 1
        return shortest if len(shortest.queue) < most else None

    def _start(self) -> Worker[_Unit[T]]:
        self._workers.append(Worker(self._context, self._job, self._limits))
        return self._workers[-1]

    def _replace(self, worker: Worker[_Unit[T]]) -> None:
        """End the worker. What is in its queue goes to a new one."""
        self._workers.remove(worker)
        worker.end()
        if worker.queue:
            replacement = self._start()
            for unit, data in worker.queue:
                replacement.assign(unit, data)
