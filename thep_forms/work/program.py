"""A program of its own that hosts a confined worker, for a process that cannot start one itself.

A process with threads cannot be forked safely, and `multiprocessing` lets no daemon have children. The workers of a
Dask cluster are both (dask/distributed#2718). A new program has neither limit.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, cast

from thep_forms.work import Failure, Job, Limits, Workers

Build = dict[str, str]  # what answers depend on besides the file: name and version of each


def pack_setup(job: Job, build: Callable[[], Build], limits: Limits) -> bytes:
    """The task of a `WorkerProgram` as bytes. `job` and `build` must be picklable."""
    return pickle.dumps((job, build, limits))


class WorkerProgram:
    """A program that does the job of a packed setup on one piece of bytes after the other, as `Workers` do.

    `build` is the program's own. Raises `OSError` and `EOFError` where it cannot be started.
    """

    def __init__(self, setup: bytes) -> None:
        """Start it. `setup` is from `pack_setup`."""
        self._process = subprocess.Popen(  # noqa: S603 - this module itself
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what libraries print may quote a file
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        try:
            self.build: Build = self._ask(setup)
        except BaseException:
            self.end()
            raise

    def do(self, data: bytes) -> bytes | Failure:
        """The job's answer for these bytes. Raises `OSError` and `EOFError` where the program has ended."""
        answer: bytes | Failure = self._ask(data)
        return answer

    def end(self) -> None:
        """Kill the program, and its worker with it."""
        self._process.kill()
        with suppress(OSError), self._process:  # closing its pipe may fail on bytes that it did not take
            pass

    @property
    def has_ended(self) -> bool:
        """Whether the program no longer runs."""
        return self._process.poll() is not None

    def _ask(self, request: bytes) -> Any:
        _send(self._requests, request)
        try:
            return pickle.load(self._answers)  # noqa: S301 - pickled by the program; a worker's answer is bytes in it
        except pickle.UnpicklingError as error:
            raise EOFError from error  # the program ended in the middle of an answer


def _send(pipe: IO[bytes], message: object) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


def _requests_from(pipe: IO[bytes]) -> Iterator[bytes]:
    with suppress(EOFError):  # the process that started us has ended
        while True:
            yield pickle.load(pipe)  # noqa: S301 - from the process that started us


def _serve(requests_pipe: IO[bytes], answers_pipe: IO[bytes]) -> None:
    """Run the program until its pipe is closed: read the setup, then answer each piece of bytes."""
    requests = _requests_from(requests_pipe)
    job, build, limits = pickle.loads(next(requests))  # noqa: S301 - from the process that started us
    _send(answers_pipe, build())
    pieces = ((None, data) for data in requests)
    for _, answer in Workers(job, limits, 1).map(pieces):  # a single worker answers before it takes the next piece
        _send(answers_pipe, answer)


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
