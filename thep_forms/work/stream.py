"""A confined process that answers each request with a stream of pieces, such as the files in a container.

The process waits until each piece is taken, so the memory stays flat however much there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from msgspec import Struct

from thep_forms.defaults import TIMES_FOR_A_CONTAINER
from thep_forms.work.limits import FAILED, Failure, Limits, in_words, out_of_memory, out_of_time_by_the_clock
from thep_forms.work.processes import context, started
from thep_forms.work.worker import LONGEST_ANSWER, Stopwatch, begin, failure_of

LONGEST_HEADER = 2**20  # bytes
MOST_REQUESTS = 1000  # before the process is replaced, because some libraries never free memory
MOST_BYTES = 16 * 2**20  # of pieces before the process is replaced, so that each large request has all the memory

# The first byte of what is sent. Only a header with data is followed by a second message.
_HEADER, _HEADER_OF_DATA, _END, _TOO_LONG, _TOO_MUCH_MEMORY, _FAILED = b"h", b"d", b".", b"t", b"m", b"!"


class Piece(Struct, frozen=True):
    """A part of the answer: what it is, and bytes that belong to it."""

    header: bytes
    data: bytes | None = None


class _TooLongError(Exception):
    """All steps of a request together have taken too much processor time."""


class Channel:
    """What a job sends its pieces through."""

    def __init__(self, pipe: Connection, stopwatch: Stopwatch, seconds: float) -> None:
        """`seconds` of processor time are for each step of the request."""
        self._pipe, self._stopwatch, self._seconds = pipe, stopwatch, seconds
        self._ends_at = time.process_time() + seconds * TIMES_FOR_A_CONTAINER
        self.next_step()

    def send(self, header: bytes, data: bytes | None = None) -> None:
        """Send a piece, and wait until there is room for it."""
        self._pipe.send_bytes((_HEADER if data is None else _HEADER_OF_DATA) + header)
        if data is not None:
            self._pipe.send_bytes(data)

    def next_step(self) -> None:
        """Begin a step, which has the limit of a file for itself."""
        if time.process_time() > self._ends_at:
            raise _TooLongError
        self._stopwatch.start(self._seconds)


StreamJob = Callable[[bytes, Channel], None]


class StreamWorker:
    """A process that does `job` on one request after the other, confined and within `limits`.

    `job` must be picklable where processes cannot be forked. Each step that it begins has the processor time of a file,
    and a request `TIMES_FOR_A_CONTAINER` times as much. The process starts with the first request.
    """

    def __init__(self, job: StreamJob, limits: Limits, *, has_threads: bool = False) -> None:
        """`has_threads`: this process has threads besides the one that asks."""
        self.job, self.limits = job, limits
        self._context: Any = context(has_threads=has_threads)
        self._process: Any = None
        self._pipe: Any = None
        self._requests = self._bytes = 0

    def pieces(self, request: bytes) -> Generator[Piece | Failure]:
        """The pieces that answer a request, in order; a `Failure` comes last."""
        if self._process is None:
            self._start()
        self._requests += 1
        is_complete = False
        try:
            with suppress(OSError):  # the process has ended, which is noticed next
                self._pipe.send_bytes(request)
            while isinstance(piece := self._next(), Piece):
                self._bytes += len(piece.data or b"")
                yield piece
            if piece is None:
                is_complete = True
            else:
                yield piece
        finally:
            if not is_complete or self._requests >= MOST_REQUESTS or self._bytes >= MOST_BYTES:
                self.end()

    def end(self) -> None:
        """Kill the process, if it runs, and wait until it has ended."""
        if self._process is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = self._pipe = None

    def _start(self) -> None:
        self._pipe, other_end = self._context.Pipe()
        self._process = started(self._context, _serve, other_end, self.job, self.limits)
        other_end.close()
        self._requests = self._bytes = 0

    def _next(self) -> Piece | Failure | None:
        """The next piece; None after the last."""
        try:
            if not self._pipe.poll(self.limits.seconds_by_the_clock):
                return out_of_time_by_the_clock(self.limits)
            message: bytes = self._pipe.recv_bytes(LONGEST_HEADER)
            status, content = message[:1], message[1:]
            if status == _HEADER_OF_DATA:
                return Piece(content, self._pipe.recv_bytes(LONGEST_ANSWER))
        except (EOFError, OSError):
            return failure_of(self._process, self.limits)
        if status == _HEADER:
            return Piece(content)
        if status == _END:
            return None
        if status == _TOO_LONG:
            return too_long(self.limits)
        if status == _TOO_MUCH_MEMORY:
            return out_of_memory(self.limits)
        return Failure(FAILED, error=content.decode("ascii", "replace")[:80])


def too_long(limits: Limits) -> Failure:
    """The failure of a request whose steps together took too much processor time."""
    return Failure(f"Reading this file took over {in_words(limits.seconds * TIMES_FOR_A_CONTAINER)}.")


def _serve(pipe: Connection, job: StreamJob, limits: Limits) -> None:
    """Answer requests from the pipe until it is closed."""
    begin(pipe, limits)
    stopwatch = Stopwatch()
    while True:
        try:
            request = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        end = _stream(job, request, Channel(pipe, stopwatch, limits.seconds))
        stopwatch.stop()
        pipe.send_bytes(end)


def _stream(job: StreamJob, request: bytes, channel: Channel) -> bytes:
    """Do the job, and return the message that ends its pieces."""
    try:
        job(request, channel)
    except _TooLongError:
        return _TOO_LONG
    except MemoryError:
        return _TOO_MUCH_MEMORY
    except Exception as error:  # noqa: BLE001 - a job may raise anything; its text may quote the file
        return _FAILED + type(error).__name__.encode("ascii", "replace")
    return _END
