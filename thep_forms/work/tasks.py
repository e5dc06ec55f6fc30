"""The tasks of a Dask worker. They pass each file to a `WorkerProgram`, and keep the program for the next file."""

from __future__ import annotations

from collections import defaultdict, deque

from msgspec import Struct

from thep_forms.work import Failure
from thep_forms.work.program import Build, WorkerProgram

NOT_STARTED = Failure("The program that reads files could not be started.", is_temporary=True)
_PROGRAM_ENDED = Failure("The program that was to read this file ended.", is_temporary=True)

_idle: defaultdict[bytes, deque[WorkerProgram]] = defaultdict(deque)  # by setup; a thread takes one at a time


class Task(Struct, frozen=True):
    """One file's bytes, the setup of the program that is to read them, and the build of the process that asks."""

    setup: bytes
    build: Build
    data: bytes
    __repr__ = object.__repr__  # Dask logs tasks, and a log must not quote a file


def run_task(task: Task) -> bytes | Failure | Build:
    """The answer of `Workers`, or this machine's build where it is not the build of the task. Raises nothing."""
    try:
        program = _idle_or_new_program(task.setup)
    except (OSError, EOFError):
        return NOT_STARTED
    answer: bytes | Failure | Build = program.build
    try:
        if program.build == task.build:
            answer = program.do(task.data)
    except (OSError, EOFError):
        program.end()
        return _PROGRAM_ENDED
    _idle[task.setup].append(program)
    return answer


def build_here(setup: bytes) -> Build:
    """The build of this machine. Raises `OSError` and `EOFError` where no program can be started."""
    program = _idle_or_new_program(setup)
    _idle[setup].append(program)
    return program.build


def end_programs(setup: bytes) -> None:
    """End the idle programs with that setup: their memory holds passwords and the file that they read last."""
    for program in _idle.pop(setup, ()):
        program.end()


def _idle_or_new_program(setup: bytes) -> WorkerProgram:
    idle = _idle[setup]
    while idle:
        program = idle.pop()
        if not program.has_ended:
            return program
        program.end()
    return WorkerProgram(setup)
