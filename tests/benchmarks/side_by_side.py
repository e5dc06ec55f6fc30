"""Measure contenders turn by turn, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

TURNS = 5


@dataclass(frozen=True)
class Taken:
    """Seconds: of processors, ours and those of processes that we started and that have ended; and by the clock."""

    cpu: float
    wall: float


def taken(job: Callable[[], object]) -> Taken:
    gc.collect()
    cpu, wall = _cpu(), time.perf_counter()
    job()
    return Taken(_cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def medians(jobs: Mapping[str, Callable[[], object]], turns: int = TURNS) -> dict[str, Taken]:
    """The median of what each job takes, after one turn that does not count."""
    for job in jobs.values():
        job()
    measured: dict[str, list[Taken]] = {name: [] for name in jobs}
    for _ in range(turns):
        for name, job in jobs.items():
            measured[name].append(taken(job))
    return {
        name: Taken(median(one.cpu for one in turns), median(one.wall for one in turns))
        for name, turns in measured.items()
    }


def table(title: str, found: Mapping[str, float], count: int, unit: str = "ms of processor time a file") -> None:
    """Print what each took, by file, and its ratio to the first."""
    first = next(iter(found.values()))
    print(f"\n{title} ({count} files; {unit})")
    for name, seconds in found.items():
        print(f"  {name:48}{seconds / count * 1000:10.2f}{seconds / first:8.2f} x")
