"""The limits of what one file may take, and why there is no answer where it took more, or something else failed."""

from __future__ import annotations

from msgspec import Struct

from thep_forms.defaults import MEGABYTES_FOR_A_FILE, SECONDS_FOR_A_FILE, TIMES_BY_THE_CLOCK


class Limits(Struct, frozen=True):
    """The processor time and the memory that one file may take.

    A busy machine makes no file run out of processor time. `times_by_the_clock` times as long is what the file may
    take by the clock, for one that waits and computes nothing.
    """

    seconds: float = SECONDS_FOR_A_FILE
    megabytes: int = MEGABYTES_FOR_A_FILE
    times_by_the_clock: float = TIMES_BY_THE_CLOCK

    @property
    def seconds_by_the_clock(self) -> float:
        """How long a file may take by the clock."""
        return self.seconds * self.times_by_the_clock


class Failure(Struct, frozen=True):
    """The reason why there is no answer: a sentence for a person, which quotes nothing of the file.

    `is_temporary`: the machine failed, not the file, so another run may read it. `error` is the class of the exception
    that the job raised, for who looks after the program; empty where it raised none. It stands in no table.
    """

    reason: str
    is_temporary: bool = False
    error: str = ""


FAILED = "Our program failed on this file."
CRASHED = Failure("Reading this file made the program crash.")
KILLED = Failure("Another program ended the process that read this file.", is_temporary=True)


def out_of_time(limits: Limits) -> Failure:
    """The failure of a file that took too much processor time."""
    return Failure(f"Reading this file took over {in_words(limits.seconds)}.")


def out_of_time_by_the_clock(limits: Limits) -> Failure:
    """The failure of a file that took too long by the clock."""
    return Failure(f"Reading this file took over {in_words(limits.seconds_by_the_clock)} by the clock.")


def in_words(seconds: float) -> str:
    """The time as a reason has it."""
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"


def out_of_memory(limits: Limits) -> Failure:
    """The failure of a file that took too much memory."""
    return Failure(f"Reading this file took over {limits.megabytes} MB of memory.")
