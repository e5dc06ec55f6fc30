"""Worker processes: their limits, and the replacement of workers that fail."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest

from tests.support.jobs import BREAKING, LIMITS
from thep_forms.work import Failure, Limits, Workers, next_step

AMPLE = Limits(60)  # for jobs that take no time, even on a busy machine


def run(job: Callable[[bytes], bytes], *pieces: bytes, limits: Limits = AMPLE, count: int = 1) -> list[bytes | Failure]:
    """The answer to each piece, in their order."""
    workers = Workers(job, limits, count)
    answers = dict(workers.map((number, piece) for number, piece in enumerate(pieces)))
    return [answers[number] for number in range(len(pieces))]


def upper(piece: bytes) -> bytes:
    return piece.upper()


@pytest.mark.parametrize(("count", "asked_for"), [(1, "a"), (2, "abcde")])
def test_several_workers_ask_for_an_item_ahead_and_a_single_worker_does_not(count: int, asked_for: str) -> None:
    asked: list[str] = []

    def items() -> Iterator[tuple[str, bytes]]:
        for name in "abcdef":
            asked.append(name)
            yield name, name.encode()

    answers = Workers(upper, AMPLE, count).map(items())
    first = next(answers)
    assert "".join(asked) == asked_for
    assert dict([first, *answers]) == {name: name.upper().encode() for name in "abcdef"}


_LOCK = Lock()


def lock(_: bytes) -> bytes:
    return b"locked" if _LOCK.acquire(timeout=1) else b"was locked already"


def test_a_worker_that_a_thread_starts_has_no_locks_of_other_threads() -> None:
    with _LOCK, ThreadPoolExecutor(1) as threads:
        assert threads.submit(run, lock, b"").result() == [b"locked"]


def test_what_lies_in_the_folder_in_which_the_program_is_started_is_not_run_by_workers(tmp_path: Path) -> None:
    (tmp_path / "signal.py").write_text("raise SystemExit('run')", encoding="utf-8")
    program = tmp_path / "program" / "run.py"
    program.parent.mkdir()
    program.write_text(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from tests.work.test_work import run, upper\n"
        "if __name__ == '__main__':\n"
        "    with ThreadPoolExecutor(1) as threads:\n"
        "        print(threads.submit(run, upper, b'read').result())\n",
        encoding="utf-8",
    )
    repository = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, program], cwd=tmp_path, env=repository, capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("[b'READ']", "")


def attempt(what: str, folder: Path) -> bytes:
    """Try an act that must fail in a worker. The answer says that it succeeded."""
    victim = folder / "victim"
    acts: dict[str, Callable[[], object]] = {
        "write a file": lambda: (folder / "new").write_text("x"),
        "change a file": lambda: victim.open("r+").close(),
        "add to a file": lambda: victim.open("a").close(),
        "shorten a file": lambda: os.truncate(victim, 0),
        "delete a file": victim.unlink,
        "rename a file": lambda: victim.rename(folder / "other"),
        "link a file": lambda: os.link(victim, folder / "other"),
        "change its modes": lambda: victim.chmod(0o777),
        "make a folder": (folder / "made").mkdir,
        "open a socket": lambda: socket.socket().close(),
        "start a process": lambda: subprocess.run(["true"]),
        "fork": os.fork,
        "become another program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - refused before it starts
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    }
    acts[what]()
    return b"could"


def attempt_in_a_thread(what: str, folder: Path) -> bytes:
    """Try the act in a thread of its own, which a worker may start."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(attempt, what, folder).result()


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has seccomp; docs/administrators.md says what other systems lack"
)
@pytest.mark.parametrize(
    "what",
    [
        "write a file",
        "change a file",
        "add to a file",
        "shorten a file",
        "delete a file",
        "rename a file",
        "link a file",
        "change its modes",
        "make a folder",
        "open a socket",
        "start a process",
        "fork",
        "become another program",
        "kill the parent",
    ],
)
@pytest.mark.parametrize("tried", [attempt, attempt_in_a_thread])
def test_a_worker_that_tries_a_forbidden_act_fails_and_changes_nothing(
    tmp_path: Path, what: str, tried: Callable[[str, Path], bytes]
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    mode = victim.stat().st_mode
    (answer,) = run(lambda _: tried(what, tmp_path), b"")
    assert isinstance(answer, Failure)
    assert answer.error in ("PermissionError", "RuntimeError")
    assert answer.reason == "Our program failed on this file."
    assert [path.name for path in tmp_path.iterdir()] == ["victim"]
    assert (victim.read_text(), victim.stat().st_mode) == ("as it was", mode)


def test_the_forbidden_acts_succeed_outside_a_worker(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("as it was")
    for what in (
        "write a file",
        "add to a file",
        "make a folder",
        "open a socket",
        "start a process",
    ):
        assert attempt(what, tmp_path) == b"could"


@pytest.mark.parametrize(("job", "breaking", "reason"), BREAKING)
@pytest.mark.parametrize("count", [1, 3])
def test_a_file_that_breaks_its_worker_is_reported_with_a_reason_and_the_others_are_read(
    job: Callable[[bytes], bytes], breaking: bytes, reason: str, count: int
) -> None:
    pieces = [b"1", breaking, b"2", b"3", breaking, b"4"]
    answers = run(job, *pieces, limits=LIMITS, count=count)
    for piece, answer in zip(pieces, answers, strict=True):
        if piece == breaking:
            assert isinstance(answer, Failure)
            assert reason in f"{answer.reason} {answer.error}"
            assert "Error" not in answer.reason  # which the office reads
            assert "Bloggs" not in f"{answer.reason} {answer.error}"
        else:
            assert answer == piece


def test_the_time_that_a_file_waits_does_not_count_against_its_limit() -> None:
    """Two of these together take longer than the limit, so waiting in the queue must not count."""

    def job(piece: bytes) -> bytes:
        time.sleep(float(piece))
        return piece

    pieces = [b"2.0", b"2.0", b"2.1", b"2.1", b"99", b"2.2", b"2.2"]
    *before, too_late, behind, last = run(job, *pieces, limits=Limits(3.8, times_by_the_clock=1), count=2)
    assert [*before, behind, last] == [*pieces[:4], *pieces[5:]]
    assert isinstance(too_late, Failure)


def test_a_file_that_waits_and_computes_nothing_runs_out_of_time_by_the_clock() -> None:
    def job(piece: bytes) -> bytes:
        time.sleep(60)
        return piece

    (answer,) = run(job, b"", limits=Limits(0.5, times_by_the_clock=2))
    assert answer == Failure("Reading this file took over 1 second by the clock.")


def work(seconds: float) -> None:
    """Keep the processor busy."""
    ends_at = time.process_time() + seconds
    while time.process_time() < ends_at:
        pass


def test_a_file_in_steps_has_the_time_of_a_file_for_each() -> None:
    def job(piece: bytes) -> bytes:
        for _ in range(int(piece)):
            next_step()
            work(0.15)
        return piece

    assert run(job, b"5", b"1", b"5", limits=Limits(0.3)) == [b"5", b"1", b"5"]


def test_a_step_that_takes_longer_than_a_file_may_is_ended() -> None:
    def job(piece: bytes) -> bytes:
        next_step()
        work(5)
        return piece

    assert run(job, b"", limits=Limits(0.5)) == [Failure("Reading this file took over 0.5 seconds.")]


def test_a_file_with_ever_more_steps_is_ended() -> None:
    def job(_: bytes) -> bytes:
        while True:
            next_step()
            work(0.01)

    limits = Limits(0.02)
    assert run(job, b"", limits=limits) == [Failure("Reading this file took over 0.02 seconds.")]


def test_time_by_the_clock_counts_for_each_step() -> None:
    def job(piece: bytes) -> bytes:
        for _ in range(3):
            next_step()
            time.sleep(1)
        return piece

    assert run(job, b"a", limits=Limits(1, times_by_the_clock=2.5)) == [b"a"]


def test_next_step_outside_of_a_worker_does_nothing() -> None:
    next_step()


def test_time_in_which_another_process_has_the_processor_does_not_count() -> None:
    def job(piece: bytes) -> bytes:
        time.sleep(1.5)  # as a busy machine makes it wait
        return piece

    assert run(job, b"a", b"b", limits=Limits(0.5)) == [b"a", b"b"]


def test_memory_that_earlier_files_took_does_not_count() -> None:
    kept: list[bytes] = []

    def job(piece: bytes) -> bytes:
        kept.append(bytes(int(piece) * 2**20))
        return piece

    pieces = [b"100", b"100", b"100", b"100"]
    assert run(job, *pieces, limits=Limits(60, 256)) == pieces


def test_a_worker_that_another_program_killed_is_not_blamed_on_the_file() -> None:
    def job(piece: bytes) -> bytes:
        time.sleep(60)
        return piece

    def items() -> Iterator[tuple[int, bytes]]:
        yield 1, b""
        (worker,) = multiprocessing.active_children()
        worker.kill()  # as a system does that has no memory left

    ((_, answer),) = Workers(job, AMPLE, 2).map(items())
    assert isinstance(answer, Failure)
    assert answer.is_temporary


def test_large_files_and_answers_pass_through_the_pipe() -> None:
    piece = os.urandom(5_000_000)
    assert run(lambda data: data[::-1], piece, piece, count=2) == [piece[::-1]] * 2


def test_workers_end_when_the_run_ends() -> None:
    (pid,) = run(lambda _: str(os.getpid()).encode(), b"")
    assert isinstance(pid, bytes)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
@pytest.mark.parametrize("start", ["read()", "threading.Thread(target=read).start()"])
def test_workers_end_when_their_parent_is_killed(start: str) -> None:
    script = (
        "import multiprocessing, threading, time\n"
        "from tests.support.jobs import endless\n"
        "from thep_forms.work import Limits, Workers\n"
        "def pieces():\n"
        "    yield 1, b'endless'\n"
        "    print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "    time.sleep(60)\n"
        "def read():\n"
        "    list(Workers(endless, Limits(60), 2).map(pieces()))\n"
        f"{start}\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        os.kill(worker, 0)
        parent.kill()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{worker}/stat").read_text().split(") ")[1][0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the worker outlived its parent")
