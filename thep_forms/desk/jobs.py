"""Long acts of the desk, such as sending: each runs in a thread of its own, one at a time, and says how far it is.

Closing the browser does not stop a job. What it did is noted in the records; the job itself is forgotten with the desk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec import Struct

from thep_forms.desk.trouble import in_words
from thep_forms.errors import DecisionError

CLOSING_SECONDS = 20.0  # in which a job can end when the desk is closed


class JobStoppedError(Exception):
    """A person stopped the job. Raised inside of its work, between two steps."""


class JobLine(Struct, frozen=True):
    """One line of progress: what became of one step."""

    words: str
    is_problem: bool = False


class JobLink(Struct, frozen=True):
    """A page or a file that the job leads to when it has ended."""

    label: str
    path: str
    is_file: bool = False


class Job:
    """A long act. Its work calls `say`, `step` and `wait`; pages show the rest.

    `total` is 0 where nobody knows how many steps there are. `step_in_hand` says how far a long step is. `outcome` says
    what was done, a sentence each. `error` says why the job ended early; it is empty where it did not. `links` are
    where to go next. `result` is the title once it has ended, such as `12 drafts written`.
    """

    def __init__(self, number: int, title: str) -> None:
        self.number, self.title = number, title
        self.lines: list[JobLine] = []
        self.done, self.total = 0, 0
        self.step_in_hand = ""
        self.outcome: tuple[str, ...] = ()
        self.links: list[JobLink] = []
        self.error = ""
        self.result = ""
        self.was_stopped = False
        self._stopping, self._ended = threading.Event(), threading.Event()

    # --- for its work -----------------------------------------------------------------------------------------------

    def say(self, words: str, *, is_problem: bool = False) -> None:
        """Add a line of progress."""
        self.lines.append(JobLine(words, is_problem))

    def step(self, words: str = "", *, is_problem: bool = False) -> None:
        """Count one step as done, with its line. Raises `JobStoppedError` if the job is to stop."""
        self.done += 1
        if words:
            self.say(words, is_problem=is_problem)
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises `JobStoppedError`, at once, if the job is to stop."""
        if self._stopping.wait(seconds):
            raise JobStoppedError

    # --- for pages --------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ask the job to stop after the step in hand."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended."""
        return self._stopping.is_set() and self.is_running

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.is_set()

    @property
    def heading(self) -> str:
        """What it is doing, and once it has ended, what became of it."""
        if self.is_running:
            return self.title
        return self.result or f"{self.title}: {'stopped' if self.was_stopped else 'not finished'}"

    @property
    def problems(self) -> list[JobLine]:
        """The lines that a person has to see."""
        return [line for line in self.lines if line.is_problem]

    # --- for `Jobs` -------------------------------------------------------------------------------------------------

    def run(self, work: Callable[[Job], None]) -> None:
        """Do the work, and turn whatever ends it early into words."""
        try:
            work(self)
        except JobStoppedError:
            self.was_stopped = True
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            self.error = in_words(error)
        finally:
            self._ended.set()

    def wait_until_ended(self, seconds: float) -> None:
        """Wait until it has ended, but no longer than that."""
        self._ended.wait(seconds)


class Jobs:
    """The jobs of a desk that runs. Only one is at work at any time."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._lock = threading.Lock()

    def start(self, title: str, work: Callable[[Job], None], total: int = 0) -> Job:
        """Start a job in a thread of its own. Raises `DecisionError` while another one is at work."""
        with self._lock:
            if running := self.current:
                raise DecisionError(f"The desk is still busy: {running.title}. Wait until that has ended, or stop it.")
            job = Job(len(self._jobs) + 1, title)
            job.total = total
            self._jobs.append(job)
            threading.Thread(target=job.run, args=[work], daemon=True).start()
        return job

    @property
    def current(self) -> Job | None:
        """The job that is at work."""
        return self._jobs[-1] if self._jobs and self._jobs[-1].is_running else None

    def by_number(self, number: int) -> Job:
        """The job with that number. Raises `DecisionError` if this desk had none."""
        if not 0 < number <= len(self._jobs):
            raise DecisionError("That was done before the desk was last opened. Its results are in the records.")
        return self._jobs[number - 1]

    def close(self) -> None:
        """Stop the job that is at work, and wait until it has ended; in vain, it ends with the program."""
        if job := self.current:
            job.stop()
            job.wait_until_ended(CLOSING_SECONDS)
