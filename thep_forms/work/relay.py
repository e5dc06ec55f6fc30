"""Workers in a program of their own, for a process that has threads, or that may have no children.

A process with threads cannot be forked safely, and `multiprocessing` lets no daemon have children; the workers of a
Dask cluster are both (dask/distributed#2718). A program that is started anew is neither.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, cast

from thep_forms.work import Failure, Job, Limits, Workers

Build = dict[str, str]  # what answers depend on besides the file, by name, each with its version


def order(job: Job, build: Callable[[], Build], limits: Limits) -> bytes:
    """What a relay is to do, and how it tells its build. `job` and `build` must be picklable."""
    return pickle.dumps((job, build, limits))


class Relay:
    """A program that does the job of an `order` on one piece of bytes after the other, as `Workers` do.

    `build` is its own. Raises `OSError` and `EOFError` where it cannot be started.
    """

    def __init__(self, order: bytes) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this module itself
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what libraries print may quote a file
        )
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        try:
            self.build: Build = self._ask(order)
        except BaseException:
            self.end()
            raise

    def do(self, data: bytes) -> bytes | Failure:
        """What comes of it. Raises `OSError` and `EOFError` where the program has ended."""
        answer: bytes | Failure = self._ask(data)
        return answer

    def end(self) -> None:
        """End it, and its workers with it."""
        self._process.kill()
        with suppress(OSError), self._process:  # what it took no more
            pass

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def _ask(self, said: bytes) -> Any:
        _send(self._questions, said)
        try:
            return pickle.load(self._answers)  # noqa: S301 - the relay's own; what a worker says is bytes in it
        except pickle.UnpicklingError as error:
            raise EOFError from error  # it ended in the middle


def _send(pipe: IO[bytes], said: object) -> None:
    pickle.dump(said, pipe)
    pipe.flush()


def _said(pipe: IO[bytes]) -> Iterator[bytes]:
    with suppress(EOFError):  # nobody asks any more
        while True:
            yield pickle.load(pipe)  # noqa: S301 - of the process that started us


def _relay(questions: IO[bytes], answers: IO[bytes]) -> None:
    """The life of a relay."""
    said = _said(questions)
    job, build, limits = pickle.loads(next(said))  # noqa: S301 - of the process that started us
    _send(answers, build())
    for _, answer in Workers(job, limits, 1).map((None, data) for data in said):  # one at a time: at once
        _send(answers, answer)


if __name__ == "__main__":
    _relay(sys.stdin.buffer, sys.stdout.buffer)
