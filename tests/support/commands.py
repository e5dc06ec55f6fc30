"""Run the command line: in this process with `run`, or in a process of its own with `program` or `forked`."""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from click.testing import CliRunner, Result

from thep_forms.cli import main


def run(*words: object, **settings: str) -> Result:
    """Run `thep-forms WORDS…` here and return its exit code and output.

    `settings` are those of `CliRunner.invoke`, such as `input`. An exception that is not a message for the user
    is raised: it would look like exit code 1 otherwise.
    """
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False, **settings)


def table(result: Result) -> list[dict[str, str]]:
    """The rows of the CSV that a command wrote to its output."""
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout, newline="")))


def program(*words: object) -> list[str]:
    """The command for `subprocess` that runs `thep-forms WORDS…`."""
    return [sys.executable, "-m", "thep_forms", *(str(word) for word in words)]


def run_on_full_disk(kilobytes: int, *words: object) -> subprocess.CompletedProcess[str]:
    """Run `thep-forms WORDS…` where no file can grow larger than that: writes fail as on a full disk.

    Python writes no byte code then: it would keep the piece of it that it could write, and fail to import it later.
    """
    import resource  # POSIX only

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    command, environment = program(*words), {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, preexec_fn=limit, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def forked(*words: object) -> Iterator[BaseProcess]:
    """A process that runs `thep-forms WORDS…` and, on Linux, has nothing to load: to be killed, or waited for.

    What it prints is dropped. It is killed at the end of the block, if it still runs.
    """
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")  # as `work` does
    process = context.Process(target=_run_silently, args=words)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _run_silently(*words: object) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    main([str(word) for word in words], prog_name="thep-forms")


def interruptible(*words: object) -> list[str]:
    """The same, which Ctrl-C stops also where the tests run in the background of a shell, which has them ignore it."""
    code = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('thep_forms', run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-c", code, *(str(word) for word in words)]
