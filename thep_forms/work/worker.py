"""One confined process, from both ends of its pipe: `Worker` in our process, `_serve` in the other."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from struct import Struct
from typing import Any, Generic, TypeVar

import msgspec

from thep_forms.defaults import TIMES_FOR_A_PILE
from thep_forms.work.limits import (
    CRASHED,
    FAILED,
    KILLED,
    Failure,
    Limits,
    out_of_memory,
    out_of_time,
    out_of_time_by_the_clock,
)
from thep_forms.work.parts import Parts
from thep_forms.work.processes import started
from thep_forms.work.sandbox import confine, end_with_parent

T = TypeVar("T")
Job = Callable[[bytes], bytes | Parts]

LONGEST_ANSWER = 256 * 2**20  # bytes
SECONDS_TO_END = 10  # by the clock, until the system says how a process has ended whose pipe is closed
MOST_STEPS = 10_000  # that a worker may say it begins for one item, before we no longer believe it
NEW_OBJECTS = 5000  # before garbage is searched for: a form has as many, and leaves next to none behind
_DONE, _PARTS, _TOO_MUCH_MEMORY, _FAILED = b"+", b"/", b"m", b"!"  # the first byte of an answer
_SECONDS = Struct("<d")  # after that byte: the processor time that was taken
_STEP = b"."  # the item's next step begins, and its answer is still to come
_OUT_OF_TIME_CODE = 99  # the exit code of a worker that took too much processor time, where no signal ends it
_OUT_OF_TIME = (_OUT_OF_TIME_CODE, -getattr(signal, "SIGPROF", _OUT_OF_TIME_CODE))
_SECONDS_BETWEEN_LOOKS = 0.5


class Worker(Generic[T]):
    """A process, our end of the pipe to it, and the items that it has not answered, the oldest first."""

    def __init__(self, context: Any, job: Job, limits: Limits) -> None:
        """Start the process. `context` is of `multiprocessing`."""
        self.pipe, other_end = context.Pipe()
        self.process = started(context, _serve, other_end, job, limits)
        other_end.close()
        self.limits = limits
        self.queue = deque[tuple[T, bytes]]()
        self.started_at = 0.0  # when it began with the oldest item, or its current step, by the monotonic clock
        self.steps = 0  # of the oldest item
        self.seconds_taken = 0.0  # of processor time, for the last answer
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
        """How long it may still take for the oldest item or its step, by the clock; 0 or less once that is over."""
        return self.started_at + self.limits.seconds_by_the_clock - time.monotonic()

    def next_answer(self, *, is_ready: bool) -> tuple[T, bytes | Parts | Failure] | None:
        """The oldest item, and the answer that is ready in the pipe, or else that its time is over.

        None where only another step has begun, or where a new worker has to try again. It tries again because earlier
        files may be to blame, by memory that they took or damage that they did. So an answer does not depend on them.
        """
        answer = self._receive() if is_ready else out_of_time_by_the_clock(self.limits)
        if answer is None:
            self.steps, self.started_at = self.steps + 1, time.monotonic()
            if self.steps < MOST_STEPS:
                return None
            answer = out_of_time(self.limits)
        if isinstance(answer, Failure):
            self.seconds_taken = self.limits.seconds
            self.is_broken = True  # after an error its state is unknown
            if is_ready and self.answers and answer != out_of_time(self.limits):
                return None
        self.answers += 1
        self.started_at, self.steps = time.monotonic(), 0
        item, _ = self.queue.popleft()
        return item, answer

    def _receive(self) -> bytes | Parts | Failure | None:
        """The answer; None where only another step of the item has begun."""
        try:
            message: bytes = self.pipe.recv_bytes(LONGEST_ANSWER)
        except (EOFError, OSError):
            return failure_of(self.process, self.limits)
        status = message[:1]
        if status == _STEP:
            return None
        if status == _TOO_MUCH_MEMORY:
            return out_of_memory(self.limits)
        if len(message) <= _SECONDS.size:
            return Failure(FAILED)
        (self.seconds_taken,) = _SECONDS.unpack_from(message, 1)
        content = message[1 + _SECONDS.size :]
        if status == _DONE:
            return content
        return _parts(content) if status == _PARTS else Failure(FAILED, error=content.decode("ascii", "replace")[:80])

    def end(self) -> None:
        """Kill the process and wait until it has ended."""
        self.pipe.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _parts(content: bytes) -> Parts | Failure:
    try:
        return msgspec.msgpack.decode(content, type=Parts)
    except msgspec.DecodeError:
        return Failure(FAILED)


def failure_of(process: Any, limits: Limits) -> Failure:
    """Why a worker has ended that we did not end."""
    process.join(SECONDS_TO_END)
    if process.exitcode in _OUT_OF_TIME:
        return out_of_time(limits)
    if sys.platform != "win32" and process.exitcode == -signal.SIGKILL:  # as a system does that has no memory left
        return KILLED
    return CRASHED


def begin(pipe: Connection, limits: Limits) -> None:
    """Confine this process, which is a worker, and let nothing but `pipe` lead out of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    end_with_parent()
    _close_all_but(pipe)
    sys.dont_write_bytecode = True
    if hasattr(signal, "SIGPROF"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # it ends the process
    confine(limits.megabytes)
    gc.freeze()  # memory shared with the parent is not searched for garbage, which would copy it
    gc.set_threshold(NEW_OBJECTS)


class Stopwatch:
    """Ends this process when it has taken too much processor time since the last start."""

    def __init__(self) -> None:
        self._ends_at = float("inf")
        self._has_timer = hasattr(signal, "setitimer")
        if not self._has_timer:  # Windows: a thread looks, as often as the work lets it
            threading.Thread(target=self._watch, daemon=True).start()

    def start(self, seconds: float) -> None:
        """Give it `seconds` of processor time from now on."""
        if self._has_timer:
            signal.setitimer(signal.ITIMER_PROF, seconds)
        self._ends_at = time.process_time() + seconds

    def stop(self) -> None:
        """Let it take any time until the next start."""
        if self._has_timer:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self._ends_at = float("inf")

    def _watch(self) -> None:
        while time.process_time() < self._ends_at:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(_OUT_OF_TIME_CODE)


class _Steps:
    """The processor time of the item in hand: that of an item for each of its steps, and so many times that in all."""

    def __init__(self, pipe: Connection, stopwatch: Stopwatch, seconds: float) -> None:
        self._pipe, self._stopwatch, self._seconds = pipe, stopwatch, seconds
        self._began_at = time.process_time()
        self._ends_at = self._began_at + seconds * TIMES_FOR_A_PILE
        stopwatch.start(seconds)

    @property
    def seconds_taken(self) -> float:
        """The processor time since the item began."""
        return time.process_time() - self._began_at

    def begin(self) -> None:
        left = self._ends_at - time.process_time()
        if left > 0:
            self._stopwatch.start(min(self._seconds, left))
            self._pipe.send_bytes(_STEP)


_steps: _Steps | None = None  # of the item that this process has in hand; None outside of a worker


def next_step() -> None:
    """Begin a step of the item in hand, which has the time of an item for itself.

    A job calls it that cannot say beforehand how much there is to do, such as one that reads a pile of pages. Outside
    of a worker it does nothing.
    """
    if _steps is not None:
        _steps.begin()


def _serve(pipe: Connection, job: Job, limits: Limits) -> None:
    """Answer bytes from the pipe until it is closed."""
    global _steps  # a process has one item in hand, and its job is a plain function
    begin(pipe, limits)
    stopwatch = Stopwatch()
    while True:
        try:
            data = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        _steps = _Steps(pipe, stopwatch, limits.seconds)
        status, content = _answer(job, data)
        stopwatch.stop()
        pipe.send_bytes(b"".join((status, _SECONDS.pack(_steps.seconds_taken), content)))


def _answer(job: Job, data: bytes) -> tuple[bytes, bytes]:
    """The status and the content of the answer."""
    try:
        answer = job(data)
    except MemoryError:
        return _TOO_MUCH_MEMORY, b""
    except Exception as error:  # noqa: BLE001 - a job may raise anything; its text may quote the file
        return _FAILED, type(error).__name__.encode("ascii", "replace")
    if isinstance(answer, Parts):
        return _PARTS, msgspec.msgpack.encode(answer)
    return _DONE, answer


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
